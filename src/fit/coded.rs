//! A grown tree that walks rows by their codes of bins.

use super::binned::BinnedTable;
use super::cuts::MISSING_CODE;
use crate::model::tree::{Tree, TreeNode};

/// A tree that reads codes instead of values.
#[derive(Clone, Debug)]
pub(super) struct CodedTree(Vec<Step>);

/// A node as a row passes it.
#[derive(Clone, Copy, Debug)]
enum Step {
    Split {
        feature: u16,
        /// Codes up to this go left, missing ones apart.
        last_left: u8,
        missing_left: bool,
        right: u32,
    },
    Leaf {
        value: u32,
    },
}

impl CodedTree {
    /// A tree that was grown on this table.
    pub(super) fn new(table: &BinnedTable, tree: &Tree) -> Self {
        let step = |node: &TreeNode| match *node {
            TreeNode::Split {
                feature,
                threshold,
                missing_left,
                right,
            } => {
                let cuts = &table.columns[usize::from(feature)].cuts;
                Step::Split {
                    feature,
                    last_left: 1 + cuts.partition_point(|&cut| cut < threshold) as u8,
                    missing_left,
                    right,
                }
            }
            TreeNode::Leaf { value } => Step::Leaf { value },
        };
        Self(tree.nodes.iter().map(step).collect())
    }

    /// The value of the leaf in which a row ends, given its codes.
    pub(super) fn leaf(&self, codes: &[u8]) -> u32 {
        let mut place = 0;
        loop {
            match self.0[place] {
                Step::Leaf { value } => return value,
                Step::Split {
                    feature,
                    last_left,
                    missing_left,
                    right,
                } => {
                    let code = codes[usize::from(feature)];
                    let goes_left = if code == MISSING_CODE {
                        missing_left
                    } else {
                        code <= last_left
                    };
                    place = if goes_left { place + 1 } else { right as usize };
                }
            }
        }
    }
}
