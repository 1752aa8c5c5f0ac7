//! `cargo xtask bench`: how fast a large file is gone through, beside what people use today.
//!
//! Each round times the page in a headless Chromium, or `flowsieve score`, and then, where a Python is named, pandas with
//! scikit-learn, so that both meet the same machine in the same state. The figures are medians over the rounds. Parsing alone
//! is timed beside other parsers, scoring alone beside another runtime, and fitting beside scikit-learn's.

mod fit;
mod flows;
mod page;
mod pandas;
mod parse;
mod quality;
mod score;
mod scoring;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{build, chromium, data, models};

/// The most wasm memory that a worker may take, in bytes.
const WORKER_MEMORY_LIMIT: u64 = 64 << 20;

/// The most memory that `flowsieve score` may take, in bytes.
const SCORE_MEMORY_LIMIT: u64 = 300_000_000;

#[derive(clap::Args)]
pub(crate) struct BenchArguments {
    /// What is timed
    #[arg(value_enum, default_value_t = Subject::Page)]
    subject: Subject,
    /// A Python with pandas and scikit-learn to compare with; for scoring with skl2onnx too
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// For scoring: the folder `node_modules` that has onnxruntime-web, to compare with
    #[arg(long, value_name = "FOLDER")]
    onnxruntime: Option<PathBuf>,
    /// The size of the file to analyse, in megabytes of 1,000,000 bytes
    #[arg(long, default_value_t = 450)]
    megabytes: u64,
    /// Workers of the page or threads of the program, and threads of scikit-learn
    #[arg(long, default_value_t = 2)]
    workers: usize,
    /// How often each is timed
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

/// What goes through the file.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Subject {
    /// The page in a headless Chromium; its peer reads and classifies
    Page,
    /// `flowsieve score`; its peer reads, classifies, scores and writes
    Score,
    /// `flowsieve score --results-only`; its peer reads and classifies, and writes nothing
    Answers,
    /// Parsing alone in a worker, beside other parsers
    Parse,
    /// What forests are worth on rows not seen, one seed a round, beside those of scikit-learn and smartcore
    Quality,
    /// Fitting a random forest, beside scikit-learn's
    Fit,
    /// Scoring alone in a worker, beside onnxruntime-web
    Scoring,
}

/// The same, built.
enum Ready {
    /// With the browser to use; `None` for Playwright's own.
    Page(Option<PathBuf>),
    /// With the program's path.
    Score(PathBuf),
}

/// The files of a benchmark.
struct Files {
    original: PathBuf,
    large: PathBuf,
    bytes: u64,
    out: PathBuf,
}

/// Times the subject and its peer on RT-IoT2022, repeated to the size asked for.
pub(crate) fn bench(workspace: &Workspace, arguments: &BenchArguments) -> Result<()> {
    if arguments.rounds == 0 {
        bail!("--rounds must be at least 1");
    }
    if arguments.subject == Subject::Parse {
        return parse::bench(workspace, arguments);
    }
    match arguments.subject {
        Subject::Quality => {
            return quality::bench(workspace, arguments.python.as_deref(), arguments.rounds);
        }
        Subject::Fit => return fit::bench(workspace, arguments),
        Subject::Scoring => return scoring::bench(workspace, arguments),
        _ => {}
    }
    let original = data::required_folder()?.join(flows::RT_IOT2022);
    let ready = match arguments.subject {
        Subject::Page => {
            build::build(workspace)?;
            Ready::Page(chromium::find_or_install(workspace)?)
        }
        _ => Ready::Score(models::build_program(workspace)?),
    };
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let large = folder.path().join("flows.csv");
    let bytes = flows::repeat(&original, arguments.megabytes * 1_000_000, &large)?;
    let files = Files {
        original,
        large,
        bytes,
        out: folder.path().join("out.csv"),
    };
    let (name, limit) = match arguments.subject {
        Subject::Page => ("page", WORKER_MEMORY_LIMIT),
        _ => ("flowsieve score", SCORE_MEMORY_LIMIT),
    };
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{megabytes:.0} MB of RT-IoT2022, {} workers",
        arguments.workers
    );

    let (mut speeds, mut peer_speeds, mut memory) = (Vec::new(), Vec::new(), None);
    for round in 1..=arguments.rounds {
        let timed = match &ready {
            Ready::Page(browser) => {
                time_page(workspace, browser.as_deref(), &files, arguments.workers)?
            }
            Ready::Score(program) => {
                let results_only = arguments.subject == Subject::Answers;
                time_score(workspace, program, &files, arguments.workers, results_only)?
            }
        };
        let speed = megabytes / timed.seconds;
        println!("round {round}: {name} {speed:.0} MB/s");
        speeds.push(speed);
        memory = memory.max(timed.memory);
        if let Some(python) = &arguments.python {
            let out = (arguments.subject == Subject::Score).then_some(files.out.as_path());
            let (original, large) = (&files.original, &files.large);
            let measured = pandas::time(python, original, large, out, arguments.workers)?;
            let speed = megabytes / measured.seconds;
            println!(
                "round {round}: pandas + scikit-learn {speed:.0} MB/s, {} rows",
                measured.rows
            );
            if timed.rows.is_some_and(|rows| rows != measured.rows) {
                bail!("{name} did not find as many rows as pandas");
            }
            peer_speeds.push(speed);
        }
    }

    let speed = median(&mut speeds);
    println!("{name:<22} {speed:>8.0} MB/s");
    if arguments.python.is_some() {
        let peer = median(&mut peer_speeds);
        println!("pandas + scikit-learn  {peer:>8.0} MB/s");
        println!("ratio                  {:>8.2}", speed / peer);
    } else {
        println!("pandas + scikit-learn  left out: name a Python that has them with --python");
    }
    match memory {
        Some(bytes) => println!("largest memory         {:>8.1} MB", bytes as f64 / 1e6),
        None => println!("largest memory         not told by this system"),
    }
    if memory.is_some_and(|bytes| bytes > limit) {
        bail!("that is more than the {} MB it may take", limit / 1_000_000);
    }
    Ok(())
}

/// One run of the subject.
struct Timed {
    seconds: f64,
    /// The most memory that it took, in bytes: of the page, the wasm memory of one worker.
    memory: Option<u64>,
    /// Rows that it found, where it says so.
    rows: Option<u64>,
}

fn time_page(
    workspace: &Workspace,
    browser: Option<&Path>,
    files: &Files,
    workers: usize,
) -> Result<Timed> {
    let measured = page::time(workspace, browser, &files.large, workers)?;
    Ok(Timed {
        seconds: measured.seconds,
        memory: measured.worker_memory.into_iter().max(),
        rows: Some(measured.rows),
    })
}

fn time_score(
    workspace: &Workspace,
    program: &Path,
    files: &Files,
    threads: usize,
    results_only: bool,
) -> Result<Timed> {
    // Emptying a large file takes time that is not the program's.
    if files.out.exists() {
        std::fs::remove_file(&files.out)?;
    }
    let (flows, out) = (&files.large, &files.out);
    let measured = score::time(workspace, program, flows, out, threads, results_only)?;
    let written = std::fs::metadata(&files.out)?.len();
    if written <= files.bytes && !results_only {
        bail!("flowsieve score wrote {written} bytes, fewer than it read");
    }
    Ok(Timed {
        seconds: measured.seconds,
        memory: measured.peak_memory,
        rows: None,
    })
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
