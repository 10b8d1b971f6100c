//! The only sockets, files, clocks and threads.

pub mod disk;
pub mod store;
pub mod views_sled;
pub mod prompts;
pub mod config;
pub mod media;
pub mod config;
