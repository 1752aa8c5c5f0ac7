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
    let mut parts = Parts::new(n_classes, n_distributions, lens.into_iter());
    for distribution in spec.distributions.chunks_exact(n_classes) {
        parts.distribution(&mut coder, &mut distribution.to_vec());
    }
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
                    parts.number(&mut coder, parts.features, place);
                    parts.number(&mut coder, parts.thresholds[place as usize], index);
                    parts.missing(&mut coder, place, missing_left);
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
    let lens = tables.of_features.iter().map(|(_, table)| table.len());
    let mut coder = Decoder::new(reader.rest());
    let mut parts = Parts::new(n_classes, n_distributions, lens);
    let mut distributions = Vec::new();
    for start in (0..n_distributions).map(|index| index * n_classes) {
        distributions.resize(start + n_classes, 0);
        parts.distribution(&mut coder, &mut distributions[start..]);
        if coder.is_over() {
            return Err(damaged("a forest has too few distributions"));
        }
    }
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
            let place = parts.number(coder, parts.features, 0);
            if place as usize >= tables.of_features.len() {
                return Err(damaged("a split asks for a feature that is not listed"));
            }
            let index = parts.number(coder, parts.thresholds[place as usize], 0);
            let (feature, threshold) = tables.at(place, index)?;
            pending.push(here);
            nodes.push(TreeNode::Split {
                feature,
                threshold,
                missing_left: parts.missing(coder, place, false),
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

/// How many cases of a class are told apart: none to three classes before it that have a share, and nothing left.
const CASES: usize = 5;

/// What distributions and nodes are foretold from.
struct Parts {
    models: Vec<Bit>,
    /// Where the models start of whether a class has a share; those of whether it has all that is left; of the share, for
    /// each eighth of 255 that is left.
    any: usize,
    all: usize,
    share: Numbers,
    shapes: usize,
    features: Numbers,
    thresholds: Vec<Numbers>,
    missing: usize,
    /// Whether a leaf has the next distribution, by how many there were.
    next: usize,
    leaves: Numbers,
    n_used: u32,
}

/// Where the models of numbers start that have so many bits.
#[derive(Clone, Copy)]
struct Numbers {
    start: usize,
    bits: u32,
}

/// Takes room for so many models; where they start.
fn room(models: &mut usize, count: usize) -> usize {
    let start = *models;
    *models += count;
    start
}

/// The models of numbers below a limit.
fn numbers_below(models: &mut usize, limit: usize) -> Numbers {
    let bits = usize::BITS - limit.saturating_sub(1).leading_zeros();
    let start = room(models, 1 << bits);
    Numbers { start, bits }
}

impl Parts {
    /// For tables of these lengths.
    fn new(
        n_classes: usize,
        n_distributions: usize,
        lens: impl ExactSizeIterator<Item = usize>,
    ) -> Self {
        let n_tables = lens.len();
        let models = &mut 0;
        let mut parts = Self {
            any: room(models, CASES * n_classes),
            all: room(models, CASES * n_classes),
            share: Numbers {
                start: room(models, 8 << 8),
                bits: 8,
            },
            shapes: room(models, DEPTHS),
            missing: room(models, n_tables),
            next: room(models, 32),
            features: numbers_below(models, n_tables),
            leaves: numbers_below(models, n_distributions),
            thresholds: lens.map(|len| numbers_below(models, len)).collect(),
            models: Vec::new(),
            n_used: 0,
        };
        parts.models = vec![Bit::NEW; *models];
        parts
    }

    fn number(&mut self, coder: &mut impl Coder, numbers: Numbers, value: u32) -> u32 {
        coder.number(&mut self.models[numbers.start..], numbers.bits, value)
    }

    /// A distribution, in place.
    fn distribution(&mut self, coder: &mut impl Coder, shares: &mut [u8]) {
        let mut left = DISTRIBUTION_SUM;
        let mut before = 0;
        for (class, share) in shares.iter_mut().enumerate() {
            let case = CASES * class + if left == 0 { CASES - 1 } else { before };
            if !coder.code(&mut self.models[self.any + case], *share > 0) {
                *share = 0;
                continue;
            }
            let has_all = u32::from(*share) == left;
            let value = if coder.code(&mut self.models[self.all + case], has_all) {
                left
            } else {
                let numbers = Numbers {
                    start: self.share.start + ((left as usize >> 5) << 8),
                    ..self.share
                };
                self.number(coder, numbers, u32::from(*share))
            };
            *share = value as u8;
            left = left.saturating_sub(value);
            before = (before + 1).min(CASES - 2);
        }
    }

    fn shape(&mut self, coder: &mut impl Coder, depth: usize, is_split: bool) -> bool {
        let case = depth.min(DEPTHS - 1);
        coder.code(&mut self.models[self.shapes + case], is_split)
    }

    fn missing(&mut self, coder: &mut impl Coder, place: u32, left: bool) -> bool {
        coder.code(&mut self.models[self.missing + place as usize], left)
    }

    fn leaf(&mut self, coder: &mut impl Coder, value: u32) -> u32 {
        let case = (u32::BITS - self.n_used.leading_zeros()).min(31) as usize;
        if coder.code(&mut self.models[self.next + case], value == self.n_used) {
            self.n_used += 1;
            return self.n_used - 1;
        }
        self.number(coder, self.leaves, value)
    }
}
