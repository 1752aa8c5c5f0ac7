//! Which columns of a sample are features, and why the others are not.
//!
//! A feature is a column of numbers that differ from row to row. Words are left out: an isolation forest splits between
//! values, and codes of words have no order that a split could mean. A model with classes reads them because its forest
//! learns what they stand for.

use super::sample::SampleTable;
use crate::Error;
use crate::fit::column_names::{NamedAs, named_as};
use crate::fit::options::{MAX_FEATURES, bad};
use crate::model::card::LeftOut;
use crate::schema::{is_own_result, normalised};
use crate::table::number::Cell;

/// From here on `f32` does not hold every integer, so neighbours in a count may look equal.
const INEXACT: f32 = 16_777_216.0;

/// Of the cells that say something, one in so many may be text in a column of numbers.
const NUMBERS_PER_TEXT: usize = 99;

/// Columns by what becomes of them.
pub(super) struct SortedOut {
    /// Indices of those that are features.
    pub(super) features: Vec<usize>,
    /// The others, in the order of the header.
    pub(super) left_out: Vec<LeftOut>,
}

/// Sorts the columns of a header out by their names and by what the sample has in them.
pub(super) fn sort_out(
    header: &[String],
    table: &SampleTable<'_>,
    label: Option<&str>,
) -> Result<SortedOut, Error> {
    let names: Vec<String> = header.iter().map(|name| normalised(name)).collect();
    let label = label.map(normalised);
    let mut features = Vec::new();
    let mut left_out: Vec<LeftOut> = Vec::new();
    for (index, name) in header.iter().enumerate() {
        let by_name = if label.as_ref() == Some(&names[index]) {
            Some("holds the labels, as was said")
        } else if names[..index].contains(&names[index]) {
            Some("another column has the same name")
        } else if is_own_result(name) {
            Some("a result that an export of this program wrote")
        } else {
            named_as(name).map(NamedAs::reason)
        };
        let why = by_name.or_else(|| Values::of(table, index).why_no_feature());
        match why {
            Some(why) => left_out.push(LeftOut {
                column: name.clone(),
                why: why.to_owned(),
            }),
            None if features.len() == MAX_FEATURES => left_out.push(LeftOut {
                column: name.clone(),
                why: format!(
                    "behind the first {MAX_FEATURES} features, which are as many as a model reads"
                ),
            }),
            None => features.push(index),
        }
    }
    if features.is_empty() {
        return Err(no_features(&left_out));
    }
    Ok(SortedOut { features, left_out })
}

fn no_features(left_out: &[LeftOut]) -> Error {
    const NAMED: usize = 6;
    let named: Vec<String> = left_out
        .iter()
        .take(NAMED)
        .map(|LeftOut { column, why }| format!("“{column}” ({why})"))
        .collect();
    let rest = left_out.len() - named.len();
    let more = if rest > 0 {
        format!(" and {rest} more")
    } else {
        String::new()
    };
    bad(format!(
        "The file has no column that a detector could be fitted on: it takes numbers that differ from row to row. The \
         columns are {}{more}. Check that the delimiter and the header were recognised.",
        named.join(", ")
    ))
}

/// What the sampled rows have in a column.
#[derive(Default)]
struct Values {
    numbers: usize,
    texts: usize,
    missing: usize,
    /// The least and the largest finite number.
    range: Option<(f32, f32)>,
    last: Option<f32>,
    /// Whether some number is no integer, or not above the one before.
    breaks_count: bool,
}

impl Values {
    fn of(table: &SampleTable<'_>, column: usize) -> Self {
        let mut values = Self::default();
        for cell in table.column(column) {
            match cell {
                Cell::Number(value) => values.add(value),
                Cell::Missing => values.missing += 1,
                Cell::Invalid => values.texts += 1,
            }
        }
        values
    }

    fn add(&mut self, value: f32) {
        self.numbers += 1;
        if value.is_finite() {
            let (least, largest) = self.range.unwrap_or((value, value));
            self.range = Some((least.min(value), largest.max(value)));
        }
        let rises = |last: f32| value > last || (value == last && value.abs() >= INEXACT);
        self.breaks_count |= value.fract() != 0.0 || !self.last.is_none_or(rises);
        self.last = Some(value);
    }

    fn why_no_feature(&self) -> Option<&'static str> {
        if self.texts * NUMBERS_PER_TEXT > self.numbers {
            return Some("text, where a detector alone takes numbers");
        }
        match self.range {
            None => Some("no finite number in the rows that were looked at"),
            Some((least, largest)) if least == largest => Some("the same in every row"),
            Some(_) if self.counts_rows() => {
                Some("rises from row to row as an index or a time does")
            }
            Some(_) => None,
        }
    }

    /// Whether every number is an integer above that of the row before.
    fn counts_rows(&self) -> bool {
        !self.breaks_count && self.missing + self.texts == 0 && self.numbers > 2
    }
}
