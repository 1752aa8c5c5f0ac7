//! Running the program, and flows made up for it.

// Each test file uses its own part.
#![allow(dead_code)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// Runs `flowsieve` with these arguments.
pub(crate) fn flowsieve<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowsieve"));
    command
        .args(arguments)
        .output()
        .expect("the program starts")
}

/// Runs it and expects it to succeed; gives what it printed.
pub(crate) fn succeed<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> String {
    let output = flowsieve(arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}", output.status);
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Runs it and expects it to say what is wrong, without a panic; gives what it said.
pub(crate) fn fail<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> String {
    let output = flowsieve(arguments);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.starts_with("error: ") && !errors.contains("panicked"),
        "{errors}"
    );
    errors
}

/// The JSON that `evaluate` writes.
pub(crate) fn evaluation(model: &Path, flows: &Path, more: &[&str]) -> serde_json::Value {
    let json = model.with_extension("json");
    let mut arguments = vec!["evaluate", text(model), text(flows), "--json", text(&json)];
    arguments.extend(more);
    succeed(&arguments);
    let written = std::fs::read_to_string(&json).expect("JSON");
    serde_json::from_str(&written).expect("JSON")
}

/// A path as text.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

/// Writes flows of three classes that differ in port, duration and protocol; `benign` is one of them.
pub(crate) fn write_flows(folder: &Path, rows: u64) -> PathBuf {
    let mut flows = String::from("no,duration,proto,port,bytes,label_binary,label\n");
    let mut state = 1u64;
    let mut below = |bound: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    for row in 0..rows {
        let (label, binary) = [("benign", 0), ("flood", 1), ("scan", 1)][below(3) as usize];
        let (proto, port, bytes) = match label {
            "benign" => (
                ["tcp", "udp"][below(2) as usize],
                8000 + below(50),
                500 + below(4000),
            ),
            "flood" => ("udp", 1 + below(65_000), 40 + below(20)),
            _ => ("tcp", 1 + below(1024), below(60)),
        };
        let duration = if below(20) == 0 {
            "-".to_owned()
        } else {
            format!("{}.{:03}", below(9), below(1000))
        };
        writeln!(
            flows,
            "{row},{duration},{proto},{port},{bytes},{binary},{label}"
        )
        .expect("text");
    }
    let path = folder.join("flows.csv");
    std::fs::write(&path, flows).expect("a file");
    path
}

/// The folder of real traffic; `None`, and a word about it, where the variable is not set.
pub(crate) fn data(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("FLOWSIEVE_DATA").filter(|value| !value.is_empty());
    if folder.is_none() {
        eprintln!("SKIPPED {test}: FLOWSIEVE_DATA is not set (docs/datasets.md)");
    }
    folder.map(PathBuf::from)
}

/// A folder with flows and a model of them.
pub(crate) struct Trained {
    pub(crate) folder: TempDir,
    pub(crate) flows: PathBuf,
    pub(crate) model: PathBuf,
    pub(crate) printed: String,
}

pub(crate) fn train(more: &[&str]) -> Trained {
    let folder = TempDir::new().expect("a folder");
    let flows = write_flows(folder.path(), 900);
    let model = folder.path().join("made-up.sieve");
    let mut arguments = vec![
        "train",
        text(&flows),
        "--label",
        "LABEL",
        "--out",
        text(&model),
    ];
    arguments.extend(["--trees", "8", "--leaves", "16", "--benign", "benign"]);
    arguments.extend(more);
    let printed = succeed(&arguments);
    Trained {
        folder,
        flows,
        model,
        printed,
    }
}
