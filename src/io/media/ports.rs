//! The UDP port of a leg.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Binds even ports of a range, each search from a place that a stranger cannot guess (RFC 3550 section 11).
#[derive(Debug)]
pub(super) struct Ports {
    bind: IpAddr,
    first: u16,
    last: u16,
    chance: ChaCha8Rng,
}

impl Ports {
    /// Ports of `range`, both ends included.
    pub(super) fn new(bind: IpAddr, (first, last): (u16, u16), seed: u64) -> Ports {
        // RTP takes even ports.
        let first = first.saturating_add(first % 2).max(2);
        Ports { bind, first, last, chance: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// A socket that does not block, and its port.
    pub(super) fn open(&mut self) -> io::Result<(UdpSocket, u16)> {
        let pairs = u32::from(self.last.saturating_sub(self.first)) / 2 + 1;
        if self.last < self.first {
            return Err(io::Error::other(format!("no even RTP port from {} to {}", self.first, self.last)));
        }
        let start = self.chance.random_range(0..pairs);
        let mut problem = None;
        for step in 0..pairs {
            let offset = u16::try_from((start + step) % pairs * 2).unwrap_or(0);
            let port = self.first.saturating_add(offset);
            match UdpSocket::bind(SocketAddr::new(self.bind, port)) {
                Ok(socket) => {
                    socket.set_nonblocking(true)?;
                    return Ok((socket, port));
                }
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => problem = Some(error),
                Err(error) => return Err(error),
            }
        }
        let taken = problem.unwrap_or_else(|| io::ErrorKind::AddrInUse.into());
        Err(io::Error::new(
            taken.kind(),
            format!(
                "all RTP ports from {} to {} on {} are taken; widen the range",
                self.first, self.last, self.bind
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_even_and_run_out_with_a_word() {
        let mut ports = Ports::new(IpAddr::from([127, 0, 0, 1]), (24_311, 24_318), 1);
        let mut held = Vec::new();
        let error = loop {
            match ports.open() {
                Ok(open) => held.push(open),
                Err(error) => break error,
            }
            assert!(held.len() <= 4);
        };
        assert!(held.iter().all(|(_, port)| port % 2 == 0 && (24_312..=24_318).contains(port)));
        assert!(error.to_string().contains("24312 to 24318"), "{error}");
        assert!(Ports::new(IpAddr::from([127, 0, 0, 1]), (9, 8), 1).open().is_err());
    }
}
