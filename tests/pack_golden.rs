//! Model files of every format version that was ever released keep loading and keep scoring.
//!
//! `tests/golden/format-1.sieve` was written once by the first writer; `format-1.txt` tells what it holds and how it scores
//! some rows, `format-1-calibrated.txt` what `format-1-calibrated.sieve` does. With `FLOWSIEVE_UPDATE_GOLDEN=1` the test writes
//! the latter anew. That is for what is not released yet: after a release, what is wrong is the reader.

mod model_support;

use flowsieve::metrics::Evaluation;
use flowsieve::model::card::{Card, CardEvaluation, Dataset, LeftOut};
use flowsieve::model::taxonomy::{Kind, Taxonomy};
use flowsieve::model::{Model, ModelSpec};
use flowsieve::pack;
use flowsieve::schema::ColumnKind;
use model_support::{Random, Shape, boosted, calibrated, row, spec, with_self_test};
use std::fmt::Write;
use std::path::PathBuf;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

/// A made-up model with something in every field.
fn made_up() -> ModelSpec {
    let shape = Shape {
        n_features: 6,
        n_classes: 3,
        n_trees: 12,
        n_leaves: 12,
        n_isolation_trees: 11,
        seed: 1,
    };
    let mut spec = spec(shape);
    spec.name = "golden".into();
    let kind = |name: &str, aliases: &[&str], family, attack| Kind {
        name: name.into(),
        aliases: aliases.iter().map(|&alias| alias.into()).collect(),
        family,
        attack,
        training_rows: 100 * u64::from(family) + 20,
    };
    spec.taxonomy = Taxonomy {
        kinds: vec![
            kind("Benign", &["-", "normal"], 0, false),
            kind("DDoS", &[], 1, true),
            kind("Flood", &["flooding"], 1, true),
        ],
        families: vec!["benign".into(), "denial of service".into()],
    };
    spec.schema.columns[2].aliases = vec!["dauer".into(), "durée".into()];
    spec.preparation.features[0].quantiles = (0..17).map(|step| step as f32 / 4.0).collect();
    spec.preparation.features[3].quantiles.clear();
    let confusion = [40, 2, 1, 0, 30, 5, 3, 4, 15];
    spec.card = Card {
        dataset: Dataset {
            title: "Golden flows".into(),
            source: "made up for this test".into(),
            licence: "MIT OR Apache-2.0".into(),
            attribution: "nobody".into(),
        },
        label_column: "label".into(),
        training_rows: 1000,
        left_out: vec![LeftOut {
            column: "id".into(),
            why: "an index".into(),
        }],
        parameters: vec![("seed".into(), "1".into()), ("trees".into(), "12".into())],
        evaluation: Some(CardEvaluation {
            method: "made up".into(),
            train_rows: 900,
            test_rows: 100,
            scores: Evaluation::from_counts(&spec.taxonomy, &confusion, &[[40, 3], [3, 54]]),
            isolation_auroc: Some(0.875),
        }),
        ..Card::default()
    };
    spec
}

/// What a model holds and how it scores, as text: everything that a user of the file would miss.
fn describe(model: &Model) -> String {
    let spec = model.spec();
    let mut text = String::new();
    let mut line = |line: String| writeln!(text, "{line}").unwrap();
    line(format!("name {}", spec.name));
    line(format!("labels {:?}", spec.schema.label_columns));
    for (column, feature) in spec.schema.columns.iter().zip(&spec.preparation.features) {
        let kind = match column.kind {
            ColumnKind::Numeric => "numeric",
            ColumnKind::Categorical => "categorical",
            ColumnKind::Time => "time",
        };
        line(format!(
            "column {:?} {:?} {kind} {}",
            column.name, column.aliases, column.importance
        ));
        line(format!(
            "  categories {:?}, {} missing",
            feature.categories, feature.missing
        ));
        line(format!(
            "  median {:?} mean {:?} std {:?}",
            feature.median, feature.mean, feature.std
        ));
        line(format!("  quantiles {:?}", feature.quantiles));
    }
    line(format!("rows {}", spec.preparation.training_rows));
    for kind in &spec.taxonomy.kinds {
        let family = &spec.taxonomy.families[usize::from(kind.family)];
        let (name, aliases, rows) = (&kind.name, &kind.aliases, kind.training_rows);
        line(format!(
            "class {name:?} {aliases:?} of {family:?}, attack {}, {rows} rows",
            kind.attack
        ));
    }
    let isolation = &spec.isolation;
    line(format!(
        "detector on {} rows, {} a tree, benign only {}",
        isolation.training_rows, isolation.sample_size, isolation.benign_only
    ));
    describe_card(&spec.card, &mut line);
    if let Some(calibration) = &spec.calibration {
        line(format!("calibration {calibration:?}"));
        line(format!("  {:?}", spec.card.calibration));
    }
    let mut random = Random(99);
    let mut scratch = model.scratch();
    for _ in 0..40 {
        let values = row(&mut random, model.n_features());
        let score = model.score(&values, &mut scratch);
        line(format!(
            "row {values:?} is class {} of family {}, confidence {}, rank {}, attack {}",
            score.class, score.family, score.confidence, score.rank, score.attack
        ));
        if model.sets().is_some() {
            line(format!("  and may be {:?}", model.set(&scratch)));
        }
    }
    text
}

fn describe_card(card: &Card, line: &mut impl FnMut(String)) {
    let Dataset {
        title,
        source,
        licence,
        attribution,
    } = &card.dataset;
    line(format!(
        "dataset {title:?} {source:?} {licence:?} {attribution:?}"
    ));
    line(format!(
        "label column {:?}, {} rows",
        card.label_column, card.training_rows
    ));
    for left_out in &card.left_out {
        line(format!(
            "left out {:?}: {:?}",
            left_out.column, left_out.why
        ));
    }
    line(format!("parameters {:?}", card.parameters));
    let evaluation = card.evaluation.as_ref().unwrap();
    let scores = &evaluation.scores;
    line(format!(
        "evaluation {:?} on {} and {} rows, detector {:?}",
        evaluation.method, evaluation.train_rows, evaluation.test_rows, evaluation.isolation_auroc
    ));
    line(format!(
        "  {} rows, {} {}",
        scores.rows, scores.accuracy, scores.macro_f1
    ));
    for class in &scores.per_class {
        let (precision, recall, f1) = (class.precision, class.recall, class.f1);
        line(format!(
            "  {:?} {precision} {recall} {f1} {}",
            class.class, class.support
        ));
    }
    let binary = scores.binary.unwrap();
    line(format!(
        "  attack {} {} {}",
        binary.precision, binary.recall, binary.f1
    ));
    line(format!(
        "  {:?} {:?}",
        scores.confusion.labels, scores.confusion.matrix
    ));
}

#[test]
fn files_of_format_version_1_load_forever() {
    check_golden("format-1.sieve", "format-1.txt");
}

#[test]
fn calibrated_files_of_format_version_1_load_forever() {
    let (file, text) = ("format-1-calibrated.sieve", "format-1-calibrated.txt");
    update_golden(file, text, || calibrated(made_up(), 4));
    check_golden(file, text);
}

#[test]
fn boosted_files_of_format_version_1_load_forever() {
    let (file, text) = ("format-1-boosted.sieve", "format-1-boosted.txt");
    update_golden(file, text, || boosted(made_up(), 4));
    check_golden(file, text);
}

/// Writes a file and what it holds anew, where that is asked for.
fn update_golden(file: &str, text: &str, made_up: impl Fn() -> ModelSpec) {
    if std::env::var_os("FLOWSIEVE_UPDATE_GOLDEN").is_some() {
        let bytes = pack::write(&with_self_test(made_up(), 5)).unwrap();
        let model = Model::new(pack::read(&bytes).unwrap()).unwrap();
        std::fs::write(golden(file), bytes).unwrap();
        std::fs::write(golden(text), describe(&model)).unwrap();
    }
}

/// Checks that a file holds and answers what the text says.
fn check_golden(file: &str, text: &str) {
    let (file, text) = (golden(file), golden(text));
    let bytes = std::fs::read(&file).unwrap();
    assert_eq!(bytes[8..10], [1, 0], "the golden file has format version 1");
    let model = Model::new(pack::read(&bytes).unwrap()).unwrap();
    assert_eq!(model.spec().self_test.len(), 5);
    let expected = std::fs::read_to_string(&text).unwrap();
    let found = describe(&model);
    for (number, (found, expected)) in found.lines().zip(expected.lines()).enumerate() {
        assert_eq!(found, expected, "line {} of {}", number + 1, text.display());
    }
    assert_eq!(found.lines().count(), expected.lines().count());
}
