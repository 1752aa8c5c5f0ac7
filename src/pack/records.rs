//! What the records of a model file hold, field by field: `docs/pack-format.md` names them.

use crate::metrics::{BinaryScores, ClassScores, Confusion, Evaluation};
use crate::model::SelfTestRow;
use crate::model::calibration::{CalibrationSpec, Curve, SetSpec};
use crate::model::card::{
    CalibrationWorth, Card, CardEvaluation, ClassCoverage, Dataset, LeftOut, ProbabilityWorth,
    SetWorth, SizeCurve, SizePoint,
};
use crate::model::taxonomy::{Kind, Taxonomy};
use crate::model::trial::Trial;
use crate::prepare::{Feature, Preparation};
use crate::record::{Input, Malformed, Record, record, variants};
use crate::schema::{Column, ColumnKind, Schema};

record!(Schema {
    columns,
    label_columns
});
record!(Column {
    name,
    aliases,
    kind,
    importance
});
record!(Preparation {
    features,
    training_rows
});
record!(Feature {
    categories,
    median,
    mean,
    std,
    quantiles,
    missing
});
record!(Taxonomy { kinds, families });
record!(Kind {
    name,
    aliases,
    family,
    attack,
    training_rows
});
record!(CalibrationSpec { curve, sets });
record!(SetSpec {
    coverage_per_mille,
    class_coverage_per_mille,
    thresholds
});
record!(
    Card {
        dataset,
        label_column,
        training_rows,
        left_out,
        parameters,
        evaluation
    }..Self::default()
);
record!(Dataset {
    title,
    source,
    licence,
    attribution
});
record!(LeftOut { column, why });
record!(CardEvaluation {
    method,
    train_rows,
    test_rows,
    scores,
    isolation_auroc
});
record!(Evaluation {
    rows,
    accuracy,
    macro_f1,
    per_class,
    binary,
    confusion
});
record!(ClassScores {
    class,
    precision,
    recall,
    f1,
    support
});
record!(BinaryScores {
    precision,
    recall,
    f1
});
record!(Confusion { labels, matrix });
record!(CalibrationWorth {
    rows,
    votes,
    calibrated,
    sets
});
record!(ProbabilityWorth {
    log_loss,
    calibration_error
});
record!(SetWorth {
    covered,
    empty,
    classes,
    per_class
});
record!(ClassCoverage {
    rows,
    covered,
    own_threshold
});
record!(SizeCurve {
    method,
    points,
    chosen
});
record!(SizePoint {
    bytes,
    macro_f1,
    standard_error,
    trees,
    leaves,
    rows_per_leaf,
    features_per_split,
    class_weight,
    learner
});
record!(SelfTestRow {
    values,
    class,
    confidence,
    rank
});

record!(Trial {
    kind,
    method,
    columns,
    train_rows,
    class_train_rows,
    confusion,
    called_attack,
    isolation_auroc
});
variants!(ColumnKind {
    Numeric,
    Categorical,
    Time
});

impl Record for Curve {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Power { offset, exponent } => {
                0u32.write(out);
                offset.write(out);
                exponent.write(out);
            }
            Self::Exponential { rate } => {
                1u32.write(out);
                rate.write(out);
            }
        }
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        match u32::read(input)? {
            0 => Ok(Self::Power {
                offset: Record::read(input)?,
                exponent: Record::read(input)?,
            }),
            1 => Ok(Self::Exponential {
                rate: Record::read(input)?,
            }),
            _ => Err(Malformed("a curve is of no known kind")),
        }
    }
}
