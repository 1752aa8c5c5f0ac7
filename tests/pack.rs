//! Model files: what is written is read back, and the same model gives the same bytes.

mod model_support;

use flowsieve::ErrorKind;
use flowsieve::model::tree::{Tree, TreeNode};
use flowsieve::model::trial::{MAX_TRIALS, Trial, Trials};
use flowsieve::model::{Model, ModelSpec};
use flowsieve::pack::{self, FORMAT_VERSION, MAGIC};
use model_support::{Shape, calibrated, spec, with_self_test};
use proptest::prelude::*;

prop_compose! {
    fn shapes()(
        n_features in 1usize..300,
        n_classes in 1usize..30,
        n_trees in 1usize..12,
        n_leaves in 1usize..400,
        n_isolation_trees in 0usize..12,
        seed: u64,
    ) -> Shape {
        Shape { n_features, n_classes, n_trees, n_leaves, n_isolation_trees, seed }
    }
}

/// The model with all floats as their bits, so that NaNs compare.
fn exactly(spec: &ModelSpec) -> (String, Vec<u32>) {
    let values = spec
        .self_test
        .iter()
        .flat_map(|row| &row.values)
        .map(|value| value.to_bits());
    let thresholds = spec
        .forest
        .trees
        .iter()
        .chain(&spec.isolation.trees)
        .flat_map(|tree| &tree.nodes)
        .filter_map(|node| match node {
            TreeNode::Split { threshold, .. } => Some(threshold.to_bits()),
            TreeNode::Leaf { .. } => None,
        });
    (format!("{spec:?}"), values.chain(thresholds).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn what_is_written_is_read_back(shape in shapes(), self_test_rows in 0usize..5) {
        let spec = calibrated(spec(shape), shape.seed);
        let spec = with_self_test(spec, self_test_rows);
        let file = pack::write(&spec).unwrap();
        let read = pack::read(&file).unwrap();
        prop_assert_eq!(exactly(&read), exactly(&spec));
        prop_assert_eq!(pack::write(&read).unwrap(), file);
        Model::new(read).unwrap();
    }
}

const SMALL: Shape = Shape {
    n_features: 6,
    n_classes: 4,
    n_trees: 5,
    n_leaves: 20,
    n_isolation_trees: 5,
    seed: 11,
};

#[test]
fn a_file_starts_with_magic_and_version() {
    let file = pack::write(&spec(SMALL)).unwrap();
    assert_eq!(file[..8], MAGIC);
    assert_eq!(file[8..10], FORMAT_VERSION.to_le_bytes());
}

#[test]
fn any_nan_is_stored_as_the_same() {
    let mut odd = with_self_test(spec(SMALL), 3);
    odd.self_test[1].values[0] = f32::NAN;
    let mut plain = odd.clone();
    odd.self_test[1].values[0] = f32::from_bits(0xffc0_1234);
    plain.self_test[1].values[0] = f32::from_bits(0x7fc0_0000);
    assert_eq!(pack::write(&odd).unwrap(), pack::write(&plain).unwrap());
}

#[test]
fn the_sections_of_a_file_are_listed() {
    let mut evaluated = spec(SMALL);
    evaluated.card.evaluations = Trials::new(&[trial()], &evaluated.taxonomy).unwrap();
    evaluated.card.size_curve = None;
    let file = pack::write(&evaluated).unwrap();
    let sections = pack::sections(&file).unwrap();
    let tags: Vec<&str> = sections
        .iter()
        .map(|section| section.tag.as_str())
        .collect();
    assert_eq!(
        tags,
        [
            "NAME", "SCHM", "PREP", "TAXO", "FRST", "ISOF", "CARD", "EVAL", "TEST"
        ]
    );
    let stored: usize = sections.iter().map(|section| section.bytes).sum();
    assert_eq!(24 + 20 * sections.len() + stored, file.len());
    assert!(
        sections
            .iter()
            .all(|section| section.bytes <= section.raw_bytes)
    );

    let calibrated = pack::write(&calibrated(evaluated, 1)).unwrap();
    let tags: Vec<String> = pack::sections(&calibrated)
        .unwrap()
        .into_iter()
        .map(|section| section.tag)
        .collect();
    assert_eq!(
        tags[4..],
        ["FRST", "CALB", "ISOF", "CARD", "CERR", "EVAL", "TEST"]
    );

    let without = pack::write(&spec(Shape {
        n_isolation_trees: 0,
        ..SMALL
    }))
    .unwrap();
    assert!(
        pack::sections(&without)
            .unwrap()
            .iter()
            .all(|section| section.tag != "ISOF")
    );
}

/// A trial of a model with the classes of [`SMALL`].
fn trial() -> Trial {
    let n = SMALL.n_classes;
    Trial {
        kind: "order".into(),
        method: "by day".into(),
        columns: vec!["port".into()],
        train_rows: 700,
        class_train_rows: (0..n as u64).collect(),
        confusion: (0..(n * n) as u64).map(|cell| cell * cell).collect(),
        called_attack: [5, 900],
        isolation_auroc: Some(0.625),
    }
}

#[test]
fn evaluations_come_back_and_a_model_without_them_has_none() {
    let mut evaluated = spec(SMALL);
    evaluated.card.evaluations = Trials::new(&[trial()], &evaluated.taxonomy).unwrap();
    let read = pack::read(&pack::write(&evaluated).unwrap()).unwrap();
    let trials = read.card.evaluations.get(&read.taxonomy).unwrap();
    assert_eq!(trials, [trial()]);

    evaluated.card.evaluations = Trials::default();
    let file = pack::write(&evaluated).unwrap();
    let sections = pack::sections(&file).unwrap();
    assert!(sections.iter().all(|section| section.tag != "EVAL"));
    let read = pack::read(&file).unwrap();
    assert!(
        read.card
            .evaluations
            .get(&read.taxonomy)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn evaluations_whose_counts_do_not_fit_together_are_refused() {
    let spec = spec(SMALL);
    let refused = |change: fn(&mut Trial)| {
        let mut wrong = trial();
        change(&mut wrong);
        let error = Trials::new(&[wrong], &spec.taxonomy).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PackDamaged);
    };
    refused(|trial| trial.class_train_rows.truncate(2));
    refused(|trial| trial.confusion.truncate(15));
    refused(|trial| trial.confusion[3] = u64::MAX);
    refused(|trial| trial.called_attack[0] = 1_000_000);
    let many = vec![trial(); MAX_TRIALS + 1];
    assert!(Trials::new(&many, &spec.taxonomy).is_err());
}

#[test]
fn what_could_not_be_used_is_not_written() {
    let mut broken = spec(SMALL);
    broken.forest.trees.push(Tree::default());
    assert_eq!(
        pack::write(&broken).unwrap_err().kind(),
        ErrorKind::PackDamaged
    );

    let mut wordy = spec(SMALL);
    wordy.card.parameters = (0..300_000)
        .map(|n| (format!("p{n}"), "1".into()))
        .collect();
    let error = pack::write(&wordy).unwrap_err();
    assert!(error.to_string().contains("too large"), "{error}");
}
