//! `flowsieve time-fit`: what fitting a forest takes, in time and memory, for `cargo xtask bench fit`.
//!
//! The forest is scikit-learn's default: leaves of one row, the square root of the features at each split, classes as they
//! weigh. Timed is what its `fit` does: from columns in memory to a forest, cut points included.

use crate::args::TimeFitArguments;
use crate::error::TrainerError;
use crate::fitting::grow_forest;
use crate::taxonomy::TaxonomyFile;
use crate::train::read_kinds;
use flowsieve::fit::forest::join_trees;
use flowsieve::fit::options::{ClassWeight, ForestOptions};
use serde::Serialize;
use std::time::Instant;

/// What is printed, as JSON.
#[derive(Serialize)]
struct Measured {
    rows: usize,
    features: usize,
    /// Of all trees.
    nodes: usize,
    seconds: f64,
    /// Of all threads; `None` where the system does not tell.
    cpu_seconds: Option<f64>,
    /// Resident before the fit, in bytes; `None` where the system does not tell.
    memory_before: Option<u64>,
    /// The most that was resident during the fit, in bytes.
    peak_memory: Option<u64>,
}

/// Runs the command.
pub(crate) fn time_fit(args: &TimeFitArguments) -> Result<(), TrainerError> {
    let (drop, dialect) = (&args.drop, args.dialect.choice());
    let taxonomy = (&TaxonomyFile::default(), &[][..]);
    let table = read_kinds(&args.data, &args.label, drop, taxonomy, dialect)?.table;
    let n_features = table.columns.len();
    let params = ForestOptions {
        n_trees: args.trees,
        max_leaves: args.leaves,
        // The whole part of the root, as scikit-learn takes it.
        features_per_split: (n_features as f64).sqrt().floor() / n_features as f64,
        class_weight: ClassWeight::None,
        seed: args.seed,
        ..ForestOptions::default()
    }
    .check()?;

    forget_peak();
    let memory_before = status("VmRSS:");
    let (start, cpu_start) = (Instant::now(), cpu_seconds());
    let (_binned, grown) = grow_forest(&params, &table, "fitting")?;
    let (forest, _) = join_trees(&grown, table.n_classes, params.options().learner.leaves());
    let seconds = start.elapsed().as_secs_f64();
    let measured = Measured {
        rows: table.n_rows(),
        features: n_features,
        nodes: forest.trees.iter().map(|tree| tree.nodes.len()).sum(),
        seconds,
        cpu_seconds: cpu_seconds().zip(cpu_start).map(|(end, start)| end - start),
        memory_before,
        peak_memory: status("VmHWM:"),
    };
    println!("{}", serde_json::json!(measured));
    Ok(())
}

/// Begins to look for the most resident memory anew. Where a system has no such thing, the most since the start is told.
fn forget_peak() {
    let _unsupported = std::fs::write("/proc/self/clear_refs", "5");
}

/// A line of what Linux tells of this process, in bytes.
fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// The processor's time of all threads that still run, on Linux.
fn cpu_seconds() -> Option<f64> {
    let mut nanoseconds = 0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        let path = thread.ok()?.path().join("schedstat");
        let told = std::fs::read_to_string(path).ok()?;
        nanoseconds += told.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(nanoseconds as f64 / 1e9)
}
