//! A detector fitted on the files themselves, for tables that no model knows: `flowsieve score --fit`.

use crate::args::FitArguments;
use crate::error::TrainerError;
use crate::report::count;
use crate::source::Source;
use flowsieve::fit::unlabelled::{RowSample, fit};
use flowsieve::model::Model;
use flowsieve::pack;
use std::path::Path;

/// Fits on a sample of the rows of all sources, which have one header, and says to the error stream what was done; the
/// results may go to standard output.
pub(crate) fn fit_on(sources: &[Source], args: &FitArguments) -> Result<Model, TrainerError> {
    let seed = match args.seed {
        Some(seed) => seed,
        None => drawn_seed()?,
    };
    let columns = &sources[0].head.columns;
    let mut sample = RowSample::new(columns.len(), seed);
    let mut base = 0;
    for source in sources {
        sample.begin_file(base);
        source.read("choosing rows to fit on", &mut sample)?;
        base += source.size;
    }
    let model = fit(&sample, columns, None)?;
    eprintln!(
        "Fitted an isolation forest on {} of {} rows, {} of {} columns, with --seed {seed}",
        count(model.spec().card.training_rows),
        count(sample.rows_offered()),
        model.n_features(),
        columns.len()
    );
    if let Some(path) = &args.save_model {
        save(&model, path)?;
        eprintln!("Wrote the model to {}", path.display());
    }
    Ok(model)
}

/// 32 bits, so that whoever repeats a fit has ten digits at most to copy.
fn drawn_seed() -> Result<u64, TrainerError> {
    getrandom::u32().map(u64::from).map_err(|error| {
        let message = format!("The system gives no random numbers ({error}). Name a --seed.");
        TrainerError::asked(message)
    })
}

fn save(model: &Model, path: &Path) -> Result<(), TrainerError> {
    let bytes = pack::write(model.spec())?;
    std::fs::write(path, bytes).map_err(|source| TrainerError::Write {
        path: path.to_owned(),
        source,
    })
}
