//! The isolation forest: scikit-learn's scores of scikit-learn's trees, and what is grown where there is little to grow on, or
//! much.

#[path = "model_support/mod.rs"]
mod model_support;

use flowsieve::ErrorKind;
use flowsieve::fit::isolation::{check_size, grow_tree, join_trees, path_sums, sample_size};
use flowsieve::fit::options::{FeaturesPerTree, IsolationOptions, IsolationParams};
use flowsieve::fit::rng::SplitMix64;
use flowsieve::fit::statistics::describe;
use flowsieve::model::Model;
use flowsieve::model::isolation::{IsolationSpec, IsolationTrees, anomaly_score};
use flowsieve::model::rank::Ranking;
use flowsieve::model::tree::{Tree, TreeNode};
use flowsieve::pack;
use model_support::Shape;

/// What `isolation_golden.py` prints with the package that it names.
const GOLDEN: &str = include_str!("golden/isolation.txt");

/// A forest of the golden file.
struct Golden {
    name: &'static str,
    n_features: usize,
    spec: IsolationSpec,
    /// Rows and their scores.
    asked: Vec<(f64, Vec<f32>)>,
}

fn golden_forests() -> Vec<Golden> {
    let mut forests: Vec<Golden> = Vec::new();
    for line in GOLDEN.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| words[place].parse::<u32>().expect("a number");
        if words[0] == "forest" {
            forests.push(Golden {
                name: words[1],
                n_features: number(5) as usize,
                spec: IsolationSpec {
                    sample_size: number(3),
                    ..IsolationSpec::default()
                },
                asked: Vec::new(),
            });
            continue;
        }
        let forest = forests.last_mut().expect("a forest");
        let trees = &mut forest.spec.trees;
        match words[0] {
            "tree" => trees.push(Tree::default()),
            "row" => {
                let values = words[2..].iter().map(|word| word.parse().expect("a value"));
                let score = words[1].parse().expect("a score");
                forest.asked.push((score, values.collect()));
            }
            word => {
                let node = if word == "leaf" {
                    TreeNode::Leaf { value: number(1) }
                } else {
                    TreeNode::Split {
                        feature: number(1) as u16,
                        threshold: words[2].parse().expect("a threshold"),
                        missing_left: false,
                        right: number(3),
                    }
                };
                trees.last_mut().expect("a tree").nodes.push(node);
            }
        }
    }
    forests
}

fn scores(spec: &IsolationSpec, rows: &[Vec<f32>]) -> Vec<f64> {
    let trees = IsolationTrees::new(&spec.trees, rows[0].len()).expect("valid trees");
    let score = |row: &Vec<f32>| {
        let mut row = row.clone();
        row.resize(trees.row_len(), 0.0);
        anomaly_score(trees.path_sum(&mut row), spec.trees.len(), spec.sample_size)
    };
    rows.iter().map(score).collect()
}

#[test]
fn scores_of_given_trees_are_those_of_scikit_learn() {
    let forests = golden_forests();
    assert_eq!(forests.len(), 8);
    for forest in forests {
        let (expected, rows): (Vec<f64>, Vec<Vec<f32>>) = forest.asked.into_iter().unzip();
        assert!(rows.len() > 2 && rows.iter().all(|row| row.len() == forest.n_features));
        for ((found, expected), row) in scores(&forest.spec, &rows).iter().zip(expected).zip(&rows)
        {
            assert!(
                (found - expected).abs() <= 1e-6,
                "{} {row:?}: {found}, not {expected}",
                forest.name
            );
        }
    }
}

fn checked(options: IsolationOptions) -> IsolationParams {
    options.check().expect("in range")
}

/// A forest of 20 trees on all rows of columns, and the scores of these rows.
fn fitted(columns: &[Vec<f32>], sample: u32) -> (IsolationSpec, Vec<f64>) {
    let params = checked(IsolationOptions {
        n_trees: 20,
        sample_size: sample,
        ..IsolationOptions::default()
    });
    let row_idxs: Vec<u32> = (0..columns[0].len() as u32).collect();
    let trees: Vec<Tree> = (0..20)
        .map(|tree_idx| grow_tree(columns, &row_idxs, &params, tree_idx))
        .collect();
    let mut sums = path_sums(&trees, columns, &row_idxs).expect("valid trees");
    let spec = join_trees(trees, &mut sums, sample_size(&params, row_idxs.len()), true);
    let rows: Vec<Vec<f32>> = row_idxs
        .iter()
        .map(|&row_idx| {
            columns
                .iter()
                .map(|column| column[row_idx as usize])
                .collect()
        })
        .collect();
    let found = scores(&spec, &rows);
    (spec, found)
}

fn random_columns(n_features: usize, n_rows: usize) -> Vec<Vec<f32>> {
    let mut random = SplitMix64::new(3);
    (0..n_features)
        .map(|_| (0..n_rows).map(|_| random.unit() as f32).collect())
        .collect()
}

/// A model with this detector.
fn model(spec: &IsolationSpec, n_features: usize) -> Model {
    let mut model = model_support::spec(Shape {
        n_features,
        n_classes: 2,
        n_trees: 3,
        n_leaves: 4,
        n_isolation_trees: 0,
        seed: 5,
    });
    model.isolation = spec.clone();
    Model::new(model).expect("a valid model")
}

#[test]
fn one_row_and_equal_rows_are_all_alike() {
    for (columns, rows_per_tree) in [
        (vec![vec![4.0], vec![-1.5]], 1),
        (vec![vec![4.0; 300], vec![-1.5; 300]], 256),
    ] {
        let (spec, found) = fitted(&columns, 256);
        assert_eq!(spec.sample_size, rows_per_tree);
        let leaf = [TreeNode::Leaf {
            value: rows_per_tree,
        }];
        assert!(spec.trees.iter().all(|tree| tree.nodes == leaf));
        // What scikit-learn says of them, and of any other row.
        let anything = scores(&spec, &[vec![99.0, 99.0]])[0];
        assert!((anything - 0.5).abs() < 1e-6, "{anything}");
        assert!(found.iter().all(|&score| score == anything));
        assert_eq!(model(&spec, 2).spec().isolation, spec);
    }
}

#[test]
fn no_rows_make_no_model() {
    let params = checked(IsolationOptions::default());
    let tree = grow_tree(&[vec![], vec![]], &[], &params, 0);
    assert_eq!(tree.nodes, [TreeNode::Leaf { value: 0 }]);
    let mut spec = model_support::spec(Shape {
        n_features: 2,
        n_classes: 2,
        n_trees: 3,
        n_leaves: 4,
        n_isolation_trees: 0,
        seed: 5,
    });
    spec.isolation = join_trees(vec![tree], &mut [], 0, true);
    let error = Model::new(spec).expect_err("a detector of no rows");
    assert!(error.to_string().contains("sample size of 0"), "{error}");
}

#[test]
fn constant_columns_are_never_split_on() {
    let mut columns = random_columns(1, 400);
    columns.extend([vec![7.0; 400], vec![0.0; 400]]);
    let (spec, found) = fitted(&columns, 256);
    for node in spec.trees.iter().flat_map(|tree| &tree.nodes) {
        assert!(!matches!(node, TreeNode::Split { feature: 1.., .. }));
    }
    assert!(found.iter().any(|score| score != &found[0]));
    // So a value that training never saw in them says nothing.
    let [usual, unseen] = scores(&spec, &[vec![0.5, 7.0, 0.0], vec![0.5, -9e9, 1e30]])[..] else {
        panic!("two scores")
    };
    assert_eq!(usual, unseen);
}

#[test]
fn a_sample_of_more_rows_than_there_are_is_all_of_them() {
    let columns = random_columns(3, 100);
    let (spec, _) = fitted(&columns, 65_536);
    assert_eq!(spec, fitted(&columns, 100).0);
    assert_eq!(spec.sample_size, 100);
    for tree in &spec.trees {
        assert_eq!(sampled(tree), 100);
        assert!(tree.depth() <= 7, "{} splits deep", tree.depth());
    }
}

/// How many rows a tree was grown on, by its leaves.
fn sampled(tree: &Tree) -> u32 {
    let rows = |node: &TreeNode| match *node {
        TreeNode::Leaf { value } => value,
        TreeNode::Split { .. } => 0,
    };
    tree.nodes.iter().map(rows).sum()
}

#[test]
fn the_largest_sample_makes_trees_that_a_model_holds() {
    let columns = random_columns(2, 70_000);
    let params = checked(IsolationOptions {
        sample_size: 65_536,
        ..IsolationOptions::default()
    });
    let row_idxs: Vec<u32> = (0..70_000).collect();
    let trees: Vec<Tree> = (0..2)
        .map(|tree_idx| grow_tree(&columns, &row_idxs, &params, tree_idx))
        .collect();
    for tree in &trees {
        assert_eq!(sampled(tree), 65_536);
        assert_eq!(tree.depth(), 16);
    }
    let mut sums = path_sums(&trees, &columns, &row_idxs[..500]).expect("valid trees");
    let spec = join_trees(trees, &mut sums, 65_536, false);
    let packed = pack::write(model(&spec, 2).spec()).expect("a model file");
    let read = pack::read(&packed).expect("the same model");
    assert_eq!(read.isolation, spec);
}

#[test]
fn trees_that_a_model_cannot_hold_are_refused_with_how_many_it_can() {
    // A comb: every split has a leaf to its left.
    let mut nodes: Vec<TreeNode> = (0..32_767)
        .flat_map(|split| {
            [
                TreeNode::Split {
                    feature: 0,
                    threshold: 0.0,
                    missing_left: false,
                    right: 2 * split + 2,
                },
                TreeNode::Leaf { value: 1 },
            ]
        })
        .collect();
    nodes.push(TreeNode::Leaf { value: 1 });
    let trees = vec![Tree { nodes }; 65];
    check_size(&trees[..64]).expect("4 194 240 nodes fit");
    let error = check_size(&trees).expect_err("65 of them do not");
    assert_eq!(error.kind(), ErrorKind::BadFit);
    assert!(error.to_string().contains("at most 64 trees"), "{error}");
}

#[test]
fn each_tree_splits_on_features_of_its_own_where_not_on_all() {
    let columns = random_columns(10, 300);
    let row_idxs: Vec<u32> = (0..300).collect();
    let grown = |features_per_tree, tree_idx| {
        let params = checked(IsolationOptions {
            features_per_tree,
            ..IsolationOptions::default()
        });
        grow_tree(&columns, &row_idxs, &params, tree_idx)
    };
    let features = |tree: &Tree| {
        let mut found: Vec<u16> = tree
            .nodes
            .iter()
            .filter_map(|node| match *node {
                TreeNode::Split { feature, .. } => Some(feature),
                TreeNode::Leaf { .. } => None,
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    };
    let mut seen = [false; 10];
    for tree_idx in 0..30 {
        let tree = grown(FeaturesPerTree::Number(3), tree_idx);
        let used = features(&tree);
        assert_eq!(
            used.len(),
            3,
            "trees of 300 rows split on all that they may"
        );
        for feature in used {
            seen[usize::from(feature)] = true;
        }
        assert_eq!(tree, grown(FeaturesPerTree::Share(0.39), tree_idx));
        let all = grown(FeaturesPerTree::Share(1.0), tree_idx);
        assert_eq!(all, grown(FeaturesPerTree::Number(4000), tree_idx));
        assert_eq!(features(&all).len(), 10);
    }
    assert_eq!(seen, [true; 10]);
}

#[test]
fn a_missing_value_is_scored_as_the_median_and_an_empty_column_says_nothing() {
    let mut columns = random_columns(2, 300);
    columns[0][17] = f32::NAN;
    columns[0][18] = f32::INFINITY;
    columns.push(vec![f32::NAN; 300]);
    let features: Vec<_> = columns
        .iter()
        .map(|column| describe(column, Vec::new()))
        .collect();
    let imputed: Vec<Vec<f32>> = columns
        .iter()
        .zip(&features)
        .map(|(column, feature)| column.iter().map(|&value| feature.imputed(value)).collect())
        .collect();
    let (spec, found) = fitted(&imputed, 256);
    assert!(found.iter().all(|score| (0.0..1.0).contains(score)));
    for node in spec.trees.iter().flat_map(|tree| &tree.nodes) {
        assert!(!matches!(node, TreeNode::Split { feature: 2, .. }));
    }
    let median = features[0].median;
    let mut with_detector = model(&spec, 3).spec().clone();
    with_detector.preparation.features = features;
    for column in &mut with_detector.schema.columns {
        column.kind = flowsieve::schema::ColumnKind::Numeric;
    }
    let model = Model::new(with_detector).expect("a valid model");
    let mut scratch = model.scratch();
    let mut rank = |row: [f32; 3]| model.score(&row, &mut scratch).rank;
    let usual = rank([median, 0.5, 0.0]);
    for stands_for_it in [
        [f32::NAN, 0.5, f32::NAN],
        [f32::INFINITY, 0.5, f32::NEG_INFINITY],
        [median, 0.5, 1e30],
    ] {
        assert_eq!(rank(stands_for_it), usual, "{stands_for_it:?}");
    }
}

#[test]
fn a_fit_on_values_that_were_left_missing_has_them_right_of_every_split() {
    let mut columns = random_columns(2, 300);
    for value in &mut columns[0][..150] {
        *value = f32::NAN;
    }
    let (spec, found) = fitted(&columns, 256);
    for node in spec.trees.iter().flat_map(|tree| &tree.nodes) {
        assert!(!matches!(node, TreeNode::Split { threshold, .. } if threshold.is_nan()));
    }
    for tree in &spec.trees {
        assert_eq!(sampled(tree), 256);
    }
    let asked = [vec![f32::NAN, 0.5], vec![2.0, 0.5]];
    let [missing, largest] = scores(&spec, &asked)[..] else {
        panic!("two scores")
    };
    assert_eq!(missing, largest);
    assert!(found.iter().all(|score| (0.0..1.0).contains(score)));
    let trees = IsolationTrees::new(&spec.trees, 2).expect("valid trees");
    let ranking = Ranking::new(&spec.quantiles, trees.bounds());
    assert!(ranking.rank(trees.bounds().0) > 0);
}
