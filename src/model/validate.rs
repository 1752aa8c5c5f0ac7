//! What a model must be before anything is compiled from it.
//!
//! A model file is input like any other: its checksums say that it arrived as it was written, not that it was written
//! well. All that scoring relies on is checked here, once.

use super::ModelSpec;
use super::calibration::CalibrationSpec;
use super::forest::{DISTRIBUTION_SUM, ForestSpec, Leaves};
use super::importance::PermutationImportance;
use super::isolation::{self, IsolationSpec};
use super::rank::QUANTILE_STEPS;
use super::taxonomy::{MAX_KINDS, Taxonomy};
use super::traverse::MAX_LEAF_VALUE;
use super::tree::{MAX_NODES_PER_TREE, Tree, TreeNode};
use crate::prepare::Feature;
use crate::schema::{Column, ColumnKind};
use crate::{Error, ErrorKind};

/// The most features that a model may have.
pub const MAX_FEATURES: usize = 4096;
/// The most trees that a forest may have.
pub const MAX_TREES: usize = 10_000;
/// The most nodes that all trees of a forest may have together.
pub const MAX_NODES: usize = 1 << 22;
/// The most rows that a model may carry to test itself.
pub const MAX_SELF_TEST_ROWS: usize = 1024;
/// The longest name of a model, in bytes.
pub const MAX_NAME_LEN: usize = 128;
/// The number of quantiles in a feature's training reference.
pub const REFERENCE_QUANTILES: usize = 17;

/// Checks all that [`super::Model`] relies on.
pub(crate) fn model(spec: &ModelSpec) -> Result<(), Error> {
    let n_features = spec.schema.columns.len();
    classifier(spec)?;
    isolation(&spec.isolation, n_features)?;
    let has_isolation = !spec.isolation.trees.is_empty();
    let detectors = &spec.detectors;
    detectors.validate(n_features, spec.has_classes(), has_isolation)?;
    if let Some(permutation) = &spec.permutation {
        importance(permutation, n_features)?;
    }
    self_test(spec, n_features)
}

/// Checks all that what a model says of classes relies on.
pub(crate) fn classifier(spec: &ModelSpec) -> Result<(), Error> {
    let n_features = spec.schema.columns.len();
    require((1..=MAX_NAME_LEN).contains(&spec.name.len()), || {
        format!(
            "its name has {} bytes; 1 to {MAX_NAME_LEN} are allowed",
            spec.name.len()
        )
    })?;
    require((1..=MAX_FEATURES).contains(&n_features), || {
        format!("it has {n_features} features; 1 to {MAX_FEATURES} are allowed")
    })?;
    require(spec.preparation.features.len() == n_features, || {
        let prepared = spec.preparation.features.len();
        format!("its schema has {n_features} features and its preparation {prepared}")
    })?;
    for (column, feature) in spec.schema.columns.iter().zip(&spec.preparation.features) {
        check_feature(column, feature)?;
    }
    if spec.taxonomy.kinds.is_empty() && spec.forest.trees.is_empty() {
        without_classes(spec)
    } else {
        classes(spec, n_features)
    }
}

fn self_test(spec: &ModelSpec, n_features: usize) -> Result<(), Error> {
    require(spec.self_test.len() <= MAX_SELF_TEST_ROWS, || {
        let rows = spec.self_test.len();
        format!("it has {rows} self-test rows; at most {MAX_SELF_TEST_ROWS} are allowed")
    })?;
    for (index, row) in spec.self_test.iter().enumerate() {
        require(row.values.len() == n_features, || {
            let values = row.values.len();
            format!("self-test row {index} has {values} values for {n_features} features")
        })?;
    }
    Ok(())
}

fn classes(spec: &ModelSpec, n_features: usize) -> Result<(), Error> {
    taxonomy(&spec.taxonomy)?;
    require(
        usize::from(spec.forest.n_classes) == spec.taxonomy.kinds.len(),
        || {
            let (classes, kinds) = (spec.forest.n_classes, spec.taxonomy.kinds.len());
            format!("its forest tells {classes} classes apart and its taxonomy has {kinds}")
        },
    )?;
    if let Some(calibration) = &spec.calibration {
        check_calibration(calibration, spec.taxonomy.kinds.len())?;
    }
    forest(&spec.forest, spec.leaves(), n_features)
}

fn check_calibration(calibration: &CalibrationSpec, n_classes: usize) -> Result<(), Error> {
    require(calibration.curve.is_valid(), || {
        "its calibration curve has a parameter out of its range".into()
    })?;
    let Some(sets) = &calibration.sets else {
        return Ok(());
    };
    require(sets.thresholds.len() == n_classes, || {
        let thresholds = sets.thresholds.len();
        format!("its sets have {thresholds} thresholds for {n_classes} classes")
    })?;
    require(
        sets.coverage_per_mille.max(sets.class_coverage_per_mille) <= 1000,
        || "its sets state a coverage above 100 %".into(),
    )
}

fn without_classes(spec: &ModelSpec) -> Result<(), Error> {
    let empty = spec.taxonomy.families.is_empty()
        && spec.forest.n_classes == 0
        && spec.calibration.is_none()
        && spec.forest.distributions.is_empty();
    require(empty, || {
        "it has no classes, and families, leaf distributions or a calibration of them".into()
    })?;
    require(!spec.isolation.trees.is_empty(), || {
        "it has neither classes nor a detector".into()
    })
}

fn importance(permutation: &PermutationImportance, n_features: usize) -> Result<(), Error> {
    let drops = &permutation.drops;
    require(
        drops.len() == n_features && drops.iter().all(|drop| drop.is_finite()),
        || "its permutation importances are not a number a feature".into(),
    )
}

fn check_feature(column: &Column, feature: &Feature) -> Result<(), Error> {
    let name = &column.name;
    require(
        column.importance.is_finite() && column.importance >= 0.0,
        || format!("column {name} has an importance that is no share"),
    )?;
    let numbers = [feature.median, feature.mean, feature.std];
    require(
        numbers.iter().all(|number| number.is_finite()) && feature.std > 0.0,
        || format!("column {name} has a median, mean or deviation that cannot be"),
    )?;
    require(
        feature.categories.is_empty() || column.kind == ColumnKind::Categorical,
        || format!("column {name} is not categorical and has categories"),
    )?;
    require(feature.categories.len() < MAX_LEAF_VALUE as usize, || {
        format!("column {name} has {} categories", feature.categories.len())
    })?;
    let quantiles = &feature.quantiles;
    require(
        quantiles.is_empty() || quantiles.len() == REFERENCE_QUANTILES,
        || {
            let found = quantiles.len();
            format!("column {name} has {found} reference quantiles, not {REFERENCE_QUANTILES}")
        },
    )?;
    require(
        quantiles.iter().all(|value| value.is_finite()) && quantiles.is_sorted(),
        || format!("column {name}'s reference quantiles do not rise"),
    )
}

fn taxonomy(taxonomy: &Taxonomy) -> Result<(), Error> {
    let (kinds, families) = (taxonomy.kinds.len(), taxonomy.families.len());
    require((1..=MAX_KINDS).contains(&kinds), || {
        format!("it has {kinds} classes; 1 to {MAX_KINDS} are allowed")
    })?;
    require((1..=kinds).contains(&families), || {
        format!("its {kinds} classes have {families} families")
    })?;
    for kind in &taxonomy.kinds {
        require(usize::from(kind.family) < families, || {
            format!(
                "class {} is in family {} of {families}",
                kind.name, kind.family
            )
        })?;
    }
    Ok(())
}

/// Checks a classifier over `n_features` features.
pub(crate) fn forest(spec: &ForestSpec, leaves: Leaves, n_features: usize) -> Result<(), Error> {
    let n_classes = usize::from(spec.n_classes);
    require((1..=MAX_KINDS).contains(&n_classes), || {
        format!("its forest has {n_classes} classes; 1 to {MAX_KINDS} are allowed")
    })?;
    require(!spec.trees.is_empty(), || "its forest has no trees".into())?;
    require(spec.distributions.len().is_multiple_of(n_classes), || {
        let bytes = spec.distributions.len();
        format!("its leaf distributions have {bytes} bytes for {n_classes} classes")
    })?;
    let n_distributions = spec.distributions.len() / n_classes;
    let n_leaves = trees("forest", &spec.trees, n_features)?;
    // Below MAX_LEAF_VALUE with that, as a forest has far fewer leaves.
    const { assert!(MAX_NODES < MAX_LEAF_VALUE as usize) };
    require(n_distributions <= n_leaves, || {
        format!("its forest has {n_distributions} leaf distributions for {n_leaves} leaves")
    })?;
    for (index, distribution) in spec.distributions.chunks_exact(n_classes).enumerate() {
        let sum: u32 = distribution.iter().map(|&share| u32::from(share)).sum();
        require(leaves == Leaves::Scores || sum == DISTRIBUTION_SUM, || {
            format!("leaf distribution {index} adds up to {sum}, not {DISTRIBUTION_SUM}")
        })?;
    }
    for node in spec.trees.iter().flat_map(|tree| &tree.nodes) {
        if let TreeNode::Leaf { value } = *node {
            require((value as usize) < n_distributions, || {
                format!("a leaf has distribution {value} of {n_distributions}")
            })?;
        }
    }
    let covers = spec.covers.len();
    require(covers == 0 || covers == n_leaves, || {
        "its forest does not have a cover a leaf".into()
    })
}

fn isolation(spec: &IsolationSpec, n_features: usize) -> Result<(), Error> {
    if spec.trees.is_empty() {
        return require(spec.quantiles.is_empty(), || {
            "its isolation forest has quantiles and no trees".into()
        });
    }
    isolation_trees(&spec.trees, n_features)?;
    require(spec.sample_size > 0, || {
        "its isolation forest has a sample size of 0".into()
    })?;
    require(spec.quantiles.len() == QUANTILE_STEPS + 1, || {
        let found = spec.quantiles.len();
        format!(
            "its isolation forest has {found} quantiles, not {}",
            QUANTILE_STEPS + 1
        )
    })?;
    let (least, largest) = isolation::path_sum_bounds(&spec.trees);
    let possible = |&sum: &u32| (least..=largest).contains(&u64::from(sum));
    require(spec.quantiles.iter().all(possible), || {
        format!("its isolation forest's quantiles leave the possible {least} to {largest}")
    })?;
    require(spec.quantiles.is_sorted_by(|a, b| a >= b), || {
        "its isolation forest's quantiles do not fall".into()
    })
}

/// Checks the trees of a detector over `n_features` features.
pub(crate) fn isolation_trees(list: &[Tree], n_features: usize) -> Result<(), Error> {
    trees("isolation forest", list, n_features)?;
    for (index, tree) in list.iter().enumerate() {
        let depth = tree.depth();
        require(depth <= isolation::MAX_DEPTH, || {
            let most = isolation::MAX_DEPTH;
            format!("tree {index} of its isolation forest is {depth} deep; {most} are allowed")
        })?;
    }
    let (_, largest) = isolation::path_sum_bounds(list);
    require(u32::try_from(largest).is_ok(), || {
        format!("its isolation forest's path lengths can add up to {largest}")
    })
}

/// Checks what all trees have in common, and counts their leaves.
fn trees(what: &str, trees: &[Tree], n_features: usize) -> Result<usize, Error> {
    require(trees.len() <= MAX_TREES, || {
        format!(
            "its {what} has {} trees; at most {MAX_TREES} are allowed",
            trees.len()
        )
    })?;
    let total: usize = trees.iter().map(|tree| tree.nodes.len()).sum();
    require(total <= MAX_NODES, || {
        format!("its {what} has {total} nodes; at most {MAX_NODES} are allowed")
    })?;
    let mut leaves = 0;
    for (index, tree) in trees.iter().enumerate() {
        require(tree.nodes.len() <= MAX_NODES_PER_TREE, || {
            let found = tree.nodes.len();
            format!(
                "tree {index} of its {what} has {found} nodes; {MAX_NODES_PER_TREE} are allowed"
            )
        })?;
        require(tree.is_preorder(), || {
            format!(
                "tree {index} of its {what} is no tree: its nodes' children do not fit together"
            )
        })?;
        for node in &tree.nodes {
            match *node {
                TreeNode::Split {
                    feature, threshold, ..
                } => {
                    require(usize::from(feature) < n_features, || {
                        format!(
                            "tree {index} of its {what} asks for feature {feature} of {n_features}"
                        )
                    })?;
                    require(!threshold.is_nan(), || {
                        format!("tree {index} of its {what} compares with NaN")
                    })?;
                }
                TreeNode::Leaf { .. } => leaves += 1,
            }
        }
    }
    Ok(leaves)
}

/// Refuses the points of a detector where there are none or too many, or some of their values are missing or not finite. `count` is how
/// many there should be, and how many there may be.
pub(super) fn points(
    what: &str,
    values: &[f32],
    count: (usize, usize),
    n_features: usize,
) -> Result<(), Error> {
    let (n_points, most) = count;
    let sizes_can_be = (1..=MAX_FEATURES).contains(&n_features)
        && (1..=most).contains(&n_points)
        && values.len() == n_points * n_features;
    require(sizes_can_be && all_finite(values), || {
        let found = values.len();
        format!(
            "its {what} has {found} values for {n_points} points of {n_features} features; finite ones of 1 to {most} points and 1 \
             to {MAX_FEATURES} features are allowed"
        )
    })
}

/// Whether none is missing or infinite.
pub(super) fn all_finite(values: &[f32]) -> bool {
    values.iter().all(|value| value.is_finite())
}

/// Refuses a model that does not hold what it must.
pub(super) fn require(holds: bool, message: impl FnOnce() -> String) -> Result<(), Error> {
    if holds {
        return Ok(());
    }
    let message = message();
    Err(Error::new(
        ErrorKind::PackDamaged,
        format!("The model cannot be used: {message}. Get the file again, or train it anew."),
    ))
}
