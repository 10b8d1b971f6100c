//! Pages and drawings that a command leaves in a file, beside what it prints.
//!
//! A slip of the pen (`--html mia.toml`) must not cost a day that somebody has written, nor a configuration: what is there already is
//! written over only if it is a page or a drawing itself. That is looked at before the work begins, which may take minutes.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use super::failure::Failure;

/// How a page in HTML begins.
pub(super) const HTML: &str = "<!DOCTYPE html>";
/// How a drawing in SVG begins.
pub(super) const SVG: &str = "<svg";

/// A page that begins so can be written there.
pub(super) fn has_room(file: &Path, begins: &str) -> Result<(), Failure> {
    match is_another(file, begins) {
        Ok(false) => Ok(()),
        Ok(true) => {
            let name = file.display();
            let what = "is there already and is not what a command like this has written";
            Err(Failure::misuse(format_args!("{name} {what}; name another file, or move that one away")))
        }
        Err(error) => Err(cannot(file, &error)),
    }
}

/// Writes it.
pub(super) fn write(file: &Path, text: &str) -> Result<(), Failure> {
    fs::write(file, text).map_err(|error| cannot(file, &error))
}

fn cannot(file: &Path, error: &io::Error) -> Failure {
    Failure::other(format_args!("{}: {error}; name a file that can be written", file.display()))
}

/// What has no end and no beginning, such as `/dev/stdout`, may be written to; so may a file without a letter.
fn is_another(file: &Path, begins: &str) -> io::Result<bool> {
    match fs::metadata(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
        Ok(about) if about.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(about) if !about.is_file() => return Ok(false),
        Ok(_) => {}
    }
    let mut there = Vec::new();
    File::open(file)?.take(begins.len() as u64).read_to_end(&mut there)?;
    Ok(!there.is_empty() && there != begins.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_written_over_only_if_it_is_a_page_itself() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        fs::write(at("mia.toml"), "number = \"055055\"\n").expect("room");
        fs::write(at("old.html"), "<!DOCTYPE html>\n<p>ieri").expect("room");
        fs::write(at("empty"), "").expect("room");
        std::os::unix::fs::symlink(at("mia.toml"), at("link.html")).expect("room");
        for (name, is) in [("old.html", true), ("empty", true), ("new.html", true), ("mia.toml", false)] {
            assert_eq!(has_room(&at(name), HTML).is_ok(), is, "{name}");
        }
        assert!(has_room(&at("link.html"), HTML).is_err(), "a link leads to what it names");
        assert!(has_room(&at("old.html"), SVG).is_err(), "a drawing is no page");
        assert!(has_room(dir.path(), HTML).is_err());
        assert!(has_room(Path::new("/dev/null"), HTML).is_ok());
    }
}
