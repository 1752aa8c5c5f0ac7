//! Growing one tree best-first: the split with the largest gain comes next, until there are enough leaves.
//!
//! Growing best-first spends a limit on leaves where they matter, which is why a small forest can equal a large one. What a
//! split gains is for a [`Splitter`] to say: purer classes, or scores that are nearer to what they should be.

use super::binned::BinnedTable;
use super::bootstrap::Sample;
use super::cuts::MISSING_CODE;
use super::options::ForestParams;
use super::rng::SplitMix64;
use super::split::Split;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What finds the best splits of a tree's nodes.
pub(super) trait Splitter {
    /// Turns to a node with these rows; says whether a split could gain anything.
    fn enter(&mut self, samples: &[Sample]) -> bool;

    /// The score of the node unsplit.
    fn unsplit_score(&self) -> f64;

    /// The best split of the node, whose rows are `samples`, on one of these features; of equal ones, on the first.
    /// `None` where no feature can split it: all rows have one code, or every split leaves a side with too few rows.
    ///
    /// Tells `constant` of each feature on which all rows have one code.
    fn best(
        &mut self,
        samples: &[Sample],
        features: &[u16],
        constant: impl FnMut(u16),
    ) -> Option<Split>;
}

/// Grows a tree over these rows. `rng` draws the features that each split looks at. Gives the nodes in the order in which
/// they were made, those of split k (from 0) being 2k + 1 and 2k + 2, and the rows in the order to which they refer.
pub(super) fn grow(
    table: &BinnedTable,
    params: &ForestParams,
    rng: SplitMix64,
    samples: Vec<Sample>,
    splitter: &mut impl Splitter,
) -> (Vec<Node>, Vec<Sample>) {
    let n_features = table.columns.len();
    let mut grower = Grower {
        table,
        rng,
        features: (0..n_features as u16).collect(),
        features_at_split: params.features_at_split(n_features),
        drawn: Vec::new(),
        splitter,
        samples,
        moved: Vec::new(),
        nodes: Vec::new(),
        constants: Constants::new(n_features),
        open: BinaryHeap::new(),
    };
    grower.grow(params.options().max_leaves as usize);
    (grower.nodes, grower.samples)
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
    pub(super) fn range(&self) -> std::ops::Range<usize> {
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

struct Grower<'a, S> {
    table: &'a BinnedTable,
    rng: SplitMix64,
    /// All features, in the order of the last draw.
    features: Vec<u16>,
    features_at_split: usize,
    /// Drawn features that are not known to be constant.
    drawn: Vec<u16>,
    splitter: &'a mut S,
    /// A node's rows lie together.
    samples: Vec<Sample>,
    moved: Vec<Sample>,
    nodes: Vec<Node>,
    constants: Constants,
    /// Nodes that can be split, the largest gain first, then the oldest.
    open: BinaryHeap<(Gain, Reverse<u32>)>,
}

impl<S: Splitter> Grower<'_, S> {
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
        if !is_pure && self.splitter.enter(&self.samples[start..end]) {
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
                    .splitter
                    .best(samples, &self.drawn, |feature| constants.add(feature));
            }
        }
        best.map(|split| (split.score - self.splitter.unsplit_score(), split))
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
