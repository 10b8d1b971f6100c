//! Recordings are kept for a configured time and then deleted, at start and once a day.
//!
//! A clock that was set forward by mistake must not cost every recording at once: when the journal's last entry is older than
//! recordings are kept, a day goes by before the first is deleted, and that is told. Until when deletion waits is noted in the data
//! directory: the next start finds an entry of the wrong time, and would know of nothing.
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

/// The file of the data directory that tells until when nothing is deleted.
const NOTE: &str = "deletion-waits-until";

/// Deletes recordings of the data directory that are older than `days` for as long as the exchange runs. `last_ms`: when the
/// exchange last wrote something down before this start.
pub async fn keep_deleting(data: PathBuf, days: u32, last_ms: i64, control: ControlHandle) {
    let kept_for = Duration::from_secs(u64::from(days) * 24 * 60 * 60);
    let note = data.join(NOTE);
    if let Some(wait) = wait(&note, last_ms, now(), kept_for) {
        tracing::warn!(
            days,
            hours = wait.as_secs().div_ceil(3600),
            "by the clock nothing was written down for longer than recordings are kept; if the clock is wrong, set it right \
             within these hours: recordings are deleted then"
        );
        tokio::time::sleep(wait).await;
        forget(&note);
    }
    let recordings = data.join("recordings");
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

/// How long nothing is deleted, which is noted, be it for the first time or since an earlier start. A moment that lies further
/// ahead than a wait is long is of a clock that was set back since.
fn wait(note: &Path, last_ms: i64, now: SystemTime, kept_for: Duration) -> Option<Duration> {
    let latest = now + EVERY;
    let noted = noted(note, latest).map(|until| until.min(latest)).filter(|until| *until > now);
    let until = noted.or_else(|| is_long_ago(last_ms, now, kept_for).then_some(latest));
    match until.map(jiff::Timestamp::try_from) {
        Some(Ok(moment)) => {
            if let Err(error) = fs::write(note, format!("{moment}\n")) {
                tracing::warn!(%error, path = %note.display(), "a further start would not know that recordings wait to be deleted");
            }
        }
        _ => forget(note),
    }
    until.and_then(|until| until.duration_since(now).ok())
}

/// The moment in the note; `latest` when there is a note that tells none.
fn noted(note: &Path, latest: SystemTime) -> Option<SystemTime> {
    match fs::read_to_string(note) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        read => {
            let moment = read.ok().and_then(|text| text.trim().parse::<jiff::Timestamp>().ok());
            Some(moment.map_or(latest, SystemTime::from))
        }
    }
}

/// The moment has passed.
fn forget(note: &Path) {
    match fs::remove_file(note) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(%error, path = %note.display(), "it is of no use any more, and could not be removed");
        }
        _ => {}
    }
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
    fn wait_for_a_clock_that_jumped_outlives_the_starts_within_it() {
        const HOUR: Duration = Duration::from_secs(3_600);
        let dir = tempfile::tempdir().unwrap();
        let note = dir.path().join(NOTE);
        let right = SystemTime::UNIX_EPOCH + 20_000 * DAY;
        let wrong = right + 200 * DAY;
        let ms = |at: SystemTime| jiff::Timestamp::try_from(at).unwrap().as_millisecond();
        let start = |last, now| wait(&note, ms(last), now, 90 * DAY);
        assert_eq!(start(right, right + HOUR), None, "the clock is right");
        assert_eq!(start(right, wrong), Some(DAY));
        assert_eq!(start(wrong, wrong + HOUR), Some(23 * HOUR), "the first start wrote with the wrong clock");
        assert_eq!(start(wrong, right + 2 * HOUR), Some(DAY), "it was set right");
        assert_eq!(start(right, right + 27 * HOUR), None);
        assert!(!note.exists(), "the moment has passed");
        fs::write(&note, "2026-11-").unwrap();
        assert_eq!(start(right, right), Some(DAY), "a note cut off by a crash is one");
    }

    #[test]
    fn no_recordings_yet_is_no_fault() {
        let dir = tempfile::tempdir().unwrap();
        assert!(delete_older(&dir.path().join("none"), Some(now())).is_empty());
    }
}
