//! The only sockets, files, clocks and threads.

pub mod config;
