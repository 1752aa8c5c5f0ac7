//! Out-of-bag predictions (Breiman 1996): each row judged by the trees that did not draw it, which are about 37 of a
//! hundred. So a forest tells what it is worth without a row held back, except where rows repeat: a copy of a row that a
//! tree did not draw may be one that it did.
//!
//! A caller with threads maps [`BagTree::new`] over trees and [`out_of_bag`] over ranges of rows.

use super::binned::BinnedTable;
use super::bootstrap::{draws, stream};
use super::options::ForestParams;
use super::tree::GrownTree;
use std::ops::Range;

/// A grown tree, and the rows that it drew.
#[derive(Clone, Debug)]
pub struct BagTree<'a> {
    grown: &'a GrownTree,
    /// A bit per row of the table.
    drawn: Vec<u64>,
}

impl<'a> BagTree<'a> {
    /// The `tree_idx`-th tree of a forest, as [`grow_tree`](super::tree::grow_tree) grew it on this table with these
    /// parameters.
    pub fn new(
        table: &BinnedTable,
        params: &ForestParams,
        tree_idx: u32,
        grown: &'a GrownTree,
    ) -> Self {
        let draws = draws(table.n_rows(), &mut stream(params.options().seed, tree_idx));
        let drawn = draws.chunks(64).map(|draws| {
            let bits = draws.iter().enumerate();
            bits.fold(0, |word, (bit, &draws)| word | u64::from(draws > 0) << bit)
        });
        Self {
            grown,
            drawn: drawn.collect(),
        }
    }

    fn drew(&self, row_idx: usize) -> bool {
        self.drawn[row_idx / 64] >> (row_idx % 64) & 1 == 1
    }
}

/// What trees say of rows that they did not draw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutOfBag {
    /// Row after row, `n_classes` sums of leaf shares: 255 from each tree that did not draw the row.
    pub sums: Vec<u32>,
    /// Per row, how many trees did not draw it.
    pub n_trees: Vec<u32>,
}

impl OutOfBag {
    /// Adds the rows that come next.
    pub fn append(&mut self, next: &Self) {
        self.sums.extend_from_slice(&next.sums);
        self.n_trees.extend_from_slice(&next.n_trees);
    }

    /// The sums of a row, one per class; `None` where every tree drew it.
    pub fn row(&self, row_idx: usize) -> Option<&[u32]> {
        let n_classes = self.sums.len() / self.n_trees.len();
        (self.n_trees[row_idx] > 0).then(|| &self.sums[row_idx * n_classes..][..n_classes])
    }
}

/// What the trees say of a range of rows, each of those that they did not draw.
///
/// # Panics
/// Panics if the range goes beyond the table.
pub fn out_of_bag(table: &BinnedTable, trees: &[BagTree<'_>], rows: Range<usize>) -> OutOfBag {
    let n_classes = table.n_classes();
    let mut found = OutOfBag {
        sums: vec![0; rows.len() * n_classes],
        n_trees: vec![0; rows.len()],
    };
    for tree in trees {
        let of_rows = found.sums.chunks_exact_mut(n_classes);
        for ((row_idx, sums), n_trees) in rows.clone().zip(of_rows).zip(&mut found.n_trees) {
            if tree.drew(row_idx) {
                continue;
            }
            *n_trees += 1;
            let leaf = table.leaf(&tree.grown.tree, row_idx as u32) as usize;
            let distribution = &tree.grown.distributions[leaf * n_classes..];
            for (sum, &share) in sums.iter_mut().zip(distribution) {
                *sum += u32::from(share);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::bootstrap::bootstrap;
    use crate::fit::options::ForestOptions;
    use crate::fit::tree::grow_tree;
    use crate::fit::tree::tests::{bin, table};

    #[test]
    fn a_row_is_judged_by_the_trees_that_did_not_draw_it() {
        let table = table(1000);
        let params = ForestOptions {
            n_trees: 8,
            max_leaves: 50,
            seed: 3,
            ..ForestOptions::default()
        }
        .check()
        .expect("in range");
        let binned = bin(&table, &params);
        let grown: Vec<GrownTree> = (0..8).map(|i| grow_tree(&binned, &params, i)).collect();
        let mut sums = vec![0; 4 * 1000];
        let mut n_trees = vec![0; 1000];
        for (tree_idx, grown) in (0..).zip(&grown) {
            let drawn = bootstrap(&binned, &mut stream(3, tree_idx)).samples;
            for row_idx in 0..1000 {
                if drawn
                    .iter()
                    .any(|sample| sample.row_idx as usize == row_idx)
                {
                    continue;
                }
                let leaf = grown
                    .tree
                    .leaf(|feature| table.columns[usize::from(feature)][row_idx]);
                n_trees[row_idx] += 1;
                for class in 0..4 {
                    let share = grown.distributions[leaf as usize * 4 + class];
                    sums[row_idx * 4 + class] += u32::from(share);
                }
            }
        }
        let trees: Vec<BagTree<'_>> = (0..)
            .zip(&grown)
            .map(|(tree_idx, grown)| BagTree::new(&binned, &params, tree_idx, grown))
            .collect();
        let whole = out_of_bag(&binned, &trees, 0..1000);
        assert_eq!(whole, OutOfBag { sums, n_trees });
        let mut parts = out_of_bag(&binned, &trees, 0..333);
        parts.append(&out_of_bag(&binned, &trees, 333..1000));
        assert_eq!(parts, whole, "pieces of rows are as good as all");

        let told = (0..1000).filter_map(|row_idx| Some((row_idx, whole.row(row_idx)?)));
        let (mut n, mut hits) = (0, 0);
        for (row_idx, sums) in told {
            n += 1;
            let label = usize::from(table.labels[row_idx]);
            hits += usize::from(sums.iter().max() == Some(&sums[label]));
        }
        // A row is drawn by all of eight trees once in forty.
        assert!((940..1000).contains(&n), "{n} rows are judged");
        assert!(hits * 100 > n * 90, "{hits} of {n}");
    }
}
