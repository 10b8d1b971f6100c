//! Published flows on the disk: `DATA/flows/<flow>/`, with `<NNNN>.yaml`, the text byte for byte, and beside it `<NNNN>.json`, what
//! belongs to it ([`Version`]).
//!
//! Each is written under another name, synced and renamed, the text first: the renaming of the second is the moment in which a version
//! is there. A text alone is what a crash left of a version that never was; the next one takes its place. What is there is never
//! changed. A retirement has no text.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::disk::RealDisk;
use crate::flow::published::{History, Version, is_plain_name};
use crate::ids::FlowId;
use crate::journal::disk::{Disk, DiskError, replace};

/// Most versions of a flow: one a day for a quarter of a century.
const MAX_VERSIONS: u32 = 9_999;

/// The published flows of a data directory.
#[derive(Clone, Debug)]
pub struct Versions {
    dir: PathBuf,
}

/// Texts in force, by flow.
pub type Published = BTreeMap<String, Text>;

/// A flow's text, and the file that faults in it are told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The file.
    pub file: String,
    /// What it says.
    pub text: String,
}

impl Versions {
    /// Those of this data directory.
    pub fn of(data: &Path) -> Versions {
        Versions { dir: data.join("flows") }
    }

    /// The text in force of each flow that has a published one.
    ///
    /// # Errors
    /// Everything that is damaged, with its file and the remedy.
    pub fn in_force(&self) -> Result<Published, Vec<String>> {
        let (mut texts, mut faults) = (Published::new(), Vec::new());
        for flow in self.flows().map_err(|fault| vec![fault])? {
            let read = self
                .history(&flow)
                .and_then(|history| history.in_force().map(|version| self.text(version)).transpose());
            match read {
                Ok(text) => texts.extend(text.map(|text| (flow.to_string(), text))),
                Err(fault) => faults.push(fault),
            }
        }
        if faults.is_empty() { Ok(texts) } else { Err(faults) }
    }

    /// The flows that were ever published, in order.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn flows(&self) -> Result<Vec<FlowId>, String> {
        let told = |error: std::io::Error| {
            format!(
                "{}: cannot be read ({error}); it holds the published flows, and must belong to the exchange",
                self.dir.display()
            )
        };
        let entries = match std::fs::read_dir(&self.dir) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(told)?,
        };
        let mut flows = Vec::new();
        for entry in entries {
            let name = entry.map_err(told)?.file_name().to_string_lossy().into_owned();
            if is_plain_name(&name) {
                flows.push(FlowId::from(name));
            }
        }
        flows.sort();
        Ok(flows)
    }

    /// All versions of a flow; none of one that was never published.
    ///
    /// # Errors
    /// One is damaged or missing.
    pub fn history(&self, flow: &FlowId) -> Result<History, String> {
        let dir = self.dir.join(flow.as_str());
        if !is_plain_name(flow.as_str()) || !dir.is_dir() {
            return Ok(History::default());
        }
        history(&RealDisk::existing(&dir), &dir, flow)
    }

    /// All versions of all flows, in order.
    ///
    /// # Errors
    /// One is damaged or missing.
    pub fn all(&self) -> Result<Vec<Version>, String> {
        let mut versions = Vec::new();
        for flow in self.flows()? {
            versions.extend(self.history(&flow)?.versions().iter().cloned());
        }
        Ok(versions)
    }

    /// The text of a version.
    ///
    /// # Errors
    /// It is damaged or missing, or the version is a retirement.
    pub fn text(&self, version: &Version) -> Result<Text, String> {
        let dir = self.dir.join(version.flow.as_str());
        text(&RealDisk::existing(&dir), &dir, version)
    }

    /// Keeps a version, so that it outlives a power cut.
    ///
    /// # Errors
    /// The disk does not take it: then nothing has changed.
    pub fn add(&self, version: &Version, text: Option<&str>) -> Result<(), DiskError> {
        let dir = self.dir.join(version.flow.as_str());
        let is_new = !dir.is_dir();
        let disk = RealDisk::new(&dir)?;
        if is_new {
            for parent in [Some(self.dir.as_path()), self.dir.parent()].into_iter().flatten() {
                RealDisk::existing(parent).sync_dir()?;
            }
        }
        add(&disk, version, text)
    }
}

fn stem(version: u32) -> String {
    format!("{version:04}")
}

fn add<D: Disk>(disk: &D, version: &Version, text: Option<&str>) -> Result<(), DiskError> {
    let stem = stem(version.version);
    if let Some(text) = text {
        replace(disk, &format!("{stem}.yaml"), text.as_bytes())?;
    }
    let record = serde_json::to_vec_pretty(version).expect("plain data with string keys");
    replace(disk, &format!("{stem}.json"), &record)
}

fn history<D: Disk>(disk: &D, dir: &Path, flow: &FlowId) -> Result<History, String> {
    let names = disk.list().map_err(|error| error.to_string())?;
    let mut versions = Vec::new();
    for name in names.iter().filter(|name| name.ends_with(".json")) {
        let bytes = disk.read(name).map_err(|error| error.to_string())?;
        let version: Version = serde_json::from_slice(&bytes).map_err(|error| {
            format!("{}: cannot be understood ({error}); {}", dir.join(name).display(), remedy(dir, name))
        })?;
        if *name != format!("{}.json", stem(version.version)) || version.flow != *flow {
            return Err(format!(
                "{}: says that it is version {} of flow {}; {}",
                dir.join(name).display(),
                version.version,
                version.flow,
                remedy(dir, name)
            ));
        }
        versions.push(version);
    }
    versions.sort_by_key(|version| version.version);
    History::of(versions).map_err(|missing| {
        let name = format!("{}.json", stem(missing));
        format!(
            "{}: is missing, and later versions are there; restore it from a backup of the data directory",
            dir.join(name).display()
        )
    })
}

fn text<D: Disk>(disk: &D, dir: &Path, version: &Version) -> Result<Text, String> {
    let name = format!("{}.yaml", stem(version.version));
    let path = dir.join(&name);
    let file = path.display().to_string();
    if version.sha256.is_none() {
        return Err(format!(
            "{file}: version {} of {} retired the flow and has no text",
            version.version, version.flow
        ));
    }
    let bytes = disk.read(&name).map_err(|error| format!("{file}: {error}; {}", remedy(dir, &name)))?;
    if !version.fits(&bytes) {
        return Err(format!(
            "{file}: is not the text that was published (its hash is another one); {}",
            remedy(dir, &name)
        ));
    }
    // What fits was a text when it was published.
    let text = String::from_utf8(bytes).map_err(|error| format!("{file}: {error}"))?;
    Ok(Text { file, text })
}

fn remedy(dir: &Path, name: &str) -> String {
    let stem = name.split('.').next().unwrap_or(name);
    format!(
        "restore it from a backup of the data directory, or move {}.* away: if it is the last, the version before it counts",
        dir.join(stem).display()
    )
}

/// The number of the version after these.
///
/// # Errors
/// There are too many.
pub(super) fn next(history: &History) -> Result<u32, String> {
    let next = history.now() + 1;
    if next > MAX_VERSIONS { Err(format!("a flow has at most {MAX_VERSIONS} versions")) } else { Ok(next) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::published::hash;
    use crate::journal::disk::{DiskFault, DiskOp};
    use crate::journal::sim_disk::{Crash, SimDisk};
    use crate::words::FlowChange;
    use rand::{SeedableRng, rngs::ChaCha20Rng};

    fn version(number: u32, text: &str) -> Version {
        Version {
            flow: "055055".into(),
            version: number,
            change: FlowChange::Published,
            at: "2026-11-24T09:00:00.000+01:00".to_owned(),
            by: Some("anna".to_owned()),
            comment: "perché".to_owned(),
            after: number - 1,
            sha256: Some(hash(text.as_bytes())),
        }
    }

    fn in_force(disk: &SimDisk) -> String {
        let history = history(disk, Path::new("flows"), &"055055".into()).expect("no damage");
        let last = history.in_force().expect("a version");
        text(disk, Path::new("flows"), last).expect("its text").text
    }

    #[test]
    fn crash_at_any_step_leaves_the_old_version_or_the_new_one_whole() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let (old, new) = ("il vecchio testo\n", "il nuovo testo, più lungo\n");
        let mut seen = std::collections::BTreeSet::new();
        // The k-th operation of a kind fails, and the process dies there: every state that a kill can leave is among these.
        for op in [DiskOp::Open, DiskOp::Write, DiskOp::Sync, DiskOp::Change] {
            for step in 0..6 {
                for how in [Crash::Kill, Crash::KillInWrite, Crash::PowerCut] {
                    let disk = SimDisk::new();
                    add(&disk, &version(1, old), Some(old)).expect("room");
                    let dying = FailsAt::new(&disk, op, step);
                    let done = add(&dying, &version(2, new), Some(new)).is_ok();
                    let left = disk.crash(how, &mut rng);
                    let now = in_force(&left);
                    assert!(now == old || now == new, "{op} {step} {how:?}: {now}");
                    assert!(!done || now == new, "{op} {step} {how:?}: what was promised is there");
                    seen.insert(now);
                    let next =
                        history(&left, Path::new("flows"), &"055055".into()).expect("no damage").now() + 1;
                    add(&left, &version(next, new), Some(new)).expect("what a crash left is in nobody's way");
                    assert_eq!(in_force(&left), new);
                }
            }
        }
        assert_eq!(seen.len(), 2, "both happened");
    }

    /// A disk that fails at one operation of a kind and at all that follow: what a killed process did not do any more.
    #[derive(Clone, Debug)]
    struct FailsAt {
        disk: SimDisk,
        op: DiskOp,
        left: std::sync::Arc<std::sync::Mutex<Option<u32>>>,
    }

    impl FailsAt {
        fn new(disk: &SimDisk, op: DiskOp, step: u32) -> FailsAt {
            FailsAt { disk: disk.clone(), op, left: std::sync::Arc::new(std::sync::Mutex::new(Some(step))) }
        }

        fn passes(&self, op: DiskOp) -> Result<(), DiskError> {
            let mut left = self.left.lock().expect("one thread");
            match *left {
                Some(0) if op == self.op => *left = None,
                Some(steps) if op == self.op => *left = Some(steps - 1),
                _ => {}
            }
            let dead = DiskError { op, file: String::new(), kind: DiskFault::Failed, detail: String::new() };
            if left.is_none() { Err(dead) } else { Ok(()) }
        }
    }

    impl Disk for FailsAt {
        type File = FailingFile;

        fn list(&self) -> Result<Vec<String>, DiskError> {
            self.disk.list()
        }

        fn open(&self, name: &str) -> Result<FailingFile, DiskError> {
            self.passes(DiskOp::Open)?;
            Ok(FailingFile { file: self.disk.open(name)?, of: self.clone() })
        }

        fn read(&self, name: &str) -> Result<Vec<u8>, DiskError> {
            self.disk.read(name)
        }

        fn truncate(&self, name: &str, len: u64) -> Result<(), DiskError> {
            self.passes(DiskOp::Change)?;
            self.disk.truncate(name, len)
        }

        fn rename(&self, from: &str, to: &str) -> Result<(), DiskError> {
            self.passes(DiskOp::Change)?;
            self.disk.rename(from, to)
        }

        fn remove(&self, name: &str) -> Result<(), DiskError> {
            self.passes(DiskOp::Change)?;
            self.disk.remove(name)
        }

        fn sync_dir(&self) -> Result<(), DiskError> {
            self.passes(DiskOp::Sync)?;
            self.disk.sync_dir()
        }
    }

    #[derive(Clone, Debug)]
    struct FailingFile {
        file: <SimDisk as Disk>::File,
        of: FailsAt,
    }

    impl crate::journal::disk::DiskFile for FailingFile {
        fn append(&self, bytes: &[u8]) -> Result<(), DiskError> {
            // A write that is cut off leaves a part of it.
            match self.of.passes(DiskOp::Write) {
                Ok(()) => self.file.append(bytes),
                Err(dead) => self.file.append(&bytes[..bytes.len() / 2]).and(Err(dead)),
            }
        }

        fn sync(&self) -> Result<(), DiskError> {
            self.of.passes(DiskOp::Sync)?;
            self.file.sync()
        }
    }

    #[test]
    fn damage_is_told_with_its_file_and_the_remedy() {
        let disk = SimDisk::new();
        for number in 1..=3 {
            add(&disk, &version(number, "testo"), Some("testo")).expect("room");
        }
        let dir = Path::new("/d/flows/055055");
        disk.flip_bit("0003.yaml", 2);
        let history = history(&disk, dir, &"055055".into()).expect("the records are whole");
        let told = text(&disk, dir, &history.versions()[2]).expect_err("damaged");
        assert!(told.starts_with("/d/flows/055055/0003.yaml: is not the text that was published"), "{told}");
        assert!(told.contains("move /d/flows/055055/0003.* away"), "{told}");
        assert!(text(&disk, dir, &history.versions()[1]).is_ok());
        disk.remove("0003.yaml").expect("it is there");
        assert!(text(&disk, dir, &history.versions()[2]).is_err());
        let told =
            super::history(&disk, Path::new("/d/flows/020202"), &"020202".into()).expect_err("of another");
        let of_another = "/d/flows/020202/0001.json: says that it is version 1 of flow 055055; restore it";
        assert!(told.starts_with(of_another), "{told}");
        disk.flip_bit("0002.json", 0);
        let told = super::history(&disk, dir, &"055055".into()).expect_err("damaged");
        assert!(told.starts_with("/d/flows/055055/0002.json: cannot be understood"), "{told}");
        disk.remove("0002.json").expect("it is there");
        let told = super::history(&disk, dir, &"055055".into()).expect_err("a gap");
        assert!(told.starts_with("/d/flows/055055/0002.json: is missing"), "{told}");
    }
}
