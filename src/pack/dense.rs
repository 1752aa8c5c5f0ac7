//! A random forest as densely as it goes: every node and every leaf distribution by a [range coder](super::range), each
//! part of it foretold from what it is a part of.
//!
//! Shapes are foretold from the depth, a split's threshold and the side of missing values from its feature. Most leaves
//! bring a distribution that no leaf before them had: those are numbered in that order, so one bit says it. A distribution
//! is foretold class by class from what is left of 255; where its bytes do not add up to that it costs more, and is written all the same.

use super::bytes::{Reader, put_varint};
use super::range::{Bit, Coder, Decoder, Encoder};
use super::tables::{self, Tables};
use super::{MAX_RAW_TREES_LEN, damaged};
use crate::Error;
use crate::model::forest::{DISTRIBUTION_SUM, ForestSpec};
use crate::model::taxonomy::MAX_KINDS;
use crate::model::tree::{MAX_NODES_PER_TREE, Tree, TreeNode};
use crate::model::validate::{MAX_NODES, MAX_TREES};

/// Depths that are told apart.
const DEPTHS: usize = 32;

/// A forest that [`crate::model::validate`] has accepted, as bytes.
pub(super) fn write(spec: &ForestSpec) -> Vec<u8> {
    let n_classes = usize::from(spec.n_classes);
    let n_distributions = spec.distributions.len() / n_classes;
    let n_nodes: usize = spec.trees.iter().map(|tree| tree.nodes.len()).sum();
    let mut out = Vec::new();
    for number in [n_classes, spec.trees.len(), n_nodes, n_distributions] {
        put_varint(&mut out, number as u64);
    }
    let places = tables::put(&mut out, &spec.trees);
    let mut lens: Vec<usize> = Vec::new();
    for &(place, index) in places.values() {
        lens.resize(place as usize + 1, 0);
        lens[place as usize] = lens[place as usize].max(index as usize + 1);
    }

    let mut coder = Encoder::new();
    let mut shares = Shares::new(n_classes);
    for distribution in spec.distributions.chunks_exact(n_classes) {
        for (class, &share) in distribution.iter().enumerate() {
            shares.code(&mut coder, class, share);
        }
    }
    let mut parts = Parts::new(&lens, n_distributions);
    for tree in &spec.trees {
        let mut walk = Walk::default();
        for &node in &tree.nodes {
            let is_split = matches!(node, TreeNode::Split { .. });
            parts.shape(&mut coder, walk.depth, is_split);
            walk.step(is_split);
            match node {
                TreeNode::Split {
                    feature,
                    threshold,
                    missing_left,
                    ..
                } => {
                    let (place, index) = tables::place(&places, feature, threshold);
                    parts.feature(&mut coder, place);
                    parts.threshold(&mut coder, place as usize, index);
                    parts.missing(&mut coder, place as usize, missing_left);
                }
                TreeNode::Leaf { value } => {
                    parts.leaf(&mut coder, value);
                }
            }
        }
    }
    out.extend(coder.finish());
    out
}

/// The inverse of [`write`]. What comes out are whole trees in preorder, whatever the bytes.
pub(super) fn read(bytes: &[u8]) -> Result<ForestSpec, Error> {
    let mut reader = Reader::new(bytes);
    let n_classes = reader.varint_below(MAX_KINDS as u64 + 1)? as usize;
    if n_classes == 0 {
        // A model without classes has no forest at all: one way to say it.
        return Err(damaged("its forest has no classes"));
    }
    let n_trees = reader.varint_below(MAX_TREES as u64 + 1)? as usize;
    let n_nodes = reader.varint_below(MAX_NODES as u64 + 1)? as usize;
    // Each distribution belongs to a leaf at least.
    let most = n_nodes.min(MAX_RAW_TREES_LEN / n_classes);
    let n_distributions = reader.varint_below(most as u64 + 1)? as usize;
    let tables = tables::get(&mut reader, n_nodes / 2)?;
    let lens: Vec<usize> = tables
        .of_features
        .iter()
        .map(|(_, table)| table.len())
        .collect();

    let mut coder = Decoder::new(reader.rest());
    let mut shares = Shares::new(n_classes);
    let mut distributions = Vec::new();
    for _ in 0..n_distributions {
        distributions.extend((0..n_classes).map(|class| shares.code(&mut coder, class, 0)));
        if coder.is_over() {
            return Err(damaged("a forest has too few distributions"));
        }
    }
    let mut parts = Parts::new(&lens, n_distributions);
    let mut trees = Vec::new();
    let mut left = n_nodes;
    for _ in 0..n_trees {
        let nodes = read_tree(
            &mut coder,
            &mut parts,
            &tables,
            left.min(MAX_NODES_PER_TREE),
        )?;
        left -= nodes.len();
        trees.push(Tree { nodes });
    }
    if left > 0 || !coder.is_finished() {
        return Err(damaged("a forest ends elsewhere than it says"));
    }
    Ok(ForestSpec {
        n_classes: n_classes as u16,
        distributions,
        trees,
        ..ForestSpec::default()
    })
}

/// A tree of at most so many nodes.
fn read_tree(
    coder: &mut Decoder<'_>,
    parts: &mut Parts,
    tables: &Tables,
    most: usize,
) -> Result<Vec<TreeNode>, Error> {
    let mut nodes: Vec<TreeNode> = Vec::new();
    let mut walk = Walk::default();
    // The splits whose right child is still to come, the nearest last.
    let mut pending: Vec<usize> = Vec::new();
    loop {
        let here = nodes.len();
        if here == most || coder.is_over() {
            return Err(damaged("a tree has more nodes than there are"));
        }
        let is_split = parts.shape(coder, walk.depth, false);
        walk.step(is_split);
        if is_split {
            let place = parts.feature(coder, 0);
            if place as usize >= tables.of_features.len() {
                return Err(damaged("a split asks for a feature that is not listed"));
            }
            let index = parts.threshold(coder, place as usize, 0);
            let (feature, threshold) = tables.at(place, index)?;
            pending.push(here);
            nodes.push(TreeNode::Split {
                feature,
                threshold,
                missing_left: parts.missing(coder, place as usize, false),
                right: 0,
            });
        } else {
            let value = parts.leaf(coder, 0);
            nodes.push(TreeNode::Leaf { value });
            let Some(split) = pending.pop() else { break };
            if let TreeNode::Split { right, .. } = &mut nodes[split] {
                *right = here as u32 + 1;
            }
        }
    }
    nodes.shrink_to_fit();
    Ok(nodes)
}

/// The depth of each node of a tree in preorder.
#[derive(Default)]
struct Walk {
    depth: usize,
    /// The depths of right children that are still to come.
    pending: Vec<usize>,
}

impl Walk {
    /// Goes on to the next node.
    fn step(&mut self, is_split: bool) {
        if is_split {
            self.depth += 1;
            self.pending.push(self.depth);
        } else {
            self.depth = self.pending.pop().unwrap_or(0);
        }
    }
}

/// What the bytes of distributions are foretold from.
struct Shares {
    /// For each class: with none to three classes before it that have a share, and with nothing left.
    any: Vec<Bit>,
    /// The same: whether it has all that is left.
    all: Vec<Bit>,
    /// For each eighth of 255 that is left.
    values: Vec<Bit>,
    left: u32,
    before: usize,
}

/// How many cases of a class are told apart.
const CASES: usize = 5;

impl Shares {
    fn new(n_classes: usize) -> Self {
        Self {
            any: vec![Bit::NEW; CASES * n_classes],
            all: vec![Bit::NEW; CASES * n_classes],
            values: vec![Bit::NEW; 8 << 8],
            left: 0,
            before: 0,
        }
    }

    fn code(&mut self, coder: &mut impl Coder, class: usize, share: u8) -> u8 {
        if class == 0 {
            self.left = DISTRIBUTION_SUM;
            self.before = 0;
        }
        let case = if self.left == 0 {
            CASES - 1
        } else {
            self.before
        };
        let case = CASES * class + case;
        if !coder.code(&mut self.any[case], share > 0) {
            return 0;
        }
        let has_all = u32::from(share) == self.left;
        let share = if coder.code(&mut self.all[case], has_all) {
            self.left
        } else {
            let from = (self.left as usize >> 5) << 8;
            coder.number(&mut self.values[from..from + 256], 8, u32::from(share))
        };
        self.left = self.left.saturating_sub(share);
        self.before = (self.before + 1).min(CASES - 2);
        share as u8
    }
}

/// What the parts of nodes are foretold from.
struct Parts {
    shapes: [Bit; DEPTHS],
    features: Numbers,
    thresholds: Vec<Numbers>,
    missing: Vec<Bit>,
    /// Whether a leaf has the next distribution, by how many there were.
    next: [Bit; 32],
    leaves: Numbers,
    n_used: u32,
}

/// Models for numbers below a limit.
struct Numbers {
    bits: u32,
    models: Vec<Bit>,
}

impl Numbers {
    fn below(limit: usize) -> Self {
        let bits = usize::BITS - limit.saturating_sub(1).leading_zeros();
        Self {
            bits,
            models: vec![Bit::NEW; 1 << bits],
        }
    }

    fn code(&mut self, coder: &mut impl Coder, value: u32) -> u32 {
        coder.number(&mut self.models, self.bits, value)
    }
}

impl Parts {
    /// For tables of these lengths.
    fn new(lens: &[usize], n_distributions: usize) -> Self {
        Self {
            shapes: [Bit::NEW; DEPTHS],
            features: Numbers::below(lens.len()),
            thresholds: lens.iter().map(|&len| Numbers::below(len)).collect(),
            missing: vec![Bit::NEW; lens.len()],
            next: [Bit::NEW; 32],
            leaves: Numbers::below(n_distributions),
            n_used: 0,
        }
    }

    fn shape(&mut self, coder: &mut impl Coder, depth: usize, is_split: bool) -> bool {
        coder.code(&mut self.shapes[depth.min(DEPTHS - 1)], is_split)
    }

    fn feature(&mut self, coder: &mut impl Coder, place: u32) -> u32 {
        self.features.code(coder, place)
    }

    fn threshold(&mut self, coder: &mut impl Coder, place: usize, index: u32) -> u32 {
        self.thresholds[place].code(coder, index)
    }

    fn missing(&mut self, coder: &mut impl Coder, place: usize, left: bool) -> bool {
        coder.code(&mut self.missing[place], left)
    }

    fn leaf(&mut self, coder: &mut impl Coder, value: u32) -> u32 {
        let next = &mut self.next[(u32::BITS - self.n_used.leading_zeros()).min(31) as usize];
        if coder.code(next, value == self.n_used) {
            self.n_used += 1;
            return self.n_used - 1;
        }
        self.leaves.code(coder, value)
    }
}
