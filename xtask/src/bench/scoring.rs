//! Scoring alone: `tests/page/bench-scoring.mjs` times a model's forest and detector on rows in memory, in one worker, and
//! onnxruntime-web on the same forest, on scikit-learn's of the same size and on its of 100 trees, in turn.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{BenchArguments, median};
use crate::build::wasm;
use crate::workspace::Workspace;
use crate::{chromium, data, models, npm, process};

const SCRIPT: &str = include_str!("scoring_forest.py");

/// A data set, and the forest that is as good on it as scikit-learn's of 100 trees.
struct Subject {
    name: &'static str,
    /// The file below the folder of data sets.
    flows: &'static str,
    label: &'static str,
    /// Columns that are no features, or nothing.
    left_out: &'static str,
    trees: u32,
    /// Leaves of each tree.
    leaves: u32,
    rows_per_leaf: u32,
}

const SUBJECTS: [Subject; 3] = [
    Subject {
        name: "rt",
        flows: super::flows::RT_IOT2022,
        label: "Attack_type",
        left_out: "no",
        trees: 20,
        leaves: 128,
        rows_per_leaf: 1,
    },
    Subject {
        name: "cic10",
        flows: "ciciot2023/ciciot2023_39f_10family_sample.csv",
        label: "label_multiclass",
        left_out: "label_binary",
        trees: 20,
        leaves: 256,
        rows_per_leaf: 1,
    },
    Subject {
        name: "cic12",
        flows: "ciciot2023/ciciot2023_39f_12class_official.csv",
        label: "label",
        left_out: "",
        trees: 30,
        leaves: 1024,
        rows_per_leaf: 5,
    },
];

/// What the script prints of scikit-learn's forests.
#[derive(Deserialize)]
struct Fitted {
    features: usize,
    small: FittedForest,
    large: FittedForest,
}

#[derive(Deserialize)]
struct FittedForest {
    macro_f1: f64,
    nodes: u64,
}

/// What the browser prints.
#[derive(Deserialize)]
struct Measured {
    load_ms: f64,
    onnx_load_ms: OfRuntime,
    /// Rows to which the runtime gives another class, of the same forest.
    disagreements: u64,
    rounds: Vec<Round>,
}

/// Rows a second in one round.
#[derive(Clone, Copy, Deserialize)]
struct Round {
    forest: f64,
    detector: f64,
    #[serde(flatten)]
    runtime: OfRuntime,
}

/// A figure of the runtime for each forest.
#[derive(Clone, Copy, Deserialize)]
struct OfRuntime {
    same: f64,
    small: f64,
    large: f64,
}

/// The part of `flowsieve evaluate --json` that is needed.
#[derive(Deserialize)]
struct Evaluated {
    macro_f1: f64,
}

/// Times all data sets. Rows to fit on and rows to score are told apart by a hash.
pub(super) fn bench(workspace: &Workspace, arguments: &BenchArguments) -> Result<()> {
    let (Some(python), Some(packages)) = (&arguments.python, &arguments.onnxruntime) else {
        bail!(
            "what to compare with is missing: --python PATH with pandas, scikit-learn and skl2onnx, and \
             --onnxruntime FOLDER, the node_modules folder that has onnxruntime-web"
        );
    };
    let runtime = packages.join("onnxruntime-web/dist");
    let data = data::required_folder()?;
    npm::install(workspace)?;
    let module = wasm::build_scoring_bench(workspace)?;
    let program = models::build_program(workspace)?;
    let browser = chromium::find_or_install(workspace)?;
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    for subject in &SUBJECTS {
        let fitted = fit_peers(python, &data, subject, folder.path())?;
        let macro_f1 = train(workspace, &program, subject, folder.path())?;
        let mut node = Command::new("node");
        node.arg("tests/page/bench-scoring.mjs")
            .arg(&module)
            .arg(&runtime)
            .arg(arguments.rounds.to_string())
            .arg(folder.path())
            .arg(subject.name)
            .arg(fitted.features.to_string());
        node.current_dir(workspace.root());
        chromium::name_to(&mut node, browser.as_deref());
        let printed = process::read(&mut node)?;
        let measured: Measured = serde_json::from_str(&printed)
            .with_context(|| format!("bench-scoring.mjs printed {printed:?}"))?;
        print(subject, &measured, macro_f1, &fitted);
    }
    Ok(())
}

/// Splits the rows, and fits scikit-learn's forests.
fn fit_peers(python: &Path, data: &Path, subject: &Subject, folder: &Path) -> Result<Fitted> {
    let mut command = Command::new(python);
    command
        .args(["-c", SCRIPT])
        .arg(data.join(subject.flows))
        .args([subject.label, subject.left_out])
        .arg(folder)
        .arg(subject.name)
        .args([subject.trees, subject.leaves, subject.rows_per_leaf].map(|n| n.to_string()));
    let printed = process::read(&mut command).with_context(|| {
        format!(
            "{} needs pandas, scikit-learn and skl2onnx (`pip install pandas scikit-learn skl2onnx`)",
            python.display()
        )
    })?;
    serde_json::from_str(&printed).with_context(|| format!("the script printed {printed:?}"))
}

/// Makes the model; its macro-F1 on the rows to score.
fn train(workspace: &Workspace, program: &Path, subject: &Subject, folder: &Path) -> Result<f64> {
    let file = |ending: &str| folder.join(format!("{}.{ending}", subject.name));
    let mut command = Command::new(program);
    command
        .arg("train")
        .arg(file("train.csv"))
        .args(["--label", subject.label]);
    if !subject.left_out.is_empty() {
        command.args(["--drop", subject.left_out]);
    }
    command
        .args(["--trees", &subject.trees.to_string()])
        .args(["--leaves", &subject.leaves.to_string()])
        .args(["--min-leaf", &subject.rows_per_leaf.to_string()])
        .args(["--isolation-trees", "100"])
        .arg("--out")
        .arg(file("sieve"))
        .current_dir(workspace.root());
    process::read(&mut command)?;
    let mut command = Command::new(program);
    command
        .arg("evaluate")
        .arg(file("sieve"))
        .arg(file("test.csv"))
        .args(["--label", subject.label])
        .arg("--json")
        .arg(file("json"));
    process::read(&mut command)?;
    let evaluated: Evaluated = serde_json::from_slice(&std::fs::read(file("json"))?)
        .context("`flowsieve evaluate --json` does not say macro_f1")?;
    Ok(evaluated.macro_f1)
}

fn print(subject: &Subject, measured: &Measured, macro_f1: f64, fitted: &Fitted) {
    println!(
        "{}: {} trees, at most {} leaves, of at least {} rows",
        subject.name, subject.trees, subject.leaves, subject.rows_per_leaf
    );
    for (index, round) in measured.rounds.iter().enumerate() {
        let OfRuntime { same, small, large } = round.runtime;
        println!(
            "round {}: forest {:.0}, detector {:.0}, onnxruntime-web {same:.0}, {small:.0} and {large:.0} rows/s",
            index + 1,
            round.forest,
            round.detector,
        );
    }
    let middle = |speed: fn(&Round) -> f64| {
        let mut speeds: Vec<f64> = measured.rounds.iter().map(speed).collect();
        median(&mut speeds)
    };
    let forest = middle(|round| round.forest);
    println!(
        "flowsieve, forest          {forest:>10.0} rows/s, macro-F1 {macro_f1:.4}, loaded in {:.1} ms",
        measured.load_ms
    );
    println!(
        "flowsieve, detector        {:>10.0} rows/s, 100 trees",
        middle(|round| round.detector)
    );
    println!(
        "onnxruntime-web, {} answers on the same trees differ, on",
        measured.disagreements
    );
    let on = |name: &str, speed: f64, load_ms: f64, peer: Option<&FittedForest>| {
        let peer = peer.map_or_else(String::new, |peer| {
            format!(", macro-F1 {:.4}, {} nodes", peer.macro_f1, peer.nodes)
        });
        println!(
            "  {name:<25}{speed:>10.0} rows/s, {:.1} times{peer}, loaded in {load_ms:.0} ms",
            forest / speed
        );
    };
    let load = measured.onnx_load_ms;
    on(
        "the same trees",
        middle(|round| round.runtime.same),
        load.same,
        None,
    );
    let small = middle(|round| round.runtime.small);
    on(
        "scikit-learn's, same size",
        small,
        load.small,
        Some(&fitted.small),
    );
    let large = middle(|round| round.runtime.large);
    on(
        "scikit-learn's, 100 trees",
        large,
        load.large,
        Some(&fitted.large),
    );
}
