//! The page's side: `tests/page/bench.mjs` hands the file to the library in a headless Chromium.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace::Workspace;
use crate::{chromium, process};

/// What the script prints.
#[derive(Deserialize)]
pub(super) struct Measured {
    /// From handing over the file to the complete result.
    pub(super) seconds: f64,
    /// Rows in the result.
    pub(super) rows: u64,
    /// The largest wasm memory of each worker, in bytes.
    pub(super) worker_memory: Vec<u64>,
}

/// Analyses `flows` once in a new browser.
pub(super) fn time(
    workspace: &Workspace,
    browser: Option<&Path>,
    flows: &Path,
    workers: usize,
) -> Result<Measured> {
    let mut node = Command::new("node");
    node.arg("tests/page/bench.mjs")
        .arg(flows)
        .arg(workers.to_string());
    node.current_dir(workspace.root());
    chromium::name_to(&mut node, browser);
    let printed = process::read(&mut node)?;
    serde_json::from_str(&printed).with_context(|| format!("bench.mjs printed {printed:?}"))
}
