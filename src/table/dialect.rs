//! What separates cells, and what the first bytes of a file say: is it text, what is its header, where do rows begin.

use super::record::Record;
use super::{Broken, MAX_COLUMNS, RecordSink, SliceReader, SliceSpan};
use crate::{Error, ErrorKind};

/// How a file separates its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between two cells.
    pub delimiter: u8,
}

impl Default for Dialect {
    fn default() -> Self {
        Self { delimiter: b',' }
    }
}

/// What the beginning of a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// How it separates its cells.
    pub dialect: Dialect,
    /// The names in its header, without surrounding blanks.
    pub columns: Vec<String>,
    /// Offset of the first row.
    pub data_start: u64,
    /// Line of the first row; the file's first line is 1.
    pub first_line: u64,
    /// Blank lines before the first row.
    pub blank_lines: u64,
}

/// How many bytes of a file are enough for [`Head::read`], if it has as many.
pub const HEAD_BYTES: usize = super::MAX_RECORD_BYTES + (64 << 10);

/// First bytes of files that are no text, and what they are.
const SIGNATURES: [(&[u8], &str); 12] = [
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF", "a PDF document"),
    (b"\x1f\x8b", "compressed with gzip: unpack it first"),
    (
        b"PK\x03\x04",
        "a ZIP archive or a spreadsheet: unpack it, or save the sheet as CSV",
    ),
    (
        b"\xd4\xc3\xb2\xa1",
        "a packet capture: export its flows as CSV",
    ),
    (
        b"\xa1\xb2\xc3\xd4",
        "a packet capture: export its flows as CSV",
    ),
    (
        b"\x0a\x0d\x0d\x0a",
        "a packet capture: export its flows as CSV",
    ),
    (b"\xff\xfe", "UTF-16 text: save it as UTF-8"),
    (b"\xfe\xff", "UTF-16 text: save it as UTF-8"),
    (b"PAR1", "a Parquet file: export it as CSV"),
    (
        b"\x89SIEVE",
        "a model file: open it as a model, not as data",
    ),
];

/// What some programs put before UTF-8 text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Head {
    /// Reads the header from the first bytes of a file: all of it, or at least [`HEAD_BYTES`].
    ///
    /// # Errors
    ///
    /// [`EmptyInput`](ErrorKind::EmptyInput), [`NotText`](ErrorKind::NotText), [`BadHeader`](ErrorKind::BadHeader),
    /// [`TooManyColumns`](ErrorKind::TooManyColumns), [`HeaderOnly`](ErrorKind::HeaderOnly).
    pub fn read(bytes: &[u8], size: u64) -> Result<Self, Error> {
        let dialect = Dialect::default();
        refuse_binary(bytes)?;
        let begin = if bytes.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        let blanks = bytes[begin..]
            .iter()
            .take_while(|byte| matches!(byte, b'\n' | b'\r'))
            .count();
        let start = begin + blanks;
        if start == bytes.len() {
            return Err(Error::new(
                ErrorKind::EmptyInput,
                "The file is empty: there is no header and there are no rows.",
            ));
        }
        let mut sink = Header::default();
        let whole = bytes.len() as u64 >= size;
        // Owns the record at `start` and no other.
        let span = SliceSpan {
            begin: start as u64,
            end: start as u64,
            first: Some(start as u64),
        };
        let mut reader = SliceReader::new(span, dialect.delimiter);
        reader.push(&bytes[start..], &mut sink);
        if whole {
            reader.finish(&mut sink);
        }
        let columns = sink.0.ok_or_else(|| {
            Error::new(
                ErrorKind::BadHeader,
                "The first line is no header: it is longer than 1 MiB, or has a quote that never closes. The first line \
                 must name the columns.",
            )
        })?;
        if columns.len() > MAX_COLUMNS {
            let message = format!(
                "The header has {} columns; at most {MAX_COLUMNS} are read.",
                columns.len()
            );
            return Err(Error::new(ErrorKind::TooManyColumns, message));
        }
        if reader.next_record() == u64::MAX || reader.next_record() == start as u64 {
            return Err(Error::new(
                ErrorKind::HeaderOnly,
                format!(
                    "The file has a header of {} columns and no rows below it.",
                    columns.len()
                ),
            ));
        }
        let blank_lines_above = line_ends(&bytes[begin..start]);
        Ok(Self {
            dialect,
            columns,
            data_start: reader.next_record(),
            first_line: 1 + blank_lines_above + reader.lines(),
            blank_lines: blank_lines_above + reader.blank_lines(),
        })
    }
}

fn line_ends(bytes: &[u8]) -> u64 {
    let after_return = |i: usize| i > 0 && bytes[i - 1] == b'\r';
    bytes
        .iter()
        .enumerate()
        .filter(|&(i, &byte)| byte == b'\r' || !after_return(i))
        .count() as u64
}

fn refuse_binary(bytes: &[u8]) -> Result<(), Error> {
    let what = SIGNATURES
        .iter()
        .find(|(signature, _)| bytes.starts_with(signature))
        .map(|&(_, what)| what);
    let has_nul = || bytes.iter().take(64 << 10).any(|&byte| byte == 0);
    match what {
        Some(what) => Err(Error::new(
            ErrorKind::NotText,
            format!("The file is not CSV text: it is {what}."),
        )),
        None if has_nul() => Err(Error::new(
            ErrorKind::NotText,
            "The file is not CSV text: there are NUL bytes in it. Export flows as CSV.",
        )),
        None => Ok(()),
    }
}

/// Takes the one record that is the header.
#[derive(Default)]
struct Header(Option<Vec<String>>);

impl RecordSink for Header {
    fn record(&mut self, record: &Record<'_>) {
        let name = |cell: &[u8]| String::from_utf8_lossy(cell).trim().to_owned();
        self.0
            .get_or_insert_with(|| record.cells().map(name).collect());
    }

    fn broken(&mut self, _offset: u64, _line: u64, _why: Broken) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(bytes: &[u8]) -> Result<Head, ErrorKind> {
        Head::read(bytes, bytes.len() as u64).map_err(|error| error.kind())
    }

    #[test]
    fn a_header_is_found_behind_a_mark_and_blank_lines() {
        let found = head(b"\xef\xbb\xbf\r\n\r\n a ,\"b\nc\"\r\n\n1,2\n").expect("a header");
        assert_eq!(found.columns, ["a", "b\nc"]);
        assert_eq!(
            (found.data_start, found.first_line, found.blank_lines),
            (19, 6, 3)
        );
    }

    #[test]
    fn what_is_no_table_is_refused_with_its_reason() {
        assert_eq!(head(b""), Err(ErrorKind::EmptyInput));
        assert_eq!(head(b"\n\r\n"), Err(ErrorKind::EmptyInput));
        assert_eq!(head(b"a,b,c"), Err(ErrorKind::HeaderOnly));
        assert_eq!(head(b"a,b,c\n\n"), Err(ErrorKind::HeaderOnly));
        assert_eq!(head(b"\x89PNG\r\n"), Err(ErrorKind::NotText));
        assert_eq!(head(b"a,\0,c\n"), Err(ErrorKind::NotText));
        assert_eq!(head(b"\"a,b,c\n1,2,3\n"), Err(ErrorKind::BadHeader));
        assert_eq!(
            head(&vec![b','; MAX_COLUMNS + 1]),
            Err(ErrorKind::TooManyColumns)
        );
    }
}
