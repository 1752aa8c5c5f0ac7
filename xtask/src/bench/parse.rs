//! Parsing alone: `tests/page/bench-parse.mjs` times Flowsieve's reader, csv-core with fast-float2, and `PapaParse`, in one worker.

use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::{BenchArguments, flows, median};
use crate::build::wasm;
use crate::workspace::Workspace;
use crate::{chromium, data, npm, process};

/// The seconds of one round.
#[derive(Deserialize)]
struct Round {
    flowsieve: f64,
    csv_core: f64,
    papaparse: f64,
}

/// Times all three on the RT-IoT2022 file as it is: `PapaParse` needs the whole of it as one string.
pub(super) fn bench(workspace: &Workspace, arguments: &BenchArguments) -> Result<()> {
    let flows = data::required_folder()?.join(flows::RT_IOT2022);
    let bytes = std::fs::metadata(&flows)
        .with_context(|| format!("cannot read {} (docs/datasets.md)", flows.display()))?
        .len();
    npm::install(workspace)?;
    let module = wasm::build_parse_bench(workspace)?;
    let browser = chromium::find_or_install(workspace)?;
    let mut node = Command::new("node");
    node.arg("tests/page/bench-parse.mjs")
        .arg(&flows)
        .arg(&module)
        .arg(arguments.rounds.to_string());
    node.current_dir(workspace.root());
    chromium::name_to(&mut node, browser.as_deref());
    let printed = process::read(&mut node)?;
    let rounds: Vec<Round> = serde_json::from_str(&printed)
        .with_context(|| format!("bench-parse.mjs printed {printed:?}"))?;

    let megabytes = bytes as f64 / 1e6;
    println!("{megabytes:.0} MB of RT-IoT2022, one worker");
    let speeds = |name: &str, seconds: fn(&Round) -> f64| {
        let mut speeds: Vec<f64> = rounds
            .iter()
            .map(|round| megabytes / seconds(round))
            .collect();
        let speed = median(&mut speeds);
        println!("{name:<24} {speed:>6.0} MB/s");
        speed
    };
    let ours = speeds("flowsieve", |round| round.flowsieve);
    let csv_core = speeds("csv-core + fast-float2", |round| round.csv_core);
    let papaparse = speeds("PapaParse, dynamicTyping", |round| round.papaparse);
    println!("ratio to csv-core        {:>6.2}", ours / csv_core);
    println!("ratio to PapaParse       {:>6.1}", ours / papaparse);
    Ok(())
}
