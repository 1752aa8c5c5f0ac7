//! A decision tree as it is grown and stored: splits and leaves in preorder.

/// The most nodes that a tree may have.
pub const MAX_NODES_PER_TREE: usize = 65_535;

/// A node of a tree. Children come after their parent, so every walk ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TreeNode {
    /// Goes left where the feature's value is at most the threshold.
    Split {
        /// Index of the feature in the schema.
        feature: u16,
        /// Never NaN.
        threshold: f32,
        /// Where a missing value goes.
        missing_left: bool,
        /// Index of the right child in the tree's nodes; the left child is the node after this one.
        right: u32,
    },
    /// An end. What the value means is the model's: an index of a leaf distribution in the classifier, the number of
    /// training rows that ended here in the isolation forest.
    Leaf {
        /// See above.
        value: u32,
    },
}

/// Whether a value goes left at a split.
pub(crate) fn goes_left(value: f32, threshold: f32, missing_left: bool) -> bool {
    if value.is_nan() {
        missing_left
    } else {
        value <= threshold
    }
}

/// A tree: its nodes in preorder, the root first. At most [`MAX_NODES_PER_TREE`] nodes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// The nodes.
    pub nodes: Vec<TreeNode>,
}

impl Tree {
    /// Whether the nodes are one whole binary tree in preorder: then every index is in range, no node has two parents,
    /// and no walk goes round in circles.
    pub fn is_preorder(&self) -> bool {
        // The right children that are still to come, the nearest last.
        let mut pending = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            match *node {
                TreeNode::Split { right, .. } => pending.push(right as usize),
                TreeNode::Leaf { .. } => match pending.pop() {
                    Some(right) if right == index + 1 => {}
                    Some(_) => return false,
                    None => return index + 1 == self.nodes.len(),
                },
            }
        }
        false
    }

    /// The value of the leaf in which a row ends, of which `value` gives the features. The tree must be in preorder.
    pub fn leaf(&self, value: impl Fn(u16) -> f32) -> u32 {
        let mut place = 0;
        loop {
            match self.nodes[place] {
                TreeNode::Leaf { value } => return value,
                TreeNode::Split {
                    feature,
                    threshold,
                    missing_left,
                    right,
                } => {
                    let left = goes_left(value(feature), threshold, missing_left);
                    place = if left { place + 1 } else { right as usize };
                }
            }
        }
    }

    /// Splits on the longest way from the root to a leaf. The tree must be in preorder.
    pub fn depth(&self) -> u32 {
        let mut deepest = 0;
        let mut depth = 0;
        let mut pending = Vec::new();
        for node in &self.nodes {
            match node {
                TreeNode::Split { .. } => {
                    depth += 1;
                    pending.push(depth);
                }
                TreeNode::Leaf { .. } => {
                    deepest = deepest.max(depth);
                    depth = pending.pop().unwrap_or(0);
                }
            }
        }
        deepest
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::model) fn split(right: u32) -> TreeNode {
        TreeNode::Split {
            feature: 0,
            threshold: 0.0,
            missing_left: false,
            right,
        }
    }

    const LEAF: TreeNode = TreeNode::Leaf { value: 0 };

    fn tree(nodes: &[TreeNode]) -> Tree {
        Tree {
            nodes: nodes.to_vec(),
        }
    }

    #[test]
    fn whole_trees_are_preorder() {
        assert!(tree(&[LEAF]).is_preorder());
        assert!(tree(&[split(2), LEAF, LEAF]).is_preorder());
        let deep = tree(&[
            split(4),
            split(3),
            LEAF,
            LEAF,
            split(6),
            LEAF,
            split(8),
            LEAF,
            LEAF,
        ]);
        assert!(deep.is_preorder());
        assert_eq!(deep.depth(), 3);
        assert_eq!(tree(&[LEAF]).depth(), 0);
    }

    #[test]
    fn broken_trees_are_not() {
        assert!(!tree(&[]).is_preorder(), "no root");
        assert!(
            !tree(&[LEAF, LEAF]).is_preorder(),
            "a node nobody points to"
        );
        assert!(
            !tree(&[split(2), LEAF]).is_preorder(),
            "a child past the end"
        );
        assert!(!tree(&[split(0), LEAF, LEAF]).is_preorder(), "a cycle");
        assert!(
            !tree(&[split(1), LEAF, LEAF]).is_preorder(),
            "both children the same"
        );
        assert!(!tree(&[split(4), split(3), LEAF, LEAF, split(2), LEAF, LEAF]).is_preorder());
        assert!(!tree(&[split(u32::MAX), LEAF, LEAF]).is_preorder());
    }
}
