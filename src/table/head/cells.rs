//! The head of a table of cells: its delimiter, quotes and decimals, guessed from its first records.

use super::zeek::{is_zeek_row, of_bare_zeek_log};
use super::{Head, Names, Start, cells_of};
use crate::table::choice::DialectChoice;
use crate::table::dialect::{Dialect, Layout, Quotes};
use crate::table::number::{Cell, parse_any};
use crate::table::tokenizer::Grammar;
use crate::{Error, ErrorKind};

/// Of two that cut a file equally well the later is taken.
const DELIMITERS: [u8; 4] = *b"|\t;,";

/// A table of cells between delimiters; Zeek's, where it looks like that.
pub(super) fn of_cells(text: &mut Start<'_>, choice: DialectChoice) -> Result<Head, Error> {
    let mut dialect = Dialect {
        quotes: choice.quotes.unwrap_or_default(),
        ..Dialect::default()
    };
    let best = || {
        let ranked = DELIMITERS.map(|delimiter| {
            let grammar = Grammar {
                delimiter,
                quotes: dialect.quotes,
            };
            (regularity(text, grammar), delimiter)
        });
        let best = ranked.into_iter().max_by_key(|&(regularity, _)| regularity);
        best.map(|(_, delimiter)| delimiter)
    };
    if let Some(delimiter) = choice.delimiter.or_else(best) {
        dialect.delimiter = delimiter;
    }
    let escaped = Grammar {
        delimiter: dialect.delimiter,
        quotes: Quotes::Escaped,
    };
    if choice.quotes.is_none() && regularity(text, escaped) > regularity(text, dialect.grammar()) {
        dialect.quotes = Quotes::Escaped;
    }
    let grammar = dialect.grammar();
    let mut sample = text.sample(grammar).map(|record| cells_of(record, grammar));
    let first = sample.next().unwrap_or_default();
    if choice.may_be_zeek() && is_zeek_row(&first, dialect.delimiter) {
        return Ok(of_bare_zeek_log(&first));
    }
    dialect.decimal_comma = choice
        .decimal_comma
        .unwrap_or_else(|| dialect.delimiter != b',' && has_decimal_commas(sample));
    let layout = Layout {
        dialect,
        ..Layout::default()
    };
    if !choice.header.unwrap_or_else(|| !is_row(&first)) {
        let columns = (1..=first.len()).map(|number| format!("column {number}"));
        return Ok(Head::new(layout, columns.collect(), Names::Numbers));
    }
    let record = text.take_record(grammar).ok_or_else(|| {
        Error::new(
            ErrorKind::BadHeader,
            "The first line is no header: it is longer than 1 MiB, or has a quote that never closes. The first line must \
             name the columns.",
        )
    })?;
    Ok(Head::new(layout, cells_of(record, grammar), Names::File))
}

/// How well a grammar cuts the first records into rows of one length: the share of them that have as many cells as the
/// first, in thousandths, and that number of cells. Nothing where there is but one.
fn regularity(text: &Start<'_>, grammar: Grammar) -> (usize, usize) {
    let mut counts = text
        .sample(grammar)
        .map(|record| cells_of(record, grammar).len());
    let Some(first) = counts.next().filter(|&cells| cells > 1) else {
        return (0, 0);
    };
    let (mut records, mut alike) = (0, 0);
    for cells in counts {
        records += 1;
        alike += usize::from(cells == first);
    }
    // One point for the header itself, so that a wide one says something even above rows that are all broken.
    ((1 + 1000 * alike) / (1 + records), first)
}

/// Whether numbers are written with a comma, and none with a point.
fn has_decimal_commas(records: impl Iterator<Item = Vec<String>>) -> bool {
    let (mut commas, mut points) = (false, false);
    for cell in records.flatten() {
        commas |= cell.contains(',') && is_number(&cell);
        points |= cell.contains('.') && is_number(&cell);
    }
    commas && !points
}

/// Whether a cell is a number, with a point or a comma.
fn is_number(cell: &str) -> bool {
    let point = |byte| if byte == b',' { b'.' } else { byte };
    let cell: Vec<u8> = cell.bytes().map(point).collect();
    matches!(parse_any(&cell), Cell::Number(_))
}

/// Whether the first line is a row rather than names: most of it is numbers.
fn is_row(cells: &[String]) -> bool {
    2 * cells.iter().filter(|cell| is_number(cell)).count() > cells.len()
}
