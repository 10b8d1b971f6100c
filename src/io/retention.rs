//! Recordings are kept for a configured time and then deleted, at start and once a day.
//!
//! A clock that was set forward by mistake must not cost every recording at once: when the journal's last entry is older than
//! recordings are kept, a day goes by before the first is deleted, and that is told.
//!
//! A recording is deleted first and told to the journal then: the record never claims that a voice is gone which is still there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::control::ControlHandle;
use crate::engine::Command;

/// How often old recordings are looked for.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Deletes recordings older than `days` for as long as the exchange runs. `last_ms`: when the exchange last wrote something down
/// before this start.
pub async fn keep_deleting(recordings: PathBuf, days: u32, last_ms: i64, control: ControlHandle) {
    let kept_for = Duration::from_secs(u64::from(days) * 24 * 60 * 60);
    if is_long_ago(last_ms, now(), kept_for) {
        tracing::warn!(
            days,
            "by the clock nothing was written down for longer than recordings are kept; if the clock is wrong, set it right \
             within a day: recordings are deleted then"
        );
        tokio::time::sleep(EVERY).await;
    }
    loop {
        let dir = recordings.clone();
        // Blocking: a slow disk must not hold up the control loop.
        let deleted =
            tokio::task::spawn_blocking(move || delete_older(&dir, now().checked_sub(kept_for))).await;
        for file in deleted.unwrap_or_default() {
            tracing::info!(%file, days, "a recording was kept for its time and is deleted");
            if control.ask(Command::RecordingDeleted(file)).await.is_err() {
                return;
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Whether `last_ms` lies further back than recordings are kept. A new journal has no last entry.
fn is_long_ago(last_ms: i64, now: SystemTime, kept_for: Duration) -> bool {
    let last = u64::try_from(last_ms).ok().filter(|last| *last > 0);
    let last = last.map(|last| SystemTime::UNIX_EPOCH + Duration::from_millis(last));
    last.is_some_and(|last| now.duration_since(last).is_ok_and(|since| since > kept_for))
}

/// Deletes what was last written before `limit`, and the directories that are left empty; gives the files' names below `dir`.
fn delete_older(dir: &Path, limit: Option<SystemTime>) -> Vec<String> {
    let Some(limit) = limit else { return Vec::new() };
    let mut deleted = Vec::new();
    delete_in(dir, dir, limit, &mut deleted);
    deleted
}

/// One that cannot be deleted is told, and keeps none of the others.
fn delete_in(root: &Path, dir: &Path, limit: SystemTime, deleted: &mut Vec<String>) {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return see_to_it(dir, &error),
        Ok(entries) => entries,
    };
    for entry in entries {
        match entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))) {
            Err(error) => see_to_it(dir, &error),
            Ok((path, kind)) if kind.is_dir() => {
                delete_in(root, &path, limit, deleted);
                let _ = fs::remove_dir(&path); // fails unless it is empty, and only then it should go
            }
            // A link is no file: it is left alone.
            Ok((path, kind)) if kind.is_file() && is_recording(&path) => {
                match delete_if_older(&path, limit) {
                    Err(error) => see_to_it(&path, &error),
                    Ok(false) => {}
                    Ok(true) => {
                        deleted.push(path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned());
                    }
                }
            }
            Ok(_) => {}
        }
    }
}

fn delete_if_older(path: &Path, limit: SystemTime) -> io::Result<bool> {
    let older = fs::metadata(path)?.modified()? < limit;
    if older {
        fs::remove_file(path)?;
    }
    Ok(older)
}

fn see_to_it(path: &Path, error: &io::Error) {
    tracing::error!(%error, path = %path.display(), "a recording kept beyond its time could not be deleted; see to it by hand");
}

fn is_recording(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wav")
}

#[expect(clippy::disallowed_methods, reason = "files carry the wall clock's time, and `io` reads clocks")]
fn now() -> SystemTime {
    SystemTime::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn recording(dir: &Path, name: &str, age: Duration) {
        let path = dir.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"RIFF").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(now() - age).unwrap();
    }

    #[test]
    fn recordings_beyond_their_time_go_and_the_others_stay() {
        let dir = tempfile::tempdir().unwrap();
        recording(dir.path(), "2026/08/01/1.1.1.wav", 100 * DAY);
        recording(dir.path(), "2026/08/01/notes.txt", 100 * DAY);
        recording(dir.path(), "2026/08/02/1.1.2.wav", 99 * DAY);
        recording(dir.path(), "2026/11/01/1.1.3.wav", 5 * DAY);
        let mut deleted = delete_older(dir.path(), now().checked_sub(90 * DAY));
        deleted.sort();
        assert_eq!(deleted, ["2026/08/01/1.1.1.wav", "2026/08/02/1.1.2.wav"]);
        assert!(dir.path().join("2026/08/01/notes.txt").exists(), "only recordings are ours to delete");
        assert!(!dir.path().join("2026/08/02").exists(), "an empty day is removed");
        assert!(dir.path().join("2026/11/01/1.1.3.wav").exists());
        assert!(delete_older(dir.path(), now().checked_sub(90 * DAY)).is_empty());
    }

    #[test]
    fn links_are_left_alone_and_lead_nowhere() {
        let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        recording(elsewhere.path(), "a.wav", 100 * DAY);
        recording(dir.path(), "1/b.wav", 100 * DAY);
        std::os::unix::fs::symlink(elsewhere.path(), dir.path().join("0")).unwrap();
        std::os::unix::fs::symlink("/nowhere", dir.path().join("1/c.wav")).unwrap();
        assert_eq!(delete_older(dir.path(), now().checked_sub(90 * DAY)), ["1/b.wav"]);
        assert!(elsewhere.path().join("a.wav").exists() && dir.path().join("1/c.wav").is_symlink());
    }

    #[test]
    fn clock_that_jumped_beyond_the_retention_is_noticed() {
        let last = SystemTime::UNIX_EPOCH + 20_000 * DAY;
        let last_ms = 20_000 * 86_400_000;
        for (now, noticed) in [(last + DAY, false), (last + 91 * DAY, true), (last - 500 * DAY, false)] {
            assert_eq!(is_long_ago(last_ms, now, 90 * DAY), noticed, "{now:?}");
        }
        assert!(!is_long_ago(0, last, 90 * DAY), "a new journal");
    }

    #[test]
    fn no_recordings_yet_is_no_fault() {
        let dir = tempfile::tempdir().unwrap();
        assert!(delete_older(&dir.path().join("none"), Some(now())).is_empty());
    }
}
