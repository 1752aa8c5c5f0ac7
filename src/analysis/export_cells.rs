//! How cells are written in an export: names, numbers, and those of the file that a spreadsheet must not run.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, which a file
//! of flows from elsewhere could use to run something. Unless raw bytes are asked for, such a cell gets a `'` in front if
//! it is neither a number nor missing; reading takes it for the same word.

use super::row::begins_formula;
use crate::table::dialect::Format;
use crate::table::number::{Cell, parse_any};
use crate::table::{Grammar, content_starts, unquote};

/// How names are written.
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnCells {
    pub(super) format: Format,
    pub(super) delimiter: u8,
    pub(super) raw: bool,
}

impl OwnCells {
    pub(super) fn cell(self, name: &str) -> Vec<u8> {
        match self.format {
            Format::Csv => own_cell(name, self.delimiter, self.raw),
            Format::ZeekTsv => name.as_bytes().to_vec(),
            Format::JsonLines => json_string(name),
        }
    }
}

/// Whether a spreadsheet would take a cell for a formula: numbers and what stands for no value are none.
pub(super) fn needs_protection(cell: &[u8]) -> bool {
    cell.first().is_some_and(|&byte| begins_formula(byte)) && parse_any(cell) == Cell::Invalid
}

/// Writes a whole record with a `'` before each cell that needs it.
pub(super) fn write_protected(record: &[u8], grammar: Grammar, csv: &mut Vec<u8>) {
    let (mut text, mut ends) = (Vec::new(), Vec::new());
    unquote(record, grammar, &mut text, &mut ends);
    let (mut written, mut cell_start) = (0, 0);
    for (start, end) in content_starts(record, grammar).into_iter().zip(ends) {
        if needs_protection(&text[cell_start..end as usize]) {
            csv.extend_from_slice(&record[written..start]);
            csv.push(b'\'');
            written = start;
        }
        cell_start = end as usize + 1;
    }
    csv.extend_from_slice(&record[written..]);
}

/// Writes a number of steps of 10^−`decimals`.
pub(super) fn write_decimal(steps: i64, decimals: usize, csv: &mut Vec<u8>) {
    if steps < 0 {
        csv.push(b'-');
    }
    let mut left = steps.unsigned_abs();
    let mut digits = [0; 24];
    let mut n = 0;
    while n <= decimals || left > 0 {
        if n == decimals {
            digits[n] = b'.';
            n += 1;
        }
        digits[n] = b'0' + (left % 10) as u8;
        left /= 10;
        n += 1;
    }
    csv.extend(digits[..n].iter().rev());
}

/// A name as a cell.
fn own_cell(name: &str, delimiter: u8, raw: bool) -> Vec<u8> {
    let mut cell = Vec::new();
    if !raw && needs_protection(name.as_bytes()) {
        cell.push(b'\'');
    }
    cell.extend_from_slice(name.as_bytes());
    let special = |&byte: &u8| byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
    if cell.iter().any(special) {
        let mut quoted = vec![b'"'];
        for byte in cell {
            quoted.push(byte);
            if byte == b'"' {
                quoted.push(b'"');
            }
        }
        quoted.push(b'"');
        return quoted;
    }
    cell
}

/// A name as a JSON string.
fn json_string(name: &str) -> Vec<u8> {
    let mut string = vec![b'"'];
    for byte in name.bytes() {
        match byte {
            b'"' | b'\\' => string.extend_from_slice(&[b'\\', byte]),
            0..=0x1f => string.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => string.push(byte),
        }
    }
    string.push(b'"');
    string
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Dialect;

    #[test]
    fn numbers_are_written_with_their_decimals() {
        let written = |steps, decimals| {
            let mut csv = Vec::new();
            write_decimal(steps, decimals, &mut csv);
            String::from_utf8(csv).expect("digits")
        };
        assert_eq!(written(0, 4), "0.0000");
        assert_eq!(written(10_000, 4), "1.0000");
        assert_eq!(written(9_731, 4), "0.9731");
        assert_eq!(written(-1_707, 5), "-0.01707");
        assert_eq!(written(107_518, 5), "1.07518");
    }

    #[test]
    fn formulas_are_protected_and_numbers_are_not() {
        let written = |record: &str| {
            let mut csv = Vec::new();
            write_protected(record.as_bytes(), Dialect::default().grammar(), &mut csv);
            String::from_utf8(csv).expect("text")
        };
        for kept in [
            "-1.5,-,+3,-inf,a=b,x-1,\"-7\",-nan",
            "",
            ",,",
            "\"\"",
            "a,\"b\"\"c\",\"",
            "'=x",
        ] {
            assert_eq!(written(kept), kept);
        }
        assert_eq!(written("=1+1,x"), "'=1+1,x");
        assert_eq!(written("x,\"=a,\"\"b\"\"\",@y"), "x,\"'=a,\"\"b\"\"\",'@y");
        assert_eq!(written("--,+x,\tz,\"\rq\""), "'--,'+x,'\tz,\"'\rq\"");
        assert_eq!(written("\"\"=x"), "\"'\"=x");
    }

    #[test]
    fn names_are_quoted_where_they_must_be() {
        let cell = |name| String::from_utf8(own_cell(name, b',', false)).expect("text");
        assert_eq!(
            ["a b", "a,b", "a\"b", "=a", "-"].map(cell),
            ["a b", "\"a,b\"", "\"a\"\"b\"", "'=a", "-"]
        );
    }
}
