//! Scoring alone: `tests/page/bench-scoring.mjs` times a model's forest and detector on rows in memory, in one worker, and
//! onnxruntime-web on the same forest and on scikit-learn's of 100 trees, in turn.

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
    /// How `flowsieve train` makes the model.
    options: &'static [&'static str],
}

const SUBJECTS: [Subject; 3] = [
    Subject {
        name: "rt",
        flows: super::flows::RT_IOT2022,
        label: "Attack_type",
        left_out: "no",
        options: &["--trees", "20", "--leaves", "128"],
    },
    Subject {
        name: "cic10",
        flows: "ciciot2023/ciciot2023_39f_10family_sample.csv",
        label: "label_multiclass",
        left_out: "label_binary",
        options: &["--trees", "20", "--leaves", "256"],
    },
    Subject {
        name: "cic12",
        flows: "ciciot2023/ciciot2023_39f_12class_official.csv",
        label: "label",
        left_out: "",
        options: &["--trees", "20", "--leaves", "32768", "--min-leaf", "5"],
    },
];

/// What the script prints of scikit-learn's forest.
#[derive(Deserialize)]
struct Large {
    features: usize,
    macro_f1: f64,
    nodes: u64,
}

/// What the browser prints.
#[derive(Deserialize)]
struct Measured {
    load_ms: f64,
    same_load_ms: f64,
    large_load_ms: f64,
    /// Rows to which the runtime gives another class, of the same forest.
    disagreements: u64,
    rounds: Vec<Round>,
}

/// Rows a second in one round.
#[derive(Clone, Copy, Deserialize)]
struct Round {
    forest: f64,
    detector: f64,
    same: f64,
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
        let large = fit_large(python, &data, subject, folder.path())?;
        let macro_f1 = train(workspace, &program, subject, folder.path())?;
        let mut node = Command::new("node");
        node.arg("tests/page/bench-scoring.mjs")
            .arg(&module)
            .arg(&runtime)
            .arg(arguments.rounds.to_string())
            .arg(folder.path())
            .arg(subject.name)
            .arg(large.features.to_string());
        node.current_dir(workspace.root());
        chromium::name_to(&mut node, browser.as_deref());
        let printed = process::read(&mut node)?;
        let measured: Measured = serde_json::from_str(&printed)
            .with_context(|| format!("bench-scoring.mjs printed {printed:?}"))?;
        print(subject, &measured, macro_f1, &large);
    }
    Ok(())
}

/// Splits the rows, and fits scikit-learn's forest.
fn fit_large(python: &Path, data: &Path, subject: &Subject, folder: &Path) -> Result<Large> {
    let mut command = Command::new(python);
    command
        .args(["-c", SCRIPT])
        .arg(data.join(subject.flows))
        .args([subject.label, subject.left_out])
        .arg(folder)
        .arg(subject.name);
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
        .args(subject.options)
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

fn print(subject: &Subject, measured: &Measured, macro_f1: f64, large: &Large) {
    println!("{}: {}", subject.name, subject.options.join(" "));
    for (index, round) in measured.rounds.iter().enumerate() {
        println!(
            "round {}: forest {:.0}, detector {:.0}, onnxruntime-web {:.0} and {:.0} rows/s",
            index + 1,
            round.forest,
            round.detector,
            round.same,
            round.large
        );
    }
    let middle = |speed: fn(&Round) -> f64| {
        let mut speeds: Vec<f64> = measured.rounds.iter().map(speed).collect();
        median(&mut speeds)
    };
    let (forest, detector) = (middle(|round| round.forest), middle(|round| round.detector));
    let (same, large_speed) = (middle(|round| round.same), middle(|round| round.large));
    println!(
        "flowsieve, forest           {forest:>10.0} rows/s, macro-F1 {macro_f1:.4}, loaded in {:.1} ms",
        measured.load_ms
    );
    println!("flowsieve, detector         {detector:>10.0} rows/s, 100 trees");
    println!(
        "onnxruntime-web, same       {same:>10.0} rows/s, loaded in {:.0} ms, {} answers differ",
        measured.same_load_ms, measured.disagreements
    );
    println!(
        "onnxruntime-web, 100 trees  {large_speed:>10.0} rows/s, macro-F1 {:.4}, {} nodes, loaded in {:.0} ms",
        large.macro_f1, large.nodes, measured.large_load_ms
    );
    println!("ratio on the same forest    {:>10.2}", forest / same);
    println!("ratio to 100 trees          {:>10.1}", forest / large_speed);
}
