//! One record to the row of values that a model scores.

use super::plan::{CellPlan, Plan, Reading};
use super::{Reject, RejectKind};
use crate::table::Record;
use crate::table::number::{Cell, is_unset, parse, parse_time};

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
    let text = record.text();
    for cell_plan in &plan.cells {
        let (start, end) = record.span(cell_plan.cell);
        let (cell, kind) = match &cell_plan.reading {
            Reading::Number => (parse(text, start, end), RejectKind::NotANumber),
            Reading::Time => (parse_time(&text[start..end]), RejectKind::NotATime),
            Reading::Category(..) => (
                category(cell_plan, &text[start..end]),
                RejectKind::NotANumber,
            ),
        };
        row[cell_plan.feature] = match cell {
            Cell::Number(value) => value,
            Cell::Missing => f32::NAN,
            Cell::Invalid => {
                return Err((
                    kind,
                    Some(cell_plan.cell as u16),
                    Reject::excerpt(&text[start..end]),
                ));
            }
        };
    }
    Ok(())
}

/// The code of a word.
fn category(plan: &CellPlan, cell: &[u8]) -> Cell {
    let Reading::Category(codes, other) = &plan.reading else {
        return Cell::Invalid;
    };
    let word = cell.trim_ascii();
    match codes.get(word) {
        Some(&code) => Cell::Number(code),
        None if is_unset(word) => Cell::Missing,
        None => {
            let as_exported = unprotected(word).and_then(|word| codes.get(word));
            Cell::Number(*as_exported.unwrap_or(other))
        }
    }
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
