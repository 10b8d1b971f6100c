//! The only sockets, files, clocks and threads.

pub mod asking;
pub mod chance;
pub mod client;
pub mod config;
pub mod connectors;
pub mod control;
pub mod disk;
pub mod grammars;
pub mod health;
pub mod http;
pub mod limits;
pub mod loudspeaker;
pub mod media;
pub mod phone;
pub mod prompts;
pub mod records;
pub mod reload;
pub mod retention;
pub mod setup;
pub mod signals;
pub mod sip;
pub mod speaking;
pub mod store;
pub mod supervisor;
pub mod trunks;
pub mod views_sled;
