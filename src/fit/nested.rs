//! A tree that holds all smaller ones: the same growth, stopped earlier.
//!
//! Growth is best-first, so the tree of at most 64 leaves is the first 63 splits of the one of at most 4,096. Whoever
//! looks for the right size grows once and asks for every size.
//!
//! ```text
//! split k, from 0, makes nodes 2k + 1 and 2k + 2; a tree of n leaves is the nodes below 2n − 1
//! ```

use super::binned::BinnedTable;
use super::grower::Node;
use super::options::ForestParams;
use super::tree::{GrownTree, finish, grow};
use crate::model::tree::goes_left;

/// All trees of one growth, from the root alone to the largest.
#[derive(Clone, Debug)]
pub struct NestedTree {
    nodes: Vec<Node>,
    /// What the rows of every node weigh.
    weights: Vec<u64>,
    steps: Vec<Step>,
    /// The class distribution of every node, `n_classes` bytes each, each adding up to 255.
    distributions: Vec<u8>,
    n_classes: usize,
}

/// A node as a row passes it.
#[derive(Clone, Copy, Debug)]
struct Step {
    threshold: f32,
    feature: u16,
    missing_left: bool,
    /// The left child, the right one being next to it; 0 where even the largest tree has a leaf.
    left: u32,
}

/// Grows the `tree_idx`-th tree of a forest and remembers the order of its splits.
pub fn grow_nested(table: &BinnedTable, params: &ForestParams, tree_idx: u32) -> NestedTree {
    let growth = grow(table, params, tree_idx);
    let step = |node: &Node| match (node.left, node.best) {
        (Some(left), Some((_, split))) => Step {
            threshold: table.threshold(&split),
            feature: split.feature,
            missing_left: split.missing_left,
            left,
        },
        _ => Step {
            threshold: 0.0,
            feature: 0,
            missing_left: false,
            left: 0,
        },
    };
    let leaves = (0..growth.nodes.len()).map(|node_idx| growth.leaf(node_idx));
    let (distributions, weights): (Vec<Vec<u8>>, _) = leaves.unzip();
    NestedTree {
        steps: growth.nodes.iter().map(step).collect(),
        distributions: distributions.concat(),
        n_classes: table.n_classes(),
        weights,
        nodes: growth.nodes,
    }
}

impl NestedTree {
    /// The tree of at most `max_leaves` leaves: what [`grow_tree`](super::tree::grow_tree) gives for that limit. `table` is
    /// the one that it was grown on.
    pub fn cut(&self, table: &BinnedTable, max_leaves: u32) -> GrownTree {
        let n_nodes = n_nodes(max_leaves);
        finish(table, &self.nodes, n_nodes, self.weights[0], |node_idx| {
            let distribution = &self.distributions[node_idx * self.n_classes..][..self.n_classes];
            (distribution.to_vec(), self.weights[node_idx])
        })
    }

    /// Walks a row, given by the value of each feature, and hands `visit` the distribution in which it ends in the tree of
    /// each limit (ascending), with the limit's index.
    pub fn walk(
        &self,
        value: impl Fn(u16) -> f32,
        limits: &[u32],
        mut visit: impl FnMut(usize, &[u8]),
    ) {
        let mut here = 0;
        for (index, &limit) in limits.iter().enumerate() {
            loop {
                let step = self.steps[here];
                if step.left == 0 || step.left as usize + 1 >= n_nodes(limit) {
                    break;
                }
                let goes_left = goes_left(value(step.feature), step.threshold, step.missing_left);
                here = step.left as usize + usize::from(!goes_left);
            }
            visit(
                index,
                &self.distributions[here * self.n_classes..][..self.n_classes],
            );
        }
    }
}

/// How many nodes a tree of that many leaves has.
fn n_nodes(max_leaves: u32) -> usize {
    2 * max_leaves as usize - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::options::ForestOptions;
    use crate::fit::tree::grow_tree;
    use crate::fit::tree::tests::{bin, table};

    #[test]
    fn a_cut_tree_is_the_one_that_was_stopped_earlier() {
        let table = table(1500);
        let params = |max_leaves| {
            let options = ForestOptions {
                max_leaves,
                ..Default::default()
            };
            options.check().expect("in range")
        };
        let binned = bin(&table, &params(2));
        let limits = [2, 3, 17, 60, 4_000];
        for tree_idx in 0..4 {
            let nested = grow_nested(&binned, &params(4_000), tree_idx);
            let stopped = limits.map(|limit| grow_tree(&binned, &params(limit), tree_idx));
            for (&limit, tree) in limits.iter().zip(&stopped) {
                assert_eq!(&nested.cut(&binned, limit), tree, "{limit} leaves");
            }
            for row_idx in 0..200 {
                let value = |feature: u16| table.columns[usize::from(feature)][row_idx];
                let mut seen = 0;
                nested.walk(value, &limits, |index, distribution| {
                    let leaf = stopped[index].tree.leaf(value) as usize;
                    assert_eq!(distribution, &stopped[index].distributions[leaf * 4..][..4]);
                    seen += 1;
                });
                assert_eq!(seen, limits.len());
            }
        }
    }
}
