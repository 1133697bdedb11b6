//! The `ringbridge` program: hands its arguments to the command line.
//!
//! Promises: nothing but that. Leaves to others: everything.

use std::process::ExitCode;

fn main() -> ExitCode {
    ringbridge_server::cli::main()
}
