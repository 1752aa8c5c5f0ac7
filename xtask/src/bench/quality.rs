//! What forests are worth on rows that they have not seen, and what they weigh: scikit-learn's three, smartcore's and the one
//! that `flowsieve train` chooses, on the same rows and columns.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{data, models, process};

const SCRIPT: &str = include_str!("quality.py");

/// Fits and scores all of them with as many seeds as rounds were asked for; a line for each is printed.
pub(super) fn bench(workspace: &Workspace, python: Option<&Path>, seeds: usize) -> Result<()> {
    let Some(python) = python else {
        bail!("name a Python that has pandas and scikit-learn with --python");
    };
    let data = data::required_folder()?;
    let program = models::build_program(workspace)?;
    let out = tempfile::tempdir().context("cannot create a temporary folder")?;
    process::run(
        Command::new(python)
            .args(["-c", SCRIPT])
            .args([&data, out.path()])
            .arg(program)
            .arg(seeds.to_string()),
    )
}
