//! What is asked about unequal classes and about columns, checked before any row is read.

use crate::args::{BalanceArgument, ChoiceArguments, ClassWeightArgument, ScoreArgument};
use crate::balance::{Method, Resampling};
use crate::error::TrainerError;
use crate::report::count;
use crate::select::{Score, Selection};
use flowsieve::fit::options::ClassWeight;

/// What was chosen, without contradictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// How much a row of the forest's table counts; `None` where nothing is said of it.
    pub(crate) class_weight: Option<ClassWeight>,
    pub(crate) resampling: Option<Resampling>,
    pub(crate) selection: Option<Selection>,
}

impl Choice {
    /// Checks the options. Classes of one size need no weights, so these are none then, unless they are asked for.
    pub(crate) fn new(
        args: &ChoiceArguments,
        class_weight: Option<ClassWeightArgument>,
        seed: u64,
    ) -> Result<Self, TrainerError> {
        let usual = args.balance.map(|balance| match balance {
            BalanceArgument::Weights => ClassWeightArgument::Balanced,
            _ => ClassWeightArgument::None,
        });
        let method = args.balance.and_then(|balance| match balance {
            BalanceArgument::None | BalanceArgument::Weights => None,
            BalanceArgument::Smote => Some(Method::Smote),
            BalanceArgument::Under => Some(Method::Under),
            BalanceArgument::Over => Some(Method::Over),
        });
        let weighed = class_weight.map(|asked| asked != ClassWeightArgument::None);
        if matches!(
            (args.balance, weighed),
            (Some(BalanceArgument::Weights), Some(false))
                | (Some(BalanceArgument::None), Some(true))
        ) {
            return Err(TrainerError::asked(
                "--balance and --class-weight say different things. --balance weights is --class-weight balanced, and \
                 --balance none is --class-weight none: name one of the two.",
            ));
        }
        if method.is_none() && args.balance_to.is_some() {
            return Err(TrainerError::asked(
                "--balance-to is a number of rows, which only --balance smote, under and over change.",
            ));
        }
        for (option, number, what) in [
            ("--balance-to", args.balance_to, "row of each class"),
            ("--select-k", args.select_k, "column"),
        ] {
            if number == Some(0) {
                return Err(TrainerError::asked(format!(
                    "{option} is 0, but at least one {what} is needed to learn from."
                )));
            }
        }
        let selection = args.select_k.map(|n_columns| Selection {
            n_columns: n_columns as usize,
            score: match args.score.unwrap_or_default() {
                ScoreArgument::FClassif => Score::FClassif,
                ScoreArgument::MutualInfo => Score::MutualInfo,
                ScoreArgument::Importance => Score::Importance,
            },
        });
        Ok(Self {
            class_weight: class_weight.or(usual).map(Into::into),
            resampling: method.map(|method| Resampling {
                method,
                to: args.balance_to,
                seed,
            }),
            selection,
        })
    }

    /// The options as the card lists them, of a forest with these weights.
    pub(crate) fn parameters(&self, class_weight: ClassWeight) -> Vec<(String, String)> {
        let mut parameters = Vec::new();
        let mut add = |name: &str, value: String| parameters.push((name.to_owned(), value));
        match &self.resampling {
            None => {
                let by = match class_weight {
                    ClassWeight::None => "none",
                    ClassWeight::Balanced
                    | ClassWeight::BalancedPerBootstrap
                    | ClassWeight::SquareRoot => "weights",
                };
                add("balance", by.to_owned());
            }
            Some(resampling) => {
                add("balance", resampling.method.name().to_owned());
                let usual = match resampling.method {
                    Method::Under => "the smallest class",
                    Method::Smote | Method::Over => "the largest class",
                };
                let to = resampling.to.map(|rows| count(rows.into()));
                add("balance-to", to.unwrap_or_else(|| usual.to_owned()));
            }
        }
        if let Some(selection) = &self.selection {
            add("select-k", selection.n_columns.to_string());
            add("score", selection.score.name().to_owned());
        }
        parameters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(
        balance: Option<BalanceArgument>,
        class_weight: Option<ClassWeightArgument>,
    ) -> Result<Choice, TrainerError> {
        let args = ChoiceArguments {
            balance,
            ..ChoiceArguments::default()
        };
        Choice::new(&args, class_weight, 0)
    }

    #[test]
    fn classes_of_one_size_are_not_weighed_unless_asked_for() {
        use BalanceArgument::{None as Nothing, Over, Smote, Under, Weights};
        use ClassWeightArgument as Argument;
        for (balance, asked, expected) in [
            (None, None, None),
            (None, Some(Argument::None), Some(ClassWeight::None)),
            (Some(Weights), None, Some(ClassWeight::Balanced)),
            (
                Some(Weights),
                Some(Argument::Balanced),
                Some(ClassWeight::Balanced),
            ),
            (Some(Nothing), None, Some(ClassWeight::None)),
            (Some(Smote), None, Some(ClassWeight::None)),
            (Some(Under), None, Some(ClassWeight::None)),
            (
                Some(Over),
                Some(Argument::Balanced),
                Some(ClassWeight::Balanced),
            ),
        ] {
            let found = choice(balance, asked).expect("no contradiction");
            assert_eq!(found.class_weight, expected, "{balance:?} {asked:?}");
        }
        for (balance, asked) in [(Weights, Argument::None), (Nothing, Argument::Balanced)] {
            choice(Some(balance), Some(asked)).expect_err("a contradiction");
        }
    }
}
