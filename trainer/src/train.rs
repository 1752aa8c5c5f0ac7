//! `flowsieve train`: from labelled flows to a model file.

use crate::args::TrainArguments;
use crate::baseline::baseline;
use crate::columns::{Columns, Wishes};
use crate::dataset::{self, Dataset};
use crate::error::TrainerError;
use crate::fitting::{Recipe, fit};
use crate::profile::Profiler;
use crate::report;
use crate::scoring::{Scores, score};
use crate::source::Source;
use crate::split::{self, split};
use crate::taxonomy::TaxonomyFile;
use flowsieve::fit::options::{ForestOptions, IsolationOptions};
use flowsieve::model::card::{Card, CardEvaluation};
use flowsieve::model::{Model, ModelSpec};
use flowsieve::pack;
use flowsieve::schema::normalised;
use std::path::Path;
use std::time::Instant;

/// Runs the command.
pub(crate) fn train(args: &TrainArguments) -> Result<(), TrainerError> {
    let forest = ForestOptions {
        n_trees: args.trees,
        max_leaves: args.leaves,
        features_per_split: args.features_per_split,
        class_weight: args.class_weight.into(),
        seed: args.seed,
        ..ForestOptions::default()
    };
    let isolation = IsolationOptions {
        seed: args.seed,
        ..IsolationOptions::default()
    };
    let (forest_params, isolation_params) = (forest.check()?, isolation.check()?);
    let taxonomy_file = TaxonomyFile::read(args.taxonomy.as_deref())?;
    let sources = open_all(&args.data)?;

    let (columns, data) = read(args, &sources, &taxonomy_file)?;
    report::data(&sources, &columns, &data);
    if data.table.n_rows() == 0 {
        return Err(TrainerError::asked(
            "No row of the data could be used: see the counts above.",
        ));
    }
    let recipe = Recipe {
        name: name(args),
        aliases: columns
            .features
            .iter()
            .map(|column| taxonomy_file.column_aliases(&column.name))
            .collect(),
        features: columns.features,
        label_column: sources[0].head.columns[columns.label].clone(),
        dictionaries: data.dictionaries,
        taxonomy: data.taxonomy,
        forest: forest_params,
        isolation: isolation_params,
        seed: args.seed,
    };

    let split = split(&data.table, args.seed);
    let (fitted, scored) = (
        data.table.rows(&split.fitted),
        data.table.rows(&split.scored),
    );
    let start = Instant::now();
    let trial = fit(&recipe, &fitted, "fitting on 70 % of the rows")?;
    let fit_time = start.elapsed();
    let scores = score(&trial, &scored);
    report::trial(&scores, fitted.n_rows(), scored.n_rows(), fit_time);
    if args.baseline {
        let found = baseline(&trial, &fitted, &scored, args.seed)?;
        report::baseline(&scores.evaluation, &found);
    }

    let model = fit(&recipe, &data.table, "fitting on all rows")?;
    let card = Card {
        dataset: taxonomy_file.dataset(),
        label_column: recipe.label_column.clone(),
        training_rows: data.table.n_rows() as u64,
        left_out: columns.left_out,
        parameters: parameters(&forest, &isolation),
        evaluation: Some(card_evaluation(scores, fitted.n_rows(), scored.n_rows())),
    };
    let bytes = write(
        &args.out,
        &ModelSpec {
            card,
            ..model.spec().clone()
        },
    )?;
    report::written(&args.out, &model, bytes);
    Ok(())
}

fn open_all(paths: &[std::path::PathBuf]) -> Result<Vec<Source>, TrainerError> {
    let sources: Vec<Source> = paths
        .iter()
        .map(|path| Source::open(path))
        .collect::<Result<_, _>>()?;
    let first: Vec<String> = sources[0]
        .head
        .columns
        .iter()
        .map(|name| normalised(name))
        .collect();
    for source in &sources[1..] {
        let names: Vec<String> = source
            .head
            .columns
            .iter()
            .map(|name| normalised(name))
            .collect();
        if names != first {
            let differs = |(name, other): (&String, &String)| name != other;
            let place = first
                .iter()
                .zip(&names)
                .position(differs)
                .unwrap_or(first.len().min(names.len()));
            let column = |source: &Source| {
                source
                    .head
                    .columns
                    .get(place)
                    .map_or("nothing".to_owned(), |name| format!("{name:?}"))
            };
            return Err(TrainerError::asked(format!(
                "{} and {} do not have the same columns: column {} is {} in the one and {} in the other. Train on \
                 files of one form.",
                sources[0].path.display(),
                source.path.display(),
                place + 1,
                column(&sources[0]),
                column(source),
            )));
        }
    }
    Ok(sources)
}

/// Both passes over the data.
fn read(
    args: &TrainArguments,
    sources: &[Source],
    taxonomy_file: &TaxonomyFile,
) -> Result<(Columns, Dataset), TrainerError> {
    let header = &sources[0].head.columns;
    let wishes = Wishes::new(header, &args.label, &args.keep, &args.drop)?;
    let mut profiler = Profiler::new(header.len(), wishes.label());
    for source in sources {
        profiler.begin_file();
        source.read("looking at columns", &mut profiler)?;
    }
    let columns = wishes.sort_out(header, &profiler.columns);
    let data = dataset::read(sources, &columns, taxonomy_file, &args.benign)?;
    Ok((columns, data))
}

/// The name asked for, else the stem of the file to write.
fn name(args: &TrainArguments) -> String {
    let stem = || {
        args.out
            .file_stem()
            .map_or("model".into(), |stem| stem.to_string_lossy())
    };
    args.name.clone().unwrap_or_else(|| stem().into_owned())
}

/// The options as the card lists them: sorted by name.
fn parameters(forest: &ForestOptions, isolation: &IsolationOptions) -> Vec<(String, String)> {
    let mut parameters: Vec<(String, String)> = [
        ("class-weight", forest.class_weight.name().to_owned()),
        ("features-per-split", forest.features_per_split.to_string()),
        ("bins-per-feature", forest.max_bins.to_string()),
        ("isolation-sample", isolation.sample_size.to_string()),
        ("isolation-trees", isolation.n_trees.to_string()),
        ("leaves", forest.max_leaves.to_string()),
        ("rows-per-leaf", forest.min_leaf.to_string()),
        ("seed", forest.seed.to_string()),
        ("trees", forest.n_trees.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec();
    parameters.sort();
    parameters
}

fn card_evaluation(scores: Scores, train_rows: usize, test_rows: usize) -> CardEvaluation {
    CardEvaluation {
        method: split::METHOD.to_owned(),
        train_rows: train_rows as u64,
        test_rows: test_rows as u64,
        scores: scores.evaluation,
        isolation_auroc: scores.isolation_auroc,
    }
}

/// Writes a model, once it is sure that it can be read back.
fn write(path: &Path, spec: &ModelSpec) -> Result<usize, TrainerError> {
    let bytes = pack::write(spec)?;
    Model::new(pack::read(&bytes)?)?;
    std::fs::write(path, &bytes).map_err(|source| TrainerError::Write {
        path: path.to_owned(),
        source,
    })?;
    Ok(bytes.len())
}
