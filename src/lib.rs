//! centralino: the open telephone exchange for city contact centers.

pub mod acd;
pub mod call;
pub mod cli;
pub mod config;
pub mod crm;
pub mod engine;
pub mod flow;
pub mod hint;
pub mod ids;
pub mod io;
pub mod journal;
pub mod media;
pub mod phone_number;
pub mod planted;
pub mod sdp;
pub mod sip;
pub mod speech;
pub mod time;
pub mod views;
pub mod words;
