//! The core as WebAssembly modules with their JavaScript bindings, in `www/generated/`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

use super::wasm_sections;
use crate::workspace::Workspace;
use crate::{files, process};

/// The target triple of the page's modules.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// A WebAssembly module that the core becomes.
pub(crate) struct Module {
    /// The features of the package that it is compiled with.
    pub(crate) features: &'static [&'static str],
    /// What its bindings are called in `www/generated/`.
    name: &'static str,
    /// What it is called in dist/.
    pub(crate) file: &'static str,
}

/// The one that an analysis takes, and those that are loaded when a detector is to be fitted or an answer explained.
pub(crate) const MODULES: [Module; 3] = [
    Module {
        features: &[],
        name: "flowsieve_core",
        file: "flowsieve.wasm",
    },
    Module {
        features: &["fit"],
        name: "flowsieve_fit",
        file: "flowsieve-fit.wasm",
    },
    Module {
        features: &["explain"],
        name: "flowsieve_explain",
        file: "flowsieve-explain.wasm",
    },
];

impl Module {
    /// The module beside its bindings.
    pub(super) fn binary(&self, workspace: &Workspace) -> PathBuf {
        generated(workspace).join(format!("{}_bg.wasm", self.name))
    }
}

/// Where the bindings go; the page's sources import them from there.
fn generated(workspace: &Workspace) -> PathBuf {
    workspace.www().join("generated")
}

/// Compiles the core's modules and writes their bindings.
pub(super) fn build(workspace: &Workspace) -> Result<()> {
    ensure_target()?;
    for module in &MODULES {
        process::run(
            process::cargo()
                .args([
                    "rustc",
                    "--package",
                    "flowsieve",
                    "--lib",
                    "--crate-type",
                    "cdylib",
                ])
                .args(["--target", TARGET, "--profile", "wasm"])
                .args(["--features", &module.features.join(",")])
                .env("CARGO_ENCODED_RUSTFLAGS", rustflags(workspace))
                .current_dir(workspace.root()),
        )?;
        // All are compiled to this file, one after the other.
        let compiled = workspace.target().join(TARGET).join("wasm/flowsieve.wasm");
        bind(module, &compiled, workspace)?;
    }
    Ok(())
}

/// Compiles the benchmark of parsing; where it is.
pub(crate) fn build_parse_bench(workspace: &Workspace) -> Result<PathBuf> {
    build_bench(workspace, "flowsieve-parse-bench")
}

/// Compiles the benchmark of scoring; where it is.
pub(crate) fn build_scoring_bench(workspace: &Workspace) -> Result<PathBuf> {
    build_bench(workspace, "flowsieve-scoring-bench")
}

/// Compiles a benchmark with the flags of the page's modules.
fn build_bench(workspace: &Workspace, package: &str) -> Result<PathBuf> {
    ensure_target()?;
    process::run(
        process::cargo()
            .args(["build", "--package", package])
            .args(["--target", TARGET, "--profile", "wasm"])
            .env("CARGO_ENCODED_RUSTFLAGS", rustflags(workspace))
            .current_dir(workspace.root()),
    )?;
    let compiled = workspace.target().join(TARGET).join("wasm");
    Ok(compiled
        .join(package.replace('-', "_"))
        .with_extension("wasm"))
}

/// Installs the standard library for [`TARGET`] where rustup can and it is missing.
pub(crate) fn ensure_target() -> Result<()> {
    let sysroot = process::read(Command::new("rustc").args(["--print", "sysroot"]))?;
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET);
    if libraries.is_dir() {
        return Ok(());
    }
    process::run(Command::new("rustup").args(["target", "add", TARGET])).with_context(|| {
        format!(
            "Rust's standard library for {TARGET} is missing from {} and rustup could not add it",
            sysroot.trim()
        )
    })
}

/// The compiler's flags for the module, separated as `CARGO_ENCODED_RUSTFLAGS` wants them. Paths of the machine are cut
/// from the panic messages, so that the same sources give the same module everywhere.
pub(crate) fn rustflags(workspace: &Workspace) -> OsString {
    // The inlining of a fast native build makes the module 12 KB larger gzipped, and 2 % faster at most: what has to be
    // inlined says so itself.
    let mut flags = OsString::from("-Ctarget-feature=+simd128\x1f-Cllvm-args=-inline-threshold=25");
    let mut shorten = |folder: &Path, name: &str| {
        flags.push("\x1f--remap-path-prefix=");
        flags.push(folder);
        flags.push("=");
        flags.push(name);
    };
    shorten(workspace.root(), "flowsieve");
    if let Some(home) = cargo_home() {
        shorten(&home.join("registry/src"), "crates");
    }
    flags
}

fn cargo_home() -> Option<PathBuf> {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}

/// Writes the bindings, then takes out of the module what a browser does not need. The order matters: wasm-bindgen reads
/// the target features and its own descriptions from the sections that go.
fn bind(module: &Module, compiled: &Path, workspace: &Workspace) -> Result<()> {
    Bindgen::new()
        .input_path(compiled)
        .out_name(module.name)
        .web(true)?
        .typescript(true)
        .omit_default_module_path(true)
        .generate(generated(workspace))
        .with_context(|| format!("wasm-bindgen failed on {}", compiled.display()))?;
    let binary = module.binary(workspace);
    let stripped = wasm_sections::without_custom_sections(&files::read_bytes(&binary)?)
        .with_context(|| format!("{} is malformed", binary.display()))?;
    if stripped.is_empty() {
        bail!("{} holds nothing", binary.display());
    }
    files::write(&binary, &stripped)
}
