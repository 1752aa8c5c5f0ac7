//! Compiled models score as a plain reading of their trees says.

mod model_support;

use flowsieve::ErrorKind;
use flowsieve::model::calibration::{Curve, SetSpec};
use flowsieve::model::forest::Leaves;
use flowsieve::model::isolation::{IsolationTrees, anomaly_score, average_path_length, path_units};
use flowsieve::model::rank::{RANK_HIGH, RANK_LOW, Ranking, quantile_table};
use flowsieve::model::tree::{Tree, TreeNode};
use flowsieve::model::{Model, ModelSpec, RowScore};
use model_support::{Random, Shape, boosted, calibrated, row, spec, with_self_test};
use proptest::prelude::*;

/// The leaf that a row ends in and its depth, by the definition.
fn leaf(tree: &Tree, row: &[f32]) -> (u32, u32) {
    fn descend(tree: &Tree, node: usize, depth: u32, row: &[f32]) -> (u32, u32) {
        match tree.nodes[node] {
            TreeNode::Leaf { value } => (value, depth),
            TreeNode::Split {
                feature,
                threshold,
                missing_left,
                right,
            } => {
                let value = row[usize::from(feature)];
                let left = if value.is_nan() {
                    missing_left
                } else {
                    value <= threshold
                };
                let child = if left { node + 1 } else { right as usize };
                descend(tree, child, depth + 1, row)
            }
        }
    }
    descend(tree, 0, 0, row)
}

/// What a model says of a row, by the definition; the rank's own arithmetic in floats and in full.
fn naive_score(spec: &ModelSpec, row: &[f32]) -> RowScore {
    let n_classes = usize::from(spec.forest.n_classes);
    let mut sums = vec![0u64; n_classes];
    for tree in &spec.forest.trees {
        let (value, _) = leaf(tree, row);
        let shares = spec
            .forest
            .distributions
            .chunks(n_classes)
            .nth(value as usize)
            .unwrap();
        for (sum, &share) in sums.iter_mut().zip(shares) {
            *sum += u64::from(share);
        }
    }
    let largest = |sums: &[u64]| {
        let most = *sums.iter().max().unwrap();
        (
            sums.iter().position(|&sum| sum == most).unwrap() as u8,
            most,
        )
    };
    let (class, most) = largest(&sums);
    let weights = naive_weights(spec, &sums, most);
    let mut families = vec![0u64; spec.taxonomy.families.len()];
    let mut attack = 0;
    for (kind, &weight) in spec.taxonomy.kinds.iter().zip(&weights) {
        families[usize::from(kind.family)] += weight;
        attack += u64::from(kind.attack) * weight;
    }
    let whole: u64 = weights.iter().sum();
    let of_class = weights[usize::from(class)];
    RowScore {
        class,
        confidence: (of_class as f64 / whole as f64 * 65535.0).round() as u16,
        rank: naive_rank(spec, row),
        ranks: [naive_rank(spec, row), 0, 0],
        family: largest(&families).0,
        attack: attack * 2 > whole,
        unknown: false,
    }
}

/// What classes weigh, without a table.
fn naive_weights(spec: &ModelSpec, sums: &[u64], most: u64) -> Vec<u64> {
    let Some(calibration) = &spec.calibration else {
        return sums.to_vec();
    };
    let whole = 255.0 * spec.forest.trees.len() as f64;
    let weight = |&sum: &u64| {
        let log = match calibration.curve {
            Curve::Power { offset, exponent } => {
                exponent * libm::log((sum as f64 / whole + offset) / (1.0 + offset))
            }
            Curve::Exponential { rate } => -rate * (most - sum) as f64,
        };
        (libm::exp(log) * 2f64.powi(31)).round().max(1.0) as u64
    };
    sums.iter().map(weight).collect()
}

fn naive_rank(spec: &ModelSpec, row: &[f32]) -> u16 {
    let isolation = &spec.isolation;
    if isolation.trees.is_empty() {
        return 0;
    }
    let filled: Vec<f32> = row
        .iter()
        .zip(&spec.preparation.features)
        .map(|(&value, feature)| {
            if value.is_finite() {
                value
            } else {
                feature.median
            }
        })
        .collect();
    let path = |tree: &Tree| {
        let (rows, depth) = leaf(tree, &filled);
        path_units(depth, rows)
    };
    let sum: u32 = isolation.trees.iter().map(path).sum();
    let quantiles = &isolation.quantiles;
    let (first, last) = (quantiles[0], quantiles[1024]);
    let bound = |largest: bool| -> u32 {
        let leaves = |tree: &Tree| {
            let mut paths = Vec::new();
            leaf_paths(tree, 0, 0, &mut paths);
            if largest {
                paths.into_iter().max()
            } else {
                paths.into_iter().min()
            }
        };
        isolation
            .trees
            .iter()
            .map(|tree| leaves(tree).unwrap())
            .sum()
    };
    if sum > first {
        let share = f64::from(sum - first) / f64::from(bound(true) - first);
        return RANK_LOW - (share * 1024.0).ceil() as u16;
    }
    if sum < last {
        let share = f64::from(last - sum) / f64::from(last - bound(false));
        return RANK_HIGH + (share * 4511.0).ceil() as u16;
    }
    let index = quantiles
        .iter()
        .position(|&quantile| quantile <= sum)
        .unwrap();
    if index == 0 {
        return RANK_LOW;
    }
    let (above, below) = (f64::from(quantiles[index - 1]), f64::from(quantiles[index]));
    let steps = index as f64 - 1.0 + (above - f64::from(sum)) / (above - below);
    // 60,000 ranks over 1,024 steps; the small addend because the quotient of whole numbers may come out a hair low.
    RANK_LOW + (steps * 60_000.0 / 1024.0 + 1e-6).floor() as u16
}

fn leaf_paths(tree: &Tree, node: usize, depth: u32, paths: &mut Vec<u32>) {
    match tree.nodes[node] {
        TreeNode::Leaf { value } => paths.push(path_units(depth, value)),
        TreeNode::Split { right, .. } => {
            leaf_paths(tree, node + 1, depth + 1, paths);
            leaf_paths(tree, right as usize, depth + 1, paths);
        }
    }
}

prop_compose! {
    fn shapes()(
        n_features in 1usize..20,
        n_classes in 1usize..40,
        n_trees in 1usize..33,
        n_leaves in 1usize..200,
        n_isolation_trees in 0usize..25,
        seed: u64,
    ) -> Shape {
        Shape { n_features, n_classes, n_trees, n_leaves, n_isolation_trees, seed }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn compiled_models_score_like_their_definition(shape in shapes()) {
        let plain = spec(shape);
        let spec = if shape.seed % 3 > 0 { calibrated(plain.clone(), shape.seed) } else { plain.clone() };
        // Scores need a curve: there it is another one.
        let uncalibrated = match spec.leaves() {
            Leaves::Shares => Model::new(plain).unwrap(),
            Leaves::Scores => Model::new(ModelSpec { calibration: boosted(plain, 1).calibration, ..spec.clone() }).unwrap(),
        };
        let model = Model::new(spec.clone()).unwrap();
        let mut scratch = model.scratch();
        let mut random = Random(!shape.seed);
        for _ in 0..50 {
            let values = row(&mut random, shape.n_features);
            let by_votes = uncalibrated.score(&values, &mut uncalibrated.scratch());
            let score = model.score(&values, &mut scratch);
            prop_assert_eq!(score, naive_score(&spec, &values));
            prop_assert_eq!((score.class, score.rank), (by_votes.class, by_votes.rank), "calibration changes no class");
            let set = model.set(&scratch);
            let (weights, total) = model.weights(&scratch);
            let thresholds = model.sets().map_or(&[][..], |sets| &sets.thresholds);
            for class in 0..=255 {
                let expected = thresholds.get(usize::from(class)).is_some_and(|&threshold| {
                    let share = u64::from(weights[usize::from(class)]) as f64 / total as f64;
                    (65_535.0 * share).round() as u16 >= threshold
                });
                prop_assert_eq!(set.contains(class), expected);
            }
        }
    }
}

const SMALL: Shape = Shape {
    n_features: 4,
    n_classes: 3,
    n_trees: 12,
    n_leaves: 30,
    n_isolation_trees: 11,
    seed: 5,
};

#[test]
fn the_deepest_chain_and_the_largest_tree_score() {
    let chain = |nodes: usize| {
        let splits = nodes / 2;
        let mut tree = Tree::default();
        for index in 0..splits {
            tree.nodes.push(TreeNode::Split {
                feature: 0,
                threshold: -(index as f32),
                missing_left: true,
                right: (nodes - index) as u32 - 1,
            });
        }
        tree.nodes.extend((0..=splits).map(|leaf| TreeNode::Leaf {
            value: u32::from(leaf == 0),
        }));
        tree
    };
    let mut spec = spec(SMALL);
    spec.forest.distributions = vec![255, 0, 0, 0, 255, 0];
    spec.forest.trees = vec![chain(65_535)];
    let model = Model::new(spec.clone()).unwrap();
    let mut scratch = model.scratch();
    for (value, class) in [(f32::NAN, 1), (-32_766.0, 1), (-32_765.5, 0), (0.5, 0)] {
        let row = vec![value; model.n_features()];
        assert_eq!(model.score(&row, &mut scratch).class, class, "{value}");
    }
    spec.forest.trees = vec![chain(65_537)];
    assert_eq!(Model::new(spec).unwrap_err().kind(), ErrorKind::PackDamaged);
}

#[test]
fn path_lengths_are_those_of_scikit_learn() {
    // sklearn.ensemble._iforest._average_path_length of these counts.
    let expected = [
        (0, 0.0),
        (1, 0.0),
        (2, 1.0),
        (3, 1.207_392_357_589_623),
        (5, 2.327_020_052_042_847),
        (256, 10.244_770_920_119_917),
        (999, 12.967_939_884_427_995),
    ];
    for (rows, path) in expected {
        let found = average_path_length(rows);
        assert!((found - path).abs() < 1e-12, "{rows} rows: {found}");
    }
    assert_eq!(path_units(8, 2), 9 * 65_536);
    // A row whose mean path is c(sample) has the score 0.5, one of path 0 has 1.
    assert!((anomaly_score(100 * path_units(0, 256), 100, 256) - 0.5).abs() < 1e-6);
    assert_eq!(anomaly_score(0, 100, 256), 1.0);
}

#[test]
fn ranks_never_fall_as_paths_get_shorter() {
    for seed in 0..20 {
        let isolation = spec(Shape { seed, ..SMALL }).isolation;
        let trees = IsolationTrees::new(&isolation.trees, SMALL.n_features).unwrap();
        let ranking = Ranking::new(&isolation.quantiles, trees.bounds());
        let (most, least) = (isolation.quantiles[0], isolation.quantiles[1024]);
        assert_eq!(ranking.rank(u32::MAX), 0);
        assert_eq!(ranking.rank(0), u16::MAX);
        assert_eq!(ranking.rank(most), RANK_LOW);
        assert!(ranking.rank(most + 1) < RANK_LOW);
        assert!(ranking.rank(least) <= RANK_HIGH);
        assert!(ranking.rank(least - 1) > RANK_HIGH);
        let ranks: Vec<u16> = (least / 2..2 * most)
            .step_by(97)
            .map(|sum| ranking.rank(sum))
            .collect();
        assert!(ranks.is_sorted_by(|strange, common| strange >= common));
    }
}

#[test]
fn a_contamination_flags_that_share_of_the_training_rows() {
    // Training rows whose path sums are all different, within what the trees can give.
    let isolation = spec(SMALL).isolation;
    let trees = IsolationTrees::new(&isolation.trees, SMALL.n_features).unwrap();
    let n = 50_000;
    let mut sums: Vec<u32> = (0..n).map(|row| 2_000_000 + 7 * row).collect();
    let ranking = Ranking::new(&quantile_table(&mut sums), trees.bounds());
    for percent in [1, 5, 10, 15, 20] {
        let threshold = 1024 + 60_000 * (100 - percent) / 100;
        let flagged = sums
            .iter()
            .filter(|&&sum| u32::from(ranking.rank(sum)) > threshold)
            .count();
        let expected = (n * percent / 100) as usize;
        assert!(
            flagged.abs_diff(expected) <= 1,
            "{percent} %: {flagged} of {n}"
        );
    }
    // A third of the rows alike: a threshold among them flags what is stranger than they are, not all of them.
    let mut sums: Vec<u32> = (0..900)
        .map(|row| 2_000_000 + row.clamp(100, 400))
        .collect();
    let ranking = Ranking::new(&quantile_table(&mut sums), trees.bounds());
    let threshold = 1024 + 60_000 * 8 / 10;
    let flagged = sums
        .iter()
        .filter(|&&sum| u32::from(ranking.rank(sum)) > threshold)
        .count();
    assert!((179..=181).contains(&flagged), "{flagged}");
    let threshold = 1024 + 60_000 * 3 / 10;
    let flagged = sums
        .iter()
        .filter(|&&sum| u32::from(ranking.rank(sum)) > threshold)
        .count();
    assert_eq!(flagged, 400, "the 500 alike are not flagged");
}

#[test]
fn self_test_rows_are_run() {
    let good = with_self_test(calibrated(spec(SMALL), 3), 8);
    Model::new(good.clone()).unwrap();
    let mut uncalibrated = good.clone();
    uncalibrated.calibration = None;
    let error = Model::new(uncalibrated).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PackSelfTest, "{error}");
    let wrong = [
        |spec: &mut ModelSpec| spec.self_test[7].class += 1,
        |spec: &mut ModelSpec| spec.self_test[3].confidence ^= 1,
        |spec: &mut ModelSpec| spec.self_test[0].rank ^= 1,
    ];
    for spoil in wrong {
        let mut spec = good.clone();
        spoil(&mut spec);
        let error = Model::new(spec).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PackSelfTest, "{error}");
    }
}

fn sets(spec: &mut ModelSpec) -> &mut SetSpec {
    spec.calibration.as_mut().unwrap().sets.as_mut().unwrap()
}

/// What is wrong, and a change that makes it so.
type Spoiled = (&'static str, fn(&mut ModelSpec));

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    let wrong: &[Spoiled] = &[
        ("no name", |spec| spec.name.clear()),
        ("no features", |spec| {
            spec.schema.columns.clear();
            spec.preparation.features.clear();
        }),
        ("a feature without preparation", |spec| {
            spec.preparation.features.pop();
        }),
        ("a NaN median", |spec| {
            spec.preparation.features[0].median = f32::NAN;
        }),
        ("an infinite mean", |spec| {
            spec.preparation.features[0].mean = f32::INFINITY;
        }),
        ("no deviation", |spec| {
            spec.preparation.features[0].std = 0.0;
        }),
        ("falling quantiles", |spec| {
            spec.preparation.features[0].quantiles[16] = f32::MIN;
        }),
        ("a quantile too few", |spec| {
            spec.preparation.features[0].quantiles.pop();
        }),
        ("categories of a number", |spec| {
            spec.preparation.features[0].categories.push("tcp".into());
        }),
        ("a negative importance", |spec| {
            spec.schema.columns[0].importance = -1.0;
        }),
        ("no classes", |spec| spec.taxonomy.kinds.clear()),
        ("a family that is not there", |spec| {
            spec.taxonomy.kinds[1].family = 200;
        }),
        ("a class too many", |spec| spec.forest.n_classes += 1),
        ("no trees", |spec| spec.forest.trees.clear()),
        ("an empty tree", |spec| spec.forest.trees[2].nodes.clear()),
        ("half a distribution", |spec| {
            spec.forest.distributions.pop();
        }),
        ("a distribution of 256", |spec| {
            let share = spec
                .forest
                .distributions
                .iter_mut()
                .find(|share| **share < 255)
                .unwrap();
            *share += 1;
        }),
        ("a distribution that is not there", |spec| {
            spec.forest.trees[0].nodes[0] = TreeNode::Leaf { value: 1_000_000 };
            spec.forest.trees[0].nodes.truncate(1);
        }),
        ("a feature that is not there", |spec| {
            split(&mut spec.forest.trees[0], |node| node.0 = 4);
        }),
        ("a NaN threshold", |spec| {
            split(&mut spec.forest.trees[0], |node| node.1 = f32::NAN);
        }),
        ("a cycle", |spec| {
            split(&mut spec.forest.trees[0], |node| node.2 = 0);
        }),
        ("a child past the end", |spec| {
            split(&mut spec.forest.trees[0], |node| node.2 = 9999);
        }),
        ("an isolation feature that is not there", |spec| {
            split(&mut spec.isolation.trees[0], |node| node.0 = 4);
        }),
        ("an isolation cycle", |spec| {
            split(&mut spec.isolation.trees[0], |node| node.2 = 0);
        }),
        ("a sample of nobody", |spec| spec.isolation.sample_size = 0),
        ("a quantile missing", |spec| {
            spec.isolation.quantiles.pop();
        }),
        ("rising quantiles", |spec| {
            spec.isolation.quantiles.reverse();
        }),
        ("an impossible quantile", |spec| {
            spec.isolation.quantiles[0] = u32::MAX;
        }),
        ("quantiles without trees", |spec| {
            spec.isolation.trees.clear();
        }),
        ("a short self-test row", |spec| {
            spec.self_test[0].values.pop();
        }),
    ];
    check_refused(wrong);
}

#[test]
fn a_calibration_that_does_not_fit_is_refused() {
    check_refused(&[
        ("a curve that falls", |spec| {
            spec.calibration.as_mut().unwrap().curve = Curve::Exponential { rate: -1.0 };
        }),
        ("an offset below zero", |spec| {
            spec.calibration.as_mut().unwrap().curve = Curve::Power {
                offset: -0.5,
                exponent: 1.0,
            };
        }),
        ("a threshold missing", |spec| {
            sets(spec).thresholds.pop();
        }),
        ("a coverage of more than all", |spec| {
            sets(spec).coverage_per_mille = 1001;
        }),
    ]);
}

/// Each of these is refused as damage, and the model without them is not.
fn check_refused(wrong: &[Spoiled]) {
    let mut good = with_self_test(calibrated(spec(SMALL), 5), 2);
    let mut quantiles = vec![0.0; 16];
    quantiles.push(1.0);
    good.preparation.features[0].quantiles = quantiles;
    Model::new(good.clone()).unwrap();
    for (what, spoil) in wrong {
        let mut spec = good.clone();
        spoil(&mut spec);
        let error = Model::new(spec).expect_err(what);
        assert_eq!(error.kind(), ErrorKind::PackDamaged, "{what}: {error}");
    }
}

/// Changes feature, threshold and right child of a tree's root.
fn split(tree: &mut Tree, change: impl Fn(&mut (u16, f32, u32))) {
    let TreeNode::Split {
        feature,
        threshold,
        missing_left,
        right,
    } = tree.nodes[0]
    else {
        panic!("the tree is a single leaf")
    };
    let mut parts = (feature, threshold, right);
    change(&mut parts);
    let (feature, threshold, right) = parts;
    tree.nodes[0] = TreeNode::Split {
        feature,
        threshold,
        missing_left,
        right,
    };
}
