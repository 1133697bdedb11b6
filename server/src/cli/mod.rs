//! The command line: one binary, a command for each thing an operator does (`contract.md`).
//!
//! Promises: exit code 0 when done, 1 when a check failed, 2 for bad arguments or input; what is wrong is said on standard
//! error, a sentence a line, with what to do. Leaves to others: doing it.

pub mod check_link;
pub(crate) mod salesforce_key;

use crate::config::Config;
use crate::demo::{Demo, Options};
use crate::provision::{self, Mode};
use crate::serve::{Extras, Server};
use crate::{clock, doctor, simulate, store};
use check_link::{Arguments as Links, Form, Streams};
use clap::{Parser, Subcommand};
use ringbridge_core::tenant::Tenant;
use std::fmt::Display;
use std::future::Future;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Bad arguments or input.
const REFUSED: u8 = 2;

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
        /// Where its data lies; a folder that is removed at the end if absent
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// The server; SIGTERM drains, a second one ends at once
    Serve {
        /// The configuration, ringbridge.toml
        #[arg(long)]
        config: PathBuf,
    },
    /// Applies a tenant file
    Provision {
        /// The tenant file
        file: PathBuf,
        /// The configuration, ringbridge.toml
        #[arg(long)]
        config: PathBuf,
        /// Prints the plan and changes nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Prints the tenant file that would recreate a tenant
    Export {
        /// The configuration, ringbridge.toml
        #[arg(long)]
        config: PathBuf,
        /// The tenant's name
        #[arg(long)]
        tenant: String,
    },
    /// Says what a link will do, without calling
    CheckLink {
        /// The links; - reads one link a line from standard input
        #[arg(required = true)]
        links: Vec<String>,
        /// One JSON object a link
        #[arg(long)]
        json: bool,
        /// The configuration, to check against a tenant
        #[arg(long, requires = "tenant")]
        config: Option<PathBuf>,
        /// The tenant to check against
        #[arg(long, requires = "config")]
        tenant: Option<String>,
        /// A JSON object with the tokens' values
        #[arg(long)]
        values: Option<PathBuf>,
    },
    /// Checks database, certificate, keys, SIP ports, trunks, clock, outbound rules and Salesforce
    Doctor {
        /// The configuration, ringbridge.toml
        #[arg(long)]
        config: PathBuf,
    },
    /// Makes the key and the certificate with which the server logs in to Salesforce
    SalesforceKey {
        /// The folder they are put into
        folder: PathBuf,
    },
    /// Writes a consistent copy of the database, also while the server runs
    Backup {
        /// The copy to be made
        file: PathBuf,
        /// The configuration, ringbridge.toml
        #[arg(long)]
        config: PathBuf,
    },
    /// Brings a copy back into an empty data folder
    Restore {
        /// The copy
        file: PathBuf,
        /// The configuration, ringbridge.toml
        #[arg(long)]
        config: PathBuf,
    },
    /// Random schedules of the real call core against its invariants
    Simulate {
        /// Where chance begins: the same seed prints the same digest
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// How many calls
        #[arg(long, default_value_t = 100_000)]
        calls: u64,
        /// Plays this one schedule and prints each of its messages
        #[arg(long)]
        only: Option<u64>,
    },
}

/// Reads the command line, does what it says and gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => ExitCode::from(code),
        Err(sentence) => {
            let _ = writeln!(io::stderr(), "{sentence}");
            ExitCode::from(REFUSED)
        }
    }
}

fn run(command: Command) -> Result<u8, String> {
    match command {
        Command::Demo { port, data } => in_runtime(demo(Options { port, data })),
        Command::Serve { config } => in_runtime(serve(load(&config)?)),
        Command::Provision { file, config, dry_run } => {
            let mode = if dry_run { Mode::DryRun } else { Mode::Apply };
            apply(&file, &load(&config)?, mode)
        }
        Command::Export { config, tenant } => {
            let text = provision::export(&load(&config)?, &tenant).map_err(sentence)?;
            print(&text)
        }
        Command::CheckLink { links, json, config, tenant, values } => {
            let tenant = config.zip(tenant).map(|(config, name)| tenant_of(&config, &name)).transpose()?;
            let form = if json { Form::Json } else { Form::Words };
            check_links(&Links { links, form, values }, tenant.as_ref())
        }
        Command::Doctor { config } => in_runtime(examine(load(&config)?)),
        Command::SalesforceKey { folder } => print(&salesforce_key::make(&folder, clock::now())?),
        Command::Backup { file, config } => {
            let config = load(&config)?;
            let lines = store::backup(&config.database_url, &config.data_dir, &file).map_err(sentence)?;
            print(&lines)
        }
        Command::Restore { file, config } => {
            let config = load(&config)?;
            let lines = store::restore(&config.database_url, &config.data_dir, &file).map_err(sentence)?;
            print(&lines)
        }
        Command::Simulate { seed, calls, only } => {
            let report = simulate::run(&simulate::Options { seed, calls, only });
            print(&report.text)?;
            Ok(u8::from(!report.held))
        }
    }
}

/// Starts the runtime for commands that wait for the network.
fn in_runtime(work: impl Future<Output = Result<u8, String>>) -> Result<u8, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the runtime does not start: {error}"))?;
    let code = runtime.block_on(work);
    // What still waits on a thread, a look-up of a name for example, keeps nobody waiting.
    runtime.shutdown_background();
    code
}

async fn serve(config: Config) -> Result<u8, String> {
    crate::logs::start();
    let server = Server::start(config, Extras::default()).await.map_err(sentence)?;
    if let Some(text) = server.first_start() {
        print(text)?;
    }
    server.run().await;
    Ok(0)
}

async fn demo(options: Options) -> Result<u8, String> {
    crate::logs::start();
    let demo = Demo::prepare(options, clock::now()).await?;
    let extras = Extras { pages: demo.pages(), fixed_names: demo.fixed_names.clone() };
    let server = Server::start(demo.config.clone(), extras).await.map_err(sentence)?;
    print(&demo.welcome())?;
    server.run().await;
    Ok(0)
}

fn apply(file: &Path, config: &Config, mode: Mode) -> Result<u8, String> {
    let outcome = provision::run(file, config, mode, clock::now()).map_err(sentence)?;
    let mut text: String = outcome.lines.iter().map(|line| format!("{line}\n")).collect();
    if outcome.lines.is_empty() {
        text.push_str("nothing changes\n");
    }
    for (what, secret) in &outcome.made {
        text.push_str(&format!("made {what}, shown this once: {}\n", secret.expose()));
    }
    print(&text)
}

fn check_links(links: &Links, tenant: Option<&Tenant>) -> Result<u8, String> {
    let streams = Streams {
        input: &mut io::stdin().lock(),
        output: &mut io::stdout().lock(),
        errors: &mut io::stderr(),
    };
    match check_link::run(links, tenant, streams) {
        Ok(code) => Ok(code),
        // Whoever read the answers has heard enough, as `head` has.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        Err(error) => Err(format!("the links could not be read or answered: {error}")),
    }
}

async fn examine(config: Config) -> Result<u8, String> {
    let findings = doctor::examine(&config, clock::now()).await;
    let lines: String = findings.iter().map(|finding| format!("{finding}\n")).collect();
    print(&lines)?;
    Ok(u8::from(!doctor::is_well(&findings)))
}

fn load(file: &Path) -> Result<Config, String> {
    Config::load(file, std::env::vars()).map_err(sentence)
}

fn tenant_of(config: &Path, name: &str) -> Result<Tenant, String> {
    provision::find(&load(config)?, name).map_err(sentence)
}

fn print(text: &str) -> Result<u8, String> {
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => Ok(0),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(0),
        Err(error) => Err(format!("the answer could not be printed: {error}")),
    }
}

fn sentence(error: impl Display) -> String {
    error.to_string()
}
