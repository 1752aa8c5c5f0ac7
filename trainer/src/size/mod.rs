//! Choosing the classifier: what random forests and boosted trees of many sizes are worth on rows that they have not seen,
//! and the smallest that is as good as the best.
//!
//! Only rows that are fitted on take part. They are cut into folds by a hash of their features, so that identical rows
//! are in one fold; each fold is scored by trees that are grown on the others. One growth gives many sizes, so what is grown
//! anew are the other options, one after the other, each with the best found so far: of forests class weights, then
//! features per split, then rows per leaf; of boosted trees leaves, then class weights.

mod boosted;
mod folds;
mod forests;

use crate::error::TrainerError;
use crate::fitting::Recipe;
use crate::progress;
use boosted::Boosted;
use flowsieve::fit::TrainingTable;
use flowsieve::fit::options::{ClassWeight, ForestOptions, Learner};
use flowsieve::model::card::{SizeCurve, SizePoint};
use folds::{CUTS, FOLDS, folds};
use forests::Forests;
use indicatif::ProgressBar;

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

const BOOSTED_TREES: [u32; 5] = [10, 20, 30, 50, 100];
/// Where the search begins, and where it goes as long as that is better.
const BOOSTED_LEAVES: u32 = 64;
const MORE_LEAVES: [u32; 3] = [128, 256, 512];
const FEWER_LEAVES: [u32; 2] = [32, 16];
const BOOSTED_CLASS_WEIGHTS: [ClassWeight; 3] = [
    ClassWeight::SquareRoot,
    ClassWeight::Balanced,
    ClassWeight::None,
];

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

/// Chooses what was not asked for, among classifiers whose trees take at most `max_bytes` in a model file.
pub(crate) fn choose(
    recipe: &Recipe,
    table: &TrainingTable,
    asked: &Asked,
    max_bytes: usize,
) -> Result<(ForestOptions, SizeCurve), TrainerError> {
    let base = recipe.forest.options();
    let folds = folds(recipe, table, base.seed)?;
    let taxonomy = &recipe.taxonomy;
    let mut found = Vec::new();
    if asked.learner != Some(Learner::Boosted) {
        let forests = Forests {
            folds: &folds,
            taxonomy,
            trees: one_or(asked.trees, &TREES),
            leaves: one_or(asked.leaves, &LEAVES),
            max_bytes,
        };
        let grow = |options: &ForestOptions| forests.grow(options);
        found.extend(Search::new("random forests", grow).forests(base, asked)?);
    }
    if asked.learner != Some(Learner::Forest) {
        let boosted = Boosted {
            folds: &folds,
            taxonomy,
            trees: one_or(asked.trees, &BOOSTED_TREES),
            max_bytes,
        };
        let grow = |options: &ForestOptions| boosted.grow(options);
        found.extend(Search::new("boosted trees", grow).boosted(base, asked)?);
    }
    curve(found).ok_or_else(|| {
        TrainerError::asked(format!(
            "No classifier fits into {max_bytes} bytes. Allow more with --forest-bytes."
        ))
    })
}

/// A search that changes one option after the other.
struct Search<G> {
    grow: G,
    found: Vec<Candidate>,
    bar: ProgressBar,
}

impl<G: Fn(&ForestOptions) -> Result<Vec<Candidate>, TrainerError>> Search<G> {
    fn new(what: &str, grow: G) -> Self {
        Self {
            grow,
            found: Vec::new(),
            bar: progress::bar(&format!("choosing among {what}"), 0),
        }
    }

    /// Tries options; says whether a classifier with them is better than all before.
    fn is_better(&mut self, options: &ForestOptions) -> Result<bool, TrainerError> {
        self.bar.inc_length(1);
        let before = best(&self.found).map(Candidate::mean);
        self.found.extend((self.grow)(options)?);
        self.bar.inc(1);
        let after = best(&self.found).map(Candidate::mean);
        Ok(after > before)
    }

    /// Tries what one option may be besides what it is; gives the best options so far.
    fn vary<T: Copy>(
        &mut self,
        options: ForestOptions,
        others: &[T],
        with: impl Fn(ForestOptions, T) -> ForestOptions,
    ) -> Result<ForestOptions, TrainerError> {
        for &other in others {
            self.is_better(&with(options, other))?;
        }
        Ok(self.best_or(options))
    }

    /// The best options so far; those given where nothing fitted yet.
    fn best_or(&self, options: ForestOptions) -> ForestOptions {
        best(&self.found).map_or(options, |candidate| candidate.options)
    }

    /// Tries numbers of leaves as long as each is better than those before; says whether the first one was.
    fn climb(&mut self, options: &ForestOptions, leaves: &[u32]) -> Result<bool, TrainerError> {
        for (step, &max_leaves) in leaves.iter().enumerate() {
            let next = ForestOptions {
                max_leaves,
                ..*options
            };
            if !self.is_better(&next)? {
                return Ok(step > 0);
            }
        }
        Ok(true)
    }

    fn forests(
        mut self,
        base: &ForestOptions,
        asked: &Asked,
    ) -> Result<Vec<Candidate>, TrainerError> {
        let weights = one_or(asked.class_weight, &CLASS_WEIGHTS);
        let features = one_or(asked.features_per_split, &FEATURES_PER_SPLIT);
        let rows = one_or(asked.min_leaf, &ROWS_PER_LEAF);
        let first = ForestOptions {
            learner: Learner::Forest,
            class_weight: weights[0],
            features_per_split: features[0],
            min_leaf: rows[0],
            ..*base
        };
        self.is_better(&first)?;
        let options = self.vary(first, &weights[1..], with_class_weight)?;
        let options = self.vary(options, &features[1..], |options, features_per_split| {
            ForestOptions {
                features_per_split,
                ..options
            }
        })?;
        self.vary(options, &rows[1..], |options, min_leaf| ForestOptions {
            min_leaf,
            ..options
        })?;
        self.bar.finish_and_clear();
        Ok(self.found)
    }

    fn boosted(
        mut self,
        base: &ForestOptions,
        asked: &Asked,
    ) -> Result<Vec<Candidate>, TrainerError> {
        let weights = one_or(asked.class_weight, &BOOSTED_CLASS_WEIGHTS);
        let first = ForestOptions {
            learner: Learner::Boosted,
            class_weight: weights[0],
            max_leaves: asked.leaves.unwrap_or(BOOSTED_LEAVES),
            ..*base
        };
        self.is_better(&first)?;
        if asked.leaves.is_none() && !self.climb(&first, &MORE_LEAVES)? {
            self.climb(&first, &FEWER_LEAVES)?;
        }
        self.vary(self.best_or(first), &weights[1..], with_class_weight)?;
        self.bar.finish_and_clear();
        Ok(self.found)
    }
}

fn with_class_weight(options: ForestOptions, class_weight: ClassWeight) -> ForestOptions {
    ForestOptions {
        class_weight,
        ..options
    }
}

/// The one that was asked for, or all that there are to choose from.
fn one_or<T: Copy>(asked: Option<T>, all: &[T]) -> Vec<T> {
    asked.map_or_else(|| all.to_vec(), |one| vec![one])
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
        learner: candidate.options.learner.name().to_owned(),
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
