//! What a process has used, from `/proc`.

use std::fs::read_to_string;
use std::time::Duration;

/// The kernel counts processor time in hundredths of a second for everyone.
const TICK: Duration = Duration::from_millis(10);

/// Processor time and memory at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Used {
    /// By all threads, and by children that have ended.
    pub(crate) cpu: Duration,
    /// What of it was the kernel's work for them.
    pub(crate) kernel: Duration,
    /// In memory now.
    pub(crate) resident_kib: u64,
    /// In memory at most.
    pub(crate) peak_kib: u64,
}

impl Used {
    /// Of a process.
    pub(crate) fn by(process: u32) -> Used {
        let status = read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
        let kib = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name))?;
            value.trim_start_matches(':').split_whitespace().next()?.parse().ok()
        };
        Used {
            cpu: ticks(&format!("/proc/{process}/stat"), 13..17),
            kernel: ticks(&format!("/proc/{process}/stat"), 14..15),
            resident_kib: kib("VmRSS").unwrap_or(0),
            peak_kib: kib("VmHWM").unwrap_or(0),
        }
    }
}

/// What one thread has done.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    /// As it calls itself.
    pub(crate) name: String,
    /// Processor time.
    pub(crate) cpu: Duration,
    /// How often it has gone to sleep; to be woken again costs more than most system calls.
    pub(crate) sleeps: u64,
}

/// The threads of a process.
pub(crate) fn threads(process: u32) -> Vec<Thread> {
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{process}/task")) else { return Vec::new() };
    let thread = |path: std::path::PathBuf| {
        let status = read_to_string(path.join("status")).unwrap_or_default();
        let sleeps = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        Thread {
            name: read_to_string(path.join("comm")).unwrap_or_default().trim().to_owned(),
            cpu: ticks(&path.join("stat").to_string_lossy(), 13..15),
            sleeps: sleeps.and_then(|count| count.trim().parse().ok()).unwrap_or(0),
        }
    };
    tasks.flatten().map(|task| thread(task.path())).collect()
}

/// Sum of fields of a `stat` file, counted from 0 as in proc_pid_stat(5) less one; the name in brackets may hold spaces.
fn ticks(path: &str, fields: std::ops::Range<usize>) -> Duration {
    let stat = read_to_string(path).unwrap_or_default();
    let Some((_, rest)) = stat.rsplit_once(')') else { return Duration::ZERO };
    let values: Vec<&str> = rest.split_whitespace().collect();
    // After the name comes field 2.
    let wanted = values.get(fields.start - 2..fields.end - 2).unwrap_or_default();
    let ticks: u32 = wanted.iter().filter_map(|value| value.parse::<u32>().ok()).sum();
    TICK * ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory_and_has_threads() {
        let used = Used::by(std::process::id());
        assert!(used.resident_kib > 0 && used.peak_kib >= used.resident_kib, "{used:?}");
        assert!(!threads(std::process::id()).is_empty());
    }
}
