//! The signals that ask a program to leave: SIGTERM, and SIGINT, which is Ctrl-C; and the one that asks it to read its files again,
//! SIGHUP.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens from its making on; until then the signals end the process at once.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Starts to listen. Needs a runtime.
    ///
    /// # Errors
    /// The system does not let us listen.
    pub fn new() -> io::Result<Signals> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// The next of either.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Listens for SIGHUP from its making on; until then that signal ends the process.
#[derive(Debug)]
pub struct Hangups(Signal);

impl Hangups {
    /// Starts to listen. Needs a runtime.
    ///
    /// # Errors
    /// The system does not let us listen.
    pub fn new() -> io::Result<Hangups> {
        signal(SignalKind::hangup()).map(Hangups)
    }

    /// The next one. Those that come while the last is being served are one.
    pub async fn next(&mut self) {
        self.0.recv().await;
    }
}
