//! The `centralino` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    centralino::cli::main()
}
