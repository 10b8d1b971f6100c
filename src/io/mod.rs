//! The only sockets, files, clocks and threads.

pub mod prompts;
pub mod config;
pub mod media;
pub mod config;
