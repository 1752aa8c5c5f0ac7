//! The classifier: a sum over trees of a byte for each class.
//!
//! In a random forest (Breiman 2001) a leaf holds the class distribution of the training rows that ended in it, rounded to bytes
//! that add up to 255. In boosted trees it holds scores, and the calibration's exponential curve makes probabilities of their
//! sums. Either way a forest's answer is a sum of integers: the same on every machine and in every order.

use super::bounds::Bounds;
use super::cover::weight_of;
use super::traverse::{Grove, LANES, Pace, RowLayout};
use super::tree::{Tree, TreeNode};
use wide::u16x8;

/// What the leaves of a forest hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaves {
    /// Each class's share of the training rows, bytes that add up to 255: the trees of a random forest.
    Shares,
    /// A score for each class, of which only differences count: boosted trees.
    Scores,
}

/// What the bytes of a leaf distribution add up to.
pub const DISTRIBUTION_SUM: u32 = 255;

/// The classifier as it is trained and stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ForestSpec {
    /// How many classes there are: the length of a leaf distribution.
    pub n_classes: u16,
    /// The distinct leaf distributions, one after another, `n_classes` bytes each: see [`Leaves`].
    pub distributions: Vec<u8>,
    /// The trees; a leaf's value is an index of a distribution.
    pub trees: Vec<Tree>,
    /// The [cover](super::cover) of each leaf as its code, in the order of the trees and their nodes; empty where they are
    /// not known.
    pub covers: Vec<u8>,
}

/// Classes are summed this many at a time; leaf distributions are padded to it with zeros.
const CLASS_BLOCK: usize = 16;

/// The classifier ready to score.
#[derive(Clone, Debug)]
pub(crate) struct Forest {
    grove: Grove,
    /// Leaf distributions in blocks of classes, `blocks` for each, then one of zeros for the lanes that pad the last
    /// group. Two classes share 16 bits, the first the lower ones.
    distributions: Vec<u16x8>,
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
                distributions.push(paired(block));
            }
        }
        let none = (distributions.len() / blocks) as u32;
        distributions.resize(distributions.len() + blocks, u16x8::default());
        let mut covers = spec.covers.iter();
        let grove = Grove::plant(
            &spec.trees,
            layout,
            none,
            |_, value| value,
            |_| covers.next().map_or(1, |&code| weight_of(code)),
        );
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
        let blocks = sums.as_chunks_mut::<CLASS_BLOCK>().0;
        let mut part = Part::default();
        let mut room = Part::ROOM;
        self.grove.walk(Pace::UntilAllRest, row, |leaves| {
            // Nearly all models have one block of classes: that stays in registers.
            if let [sums] = &mut *blocks {
                if room == 0 {
                    std::mem::take(&mut part).add_to(sums);
                    room = Part::ROOM;
                }
                room -= 1;
                for leaf in leaves {
                    part.add(self.distributions[leaf as usize]);
                }
                return;
            }
            for (block, sums) in blocks.iter_mut().enumerate() {
                let mut part = Part::default();
                for leaf in leaves {
                    part.add(self.distributions[leaf as usize * self.blocks + block]);
                }
                part.add_to(sums);
            }
        });
        if let [sums] = blocks {
            part.add_to(sums);
        }
    }
}

/// Two neighbouring classes in 16 bits.
fn paired(block: [u8; CLASS_BLOCK]) -> u16x8 {
    let pair = |index: usize| u16::from_le_bytes([block[2 * index], block[2 * index + 1]]);
    u16x8::new(std::array::from_fn(pair))
}

/// Sums of one block of classes, in 16 bits each: those add up twice as fast as 32.
#[derive(Clone, Copy, Default)]
struct Part {
    even: u16x8,
    odd: u16x8,
}

impl Part {
    /// How many groups of leaves surely fit.
    const ROOM: usize = u16::MAX as usize / (LANES * u8::MAX as usize);

    #[inline]
    fn add(&mut self, shares: u16x8) {
        self.even += shares & u16x8::splat(0xff);
        self.odd += shares >> 8u32;
    }

    fn add_to(self, sums: &mut [u32; CLASS_BLOCK]) {
        let (even, odd) = (self.even.to_array(), self.odd.to_array());
        for (pair, (even, odd)) in sums
            .as_chunks_mut::<2>()
            .0
            .iter_mut()
            .zip(even.into_iter().zip(odd))
        {
            pair[0] += u32::from(even);
            pair[1] += u32::from(odd);
        }
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
