//! `flowsieve train`: from labelled flows to a model file.

use crate::args::{Level, TrainArguments};
use crate::baseline::baseline;
use crate::choice::Choice;
use crate::columns::{Columns, Named, Wishes};
use crate::crossfit::finish;
use crate::dataset::{self, Dataset};
use crate::error::TrainerError;
use crate::evaluations;
use crate::fitting::{Recipe, fit, fit_and_judge};
use crate::isolation;
use crate::join::Joined;
use crate::permutation::permutation_importance;
use crate::profile::Profiler;
use crate::report;
use crate::scoring::{Scores, calibration_worth, score};
use crate::size::{self, Asked};
use crate::split::{self, distinct, split};
use crate::taxonomy::{TaxonomyFile, at_level};
use flowsieve::fit::TrainingTable;
use flowsieve::fit::options::{ForestOptions, IsolationOptions, Learner};
use flowsieve::metrics::BinaryScores;
use flowsieve::model::card::{Card, CardEvaluation, SizeCurve};
use flowsieve::model::importance::PermutationImportance;
use flowsieve::model::{Model, ModelSpec};
use flowsieve::pack;
use flowsieve::table::DialectChoice;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Runs the command.
pub(crate) fn train(args: &TrainArguments) -> Result<(), TrainerError> {
    let choice = Choice::new(&args.choice, args.class_weight, args.seed)?;
    let asked = asked(args, &choice);
    let isolation = args.isolation.options(args.seed);
    let isolation_params = isolation.check()?;
    // What was asked for is refused before anything is read.
    let forest = asked.or_default(args.seed).check()?;
    let taxonomy_file = TaxonomyFile::read(args.taxonomy.as_deref())?;
    let joined = Joined::open(
        &args.data,
        &args.label,
        &taxonomy_file,
        args.dialect.choice(),
    )?;

    let classes = Classes {
        file: &taxonomy_file,
        benign: &args.benign,
        level: args.level,
        once: args.once,
    };
    let (columns, data) = read(&joined, named(args, &taxonomy_file), &classes)?;
    report::data(joined.sources.len(), &columns, &data);
    if data.table.n_rows() == 0 {
        return Err(TrainerError::asked(
            "No row of the data could be used: see the counts above.",
        ));
    }
    let sides = split(&data.table, args.seed);
    let [fitted, scored] = [&sides.fitted, &sides.scored].map(|rows| data.table.rows(rows));
    let mut recipe = Recipe {
        name: name(args),
        aliases: columns
            .features
            .iter()
            .map(|column| taxonomy_file.column_aliases(&column.name))
            .collect(),
        features: columns.features.clone(),
        label_columns: args.label.clone(),
        dictionaries: data.dictionaries.clone(),
        taxonomy: data.taxonomy.clone(),
        forest,
        isolation: isolation_params,
        isolation_rows: args.isolation_rows,
        detectors: args.detectors,
        calibration_parts: args.calibration_parts,
        selection: choice.selection,
        resampling: choice.resampling,
        seed: args.seed,
    };
    report::resampled(&recipe, &fitted.class_counts());
    let mut size_curve = None;
    if args.auto || (args.trees.is_none() && args.leaves.is_none()) {
        size_curve = Some(choose_size(&mut recipe, &fitted, &asked, args)?);
    }
    let start = Instant::now();
    let trial = fit(&recipe, &fitted, "fitting on 70 % of the rows")?;
    let fit_time = start.elapsed();
    let trial = finish(trial, &recipe, &fitted)?;
    let read = recipe.as_read_by(&trial, &scored);
    let scores = score(&trial, &read);
    report::trial(&scores, fitted.n_rows(), scored.n_rows(), fit_time);
    let worth = calibration_worth(
        &trial,
        &recipe.as_read_by(&trial, &fitted),
        &read.rows(&distinct(&read)),
    );
    report::calibration(worth.as_ref(), &trial);
    if args.baseline {
        let found = baseline(&recipe, &trial, &fitted, &scored)?;
        report::baseline(&scores.evaluation, &found);
    }

    let two_ways = two_ways(&recipe, &scores, &fitted, &scored)?;
    report::two_ways(&two_ways);

    let grouped = evaluations::grouped(&fitted, &scored, &scores);
    let evaluations = evaluations::run(&args.evaluations, &recipe, &columns, &data, grouped)?;

    let model = fit_on_all(&recipe, &data.table, &trial)?;
    let card = Card {
        dataset: taxonomy_file.dataset(),
        label_column: joined.columns[joined.label].clone(),
        training_rows: data.table.n_rows() as u64,
        left_out: recipe.left_out(&model, columns.left_out, &joined.columns),
        parameters: parameters(recipe.forest.options(), &isolation, args, &choice, two_ways),
        evaluation: Some(card_evaluation(scores, fitted.n_rows(), scored.n_rows())),
        size_curve,
        evaluations,
        calibration: worth,
    };
    let permutation = permutation(&recipe, &trial, &model, &scored)?;
    let bytes = write(
        &args.out,
        &ModelSpec {
            card,
            permutation,
            ..model.spec().clone()
        },
    )?;
    report::written(&args.out, &model, bytes);
    Ok(())
}

/// The model that is written, fitted on all rows.
fn fit_on_all(
    recipe: &Recipe,
    table: &TrainingTable,
    trial: &Model,
) -> Result<Model, TrainerError> {
    let (model, out_of_bag) = fit_and_judge(recipe, table, "fitting on all rows")?;
    report::selected(recipe, trial, &model);
    if let Some(out_of_bag) = &out_of_bag {
        report::out_of_bag(out_of_bag, table.n_rows());
    }
    finish(model, recipe, table)
}

/// What each column is worth on rows held out; nothing where other columns were selected from all rows.
fn permutation(
    recipe: &Recipe,
    trial: &Model,
    model: &Model,
    scored: &TrainingTable,
) -> Result<Option<PermutationImportance>, TrainerError> {
    let names = |model: &Model| -> Vec<String> {
        let columns = &model.spec().schema.columns;
        columns.iter().map(|column| column.name.clone()).collect()
    };
    if names(trial) != names(model) {
        return Ok(None);
    }
    let scored = recipe.as_read_by(trial, scored);
    permutation_importance(trial, &scored, recipe.seed).map(Some)
}

/// What is said of the forest.
fn asked(args: &TrainArguments, choice: &Choice) -> Asked {
    Asked {
        trees: args.trees,
        leaves: args.leaves,
        features_per_split: args.features_per_split,
        class_weight: choice.class_weight,
        min_leaf: args.min_leaf,
        learner: args.learner.map(Learner::from),
        learning_rate: args.learning_rate,
    }
}

/// Has the size of the recipe's forest chosen, by rows that are fitted on.
fn choose_size(
    recipe: &mut Recipe,
    fitted: &TrainingTable,
    asked: &Asked,
    args: &TrainArguments,
) -> Result<SizeCurve, TrainerError> {
    let (chosen, curve) = size::choose(recipe, fitted, asked, args.forest_bytes)?;
    report::size_curve(&curve);
    recipe.forest = chosen.check()?;
    Ok(curve)
}

/// What the command line and the taxonomy say of columns.
fn named<'a>(args: &'a TrainArguments, taxonomy: &'a TaxonomyFile) -> Named<'a> {
    Named {
        keep: &args.keep,
        drop: &args.drop,
        categorical: &args.categorical,
        lab: &args.evaluations.lab_columns,
        usual_lab: &taxonomy.lab_columns,
        without_lab: args.evaluations.without_lab_columns,
        order: args.evaluations.order.clone(),
    }
}

/// What is known of classes before any row is read.
pub(crate) struct Classes<'a> {
    pub(crate) file: &'a TaxonomyFile,
    pub(crate) benign: &'a [String],
    pub(crate) level: Level,
    /// Whether a row that an earlier file has counts once.
    pub(crate) once: bool,
}

/// Both passes over the data.
pub(crate) fn read(
    data: &Joined,
    named: Named<'_>,
    classes: &Classes<'_>,
) -> Result<(Columns, Dataset), TrainerError> {
    let wishes = Wishes::new(&data.columns, data.label, named)?;
    let mut profiler = Profiler::new(data.columns.len(), data.label);
    data.read("looking at columns", &mut profiler)?;
    let columns = wishes.sort_out(&data.columns, &profiler.columns);
    let rows = dataset::read(
        data,
        &columns,
        classes.file,
        classes.benign,
        classes.level,
        classes.once,
    )?;
    Ok((columns, rows))
}

/// The rows of files with labels of every kind, for commands that need no more of them.
pub(crate) fn read_kinds(
    data: &[PathBuf],
    label: &str,
    drop: &[String],
    (file, benign): (&TaxonomyFile, &[String]),
    dialect: DialectChoice,
) -> Result<Dataset, TrainerError> {
    let joined = Joined::open(data, &[label.to_owned()], file, dialect)?;
    let named = Named {
        drop,
        ..Named::default()
    };
    let classes = Classes {
        file,
        benign,
        level: Level::Kind,
        once: false,
    };
    Ok(read(&joined, named, &classes)?.1)
}

/// Attack or benign, decided by the sums of the classes' probabilities and by a forest that is fitted on these two classes:
/// what the card says of both. Nothing where there is no such choice.
fn two_ways(
    recipe: &Recipe,
    own: &Scores,
    fitted: &TrainingTable,
    scored: &TrainingTable,
) -> Result<Vec<(String, String)>, TrainerError> {
    let Some(sums) = own
        .evaluation
        .binary
        .filter(|_| recipe.taxonomy.kinds.len() > 2)
    else {
        return Ok(Vec::new());
    };
    let mut class_of_kind: Vec<u8> = (0..recipe.taxonomy.kinds.len() as u8).collect();
    let taxonomy = at_level(&recipe.taxonomy, &mut class_of_kind, Level::Binary);
    let two_classes = |table: &TrainingTable| TrainingTable {
        labels: table
            .labels
            .iter()
            .map(|&label| class_of_kind[usize::from(label)])
            .collect(),
        n_classes: taxonomy.kinds.len(),
        ..table.clone()
    };
    let binary_recipe = Recipe {
        taxonomy: taxonomy.clone(),
        ..recipe.clone()
    };
    let model = fit(
        &binary_recipe,
        &two_classes(fitted),
        "fitting on two classes",
    )?;
    let scored = two_classes(scored);
    let forest = score(&model, &binary_recipe.as_read_by(&model, &scored));
    let forest = forest.evaluation.binary;
    let text = |scores: BinaryScores| {
        format!(
            "precision {:.4}, recall {:.4}, F1 {:.4}",
            scores.precision, scores.recall, scores.f1
        )
    };
    let names = [
        ("attack-or-benign by a forest of two classes", forest),
        ("attack-or-benign by sums over the classes", Some(sums)),
    ];
    let lines = names
        .into_iter()
        .filter_map(|(name, scores)| Some((name.to_owned(), text(scores?))));
    Ok(lines.collect())
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
fn parameters(
    forest: &ForestOptions,
    isolation_options: &IsolationOptions,
    args: &TrainArguments,
    choice: &Choice,
    two_ways: Vec<(String, String)>,
) -> Vec<(String, String)> {
    let mut parameters: Vec<(String, String)> = [
        ("calibration-parts", args.calibration_parts.to_string()),
        ("class-weight", forest.class_weight.name().to_owned()),
        ("features-per-split", forest.features_per_split.to_string()),
        ("bins-per-feature", forest.max_bins.to_string()),
        ("learner", forest.learner.name().to_owned()),
        ("level", format!("{:?}", args.level).to_lowercase()),
        ("leaves", forest.max_leaves.to_string()),
        ("rows-per-leaf", forest.min_leaf.to_string()),
        ("seed", forest.seed.to_string()),
        ("trees", forest.n_trees.to_string()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec();
    if forest.learner == Learner::Boosted {
        let rate = forest.learning_rate.to_string();
        parameters.push(("learning-rate".to_owned(), rate));
    }
    parameters.extend(isolation::parameters(isolation_options));
    parameters.extend(choice.parameters(forest.class_weight));
    parameters.extend(two_ways);
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
