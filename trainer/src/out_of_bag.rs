//! What a forest is worth on the rows that it was grown on, judged tree by tree on those that a tree did not draw.

use crate::scoring::evaluate;
use flowsieve::fit::binned::BinnedTable;
use flowsieve::fit::options::ForestParams;
use flowsieve::fit::out_of_bag::{BagTree, OutOfBag, out_of_bag};
use flowsieve::fit::tree::GrownTree;
use flowsieve::metrics::Evaluation;
use flowsieve::model::taxonomy::Taxonomy;
use rayon::prelude::*;

/// Rows that are judged at once.
const ROWS_PER_PIECE: usize = 4096;
/// What a leaf's shares add up to.
const LEAF_SUM: u32 = 255;

/// What the trees say of all rows.
pub(crate) fn judge(binned: &BinnedTable, params: &ForestParams, grown: &[GrownTree]) -> OutOfBag {
    let trees: Vec<BagTree<'_>> = grown
        .par_iter()
        .enumerate()
        .map(|(tree_idx, grown)| BagTree::new(binned, params, tree_idx as u32, grown))
        .collect();
    let n_rows = binned.n_rows();
    let pieces: Vec<OutOfBag> = (0..n_rows.div_ceil(ROWS_PER_PIECE))
        .into_par_iter()
        .map(|piece| {
            let begin = piece * ROWS_PER_PIECE;
            let end = (begin + ROWS_PER_PIECE).min(n_rows);
            out_of_bag(binned, &trees, begin..end)
        })
        .collect();
    let mut all = OutOfBag::default();
    for piece in &pieces {
        all.append(piece);
    }
    all
}

/// Compares what is said of the rows with their labels. Rows that every tree drew do not count.
pub(crate) fn evaluation(taxonomy: &Taxonomy, labels: &[u8], found: &OutOfBag) -> Evaluation {
    let (mut judged, mut answers) = (Vec::new(), Vec::new());
    for (row_idx, &label) in labels.iter().enumerate() {
        let Some(sums) = found.row(row_idx) else {
            continue;
        };
        let (mut class, mut attack_sum) = (0, 0);
        for (other, (&sum, kind)) in sums.iter().zip(&taxonomy.kinds).enumerate() {
            if sum > sums[class] {
                class = other;
            }
            attack_sum += if kind.attack { sum } else { 0 };
        }
        judged.push(label);
        let attack = 2 * attack_sum > LEAF_SUM * found.n_trees[row_idx];
        answers.push((class as u8, attack));
    }
    evaluate(taxonomy, &judged, &answers)
}
