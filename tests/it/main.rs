//! Integration tests: promises to callers, on simulated and on real phones.

mod differential;
mod fuzz_sim;
mod scenarios;
mod sim;
mod torture;
mod wire;
