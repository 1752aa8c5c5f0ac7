//! Choosing the forest's size: what forests of many sizes are worth on rows that they have not seen, and the smallest
//! that is as good as the best.
//!
//! Only rows that are fitted on take part. They are cut into folds by a hash of their features, so that identical rows
//! are in one fold; each fold is scored by forests that are grown on the others. One growth gives every number of trees
//! and leaves at once (see [`flowsieve::fit::nested`]), so what is grown anew are the other options, one after the
//! other: class weights, then features per split, then rows per leaf, each with the best found so far.

use crate::error::TrainerError;
use crate::fitting::{Recipe, as_forests_see, binned};
use crate::progress;
use crate::split::hash;
use flowsieve::Error;
use flowsieve::fit::TrainingTable;
use flowsieve::fit::binned::BinnedTable;
use flowsieve::fit::forest::join_trees;
use flowsieve::fit::nested::{NestedTree, grow_nested};
use flowsieve::fit::options::{ClassWeight, ForestOptions, Learner};
use flowsieve::metrics::Evaluation;
use flowsieve::model::card::{SizeCurve, SizePoint};
use flowsieve::model::taxonomy::Taxonomy;
use flowsieve::pack;
use rayon::prelude::*;

/// Parts that the rows are cut into.
const FOLDS: u64 = 3;
/// How often they are cut anew.
const CUTS: u64 = 2;
/// Where there are more rows, this many are looked at.
const MOST_ROWS: usize = 60_000;
/// Rows that are scored at once.
const ROWS_PER_PIECE: usize = 1024;

/// Five trees score as well now and then, but their shares of votes say little.
const TREES: [u32; 4] = [10, 20, 30, 50];
const LEAVES: [u32; 8] = [32, 64, 128, 256, 512, 1024, 2048, 4096];
const CLASS_WEIGHTS: [ClassWeight; 3] = [
    ClassWeight::Balanced,
    ClassWeight::SquareRoot,
    ClassWeight::None,
];
const FEATURES_PER_SPLIT: [f64; 3] = [0.4, 0.2, 0.7];
const ROWS_PER_LEAF: [u32; 4] = [1, 2, 5, 10];

/// What has been asked for, and so is not chosen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asked {
    pub(crate) trees: Option<u32>,
    pub(crate) leaves: Option<u32>,
    pub(crate) features_per_split: Option<f64>,
    pub(crate) class_weight: Option<ClassWeight>,
    pub(crate) learner: Option<Learner>,
    pub(crate) learning_rate: Option<f64>,
    pub(crate) min_leaf: Option<u32>,
}

impl Asked {
    /// What was asked for, with the library's defaults for the rest.
    pub(crate) fn or_default(&self, seed: u64) -> ForestOptions {
        let default = ForestOptions::default();
        ForestOptions {
            n_trees: self.trees.unwrap_or(default.n_trees),
            max_leaves: self.leaves.unwrap_or(default.max_leaves),
            features_per_split: self
                .features_per_split
                .unwrap_or(default.features_per_split),
            class_weight: self.class_weight.unwrap_or(default.class_weight),
            min_leaf: self.min_leaf.unwrap_or(default.min_leaf),
            learner: self.learner.unwrap_or(default.learner),
            learning_rate: self.learning_rate.unwrap_or(default.learning_rate),
            seed,
            ..default
        }
    }
}

/// A forest's options with its score in every fold.
#[derive(Clone, Debug)]
struct Candidate {
    options: ForestOptions,
    bytes: usize,
    scores: Vec<f64>,
}

impl Candidate {
    fn mean(&self) -> f64 {
        self.scores.iter().sum::<f64>() / self.scores.len() as f64
    }

    fn standard_error(&self) -> f64 {
        let (n, mean) = (self.scores.len() as f64, self.mean());
        let squares: f64 = self
            .scores
            .iter()
            .map(|score| (score - mean) * (score - mean))
            .sum();
        (squares / (n - 1.0) / n).sqrt()
    }
}

/// Chooses what was not asked for, among forests that take at most `max_bytes` in a model file.
pub(crate) fn choose(
    recipe: &Recipe,
    table: &TrainingTable,
    asked: &Asked,
    max_bytes: usize,
) -> Result<(ForestOptions, SizeCurve), TrainerError> {
    let base = recipe.forest.options();
    let folds = folds(recipe, table, base.seed)?;
    let search = Search {
        folds: &folds,
        taxonomy: &recipe.taxonomy,
        trees: one_or(asked.trees, &TREES),
        leaves: one_or(asked.leaves, &LEAVES),
        max_bytes,
    };
    let mut options = ForestOptions {
        features_per_split: asked.features_per_split.unwrap_or(FEATURES_PER_SPLIT[0]),
        class_weight: asked.class_weight.unwrap_or(CLASS_WEIGHTS[0]),
        min_leaf: asked.min_leaf.unwrap_or(ROWS_PER_LEAF[0]),
        ..*base
    };
    let growths = one_or(asked.class_weight, &CLASS_WEIGHTS).len()
        + one_or(asked.features_per_split, &FEATURES_PER_SPLIT).len()
        + one_or(asked.min_leaf, &ROWS_PER_LEAF).len()
        - 2;
    let bar = progress::bar("choosing the forest's size", growths as u64);
    let mut found = search.grow(&options)?;
    bar.inc(1);
    let mut others = |variants: Vec<ForestOptions>| -> Result<Option<ForestOptions>, TrainerError> {
        for variant in variants {
            found.extend(search.grow(&variant)?);
            bar.inc(1);
        }
        Ok(best(&found).map(|candidate| candidate.options))
    };
    let weights = one_or(asked.class_weight, &CLASS_WEIGHTS);
    let variants = weights[1..].iter().map(|&class_weight| ForestOptions {
        class_weight,
        ..options
    });
    options = others(variants.collect())?.unwrap_or(options);
    let features = one_or(asked.features_per_split, &FEATURES_PER_SPLIT);
    let variants = features[1..]
        .iter()
        .map(|&features_per_split| ForestOptions {
            features_per_split,
            ..options
        });
    options = others(variants.collect())?.unwrap_or(options);
    let rows = one_or(asked.min_leaf, &ROWS_PER_LEAF);
    let variants = rows[1..].iter().map(|&min_leaf| ForestOptions {
        min_leaf,
        ..options
    });
    others(variants.collect())?;
    bar.finish_and_clear();
    let Some(curve) = curve(found) else {
        return Err(TrainerError::asked(format!(
            "No forest fits into {max_bytes} bytes. Allow more with --forest-bytes."
        )));
    };
    Ok(curve)
}

/// The one that was asked for, or all that there are to choose from.
fn one_or<T: Copy>(asked: Option<T>, all: &[T]) -> Vec<T> {
    asked.map_or_else(|| all.to_vec(), |one| vec![one])
}

/// Rows to grow on, binned by nobody yet, and rows to score.
struct Fold {
    fitted: TrainingTable,
    scored: TrainingTable,
    seed: u64,
}

fn folds(recipe: &Recipe, table: &TrainingTable, seed: u64) -> Result<Vec<Fold>, TrainerError> {
    let mut folds = Vec::new();
    for cut in 0..CUTS {
        let hashes: Vec<u64> = (0..table.n_rows())
            .into_par_iter()
            .map(|row_idx| {
                hash(
                    table.columns.iter().map(Vec::as_slice),
                    row_idx,
                    seed.wrapping_add(1 + cut),
                )
            })
            .collect();
        // The low bits say the fold, the high ones whether a row takes part at all.
        let share = (MOST_ROWS as f64 / table.n_rows() as f64).min(1.0);
        let last = (share * u64::MAX as f64) as u64;
        for fold in 0..FOLDS {
            let rows = |scored: bool| -> Vec<u32> {
                (0u32..)
                    .zip(&hashes)
                    .filter(|&(_, &hash)| hash <= last && (hash % FOLDS == fold) == scored)
                    .map(|(row_idx, _)| row_idx)
                    .collect()
            };
            let (fitted, scored) = (table.rows(&rows(false)), table.rows(&rows(true)));
            let (fitted, scored) = as_forests_see(recipe, fitted, scored)?;
            folds.push(Fold {
                fitted,
                scored,
                seed: seed.wrapping_add(cut),
            });
        }
    }
    Ok(folds)
}

struct Search<'a> {
    folds: &'a [Fold],
    taxonomy: &'a Taxonomy,
    trees: Vec<u32>,
    leaves: Vec<u32>,
    max_bytes: usize,
}

impl Search<'_> {
    /// Every number of trees and leaves with these other options.
    fn grow(&self, options: &ForestOptions) -> Result<Vec<Candidate>, TrainerError> {
        let (Some(&n_trees), Some(&max_leaves)) = (self.trees.last(), self.leaves.last()) else {
            return Ok(Vec::new());
        };
        let sizes = self.trees.iter().flat_map(|&n_trees| {
            self.leaves
                .iter()
                .map(move |&max_leaves| (n_trees, max_leaves))
        });
        let mut candidates: Vec<Candidate> = sizes
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
                candidate.scores.extend(
                    scores
                        .iter()
                        .filter(|&&(found, _)| found == size)
                        .map(|&(_, score)| score),
                );
            }
        }
        Ok(candidates)
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

    /// Macro-F1 on rows, for every number of trees and leaves.
    fn score(&self, trees: &[NestedTree], rows: &TrainingTable) -> Vec<((u32, u32), f64)> {
        let n_classes = rows.n_classes;
        let cells = n_classes * n_classes;
        let n_sizes = self.trees.len() * self.leaves.len();
        let row_idxs: Vec<usize> = (0..rows.n_rows()).collect();
        let confusions = row_idxs
            .par_chunks(ROWS_PER_PIECE)
            .map(|piece| {
                let mut confusions = vec![0u64; n_sizes * cells];
                let mut sums = vec![0u32; self.leaves.len() * n_classes];
                for &row_idx in piece {
                    sums.fill(0);
                    let value = |feature: u16| rows.columns[usize::from(feature)][row_idx];
                    let label = usize::from(rows.labels[row_idx]);
                    let mut size = 0;
                    for (n_walked, tree) in (1u32..).zip(trees) {
                        tree.walk(value, &self.leaves, |limit, distribution| {
                            let sums = &mut sums[limit * n_classes..][..n_classes];
                            for (sum, &share) in sums.iter_mut().zip(distribution) {
                                *sum += u32::from(share);
                            }
                        });
                        if self.trees.contains(&n_walked) {
                            for sums in sums.chunks_exact(n_classes) {
                                let class = first_largest(sums);
                                confusions[size * cells + label * n_classes + class] += 1;
                                size += 1;
                            }
                        }
                    }
                }
                confusions
            })
            .reduce(
                || vec![0u64; n_sizes * cells],
                |mut sum, part| {
                    for (sum, part) in sum.iter_mut().zip(part) {
                        *sum += part;
                    }
                    sum
                },
            );
        let sizes = self.trees.iter().flat_map(|&n_trees| {
            self.leaves
                .iter()
                .map(move |&max_leaves| (n_trees, max_leaves))
        });
        sizes
            .zip(confusions.chunks_exact(cells))
            .map(|(size, confusion)| {
                let scores = Evaluation::from_counts(self.taxonomy, confusion, &[[0; 2]; 2]);
                (size, scores.macro_f1)
            })
            .collect()
    }
}

fn first_largest(sums: &[u32]) -> usize {
    let mut best = 0;
    for (class, &sum) in sums.iter().enumerate() {
        if sum > sums[best] {
            best = class;
        }
    }
    best
}

/// The candidate of the highest mean, the smallest of equals.
fn best(candidates: &[Candidate]) -> Option<&Candidate> {
    candidates
        .iter()
        .min_by(|a, b| b.mean().total_cmp(&a.mean()).then(a.bytes.cmp(&b.bytes)))
}

/// The smallest candidate whose mean is within half a standard error of the best, and all of which no smaller one is
/// better.
fn curve(mut candidates: Vec<Candidate>) -> Option<(ForestOptions, SizeCurve)> {
    let best = best(&candidates)?;
    let enough = best.mean() - best.standard_error() / 2.0;
    candidates.sort_by(|a, b| a.bytes.cmp(&b.bytes).then(b.mean().total_cmp(&a.mean())));
    let mut highest = f64::NEG_INFINITY;
    candidates.retain(|candidate| {
        let higher = candidate.mean() > highest;
        highest = highest.max(candidate.mean());
        higher
    });
    let chosen = candidates
        .iter()
        .position(|candidate| candidate.mean() >= enough)?;
    let points = candidates.iter().map(|candidate| SizePoint {
        bytes: candidate.bytes as u32,
        macro_f1: candidate.mean() as f32,
        standard_error: candidate.standard_error() as f32,
        trees: candidate.options.n_trees,
        leaves: candidate.options.max_leaves,
        rows_per_leaf: candidate.options.min_leaf,
        features_per_split: candidate.options.features_per_split as f32,
        class_weight: candidate.options.class_weight.name().to_owned(),
    });
    let curve = SizeCurve {
        method: format!(
            "macro-F1 on training rows alone: {FOLDS} folds, cut {CUTS} times, identical rows in one fold; taken is the \
             smallest within half a standard error of the best"
        ),
        points: points.collect(),
        chosen: chosen as u32,
    };
    Some((candidates[chosen].options, curve))
}
