//! Which columns a model reads, where it shall read only so many (`train --select-k`).
//!
//! Each column gets a score by itself, or its importance in a first forest, and those with the highest scores are kept. The
//! scores see the rows that are fitted on, before classes are brought to one size, and no others: a trial on held-out
//! rows chooses anew, and so may keep other columns than the model that is written.

mod f_classif;
mod mutual_info;

use crate::columns::FeatureColumn;
use crate::error::TrainerError;
use crate::fitting::{Recipe, grow_forest};
use flowsieve::fit::TrainingTable;
use flowsieve::fit::binned::bin_feature;
use flowsieve::fit::forest::join_trees;
use flowsieve::fit::options::{ClassWeight, ForestOptions, Learner};
use flowsieve::model::Model;
use flowsieve::model::card::LeftOut;
use flowsieve::model::forest::Leaves;
use flowsieve::schema::ColumnKind;
use rayon::prelude::*;
use std::borrow::Cow;

/// What a column is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Score {
    /// The F statistic of an analysis of variance.
    FClassif,
    /// Mutual information with the class, over the forest's own bins.
    MutualInfo,
    /// The share of the impurity that a first forest, on all columns, takes away by it.
    Importance,
}

impl Score {
    /// The name on the command line and in the card.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::FClassif => "f_classif",
            Self::MutualInfo => "mutual_info",
            Self::Importance => "importance",
        }
    }
}

/// How many columns are kept, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) n_columns: usize,
    pub(crate) score: Score,
}

impl Selection {
    /// The columns of `table` to keep, ascending; all where there are no more than that.
    pub(crate) fn columns(
        &self,
        recipe: &Recipe,
        table: &TrainingTable,
    ) -> Result<Vec<usize>, TrainerError> {
        let scores = match self.score {
            _ if table.columns.len() <= self.n_columns => vec![0.0; table.columns.len()],
            Score::FClassif => {
                let columns = table.columns.par_iter().zip(&recipe.features);
                let score = |(column, feature): (&Vec<f32>, &FeatureColumn)| {
                    if feature.kind == ColumnKind::Categorical {
                        f_classif::of_words(column, &table.labels, table.n_classes)
                    } else {
                        f_classif::of_numbers(column, &table.labels, table.n_classes)
                    }
                };
                columns.map(score).collect()
            }
            Score::MutualInfo => (0..table.columns.len())
                .into_par_iter()
                .map(|i| {
                    let codes = bin_feature(table, i, &recipe.forest).codes;
                    mutual_info::corrected(&codes, &table.labels, table.n_classes)
                })
                .collect(),
            Score::Importance => importances(recipe, table)?,
        };
        Ok(self.best(&scores))
    }

    /// The indexes of the highest scores, ascending. Of equal scores the first ones are taken.
    fn best(&self, scores: &[f64]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        order.truncate(self.n_columns);
        order.sort_unstable();
        order
    }
}

/// Each column's importance in a forest on the rows as they are. Where rows are made up or left out to bring classes to one
/// size, they weigh as if they were of one.
fn importances(recipe: &Recipe, table: &TrainingTable) -> Result<Vec<f64>, TrainerError> {
    let options = recipe.forest.options();
    let params = ForestOptions {
        learner: Learner::Forest,
        class_weight: match recipe.resampling {
            Some(_) => ClassWeight::Balanced,
            None => options.class_weight,
        },
        ..*options
    }
    .check()?;
    let (_, grown) = grow_forest(&params, table, "fitting to choose columns")?;
    let (_, importances) = join_trees(&grown, table.n_classes, Leaves::Shares);
    Ok(importances.into_iter().map(f64::from).collect())
}

impl Recipe {
    /// The same fit of some of the columns.
    pub(crate) fn with_columns(&self, kept: &[usize]) -> Self {
        let features = kept.iter().map(|&i| self.features[i].clone());
        Self {
            features: features.collect(),
            aliases: kept.iter().map(|&i| self.aliases[i].clone()).collect(),
            dictionaries: kept.iter().map(|&i| self.dictionaries[i].clone()).collect(),
            selection: None,
            ..self.clone()
        }
    }

    /// Which of this recipe's columns a model of it reads, in the model's order. Names of features differ.
    pub(crate) fn places_in(&self, model: &Model) -> Vec<usize> {
        let columns = model.spec().schema.columns.iter();
        columns
            .filter_map(|column| self.features.iter().position(|own| own.name == column.name))
            .collect()
    }

    /// What the card of a model says of columns that it does not read: those that are no features, and those that were not
    /// selected, in the order of the header.
    pub(crate) fn left_out(
        &self,
        model: &Model,
        no_features: Vec<LeftOut>,
        header: &[String],
    ) -> Vec<LeftOut> {
        let Some(selection) = &self.selection else {
            return no_features;
        };
        let (n_columns, score) = (selection.n_columns, selection.score.name());
        let kept = self.places_in(model);
        let mut left_out = no_features;
        for (i, feature) in self.features.iter().enumerate() {
            if !kept.contains(&i) {
                left_out.push(LeftOut {
                    column: feature.name.clone(),
                    why: format!("not among the {n_columns} best by {score}"),
                });
            }
        }
        left_out.sort_by_key(|column| header.iter().position(|name| *name == column.column));
        left_out
    }

    /// Rows of this recipe's columns as a model of it reads them: without those that were not selected.
    pub(crate) fn as_read_by<'a>(
        &self,
        model: &Model,
        table: &'a TrainingTable,
    ) -> Cow<'a, TrainingTable> {
        if self.selection.is_none() {
            return Cow::Borrowed(table);
        }
        Cow::Owned(with_columns(table, &self.places_in(model)))
    }
}

/// A table of some of the columns.
pub(crate) fn with_columns(table: &TrainingTable, kept: &[usize]) -> TrainingTable {
    TrainingTable {
        columns: kept.iter().map(|&i| table.columns[i].clone()).collect(),
        labels: table.labels.clone(),
        n_classes: table.n_classes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_scores_are_kept_in_the_order_of_the_columns() {
        let selection = |n_columns| Selection {
            n_columns,
            score: Score::FClassif,
        };
        let scores = [0.5, f64::INFINITY, 0.0, 0.5, 2.0];
        assert_eq!(selection(2).best(&scores), [1, 4]);
        assert_eq!(selection(3).best(&scores), [0, 1, 4]);
        assert_eq!(selection(9).best(&scores), [0, 1, 2, 3, 4]);
    }
}
