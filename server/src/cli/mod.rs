//! The command line: one binary, a command for each thing an operator does (`contract.md`).
//!
//! Promises: exit code 0 when done, 1 when a check failed, 2 for bad arguments or input; errors are one sentence each on
//! standard error. Leaves to others: doing it.

mod check_link;
mod serve;

use crate::config::Config;
use clap::{Parser, Subcommand};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Done.
pub const DONE: u8 = 0;
/// A check failed.
pub const FAILED: u8 = 1;
/// Bad arguments or input.
pub const REFUSED: u8 = 2;

/// Click-to-dial for contact centers.
#[derive(Parser)]
#[command(name = "ringbridge", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Everything on loopback, with simulated phones: try Examples 1 to 3 of the reference
    Demo {
        /// The port of the pages
        #[arg(long, default_value_t = 8443)]
        port: u16,
        /// Where its data lies; a temporary folder if absent
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// The server; SIGTERM drains, a second one ends at once
    Serve {
        #[arg(long)]
        config: PathBuf,
    },
    /// Applies a tenant file
    Provision {
        file: PathBuf,
        #[arg(long)]
        config: PathBuf,
        /// Prints the plan and changes nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Prints the tenant file that would recreate a tenant
    Export {
        #[arg(long)]
        config: PathBuf,
        #[arg(long)]
        tenant: String,
    },
    /// Says what a link will do, without calling; `-` reads one link a line
    CheckLink(check_link::Arguments),
    /// Checks database, certificate, keys, SIP ports, trunks, clock and outbound rules
    Doctor {
        #[arg(long)]
        config: PathBuf,
    },
    /// Writes a consistent copy while the server runs
    Backup {
        file: PathBuf,
        #[arg(long)]
        config: PathBuf,
    },
    /// Brings a copy back into an empty data folder
    Restore {
        file: PathBuf,
        #[arg(long)]
        config: PathBuf,
    },
    /// Random schedules of the real call core against its invariants
    Simulate {
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[arg(long, default_value_t = 100_000)]
        calls: u64,
    },
}
