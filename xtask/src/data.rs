//! The folder of public data sets that `FLOWSIEVE_DATA` names. docs/datasets.md tells how to lay it out.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

/// The variable that names the folder.
pub(crate) const VARIABLE: &str = "FLOWSIEVE_DATA";

/// The folder as an absolute path, or `None` where the variable is not set. A variable that names no folder is an error:
/// whoever set it expects the data to be used.
pub(crate) fn folder() -> Result<Option<PathBuf>> {
    let Some(value) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) else {
        return Ok(None);
    };
    let path = PathBuf::from(value);
    let absolute = path
        .canonicalize()
        .with_context(|| format!("{VARIABLE} names {}, which cannot be read", path.display()))?;
    if !absolute.is_dir() {
        bail!("{VARIABLE} names {}, which is not a folder", path.display());
    }
    Ok(Some(absolute))
}

/// The folder, for commands that cannot do without it.
pub(crate) fn required_folder() -> Result<PathBuf> {
    folder()?.with_context(|| {
        format!("set {VARIABLE} to the folder of data sets; docs/datasets.md tells how to make one")
    })
}

/// Names the folder to a program that reads the variable.
pub(crate) fn name_to(command: &mut Command, folder: Option<&Path>) {
    match folder {
        Some(path) => command.env(VARIABLE, path),
        None => command.env_remove(VARIABLE),
    };
}
