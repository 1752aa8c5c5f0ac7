//! Growing one tree of a random forest (Breiman 2001): a bootstrap sample, random features at every split, and the
//! split with the largest gain first, until there are enough leaves.
//!
//! Growing best-first spends a limit on leaves where they matter, which is why a small forest can equal a large one.

use super::binned::BinnedTable;
use super::bootstrap::{Bootstrap, Sample, bootstrap, stream};
use super::cuts::MISSING_CODE;
use super::options::ForestParams;
use super::rng::SplitMix64;
use super::split::{Split, SplitFinder};
use crate::model::tree::{Tree, TreeNode};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

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
    let n_features = table.columns.len();
    let mut grower = Grower {
        table,
        rng,
        features: (0..n_features as u16).collect(),
        features_at_split: params.features_at_split(n_features),
        drawn: Vec::new(),
        finder: SplitFinder::new(table, class_weights.clone(), params.options().min_leaf),
        class_weights,
        samples,
        moved: Vec::new(),
        nodes: Vec::new(),
        constants: Constants::new(n_features),
        open: BinaryHeap::new(),
    };
    grower.grow(params.options().max_leaves as usize);
    Growth {
        nodes: grower.nodes,
        samples: grower.samples,
        class_weights: grower.class_weights,
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

/// A node while the tree grows: a range of the samples.
#[derive(Clone, Debug)]
pub(super) struct Node {
    start: u32,
    end: u32,
    /// Where it can be split: the best way found, and its gain.
    pub(super) best: Option<(f64, Split)>,
    /// The left child, once it is split; the right one comes after that.
    pub(super) left: Option<u32>,
    /// Its place in [`Constants`], while it can be split.
    constants: u32,
}

impl Node {
    fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// A gain, ordered.
#[derive(PartialEq)]
struct Gain(f64);

impl Eq for Gain {}

impl PartialOrd for Gain {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Gain {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Features that are known to have one code in all rows of a node, and so in all nodes below it: a set of bits per node.
struct Constants {
    words_per_node: usize,
    words: Vec<u64>,
    /// Those of the node at hand.
    now: Vec<u64>,
}

impl Constants {
    fn new(n_features: usize) -> Self {
        let words_per_node = n_features.div_ceil(64);
        Self {
            words_per_node,
            words: Vec::new(),
            now: vec![0; words_per_node],
        }
    }

    /// Turns to a child of the node whose features were kept at a place; the root has no parent.
    fn enter(&mut self, parent: Option<u32>) {
        match parent {
            Some(place) => {
                let begin = place as usize * self.words_per_node;
                let known = &self.words[begin..begin + self.words_per_node];
                self.now.copy_from_slice(known);
            }
            None => self.now.fill(0),
        }
    }

    fn has(&self, feature: u16) -> bool {
        self.now[usize::from(feature / 64)] >> (feature % 64) & 1 == 1
    }

    fn add(&mut self, feature: u16) {
        self.now[usize::from(feature / 64)] |= 1 << (feature % 64);
    }

    /// Keeps those of the node at hand; says where.
    fn keep(&mut self) -> u32 {
        let place = self.words.len() / self.words_per_node;
        self.words.extend_from_slice(&self.now);
        place as u32
    }
}

struct Grower<'a> {
    table: &'a BinnedTable,
    rng: SplitMix64,
    /// All features, in the order of the last draw.
    features: Vec<u16>,
    features_at_split: usize,
    /// Drawn features that are not known to be constant.
    drawn: Vec<u16>,
    finder: SplitFinder<'a>,
    class_weights: Vec<u32>,
    /// The bootstrap sample; a node's rows lie together.
    samples: Vec<Sample>,
    moved: Vec<Sample>,
    nodes: Vec<Node>,
    constants: Constants,
    /// Nodes that can be split, the largest gain first, then the oldest.
    open: BinaryHeap<(Gain, Reverse<u32>)>,
}

impl Grower<'_> {
    fn grow(&mut self, max_leaves: usize) {
        self.add_node(0, self.samples.len(), None, false);
        let mut n_leaves = 1;
        while n_leaves < max_leaves
            && let Some((_, Reverse(node_idx))) = self.open.pop()
        {
            let node = &self.nodes[node_idx as usize];
            let Some((_, split)) = node.best else {
                continue;
            };
            let (range, constants) = (node.range(), node.constants);
            let middle = self.partition(range.clone(), &split);
            let left = self.nodes.len() as u32;
            self.add_node(range.start, middle, Some(constants), split.pure[0]);
            self.add_node(middle, range.end, Some(constants), split.pure[1]);
            self.nodes[node_idx as usize].left = Some(left);
            n_leaves += 1;
        }
    }

    /// Adds a node over a range of the samples and looks for its best split. `parent` is the place of the parent's constant
    /// features.
    fn add_node(&mut self, start: usize, end: usize, parent: Option<u32>, is_pure: bool) {
        let node_idx = self.nodes.len() as u32;
        let mut node = Node {
            start: start as u32,
            end: end as u32,
            best: None,
            left: None,
            constants: 0,
        };
        if !is_pure && self.finder.enter(&self.samples[start..end]) {
            self.constants.enter(parent);
            node.best = self.best_split(start, end);
        }
        if let Some((gain, _)) = node.best {
            node.constants = self.constants.keep();
            self.open.push((Gain(gain), Reverse(node_idx)));
        }
        self.nodes.push(node);
    }

    /// The best split on randomly drawn features: at least the number asked for, more while none of them can split.
    fn best_split(&mut self, start: usize, end: usize) -> Option<(f64, Split)> {
        let samples = &self.samples[start..end];
        let mut best = None;
        let mut n_drawn = 0;
        while n_drawn < self.features.len() && best.is_none() {
            let n = if n_drawn == 0 {
                self.features_at_split
            } else {
                1
            };
            self.rng.draw_to_front(&mut self.features[n_drawn..], n);
            let drawn = self.features[n_drawn..].iter().take(n).copied();
            self.drawn.clear();
            self.drawn
                .extend(drawn.filter(|&feature| !self.constants.has(feature)));
            n_drawn += n;
            if !self.drawn.is_empty() {
                let constants = &mut self.constants;
                best = self
                    .finder
                    .best(samples, &self.drawn, |feature| constants.add(feature));
            }
        }
        best.map(|split| (split.score - self.finder.unsplit_score(), split))
            .filter(|&(gain, _)| gain > 0.0)
    }

    /// Moves the rows that go left to the front, keeping their order; says where the others start.
    fn partition(&mut self, range: std::ops::Range<usize>, split: &Split) -> usize {
        let codes = self.table.codes_for(split.feature, range.len());
        let samples = &mut self.samples[range.clone()];
        self.moved.resize(samples.len(), samples[0]);
        let (mut n_left, mut n_right) = (0, 0);
        for i in 0..samples.len() {
            let sample = samples[i];
            let code = codes.of(sample.row_idx);
            let goes_left = if code == MISSING_CODE {
                split.missing_left
            } else {
                code <= split.last_left
            };
            // Both are written and one is kept: no branch that would be guessed wrong half of the time.
            samples[n_left] = sample;
            self.moved[n_right] = sample;
            n_left += usize::from(goes_left);
            n_right += usize::from(!goes_left);
        }
        samples[n_left..].copy_from_slice(&self.moved[..n_right]);
        range.start + n_left
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
    // The distribution of leaves of one class alone.
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
        let class = distribution.iter().position(|&share| share == u8::MAX);
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

    /// The distribution that a row ends in.
    pub(in crate::fit) fn walk(tree: &Tree, row: impl Fn(u16) -> f32) -> u32 {
        let mut place = 0;
        loop {
            match tree.nodes[place] {
                TreeNode::Leaf { value } => return value,
                TreeNode::Split {
                    feature,
                    threshold,
                    missing_left,
                    right,
                } => {
                    let value = row(feature);
                    let left = if value.is_nan() {
                        missing_left
                    } else {
                        value <= threshold
                    };
                    place = if left { place + 1 } else { right as usize };
                }
            }
        }
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
                let leaf = walk(&grown.tree, |feature| {
                    table.columns[usize::from(feature)][row_idx]
                });
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
