//! `flowsieve`: trains models on labelled flows, evaluates them, and says what is in them.
//!
//! ```text
//! args        what may be asked
//! choice      what may be asked about rows and columns, without contradictions
//! reading     what the user says about a file that is else guessed
//! source      a file of flows, read record by record
//! join        files of several forms as one table
//! profile     the first pass: what each column is like
//! columns     which columns are features, and why the others are not
//! taxonomy    labels to kinds, families, attack or benign
//! dataset     the second pass: rows ready to fit on
//! split       rows to fit on and rows to score
//! select      which columns are the best ones
//! balance     classes of unequal size, brought to one
//! fitting     a model from rows, on all threads
//! unlabelled  a detector fitted on the files that it scores
//! out_of_bag  what a model is worth on the rows that it was fitted on
//! scoring     what a model is worth on rows
//! evaluations the same in several ways: at random, by day, without some columns
//! permutation what each column is worth to it
//! baseline    what another library's forest is worth on the same rows
//! train, evaluate, inspect, info, score, explain, sweep, synth      the commands, made of these
//! time_fit    what fitting takes, for benchmarks
//! report      tables for people
//! ```
//!
//! All that a model depends on is computed by the library's pure functions; here they are given data and threads. The
//! number of threads never changes a result.

mod args;
mod balance;
mod baseline;
mod choice;
mod columns;
mod crossfit;
mod dataset;
mod detectors;
mod error;
mod evaluate;
mod evaluations;
mod explain;
mod fitting;
mod info;
mod inspect;
mod isolation;
mod join;
mod leave_out;
mod out_of_bag;
mod packed;
mod permutation;
mod profile;
mod progress;
mod reading;
mod report;
mod results;
mod score;
mod scoring;
mod select;
mod size;
mod source;
mod split;
mod sweep;
mod synth;
mod taxonomy;
mod time_fit;
mod train;
mod unlabelled;

use anyhow::Context;
use args::{Arguments, Command};
use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Train(args) => in_threads(args.threads, || train::train(args))??,
        Command::Evaluate(args) => in_threads(args.threads, || evaluate::evaluate(args))??,
        Command::Inspect(args) => inspect::inspect(args)?,
        Command::Info(args) => info::info(args)?,
        Command::Score(args) => score::score(args)?,
        Command::Explain(args) => explain::explain(args)?,
        Command::Sweep(args) => in_threads(args.threads, || sweep::sweep(args))??,
        Command::Synth(args) => in_threads(args.threads, || synth::synth(args))??,
        Command::TimeFit(args) => in_threads(args.threads, || time_fit::time_fit(args))??,
    }
    Ok(())
}

/// Runs `work` with this many threads for its parallel parts; 0 is one per processor.
fn in_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    Ok(pool
        .with_context(|| format!("cannot start {threads} threads"))?
        .install(work))
}
