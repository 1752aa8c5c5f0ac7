//! The peer: pandas reads the file, scikit-learn's forest of 100 trees classifies it; with a file to write, an isolation
//! forest scores it too and pandas writes rows and answers.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process;

const SCRIPT: &str = include_str!("pandas_forest.py");

/// What the script prints.
#[derive(Deserialize)]
pub(super) struct Measured {
    /// From the file's name to the answers, with the forest already fitted.
    pub(super) seconds: f64,
    /// Rows classified.
    pub(super) rows: u64,
}

/// Fits on `original`, untimed, then times reading and classifying `flows`, and writing `out` where that is asked for.
pub(super) fn time(
    python: &Path,
    original: &Path,
    flows: &Path,
    out: Option<&Path>,
    threads: usize,
) -> Result<Measured> {
    let mut command = Command::new(python);
    command
        .args(["-c", SCRIPT])
        .arg(original)
        .arg(flows)
        .arg(threads.to_string())
        .args(out);
    let printed = process::read(&mut command).with_context(|| {
        format!(
            "{} needs pandas and scikit-learn (`pip install pandas scikit-learn`)",
            python.display()
        )
    })?;
    serde_json::from_str(&printed).with_context(|| format!("the script printed {printed:?}"))
}
