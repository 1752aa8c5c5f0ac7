//! Rows that could not be read: how many, where, and why.

use super::summary::merge_sorted;
use crate::record::{record, variants};
use crate::short::ShortMap;
use crate::table::dialect::text_of;

/// How many rejects are kept with their line and reason.
pub(super) const KEPT: usize = 1000;

/// How much of a cell is quoted in a reason, in bytes.
const QUOTED: usize = 40;

/// Why a row could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RejectKind {
    /// Fewer cells than the header has columns.
    TooFewCells,
    /// More cells than the header has columns.
    TooManyCells,
    /// A record of more than 1 MiB.
    TooLong,
    /// The file ends inside quotes.
    UnclosedQuote,
    /// A line of a JSON log that is no object.
    NotAnObject,
    /// Text in a numeric column.
    NotANumber,
    /// Something else in a column of times.
    NotATime,
    /// The row could be read, but whoever scored it failed twice.
    WorkerFailed,
}

impl RejectKind {
    /// The kind's stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::TooFewCells => "too-few-cells",
            Self::TooManyCells => "too-many-cells",
            Self::TooLong => "too-long",
            Self::UnclosedQuote => "unclosed-quote",
            Self::NotAnObject => "not-an-object",
            Self::NotANumber => "not-a-number",
            Self::NotATime => "not-a-time",
            Self::WorkerFailed => "worker-failed",
        }
    }
}

/// One row that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Offset of its first byte in the file.
    pub offset: u64,
    /// Its line in the file, from 1 on. Inside a slice: line ends since the slice's first record.
    pub line: u64,
    /// Index of the column in the header, where it is a cell's fault.
    pub column: Option<u16>,
    /// Why.
    pub kind: RejectKind,
    /// What was found: the cell's text, or how many cells.
    pub found: String,
}

impl Reject {
    /// The reason as a sentence. `columns` is the header.
    pub fn reason(&self, columns: &[String]) -> String {
        let column = self
            .column
            .and_then(|index| columns.get(usize::from(index)))
            .map_or("", String::as_str);
        match self.kind {
            RejectKind::TooFewCells | RejectKind::TooManyCells => {
                format!(
                    "{} cells where the header has {} columns",
                    self.found,
                    columns.len()
                )
            }
            RejectKind::TooLong => {
                "longer than 1 MiB: perhaps a quote that never closes".to_owned()
            }
            RejectKind::UnclosedQuote => "a quote that opens here never closes".to_owned(),
            RejectKind::NotAnObject => {
                "no JSON object, or one with lists of objects in it".to_owned()
            }
            RejectKind::NotANumber => {
                format!("{column} should be a number and is “{}”", self.found)
            }
            RejectKind::NotATime => {
                format!(
                    "{column} should be a time (epoch seconds or YYYY-MM-DD HH:MM:SS) and is “{}”",
                    self.found
                )
            }
            RejectKind::WorkerFailed => "scoring failed twice on this part of the file".to_owned(),
        }
    }

    /// As much of a cell as a reason quotes.
    pub fn excerpt(cell: &[u8]) -> String {
        let is_inside = |end: usize| matches!(cell.get(end), Some(0x80..=0xbf));
        let mut end = cell.len().min(QUOTED);
        while end > 0 && is_inside(end) {
            end -= 1;
        }
        let mut text = text_of(&cell[..end]);
        if end < cell.len() {
            text.push('…');
        }
        text
    }
}

/// All rejects of a part of a file: exact counts, and the first ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rejects {
    /// Rows per kind and column.
    pub counts: ShortMap<(RejectKind, Option<u16>), u64>,
    /// The first [`KEPT`] in the order of the file.
    pub first: Vec<Reject>,
}

impl Rejects {
    /// Adds one; within a slice they come in the order of the file.
    pub fn add(&mut self, reject: Reject) {
        *self.counts.entry((reject.kind, reject.column), 0) += 1;
        if self.first.len() < KEPT {
            self.first.push(reject);
        }
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.counts.iter().map(|(_, rows)| rows).sum()
    }

    /// Adds those of another part of the same file.
    pub fn merge(&mut self, other: &Self) {
        for &(key, rows) in other.counts.iter() {
            *self.counts.entry(key, 0) += rows;
        }
        self.first = merge_sorted(&self.first, &other.first, KEPT, |reject| reject.offset);
    }
}

record!(Rejects { counts, first });
record!(Reject {
    offset,
    line,
    column,
    kind,
    found
});
variants!(RejectKind {
    TooFewCells,
    TooManyCells,
    TooLong,
    UnclosedQuote,
    NotAnObject,
    NotANumber,
    NotATime,
    WorkerFailed
});
