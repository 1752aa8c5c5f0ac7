//! Made-up models and rows for tests: any shape, all from a seed.

// Each test file uses its own part.
#![allow(dead_code)]

use flowsieve::model::calibration::{CalibrationSpec, Curve, SetSpec};
use flowsieve::model::card::{
    CalibrationWorth, Card, CardEvaluation, ClassCoverage, Dataset, LeftOut, ProbabilityWorth,
    SetWorth, SizeCurve, SizePoint,
};
use flowsieve::model::detectors::DetectorsSpec;
use flowsieve::model::forest::{ForestSpec, Leaves};
use flowsieve::model::importance::PermutationImportance;
use flowsieve::model::isolation::{IsolationSpec, IsolationTrees};
use flowsieve::model::rank::quantile_table;
use flowsieve::model::taxonomy::{Kind, Taxonomy};
use flowsieve::model::tree::{Tree, TreeNode};
use flowsieve::model::trial::{Trial, Trials};
use flowsieve::model::{Model, ModelSpec, SelfTestRow};
use flowsieve::prepare::{Feature, Preparation};
use flowsieve::schema::{Column, ColumnKind, Schema};

/// A small generator of random numbers (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// An integer below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// A value as flows have them: mostly small counts, some fractions, now and then something extreme.
    pub(crate) fn value(&mut self) -> f32 {
        match self.below(20) {
            0 => 0.0,
            1 => -0.0,
            2 => f32::MIN_POSITIVE / 8.0,
            3 => f32::MAX,
            4 => f32::MIN,
            5..=9 => self.below(50) as f32,
            10..=14 => self.below(1_000_000) as f32 / 4096.0,
            _ => self.below(2000) as f32 - 1000.0,
        }
    }

    /// The same, or missing, or infinite.
    pub(crate) fn cell(&mut self) -> f32 {
        match self.below(12) {
            0 => f32::NAN,
            1 => f32::INFINITY,
            2 => f32::NEG_INFINITY,
            _ => self.value(),
        }
    }
}

/// The shape of a made-up model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) n_features: usize,
    pub(crate) n_classes: usize,
    pub(crate) n_trees: usize,
    pub(crate) n_leaves: usize,
    pub(crate) n_isolation_trees: usize,
    pub(crate) seed: u64,
}

/// A random tree with up to `n_leaves` leaves, in preorder.
pub(crate) fn tree(
    random: &mut Random,
    n_leaves: usize,
    n_features: usize,
    max_depth: u32,
    leaf: &mut impl FnMut(&mut Random) -> u32,
) -> Tree {
    fn grow(
        nodes: &mut Vec<TreeNode>,
        random: &mut Random,
        n_leaves: usize,
        n_features: usize,
        depth: u32,
        leaf: &mut impl FnMut(&mut Random) -> u32,
    ) {
        if n_leaves <= 1 || depth == 0 {
            nodes.push(TreeNode::Leaf {
                value: leaf(random),
            });
            return;
        }
        let here = nodes.len();
        let left_leaves = 1 + random.below(n_leaves - 1);
        nodes.push(TreeNode::Leaf { value: 0 });
        grow(nodes, random, left_leaves, n_features, depth - 1, leaf);
        let right = nodes.len() as u32;
        grow(
            nodes,
            random,
            n_leaves - left_leaves,
            n_features,
            depth - 1,
            leaf,
        );
        nodes[here] = TreeNode::Split {
            feature: random.below(n_features) as u16,
            threshold: match random.below(40) {
                0 => f32::INFINITY,
                1 => f32::NEG_INFINITY,
                _ => random.value(),
            },
            missing_left: random.below(2) == 0,
            right,
        };
    }
    let mut nodes = Vec::new();
    grow(&mut nodes, random, n_leaves, n_features, max_depth, leaf);
    Tree { nodes }
}

/// A distribution of `n_classes` bytes that add up to 255.
fn distribution(random: &mut Random, n_classes: usize) -> Vec<u8> {
    let mut shares = vec![0; n_classes];
    let mut left = 255;
    while left > 0 {
        let share = 1 + random.below(left);
        shares[random.below(n_classes)] += share as u8;
        left -= share;
    }
    shares
}

/// A random row of prepared values.
pub(crate) fn row(random: &mut Random, n_features: usize) -> Vec<f32> {
    (0..n_features).map(|_| random.cell()).collect()
}

/// A valid model of that shape without self-test rows.
pub(crate) fn spec(shape: Shape) -> ModelSpec {
    let Shape {
        n_features,
        n_classes,
        n_leaves,
        n_isolation_trees,
        seed,
        ..
    } = shape;
    let mut random = Random(seed);
    let random = &mut random;
    let forest = forest(random, shape);
    let columns: Vec<Column> = (0..n_features).map(|index| column(random, index)).collect();
    let taxonomy = taxonomy(random, n_classes);
    ModelSpec {
        name: format!("made-up-{seed}"),
        preparation: Preparation {
            features: columns
                .iter()
                .map(|column| feature(random, column.kind))
                .collect(),
            training_rows: 1000,
        },
        schema: Schema {
            columns,
            label_columns: vec!["label".into(), "Class".into()],
        },
        card: card(random, seed, &taxonomy),
        taxonomy,
        forest,
        calibration: None,
        isolation: isolation(random, n_isolation_trees, n_leaves, n_features),
        detectors: DetectorsSpec::default(),
        permutation: None,
        self_test: Vec::new(),
    }
}

fn forest(random: &mut Random, shape: Shape) -> ForestSpec {
    let Shape {
        n_features,
        n_classes,
        n_trees,
        n_leaves,
        ..
    } = shape;
    let n_distributions = 1 + random.below(n_trees * n_leaves.min(40));
    let mut used = 0;
    let mut trees: Vec<Tree> = (0..n_trees)
        .map(|_| {
            tree(random, n_leaves, n_features, 60, &mut |random| {
                used += 1;
                random.below(n_distributions) as u32
            })
        })
        .collect();
    let n_distributions = n_distributions.min(used);
    for node in trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
        if let TreeNode::Leaf { value } = node {
            *value %= n_distributions as u32;
        }
    }
    let distributions = (0..n_distributions)
        .flat_map(|_| distribution(random, n_classes))
        .collect();
    ForestSpec {
        n_classes: n_classes as u16,
        distributions,
        trees,
        covers: Vec::new(),
    }
}

/// Gives a model what explains it: random covers and permutation importances.
pub(crate) fn with_explanations(mut spec: ModelSpec, seed: u64) -> ModelSpec {
    let mut random = Random(seed);
    let nodes = spec.forest.trees.iter().flat_map(|tree| &tree.nodes);
    let leaves = nodes.filter(|node| matches!(node, TreeNode::Leaf { .. }));
    spec.forest.covers = leaves.map(|_| random.below(250) as u8).collect();
    let rows = random.next() >> 40;
    let drops = (0..spec.schema.columns.len()).map(|_| random.below(2001) as f32 / 2000.0 - 0.01);
    spec.permutation = Some(PermutationImportance {
        rows,
        shuffles: 3,
        drops: drops.collect(),
    });
    spec
}

fn column(random: &mut Random, index: usize) -> Column {
    Column {
        name: format!("feature {index}"),
        aliases: vec![format!("f.{index}"); random.below(3)],
        kind: [
            ColumnKind::Numeric,
            ColumnKind::Categorical,
            ColumnKind::Time,
        ][index % 3],
        importance: random.below(100) as f32 / 128.0,
    }
}

fn feature(random: &mut Random, kind: ColumnKind) -> Feature {
    let mut quantiles: Vec<f32> = (0..17).map(|_| random.value()).collect();
    quantiles.sort_unstable_by(f32::total_cmp);
    let categories = if kind == ColumnKind::Categorical {
        3
    } else {
        0
    };
    Feature {
        categories: (0..categories).map(|word| format!("word {word}")).collect(),
        median: random.value(),
        mean: random.value(),
        std: 1.0 + random.below(9) as f32,
        quantiles: if random.below(5) == 0 {
            Vec::new()
        } else {
            quantiles
        },
        missing: random.next(),
    }
}

fn taxonomy(random: &mut Random, n_classes: usize) -> Taxonomy {
    let n_families = 1 + random.below(n_classes);
    let kind = |class: usize| Kind {
        name: format!("kind {class}"),
        aliases: vec![format!("k{class}"); random.below(2)],
        family: (class % n_families) as u8,
        attack: class > 0,
        training_rows: random.next() >> 40,
    };
    Taxonomy {
        kinds: (0..n_classes).map(kind).collect(),
        families: (0..n_families)
            .map(|family| format!("family {family}"))
            .collect(),
    }
}

fn card(random: &mut Random, seed: u64, taxonomy: &Taxonomy) -> Card {
    Card {
        dataset: Dataset {
            title: "Made-up flows".into(),
            source: "a generator".into(),
            licence: "MIT".into(),
            attribution: "nobody – ø".into(),
        },
        label_column: "label".into(),
        training_rows: 1000,
        left_out: vec![LeftOut {
            column: "id".into(),
            why: "an index".into(),
        }],
        parameters: vec![("seed".into(), seed.to_string())],
        evaluation: (random.below(2) == 0).then(|| CardEvaluation {
            method: "half and half".into(),
            train_rows: 500,
            test_rows: 500,
            scores: flowsieve::metrics::Evaluation::default(),
            isolation_auroc: Some(0.75),
        }),
        size_curve: (random.below(2) == 0).then(|| SizeCurve {
            method: "three folds".into(),
            points: vec![SizePoint {
                bytes: 1_234,
                macro_f1: 0.5,
                standard_error: 0.25,
                trees: 10,
                leaves: 64,
                rows_per_leaf: 2,
                features_per_split: 0.4,
                class_weight: "balanced".into(),
                learner: "boosted".into(),
            }],
            chosen: 0,
        }),
        evaluations: trials(random, taxonomy),
        calibration: None,
    }
}

/// No trials, or some of whose counts nothing is known but that they fit together.
fn trials(random: &mut Random, taxonomy: &Taxonomy) -> Trials {
    let n_classes = taxonomy.kinds.len();
    let kinds = ["random", "grouped", "order", "without"];
    let count = random.below(kinds.len() + 1);
    let trial = |kind: &&str| Trial {
        kind: (*kind).into(),
        method: "as it came".into(),
        columns: vec!["port".into(); random.below(2)],
        train_rows: random.next() >> 40,
        class_train_rows: (0..n_classes).map(|_| random.next() >> 50).collect(),
        confusion: (0..n_classes * n_classes)
            .map(|cell| {
                if cell % 3 == 0 {
                    random.next() >> 50
                } else {
                    0
                }
            })
            .collect(),
        called_attack: [0, 0],
        isolation_auroc: (random.below(2) == 0).then_some(0.25),
    };
    let trials: Vec<Trial> = kinds[..count].iter().map(trial).collect();
    if trials.is_empty() {
        return Trials::default();
    }
    Trials::new(&trials, taxonomy).unwrap()
}

fn isolation(
    random: &mut Random,
    n_trees: usize,
    n_leaves: usize,
    n_features: usize,
) -> IsolationSpec {
    if n_trees == 0 {
        return IsolationSpec::default();
    }
    let trees: Vec<Tree> = (0..n_trees)
        .map(|_| {
            tree(random, n_leaves, n_features, 12, &mut |random| {
                1 + random.below(30) as u32
            })
        })
        .collect();
    let compiled = IsolationTrees::new(&trees, n_features).unwrap();
    let mut sums: Vec<u32> = (0..300)
        .map(|_| {
            let mut row: Vec<f32> = (0..n_features).map(|_| random.value()).collect();
            row.resize(compiled.row_len(), 0.0);
            compiled.path_sum(&mut row)
        })
        .collect();
    let quantiles = quantile_table(&mut sums);
    IsolationSpec {
        sample_size: 256,
        trees,
        quantiles,
        training_rows: 300,
        benign_only: true,
    }
}

/// Gives a model's leaves random scores instead of shares, without the calibration that says so.
fn with_score_bytes(spec: &mut ModelSpec, random: &mut Random) {
    for score in &mut spec.forest.distributions {
        *score = match random.below(8) {
            0 => 0,
            1 => 255,
            2 => random.below(256) as u8,
            _ => 100 + random.below(57) as u8,
        };
    }
}

/// The same model as one of boosted trees: with random scores in its leaves.
pub(crate) fn boosted(mut spec: ModelSpec, seed: u64) -> ModelSpec {
    let mut random = Random(seed);
    with_score_bytes(&mut spec, &mut random);
    let rate = (1 + random.below(64)) as f64 / 1024.0;
    spec.calibration = Some(CalibrationSpec {
        curve: Curve::Exponential { rate },
        sets: None,
    });
    spec
}

/// The same model with a random calibration, and what it is worth. Now and then it becomes one of boosted trees.
pub(crate) fn calibrated(mut spec: ModelSpec, seed: u64) -> ModelSpec {
    let mut random = Random(seed);
    let mut share = || (1 + random.below(1000)) as f64 / 1000.0;
    let n_classes = spec.taxonomy.kinds.len();
    let curve = if share() < 0.5 {
        Curve::Exponential {
            rate: share() / 50.0,
        }
    } else {
        Curve::Power {
            offset: share() / 10.0,
            exponent: 5.0 * share(),
        }
    };
    let per_mille = 900 + random.below(101) as u16;
    let mut probability = || random.below(32_768) as u16;
    spec.calibration = Some(CalibrationSpec {
        curve,
        sets: (!per_mille.is_multiple_of(4)).then(|| SetSpec {
            coverage_per_mille: per_mille,
            class_coverage_per_mille: 900,
            thresholds: (0..n_classes).map(|_| probability()).collect(),
        }),
    });
    if spec.leaves() == Leaves::Scores && random.below(4) > 0 {
        with_score_bytes(&mut spec, &mut random);
    }
    let worth = |log_loss, calibration_error| ProbabilityWorth {
        log_loss,
        calibration_error,
    };
    spec.card.calibration = Some(CalibrationWorth {
        rows: 500,
        votes: worth(0.5, 0.0625),
        calibrated: worth(0.25, 0.03125),
        sets: Some(SetWorth {
            covered: 480,
            empty: 3,
            classes: 600,
            per_class: (0..n_classes as u64)
                .map(|class| ClassCoverage {
                    rows: class,
                    covered: class / 2,
                    own_threshold: class % 2 == 0,
                })
                .collect(),
        }),
    });
    spec
}

/// Gives a model `count` self-test rows, with the outputs that it has.
pub(crate) fn with_self_test(mut spec: ModelSpec, count: usize) -> ModelSpec {
    let model = Model::new(spec.clone()).unwrap();
    let mut random = Random(count as u64);
    let mut scratch = model.scratch();
    spec.self_test = (0..count)
        .map(|_| {
            let values = row(&mut random, model.n_features());
            let score = model.score(&values, &mut scratch);
            let (class, confidence, rank) = (score.class, score.confidence, score.rank);
            SelfTestRow {
                values,
                class,
                confidence,
                rank,
            }
        })
        .collect();
    spec
}
