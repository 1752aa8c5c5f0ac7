//! The page's packages: installed from package-lock.json, never committed.

use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// The oldest Node.js that the page's tools run on.
const OLDEST_NODE: u32 = 20;

/// Installs the packages unless what is installed is as new as the lock file.
pub(crate) fn install(workspace: &Workspace) -> Result<()> {
    if installed_since_lock_changed(workspace)? {
        return Ok(());
    }
    require_node()?;
    process::run(npm().arg("ci").current_dir(workspace.root()))
}

/// A program of an installed package, to be run from the root of the checkout.
pub(crate) fn tool(workspace: &Workspace, name: &str) -> Command {
    let file = if cfg!(windows) {
        format!("{name}.cmd")
    } else {
        name.to_owned()
    };
    let mut command = Command::new(workspace.root().join("node_modules/.bin").join(file));
    command.current_dir(workspace.root());
    command
}

fn npm() -> Command {
    Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn require_node() -> Result<()> {
    let version = process::read(Command::new("node").arg("--version"))
        .with_context(|| format!("install Node.js {OLDEST_NODE} or newer, with npm"))?;
    let major = version
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .unwrap_or_default();
    if major.parse::<u32>().is_ok_and(|major| major < OLDEST_NODE) {
        bail!(
            "Node.js {OLDEST_NODE} or newer is needed, this is {}",
            version.trim()
        );
    }
    Ok(())
}

/// npm writes `node_modules/.package-lock.json` last, so its time tells when an installation was completed.
fn installed_since_lock_changed(workspace: &Workspace) -> Result<bool> {
    let lock = modified(&workspace.root().join("package-lock.json"))?
        .context("package-lock.json is missing from the checkout")?;
    let installed = modified(&workspace.root().join("node_modules/.package-lock.json"))?;
    Ok(installed.is_some_and(|installed| installed >= lock))
}

fn modified(path: &Path) -> Result<Option<SystemTime>> {
    match std::fs::metadata(path) {
        Ok(metadata) => Ok(Some(metadata.modified()?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}
