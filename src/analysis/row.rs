//! One record to the row of values that a model scores.

use super::plan::{OtherCell, Plan, Reading};
use super::{Reject, RejectKind};
use crate::short::ShortMap;
use crate::table::Record;
use crate::table::dialect::text_of;
use crate::table::number::{Cell, is_set, is_unset, parse, parse_time};

/// Why a record is no row: the kind, the cell, and what was found.
pub(super) type Refusal = (RejectKind, Option<u16>, String);

/// Reads the cells of a record into a row; the first that cannot be read refuses it. Features that the file does not
/// have are left as they are.
pub(super) fn read_row(plan: &Plan, record: &Record<'_>, row: &mut [f32]) -> Result<(), Refusal> {
    let expected = plan.head().columns.len();
    if record.len() != expected {
        let kind = if record.len() < expected {
            RejectKind::TooFewCells
        } else {
            RejectKind::TooManyCells
        };
        return Err((kind, None, record.len().to_string()));
    }
    for number in &plan.numbers {
        row[number.feature] = read_number(record, number.cell)?;
    }
    for other in &plan.others {
        row[other.feature] = read_other(record, other)?;
    }
    Ok(())
}

/// The value of a cell of numbers; NaN where it is missing.
#[allow(clippy::inline_always)]
#[inline(always)]
pub(super) fn read_number(record: &Record<'_>, cell: usize) -> Result<f32, Refusal> {
    let (start, end) = record.span(cell);
    match parse(record.text(), start, end) {
        Cell::Number(value) => Ok(value),
        Cell::Missing => Ok(f32::NAN),
        Cell::Invalid => Err(invalid(record, RejectKind::NotANumber, cell)),
    }
}

/// The value of a feature that is no number in the file; NaN where it is missing.
pub(super) fn read_other(record: &Record<'_>, other: &OtherCell) -> Result<f32, Refusal> {
    let cell = record.cell(other.cell);
    match &other.reading {
        Reading::Category(codes, unknown) => Ok(category(codes, *unknown, cell)),
        Reading::OneHot(cells, unknown) => Ok(one_hot(record, cells, *unknown)),
        Reading::Time => match parse_time(cell) {
            Cell::Number(value) => Ok(value),
            Cell::Missing => Ok(f32::NAN),
            Cell::Invalid => Err(invalid(record, RejectKind::NotATime, other.cell)),
        },
    }
}

#[cold]
fn invalid(record: &Record<'_>, kind: RejectKind, cell: usize) -> Refusal {
    let found = Reject::excerpt(record.cell(cell));
    (kind, Some(cell as u16), found)
}

/// The code of a word; NaN where the cell says that there is none.
pub(super) fn category(codes: &ShortMap<Vec<u8>, f32>, unknown: f32, cell: &[u8]) -> f32 {
    let word = cell.trim_ascii();
    match codes.get(word) {
        Some(&code) => code,
        None if is_unset(word) => f32::NAN,
        None => {
            let as_exported = unprotected(word).and_then(|word| codes.get(word));
            let as_text = || codes.get(text_of(word).as_bytes());
            *as_exported.or_else(as_text).unwrap_or(&unknown)
        }
    }
}

/// The code of the one word whose cell is set. Where none or several are, there is no word; or another one, if a word is
/// set that the model does not know.
fn one_hot(record: &Record<'_>, cells: &[(usize, f32)], unknown: f32) -> f32 {
    let (mut set, mut code, mut other) = (0, f32::NAN, f32::NAN);
    for &(cell, of_word) in cells {
        if is_set(record.cell(cell)) {
            set += 1;
            code = of_word;
            if of_word == unknown {
                other = unknown;
            }
        }
    }
    if set == 1 { code } else { other }
}

/// Whether a spreadsheet takes a cell that begins with this byte for a formula.
pub(super) fn begins_formula(byte: u8) -> bool {
    matches!(byte, b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r')
}

/// The word behind the `'` that an export puts before what a spreadsheet would take for a formula.
pub(super) fn unprotected(word: &[u8]) -> Option<&[u8]> {
    match word {
        [b'\'', rest @ ..] if rest.first().is_some_and(|&byte| begins_formula(byte)) => {
            Some(rest.trim_ascii())
        }
        _ => None,
    }
}
