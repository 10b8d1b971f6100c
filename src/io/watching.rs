//! `serve --watch`: files are taken as soon as they change, for whoever tries things out.
//!
//! Twice a second the names, lengths and times of all files are looked at. Once they have changed, and have then stayed the same from
//! one look to the next (editors write in several steps), they are reloaded. A bad file is told by the log, and what was in use goes on.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::reload::Reloader;
use super::setup::Places;
use super::versions::Versions;

/// Two looks, and a change is in force within a second.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// Most files looked at: a city's sounds are a tenth of it.
const MAX_FILES: usize = 20_000;
/// How deep directories are looked into: `ivr-flows/sub`, `sounds/<language>/<folder>`.
const MAX_DEPTH: u32 = 3;

/// What tells one state of the files from another.
type Seen = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Reloads whenever files have changed, for ever.
pub async fn reload_at_changes(reloader: Arc<Reloader>) {
    let places = Places::beside(&reloader.config);
    let mut taken = look(&places).await;
    tracing::info!("watching the files: a change is taken at once (--watch)");
    let mut before = taken.clone();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = look(&places).await;
        if now == before && now != taken {
            tell_hidden(&reloader, &places, &taken, &now);
            let _told_to_the_log = reloader.reload().await;
            taken = now.clone();
        }
        before = now;
    }
}

/// Whoever edits a file that does not count would wonder for long.
fn tell_hidden(reloader: &Reloader, places: &Places, before: &Seen, now: &Seen) {
    let published = Versions::of(&reloader.data).in_force().unwrap_or_default();
    for flow in published.keys() {
        let files =
            [places.flows.join(format!("{flow}.yaml")), places.flows.join(format!("sub/{flow}.yaml"))];
        for file in files.iter().filter(|file| before.get(*file) != now.get(*file)) {
            tracing::warn!(
                "{}: has changed, and does not count: a published version of {flow} is in force; `centralino flow publish` this \
                 file, or `centralino flow retire {flow}`",
                file.display()
            );
        }
    }
}

async fn look(places: &Places) -> Seen {
    let dirs = [places.config.clone(), places.flows.clone(), places.sounds.clone()];
    let look = move || {
        let mut seen = Seen::new();
        dirs.iter().for_each(|dir| look_into(dir, MAX_DEPTH, &mut seen));
        seen
    };
    tokio::task::spawn_blocking(look).await.unwrap_or_default()
}

/// What cannot be read is not seen; the reload tells why.
fn look_into(dir: &Path, depth: u32, seen: &mut Seen) {
    let Ok(entries) = std::fs::read_dir(dir) else { return };
    for entry in entries.flatten() {
        if seen.len() >= MAX_FILES {
            return;
        }
        let Ok(about) = std::fs::metadata(entry.path()) else { continue };
        if !about.is_dir() {
            seen.insert(entry.path(), (about.len(), about.modified().ok()));
        } else if depth > 1 {
            look_into(&entry.path(), depth - 1, seen);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_file_a_new_one_and_a_lost_one_are_seen() {
        let dir = tempfile::tempdir().unwrap();
        let look = || {
            let mut seen = Seen::new();
            look_into(dir.path(), MAX_DEPTH, &mut seen);
            seen
        };
        let file = dir.path().join("sub").join("a@1.yaml");
        std::fs::create_dir(dir.path().join("sub")).unwrap();
        let nothing = look();
        std::fs::write(&file, "uno").unwrap();
        let new = look();
        std::fs::write(&file, "tutt'altro").unwrap();
        let changed = look();
        std::fs::remove_file(&file).unwrap();
        assert!(nothing.is_empty() && new.len() == 1 && new != changed && look() == nothing);
    }
}
