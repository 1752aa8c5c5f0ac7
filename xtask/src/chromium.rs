//! The browser that page tests and benchmarks run in.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::Workspace;
use crate::{npm, process};

/// The variable that names a browser to use, here and in the page tests.
pub(crate) const VARIABLE: &str = "CHROMIUM";

/// What the systems call it.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Debian's packages: the browser, and a font, without which it measures text as nothing.
const DEBIAN_PACKAGES: [&str; 2] = ["chromium", "fonts-liberation"];

/// A Chromium: the one that CHROMIUM names, else the system's, else Debian's package where this may install one.
/// `None` means that Playwright has a browser of its own, which is the last resort.
pub(crate) fn find_or_install(workspace: &Workspace) -> Result<Option<PathBuf>> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        let path = PathBuf::from(named);
        if !path.is_file() {
            bail!("{VARIABLE} names {}, which is not a file", path.display());
        }
        return Ok(Some(path));
    }
    if let Some(path) = on_path() {
        return Ok(Some(path));
    }
    if may_install_packages() {
        process::run(Command::new("apt-get").arg("update"))?;
        process::run(
            Command::new("apt-get")
                .args(["install", "--yes", "--no-install-recommends"])
                .args(DEBIAN_PACKAGES)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )?;
        if let Some(path) = on_path() {
            return Ok(Some(path));
        }
    }
    npm::install(workspace)?;
    if process::run(npm::tool(workspace, "playwright").args(["install", "chromium"])).is_err() {
        bail!("no Chromium was found or could be installed: install one, or name it in {VARIABLE}");
    }
    Ok(None)
}

/// Names the browser to a program that reads the variable.
pub(crate) fn name_to(command: &mut Command, browser: Option<&Path>) {
    match browser {
        Some(path) => command.env(VARIABLE, path),
        None => command.env_remove(VARIABLE),
    };
}

fn on_path() -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    NAMES
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
}

/// Whether this is root on a Debian or a relative of it. Ubuntu's chromium package only points to a snap, which
/// Playwright cannot start, so it does not count.
fn may_install_packages() -> bool {
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let debian = system.lines().any(|line| line == "ID=debian");
    debian && process::read(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0")
}
