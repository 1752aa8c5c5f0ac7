//! Growing one tree of a random forest (Breiman 2001): a bootstrap sample, random features at every split, and the
//! split with the largest gain first, until there are enough leaves.
//!
//! Growing best-first spends a limit on leaves where they matter, which is why a small forest can equal a large one.

use super::TrainingTable;
use super::cuts::{BinnedColumn, MISSING_CODE, bin_column, class_shares};
use super::options::{ClassWeight, ForestParams, MAX_CLASSES, MAX_FEATURES, bad};
use super::rng::{Purpose, SplitMix64};
use super::split::{Sample, Split, SplitFinder};
use crate::Error;
use crate::model::tree::{Tree, TreeNode};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The most that a bootstrap sample may weigh, so that squares of weights fit in 64 bits.
const MAX_WEIGHT: u64 = 1 << 31;
/// What balanced classes weigh together before the bootstrap; the rest of [`MAX_WEIGHT`] is room for its luck.
const BALANCED_WEIGHT: u64 = 1 << 28;

/// The rows of a training table as codes of bins.
#[derive(Clone, Debug, PartialEq)]
pub struct BinnedTable {
    columns: Vec<BinnedColumn>,
    labels: Vec<u8>,
    n_classes: usize,
    class_weights: Vec<u32>,
}

/// A grown tree, before it joins a forest.
#[derive(Clone, Debug, PartialEq)]
pub struct GrownTree {
    /// The tree; a leaf's value is the index of its distribution below.
    pub tree: Tree,
    /// The distributions of the leaves, `n_classes` bytes each, each adding up to 255.
    pub distributions: Vec<u8>,
    /// Per feature, the impurity that its splits took away, as a share of the tree's weight.
    pub gains: Vec<f64>,
}

/// Cuts one column of a table into bins. A caller with threads maps this over the columns.
pub fn bin_feature(
    table: &TrainingTable,
    feature_idx: usize,
    params: &ForestParams,
) -> BinnedColumn {
    let shares = class_shares(&table.class_counts());
    bin_column(
        &table.columns[feature_idx],
        &table.labels,
        &shares,
        params.options().max_bins,
    )
}

impl BinnedTable {
    /// The value at which to split; infinite where only missing values go right.
    pub(super) fn threshold(&self, split: &Split) -> f32 {
        let cuts = &self.columns[usize::from(split.feature)].cuts;
        cuts.get(usize::from(split.last_left) - 1)
            .copied()
            .unwrap_or(f32::INFINITY)
    }

    /// Joins the binned columns of `table`, in its order.
    ///
    /// # Errors
    /// [`ErrorKind::BadFit`](crate::ErrorKind::BadFit) where no forest can be fitted: no rows or features, fewer than
    /// two classes with rows, or more than the limits of [`super::options`].
    pub fn new(
        table: &TrainingTable,
        columns: Vec<BinnedColumn>,
        params: &ForestParams,
    ) -> Result<Self, Error> {
        let counts = table.class_counts();
        check(table, &counts)?;
        Ok(Self {
            columns,
            labels: table.labels.clone(),
            n_classes: table.n_classes,
            class_weights: class_weights(&counts, params.options().class_weight),
        })
    }
}

fn check(table: &TrainingTable, counts: &[u64]) -> Result<(), Error> {
    let with_rows = counts.iter().filter(|&&count| count > 0).count();
    if table.columns.is_empty() {
        Err(bad(
            "No column is left to learn from. Name columns that are features with --keep.",
        ))
    } else if table.columns.len() > MAX_FEATURES {
        Err(bad(format!(
            "{} features are more than the {MAX_FEATURES} that a model reads.",
            table.columns.len()
        )))
    } else if table.n_classes > MAX_CLASSES {
        Err(bad(format!(
            "The label column has {} different values, and a model tells at most {MAX_CLASSES} classes apart. Is it \
             really the label?",
            table.n_classes
        )))
    } else if with_rows < 2 {
        Err(bad(format!(
            "Rows of at least two classes are needed to tell classes apart, but {} found.",
            if with_rows == 0 {
                "no rows were"
            } else {
                "only one class was"
            }
        )))
    } else if table.n_rows() as u64 > MAX_WEIGHT / 2 {
        Err(bad(format!(
            "{} rows are more than a fit can hold. Train on a sample of them.",
            table.n_rows()
        )))
    } else {
        Ok(())
    }
}

/// The weight of a row of each class, at least 1.
fn class_weights(counts: &[u64], weighting: ClassWeight) -> Vec<u32> {
    let n_present = counts.iter().filter(|&&count| count > 0).count().max(1) as u64;
    counts
        .iter()
        .map(|&count| match weighting {
            ClassWeight::None => 1,
            ClassWeight::Balanced => {
                let count = count.max(1);
                ((BALANCED_WEIGHT / n_present + count / 2) / count).max(1) as u32
            }
        })
        .collect()
}

/// Grows the `tree_idx`-th tree. The same table, parameters and index give the same tree.
pub fn grow_tree(table: &BinnedTable, params: &ForestParams, tree_idx: u32) -> GrownTree {
    let nodes = grow(table, params, tree_idx);
    finish(table, &nodes, nodes.len())
}

/// The nodes of the `tree_idx`-th tree in the order in which they were made: those of split k (from 0) are 2k + 1 and
/// 2k + 2.
pub(super) fn grow(table: &BinnedTable, params: &ForestParams, tree_idx: u32) -> Vec<Node> {
    let mut rng = SplitMix64::stream(
        params.options().seed,
        Purpose::ForestTree,
        u64::from(tree_idx),
    );
    let samples = bootstrap(table, &mut rng);
    let mut grower = Grower {
        table,
        rng,
        features: (0..table.columns.len() as u16).collect(),
        features_at_split: params.features_at_split(table.columns.len()),
        finder: SplitFinder::new(table.n_classes, params.options().min_leaf),
        samples,
        moved: Vec::new(),
        nodes: Vec::new(),
        open: BinaryHeap::new(),
    };
    grower.grow(params.options().max_leaves as usize);
    grower.nodes
}

/// As many rows as the table has, drawn with replacement; rows drawn twice weigh twice.
fn bootstrap(table: &BinnedTable, rng: &mut SplitMix64) -> Vec<Sample> {
    let n_rows = table.labels.len() as u32;
    let mut draws = vec![0u32; table.labels.len()];
    for _ in 0..n_rows {
        draws[rng.below(n_rows) as usize] += 1;
    }
    let mut class_weights = table.class_weights.clone();
    let weight = |row_idx: usize, class_weights: &[u32]| {
        u64::from(draws[row_idx]) * u64::from(class_weights[usize::from(table.labels[row_idx])])
    };
    while (0..draws.len())
        .map(|row_idx| weight(row_idx, &class_weights))
        .sum::<u64>()
        > MAX_WEIGHT
    {
        for weight in &mut class_weights {
            *weight = (*weight / 2).max(1);
        }
    }
    (0..n_rows)
        .filter(|&row_idx| draws[row_idx as usize] > 0)
        .map(|row_idx| Sample {
            row_idx,
            weight: weight(row_idx as usize, &class_weights) as u32,
            label: table.labels[row_idx as usize],
        })
        .collect()
}

/// A node while the tree grows: a range of the samples.
#[derive(Clone, Debug)]
pub(super) struct Node {
    start: usize,
    end: usize,
    pub(super) class_weights: Vec<u64>,
    /// The best split found, with its gain.
    pub(super) best: Option<(f64, Split)>,
    pub(super) children: Option<(usize, usize)>,
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

struct Grower<'a> {
    table: &'a BinnedTable,
    rng: SplitMix64,
    /// All features, in the order of the last draw.
    features: Vec<u16>,
    features_at_split: usize,
    finder: SplitFinder,
    /// The bootstrap sample; a node's rows lie together.
    samples: Vec<Sample>,
    moved: Vec<Sample>,
    nodes: Vec<Node>,
    /// Nodes that can be split, the largest gain first, then the oldest.
    open: BinaryHeap<(Gain, Reverse<usize>)>,
}

impl Grower<'_> {
    fn grow(&mut self, max_leaves: usize) {
        self.add_node(0, self.samples.len());
        let mut n_leaves = 1;
        while n_leaves < max_leaves
            && let Some((_, Reverse(node_idx))) = self.open.pop()
        {
            let Some((_, split)) = self.nodes[node_idx].best else {
                continue;
            };
            let (start, end) = (self.nodes[node_idx].start, self.nodes[node_idx].end);
            let middle = self.partition(start, end, &split);
            let left = self.add_node(start, middle);
            let right = self.add_node(middle, end);
            self.nodes[node_idx].children = Some((left, right));
            n_leaves += 1;
        }
    }

    /// Adds a node over a range of the samples and looks for its best split.
    fn add_node(&mut self, start: usize, end: usize) -> usize {
        let node_idx = self.nodes.len();
        self.finder.enter(&self.samples[start..end]);
        let class_weights = self.finder.class_weights().to_vec();
        let is_pure = class_weights.iter().filter(|&&weight| weight > 0).count() < 2;
        let best = if is_pure {
            None
        } else {
            self.best_split(start, end)
        };
        if let Some((gain, _)) = best {
            self.open.push((Gain(gain), Reverse(node_idx)));
        }
        self.nodes.push(Node {
            start,
            end,
            class_weights,
            best,
            children: None,
        });
        node_idx
    }

    /// The best split on randomly drawn features: at least the number asked for, more while none of them can split.
    fn best_split(&mut self, start: usize, end: usize) -> Option<(f64, Split)> {
        let samples = &self.samples[start..end];
        let mut best: Option<Split> = None;
        for drawn in 0..self.features.len() {
            if drawn >= self.features_at_split && best.is_some() {
                break;
            }
            let other = drawn + self.rng.below((self.features.len() - drawn) as u32) as usize;
            self.features.swap(drawn, other);
            let feature = self.features[drawn];
            let column = &self.table.columns[usize::from(feature)];
            if let Some(found) = self
                .finder
                .best(samples, feature, &column.codes, &column.cuts)
                && best.is_none_or(|best| found.score > best.score)
            {
                best = Some(found);
            }
        }
        best.map(|split| (split.score - self.finder.unsplit_score(), split))
            .filter(|&(gain, _)| gain > 0.0)
    }

    /// Moves the rows that go left to the front, keeping their order; says where the others start.
    fn partition(&mut self, start: usize, end: usize, split: &Split) -> usize {
        let codes = &self.table.columns[usize::from(split.feature)].codes;
        self.moved.clear();
        let mut middle = start;
        for i in start..end {
            let sample = self.samples[i];
            let code = codes[sample.row_idx as usize];
            let goes_left = if code == MISSING_CODE {
                split.missing_left
            } else {
                code <= split.last_left
            };
            if goes_left {
                self.samples[middle] = sample;
                middle += 1;
            } else {
                self.moved.push(sample);
            }
        }
        self.samples[middle..end].copy_from_slice(&self.moved);
        middle
    }
}

/// The first `n_nodes` nodes as a tree: in preorder, with the leaves' distributions and the features' gains.
pub(super) fn finish(table: &BinnedTable, nodes: &[Node], n_nodes: usize) -> GrownTree {
    let root_weight: u64 = nodes[0].class_weights.iter().sum();
    let mut grown = GrownTree {
        tree: Tree::default(),
        distributions: Vec::new(),
        gains: vec![0.0; table.columns.len()],
    };
    // The right child of a split is next once its left subtree is written; `parent` is then told where it is.
    let mut next: Vec<(usize, Option<usize>)> = vec![(0, None)];
    let mut n_leaves = 0;
    while let Some((node_idx, parent)) = next.pop() {
        let place = grown.tree.nodes.len();
        if let Some(parent) = parent
            && let TreeNode::Split { right, .. } = &mut grown.tree.nodes[parent]
        {
            *right = place as u32;
        }
        let node = &nodes[node_idx];
        if let (Some((left, right)), Some((gain, split))) = (node.children, node.best)
            && right < n_nodes
        {
            grown.gains[usize::from(split.feature)] += gain / root_weight as f64;
            grown.tree.nodes.push(TreeNode::Split {
                feature: split.feature,
                threshold: table.threshold(&split),
                missing_left: split.missing_left,
                right: 0,
            });
            next.push((right, Some(place)));
            next.push((left, None));
        } else {
            grown.tree.nodes.push(TreeNode::Leaf { value: n_leaves });
            n_leaves += 1;
            grown.distributions.extend(quantise(&node.class_weights));
        }
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
    use crate::fit::options::ForestOptions;

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
                assert!(
                    leaves.len() <= max_leaves as usize && leaves.len() > 1,
                    "{}",
                    leaves.len()
                );
                assert_eq!(grown.tree.nodes.len(), 2 * leaves.len() - 1);
                assert!(
                    leaves
                        .iter()
                        .all(|leaf| leaf.iter().map(|&b| u32::from(b)).sum::<u32>() == 255)
                );
            }
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
    fn tables_that_cannot_be_fitted_are_refused() {
        let params = options().check().expect("in range");
        let good = table(50);
        let mut one_class = good.clone();
        one_class.labels.fill(1);
        let no_columns = TrainingTable {
            columns: Vec::new(),
            ..good.clone()
        };
        let many_classes = TrainingTable {
            n_classes: 251,
            ..good.clone()
        };
        for (table, word) in [
            (&one_class, "only one class"),
            (&no_columns, "No column"),
            (&many_classes, "251 different values"),
        ] {
            let error = BinnedTable::new(table, Vec::new(), &params).expect_err(word);
            assert!(error.to_string().contains(word), "{error}");
        }
        let none = TrainingTable {
            columns: vec![Vec::new()],
            labels: Vec::new(),
            n_classes: 2,
        };
        let error =
            BinnedTable::new(&none, vec![BinnedColumn::default()], &params).expect_err("no rows");
        assert!(error.to_string().contains("no rows were found"), "{error}");
    }

    #[test]
    fn balanced_classes_weigh_the_same() {
        let weights = class_weights(&[60_000, 18, 0, 300], ClassWeight::Balanced);
        let shares: Vec<u64> = weights
            .iter()
            .zip([60_000u64, 18, 0, 300])
            .map(|(&weight, n)| u64::from(weight) * n)
            .collect();
        let third = BALANCED_WEIGHT / 3;
        assert!(
            shares
                .iter()
                .all(|&share| share == 0 || share.abs_diff(third) < third / 1000),
            "{shares:?}"
        );
        assert_eq!(class_weights(&[5, 0, 9], ClassWeight::None), [1, 1, 1]);
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
