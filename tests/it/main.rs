//! Integration tests: promises to callers, on simulated and on real phones.

mod differential;
mod torture;
mod wire;
