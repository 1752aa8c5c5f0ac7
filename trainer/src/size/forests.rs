//! Random forests of many sizes: one growth gives every number of trees and leaves at once (see [`flowsieve::fit::nested`]).

use super::Candidate;
use super::folds::{Fold, macro_f1s};
use crate::error::TrainerError;
use crate::fitting::binned;
use flowsieve::Error;
use flowsieve::fit::TrainingTable;
use flowsieve::fit::binned::BinnedTable;
use flowsieve::fit::forest::join_trees;
use flowsieve::fit::nested::{NestedTree, grow_nested};
use flowsieve::fit::options::ForestOptions;
use flowsieve::model::taxonomy::Taxonomy;
use flowsieve::pack;
use rayon::prelude::*;

/// A search among random forests.
pub(super) struct Forests<'a> {
    pub(super) folds: &'a [Fold],
    pub(super) taxonomy: &'a Taxonomy,
    /// Numbers of trees and of leaves, ascending.
    pub(super) trees: Vec<u32>,
    pub(super) leaves: Vec<u32>,
    pub(super) max_bytes: usize,
}

impl Forests<'_> {
    /// Every number of trees and leaves with these other options.
    pub(super) fn grow(&self, options: &ForestOptions) -> Result<Vec<Candidate>, TrainerError> {
        let (Some(&n_trees), Some(&max_leaves)) = (self.trees.last(), self.leaves.last()) else {
            return Ok(Vec::new());
        };
        let mut candidates: Vec<Candidate> = self
            .sizes()
            .map(|(n_trees, max_leaves)| Candidate {
                options: ForestOptions {
                    n_trees,
                    max_leaves,
                    ..*options
                },
                bytes: 0,
                scores: Vec::new(),
            })
            .collect();
        for (fold_idx, fold) in self.folds.iter().enumerate() {
            let params = ForestOptions {
                n_trees,
                max_leaves,
                seed: fold.seed,
                ..*options
            }
            .check()?;
            let table = binned(&fold.fitted, &params)?;
            let trees: Vec<NestedTree> = (0..n_trees)
                .into_par_iter()
                .map(|tree_idx| grow_nested(&table, &params, tree_idx))
                .collect();
            if fold_idx == 0 {
                self.weigh(&trees, &table, &mut candidates)?;
                candidates.retain(|candidate| candidate.bytes <= self.max_bytes);
            }
            let scores = self.score(&trees, &fold.scored);
            for candidate in &mut candidates {
                let size = (candidate.options.n_trees, candidate.options.max_leaves);
                let found = self.sizes().zip(&scores).find(|&(found, _)| found == size);
                candidate.scores.extend(found.map(|(_, &score)| score));
            }
        }
        Ok(candidates)
    }

    fn sizes(&self) -> impl Iterator<Item = (u32, u32)> {
        let of_trees = |&n_trees: &u32| self.leaves.iter().map(move |&leaves| (n_trees, leaves));
        self.trees.iter().flat_map(of_trees)
    }

    /// What each candidate takes in a model file.
    fn weigh(
        &self,
        trees: &[NestedTree],
        table: &BinnedTable,
        candidates: &mut [Candidate],
    ) -> Result<(), TrainerError> {
        candidates.par_iter_mut().try_for_each(|candidate| {
            let options = &candidate.options;
            let cut: Vec<_> = trees[..options.n_trees as usize]
                .iter()
                .map(|tree| tree.cut(table, options.max_leaves))
                .collect();
            let (forest, _) = join_trees(&cut, self.taxonomy.kinds.len(), options.learner.leaves());
            candidate.bytes = pack::forest_bytes(&forest)?;
            Ok::<(), Error>(())
        })?;
        Ok(())
    }

    /// Macro-F1 on rows, for every number of trees and leaves, in the order of [`Self::sizes`].
    fn score(&self, trees: &[NestedTree], rows: &TrainingTable) -> Vec<f64> {
        let n_classes = rows.n_classes;
        let n_forests = self.trees.len() * self.leaves.len();
        let n_sums = self.leaves.len() * n_classes;
        macro_f1s(
            self.taxonomy,
            rows,
            n_forests,
            n_sums,
            |row_idx, sums, forest| {
                let value = |feature: u16| rows.columns[usize::from(feature)][row_idx];
                for (n_walked, tree) in (1u32..).zip(trees) {
                    tree.walk(value, &self.leaves, |limit, distribution| {
                        let sums = &mut sums[limit * n_classes..][..n_classes];
                        for (sum, &share) in sums.iter_mut().zip(distribution) {
                            *sum += u32::from(share);
                        }
                    });
                    if self.trees.contains(&n_walked) {
                        sums.chunks_exact(n_classes).for_each(&mut *forest);
                    }
                }
            },
        )
    }
}
