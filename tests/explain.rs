//! Explanations of whole models: they add up, whatever the row, and say why where there is none.

mod model_support;

use flowsieve::explain::Explainer;
use flowsieve::model::Model;
use flowsieve::model::forest::Leaves;
use flowsieve::{ErrorKind, pack};
use model_support::{Random, Shape, boosted, calibrated, row, spec, with_explanations};

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
        let score = model.score(&values, &mut scratch);
        let asked = if index % 2 == 0 {
            score.class
        } else {
            (index % SHAPE.n_classes) as u8
        };
        let explanation = explainer.explain(model.spec(), &values, asked);
        assert_eq!(explanation.leaves, Leaves::Shares);
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

/// The probability of each class by the definition of softmax, of scores in natural logarithms.
fn softmax(scores: &[f64]) -> Vec<f64> {
    let most = scores.iter().copied().fold(f64::MIN, f64::max);
    let weights: Vec<f64> = scores.iter().map(|score| (score - most).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

#[test]
fn scores_of_boosted_trees_add_up_and_are_log_odds() {
    for seed in 0..5 {
        let spec = boosted(spec(Shape { seed, ..SHAPE }), seed + 1);
        let model = Model::new(with_explanations(spec, 8)).unwrap();
        let mut explainer = Explainer::new(model.spec()).unwrap();
        let (mut random, mut scratch) = (Random(77 + seed), model.scratch());
        for index in 0..2000 {
            let values = row(&mut random, SHAPE.n_features);
            let score = model.score(&values, &mut scratch);
            let mut outputs = Vec::new();
            for class in 0..SHAPE.n_classes {
                if index % 20 > 0 && class != index % SHAPE.n_classes {
                    continue;
                }
                let explanation = explainer.explain(model.spec(), &values, class as u8);
                assert_eq!(explanation.leaves, Leaves::Scores);
                let sum: f64 = explanation.contributions.iter().sum();
                let error = explanation.expectation + sum - explanation.output;
                assert!(error.abs() < 1e-9, "row {index}: {error}");
                outputs.push(explanation.output);
            }
            if index % 20 > 0 {
                continue;
            }
            let sum: f64 = outputs.iter().sum();
            assert!(sum.abs() < 1e-9, "row {index}: {sum}");
            let found = softmax(&outputs)[usize::from(score.class)] * 65_535.0;
            let off = found - f64::from(score.confidence);
            assert!(off.abs() < 0.51, "row {index}: {off}");
        }
    }
}

#[test]
fn the_probability_of_an_attack_is_the_scorers() {
    let mut curves = [0; 2];
    for seed in 0..20 {
        let plain = spec(Shape { seed, ..SHAPE });
        let spec = match seed % 3 {
            0 => plain,
            1 => boosted(plain, seed),
            _ => calibrated(plain, seed),
        };
        let model = Model::new(with_explanations(spec, seed)).unwrap();
        curves[usize::from(model.spec().leaves() == Leaves::Scores)] += 1;
        let explainer = Explainer::new(model.spec()).unwrap();
        let (mut random, mut scratch) = (Random(seed), model.scratch());
        for index in 0..300 {
            let values = row(&mut random, SHAPE.n_features);
            model.score(&values, &mut scratch);
            let expected = model.attack_probability(&scratch);
            let found = explainer.attack_probability(model.spec(), &values);
            assert_eq!(found, expected, "model {seed}, row {index}");
        }
    }
    assert!(curves[0] > 5 && curves[1] > 5, "{curves:?}");
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
    for spec in [explained.clone(), boosted(explained.clone(), 2)] {
        let parts = pack::read_classifier(&pack::write(&spec).unwrap()).unwrap();
        assert_eq!(parts.forest, spec.forest);
        assert_eq!(parts.calibration, spec.calibration);
        Explainer::new(&parts).unwrap();
    }
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
