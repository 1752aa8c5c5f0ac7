//! Explanations of whole models: they add up, whatever the row, and say why where there is none.

mod model_support;

use flowsieve::explain::Explainer;
use flowsieve::model::Model;
use flowsieve::{ErrorKind, pack};
use model_support::{Random, Shape, row, spec, with_explanations};

const SHAPE: Shape = Shape {
    n_features: 24,
    n_classes: 9,
    n_trees: 12,
    n_leaves: 120,
    n_isolation_trees: 3,
    seed: 4,
};

#[test]
fn contributions_add_up_to_the_output_less_the_expectation() {
    let model = Model::new(with_explanations(spec(SHAPE), 8)).unwrap();
    let mut explainer = Explainer::new(model.spec()).unwrap();
    let (mut random, mut scratch) = (Random(77), model.scratch());
    let mut missing = 0;
    for index in 0..10_000 {
        let values = row(&mut random, SHAPE.n_features);
        missing += values.iter().filter(|value| value.is_nan()).count();
        let mut buffer = values.clone();
        buffer.resize(model.row_len(), 0.0);
        let score = model.score(&mut buffer, &mut scratch);
        let asked = if index % 2 == 0 {
            score.class
        } else {
            (index % SHAPE.n_classes) as u8
        };
        let explanation = explainer.explain(model.spec(), &values, asked);
        let sum: f64 = explanation.contributions.iter().sum();
        let error = explanation.expectation + sum - explanation.output;
        assert!(error.abs() < 1e-9, "row {index}: {error}");
        if asked == score.class {
            let off = explanation.output * 65_535.0 - f64::from(score.confidence);
            assert!(off.abs() < 0.501, "row {index}: {off}");
        }
        let ranked = explanation.ranked();
        let size = |feature: usize| explanation.contributions[feature].abs();
        assert!(ranked.is_sorted_by(|&a, &b| size(a) >= size(b)));
    }
    assert!(missing > 10_000);
}

#[test]
fn what_all_classes_gain_and_lose_is_nothing() {
    let model = Model::new(with_explanations(spec(SHAPE), 9)).unwrap();
    let mut explainer = Explainer::new(model.spec()).unwrap();
    let values = row(&mut Random(5), SHAPE.n_features);
    let mut sums = vec![0.0; SHAPE.n_features];
    let mut expectation = 0.0;
    for class in 0..SHAPE.n_classes {
        let explanation = explainer.explain(model.spec(), &values, class as u8);
        expectation += explanation.expectation;
        for (sum, part) in sums.iter_mut().zip(&explanation.contributions) {
            *sum += part;
        }
    }
    assert!((expectation - 1.0).abs() < 1e-12);
    assert!(sums.iter().all(|sum| sum.abs() < 1e-12), "{sums:?}");
}

#[test]
fn models_that_cannot_be_explained_say_so() {
    let error = Explainer::new(&spec(SHAPE)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoExplanation);
    assert!(
        error.to_string().contains("Train the model anew"),
        "{error}"
    );

    let mut detector = spec(SHAPE);
    detector.forest = flowsieve::model::forest::ForestSpec::default();
    detector.taxonomy = flowsieve::model::taxonomy::Taxonomy::default();
    let error = Explainer::new(&detector).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoExplanation);
    assert!(error.to_string().contains("has no classes"), "{error}");
}

#[test]
fn covers_and_permutation_importances_are_stored_where_there_are_any() {
    let plain = pack::write(&spec(SHAPE)).unwrap();
    let explained = with_explanations(spec(SHAPE), 3);
    let file = pack::write(&explained).unwrap();
    let read = pack::read(&file).unwrap();
    assert_eq!(read.forest.covers, explained.forest.covers);
    assert_eq!(read.permutation, explained.permutation);
    let parts = pack::read_classifier(&file).unwrap();
    assert_eq!(parts.forest, read.forest);
    Explainer::new(&parts).unwrap();
    let tags = |file: &[u8]| -> Vec<String> {
        let sections = pack::sections(file).unwrap();
        sections.into_iter().map(|section| section.tag).collect()
    };
    let more = tags(&file).split_off(tags(&plain).len());
    assert_eq!(more, ["COVR", "PERM"]);

    let mut short = explained.clone();
    short.forest.covers.pop();
    let mut long = explained.clone();
    long.permutation.as_mut().unwrap().drops.push(0.5);
    let mut odd = explained;
    odd.permutation.as_mut().unwrap().drops[1] = f32::NAN;
    assert!(Explainer::new(&short).is_err());
    for broken in [short, long, odd] {
        assert_eq!(
            pack::write(&broken).unwrap_err().kind(),
            ErrorKind::PackDamaged
        );
    }
}
