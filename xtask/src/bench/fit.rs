//! Fitting: 100 trees with leaves of one row by `flowsieve time-fit` and by scikit-learn, in turn, on the same rows and the
//! same features, from values in memory to a forest.
//!
//! The rows are those of two data sets that a split by a hash leaves to fit on, and a million that `flowsieve synth` makes
//! up. A tree of ours has a limit of leaves that the million reaches; scikit-learn's trees there get the same limit.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{BenchArguments, median};
use crate::workspace::Workspace;
use crate::{data, models, process};

const SCRIPT: &str = include_str!("fit_forest.py");
/// The most leaves that each of 100 trees may have in one model.
const LEAVES: u32 = 20_971;
/// Made-up rows.
const SYNTH_ROWS: u32 = 1_000_000;

/// Flows to fit on.
struct Flows {
    name: &'static str,
    /// Below the folder of data sets.
    file: &'static str,
    label: &'static str,
    /// Columns that are no features.
    drop: &'static str,
    rows: Rows,
}

#[derive(PartialEq, Eq)]
enum Rows {
    /// 70 % of the file's.
    Split,
    /// Made up like the file's.
    MadeUp,
}

const CIC12: &str = "ciciot2023/ciciot2023_39f_12class_official.csv";

const FLOWS: [Flows; 3] = [
    Flows {
        name: "RT-IoT2022",
        file: super::flows::RT_IOT2022,
        label: "Attack_type",
        drop: "no",
        rows: Rows::Split,
    },
    Flows {
        name: "CICIoT2023, 12 classes",
        file: CIC12,
        label: "label",
        drop: "",
        rows: Rows::Split,
    },
    Flows {
        name: "a million made-up rows",
        file: CIC12,
        label: "label",
        drop: "",
        rows: Rows::MadeUp,
    },
];

/// What one fit took, as both programs print it.
#[derive(Deserialize)]
struct Measured {
    rows: u64,
    features: u64,
    nodes: u64,
    seconds: f64,
    cpu_seconds: Option<f64>,
    memory_before: Option<u64>,
    peak_memory: Option<u64>,
}

/// Times both on all flows.
pub(super) fn bench(workspace: &Workspace, arguments: &BenchArguments) -> Result<()> {
    let Some(python) = &arguments.python else {
        bail!(
            "name a Python that has pandas and scikit-learn with --python: the fit is compared with theirs"
        );
    };
    let folder = data::required_folder()?;
    let program = models::build_program(workspace)?;
    let temporary = tempfile::tempdir().context("cannot create a temporary folder")?;
    for flows in &FLOWS {
        let rows = temporary.path().join("rows.csv");
        flows.write(&folder.join(flows.file), &rows, &program, python)?;
        compare(flows, &rows, &program, python, arguments)?;
    }
    Ok(())
}

impl Flows {
    /// Writes the rows to fit on.
    fn write(&self, original: &Path, rows: &Path, program: &Path, python: &Path) -> Result<()> {
        let mut command = match self.rows {
            Rows::Split => {
                let mut command = Command::new(python);
                command.args(["-c", SCRIPT, "split"]);
                command
                    .arg(original)
                    .args([self.label, self.drop])
                    .arg(rows);
                command
            }
            Rows::MadeUp => {
                let mut command = Command::new(program);
                command.arg("synth").arg(original);
                command.args(["--label", self.label, "--rows", &SYNTH_ROWS.to_string()]);
                command.arg("--out").arg(rows);
                command
            }
        };
        process::read(&mut command).map(drop)
    }

    fn ours(&self, rows: &Path, program: &Path, threads: usize) -> Result<Measured> {
        let mut command = Command::new(program);
        command.arg("time-fit").arg(rows);
        command.args(["--label", self.label, "--leaves", &LEAVES.to_string()]);
        command.args(["--threads", &threads.to_string()]);
        if !self.drop.is_empty() {
            command.args(["--drop", self.drop]);
        }
        measure(&mut command)
    }

    fn peers(&self, rows: &Path, python: &Path, threads: usize) -> Result<Measured> {
        let leaves = if self.rows == Rows::MadeUp { LEAVES } else { 0 };
        let mut command = Command::new(python);
        command.args(["-c", SCRIPT, "fit"]).arg(rows);
        command.args([self.label, self.drop]);
        command.args([threads.to_string(), leaves.to_string()]);
        measure(&mut command)
    }
}

fn measure(command: &mut Command) -> Result<Measured> {
    let printed = process::read(command)?;
    serde_json::from_str(&printed).with_context(|| format!("a fit printed {printed:?}"))
}

fn compare(
    flows: &Flows,
    rows: &Path,
    program: &Path,
    python: &Path,
    arguments: &BenchArguments,
) -> Result<()> {
    let (mut ours, mut peers): (Vec<Measured>, Vec<Measured>) = (Vec::new(), Vec::new());
    for round in 1..=arguments.rounds {
        let own = flows.ours(rows, program, arguments.workers)?;
        let peer = flows.peers(rows, python, arguments.workers)?;
        if (own.rows, own.features) != (peer.rows, peer.features) {
            bail!(
                "flowsieve fits on {} rows of {} features, scikit-learn on {} of {}",
                own.rows,
                own.features,
                peer.rows,
                peer.features
            );
        }
        if round == 1 {
            println!(
                "{}: {} rows of {} features, {} threads",
                flows.name, own.rows, own.features, arguments.workers
            );
        }
        println!(
            "round {round}: flowsieve {:.2} s, scikit-learn {:.2} s",
            own.seconds, peer.seconds
        );
        ours.push(own);
        peers.push(peer);
    }
    let line = |what: &str, measured: &[Measured]| {
        let nodes = measured[0].nodes;
        let seconds = middle(measured, |fit| Some(fit.seconds)).unwrap_or_default();
        let cpu = middle(measured, |fit| fit.cpu_seconds);
        let before = middle(measured, |fit| fit.memory_before.map(|bytes| bytes as f64));
        let peak = middle(measured, |fit| fit.peak_memory.map(|bytes| bytes as f64));
        let megabytes = |bytes: Option<f64>| {
            bytes.map_or_else(|| "?".to_owned(), |bytes| format!("{:.0}", bytes / 1e6))
        };
        println!(
            "{what:<14} {seconds:>8.2} s  {:>8} s of processors  {nodes:>9} nodes  {:>6} MB at most, {} MB before",
            cpu.map_or_else(|| "?".to_owned(), |cpu| format!("{cpu:.2}")),
            megabytes(peak),
            megabytes(before)
        );
        [Some(seconds), cpu, peak]
    };
    let (ours, peers) = (line("flowsieve", &ours), line("scikit-learn", &peers));
    let names = ["time", "processors' time", "memory"];
    for ((name, ours), peers) in names.into_iter().zip(ours).zip(peers) {
        if let (Some(ours), Some(peers)) = (ours, peers) {
            println!("ratio of {name:<17} {:>6.2}", peers / ours);
        }
    }
    println!();
    Ok(())
}

/// The median of what all rounds tell.
fn middle(measured: &[Measured], what: impl Fn(&Measured) -> Option<f64>) -> Option<f64> {
    let mut told: Vec<f64> = measured.iter().map(what).collect::<Option<_>>()?;
    Some(median(&mut told))
}
