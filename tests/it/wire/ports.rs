//! Free ports of loopback, for clients that must be told theirs beforehand.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};

/// First port given out: below the ports that the system gives to outgoing connections, and below usual RTP ranges.
const FIRST: u32 = 11_000;
/// How many ports there are to choose from.
const RANGE: u32 = 5_000;

/// How many have been asked for in this process.
static ASKED: AtomicU32 = AtomicU32::new(0);

/// The first of `count` ports in a row, even, free for UDP and TCP now, and given to nobody else in this process.
pub(super) fn free_run(count: u16) -> u16 {
    let stride = u32::from(count.next_multiple_of(2));
    for _ in 0..RANGE {
        let offset = ASKED.fetch_add(stride, Ordering::Relaxed);
        let start = (std::process::id() * 64 + offset) % (RANGE - stride);
        let first = u16::try_from(FIRST + (start & !1)).expect("the range lies below 65536");
        if (first..first + count).all(is_free) {
            return first;
        }
    }
    panic!("no {count} free ports in a row between {FIRST} and {}", FIRST + RANGE);
}

/// One free port.
pub(super) fn free() -> u16 {
    free_run(1)
}

fn is_free(port: u16) -> bool {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
