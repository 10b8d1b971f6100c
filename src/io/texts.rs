//! Texts that people write: configurations, flows, grammars, days.
//!
//! Whoever may put a file there may also put a pipe there, which keeps its reader waiting for ever, or a device, which has no end. An
//! exchange that reads its files again while it serves must survive both.

use std::fs;
use std::io;
use std::path::Path;

/// The text of a file of at most so many bytes.
///
/// # Errors
/// It is no file, too long, not UTF-8, or cannot be read.
pub fn read(path: &Path, most: u64) -> io::Result<String> {
    has_end(path, most)?;
    fs::read_to_string(path)
}

/// It is a file of at most so many bytes.
///
/// # Errors
/// It is not, or nobody can tell.
pub fn has_end(path: &Path, most: u64) -> io::Result<()> {
    let about = fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no file"));
    }
    if about.len() > most {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("larger than {}", size(most))));
    }
    Ok(())
}

fn size(bytes: u64) -> String {
    match bytes >> 20 {
        0 => format!("{} KB", bytes >> 10),
        mega => format!("{mega} MB"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_of_the_right_size_is_read() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::write(at("short"), "due righe\n").unwrap();
        fs::write(at("long"), "x".repeat(2_049)).unwrap();
        fs::write(at("latin1"), b"perch\xe9").unwrap();
        std::os::unix::fs::symlink("/dev/zero", at("endless")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        assert_eq!(read(&at("short"), 2_048).unwrap(), "due righe\n");
        for (name, why) in [
            ("long", "larger than 2 KB"),
            ("latin1", "UTF-8"),
            ("endless", "no file"),
            ("pipe", "no file"),
            (".", "no file"),
            ("gone", "No such file"),
        ] {
            let told = read(&at(name), 2_048).unwrap_err().to_string();
            assert!(told.contains(why), "{name}: {told}");
        }
    }
}
