//! Records read by hand: the wire format of postcard, which writes them.
//!
//! A reader derived with serde is three times as large in WebAssembly: it writes out, for each field of each record, what to
//! say when the field is not there.

use super::bytes::Reader;
use super::damaged;
use crate::Error;
use crate::metrics::{BinaryScores, ClassScores, Confusion, Evaluation};
use crate::model::SelfTestRow;
use crate::model::calibration::{CalibrationSpec, Curve, SetSpec};
use crate::model::card::{
    CalibrationWorth, Card, CardEvaluation, ClassCoverage, Dataset, LeftOut, ProbabilityWorth,
    SetWorth, SizeCurve, SizePoint,
};
use crate::model::taxonomy::{Kind, Taxonomy};
use crate::prepare::{Feature, Preparation};
use crate::schema::{Column, ColumnKind, Schema};

/// What a section may hold, or a part of it.
pub(super) trait Record: Sized {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error>;
}

/// Reads the named fields, one after the other; those behind `..` are not stored.
macro_rules! record {
    ($name:ident { $($field:ident),* } $(.. $rest:expr)?) => {
        impl Record for $name {
            fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
                Ok(Self { $($field: Record::read(reader)?,)* $(..$rest)? })
            }
        }
    };
}

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
    class_weight
});
record!(SelfTestRow {
    values,
    class,
    confidence,
    rank
});

impl Record for ColumnKind {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(match u32::read(reader)? {
            0 => Self::Numeric,
            1 => Self::Categorical,
            2 => Self::Time,
            _ => return Err(damaged("a column is of no known kind")),
        })
    }
}

impl Record for Curve {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(match u32::read(reader)? {
            0 => Self::Power {
                offset: Record::read(reader)?,
                exponent: Record::read(reader)?,
            },
            1 => Self::Exponential {
                rate: Record::read(reader)?,
            },
            _ => return Err(damaged("a calibration is of no known kind")),
        })
    }
}

impl Record for u8 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.byte()
    }
}

impl Record for bool {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.flag()
    }
}

impl Record for u16 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(reader.varint_below(1 << 16)? as Self)
    }
}

impl Record for u32 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok(reader.varint_below(1 << 32)? as Self)
    }
}

impl Record for u64 {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.varint()
    }
}

impl Record for f32 {
    #[inline(never)]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(reader.take(4)?);
        Ok(Self::from_le_bytes(bytes))
    }
}

impl Record for f64 {
    #[inline(never)]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(reader.take(8)?);
        Ok(Self::from_le_bytes(bytes))
    }
}

impl Record for String {
    #[inline(never)]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        let len = reader.varint_below(1 << 32)? as usize;
        let bytes = reader.take(len)?.to_vec();
        Self::from_utf8(bytes).map_err(|_| damaged("a text is not UTF-8"))
    }
}

impl<T: Record> Record for Option<T> {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        reader.flag()?.then(|| T::read(reader)).transpose()
    }
}

impl<T: Record> Record for Vec<T> {
    #[inline(never)]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        // It grows with what is there, not with what is announced.
        let mut items = Self::new();
        for _ in 0..reader.varint()? {
            items.push(T::read(reader)?);
        }
        Ok(items)
    }
}

impl<A: Record, B: Record> Record for (A, B) {
    fn read(reader: &mut Reader<'_>) -> Result<Self, Error> {
        Ok((A::read(reader)?, B::read(reader)?))
    }
}
