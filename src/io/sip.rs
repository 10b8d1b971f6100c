//! SIP on real sockets: one UDP socket and one TCP listener on the same port.
//!
//! Datagrams are read by the control loop itself. Every TCP connection has a task of its own that turns it into
//! [`StreamEvent`]s; what is to be sent on it waits in a bounded queue, and a peer who does not read loses the connection.
//!
//! A [`Link`] names a connection by its addresses, which a peer may use again for the next one at once. So each connection has
//! a number of its own here (`places`), and what the task of an earlier one still reports is not taken for the present one.

mod places;

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;

use self::places::{Generation, Places};
use super::control::Clock;
use crate::flood::Flood;
use crate::sip::{Link, Transmit, Transport};

/// Messages that may wait for one slow reader.
const MAX_UNSENT: usize = 256;
/// Reports of all connections that may wait for the control loop; a full queue slows the readers down.
const MAX_REPORTS: usize = 1_024;
/// How long a new connection may say nothing. Later silence is for the endpoint to judge, which knows what hangs on it.
const FIRST_WORD: Duration = Duration::from_secs(10);
/// No limit, in the words of a timer.
const FOR_EVER: Duration = Duration::from_secs(u32::MAX as u64);
/// How long a peer may take to accept a connection, or to read what was sent.
const CONNECT_PATIENCE: Duration = Duration::from_secs(4);
/// Peers whose way out of this machine is remembered.
const MAX_ROUTES: usize = 4_096;

/// What the connections report.
#[derive(Debug)]
pub enum StreamEvent {
    /// Bytes have come; the first ones of a link tell that a peer has connected.
    Bytes(Link, Vec<u8>),
    /// The connection is gone, or could not be opened.
    Closed(Link),
}

/// What the tasks tell.
#[derive(Debug)]
enum Report {
    Accepted(TcpStream, Link),
    Bytes(Link, Generation, Vec<u8>),
    Closed(Link, Generation),
}

/// The sockets of one SIP address.
#[derive(Debug)]
pub struct SipSockets {
    udp: UdpSocket,
    address: SocketAddr,
    places: Places<mpsc::Sender<Vec<u8>>>,
    reports: mpsc::Sender<Report>,
    inbox: mpsc::Receiver<Report>,
    /// Read from the inbox, and not yet taken.
    events: VecDeque<StreamEvent>,
    routes: BTreeMap<IpAddr, IpAddr>,
    clock: Clock,
    /// Datagrams that the system did not take.
    unsent: Flood,
    /// Connections for which there was no place.
    crowd: Flood,
}

impl SipSockets {
    /// Bind UDP and TCP to the same port; port 0 takes one that is free for both.
    ///
    /// # Errors
    /// The port is taken, or the address is not of this machine.
    pub async fn bind(address: SocketAddr) -> io::Result<SipSockets> {
        let (udp, listener) = bind_both(address).await?;
        udp.writable().await?; // until it was asked for once, a first datagram would be taken for one that blocks, and lost
        let address = udp.local_addr()?;
        let (reports, inbox) = mpsc::channel(MAX_REPORTS);
        tokio::spawn(accept(listener, reports.clone()));
        Ok(SipSockets {
            udp,
            address,
            places: Places::default(),
            reports,
            inbox,
            events: VecDeque::new(),
            routes: BTreeMap::new(),
            clock: Clock::start(),
            unsent: Flood::default(),
            crowd: Flood::default(),
        })
    }

    /// Where both are bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Wait for something to read.
    pub async fn ready(&mut self) -> Option<StreamEvent> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            tokio::select! {
                _ = self.udp.readable() => return None,
                report = self.inbox.recv() => self.on_report(report?),
            }
        }
    }

    fn on_report(&mut self, report: Report) {
        match report {
            Report::Accepted(stream, link) => self.on_accepted(stream, link),
            Report::Bytes(link, generation, bytes) if self.places.holds(link, generation) => {
                self.events.push_back(StreamEvent::Bytes(link, bytes));
            }
            Report::Closed(link, generation) if self.places.holds(link, generation) => {
                self.places.remove(link);
                self.events.push_back(StreamEvent::Closed(link));
            }
            Report::Bytes(..) | Report::Closed(..) => {} // of an earlier connection between the same addresses
        }
    }

    /// The next datagram, if one is there.
    pub fn try_recv<'b>(&mut self, buffer: &'b mut [u8]) -> Option<(Link, &'b [u8])> {
        let (length, remote) = self.udp.try_recv_from(buffer).ok()?;
        let local = self.local_towards(remote);
        Some((Link { transport: Transport::Udp, local, remote }, &buffer[..length]))
    }

    /// Takes over an accepted connection, or closes it when there are too many.
    fn on_accepted(&mut self, stream: TcpStream, link: Link) {
        let (sender, unsent) = mpsc::channel(MAX_UNSENT);
        let taken = self.places.take(link, sender);
        // Whoever held these addresses, or had to make room, is gone.
        self.events.extend(taken.displaced.into_iter().map(StreamEvent::Closed));
        match taken.generation {
            Some(generation) => {
                tokio::spawn(run(stream, link, generation, unsent, self.reports.clone()));
            }
            None => self.on_crowd(link),
        }
    }

    /// Send one message. A UDP send that would block is lost, as the network might lose it: timers resend.
    pub fn send(&mut self, transmit: Transmit) {
        let Transmit { link, bytes } = transmit;
        match link.transport {
            Transport::Udp => {
                if let Err(error) = self.udp.try_send_to(&bytes, link.remote)
                    && let Some(count) = self.unsent.add(self.clock.now().mono)
                {
                    tracing::warn!(count, remote = %link.remote, %error, "datagrams were not sent; the last one's address and fault");
                }
            }
            Transport::Tcp => self.send_stream(link, bytes),
        }
    }

    /// Close a connection.
    pub fn close(&mut self, link: Link) {
        self.places.remove(link); // its task ends when the queue's sender is gone
    }

    /// Close all connections once they have written what waits, within `patience`.
    pub(super) async fn finish(&mut self, patience: Duration) {
        let mut open = self.places.give_up_all();
        let closing = async {
            while !open.is_empty()
                && let Some(report) = self.inbox.recv().await
            {
                if let Report::Closed(link, generation) = report {
                    open.remove(&(link, generation)); // or it is the late end of one that was displaced
                }
            }
        };
        let _in_vain = tokio::time::timeout(patience, closing).await;
    }

    fn send_stream(&mut self, link: Link, bytes: Vec<u8>) {
        let sender = match self.places.answer(link) {
            Some(sender) => Some(sender.clone()),
            None => self.connect(link),
        };
        let Some(sender) = sender else {
            return self.on_crowd(link);
        };
        if sender.try_send(bytes).is_err() && self.places.remove(link) {
            self.events.push_back(StreamEvent::Closed(link));
        }
    }

    fn on_crowd(&mut self, link: Link) {
        if let Some(count) = self.crowd.add(self.clock.now().mono) {
            let remote = link.remote;
            tracing::warn!(count, %remote, "too many TCP connections, of one address or in all; the last one's address");
        }
    }

    fn connect(&mut self, link: Link) -> Option<mpsc::Sender<Vec<u8>>> {
        let (sender, unsent) = mpsc::channel(MAX_UNSENT);
        let taken = self.places.take_own(link, sender.clone());
        self.events.extend(taken.displaced.into_iter().map(StreamEvent::Closed));
        let generation = taken.generation?;
        let reports = self.reports.clone();
        tokio::spawn(async move {
            match tokio::time::timeout(CONNECT_PATIENCE, TcpStream::connect(link.remote)).await {
                Ok(Ok(stream)) => run(stream, link, generation, unsent, reports).await,
                _ => drop(reports.send(Report::Closed(link, generation)).await),
            }
        });
        Some(sender)
    }

    /// Our address as this peer sees it, when we listen on all of them.
    fn local_towards(&mut self, remote: SocketAddr) -> SocketAddr {
        if !self.address.ip().is_unspecified() {
            return self.address;
        }
        if self.routes.len() >= MAX_ROUTES {
            self.routes.clear();
        }
        let ip =
            *self.routes.entry(remote.ip()).or_insert_with(|| route_to(remote).unwrap_or(self.address.ip()));
        SocketAddr::new(ip, self.address.port())
    }
}

/// The address that the system would send from; no packet is sent.
pub(super) fn route_to(remote: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = if remote.is_ipv4() { ([0, 0, 0, 0], 0).into() } else { ([0u16; 8], 0).into() };
    let probe = std::net::UdpSocket::bind(any).ok()?;
    probe.connect(remote).ok()?;
    Some(probe.local_addr().ok()?.ip())
}

async fn bind_both(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let attempts = if address.port() == 0 { 16 } else { 1 };
    let mut last = io::Error::other("no attempt was made");
    for _ in 0..attempts {
        let udp = UdpSocket::bind(address).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(listener) => return Ok((udp, listener)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn accept(listener: TcpListener, reports: mpsc::Sender<Report>) {
    loop {
        match listener.accept().await {
            Ok((stream, remote)) => {
                let Ok(local) = stream.local_addr() else { continue };
                let link = Link { transport: Transport::Tcp, local, remote };
                if reports.send(Report::Accepted(stream, link)).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                // Out of file descriptors, most likely: wait for some to come back rather than spin.
                tracing::warn!(%error, "a TCP connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// One connection, until either side closes it.
async fn run(
    mut stream: TcpStream,
    link: Link,
    generation: Generation,
    mut unsent: mpsc::Receiver<Vec<u8>>,
    reports: mpsc::Sender<Report>,
) {
    let _ = stream.set_nodelay(true);
    let (mut from, mut to) = stream.split();
    let mut buffer = vec![0; 16 * 1024];
    let mut patience = FIRST_WORD;
    loop {
        tokio::select! {
            read = tokio::time::timeout(patience, from.read(&mut buffer)) => match read {
                Ok(Ok(0) | Err(_)) | Err(_) => break,
                Ok(Ok(length)) => {
                    patience = FOR_EVER;
                    let bytes = buffer[..length].to_vec();
                    if reports.send(Report::Bytes(link, generation, bytes)).await.is_err() {
                        return;
                    }
                }
            },
            message = unsent.recv() => {
                let Some(message) = message else { break };
                patience = FOR_EVER;
                let written = tokio::time::timeout(CONNECT_PATIENCE, to.write_all(&message)).await;
                if !matches!(written, Ok(Ok(()))) {
                    break;
                }
            }
        }
    }
    let _ = to.shutdown().await;
    let _ = reports.send(Report::Closed(link, generation)).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn end_waits_for_the_connections_that_are_open_and_not_for_those_displaced() {
        let mut sockets = SipSockets::bind(([127, 0, 0, 1], 0).into()).await.unwrap();
        let remote = ([192, 0, 2, 7], 5060).into();
        let link = Link { transport: Transport::Tcp, local: sockets.address(), remote };
        for _ in 0..2 {
            let sender = mpsc::channel(1).0;
            let generation = sockets.places.take(link, sender).generation.expect("there is room");
            sockets.reports.send(Report::Closed(link, generation)).await.unwrap();
        }
        sockets.finish(CONNECT_PATIENCE).await;
        assert!(sockets.inbox.try_recv().is_err(), "the second end was waited for, the first is no end");
    }
}
