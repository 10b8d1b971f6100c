//! Configuration, flows and sounds read again while calls are in course, on a command or SIGHUP.
//!
//! They are checked as at a start. With a fault in any of them nothing changes, and all faults are told; otherwise the engine takes all
//! of them at one moment.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::connectors::Connectors;
use super::control::{ControlHandle, Gone};
use super::setup::{self, Loaded};
use super::trunks;
use crate::config::Trunk;
use crate::engine::{Files, Reply};

/// Reads the files of a running exchange again.
pub struct Reloader {
    /// The configuration; flows and sounds lie beside it.
    pub config: PathBuf,
    /// The data directory, where published flows lie.
    pub data: PathBuf,
    /// Every schedule counts as open.
    pub always_open: bool,
    /// Where phones find the exchange.
    pub sip: SocketAddr,
    /// The running engine.
    pub control: ControlHandle,
    /// The trunks in use. Held while the files are read: one reload at a time, in the order in which they were asked for.
    pub trunks: Mutex<Vec<Trunk>>,
}

/// What is in use now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reloaded {
    /// Flows that numbers lead to.
    pub flows: usize,
    /// Queues.
    pub queues: usize,
    /// Seats.
    pub seats: usize,
    /// What has changed and waits for the next start.
    pub at_next_start: Vec<String>,
}

/// Nothing has changed.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The files have faults.
    #[error("{}", .0.join("\n"))]
    Faults(Vec<String>),
    /// The exchange is stopping.
    #[error(transparent)]
    Gone(#[from] Gone),
}

impl Reloader {
    /// Reads everything again, and goes on with it if it has no fault; the log is told.
    ///
    /// # Errors
    /// Every fault of every file; what was in use is in use still.
    pub async fn reload(&self) -> Result<Reloaded, ReloadError> {
        let reloaded = self.read_and_take().await;
        match &reloaded {
            Ok(Reloaded { flows, queues, seats, at_next_start }) => {
                tracing::info!(
                    flows,
                    queues,
                    seats,
                    ?at_next_start,
                    "reloaded: new calls meet the files as they are now"
                );
            }
            Err(ReloadError::Faults(faults)) => {
                faults.iter().for_each(|fault| tracing::error!("{fault}"));
                tracing::error!(faults = faults.len(), "not reloaded: what was in use goes on");
            }
            Err(ReloadError::Gone(gone)) => tracing::warn!("not reloaded: {gone}"),
        }
        reloaded
    }

    async fn read_and_take(&self) -> Result<Reloaded, ReloadError> {
        let mut trunks = self.trunks.lock().await;
        let (config, data, always_open, sip) =
            (self.config.clone(), self.data.clone(), self.always_open, self.sip);
        let running = trunks.clone();
        let read = move || use_of(setup::load_for(&config, &data, sip, always_open)?, sip, &running);
        let (files, connectors) = tokio::task::spawn_blocking(read)
            .await
            .map_err(|error| ReloadError::Faults(vec![format!("reading the files broke off: {error}")]))?
            .map_err(ReloadError::Faults)?;
        let (flows, queues, seats) = (files.flows.len(), files.config.queues.len(), files.config.seats.len());
        let found = files.config.trunks.clone();
        let reply = self.control.reload(files, connectors).await?;
        *trunks = found;
        let later = matches!(reply, Reply::Reloaded { later: true });
        let at_next_start = later.then(|| "engine.toml".to_owned()).into_iter().collect();
        Ok(Reloaded { flows, queues, seats, at_next_start })
    }
}

/// What was read, as the running exchange takes it.
pub(super) fn use_of(
    mut loaded: Loaded,
    sip: SocketAddr,
    running: &[Trunk],
) -> Result<(Files, Connectors), Vec<String>> {
    trunks::find(&mut loaded.config.trunks, sip, running);
    let connectors = Connectors::open(&loaded.config)?;
    let files = Files {
        config: Arc::new(loaded.config),
        flows: loaded.flows,
        sounds: Arc::new(loaded.sounds),
        published: None,
    };
    Ok((files, connectors))
}
