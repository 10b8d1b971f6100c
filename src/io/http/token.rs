//! How commands on this machine find a running exchange: its address and its token, two files of the data directory that only
//! its owner can read.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Where the token of a data directory lies.
pub fn path(data: &Path) -> PathBuf {
    data.join("http-token")
}

fn address_path(data: &Path) -> PathBuf {
    data.join("http-address")
}

/// Puts both in their place, for their owner only.
pub fn write(data: &Path, token: &str, address: SocketAddr) -> io::Result<()> {
    put(&path(data), token)?;
    put(&address_path(data), &address.to_string())
}

/// Whoever reads finds the old text or the new one, never half.
fn put(path: &Path, text: &str) -> io::Result<()> {
    let fresh = path.with_extension("new");
    // Not to inherit the mode of a file that is there already.
    match fs::remove_file(&fresh) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
    writeln!(file, "{text}")?;
    fs::rename(&fresh, path)
}

/// Nobody listens any more. After a crash the address stays, and whoever asks there is told that nobody answers.
pub fn forget_address(data: &Path) {
    if let Err(error) = fs::remove_file(address_path(data)) {
        tracing::warn!(%error, "the file http-address cannot be removed");
    }
}

/// Where the exchange of a data directory listens, or listened when it was killed; none after an end in order.
pub fn read_address(data: &Path) -> Option<SocketAddr> {
    fs::read_to_string(address_path(data)).ok()?.trim().parse().ok()
}

/// Reads the token.
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
        let address = SocketAddr::from(([127, 0, 0, 1], 8080));
        write(dir.path(), "new", address).unwrap();
        assert_eq!(read(dir.path()).unwrap(), "new");
        assert_eq!(read_address(dir.path()), Some(address));
        for path in [path(dir.path()), address_path(dir.path())] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        forget_address(dir.path());
        assert_eq!(read_address(dir.path()), None);
    }
}
