//! What the first bytes of a file say: is it text, how is it written, what are its columns, where do rows begin.

use super::dialect::{Dialect, Encoding, Format, Layout, Quotes, text_of};
use super::encoding::{file_len, to_utf8};
use super::json::Fields;
use super::number::{Cell, is_unset, parse_any};
use super::reader::split_at_blanks;
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
/// As many objects are asked for their keys.
const SNIFFED_OBJECTS: usize = 1000;

/// Of two that cut a file equally well the later is taken.
const DELIMITERS: [u8; 4] = *b"|\t;,";

/// The fields of Zeek's connection log in its order, then what labelled ones have behind them.
const ZEEK_FIELDS: [&str; 23] = [
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "proto",
    "service",
    "duration",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
    "local_orig",
    "local_resp",
    "missed_bytes",
    "history",
    "orig_pkts",
    "orig_ip_bytes",
    "resp_pkts",
    "resp_ip_bytes",
    "tunnel_parents",
    "label",
    "detailed-label",
];
/// Those that every unlabelled log has.
const ZEEK_UNLABELLED: usize = 21;
/// Where in them the protocol is.
const ZEEK_PROTO: usize = 6;

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
    /// Reads the header from the first bytes of a file: all of it, or at least [`HEAD_BYTES`].
    ///
    /// # Errors
    ///
    /// [`EmptyInput`](ErrorKind::EmptyInput), [`NotText`](ErrorKind::NotText), [`BadHeader`](ErrorKind::BadHeader),
    /// [`TooManyColumns`](ErrorKind::TooManyColumns), [`HeaderOnly`](ErrorKind::HeaderOnly).
    pub fn read(bytes: &[u8], size: u64) -> Result<Self, Error> {
        let encoding = encoding_of(bytes);
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
        let mut head = if is_json(b'{') || is_json(b'[') {
            of_objects(&text)
        } else if text.rest().starts_with(b"#separator") || text.rest().starts_with(b"#fields") {
            of_zeek_log(&mut text)
        } else {
            of_cells(&mut text)
        }?;
        text.skip_blank_lines();
        if head.columns.len() > MAX_COLUMNS {
            let message = format!(
                "The header has {} columns; at most {MAX_COLUMNS} are read.",
                head.columns.len()
            );
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

/// A table of cells between delimiters; Zeek's, where it looks like that.
fn of_cells(text: &mut Start<'_>) -> Result<Head, Error> {
    let mut dialect = Dialect::default();
    let best = DELIMITERS
        .map(|delimiter| {
            let grammar = Grammar {
                delimiter,
                quotes: Quotes::Doubled,
            };
            (regularity(text, grammar), delimiter)
        })
        .into_iter()
        .max_by_key(|&(regularity, _)| regularity);
    if let Some((_, delimiter)) = best {
        dialect.delimiter = delimiter;
    }
    let escaped = Grammar {
        delimiter: dialect.delimiter,
        quotes: Quotes::Escaped,
    };
    if regularity(text, escaped) > regularity(text, dialect.grammar()) {
        dialect.quotes = Quotes::Escaped;
    }
    let grammar = dialect.grammar();
    let mut sample = text.sample(grammar).map(|record| cells_of(record, grammar));
    let first = sample.next().unwrap_or_default();
    if is_zeek_row(&first, dialect.delimiter) {
        return Ok(of_bare_zeek_log(&first));
    }
    dialect.decimal_comma = dialect.delimiter != b',' && has_decimal_commas(sample);
    let layout = Layout {
        dialect,
        ..Layout::default()
    };
    if is_row(&first) {
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

/// Whether a line is a connection as Zeek logs it, without the lines that name its fields.
fn is_zeek_row(cells: &[String], delimiter: u8) -> bool {
    let fields = ZEEK_UNLABELLED - 1..=ZEEK_FIELDS.len();
    delimiter == b'\t'
        && fields.contains(&cells.len())
        && matches!(parse_any(cells[0].as_bytes()), Cell::Number(_))
        && ["tcp", "udp", "icmp", "unknown_transport"].contains(&cells[ZEEK_PROTO].as_str())
}

fn of_bare_zeek_log(first: &[String]) -> Head {
    let last = first.last().map_or("", String::as_str);
    let in_last = split_at_blanks(last.as_bytes()).count();
    let layout = Layout {
        dialect: zeek_dialect(b'\t'),
        blanks_in_last: in_last > 1,
        fields: format!("#fields\t{}", ZEEK_FIELDS[..ZEEK_UNLABELLED].join("\t"))
            .into_bytes()
            .into(),
        ..Layout::default()
    };
    let n_columns = (first.len() - 1 + in_last).min(ZEEK_FIELDS.len());
    let columns = ZEEK_FIELDS[..n_columns].iter();
    let columns = columns.map(|&name| name.to_owned()).collect();
    Head::new(layout, columns, Names::ZeekOrder)
}

fn zeek_dialect(delimiter: u8) -> Dialect {
    Dialect {
        format: Format::ZeekTsv,
        delimiter,
        quotes: Quotes::None,
        ..Dialect::default()
    }
}

/// A log that begins with `#separator` or `#fields`.
fn of_zeek_log(text: &mut Start<'_>) -> Result<Head, Error> {
    let mut layout = Layout {
        dialect: zeek_dialect(b'\t'),
        ..Layout::default()
    };
    let mut columns = None;
    let mut comment_lines = 0;
    loop {
        text.skip_blank_lines();
        if !text.rest().starts_with(b"#") {
            break;
        }
        let Some(line) = text.take_record(layout.dialect.grammar()) else {
            break;
        };
        comment_lines += 1;
        if let Some(separator) = line.strip_prefix(b"#separator ") {
            layout.dialect.delimiter = separator_of(separator)?;
            continue;
        }
        let separator = layout.dialect.delimiter;
        let mut parts = line.split(|&byte| byte == separator);
        match parts.next() {
            Some(b"#fields") => {
                let mut names: Vec<&[u8]> = parts.collect();
                let last = names.pop().unwrap_or_default();
                names.extend(split_at_blanks(last));
                layout.blanks_in_last = split_at_blanks(last).count() > 1;
                layout.fields = line.into();
                columns = Some(names.iter().map(|name| text_of(name)).collect());
            }
            Some(b"#unset_field" | b"#empty_field") => {
                let marker = parts.next().unwrap_or_default();
                if !is_unset(marker) {
                    layout.unset.push(marker.to_vec());
                }
            }
            _ => {}
        }
    }
    let columns = columns.ok_or_else(|| {
        Error::new(
            ErrorKind::BadHeader,
            "The file begins like a Zeek log and has no line #fields in its first MiB that names the columns.",
        )
    })?;
    let mut head = Head::new(layout, columns, Names::File);
    head.comment_lines = comment_lines;
    Ok(head)
}

/// The byte that `\x09` stands for.
fn separator_of(text: &[u8]) -> Result<u8, Error> {
    let found = match text.trim_ascii() {
        [b'\\', b'x', digits @ ..] => std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok()),
        [byte] => Some(*byte),
        _ => None,
    };
    found.filter(u8::is_ascii).ok_or_else(|| {
        Error::new(
            ErrorKind::BadHeader,
            format!(
                "The Zeek log names “{}” as its #separator; only one ASCII character, such as \\x09, is read.",
                text_of(text)
            ),
        )
    })
}

/// A file of JSON objects, one a line. Objects leave out what is not set, so the first ones are all asked, and a log of
/// connections has all fields that Zeek may write.
fn of_objects(text: &Start<'_>) -> Result<Head, Error> {
    let whole_lines = match text.rest().iter().rposition(|&byte| byte == b'\n') {
        Some(last) if !text.whole => &text.rest()[..last],
        _ => text.rest(),
    };
    let mut keys: Vec<Vec<u8>> = Vec::new();
    let lines = whole_lines
        .split(|&byte| byte == b'\n')
        .take(SNIFFED_OBJECTS);
    for found in lines.filter_map(Fields::keys_of).flatten() {
        if !keys.contains(&found) {
            keys.push(found);
        }
    }
    if keys.is_empty() {
        return Err(Error::new(
            ErrorKind::BadHeader,
            "The file begins like JSON and its first lines are no objects. One object a line is read, such as Zeek writes \
             them; save anything else as CSV.",
        ));
    }
    let has = |keys: &[Vec<u8>], name: &str| keys.iter().any(|key| key == name.as_bytes());
    if has(&keys, "uid") && has(&keys, "id.orig_h") {
        for name in &ZEEK_FIELDS[..ZEEK_UNLABELLED] {
            if !has(&keys, name) {
                keys.push(name.as_bytes().to_vec());
            }
        }
    }
    let columns = keys.iter().map(|key| text_of(key)).collect();
    let layout = Layout {
        dialect: Dialect {
            format: Format::JsonLines,
            // Nothing within a line is looked for.
            delimiter: b'\n',
            quotes: Quotes::None,
            ..Dialect::default()
        },
        keys: keys.into(),
        ..Layout::default()
    };
    Ok(Head::new(layout, columns, Names::File))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Head, Error> {
        Head::read(bytes, bytes.len() as u64)
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
