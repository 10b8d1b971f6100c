//! The signals that ask a program to leave: SIGTERM, and SIGINT, which is Ctrl-C.

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
