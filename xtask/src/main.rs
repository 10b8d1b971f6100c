//! Chores of the project: `cargo xtask run`, `cargo xtask test`.
fn main() {}
