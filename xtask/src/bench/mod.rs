//! `cargo xtask bench`: how fast the page goes through a large file, beside what people use today.
//!
//! Each round times the page in a headless Chromium and then, where a Python is named, pandas with a scikit-learn
//! forest, so that both meet the same machine in the same state. The figures are medians over the rounds.

mod flows;
mod page;
mod pandas;

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{build, chromium, data};

/// The most wasm memory that a worker may take, in bytes.
const WORKER_MEMORY_LIMIT: u64 = 64 << 20;

#[derive(clap::Args)]
pub(crate) struct BenchArguments {
    /// A Python with pandas and scikit-learn to compare with
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// The size of the file to analyse, in megabytes of 1,000,000 bytes
    #[arg(long, default_value_t = 450)]
    megabytes: u64,
    /// Workers of the page, and threads of scikit-learn
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// How often each is timed
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// Times the page and its peers on RT-IoT2022, repeated to the size asked for.
pub(crate) fn bench(workspace: &Workspace, arguments: &BenchArguments) -> Result<()> {
    if arguments.rounds == 0 {
        bail!("--rounds must be at least 1");
    }
    let original = data::required_folder()?.join(flows::RT_IOT2022);
    build::build(workspace)?;
    let browser = chromium::find_or_install(workspace)?;
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let large = folder.path().join("flows.csv");
    let bytes = flows::repeat(&original, arguments.megabytes * 1_000_000, &large)?;
    println!(
        "{:.0} MB of RT-IoT2022, {} workers",
        bytes as f64 / 1e6,
        arguments.workers
    );

    let mut page_speeds = Vec::new();
    let mut peer_speeds = Vec::new();
    let mut memory = 0;
    for round in 1..=arguments.rounds {
        let measured = page::time(workspace, browser.as_deref(), &large, arguments.workers)?;
        let speed = megabytes_per_second(bytes, measured.seconds);
        println!(
            "round {round}: page {speed:.0} MB/s, {} rows",
            measured.rows
        );
        page_speeds.push(speed);
        memory = measured
            .worker_memory
            .iter()
            .copied()
            .fold(memory, u64::max);
        if let Some(python) = &arguments.python {
            let measured = pandas::time(python, &original, &large, arguments.workers)?;
            let speed = megabytes_per_second(bytes, measured.seconds);
            println!(
                "round {round}: pandas + scikit-learn {speed:.0} MB/s, {} rows",
                measured.rows
            );
            peer_speeds.push(speed);
        }
    }

    let page = median(&mut page_speeds);
    println!("page                   {page:>8.0} MB/s");
    if arguments.python.is_some() {
        let peer = median(&mut peer_speeds);
        println!("pandas + scikit-learn  {peer:>8.0} MB/s");
        println!("ratio                  {:>8.2}", page / peer);
    } else {
        println!("pandas + scikit-learn  left out: name a Python that has them with --python");
    }
    println!(
        "largest wasm memory    {:>8.1} MiB",
        memory as f64 / f64::from(1 << 20)
    );
    if memory > WORKER_MEMORY_LIMIT {
        bail!(
            "a worker took more than {} MiB of wasm memory",
            WORKER_MEMORY_LIMIT >> 20
        );
    }
    Ok(())
}

fn megabytes_per_second(bytes: u64, seconds: f64) -> f64 {
    bytes as f64 / 1e6 / seconds
}

/// The middle value; the mean of the two middle ones where their number is even.
fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) {
        f64::midpoint(values[middle - 1], values[middle])
    } else {
        values[middle]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_does_not_depend_on_the_order() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), 2.5);
        assert_eq!(median(&mut [7.0]), 7.0);
    }
}
