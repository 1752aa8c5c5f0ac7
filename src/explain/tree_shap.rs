//! Path-dependent Shapley values of one tree and one row, all leaves at once.
//!
//! A way from the root to a leaf asks for some features. Let oᵢ be 1 where the row goes that way at all splits on feature
//! i, else 0, and zᵢ the share of the training weight that does. Where the features S are known, the leaf v counts
//!
//! ```text
//!   v · Π oᵢ · Π zᵢ
//!      i∈S    i∉S
//! ```
//!
//! and a feature's Shapley value is an integral over the chance t that each other one is known (Owen 1972):
//!
//! ```text
//!        1
//!   φᵢ = ∫ v (oᵢ − zᵢ) Π (oⱼ t + zⱼ (1 − t)) dt
//!        0            j≠i
//! ```
//!
//! The integrand is a polynomial, so [`Quadrature`] has it exactly, and none of its factors but v is ever negative, so nothing
//! within a leaf cancels.
//! As in Linear `TreeSHAP` (Yu et al. 2022) the products are carried down the tree and the leaves' sums up, once for each node,
//! where the algorithm of 2020 takes the square of the depth for each leaf. A feature that is asked for again on the way
//! has a new factor in place of the old one; what the old one's split adds for these leaves is taken away.

use super::{Explanation, Quadrature};
use crate::model::tree::{Tree, TreeNode, goes_left};

/// The most points of a rule. It is exact up to twice as many different features on one way; beyond, where no sensible tree
/// gets, the error is that of integrating a smooth function, far below what is printed.
const MAX_POINTS: usize = 128;

/// A share of the training weight that divides: what is lost by it is below any sum.
const LEAST_SHARE: f64 = 1e-250;

/// No step of the way that is gone.
const NONE: usize = usize::MAX;

/// Computes contributions; holds memory that is used over and over.
#[derive(Clone, Debug)]
pub struct TreeShap {
    rule: Quadrature,
    /// The steps from the root to the node that is visited.
    way: Vec<Step>,
    /// For each step and point, the product of all factors down to there.
    products: Vec<f64>,
    /// For each step and point, the sum over the leaves below of value × product.
    sums: Vec<f64>,
}

/// A step from a split to one of its children.
#[derive(Clone, Copy, Debug)]
struct Step {
    /// The child.
    node: usize,
    feature: usize,
    /// The factor oⱼ t + zⱼ (1 − t) of the feature from here on.
    factor: Factor,
    /// The last step with the same feature, or [`NONE`].
    before: usize,
    /// Whether the child's left subtree was visited already, its right one too.
    visited: u8,
}

#[derive(Clone, Copy, Debug)]
struct Factor {
    one: f64,
    zero: f64,
}

impl Factor {
    fn at(self, point: f64) -> f64 {
        self.one * point + self.zero * (1.0 - point)
    }
}

/// The cover of each node of a tree: that of a leaf by its value, in the order of the nodes, that of a split the sum of its
/// children's.
pub fn node_covers(tree: &Tree, mut leaf: impl FnMut(u32) -> f64) -> Vec<f64> {
    let mut covers = vec![0.0; tree.nodes.len()];
    for (cover, node) in covers.iter_mut().zip(&tree.nodes) {
        if let TreeNode::Leaf { value } = *node {
            *cover = leaf(value);
        }
    }
    // Children come after their parents.
    for (index, node) in tree.nodes.iter().enumerate().rev() {
        if let TreeNode::Split { right, .. } = *node {
            covers[index] = covers[index + 1] + covers[right as usize];
        }
    }
    covers
}

impl TreeShap {
    /// For trees no deeper than these.
    pub fn new(trees: &[Tree]) -> Self {
        let deepest = trees.iter().map(Tree::depth).max().unwrap_or(0) as usize;
        Self {
            rule: Quadrature::new(deepest.div_ceil(2).min(MAX_POINTS)),
            way: Vec::new(),
            products: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// Adds what a tree says of a row: its expectation, its output, and each feature's contribution. `covers` are those of
    /// [`node_covers`], above 0, and `value` is that of a leaf by what the node holds.
    ///
    /// # Panics
    /// If the row lacks a feature or the tree is no whole one in preorder.
    pub fn add(
        &mut self,
        tree: &Tree,
        covers: &[f64],
        row: &[f32],
        value: impl Fn(u32) -> f64,
        to: &mut Explanation,
    ) {
        let nodes = &tree.nodes[..];
        let mut expectation = 0.0;
        for (node, cover) in nodes.iter().zip(covers) {
            if let TreeNode::Leaf { value: leaf } = *node {
                expectation += cover * value(leaf);
            }
        }
        to.expectation += expectation / covers[0];
        to.output += value(tree.leaf(|feature| row[usize::from(feature)]));

        let m = self.rule.points.len();
        self.way.clear();
        self.products.clear();
        self.products.extend_from_slice(&self.rule.weights);
        self.sums.clear();
        self.sums.resize(m, 0.0);
        // The root is the child of no split: a step whose factor is 1.
        self.way.push(Step {
            node: 0,
            feature: NONE,
            factor: Factor {
                one: 1.0,
                zero: 1.0,
            },
            before: NONE,
            visited: 0,
        });
        while let Some(step) = self.way.last_mut() {
            let (node, visited) = (step.node, step.visited);
            step.visited += 1;
            match nodes[node] {
                TreeNode::Split {
                    feature,
                    threshold,
                    missing_left,
                    right,
                } if visited < 2 => {
                    let feature = usize::from(feature);
                    let left = goes_left(row[feature], threshold, missing_left);
                    let (child, is_own_way) = if visited == 0 {
                        (node + 1, left)
                    } else {
                        (right as usize, !left)
                    };
                    self.descend(child, feature, is_own_way, covers[child] / covers[node]);
                }
                TreeNode::Split { .. } => self.ascend(&mut to.contributions),
                TreeNode::Leaf { value: leaf } => {
                    let value = value(leaf);
                    let at = self.products.len() - m;
                    for (sum, product) in self.sums[at..].iter_mut().zip(&self.products[at..]) {
                        *sum = value * product;
                    }
                    self.ascend(&mut to.contributions);
                }
            }
        }
    }

    /// Goes to a child: the way of the row, or another, that this share of the training weight went.
    fn descend(&mut self, child: usize, feature: usize, is_own_way: bool, share: f64) {
        let m = self.rule.points.len();
        let of_feature = |step: &Step| step.feature == feature;
        let before = self.way.iter().rposition(of_feature).unwrap_or(NONE);
        let old = self.way.get(before).map(|step| step.factor);
        let Factor { one, zero } = old.unwrap_or(Factor {
            one: 1.0,
            zero: 1.0,
        });
        let factor = Factor {
            one: if is_own_way { one } else { 0.0 },
            zero: (zero * share).max(LEAST_SHARE),
        };
        let at = self.products.len() - m;
        for q in 0..m {
            let point = self.rule.points[q];
            let mut product = self.products[at + q] * factor.at(point);
            if let Some(old) = old {
                product /= old.at(point);
            }
            self.products.push(product);
        }
        self.sums.resize(at + 2 * m, 0.0);
        self.way.push(Step {
            node: child,
            feature,
            factor,
            before,
            visited: 0,
        });
    }

    /// Goes back to the parent with the sums of what is below, and adds what they are to the step's feature.
    fn ascend(&mut self, contributions: &mut [f64]) {
        let m = self.rule.points.len();
        let Some(step) = self.way.pop() else { return };
        let at = self.sums.len() - m;
        if step.feature != NONE {
            let (parents, own) = self.sums.split_at_mut(at);
            for (sum, part) in parents[at - m..].iter_mut().zip(&*own) {
                *sum += part;
            }
            let mut contribution = integral(&self.rule, own, step.factor);
            if let Some(before) = self.way.get(step.before) {
                contribution -= integral(&self.rule, own, before.factor);
            }
            contributions[step.feature] += contribution;
        }
        self.sums.truncate(at);
        self.products.truncate(at);
    }
}

/// (o − z) ∫ sum / factor, which is what a feature of this factor adds to the leaves of these sums.
fn integral(rule: &Quadrature, sums: &[f64], factor: Factor) -> f64 {
    let mut integral = 0.0;
    for (sum, &point) in sums.iter().zip(&rule.points) {
        integral += sum / factor.at(point);
    }
    (factor.one - factor.zero) * integral
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::rng::SplitMix64;
    use crate::model::forest::Leaves;

    /// A random tree in which features come again and again.
    fn random_tree(rng: &mut SplitMix64, n_features: u32, depth: u32, nodes: &mut Vec<TreeNode>) {
        let here = nodes.len();
        if depth == 0 || rng.below(6) == 0 {
            nodes.push(TreeNode::Leaf { value: here as u32 });
            return;
        }
        nodes.push(TreeNode::Leaf { value: 0 });
        random_tree(rng, n_features, depth - 1, nodes);
        let right = nodes.len() as u32;
        random_tree(rng, n_features, depth - 1, nodes);
        nodes[here] = TreeNode::Split {
            feature: rng.below(n_features) as u16,
            threshold: rng.unit() as f32,
            missing_left: rng.below(2) == 0,
            right,
        };
    }

    /// What a tree says of a row of which only some features are known.
    fn game(tree: &Tree, covers: &[f64], row: &[f32], known: u32, place: usize) -> f64 {
        match tree.nodes[place] {
            TreeNode::Leaf { value } => leaf_value(value),
            TreeNode::Split {
                feature,
                threshold,
                missing_left,
                right,
            } => {
                let children = [place + 1, right as usize];
                if known >> feature & 1 == 1 {
                    let left = goes_left(row[usize::from(feature)], threshold, missing_left);
                    return game(tree, covers, row, known, children[usize::from(!left)]);
                }
                let of_child = |child: usize| covers[child] * game(tree, covers, row, known, child);
                children.map(of_child).iter().sum::<f64>() / covers[place]
            }
        }
    }

    fn leaf_value(value: u32) -> f64 {
        f64::from(value * 37 % 101) / 100.0
    }

    fn factorial(n: u32) -> f64 {
        (1..=n).map(f64::from).product()
    }

    /// Shapley's formula, over all sets of features.
    fn shapley(tree: &Tree, covers: &[f64], row: &[f32], feature: u32) -> f64 {
        let n = row.len() as u32;
        (0..1u32 << n)
            .filter(|known| known >> feature & 1 == 0)
            .map(|known| {
                let size = known.count_ones();
                let weight = factorial(size) * factorial(n - 1 - size) / factorial(n);
                let with = game(tree, covers, row, known | 1 << feature, 0);
                weight * (with - game(tree, covers, row, known, 0))
            })
            .sum()
    }

    #[test]
    fn contributions_are_shapley_values() {
        let mut rng = SplitMix64::new(5);
        for case in 0..60 {
            let n_features = 1 + case % 7;
            let mut tree = Tree::default();
            random_tree(&mut rng, n_features, 2 + case % 6, &mut tree.nodes);
            let covers = node_covers(&tree, |_| f64::from(1 + rng.below(1000)));
            let trees = [tree];
            let mut shap = TreeShap::new(&trees);
            for _ in 0..5 {
                let row: Vec<f32> = (0..n_features)
                    .map(|_| match rng.below(5) {
                        0 => f32::NAN,
                        _ => rng.unit() as f32,
                    })
                    .collect();
                let mut found = Explanation::nothing(Leaves::Shares, row.len());
                shap.add(&trees[0], &covers, &row, leaf_value, &mut found);
                assert!((found.expectation - game(&trees[0], &covers, &row, 0, 0)).abs() < 1e-12);
                assert_eq!(found.output, game(&trees[0], &covers, &row, u32::MAX, 0));
                for feature in 0..n_features {
                    let expected = shapley(&trees[0], &covers, &row, feature);
                    let ours = found.contributions[feature as usize];
                    assert!((ours - expected).abs() < 1e-12, "{ours}, not {expected}");
                }
            }
        }
    }

    #[test]
    fn ways_of_any_length_add_up() {
        // A comb: each split sends all but a thousandth on. Features come once or again and again.
        for (depth, n_features) in [(300usize, 300), (3000, 7), (20_000, 2)] {
            let mut nodes = Vec::new();
            for level in 0..depth {
                nodes.push(TreeNode::Split {
                    feature: (level % n_features) as u16,
                    threshold: 0.5,
                    missing_left: true,
                    right: (2 * depth - level) as u32,
                });
            }
            nodes.extend((0..=depth).map(|value| TreeNode::Leaf {
                value: value as u32,
            }));
            let trees = [Tree { nodes }];
            assert!(trees[0].is_preorder());
            let covers = node_covers(&trees[0], |value| if value == 0 { 1e6 } else { 1e3 });
            let mut shap = TreeShap::new(&trees);
            let row: Vec<f32> = (0..n_features)
                .map(|i| [0.0, 1.0][usize::from(i == 1)])
                .collect();
            let mut found = Explanation::nothing(Leaves::Shares, n_features);
            shap.add(&trees[0], &covers, &row, leaf_value, &mut found);
            let sum: f64 = found.contributions.iter().sum();
            let error = found.expectation + sum - found.output;
            assert!(error.abs() < 1e-9, "{depth} deep: {error}");
        }
    }
}
