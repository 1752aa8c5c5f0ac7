//! The project's build tool: `cargo xtask COMMAND`.
//!
//! Everything that a contributor or CI does is a command here, so that a clean clone needs nothing but Rust, Node and a
//! browser. Each command installs what it lacks where that is possible, and says what to do where it is not.

mod bench;
mod build;
mod check;
mod chromium;
mod data;
mod files;
mod fuzz;
mod models;
mod npm;
mod process;
mod serve;
mod size;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Builds, serves, tests and checks Flowsieve.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    disable_version_flag = true
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the page and serve it on this machine
    Demo(DemoArguments),
    /// Build dist/, the page for static hosts and the single file dist/flowsieve.html
    Build,
    /// Run the native tests, then the page's in a real Chromium
    Test(test::TestArguments),
    /// Everything that CI checks besides tests: format, lints, types, docs, sizes, licences
    Check,
    /// Feed the readers hostile input for some minutes each; not part of the tests
    Fuzz(fuzz::FuzzArguments),
    /// Train the shipped models and write the samples, from the data sets (docs/datasets.md)
    Models(models::ModelsArguments),
    /// Time the page on 450 MB of flows, beside pandas and scikit-learn where a Python is named
    Bench(bench::BenchArguments),
}

#[derive(clap::Args)]
struct DemoArguments {
    /// The port on 127.0.0.1 to serve the page on; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let workspace = Workspace::find()?;
    match command {
        Command::Demo(options) => {
            build::build(&workspace)?;
            serve::serve(&workspace.dist(), options.port)
        }
        Command::Build => build::build(&workspace),
        Command::Test(options) => test::test(&workspace, &options),
        Command::Check => check::check(&workspace),
        Command::Fuzz(options) => fuzz::fuzz(&workspace, &options),
        Command::Models(options) => models::models(&workspace, &options),
        Command::Bench(options) => bench::bench(&workspace, &options),
    }
}
