//! Trees in about two bytes a node: what they are made of, sorted by kind.
//!
//! All trees of a forest are stored together. Their shape takes one bit a node. Thresholds lie in one table per feature,
//! each once, in rising order, so that a split holds two small numbers: which feature, and which of its thresholds.

use super::bytes::{Reader, put_bits, put_column, put_varint};
use super::{damaged, tables};
use crate::Error;
use crate::model::tree::{MAX_NODES_PER_TREE, Tree, TreeNode};
use crate::model::validate::{MAX_NODES, MAX_TREES};

/// Appends trees that [`crate::model::validate`] has accepted.
pub(super) fn put(out: &mut Vec<u8>, trees: &[Tree]) {
    let nodes = || trees.iter().flat_map(|tree| &tree.nodes);
    put_varint(out, trees.len() as u64);
    put_varint(out, nodes().count() as u64);
    let shape: Vec<bool> = nodes()
        .map(|node| matches!(node, TreeNode::Split { .. }))
        .collect();
    put_bits(out, &shape);

    let places = tables::put(out, trees);
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
                let (place, index) = tables::place(&places, feature, threshold);
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

    let tables = tables::get(reader, n_splits)?;
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
                (*feature, *threshold) = tables.at(place, index)?;
                *missing_left = left;
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

#[cfg(test)]
mod tests {
    use super::*;

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
