//! What the first bytes of a file say: is it text, how is it written, what are its columns, where do rows begin.

mod cells;
mod join;
mod objects;
mod zeek;

use super::choice::DialectChoice;
use super::dialect::{Encoding, Layout, text_of};
use super::encoding::{file_len, to_utf8};
use super::tokenizer::{Grammar, State, Walk, unquote};
use super::{MAX_COLUMNS, MAX_RECORD_BYTES};
use crate::{Error, ErrorKind};

/// What the beginning of a file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// How it is written.
    pub layout: Layout,
    /// The names of its columns, without surrounding blanks.
    pub columns: Vec<String>,
    /// Where these names are from.
    pub names: Names,
    /// Offset of the first row.
    pub data_start: u64,
    /// Line of the first row; the file's first line is 1.
    pub first_line: u64,
    /// Blank lines before the first row.
    pub blank_lines: u64,
    /// Lines about the file before the first row, such as those of a Zeek log that begin with `#`.
    pub comment_lines: u64,
}

/// Where the names of a file's columns are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// The file's header, or the keys of its objects.
    File,
    /// It has none, and looks like a Zeek connection log: the fields that Zeek writes, in its order.
    ZeekOrder,
    /// It has none: `column 1` and so on.
    Numbers,
}

/// How many bytes of a file are enough for [`Head::read`], if it has as many.
pub const HEAD_BYTES: usize = MAX_RECORD_BYTES + (64 << 10);

/// As much of a file is looked at to tell how it is written.
const SNIFFED_BYTES: usize = 64 << 10;
const SNIFFED_RECORDS: usize = 64;

/// First bytes of files that are no text, and what they are.
const SIGNATURES: [(&[u8], &str); 10] = [
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
    (b"PAR1", "a Parquet file: export it as CSV"),
    (
        b"\x89SIEVE",
        "a model file: open it as a model, not as data",
    ),
];

/// What some programs put before UTF-8 text.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Head {
    /// Reads the header from the first bytes of a file: all of it, or at least [`HEAD_BYTES`]. How it is written is
    /// guessed where `choice` does not say.
    ///
    /// # Errors
    ///
    /// [`EmptyInput`](ErrorKind::EmptyInput), [`NotText`](ErrorKind::NotText), [`BadHeader`](ErrorKind::BadHeader),
    /// [`TooManyColumns`](ErrorKind::TooManyColumns), [`HeaderOnly`](ErrorKind::HeaderOnly).
    pub fn read(bytes: &[u8], size: u64, choice: DialectChoice) -> Result<Self, Error> {
        let encoding = choice.encoding.unwrap_or_else(|| encoding_of(bytes));
        refuse_binary(bytes, encoding)?;
        let text = to_utf8(encoding, bytes);
        let start = if text.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        let mut text = Start {
            text: &text,
            at: start,
            whole: bytes.len() as u64 >= size,
            blank_lines: 0,
            lines: 0,
        };
        text.skip_blank_lines();
        if text.rest().is_empty() {
            return Err(Error::new(
                ErrorKind::EmptyInput,
                "The file is empty: there is no header and there are no rows.",
            ));
        }
        let is_json = |byte: u8| {
            let rest = text.rest().strip_prefix(&[byte]);
            rest.is_some_and(|rest| matches!(rest.trim_ascii_start(), [b'{' | b'"' | b'}', ..]))
        };
        let guess = !choice.is_of_cells();
        let is_log = text.rest().starts_with(b"#separator") || text.rest().starts_with(b"#fields");
        let mut head = if guess && (is_json(b'{') || is_json(b'[')) {
            objects::of_objects(&text)
        } else if guess && is_log {
            zeek::of_zeek_log(&mut text)
        } else {
            cells::of_cells(&mut text, choice)
        }?;
        text.skip_blank_lines();
        if head.columns.len() > MAX_COLUMNS {
            let message =
                format!("The header has more than {MAX_COLUMNS} columns; no more are read.");
            return Err(Error::new(ErrorKind::TooManyColumns, message));
        }
        if text.rest().is_empty() {
            return Err(Error::new(
                ErrorKind::HeaderOnly,
                format!(
                    "The file has a header of {} columns and no rows below it.",
                    head.columns.len()
                ),
            ));
        }
        head.layout.dialect.encoding = encoding;
        head.data_start = file_len(encoding, &text.text[..text.at]);
        head.first_line = 1 + text.lines;
        head.blank_lines = text.blank_lines;
        Ok(head)
    }

    /// A head of which only what the lines themselves say is known.
    fn new(layout: Layout, columns: Vec<String>, names: Names) -> Self {
        Self {
            layout,
            columns,
            names,
            data_start: 0,
            first_line: 0,
            blank_lines: 0,
            comment_lines: 0,
        }
    }
}

/// The text at the start of a file, and how far it was read.
struct Start<'a> {
    text: &'a [u8],
    at: usize,
    /// Whether it is all of the file.
    whole: bool,
    blank_lines: u64,
    /// Line ends so far.
    lines: u64,
}

impl<'a> Start<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    fn skip_blank_lines(&mut self) {
        while let Some(length) = line_end_len(self.rest()) {
            self.at += length;
            self.lines += 1;
            self.blank_lines += 1;
        }
    }

    /// The next record without its line end, which is passed too; `None` where it does not end.
    fn take_record(&mut self, grammar: Grammar) -> Option<&'a [u8]> {
        let rest = self.rest();
        let mut walk = Walk::new(State::CellStart);
        let end = match walk.find_line_end(rest, grammar) {
            Some(end) => end,
            None if self.whole && !walk.in_quotes() => rest.len(),
            None => return None,
        };
        let line_end = line_end_len(&rest[end..]);
        self.at += end + line_end.unwrap_or(0);
        self.lines += walk.inner_lines + u64::from(line_end.is_some());
        (end <= MAX_RECORD_BYTES).then(|| &rest[..end])
    }

    /// The first records, as many as tell how a file is written, each without its line end.
    fn sample(&self, grammar: Grammar) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let end = self.text.len().min(self.at + SNIFFED_BYTES);
        let mut sample = Start {
            text: &self.text[..end],
            at: self.at,
            whole: self.whole && end == self.text.len(),
            blank_lines: 0,
            lines: 0,
        };
        std::iter::from_fn(move || {
            sample.skip_blank_lines();
            let record = sample.take_record(grammar)?;
            (!record.is_empty()).then_some(record)
        })
        .take(SNIFFED_RECORDS)
    }
}

/// The length of the line end that bytes begin with.
fn line_end_len(bytes: &[u8]) -> Option<usize> {
    match bytes {
        [b'\r', b'\n', ..] => Some(2),
        [b'\n' | b'\r', ..] => Some(1),
        _ => None,
    }
}

fn encoding_of(bytes: &[u8]) -> Encoding {
    match bytes {
        [0xff, 0xfe, ..] => return Encoding::Utf16Le,
        [0xfe, 0xff, ..] => return Encoding::Utf16Be,
        _ => {}
    }
    // Text of flows is mostly ASCII, of which every second byte is zero in UTF-16.
    let sample = &bytes[..bytes.len().min(1024)];
    let zeros = |parity: usize| {
        let of_parity = sample.iter().skip(parity).step_by(2);
        of_parity.filter(|&&byte| byte == 0).count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    // Some characters beyond ASCII have a zero as their other byte.
    let most = |many: usize, few: usize| many > sample.len() / 3 && few < many / 8;
    if most(odd, even) {
        Encoding::Utf16Le
    } else if most(even, odd) {
        Encoding::Utf16Be
    } else {
        Encoding::Utf8
    }
}

fn refuse_binary(bytes: &[u8], encoding: Encoding) -> Result<(), Error> {
    let what = SIGNATURES
        .iter()
        .find(|(signature, _)| bytes.starts_with(signature))
        .map(|&(_, what)| what);
    let has_nul = || bytes.iter().take(64 << 10).any(|&byte| byte == 0);
    match what {
        Some(what) => Err(Error::new(
            ErrorKind::NotText,
            format!("The file is not text: it is {what}."),
        )),
        None if encoding == Encoding::Utf8 && has_nul() => Err(Error::new(
            ErrorKind::NotText,
            "The file is not text: there are NUL bytes in it. Export flows as CSV.",
        )),
        None => Ok(()),
    }
}

/// The cells of a record as text, without blanks around them.
fn cells_of(record: &[u8], grammar: Grammar) -> Vec<String> {
    let (mut text, mut ends) = (Vec::new(), Vec::new());
    unquote(record, grammar, &mut text, &mut ends);
    let mut start = 0;
    ends.iter()
        .map(|&end| {
            let cell = text_of(&text[start..end as usize]);
            start = end as usize + 1;
            cell.trim().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::zeek::{ZEEK_FIELDS, ZEEK_UNLABELLED};
    use super::*;
    use crate::table::dialect::{Format, Quotes};

    fn read(bytes: &[u8]) -> Result<Head, Error> {
        Head::read(bytes, bytes.len() as u64, DialectChoice::default())
    }

    fn head(bytes: &[u8]) -> Result<Head, ErrorKind> {
        read(bytes).map_err(|error| error.kind())
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
        assert_eq!(head(b"{\"a\":\n"), Err(ErrorKind::BadHeader));
        assert_eq!(head(b"[{\"a\":1},\n{\"a\":2}]"), Err(ErrorKind::BadHeader));
        assert_eq!(head(b"#separator \\x09\n1\t2\n"), Err(ErrorKind::BadHeader));
        assert_eq!(head(b"#separator ab\n"), Err(ErrorKind::BadHeader));
        assert_eq!(
            head(&vec![b','; MAX_COLUMNS + 1]),
            Err(ErrorKind::TooManyColumns)
        );
    }

    /// Cells would end where lines do, or in what stands for nothing.
    #[test]
    fn a_zeek_log_that_separates_fields_with_a_line_end_or_nul_is_refused() {
        for separator in ["\\x0a", "\\x0d", "\\x00", "\\x80"] {
            let log = format!("#separator {separator}\n#fields\nab\r\ncd\r\n");
            let error = read(log.as_bytes()).expect_err(separator);
            assert_eq!(error.kind(), ErrorKind::BadHeader);
            assert!(error.to_string().contains(separator), "{error}");
        }
    }

    #[test]
    fn delimiters_quotes_and_decimals_are_guessed() {
        let dialect = |text: &str| read(text.as_bytes()).expect("a header").layout.dialect;
        let delimiter = |text| dialect(text).delimiter;
        assert_eq!(delimiter("a;b;c\n1,5;2;x, y, z\n"), b';');
        assert_eq!(delimiter("a\tb\nx,y\tz\n"), b'\t');
        assert_eq!(delimiter("a|b\nx,y|z\n"), b'|');
        assert_eq!(delimiter("a\nx\n"), b',');
        assert!(dialect("a;b\n1,5;x\n").decimal_comma);
        assert!(!dialect("a;b\n1,5;2.5\n").decimal_comma);
        assert!(!dialect("a,b\n1,5\n").decimal_comma);
        assert_eq!(dialect("a,b\n\"x\\\",\",y\n").quotes, Quotes::Escaped);
        assert_eq!(dialect("a,b\n\"x\\\",y\n").quotes, Quotes::Doubled);
    }

    #[test]
    fn utf16_is_read_both_ways_with_and_without_a_mark() {
        let text = "aé,b\r\n1,2\r\n";
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for (mark, bytes) in [
            (&b""[..], &little),
            (b"\xff\xfe", &little),
            (b"", &big),
            (b"\xfe\xff", &big),
        ] {
            let found = head(&[mark, bytes].concat()).expect("a header");
            assert_eq!(found.columns, ["aé", "b"]);
            assert_eq!(found.data_start, 12 + mark.len() as u64);
        }
    }

    #[test]
    fn a_zeek_log_names_its_fields() {
        let log = b"#separator \\x09\n#unset_field\tNIL\n#fields\tts\tid.orig_h\ttunnel_parents   label   detailed-label\n\
                    #types\ttime\taddr\tset[string]   string   string\n1.5\t::1\t-   Benign   -\n";
        let found = head(log).expect("a header");
        assert_eq!(
            found.columns,
            [
                "ts",
                "id.orig_h",
                "tunnel_parents",
                "label",
                "detailed-label"
            ]
        );
        assert_eq!(found.layout.unset, [b"NIL".to_vec()]);
        assert!(found.layout.blanks_in_last);
        assert_eq!((found.first_line, found.comment_lines), (5, 4));
        assert_eq!(log[found.data_start as usize..][..3], *b"1.5");
        let bare = "1.5\tC\t::1\t1\t::2\t2\ttcp\t-\t-\t-\t-\tS0\t-\t-\t0\tS\t1\t40\t0\t0\t-   Benign   -\n";
        let found = head(bare.as_bytes()).expect("Zeek's order");
        assert_eq!(found.names, Names::ZeekOrder);
        assert_eq!(found.columns, ZEEK_FIELDS);
        assert_eq!(found.data_start, 0);
    }

    #[test]
    fn objects_have_the_keys_of_all_that_are_asked() {
        let found = head(b"{\"a\":1}\n{\"b\":{\"c\":2},\"a\":3}\n").expect("objects");
        assert_eq!(found.columns, ["a", "b.c"]);
        assert_eq!(found.layout.dialect.format, Format::JsonLines);
        let zeek = head(b"{\"uid\":\"C\",\"id.orig_h\":\"::1\"}\n").expect("objects");
        assert_eq!(zeek.columns.len(), ZEEK_UNLABELLED);
    }

    #[test]
    fn a_file_without_a_header_has_numbered_columns() {
        let found = head(b"1,2.5,x\n3,4,y\n").expect("rows");
        assert_eq!(found.names, Names::Numbers);
        assert_eq!(found.columns, ["column 1", "column 2", "column 3"]);
        assert_eq!((found.data_start, found.first_line), (0, 1));
    }
}
