//! Integration tests: promises to callers, on simulated and on real phones.

mod differential;
mod torture;

mod sip_endpoint;
mod sip_torture;
mod sip_world;
