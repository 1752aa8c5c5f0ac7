//! `flowsieve info`: what a model file says of itself.

use crate::args::InfoArguments;
use crate::error::TrainerError;
use crate::evaluations;
use crate::report;
use crate::source::load;
use flowsieve::pack;

/// Runs the command.
pub(crate) fn info(args: &InfoArguments) -> Result<(), TrainerError> {
    let (model, bytes) = load(&args.model)?;
    let sections = pack::sections(&bytes).map_err(|source| TrainerError::File {
        path: args.model.clone(),
        source,
    })?;
    report::model(&model);
    let spec = model.spec();
    let trials = spec
        .card
        .evaluations
        .get(&spec.taxonomy)
        .map_err(|source| TrainerError::File {
            path: args.model.clone(),
            source,
        })?;
    evaluations::report::trials(&trials, &spec.taxonomy);
    report::sections(&model, &sections, bytes.len());
    Ok(())
}
