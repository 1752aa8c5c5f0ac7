//! `flowsieve evaluate`: scores flows as the page does, and compares with their labels.
//!
//! A file is cut into slices that threads take, and what they say is joined in order: the same analysis, the same code
//! and, to the byte, the same result columns as in a browser.

use crate::args::EvaluateArguments;
use crate::error::TrainerError;
use crate::reading::Connections;
use crate::results::Results;
use crate::source::{Source, load, require_whole};
use crate::{progress, report};
use flowsieve::analysis::{
    MergeEvent, Merger, Plan, PlanOptions, Purpose, ResultColumns, SliceColumns, SliceOutcome,
    SliceTask, Summary,
};
use flowsieve::model::Model;
use flowsieve::schema::LabelChoice;
use flowsieve::table::{Progress, SliceSpan};
use indicatif::ProgressBar;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// How many bytes a thread takes at once.
const SLICE_BYTES: u64 = 4 << 20;

/// Runs the command.
pub(crate) fn evaluate(args: &EvaluateArguments) -> Result<(), TrainerError> {
    let (model, _) = load(&args.model)?;
    let model = Arc::new(model);
    let label = args
        .label
        .clone()
        .map_or(LabelChoice::Auto, LabelChoice::Named);
    let options = PlanOptions {
        label,
        label_map: label_map(&args.label_map)?.into_iter().collect(),
        columns: Connections::read(args.columns.as_deref())?.with(&model.spec().name)?,
        dialect: args.dialect.choice(),
        ..PlanOptions::default()
    };
    let mut summary = Summary::new(&model.spec().taxonomy, model.n_features());
    let mut columns = ResultColumns::default();
    let start = Instant::now();
    let sources = Source::open_all(&args.data, options.dialect)?;
    for source in &sources {
        let plan = Arc::new(plan(source, &model, &options)?);
        let of_file = analyse(source, &plan, &mut columns)?;
        report::analysed(&source.path, &plan, &of_file);
        summary.merge(&of_file);
    }
    let results = Results::new(&model, &summary, &columns, start.elapsed());
    report::results(&results, &summary, &model);
    println!(
        "\n{}",
        report::drift(model.spec(), &summary.places, summary.analysed())
    );
    if let Some(path) = &args.json {
        std::fs::write(path, results.json(&summary, &model)).map_err(|source| {
            TrainerError::Write {
                path: path.clone(),
                source,
            }
        })?;
    }
    require_whole(&sources)
}

fn plan(file: &Source, model: &Arc<Model>, options: &PlanOptions) -> Result<Plan, TrainerError> {
    let model = Arc::clone(model);
    Plan::new(model, &file.first_bytes, file.size, options).map_err(|source| TrainerError::File {
        path: file.path.clone(),
        source,
    })
}

/// `LABEL=CLASS` as pairs. A class has no `=` in its name if its label has one.
fn label_map(pairs: &[String]) -> Result<BTreeMap<String, String>, TrainerError> {
    let mut map = BTreeMap::new();
    for pair in pairs {
        let Some((label, class)) = pair.rsplit_once('=') else {
            return Err(TrainerError::asked(format!(
                "--map has {pair:?}, which maps nothing: write LABEL=CLASS, the label as the data spell it and the class \
                 as the model does."
            )));
        };
        if let Some(other) = map.insert(label.to_owned(), class.to_owned()) {
            return Err(TrainerError::asked(format!(
                "--map maps {label:?} twice, to {other:?} and to {class:?}: name it once."
            )));
        }
    }
    Ok(map)
}

/// What a thread brings back from a slice.
type Slice = (SliceOutcome, SliceColumns);

/// Analyses a file slice by slice; adds its rows to `columns`.
fn analyse(
    file: &Source,
    plan: &Arc<Plan>,
    columns: &mut ResultColumns,
) -> Result<Summary, TrainerError> {
    let bounds = plan.slice_bounds(SLICE_BYTES);
    let mut merger = Merger::new(plan, bounds.clone());
    let bar = progress::bytes_bar("scoring flows", plan.size());
    // As many slices at a time as keep all threads busy, so that memory does not grow with the file.
    let at_once = 4 * rayon::current_num_threads();
    let slices: Vec<usize> = (0..merger.slices()).collect();
    for batch in slices.chunks(at_once) {
        let span = |slice: usize, first| SliceSpan {
            begin: bounds[slice],
            end: bounds[slice + 1],
            first,
        };
        let run = |slice, first| run(file, plan, slice, span(slice, first), &bar);
        let read: Vec<Slice> = batch
            .par_iter()
            .map(|&slice| run(slice, None))
            .collect::<Result<_, _>>()?;
        for (outcome, mut of_slice) in read {
            let slice = outcome.slice as usize;
            let mut events = merger.offer(outcome);
            // A slice that guessed wrong where its first record starts is read again from where the one before ended.
            while let [MergeEvent::Rerun { first, .. }] = events[..] {
                let (outcome, again) = run(slice, Some(first))?;
                of_slice = again;
                events = merger.offer(outcome);
            }
            for event in events {
                if let MergeEvent::Accept { first_record, .. } = event {
                    columns.append(&of_slice, first_record);
                }
            }
            merger
                .require_one_header()
                .map_err(|source| TrainerError::File {
                    path: file.path.clone(),
                    source,
                })?;
        }
    }
    bar.finish_and_clear();
    Ok(merger.summary().clone())
}

/// Reads and scores one slice.
fn run(
    file: &Source,
    plan: &Arc<Plan>,
    slice: usize,
    span: SliceSpan,
    bar: &ProgressBar,
) -> Result<Slice, TrainerError> {
    let mut task = SliceTask::new(Arc::clone(plan), slice as u32, span, Purpose::Score);
    let mut chunks = file.stored.chunks(task.position())?;
    while let Some(chunk) = chunks.next()? {
        if task.push(chunk) == Progress::Done {
            break;
        }
    }
    bar.inc(span.end - span.begin);
    Ok(task.finish())
}
