//! Which exchange a command is about: the one that runs on a data directory, or what it left there.
//!
//! A running exchange keeps its address and its token in its data directory, so that `--data` alone is enough; and where that is the
//! usual `data`, nothing at all.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use super::address::parse_address;
use super::failure::Failure;
use super::records::Records;
use crate::io::client::Client;
use crate::io::http::token;
use crate::io::store::{OpenError, open_at_rest};

/// Which exchange.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Exchange {
    /// Ask the exchange that listens here, and look for no other [default: where the one on this data directory listens].
    #[arg(long, value_name = "ADDR:PORT", value_parser = parse_address)]
    http: Option<SocketAddr>,
    /// The data directory of the exchange.
    #[arg(long, value_name = "DIR", default_value = "data")]
    data: PathBuf,
}

impl Exchange {
    /// The running one.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        let Some(address) = self.address() else {
            return Err(Failure::other(format_args!(
                "no exchange runs on the data directory {data}; `centralino serve --data {data}` starts one, and --data names \
                 that of another",
                data = self.data.display()
            )));
        };
        Client::new(address, &self.data).map_err(Failure::other)
    }

    /// What is on record, asked of the running one; where none runs, read from its data directory.
    pub(super) fn records(&self) -> Result<Records, Failure> {
        if self.http.is_some() {
            return self.client().map(Records::Running);
        }
        match open_at_rest(&self.data) {
            Ok(data) => Ok(Records::AtRest(Box::new(data))),
            // The lock says that somebody is at work there, the address who.
            Err(OpenError::InUse { .. } | OpenError::NotOurs { .. }) if self.address().is_some() => {
                self.client().map(Records::Running)
            }
            Err(OpenError::InUse { dir }) => Err(Failure::other(format_args!(
                "the data directory {dir} is in use by a process that cannot be asked: an exchange that starts or stops, or a check \
                 of the journal; try again in a moment"
            ))),
            Err(error) => Err(Failure::of_data(&self.data, error)),
        }
    }

    /// Its data directory.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    fn address(&self) -> Option<SocketAddr> {
        self.http.or_else(|| token::read_address(&self.data))
    }
}

/// Who asks, where nobody says it: the user of this machine.
pub(super) fn user() -> Option<String> {
    std::env::var("USER").ok().filter(|user| !user.is_empty())
}
