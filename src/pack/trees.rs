//! Trees in about two bytes a node: what they are made of, sorted by kind.
//!
//! All trees of a forest are stored together. Their shape takes one bit a node. Thresholds lie in one table per feature,
//! each once, in rising order, so that a split holds two small numbers: which feature, and which of its thresholds.

use super::bytes::{Reader, put_bits, put_column, put_varint};
use super::damaged;
use crate::Error;
use crate::model::tree::{MAX_NODES_PER_TREE, Tree, TreeNode};
use crate::model::validate::{MAX_NODES, MAX_TREES};
use std::collections::{BTreeMap, BTreeSet};

/// Appends trees that [`crate::model::validate`] has accepted.
pub(super) fn put(out: &mut Vec<u8>, trees: &[Tree]) {
    let nodes = || trees.iter().flat_map(|tree| &tree.nodes);
    let mut tables: BTreeMap<u16, BTreeSet<u32>> = BTreeMap::new();
    for node in nodes() {
        if let TreeNode::Split {
            feature, threshold, ..
        } = *node
        {
            tables
                .entry(feature)
                .or_default()
                .insert(sortable(threshold));
        }
    }

    put_varint(out, trees.len() as u64);
    put_varint(out, nodes().count() as u64);
    let shape: Vec<bool> = nodes()
        .map(|node| matches!(node, TreeNode::Split { .. }))
        .collect();
    put_bits(out, &shape);

    put_varint(out, tables.len() as u64);
    for (&feature, table) in &tables {
        put_varint(out, u64::from(feature));
        put_varint(out, table.len() as u64);
    }
    let mut steps = Vec::new();
    for table in tables.values() {
        let mut before = 0;
        for &threshold in table {
            steps.push(threshold - before);
            before = threshold;
        }
    }
    put_column(out, &steps);

    // Where each threshold stands in its table, and each table in the list.
    let places: BTreeMap<(u16, u32), (u32, u32)> = tables
        .iter()
        .zip(0..)
        .flat_map(|((&feature, table), place)| {
            let within = table.iter().zip(0..);
            within.map(move |(&threshold, index)| ((feature, threshold), (place, index)))
        })
        .collect();
    let mut features = Vec::new();
    let mut thresholds = Vec::new();
    let mut missing = Vec::new();
    let mut leaves = Vec::new();
    for node in nodes() {
        match *node {
            TreeNode::Split {
                feature,
                threshold,
                missing_left,
                ..
            } => {
                let (place, index) = places[&(feature, sortable(threshold))];
                features.push(place);
                thresholds.push(index);
                missing.push(missing_left);
            }
            TreeNode::Leaf { value } => leaves.push(value),
        }
    }
    put_column(out, &features);
    put_column(out, &thresholds);
    put_bits(out, &missing);
    put_column(out, &leaves);
}

/// The inverse of [`put`]. What comes out are whole trees in preorder, whatever the bytes.
pub(super) fn get(reader: &mut Reader<'_>) -> Result<Vec<Tree>, Error> {
    let n_trees = reader.varint_below(MAX_TREES as u64 + 1)? as usize;
    let n_nodes = reader.varint_below(MAX_NODES as u64 + 1)? as usize;
    let mut trees = get_shapes(reader.bits(n_nodes)?, n_trees)?;
    let count = |tree: &Tree| tree.nodes.len() / 2;
    let n_splits: usize = trees.iter().map(count).sum();

    let tables = get_tables(reader, n_splits)?;
    let mut features = reader.column(n_splits)?.into_iter();
    let mut thresholds = reader.column(n_splits)?.into_iter();
    let mut missing = reader.bits(n_splits)?;
    let mut leaves = reader.column(n_nodes - n_splits)?.into_iter();
    for node in trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
        match node {
            TreeNode::Split {
                feature,
                threshold,
                missing_left,
                ..
            } => {
                let (Some(place), Some(index), Some(left)) =
                    (features.next(), thresholds.next(), missing.next())
                else {
                    return Err(damaged("a forest has too few splits"));
                };
                let Some((table_feature, table)) = tables.get(place as usize) else {
                    return Err(damaged("a split asks for a feature that is not listed"));
                };
                let Some(&value) = table.get(index as usize) else {
                    return Err(damaged("a split asks for a threshold that is not listed"));
                };
                (*feature, *threshold, *missing_left) = (*table_feature, value, left);
            }
            TreeNode::Leaf { value } => {
                let Some(leaf) = leaves.next() else {
                    return Err(damaged("a forest has too few leaves"));
                };
                *value = leaf;
            }
        }
    }
    Ok(trees)
}

/// Trees from one bit a node, set for splits: a tree ends where no split lacks a child any more.
fn get_shapes(mut shape: impl Iterator<Item = bool>, n_trees: usize) -> Result<Vec<Tree>, Error> {
    let mut trees = Vec::new();
    // The splits whose right child is still to come, the nearest last.
    let mut pending: Vec<usize> = Vec::new();
    for _ in 0..n_trees {
        let mut nodes: Vec<TreeNode> = Vec::new();
        loop {
            if nodes.len() == MAX_NODES_PER_TREE {
                return Err(damaged(&format!(
                    "a tree has more than {MAX_NODES_PER_TREE} nodes"
                )));
            }
            let here = nodes.len();
            match shape.next() {
                None => return Err(damaged("the last tree has no end")),
                Some(true) => {
                    pending.push(here);
                    nodes.push(TreeNode::Split {
                        feature: 0,
                        threshold: 0.0,
                        missing_left: false,
                        right: 0,
                    });
                }
                Some(false) => {
                    nodes.push(TreeNode::Leaf { value: 0 });
                    let Some(split) = pending.pop() else { break };
                    if let TreeNode::Split { right, .. } = &mut nodes[split] {
                        *right = here as u32 + 1;
                    }
                }
            }
        }
        nodes.shrink_to_fit();
        trees.push(Tree { nodes });
    }
    if shape.next().is_some() {
        return Err(damaged("nodes are left over behind the last tree"));
    }
    Ok(trees)
}

/// The features that splits ask for, each with its thresholds in rising order.
fn get_tables(reader: &mut Reader<'_>, n_splits: usize) -> Result<Vec<(u16, Vec<f32>)>, Error> {
    let n_tables = reader.varint_below(u64::from(u16::MAX) + 2)?;
    let mut lens = Vec::new();
    let mut total = 0;
    for _ in 0..n_tables {
        let feature = reader.varint_below(u64::from(u16::MAX) + 1)? as u16;
        // Each threshold belongs to a split at least.
        let len = reader.varint_below((n_splits - total) as u64 + 1)? as usize;
        total += len;
        lens.push((feature, len));
    }
    let mut steps = reader.column(total)?.into_iter();
    let mut tables = Vec::with_capacity(lens.len());
    for (feature, len) in lens {
        let mut table = Vec::with_capacity(len);
        let mut key = 0u32;
        for step in steps.by_ref().take(len) {
            let Some(next) = key.checked_add(step) else {
                return Err(damaged("a threshold is larger than any number"));
            };
            key = next;
            table.push(from_sortable(key));
        }
        tables.push((feature, table));
    }
    Ok(tables)
}

const SIGN: u32 = 1 << 31;

/// A float's bits, changed so that they sort as the floats do.
fn sortable(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits | SIGN } else { !bits }
}

fn from_sortable(key: u32) -> f32 {
    f32::from_bits(if key & SIGN == 0 { !key } else { key & !SIGN })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sortable_keys_keep_order_and_bits() {
        let values = [
            f32::NEG_INFINITY,
            f32::MIN,
            -1.5,
            -f32::MIN_POSITIVE,
            -0.0,
            0.0,
            f32::MIN_POSITIVE,
            2.0,
            f32::MAX,
            f32::INFINITY,
        ];
        assert!(values.map(sortable).is_sorted_by(|a, b| a < b));
        assert_eq!(
            values.map(|v| from_sortable(sortable(v)).to_bits()),
            values.map(f32::to_bits)
        );
    }

    fn shapes(bits: &str, n_trees: usize) -> Result<Vec<Tree>, Error> {
        get_shapes(bits.chars().map(|bit| bit == '1'), n_trees)
    }

    #[test]
    fn shapes_that_do_not_fit_are_damage() {
        assert_eq!(shapes("0", 1).unwrap()[0].nodes.len(), 1);
        assert_eq!(shapes("1000", 2).unwrap()[0].nodes.len(), 3);
        assert!(shapes("1100100", 1).unwrap()[0].is_preorder());
        assert!(shapes("", 1).is_err(), "no tree");
        assert!(shapes("10", 1).is_err(), "no right child");
        assert!(shapes("100", 2).is_err(), "no second tree");
        assert!(shapes("1000", 1).is_err(), "a node too many");
        assert!(
            shapes(&"1".repeat(70_000), 1).is_err(),
            "splits without end"
        );
        let wide = "1".repeat(32_767) + &"0".repeat(32_768);
        assert!(
            shapes(&wide, 1).unwrap()[0].is_preorder(),
            "as large as they get"
        );
        assert!(
            shapes(&format!("1{wide}0"), 1).is_err(),
            "one split too large"
        );
    }

    #[test]
    fn the_example_of_the_specification_is_right() {
        let split = TreeNode::Split {
            feature: 4,
            threshold: 2.0,
            missing_left: false,
            right: 2,
        };
        let leaf = |value| TreeNode::Leaf { value };
        let trees = [Tree {
            nodes: vec![split, leaf(0), leaf(1)],
        }];
        let mut bytes = Vec::new();
        put(&mut bytes, &trees);
        let text: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        let specification = include_str!("../../docs/pack-format.md");
        assert!(
            specification.contains(&format!("`{}`", text.join(" "))),
            "{text:?}"
        );
        assert_eq!(get(&mut Reader::new(&bytes)).unwrap(), trees);
    }
}
