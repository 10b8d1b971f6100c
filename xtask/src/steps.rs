//! Steps, one after the other: each says what it does; a failure does not keep the next from running; a table at the end.

use std::io::{BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A line that a test prints about what it could not do.
const SKIPPED: &str = "skipped: ";
/// How the test runner begins; the number of tests follows.
const RUNNING: &str = "running ";

/// A step that was taken.
struct Step {
    name: &'static str,
    failed: Option<String>,
    took: Duration,
}

/// All steps of a chore.
#[derive(Default)]
pub(crate) struct Steps {
    taken: Vec<Step>,
    skipped: Vec<String>,
}

impl Steps {
    /// Takes a step of our own code.
    pub(crate) fn take(&mut self, name: &'static str, step: impl FnOnce() -> Result<(), String>) {
        println!("\n==> {name}");
        let start = Instant::now();
        let failed = step().err();
        if let Some(reason) = &failed {
            eprintln!("error: {name}: {reason}");
        }
        self.taken.push(Step { name, failed, took: start.elapsed() });
    }

    /// Takes a step that is a command; its skipped tests are counted.
    pub(crate) fn command(&mut self, name: &'static str, command: &mut Command) {
        let mut noted = Noted::default();
        self.take(name, || follow(command, &mut noted));
        self.skipped.append(&mut noted.skipped);
    }

    /// Takes a step that is one test by name, which must exist: a test that has been renamed must not pass unrun.
    pub(crate) fn one_test(&mut self, name: &'static str, command: &mut Command) {
        let mut noted = Noted::default();
        self.take(name, || match follow(command, &mut noted) {
            Ok(()) if noted.tests == 0 => {
                Err(format!("FAILED (there is no such test): {}", line_of(command)))
            }
            other => other,
        });
        self.skipped.append(&mut noted.skipped);
    }

    /// Notes what cannot be done on this machine.
    pub(crate) fn skip(&mut self, what: String) {
        println!("{SKIPPED}{what}");
        self.skipped.push(what);
    }

    /// Prints the table and the summary line.
    pub(crate) fn finish(self) -> Result<(), String> {
        println!("\n{:<42} {:>8}  result", "step", "time");
        for step in &self.taken {
            let result = step.failed.as_deref().unwrap_or("passed");
            println!("{:<42} {:>6.1} s  {result}", step.name, step.took.as_secs_f64());
        }
        for what in &self.skipped {
            println!("{SKIPPED}{what}");
        }
        let failed = self.taken.iter().filter(|step| step.failed.is_some()).count();
        let passed = self.taken.len() - failed;
        println!("{} skipped (see above)", self.skipped.len());
        println!("{passed} passed, {failed} failed");
        if failed == 0 { Ok(()) } else { Err(format!("{failed} of {} steps failed", self.taken.len())) }
    }
}

/// What a command's output says about tests.
#[derive(Default)]
struct Noted {
    tests: u32,
    skipped: Vec<String>,
}

impl Noted {
    fn note(&mut self, line: &str) {
        if let Some((_, what)) = line.split_once(SKIPPED) {
            self.skipped.push(what.to_owned());
        }
        let count = line.strip_prefix(RUNNING).and_then(|rest| rest.split(' ').next());
        self.tests += count.and_then(|count| count.parse::<u32>().ok()).unwrap_or(0);
    }

    fn join(&mut self, mut other: Noted) {
        self.tests += other.tests;
        self.skipped.append(&mut other.skipped);
    }
}

/// Runs a command, shows its output as it comes and notes what it says about tests.
fn follow(command: &mut Command, noted: &mut Noted) -> Result<(), String> {
    println!("    {}", line_of(command));
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let program = command.get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("`{program}` cannot be started: {error}"))?;
    let out = child.stdout.take().map(|from| copy(from, std::io::stdout()));
    let err = child.stderr.take().map(|from| copy(from, std::io::stderr()));
    let status = child.wait().map_err(|error| format!("`{program}` was lost: {error}"))?;
    for copied in [out, err].into_iter().flatten() {
        noted.join(copied.join().unwrap_or_default());
    }
    if status.success() {
        Ok(())
    } else {
        Err(format!("FAILED ({status}); repeat with: {}", line_of(command)))
    }
}

/// Copies lines as they come, on a thread of its own.
fn copy(from: impl Read + Send + 'static, mut to: impl Write + Send + 'static) -> JoinHandle<Noted> {
    std::thread::spawn(move || {
        let mut noted = Noted::default();
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            // A reader who has gone away (`| head`) does not stop the tests.
            let _ = to.write_all(&line).and_then(|()| to.write_all(b"\n"));
            noted.note(&String::from_utf8_lossy(&line));
        }
        noted
    })
}

/// The command as a person would type it.
fn line_of(command: &Command) -> String {
    let variables = command.get_envs().filter(|(name, _)| *name != "CARGO_TERM_COLOR");
    let variables =
        variables.filter_map(|(name, value)| Some(format!("{}='{}'", name.display(), value?.display())));
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = std::iter::once(program).chain(command.get_args());
    variables.chain(words.map(|word| word.display().to_string())).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn skipped_tests_are_noted_wherever_they_stand_in_a_line() {
        let mut noted = Noted::default();
        noted.note("test a ... skipped: a: no sipp");
        noted.note("running 2 tests");
        assert_eq!((noted.tests, noted.skipped), (2, vec!["a: no sipp".to_owned()]));
    }

    #[test]
    fn a_test_that_does_not_exist_is_a_failure() {
        let mut steps = Steps::default();
        steps.one_test("none", &mut shell("echo 'running 0 tests'"));
        steps.one_test("one", &mut shell("echo 'running 1 test'"));
        let failed: Vec<bool> = steps.taken.iter().map(|step| step.failed.is_some()).collect();
        assert_eq!(failed, [true, false]);
        assert!(steps.finish().is_err());
    }
}
