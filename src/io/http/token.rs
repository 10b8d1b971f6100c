//! The token that lets into the HTTP server: a file of the data directory that only its owner can read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where the token of a data directory lies.
pub fn path(data: &Path) -> PathBuf {
    data.join("http-token")
}

/// Puts the token in its place, for its owner only. Whoever reads finds the old one or the new one, never half.
pub fn write(data: &Path, token: &str) -> io::Result<()> {
    let fresh = data.join("http-token.new");
    // Not to inherit the mode of a file that is there already.
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    writeln!(file, "{token}")?;
    fs::rename(&fresh, path(data))
}

/// Reads it.
pub fn read(data: &Path) -> io::Result<String> {
    Ok(fs::read_to_string(path(data))?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn token_is_for_its_owner_only_even_where_one_lay_open() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(path(dir.path()), "old").unwrap();
        write(dir.path(), "new").unwrap();
        assert_eq!(read(dir.path()).unwrap(), "new");
        assert_eq!(fs::metadata(path(dir.path())).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
