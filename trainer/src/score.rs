//! `flowsieve score`: flows with what a model says of them, as CSV.
//!
//! Threads take slices of the files in turn and export them; the rows are written in the order of the files by the thread
//! that waits for them. A window keeps threads from running ahead of the writing, so memory does not grow with the files.

use crate::args::ScoreArguments;
use crate::error::TrainerError;
use crate::progress;
use crate::reading::Connections;
use crate::report::{count, drift};
use crate::source::{Source, load, require_whole};
use crate::unlabelled::fit_on;
use flowsieve::analysis::{
    ExportOptions, ExportOutcome, ExportTask, Plan, PlanOptions, export_header, other_fields,
};
use flowsieve::model::Model;
use flowsieve::schema::LabelChoice;
use flowsieve::table::{Progress, SliceSpan};
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// How many bytes a thread takes at once.
const SLICE_BYTES: u64 = 2 << 20;
/// Slices per thread that are in work or wait to be written.
const IN_FLIGHT: usize = 4;

/// Rows by what became of them.
#[derive(Debug, Default)]
struct Counts {
    rows: u64,
    rejected: u64,
    /// How values lie among those of training.
    places: Vec<u64>,
}

/// Runs the command.
pub(crate) fn score(args: &ScoreArguments) -> Result<(), TrainerError> {
    if !(0.0..=1.0).contains(&args.contamination) {
        return Err(TrainerError::asked(format!(
            "--contamination is {}: it is a share of the training rows, from 0 to 1.",
            args.contamination
        )));
    }
    let (model, data) = model_and_data(args)?;
    let mut plan_options = PlanOptions {
        label: LabelChoice::None,
        dialect: args.dialect.choice(),
        ..PlanOptions::default()
    };
    let mut sources = Source::open_all(data, plan_options.dialect)?;
    if let [first, others @ ..] = &mut sources[..]
        && !others.is_empty()
    {
        // One table: too little may be seen of how the others are written.
        plan_options.dialect = plan_options.dialect.or_like(first.head.layout.dialect);
        for source in others {
            source.reread(plan_options.dialect)?;
        }
    }
    require_one_header(&sources)?;
    let to_stdout = args.out.as_os_str() == "-";
    if !to_stdout {
        refuse_own_input("--out", &args.out, data)?;
    }
    if let Some(path) = &args.fit.save_model {
        refuse_own_input("--save-model", path, data)?;
        if *path == args.out {
            return Err(TrainerError::asked(
                "--out and --save-model name the same file: name two.",
            ));
        }
    }
    let model = Arc::new(match model {
        Some(path) => load(path)?.0,
        None => fit_on(&sources, &args.fit)?,
    });
    plan_options.columns = Connections::read(args.columns.as_deref())?.with(&model.spec().name)?;
    let plans: Vec<Arc<Plan>> = sources
        .iter()
        .map(|source| plan(source, &model, &plan_options).map(Arc::new))
        .collect::<Result<_, _>>()?;
    let options = ExportOptions {
        contamination: args.contamination,
        raw: args.raw,
        results_only: args.results_only,
        ..ExportOptions::default()
    };
    let failed = |source| TrainerError::Write {
        path: args.out.clone(),
        source,
    };
    let mut out: Box<dyn Write> = if to_stdout {
        Box::new(std::io::stdout())
    } else {
        Box::new(File::create(&args.out).map_err(failed)?)
    };
    let threads = match args.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let mut counts = Counts::default();
    let written = (|| {
        write(&mut out, &args.out, &export_header(&plans[0], &options))?;
        for (source, plan) in sources.iter().zip(&plans) {
            let mut file = InSlices {
                source,
                plan,
                options: &options,
                bounds: plan.slice_bounds(SLICE_BYTES),
                bar: progress::bytes_bar("scoring flows", source.size),
            };
            file.write(threads, &mut counts, |csv| write(&mut out, &args.out, csv))?;
            file.bar.finish_and_clear();
        }
        out.flush().map_err(failed)
    })();
    match written {
        // Whoever reads has had enough, as `head` does.
        Err(TrainerError::Write { source, .. })
            if to_stdout && source.kind() == ErrorKind::BrokenPipe => {}
        result => result?,
    }
    if !to_stdout {
        println!(
            "Wrote {}: {} rows, of which {} could not be read and have no result",
            args.out.display(),
            count(counts.rows),
            count(counts.rejected)
        );
    }
    // A detector fitted on the flows themselves has nothing else to compare them with.
    if !args.fit.fit {
        say_drift(&model, &counts, to_stdout);
    }
    // Said at the end, so that what could be read is written.
    require_whole(&sources)
}

/// Says how the flows are spread beside those of training, out of the way of rows on standard output.
fn say_drift(model: &Model, counts: &Counts, rows_on_stdout: bool) {
    let analysed = counts.rows - counts.rejected;
    let drift = drift(model.spec(), &counts.places, analysed);
    if rows_on_stdout {
        eprintln!("{drift}");
    } else {
        println!("{drift}");
    }
}

/// The model's file, `None` where one is to be fitted, and the files of flows.
fn model_and_data(args: &ScoreArguments) -> Result<(Option<&PathBuf>, &[PathBuf]), TrainerError> {
    let is_model = |path: &PathBuf| {
        path.extension()
            .is_some_and(|extension| extension == "sieve")
    };
    match (&args.files[..], args.fit.fit) {
        (data, true) => match data.iter().find(|path| is_model(path)) {
            Some(path) => Err(TrainerError::asked(format!(
                "--fit makes a model of its own, and {} is one: leave out the one or the other.",
                path.display()
            ))),
            None => Ok((None, data)),
        },
        ([model, data @ ..], false) if !data.is_empty() => Ok((Some(model), data)),
        _ => Err(TrainerError::asked(
            "There is one file, and a model and a file of flows are needed: name the model first, or fit one on the flows \
             themselves with --fit.",
        )),
    }
}

fn plan(file: &Source, model: &Arc<Model>, options: &PlanOptions) -> Result<Plan, TrainerError> {
    let model = Arc::clone(model);
    Plan::new(model, &file.first_bytes, file.size, options).map_err(|source| TrainerError::File {
        path: file.path.clone(),
        source,
    })
}

fn write(out: &mut impl Write, path: &Path, csv: &[u8]) -> Result<(), TrainerError> {
    out.write_all(csv).map_err(|source| TrainerError::Write {
        path: path.to_owned(),
        source,
    })
}

/// Rows of several files go below one header, so all must have it.
fn require_one_header(sources: &[Source]) -> Result<(), TrainerError> {
    let first = &sources[0];
    for source in &sources[1..] {
        let (ours, theirs) = (&first.head.columns, &source.head.columns);
        if ours == theirs {
            continue;
        }
        let differs = ours
            .iter()
            .zip(theirs)
            .position(|(our, their)| our != their);
        let place = differs.unwrap_or(ours.len().min(theirs.len()));
        let name = |columns: &[String]| {
            let name = columns.get(place);
            name.map_or("nothing".to_owned(), |name| format!("{name:?}"))
        };
        return Err(TrainerError::asked(format!(
            "{} and {} do not have the same header, so their rows cannot be one file: column {} is {} in the one and {} \
             in the other. Score them one by one.",
            first.path.display(),
            source.path.display(),
            place + 1,
            name(ours),
            name(theirs),
        )));
    }
    Ok(())
}

/// Writing over a file that is still to be read would lose it.
pub(crate) fn refuse_own_input(
    option: &str,
    out: &Path,
    data: &[PathBuf],
) -> Result<(), TrainerError> {
    let real = |path: &Path| path.canonicalize().ok();
    match data
        .iter()
        .find(|path| real(path).is_some() && real(path) == real(out))
    {
        Some(path) => Err(TrainerError::asked(format!(
            "{option} names {}, which is read: name another file.",
            path.display()
        ))),
        None => Ok(()),
    }
}

/// A file and how it is cut.
struct InSlices<'a> {
    source: &'a Source,
    plan: &'a Arc<Plan>,
    options: &'a ExportOptions,
    bounds: Vec<u64>,
    bar: ProgressBar,
}

/// What threads share.
#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// The next slice that nobody took.
    next: usize,
    /// The next slice to write.
    written: usize,
    done: BTreeMap<usize, Result<ExportOutcome, TrainerError>>,
    /// Nothing more is wanted.
    stopped: bool,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The next slice of `slices` for a thread, once the writing is not too far behind.
    fn take(&self, slices: usize, window: usize) -> Option<usize> {
        let mut state = self.lock();
        while !state.stopped && state.next < slices && state.next >= state.written + window {
            state = self.wait(state);
        }
        (!state.stopped && state.next < slices).then(|| {
            state.next += 1;
            state.next - 1
        })
    }

    fn put(&self, slice: usize, outcome: Result<ExportOutcome, TrainerError>) {
        self.lock().done.insert(slice, outcome);
        self.changed.notify_all();
    }

    /// What a thread brings back of the slice that is to be written next.
    fn collect(&self, slice: usize) -> Result<ExportOutcome, TrainerError> {
        let mut state = self.lock();
        loop {
            if let Some(outcome) = state.done.remove(&slice) {
                return outcome;
            }
            state = self.wait(state);
        }
    }

    fn written(&self) {
        self.lock().written += 1;
        self.changed.notify_all();
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }
}

impl InSlices<'_> {
    /// Exports all slices and hands their rows to `write` in order.
    fn write(
        &mut self,
        threads: usize,
        counts: &mut Counts,
        mut write: impl FnMut(&[u8]) -> Result<(), TrainerError>,
    ) -> Result<(), TrainerError> {
        let slices = self.bounds.len() - 1;
        let desk = Desk::default();
        let this = &*self;
        std::thread::scope(|scope| {
            for _ in 0..threads.min(slices) {
                scope.spawn(|| {
                    while let Some(slice) = desk.take(slices, IN_FLIGHT * threads) {
                        desk.put(slice, this.export(slice, None));
                    }
                });
            }
            let result = (|| {
                let mut next_record = this.plan.head().data_start;
                for slice in 0..slices {
                    let mut outcome = desk.collect(slice)?;
                    let agrees = match outcome.first_record {
                        Some(first) => first == next_record,
                        None => next_record > this.bounds[slice + 1],
                    };
                    if !agrees {
                        // The slice guessed wrong where its first record starts.
                        outcome = this.export(slice, Some(next_record))?;
                    }
                    if outcome.first_record.is_some() {
                        next_record = outcome.next_record;
                    }
                    if let Some(offset) = outcome.other_fields {
                        return Err(TrainerError::File {
                            path: this.source.path.clone(),
                            source: other_fields(offset),
                        });
                    }
                    counts.rows += outcome.rows;
                    counts.rejected += outcome.rejected;
                    counts.places.resize(outcome.places.len(), 0);
                    for (count, more) in counts.places.iter_mut().zip(&outcome.places) {
                        *count += more;
                    }
                    write(&outcome.csv)?;
                    this.bar.inc(this.bounds[slice + 1] - this.bounds[slice]);
                    desk.written();
                }
                Ok(())
            })();
            desk.stop();
            result
        })
    }

    fn export(&self, slice: usize, first: Option<u64>) -> Result<ExportOutcome, TrainerError> {
        let span = SliceSpan {
            begin: self.bounds[slice],
            end: self.bounds[slice + 1],
            first,
        };
        let mut task = ExportTask::new(Arc::clone(self.plan), span, self.options).with_places();
        let mut chunks = self.source.stored.chunks(task.position())?;
        while let Some(chunk) = chunks.next()? {
            if task.push(chunk) == Progress::Done {
                break;
            }
        }
        Ok(task.finish())
    }
}
