//! What systemd is told of the process: that it is ready, that it lives, that it stops.
//!
//! systemd gives a socket in `NOTIFY_SOCKET` (`sd_notify(3)`); where there is none, nobody wants to know. The signs of life come from the
//! control loop's own runtime: when that stands still, they stay away, and systemd starts the exchange again.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// Calls are let in.
pub const READY: &str = "READY=1";
/// An end in order has begun.
pub const STOPPING: &str = "STOPPING=1";
const ALIVE: &str = "WATCHDOG=1";

/// Tells it, if somebody wants to know.
pub fn tell(state: &str) {
    let Some(name) = std::env::var_os("NOTIFY_SOCKET") else { return };
    if let Err(error) = send(&name, state) {
        tracing::warn!(%error, state, "systemd could not be told");
    }
}

fn send(name: &OsStr, state: &str) -> io::Result<()> {
    let address = match name.as_bytes().split_first() {
        Some((b'@', name)) => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(name)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address).map(drop)
}

/// Gives signs of life twice as often as systemd wants them (`WatchdogSec`), for ever; ends at once where it wants none.
pub async fn keep_alive() {
    let wanted = std::env::var("WATCHDOG_USEC").ok().and_then(|text| text.parse().ok());
    let Some(patience) = wanted.map(Duration::from_micros).filter(|patience| !patience.is_zero()) else {
        return;
    };
    loop {
        tell(ALIVE);
        tokio::time::sleep(patience / 2).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn socket_is_a_file_or_a_name_of_linux() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        send(path.as_os_str(), READY).unwrap();
        let mut told = [0; 32];
        let length = socket.recv(&mut told).unwrap();
        assert_eq!(&told[..length], READY.as_bytes());

        let name = format!("centralino-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        send(OsStr::new(&format!("@{name}")), STOPPING).unwrap();
        let length = socket.recv(&mut told).unwrap();
        assert_eq!(&told[..length], STOPPING.as_bytes());
    }
}
