//! `cargo xtask fuzz`: hostile input for the readers, made by a fuzzer that sees which branches it reaches.
//!
//! The targets are a workspace of their own in `fuzz/`. They are built by cargo-fuzz with the nightly compiler, which has
//! what a fuzzer needs built into a program: counters at its branches, and the address sanitizer.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{files, process};

#[derive(clap::Args)]
pub(crate) struct FuzzArguments {
    /// How long each target runs
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    minutes: u32,
    /// What to run; all where none is named
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(TARGETS))]
    targets: Vec<String>,
}

/// The programs in `fuzz/fuzz_targets/`.
const TARGETS: [&str; 5] = ["csv", "zeek", "json", "sniff", "pack"];

/// The longest input in bytes: many records and cuts of them. What only larger files have is in `tests/hostile.rs`.
const MAX_LEN: u32 = 8192;

/// Seconds after which one input counts as a hang; milliseconds are usual.
const TIMEOUT_S: u32 = 20;

const TOOLCHAIN: &str = "nightly";

/// Runs the targets one after another, the later ones too when an earlier one finds something, and names those that did.
pub(crate) fn fuzz(workspace: &Workspace, arguments: &FuzzArguments) -> Result<()> {
    ensure_toolchain()?;
    ensure_cargo_fuzz()?;
    // What the targets check has to hold for what they start from.
    process::run(in_fuzz(workspace, "test").arg("--lib"))?;
    write_seeds(workspace, &workspace.root().join("fuzz/corpus"))?;
    let named = arguments.targets.iter().map(String::as_str);
    let targets: Vec<&str> = match arguments.targets[..] {
        [] => TARGETS.to_vec(),
        _ => named.collect(),
    };
    let mut failed = Vec::new();
    for target in targets {
        println!("── {target}, {} min", arguments.minutes);
        if let Err(error) = process::run(&mut run(workspace, target, arguments.minutes)) {
            eprintln!("{error:#}");
            failed.push(target);
        }
    }
    if !failed.is_empty() {
        bail!(
            "these targets found something: {}. The inputs are in fuzz/artifacts/; the lines above say how to run one again",
            failed.join(", ")
        );
    }
    Ok(())
}

/// The command that fuzzes a target.
fn run(workspace: &Workspace, target: &str, minutes: u32) -> Command {
    let mut command = nightly_cargo();
    command.current_dir(workspace.root());
    command.args(["fuzz", "run", "--target-dir"]);
    command.arg(workspace.target().join("fuzz"));
    command.args([target, "--"]);
    command.args([
        format!("-max_total_time={}", 60 * minutes),
        format!("-max_len={MAX_LEN}"),
        // Longer inputs sooner than by default, which is made for hours.
        "-len_control=20".to_owned(),
        format!("-timeout={TIMEOUT_S}"),
        "-print_final_stats=1".to_owned(),
    ]);
    let dictionary = format!("fuzz/dictionaries/{target}.dict");
    if workspace.root().join(&dictionary).is_file() {
        command.arg(format!("-dict={dictionary}"));
    }
    command
}

/// Writes what fuzzing starts from beside what earlier runs found.
fn write_seeds(workspace: &Workspace, folder: &Path) -> Result<()> {
    files::create_folder(folder)?;
    let mut command = in_fuzz(workspace, "run");
    process::run(command.args(["--example", "seeds", "--"]).arg(folder))
}

/// Cargo in the fuzzing workspace, with the usual compiler and without the fuzzer itself.
fn in_fuzz(workspace: &Workspace, subcommand: &str) -> Command {
    let mut command = process::cargo();
    command.current_dir(workspace.root());
    command.args([subcommand, "--quiet", "--no-default-features"]);
    command.args(["--manifest-path", "fuzz/Cargo.toml", "--target-dir"]);
    command.arg(workspace.target());
    command
}

/// The cargo of the nightly toolchain, whichever runs this tool.
fn nightly_cargo() -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", TOOLCHAIN, "cargo"]);
    command
}

fn ensure_toolchain() -> Result<()> {
    if process::succeeds(nightly_cargo().arg("--version")) {
        return Ok(());
    }
    let mut install = Command::new("rustup");
    install.args(["toolchain", "install", TOOLCHAIN, "--profile", "minimal"]);
    process::run(&mut install).context(
        "Fuzzing takes the nightly toolchain of Rust, and rustup could not install it. Install rustup \
         (https://rustup.rs), then run `rustup toolchain install nightly --profile minimal`",
    )
}

fn ensure_cargo_fuzz() -> Result<()> {
    if process::succeeds(process::cargo().args(["fuzz", "--version"])) {
        return Ok(());
    }
    process::run(process::cargo().args(["install", "--locked", "cargo-fuzz"])).context(
        "Fuzzing takes cargo-fuzz, which could not be installed. Install a C++ compiler if there is none, then run \
         `cargo install --locked cargo-fuzz`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_known() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/fuzz_targets");
        let found = files::with_extension(&folder, "rs").unwrap();
        let mut known = TARGETS;
        known.sort_unstable();
        let names = found.iter().map(|path| path.file_stem().unwrap());
        assert!(names.eq(known), "{found:?}");
    }
}
