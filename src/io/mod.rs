//! The only sockets, files, clocks and threads.

pub mod config;
pub mod control;
pub mod disk;
pub mod http;
pub mod media;
pub mod prompts;
pub mod setup;
pub mod sip;
pub mod store;
pub mod views_sled;
