//! Boosted trees of many numbers: one run gives every number of trees, as the first ones do not know of those to come.

use super::Candidate;
use super::folds::{Fold, macro_f1s};
use crate::error::TrainerError;
use crate::fitting::binned;
use flowsieve::fit::TrainingTable;
use flowsieve::fit::boost;
use flowsieve::fit::forest::join_trees;
use flowsieve::fit::options::ForestOptions;
use flowsieve::fit::tree::GrownTree;
use flowsieve::model::taxonomy::Taxonomy;
use flowsieve::pack;
use rayon::prelude::*;

/// A search among boosted trees.
pub(super) struct Boosted<'a> {
    pub(super) folds: &'a [Fold],
    pub(super) taxonomy: &'a Taxonomy,
    /// Numbers of trees, ascending.
    pub(super) trees: Vec<u32>,
    pub(super) max_bytes: usize,
}

/// What a fold says of each number of trees.
struct OfFold {
    bytes: Vec<usize>,
    scores: Vec<f64>,
}

impl Boosted<'_> {
    /// Every number of trees with these other options.
    pub(super) fn grow(&self, options: &ForestOptions) -> Result<Vec<Candidate>, TrainerError> {
        // Trees follow from each other, so it is folds that run side by side.
        let folds: Result<Vec<OfFold>, TrainerError> = self
            .folds
            .par_iter()
            .map(|fold| self.of_fold(options, fold))
            .collect();
        let folds = folds?;
        let candidates = self
            .trees
            .iter()
            .enumerate()
            .map(|(index, &n_trees)| Candidate {
                options: ForestOptions {
                    n_trees,
                    ..*options
                },
                bytes: folds
                    .iter()
                    .map(|fold| fold.bytes[index])
                    .max()
                    .unwrap_or(0),
                scores: folds.iter().map(|fold| fold.scores[index]).collect(),
            });
        Ok(candidates
            .filter(|candidate| candidate.bytes <= self.max_bytes)
            .collect())
    }

    fn of_fold(&self, options: &ForestOptions, fold: &Fold) -> Result<OfFold, TrainerError> {
        let params = ForestOptions {
            n_trees: self.trees.last().copied().unwrap_or(1),
            seed: fold.seed,
            ..*options
        }
        .check()?;
        let table = binned(&fold.fitted, &params)?;
        let trees = boost::grow_trees(&table, &params, || {});
        let bytes: Result<Vec<usize>, TrainerError> = self
            .trees
            .iter()
            .map(|&n_trees| {
                let first = &trees[..n_trees as usize];
                let leaves = options.learner.leaves();
                let (forest, _) = join_trees(first, self.taxonomy.kinds.len(), leaves);
                Ok(pack::forest_bytes(&forest)?)
            })
            .collect();
        Ok(OfFold {
            bytes: bytes?,
            scores: self.score(&trees, &fold.scored),
        })
    }

    /// Macro-F1 on rows, for every number of trees.
    fn score(&self, trees: &[GrownTree], rows: &TrainingTable) -> Vec<f64> {
        let n_classes = rows.n_classes;
        macro_f1s(
            self.taxonomy,
            rows,
            self.trees.len(),
            n_classes,
            |row_idx, sums, forest| {
                let value = |feature: u16| rows.columns[usize::from(feature)][row_idx];
                for (n_walked, grown) in (1u32..).zip(trees) {
                    let leaf = grown.tree.leaf(value) as usize;
                    let scores = &grown.distributions[leaf * n_classes..][..n_classes];
                    for (sum, &score) in sums.iter_mut().zip(scores) {
                        *sum += u32::from(score);
                    }
                    if self.trees.contains(&n_walked) {
                        forest(sums);
                    }
                }
            },
        )
    }
}
