//! Integration tests: promises to callers, on simulated and on real phones.

mod torture;
mod wire;
