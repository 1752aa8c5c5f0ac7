//! Joining grown trees into a forest.

use super::codebook::codebook;
use super::tree::GrownTree;
use crate::model::cover;
use crate::model::forest::{ForestSpec, Leaves};
use crate::model::tree::{Tree, TreeNode};
use std::collections::HashMap;

/// Joins trees, in order, into a forest. Equal leaf distributions are kept once, and like ones become one where there are
/// many (see [`super::codebook`]); they are numbered by first use.
///
/// Also gives each feature's importance: its share of the impurity that the trees took away, adding up to about 1.
pub fn join_trees(trees: &[GrownTree], n_classes: usize, leaves: Leaves) -> (ForestSpec, Vec<f32>) {
    let mut known: HashMap<&[u8], u32> = HashMap::new();
    let mut distinct: Vec<u8> = Vec::new();
    let mut counts: Vec<u64> = Vec::new();
    let mut numbers_of_trees: Vec<Vec<u32>> = Vec::new();
    for grown in trees {
        let numbers: Vec<u32> = grown
            .distributions
            .chunks_exact(n_classes)
            .map(|distribution| {
                *known.entry(distribution).or_insert_with(|| {
                    distinct.extend_from_slice(distribution);
                    counts.push(0);
                    counts.len() as u32 - 1
                })
            })
            .collect();
        for node in &grown.tree.nodes {
            if let TreeNode::Leaf { value } = node {
                counts[numbers[*value as usize] as usize] += 1;
            }
        }
        numbers_of_trees.push(numbers);
    }
    let (centres, place_of) = codebook(&distinct, &counts, n_classes, leaves);
    let mut forest = ForestSpec {
        n_classes: n_classes as u16,
        ..ForestSpec::default()
    };
    let mut numbers = vec![None; centres.len() / n_classes];
    let mut next = 0;
    for (grown, of_tree) in trees.iter().zip(&numbers_of_trees) {
        let covers = grown.covers.iter().map(|&weight| cover::code_of(weight));
        forest.covers.extend(covers);
        let renumbered = grown.tree.nodes.iter().map(|&node| match node {
            TreeNode::Leaf { value } => {
                let place = place_of[of_tree[value as usize] as usize] as usize;
                let value = *numbers[place].get_or_insert_with(|| {
                    let centre = &centres[place * n_classes..][..n_classes];
                    forest.distributions.extend_from_slice(centre);
                    next += 1;
                    next - 1
                });
                TreeNode::Leaf { value }
            }
            split @ TreeNode::Split { .. } => split,
        });
        let nodes = renumbered.collect();
        forest.trees.push(Tree { nodes });
    }
    (forest, importances(trees))
}

/// The mean of the trees' gains, each tree's adding up to 1 as in scikit-learn, in tree order.
fn importances(trees: &[GrownTree]) -> Vec<f32> {
    let n_features = trees.first().map_or(0, |grown| grown.gains.len());
    let mut sums = vec![0.0f64; n_features];
    for grown in trees {
        let total: f64 = grown.gains.iter().sum();
        for (sum, gain) in sums.iter_mut().zip(&grown.gains) {
            *sum += if total > 0.0 { gain / total } else { 0.0 };
        }
    }
    let total: f64 = sums.iter().sum();
    sums.iter()
        .map(|sum| {
            if total > 0.0 {
                (sum / total) as f32
            } else {
                0.0
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::options::ForestOptions;
    use crate::fit::tree::grow_tree;
    use crate::fit::tree::tests::{bin, table};

    #[test]
    fn a_forest_answers_as_its_trees_do() {
        let table = table(1500);
        let params = ForestOptions {
            n_trees: 6,
            max_leaves: 40,
            ..Default::default()
        }
        .check()
        .expect("in range");
        let binned = bin(&table, &params);
        let trees: Vec<GrownTree> = (0..6).map(|i| grow_tree(&binned, &params, i)).collect();
        let (forest, importances) = join_trees(&trees, 4, Leaves::Shares);
        let kept: Vec<&[u8]> = forest.distributions.chunks_exact(4).collect();
        for (i, distribution) in kept.iter().enumerate() {
            assert!(
                !kept[..i].contains(distribution),
                "{distribution:?} is kept twice"
            );
        }
        for (grown, joined) in trees.iter().zip(&forest.trees) {
            for row_idx in 0..100 {
                let row = |feature: u16| table.columns[usize::from(feature)][row_idx];
                let own = &grown.distributions[grown.tree.leaf(row) as usize * 4..][..4];
                assert_eq!(own, kept[joined.leaf(row) as usize]);
            }
        }
        assert!(
            (importances.iter().sum::<f32>() - 1.0).abs() < 1e-5,
            "{importances:?}"
        );
        assert!(
            importances[0] > importances[2] && importances[1] > importances[2],
            "{importances:?}"
        );
    }
}
