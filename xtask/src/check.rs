//! `cargo xtask check`: everything that CI checks besides the tests.

use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use crate::{build, npm, process, size};

/// A check and what it is called in the summary.
type Step = (&'static str, fn(&Workspace) -> Result<()>);

/// The workspace of the fuzzing targets, which is one of its own.
const FUZZ: &str = "fuzz/Cargo.toml";

/// The build comes before what reads its output: the generated types and the sizes.
const STEPS: [Step; 9] = [
    ("format", format),
    ("clippy", clippy),
    ("clippy for wasm", clippy_wasm),
    ("documentation", documentation),
    ("build", build::build),
    ("TypeScript", typescript),
    ("Biome", biome),
    ("size budget", size::check),
    ("licences and bans", licences),
];

/// Runs all checks, the later ones too when an earlier one fails, and names those that failed.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let mut failed = Vec::new();
    for (name, step) in STEPS {
        println!("── {name}");
        if let Err(error) = step(workspace) {
            eprintln!("{error:#}");
            failed.push(name);
        }
    }
    if !failed.is_empty() {
        bail!(
            "{} of {} checks failed: {}",
            failed.len(),
            STEPS.len(),
            failed.join(", ")
        );
    }
    println!("all {} checks passed", STEPS.len());
    Ok(())
}

fn cargo(workspace: &Workspace) -> Command {
    let mut command = process::cargo();
    command.current_dir(workspace.root());
    command
}

fn format(workspace: &Workspace) -> Result<()> {
    process::run(cargo(workspace).args(["fmt", "--all", "--check"]))?;
    process::run(cargo(workspace).args(["fmt", "--check", "--manifest-path", FUZZ]))
}

fn clippy(workspace: &Workspace) -> Result<()> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ];
    process::run(cargo(workspace).args(arguments))?;
    // Without the fuzzer, which is C++ and nothing to lint.
    let mut fuzz = cargo(workspace);
    fuzz.args(["clippy", "--manifest-path", FUZZ, "--target-dir"]);
    fuzz.arg(workspace.target());
    fuzz.args(["--locked", "--all-targets", "--no-default-features"]);
    process::run(fuzz.args(["--", "--deny", "warnings"]))
}

/// The boundary to JavaScript is compiled for wasm alone, so the run above does not see it.
fn clippy_wasm(workspace: &Workspace) -> Result<()> {
    build::ensure_target()?;
    for module in &build::MODULES {
        process::run(
            cargo(workspace)
                .args([
                    "clippy",
                    "--package",
                    "flowsieve",
                    "--lib",
                    "--target",
                    build::TARGET,
                ])
                .args(["--features", &module.features.join(",")])
                .args(["--", "--deny", "warnings"])
                .env("CARGO_ENCODED_RUSTFLAGS", build::rustflags(workspace)),
        )?;
    }
    Ok(())
}

/// The program is called as the library is, so their pages would be written over each other in one run; the library's
/// come last and stay. They are for contributors, so they show what is private too and may link to it.
fn documentation(workspace: &Workspace) -> Result<()> {
    let programs: &[&str] = &["--package", "flowsieve-trainer", "--package", "xtask"];
    let library: &[&str] = &["--package", "flowsieve", "--lib"];
    for packages in [programs, library] {
        process::run(
            cargo(workspace)
                .args(["doc", "--no-deps", "--document-private-items"])
                .args(packages)
                .env(
                    "RUSTDOCFLAGS",
                    "--deny warnings --allow rustdoc::private-intra-doc-links",
                ),
        )?;
    }
    Ok(())
}

fn typescript(workspace: &Workspace) -> Result<()> {
    npm::install(workspace)?;
    for project in ["tsconfig.json", "tests/page/tsconfig.json"] {
        process::run(npm::tool(workspace, "tsc").args(["--noEmit", "--project", project]))?;
    }
    Ok(())
}

fn biome(workspace: &Workspace) -> Result<()> {
    npm::install(workspace)?;
    process::run(npm::tool(workspace, "biome").args(["ci", "--error-on-warnings"]))
}

/// cargo-deny is a large program that few have; where it is missing, the check says that it was left out.
fn licences(workspace: &Workspace) -> Result<()> {
    if !process::succeeds(cargo(workspace).args(["deny", "--version"])) {
        println!("left out: cargo-deny is not installed (`cargo install cargo-deny`)");
        return Ok(());
    }
    process::run(cargo(workspace).args(["deny", "check", "licenses", "bans", "sources"]))
}
