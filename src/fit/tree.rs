//! One tree of a random forest (Breiman 2001): a bootstrap sample, random features at every split, and in each leaf the
//! distribution of its rows' classes.

use super::binned::BinnedTable;
use super::bootstrap::{Bootstrap, Sample, bootstrap, stream};
use super::grower::{self, Node};
use super::options::ForestParams;
use super::split::SplitFinder;
use crate::model::tree::{Tree, TreeNode};
use std::cmp::Reverse;

/// A grown tree, before it joins a forest.
#[derive(Clone, Debug, PartialEq)]
pub struct GrownTree {
    /// The tree; a leaf's value is the index of its distribution below.
    pub tree: Tree,
    /// The distributions of the leaves, `n_classes` bytes each, each adding up to 255. Leaves of one class share one.
    pub distributions: Vec<u8>,
    /// The weight of the rows that ended in each leaf, in the order of the leaves.
    pub covers: Vec<u64>,
    /// Per feature, the impurity that its splits took away, as a share of the tree's weight.
    pub gains: Vec<f64>,
}

/// Grows the `tree_idx`-th tree. The same table, parameters and index give the same tree.
pub fn grow_tree(table: &BinnedTable, params: &ForestParams, tree_idx: u32) -> GrownTree {
    let growth = grow(table, params, tree_idx);
    let n_nodes = growth.nodes.len();
    let (_, weight) = growth.leaf(0);
    finish(table, &growth.nodes, n_nodes, weight, |node_idx| {
        growth.leaf(node_idx)
    })
}

/// The `tree_idx`-th tree as it grew.
pub(super) fn grow(table: &BinnedTable, params: &ForestParams, tree_idx: u32) -> Growth {
    let mut rng = stream(params.options().seed, tree_idx);
    let Bootstrap {
        samples,
        class_weights,
    } = bootstrap(table, &mut rng);
    let mut finder = SplitFinder::new(table, class_weights.clone(), params.options().min_leaf);
    let (nodes, samples) = grower::grow(table, params, rng, samples, &mut finder);
    Growth {
        nodes,
        samples,
        class_weights,
    }
}

/// A tree as it grew: nodes in the order in which they were made, those of split k (from 0) being 2k + 1 and 2k + 2.
pub(super) struct Growth {
    pub(super) nodes: Vec<Node>,
    samples: Vec<Sample>,
    class_weights: Vec<u32>,
}

impl Growth {
    /// The class distribution of a node, bytes that add up to 255, and what its rows weigh.
    pub(super) fn leaf(&self, node_idx: usize) -> (Vec<u8>, u64) {
        let weights = self.weights(node_idx);
        (quantise(&weights), weights.iter().sum())
    }

    /// What the rows of a node weigh, by class.
    fn weights(&self, node_idx: usize) -> Vec<u64> {
        let mut weights = vec![0; self.class_weights.len()];
        for sample in &self.samples[self.nodes[node_idx].range()] {
            let label = usize::from(sample.label);
            weights[label] += u64::from(sample.draws) * u64::from(self.class_weights[label]);
        }
        weights
    }
}

/// The first `n_nodes` nodes as a tree: in preorder, with the leaves' distributions and the features' gains. `weight` is that
/// of all rows; `leaf` gives a node's distribution and what its rows weigh.
pub(super) fn finish(
    table: &BinnedTable,
    nodes: &[Node],
    n_nodes: usize,
    weight: u64,
    leaf: impl Fn(usize) -> (Vec<u8>, u64),
) -> GrownTree {
    let mut grown = GrownTree {
        tree: Tree {
            nodes: Vec::with_capacity(n_nodes),
        },
        distributions: Vec::new(),
        covers: Vec::new(),
        gains: vec![0.0; table.columns.len()],
    };
    // Leaves of one class alone are many.
    let mut pure: Vec<Option<u32>> = vec![None; table.n_classes()];
    let mut n_distributions = 0;
    // The right child of a split is next once its left subtree is written; `parent` is then told where it is.
    let mut next: Vec<(u32, Option<usize>)> = vec![(0, None)];
    while let Some((node_idx, parent)) = next.pop() {
        let place = grown.tree.nodes.len();
        if let Some(parent) = parent
            && let TreeNode::Split { right, .. } = &mut grown.tree.nodes[parent]
        {
            *right = place as u32;
        }
        let node = &nodes[node_idx as usize];
        if let (Some(left), Some((gain, split))) = (node.left, node.best)
            && (left as usize) + 1 < n_nodes
        {
            grown.gains[usize::from(split.feature)] += gain / weight as f64;
            grown.tree.nodes.push(TreeNode::Split {
                feature: split.feature,
                threshold: table.threshold(&split),
                missing_left: split.missing_left,
                right: 0,
            });
            next.push((left + 1, Some(place)));
            next.push((left, None));
            continue;
        }
        let (distribution, cover) = leaf(node_idx as usize);
        grown.covers.push(cover);
        let mut classes = (0..).zip(&distribution).filter(|(_, share)| **share > 0);
        let class = match (classes.next(), classes.next()) {
            (Some((class, &u8::MAX)), None) => Some::<usize>(class),
            _ => None,
        };
        let value = class.and_then(|class| pure[class]).unwrap_or_else(|| {
            grown.distributions.extend(distribution);
            n_distributions += 1;
            n_distributions - 1
        });
        if let Some(class) = class {
            pure[class] = Some(value);
        }
        grown.tree.nodes.push(TreeNode::Leaf { value });
    }
    grown
}

/// Weights as bytes in the same proportions that add up to 255: rounded down, and what is missing goes to the largest
/// remainders, the lower class first where they are equal.
pub(super) fn quantise(weights: &[u64]) -> Vec<u8> {
    let total = u128::from(weights.iter().sum::<u64>()).max(1);
    let parts: Vec<(u8, u128)> = weights
        .iter()
        .map(|&weight| {
            let scaled = u128::from(weight) * 255;
            ((scaled / total) as u8, scaled % total)
        })
        .collect();
    let mut bytes: Vec<u8> = parts.iter().map(|&(byte, _)| byte).collect();
    let missing = 255 - bytes.iter().map(|&byte| usize::from(byte)).sum::<usize>();
    let mut by_remainder: Vec<usize> = (0..parts.len()).collect();
    by_remainder.sort_by_key(|&class| (Reverse(parts[class].1), class));
    for &class in by_remainder.iter().take(missing) {
        bytes[class] += 1;
    }
    bytes
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::fit::TrainingTable;
    use crate::fit::binned::bin_feature;
    use crate::fit::options::{ClassWeight, ForestOptions};
    use crate::fit::rng::SplitMix64;

    /// Three classes in two informative columns, a useless one and one that is mostly missing; class 2 is rare.
    pub(in crate::fit) fn table(n_rows: u32) -> TrainingTable {
        let mut rng = SplitMix64::new(17);
        let mut table = TrainingTable {
            columns: vec![Vec::new(); 4],
            labels: Vec::new(),
            n_classes: 4,
        };
        for _ in 0..n_rows {
            let (x, y) = (rng.unit() as f32, rng.unit() as f32);
            let label = if x > 0.98 {
                2
            } else {
                u8::from((x > 0.5) != (y > 0.3))
            };
            table.columns[0].push(x * 1e6);
            table.columns[1].push(y.sqrt());
            table.columns[2].push(rng.below(9) as f32);
            table.columns[3].push(if label == 1 && rng.below(2) == 0 {
                1.0
            } else {
                f32::NAN
            });
            table.labels.push(label);
        }
        table
    }

    pub(in crate::fit) fn bin(table: &TrainingTable, params: &ForestParams) -> BinnedTable {
        let columns = (0..table.columns.len())
            .map(|feature| bin_feature(table, feature, params))
            .collect();
        BinnedTable::new(table, columns, params).expect("a table to fit")
    }

    fn options() -> ForestOptions {
        ForestOptions {
            n_trees: 5,
            max_leaves: 64,
            ..Default::default()
        }
    }

    #[test]
    fn a_tree_tells_classes_apart() {
        let table = table(3000);
        let params = options().check().expect("in range");
        let binned = bin(&table, &params);
        let grown = grow_tree(&binned, &params, 0);
        let hits = (0..table.n_rows())
            .filter(|&row_idx| {
                let leaf = grown
                    .tree
                    .leaf(|feature| table.columns[usize::from(feature)][row_idx]);
                let distribution = &grown.distributions[leaf as usize * 4..][..4];
                let most = distribution.iter().max();
                most == Some(&distribution[usize::from(table.labels[row_idx])])
            })
            .count();
        assert!(hits > 2900, "{hits} of 3000");
        assert!(grown.gains[0] > grown.gains[2], "{:?}", grown.gains);
    }

    #[test]
    fn leaves_are_limited_and_their_distributions_add_up() {
        let table = table(2000);
        for (max_leaves, min_leaf) in [(2, 1), (7, 1), (200, 30)] {
            let params = ForestOptions {
                max_leaves,
                min_leaf,
                ..options()
            }
            .check()
            .expect("in range");
            let binned = bin(&table, &params);
            for tree_idx in 0..3 {
                let grown = grow_tree(&binned, &params, tree_idx);
                let leaves: Vec<&[u8]> = grown.distributions.chunks_exact(4).collect();
                let n_leaves = grown.tree.nodes.len().div_ceil(2);
                assert!(
                    (2..=max_leaves as usize).contains(&n_leaves) && leaves.len() <= n_leaves,
                    "{n_leaves}"
                );
                assert!(grown.tree.is_preorder());
                assert!(
                    leaves
                        .iter()
                        .all(|leaf| leaf.iter().map(|&b| u32::from(b)).sum::<u32>() == 255)
                );
            }
        }
    }

    #[test]
    fn a_tree_grows_until_its_leaves_are_pure() {
        let table = table(2000);
        for class_weight in [ClassWeight::None, ClassWeight::BalancedPerBootstrap] {
            let params = ForestOptions {
                max_leaves: 1000,
                features_per_split: 0.3,
                class_weight,
                ..options()
            }
            .check()
            .expect("in range");
            let grown = grow_tree(&bin(&table, &params), &params, 0);
            let leaves: Vec<&[u8]> = grown.distributions.chunks_exact(4).collect();
            assert_eq!(leaves.len(), 3, "one distribution for each class with rows");
            assert!(leaves.iter().all(|leaf| leaf.contains(&255)), "{leaves:?}");
            let n_leaves = grown.tree.nodes.len().div_ceil(2);
            assert!((20..1000).contains(&n_leaves), "{n_leaves} leaves");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_tree_and_another_index_another() {
        let table = table(500);
        let params = options().check().expect("in range");
        let binned = bin(&table, &params);
        assert_eq!(
            grow_tree(&binned, &params, 3),
            grow_tree(&binned, &params, 3)
        );
        assert_ne!(
            grow_tree(&binned, &params, 3).tree,
            grow_tree(&binned, &params, 4).tree
        );
    }

    #[test]
    fn weights_become_bytes_by_largest_remainder() {
        assert_eq!(quantise(&[1, 1, 1]), [85, 85, 85]);
        assert_eq!(
            quantise(&[1, 1]),
            [128, 127],
            "equal remainders: the lower class first"
        );
        assert_eq!(quantise(&[0, 7]), [0, 255]);
        assert_eq!(quantise(&[1, 1_000_000, 999]), [0, 255, 0]);
        assert_eq!(quantise(&[u64::MAX / 4, u64::MAX / 4, 1]), [128, 127, 0]);
    }
}
