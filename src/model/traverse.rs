//! Trees laid out for speed, and the walk over them.
//!
//! A node is eight bytes: a threshold, the slot of the row that it looks at (in bytes from the row's start), and how far
//! ahead its right child lies. The left child is the right one's neighbour, so a step is
//!
//! ```text
//! next = here + right + (row[slot] <= threshold ? 1 : 0)
//! ```
//!
//! A leaf looks at a slot that always holds ∞ and has `right = 0`, so it steps onto itself, and its threshold carries
//! its value, below 2²⁴, in the bits behind a constant that makes any of them a positive number. With that a walk needs no
//! test for leaves, and ten trees are walked side by side: while one waits for memory the others go on.
//!
//! ```text
//! row:  | features 0..n |  ∞ | the same features again, −∞ where missing |
//!         NaN: goes right  ^leaves  NaN: goes left
//! ```
//!
//! This file holds the crate's only unsafe code: a walk goes from node to node by pointers, and reads a node and its slot
//! without bounds checks. Measured with the shipped kind of models under Node, that takes 16 % off the forests' time in
//! WebAssembly and 25 % off the isolation forest's (natively 0 to 10 %), and scoring is most of what a row costs. It is
//! sound because [`Grove::plant`] lets no grove out whose steps could leave its nodes or the row, whatever trees it was
//! given (see [`Grove::assert_closed`]), and [`Grove::walk`] takes no row shorter than the grove needs.

use super::bounds::Bounds;
use super::planting::{PlantingOrder, Splits};
use super::tree::{Tree, TreeNode};
use super::validate::MAX_FEATURES;
use crate::short::sorted_by_key;

/// How many trees are walked side by side.
pub(crate) const LANES: usize = 10;
/// How many steps are taken before it is asked whether all trees rest: in one of ten nearly every row passes as many. 2 % faster
/// on RT-IoT2022 in Chromium; as many as rows pass on average in the longest of the ten is slower.
const UNASKED: u32 = 4;
/// What a leaf can carry: 24 bits.
pub(crate) const MAX_LEAF_VALUE: u32 = (1 << 24) - 1;
/// The bits of a leaf's threshold above its value: with any value it is a number from 0.5 to below 2.
const LEAF_BITS: u32 = 0x3f00_0000;

#[derive(Clone, Copy, Debug)]
struct Node {
    threshold: f32,
    /// Where in the row its value is, in bytes.
    offset: u16,
    /// How many nodes ahead its right child is; 0 in a leaf.
    right: u16,
}

/// When the trees of a group have been walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Once none of them moves. For trees that have a few deep ends and many shallow ones.
    UntilAllRest,
    /// After as many steps as the deepest of them has splits, without asking. For trees of one depth, where one of ten
    /// goes all the way nearly always: 15 % faster there.
    EveryLevel,
}

/// Trees ready to be walked.
#[derive(Clone, Debug)]
pub(crate) struct Grove {
    nodes: Vec<Node>,
    groups: Vec<Group>,
    layout: RowLayout,
}

/// The roots of trees that are walked side by side, and the splits on the longest way down.
#[derive(Clone, Copy, Debug)]
struct Group {
    roots: [u32; LANES],
    depth: u32,
}

/// Where the values that nodes look at lie in a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowLayout {
    n_features: usize,
    missing_low: bool,
}

impl RowLayout {
    /// The layout for `n_features` features; `missing_low` gives it the second copy.
    ///
    /// # Panics
    /// If there are more features than a model may have.
    pub(crate) fn new(n_features: usize, missing_low: bool) -> Self {
        assert!(n_features <= MAX_FEATURES);
        // So the offset of any slot fits in sixteen bits.
        const { assert!((2 * MAX_FEATURES + 1) * size_of::<f32>() <= u16::MAX as usize) };
        Self {
            n_features,
            missing_low,
        }
    }

    /// How many values a row has.
    pub(crate) fn row_len(self) -> usize {
        if self.missing_low {
            2 * self.n_features + 1
        } else {
            self.n_features + 1
        }
    }

    pub(crate) fn leaf_slot(self) -> usize {
        self.n_features
    }

    fn slot(self, feature: u16, missing_left: bool) -> usize {
        if missing_left && self.missing_low {
            self.leaf_slot() + 1 + usize::from(feature)
        } else {
            usize::from(feature)
        }
    }

    /// Makes a row of features, all of them.
    #[inline]
    pub(crate) fn complete(self, values: &[f32], row: &mut [f32]) {
        let (features, rest) = row[..self.row_len()].split_at_mut(self.n_features);
        rest[0] = f32::INFINITY;
        if !self.missing_low {
            features.copy_from_slice(values);
            return;
        }
        let copies = features.iter_mut().zip(&mut rest[1..]);
        for ((high, low), &value) in copies.zip(values) {
            *high = value;
            *low = if value.is_nan() {
                f32::NEG_INFINITY
            } else {
                value
            };
        }
    }
}

impl Grove {
    /// Lays out trees that [`super::validate`] has accepted. `leaf_value` gives what a leaf carries, from its depth and
    /// its stored value, at most [`MAX_LEAF_VALUE`]; `padding` is the value of the leaves that fill the last group.
    /// `leaf_weight` gives from its stored value how many rows of training, in any unit, ended in a leaf; it is asked leaf by
    /// leaf, in the order of the trees and their nodes.
    pub(crate) fn plant(
        trees: &[Tree],
        layout: RowLayout,
        padding: u32,
        leaf_value: impl Fn(u32, u32) -> u32,
        mut leaf_weight: impl FnMut(u32) -> u64,
    ) -> Self {
        let mut nodes = Vec::with_capacity(trees.iter().map(|tree| tree.nodes.len()).sum());
        let leaf = |value: u32| Node {
            threshold: f32::from_bits(LEAF_BITS | value.min(MAX_LEAF_VALUE)),
            offset: offset_of(layout.leaf_slot()),
            right: 0,
        };
        // Trees in which rows go a like way side by side: a group rests when its last tree does. By what rows pass on average
        // that is 4 % faster on RT-IoT2022 than by the longest ways.
        let mut planted: Vec<(Splits, u32)> = Vec::with_capacity(trees.len());
        let mut order = PlantingOrder::default();
        for tree in trees {
            let root = nodes.len();
            let splits = order.of(tree, &mut leaf_weight);
            nodes.resize(root + tree.nodes.len(), leaf(padding));
            for (source, &node) in tree.nodes.iter().enumerate() {
                let place = order.places[source];
                nodes[root + place as usize] = match node {
                    TreeNode::Split {
                        feature,
                        threshold,
                        missing_left,
                        right,
                    } => Node {
                        threshold,
                        offset: offset_of(layout.slot(feature, missing_left)),
                        right: (order.places[right as usize] - place) as u16,
                    },
                    TreeNode::Leaf { value } => leaf(leaf_value(order.depths[source], value)),
                };
            }
            planted.push((splits, root as u32));
        }
        let planted = sorted_by_key(planted, |(splits, _)| splits.mean);
        let resting = nodes.len() as u32;
        nodes.push(leaf(padding));
        let groups = planted
            .chunks(LANES)
            .map(|chunk| {
                let mut roots = [resting; LANES];
                for (lane, (_, root)) in roots.iter_mut().zip(chunk) {
                    *lane = *root;
                }
                let depth = chunk.iter().map(|(splits, _)| splits.most).max();
                Group {
                    roots,
                    depth: depth.unwrap_or(0),
                }
            })
            .collect();
        let grove = Self {
            nodes,
            groups,
            layout,
        };
        grove.assert_closed();
        grove
    }

    /// What unchecked steps rely on: every root is a node, every slot lies in a row, and from every node both steps end
    /// at a node, where a leaf is one that steps onto itself as long as its slot holds ∞. It is so by construction;
    /// were it not, this panics.
    fn assert_closed(&self) {
        let end = self.nodes.len();
        for group in &self.groups {
            assert!(group.roots.iter().all(|&root| (root as usize) < end));
        }
        for (index, node) in self.nodes.iter().enumerate() {
            let right = usize::from(node.right);
            let rests = right == 0
                && node.slot() == self.layout.leaf_slot()
                && f32::INFINITY > node.threshold;
            assert!(rests || (right > 0 && index + right + 1 < end));
            assert!(usize::from(node.offset) % size_of::<f32>() == 0);
            assert!(node.slot() < self.layout.row_len());
        }
    }

    /// Walks all trees over a completed row, at a pace that does not change where they end, and hands each group's leaf
    /// values to `visit`.
    ///
    /// # Panics
    /// If the row is too short or not completed by this grove's layout.
    // With the pace known where it is called, there is one loop in each place, and not two.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn walk(&self, pace: Pace, row: &[f32], mut visit: impl FnMut([u32; LANES])) {
        let row = &row[..self.layout.row_len()];
        assert!(row[self.layout.leaf_slot()] == f32::INFINITY);
        for group in &self.groups {
            let mut here = group.roots.map(|root| &raw const self.nodes[root as usize]);
            // SAFETY: the lanes start at roots and go on from where a step ended, so they are nodes of this grove; the row
            // is long enough for it and its leaf slot holds ∞.
            #[allow(unsafe_code)]
            let leaves = unsafe {
                match pace {
                    Pace::UntilAllRest => {
                        for _ in 0..UNASKED {
                            step(row, &mut here);
                        }
                        while step(row, &mut here) {}
                    }
                    Pace::EveryLevel => {
                        for _ in 0..group.depth {
                            step(row, &mut here);
                        }
                    }
                }
                here.map(|node| (*node).threshold.to_bits() & MAX_LEAF_VALUE)
            };
            visit(leaves);
        }
    }

    /// Narrows bounds to what keeps a completed row on its way down every tree.
    pub(crate) fn narrow(&self, row: &[f32], bounds: &mut Bounds) {
        let n_features = self.layout.n_features;
        for root in self.groups.iter().flat_map(|group| group.roots) {
            let mut here = root as usize;
            loop {
                let node = self.nodes[here];
                if node.right == 0 {
                    break;
                }
                let slot = node.slot();
                let feature = if slot > n_features {
                    slot - n_features - 1
                } else {
                    slot
                };
                let value = row[slot];
                bounds.narrow(feature, value, node.threshold);
                here += usize::from(node.right) + usize::from(value <= node.threshold);
            }
        }
    }
}

impl Node {
    fn slot(self) -> usize {
        usize::from(self.offset) / size_of::<f32>()
    }
}

fn offset_of(slot: usize) -> u16 {
    (slot * size_of::<f32>()) as u16
}

/// Takes one step in each tree; says whether any moved.
///
/// # Safety
/// The lanes are nodes of a grove, and the row is one that [`Grove::walk`] has checked for it.
// Left to itself the compiler makes a call of it, and keeps all lanes in memory: half the speed in wasm.
#[allow(clippy::inline_always)]
#[inline(always)]
#[allow(unsafe_code)]
unsafe fn step(row: &[f32], here: &mut [*const Node; LANES]) -> bool {
    let mut moved = 0;
    for lane in here {
        // SAFETY: the lane is a node, its offset is that of a value in the row, and either step from it ends at a node of
        // the same grove: see `assert_closed`, which `plant` has called.
        unsafe {
            let node = **lane;
            let value = *row.as_ptr().byte_add(usize::from(node.offset));
            let step = usize::from(node.right) + usize::from(value <= node.threshold);
            *lane = lane.add(step);
            moved |= step;
        }
    }
    moved != 0
}
