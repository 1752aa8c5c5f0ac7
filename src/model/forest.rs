//! Random forest (Breiman 2001): the average of many trees' leaf distributions.
//!
//! A leaf holds the class distribution of the training rows that ended in it, rounded to bytes that add up to 255, so
//! a forest's answer is a sum of integers: the same on every machine and in every order.

use super::bounds::Bounds;
use super::traverse::{Grove, LANES, Pace, RowLayout};
use super::tree::{Tree, TreeNode};
use serde::{Deserialize, Serialize};

/// What the bytes of a leaf distribution add up to.
pub const DISTRIBUTION_SUM: u32 = 255;

/// The classifier as it is trained and stored.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForestSpec {
    /// How many classes there are: the length of a leaf distribution.
    pub n_classes: u16,
    /// The distinct leaf distributions, one after another, `n_classes` bytes each, each adding up to 255.
    pub distributions: Vec<u8>,
    /// The trees; a leaf's value is an index of a distribution.
    pub trees: Vec<Tree>,
}

/// Classes are summed this many at a time; leaf distributions are padded to it with zeros.
const CLASS_BLOCK: usize = 16;

/// The classifier ready to score.
#[derive(Clone, Debug)]
pub(crate) struct Forest {
    grove: Grove,
    /// Leaf distributions in blocks of classes, `blocks` for each, then one of zeros for the lanes that pad the last
    /// group.
    distributions: Vec<[u8; CLASS_BLOCK]>,
    blocks: usize,
}

impl Forest {
    /// Compiles a forest that [`super::validate`] has accepted.
    pub(crate) fn new(spec: &ForestSpec, layout: RowLayout) -> Self {
        let n_classes = usize::from(spec.n_classes);
        let blocks = n_classes.div_ceil(CLASS_BLOCK);
        let mut distributions = Vec::new();
        for distribution in spec.distributions.chunks_exact(n_classes) {
            for part in distribution.chunks(CLASS_BLOCK) {
                let mut block = [0; CLASS_BLOCK];
                block[..part.len()].copy_from_slice(part);
                distributions.push(block);
            }
        }
        let none = (distributions.len() / blocks) as u32;
        distributions.resize(distributions.len() + blocks, [0; CLASS_BLOCK]);
        let grove = Grove::plant(&spec.trees, layout, Pace::UntilAllRest, none, |_, value| {
            value
        });
        Self {
            grove,
            distributions,
            blocks,
        }
    }

    /// How many sums [`Self::sums`] makes: the classes, rounded up to whole blocks.
    pub(crate) fn sums_len(&self) -> usize {
        self.blocks * CLASS_BLOCK
    }

    /// Narrows bounds to what keeps a completed row in its leaves.
    pub(crate) fn narrow(&self, row: &[f32], bounds: &mut Bounds) {
        self.grove.narrow(row, bounds);
    }

    /// Adds up the distributions of the leaves that a completed row ends in.
    pub(crate) fn sums(&self, row: &[f32], sums: &mut [u32]) {
        sums.fill(0);
        self.grove.walk(row, |leaves| {
            for (block, sums) in sums.chunks_exact_mut(CLASS_BLOCK).enumerate() {
                // Ten bytes fit into sixteen bits, and those add up twice as fast as 32.
                const { assert!(LANES * 255 <= u16::MAX as usize) };
                let mut group = [0u16; CLASS_BLOCK];
                for leaf in leaves {
                    let distribution = &self.distributions[leaf as usize * self.blocks + block];
                    for (sum, &share) in group.iter_mut().zip(distribution) {
                        *sum += u16::from(share);
                    }
                }
                for (sum, &part) in sums.iter_mut().zip(&group) {
                    *sum += u32::from(part);
                }
            }
        });
    }
}

/// Whether any split sends missing values left.
pub(crate) fn has_missing_left(trees: &[Tree]) -> bool {
    trees.iter().flat_map(|tree| &tree.nodes).any(|node| {
        matches!(
            node,
            TreeNode::Split {
                missing_left: true,
                ..
            }
        )
    })
}
