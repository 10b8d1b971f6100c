//! centralino: the open telephone exchange for city contact centers.

pub mod acd;
pub mod config;
pub mod crm;
pub mod flow;
pub mod ids;
pub mod io;
pub mod journal;
pub mod media;
pub mod sip;
pub mod speech;
pub mod time;
pub mod views;
pub mod words;
