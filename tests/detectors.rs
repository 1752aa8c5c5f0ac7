//! A model with all detectors: what is fitted, stored, read and scored is one thing.

mod model_support;

use flowsieve::fit::detectors::{Pair, join, parts, sample};
use flowsieve::model::detectors::{DetectorRanks, Ensemble};
use flowsieve::model::isolation::IsolationTrees;
use flowsieve::model::lof::{Lof, LofScratch};
use flowsieve::model::one_class::OneClass;
use flowsieve::model::rank::{Ranking, quantile_table, score_key};
use flowsieve::model::unknown::{Evidence, UnknownSpec};
use flowsieve::model::{Model, ModelSpec};
use flowsieve::{ErrorKind, pack};
use model_support::{Random, Shape, calibrated, row, spec, with_self_test};

const SHAPE: Shape = Shape {
    n_features: 7,
    n_classes: 4,
    n_trees: 6,
    n_leaves: 30,
    n_isolation_trees: 8,
    seed: 5,
};
const N_ROWS: u32 = 400;

/// Columns of the values that a model's detectors see of made-up rows.
fn columns(spec: &ModelSpec, seed: u64) -> Vec<Vec<f32>> {
    let mut random = Random(seed);
    let mut columns = vec![Vec::new(); SHAPE.n_features];
    for _ in 0..N_ROWS {
        let values = row(&mut random, SHAPE.n_features);
        let features = &spec.preparation.features;
        for ((column, value), feature) in columns.iter_mut().zip(values).zip(features) {
            column.push(feature.imputed(value));
        }
    }
    columns
}

/// The model with detectors fitted on made-up rows, each with reference scores of others.
fn with_detectors(mut spec: ModelSpec) -> ModelSpec {
    let columns = columns(&spec, 9);
    let all: Vec<u32> = (0..N_ROWS).collect();
    let parts = parts(&columns, 2, 3);
    let mut keys = vec![[0; 2]; all.len()];
    for part in 0..2 {
        let (unseen, seen): (Vec<u32>, Vec<u32>) =
            all.iter().partition(|&&i| parts[i as usize] == part);
        let pair = Pair::fit(&columns, &seen, 3).unwrap();
        for (i, found) in unseen.iter().zip(pair.keys(&columns, &unseen).unwrap()) {
            keys[*i as usize] = found;
        }
    }
    let pair = Pair::fit(&columns, &all, 3).unwrap();
    let isolation: Vec<u16> = all.iter().map(|&i| (i * 150) as u16).collect();
    let (detectors, ranks) = join(pair, &keys, &isolation);
    spec.detectors = detectors;
    let mut attack_keys: Vec<u32> = all.iter().map(|&i| 65_535 - i * 100).collect();
    let attack_quantiles = quantile_table(&mut attack_keys);
    let evidence = Evidence::new(&attack_quantiles);
    let mut found: Vec<u32> = ranks.iter().map(|&ranks| evidence.key(0, ranks)).collect();
    found.sort_unstable();
    spec.detectors.unknown = Some(UnknownSpec {
        attack_quantiles,
        threshold: found[found.len() / 2],
        alarms_per_million: 500_000,
    });
    with_self_test(spec, 8)
}

fn model_spec() -> ModelSpec {
    with_detectors(calibrated(spec(SHAPE), 1))
}

/// The ranks of imputed values, each detector by itself.
fn naive_ranks(spec: &ModelSpec, values: &[f32]) -> DetectorRanks {
    let trees = IsolationTrees::new(&spec.isolation.trees, values.len()).unwrap();
    let mut walked = values.to_vec();
    walked.resize(trees.row_len(), 0.0);
    let isolation = Ranking::new(&spec.isolation.quantiles, trees.bounds());
    let mut placed = vec![0.0; values.len()];
    let lof = spec.detectors.lof.as_ref().unwrap();
    lof.space.place(values, &mut placed);
    let factor = Lof::new(&lof.spec)
        .unwrap()
        .score(&placed, &mut LofScratch::default());
    let of_lof = Ranking::new(&lof.quantiles, (score_key(f32::MAX), score_key(0.0)));
    let one_class = spec.detectors.one_class.as_ref().unwrap();
    one_class.space.place(values, &mut placed);
    let compiled = OneClass::new(&one_class.spec).unwrap();
    let score = compiled.score(&placed, &mut vec![0.0; compiled.scratch_len()]);
    let (least, largest) = one_class.spec.bounds();
    assert!((least..=largest).contains(&score), "{score}");
    let bounds = (score_key(largest), score_key(least));
    [
        isolation.rank(trees.path_sum(&mut walked)),
        of_lof.rank(score_key(factor)),
        Ranking::new(&one_class.quantiles, bounds).rank(score_key(score)),
    ]
}

#[test]
fn a_row_has_the_ranks_of_each_detector_and_one_of_all() {
    let spec = model_spec();
    let model = Model::new(spec.clone()).unwrap();
    let ensemble = spec.detectors.ensemble.as_ref().unwrap();
    let together = Ensemble::new(ensemble.weights);
    let ranking = Ranking::new(&ensemble.quantiles, together.bounds());
    let unknown = spec.detectors.unknown.as_ref().unwrap();
    let evidence = Evidence::new(&unknown.attack_quantiles);
    let (mut random, mut scratch) = (Random(77), model.scratch());
    let mut called = [0; 2];
    for index in 0..500 {
        let mut values = row(&mut random, SHAPE.n_features);
        if index % 3 == 0 {
            values[index % SHAPE.n_features] =
                [f32::NAN, f32::INFINITY, f32::NEG_INFINITY][index % 9 / 3];
        }
        let score = model.score(&values, &mut scratch);
        let features = &spec.preparation.features;
        let imputed: Vec<f32> = values
            .iter()
            .zip(features)
            .map(|(&value, feature)| feature.imputed(value))
            .collect();
        let ranks = naive_ranks(&spec, &imputed);
        assert_eq!(score.ranks, ranks, "row {index}");
        assert_eq!(score.rank, ranking.rank(together.key(ranks)), "row {index}");
        let strange = evidence.key(model.attack_probability(&scratch), ranks) < unknown.threshold;
        assert_eq!(score.unknown, strange && !score.attack, "row {index}");
        called[usize::from(score.unknown)] += 1;
    }
    assert!(called.iter().all(|&rows| rows > 20), "{called:?}");
}

#[test]
fn a_file_gives_back_what_was_written() {
    let spec = model_spec();
    let bytes = pack::write(&spec).unwrap();
    assert!(pack::read(&bytes).unwrap().detectors == spec.detectors);
    assert!(pack::write(&spec).unwrap() == bytes);
    Model::new(pack::read(&bytes).unwrap()).expect("its own rows score as they must");
}

#[test]
fn the_same_rows_and_seed_give_the_same_detectors() {
    assert!(model_spec().detectors == model_spec().detectors);
    let rows: Vec<u32> = (0..20_000).collect();
    let drawn = sample(&rows, 4);
    assert_eq!(drawn.len(), flowsieve::fit::detectors::MAX_ROWS);
    assert!(drawn.is_sorted_by(|a, b| a < b));
    assert_eq!(
        (sample(&rows, 4) == drawn, sample(&rows, 5) == drawn),
        (true, false)
    );
    assert_eq!(sample(&rows[..30], 4), rows[..30]);
}

#[test]
fn equal_rows_are_in_one_part() {
    let column = |scale: f32| (0..N_ROWS).map(|i| scale * (i % 40) as f32).collect();
    let found = parts(&[column(1.0), column(-3.0)], 5, 11);
    for (i, part) in found.iter().enumerate() {
        assert_eq!(*part, found[i % 40]);
    }
    assert!((0..5).all(|part| found.contains(&part)));
}

#[test]
fn rows_that_are_all_equal_or_one_alone_have_detectors() {
    let spec = spec(SHAPE);
    for n_rows in [1, 50] {
        let columns = vec![vec![2.5; n_rows]; SHAPE.n_features];
        let rows: Vec<u32> = (0..n_rows as u32).collect();
        let pair = Pair::fit(&columns, &rows, 1).unwrap();
        let keys = pair.keys(&columns, &rows).unwrap();
        let (detectors, _) = join(pair, &keys, &vec![0; n_rows]);
        let spec = ModelSpec {
            detectors,
            ..spec.clone()
        };
        let model = Model::new(spec).unwrap();
        let mut scratch = model.scratch();
        let same = model.score(&[2.5; SHAPE.n_features], &mut scratch).ranks;
        let other = model.score(&[9.0; SHAPE.n_features], &mut scratch).ranks;
        assert!(
            other[1] > same[1] && other[2] > same[2],
            "{same:?} {other:?}"
        );
    }
    assert_eq!(
        Pair::fit(&[Vec::new()], &[], 1).unwrap_err().kind(),
        ErrorKind::BadFit
    );
    let missing = vec![vec![f32::NAN, 1.0]];
    assert_eq!(
        Pair::fit(&missing, &[0, 1], 1).unwrap_err().kind(),
        ErrorKind::BadFit
    );
}

#[test]
fn detectors_that_cannot_be_are_refused() {
    let good = model_spec();
    let break_it = |change: fn(&mut ModelSpec)| {
        let mut spec = good.clone();
        change(&mut spec);
        assert_eq!(
            pack::write(&spec).unwrap_err().kind(),
            ErrorKind::PackDamaged
        );
        assert_eq!(Model::new(spec).unwrap_err().kind(), ErrorKind::PackDamaged);
    };
    break_it(|spec| spec.detectors.ensemble = None);
    break_it(|spec| spec.detectors.one_class = None);
    break_it(|spec| spec.detectors.ensemble.as_mut().unwrap().weights = [0; 3]);
    break_it(|spec| spec.detectors.ensemble.as_mut().unwrap().weights[2] = 5000);
    break_it(|spec| spec.detectors.lof.as_mut().unwrap().quantiles.reverse());
    break_it(|spec| spec.detectors.lof.as_mut().unwrap().spec.densities[0] = f32::NAN);
    break_it(|spec| spec.detectors.one_class.as_mut().unwrap().spec.gamma = -1.0);
    break_it(|spec| spec.detectors.unknown = Some(UnknownSpec::default()));
}

#[test]
fn a_file_cut_or_changed_in_its_detectors_is_refused() {
    let bytes = pack::write(&model_spec()).unwrap();
    for changed in (0..bytes.len()).step_by(97) {
        let mut bytes = bytes.clone();
        bytes[changed] ^= 0x41;
        assert!(
            pack::read(&bytes).and_then(Model::new).is_err(),
            "byte {changed}"
        );
    }
}
