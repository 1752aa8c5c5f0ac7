//! Input that is out to break a reader, at sizes that only large files have: any cut by up to eight workers gives the same
//! records, and the crate `csv` reads what is accepted alike.

mod model_support;

use flowsieve::table::{
    Broken, DialectChoice, Head, Layout, MAX_COLUMNS, MAX_RECORD_BYTES, Progress, Record,
    RecordSink, SliceReader, SliceSpan,
};
use model_support::Random;
use proptest::prelude::*;
use std::fmt::Write;
use std::hash::{DefaultHasher, Hasher};

/// One record: its offset, its line, how many cells it has and a hash of them; or why it has none.
type Row = (u64, u64, Result<(usize, u64), Broken>);

/// The rows of one slice.
#[derive(Default)]
struct Rows(Vec<Row>);

impl RecordSink for Rows {
    fn record(&mut self, record: &Record<'_>) {
        let cells = (record.len(), hash_of(record.cells()));
        self.0.push((record.offset, record.line, Ok(cells)));
    }

    fn broken(&mut self, offset: u64, line: u64, why: Broken) {
        self.0.push((offset, line, Err(why)));
    }
}

fn hash_of<'a>(cells: impl Iterator<Item = &'a [u8]>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for cell in cells {
        hasher.write_usize(cell.len());
        hasher.write(cell);
    }
    hasher.finish()
}

fn head(bytes: &[u8]) -> Head {
    Head::read(bytes, bytes.len() as u64, DialectChoice::default()).expect("a header")
}

/// Reads a slice in pieces of at most `longest` bytes.
fn read_slice(
    layout: &Layout,
    bytes: &[u8],
    span: SliceSpan,
    longest: usize,
) -> (SliceReader, Vec<Row>) {
    let mut reader = SliceReader::new(span, layout);
    let mut rows = Rows::default();
    loop {
        let rest = bytes.get(reader.position() as usize..).unwrap_or_default();
        let piece = &rest[..rest.len().min(longest)];
        if piece.is_empty() || reader.push(piece, &mut rows) == Progress::Done {
            reader.finish(&mut rows);
            return (reader, rows.0);
        }
    }
}

/// The rows of a file cut at `bounds`. A slice that did not begin where the one before it ended is read again.
fn read(head: &Head, bytes: &[u8], bounds: &[u64], longest: usize) -> Vec<Row> {
    let mut all = Vec::new();
    let (mut next_record, mut line) = (head.data_start, head.first_line);
    for ends in bounds.windows(2) {
        let mut span = SliceSpan {
            begin: ends[0],
            end: ends[1],
            first: (ends[0] == head.data_start).then_some(head.data_start),
        };
        let (mut reader, mut rows) = read_slice(&head.layout, bytes, span, longest);
        let agrees = match reader.first_record() {
            Some(first) => first == next_record,
            None => next_record > span.end,
        };
        if !agrees {
            span.first = Some(next_record);
            (reader, rows) = read_slice(&head.layout, bytes, span, longest);
        }
        if reader.first_record().is_some() {
            next_record = reader.next_record();
        }
        all.extend(
            rows.into_iter()
                .map(|(offset, at, row)| (offset, line + at, row)),
        );
        line += reader.lines();
    }
    all
}

/// The rows of a file as one slice, in one piece.
fn read_whole(head: &Head, bytes: &[u8]) -> Vec<Row> {
    read(
        head,
        bytes,
        &[head.data_start, bytes.len() as u64],
        usize::MAX,
    )
}

/// One to eight slices that begin anywhere.
fn random_bounds(head: &Head, bytes: &[u8], random: &mut Random) -> Vec<u64> {
    let (begin, end) = (head.data_start, bytes.len() as u64);
    let cuts = (0..random.below(8)).map(|_| begin + random.below((end - begin) as usize) as u64);
    let mut bounds: Vec<u64> = cuts.chain([begin, end]).collect();
    bounds.sort_unstable();
    bounds.dedup();
    bounds
}

/// Cuts a file at random, some times, and returns its rows.
fn check_cuts(bytes: &[u8], times: usize, longest: usize) -> Vec<Row> {
    let head = head(bytes);
    let whole = read_whole(&head, bytes);
    let random = &mut Random(times as u64);
    for _ in 0..times {
        let bounds = random_bounds(&head, bytes, random);
        let rows = read(&head, bytes, &bounds, longest);
        assert_eq!(rows.len(), whole.len(), "cut at {bounds:?}");
        assert!(rows == whole, "cut at {bounds:?}");
    }
    whole
}

/// The rows below the header as the crate reads them.
fn rows_of_crate(bytes: &[u8]) -> Vec<(usize, u64)> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let rows = reader.byte_records().map(|record| {
        let record = record.expect("no record is refused");
        (record.len(), hash_of(record.iter()))
    });
    rows.collect()
}

fn cells_of(rows: &[Row]) -> Vec<(usize, u64)> {
    rows.iter().map(|row| row.2.expect("a row")).collect()
}

/// Quotes where they do not belong.
const ODD_CELLS: &[&[u8]] = &[b"\"", b"\"\"x\"", b"x\"y", b"\"a\" \"b\"", b"\"\"\"\""];
const LINE_ENDS: &[&[u8]] = &[b"\n", b"\r\n", b"\r", b"\n\n\r\n"];

/// Cells that mean something to one reader or another: bytes that are no text, what looks like a cell's end, nothing.
fn hostile_cell() -> impl Strategy<Value = Vec<u8>> {
    let plain = prop::collection::vec(
        prop_oneof![
            8 => b'0'..=b'9',
            1 => Just(0),
            1 => 0x80..=0xff_u8,
            1 => prop::sample::select(&b"\\ \t;|'\x1a\x0b\x0c\x7f"[..]),
        ],
        0..40,
    );
    let inside = prop_oneof![
        6 => prop::sample::select(&b"ab,;\t|"[..]).prop_map(|byte| vec![byte]),
        1 => Just(b"\n".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"\"\"".to_vec()),
        1 => Just(vec![0]),
        1 => Just(vec![0xff]),
    ];
    let quoted = prop::collection::vec(inside, 0..20)
        .prop_map(|parts| [b"\"", &parts.concat()[..], b"\""].concat());
    let odd = prop::sample::select(ODD_CELLS).prop_map(<[u8]>::to_vec);
    prop_oneof![8 => plain, 3 => quoted, 1 => odd]
}

/// A table that is broken in any way below 64 KiB of rows that are not, since a file that has NUL bytes before is no text.
fn hostile_table() -> impl Strategy<Value = Vec<u8>> {
    let record = prop::collection::vec(hostile_cell(), 1..7).prop_map(|cells| cells.join(&b','));
    let line_end = prop::sample::select(LINE_ENDS);
    let line = (record, line_end).prop_map(|(record, end)| [&record[..], end].concat());
    (prop::collection::vec(line, 1..60), any::<bool>()).prop_map(|(lines, closed)| {
        let good = "1,2,3,4,5\n".repeat((64 << 10) / 10 + 1);
        // The quote that a row may open is closed, or never is.
        let end: &[u8] = if closed { b"\",\"\"\n1,2\n" } else { b"" };
        [b"a,b,c,d,e\n", good.as_bytes(), &lines.concat()[..], end].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_bytes_are_cut_alike_and_read_as_by_the_csv_crate(
        bytes in hostile_table(),
        cuts in prop::collection::vec(0.0..1.0_f64, 0..8),
        longest in prop::sample::select(&[13_usize, 1000, usize::MAX][..]),
    ) {
        let head = head(&bytes);
        let whole = read_whole(&head, &bytes);
        // Where it is hostile, a cut may be anywhere; what is before is the same all over.
        let from = bytes.len().saturating_sub(4000).max(head.data_start as usize);
        let place = |cut: &f64| (from as f64 + cut * (bytes.len() - from) as f64) as u64;
        let mut bounds: Vec<u64> = cuts.iter().map(place).collect();
        bounds.extend([head.data_start, bytes.len() as u64]);
        bounds.sort_unstable();
        bounds.dedup();
        let rows = read(&head, &bytes, &bounds, longest);
        prop_assert_eq!(&rows, &whole, "cut at {:?}", bounds);

        let mut expected = rows_of_crate(&bytes);
        prop_assert_eq!(whole.len(), expected.len());
        let mut known = &whole[..];
        // The crate takes a quote that never closes for text to the end; here it is a reject.
        if let [before @ .., (_, _, Err(Broken::UnclosedQuote))] = known {
            known = before;
            expected.pop();
        }
        prop_assert_eq!(cells_of(known), expected);
    }
}

#[test]
fn ten_thousand_columns_are_cut_alike_and_read_as_by_the_csv_crate() {
    const COLUMNS: usize = 10_000;
    let mut text = String::new();
    for column in 0..COLUMNS {
        write!(
            text,
            "{}column {column}",
            if column == 0 { "" } else { "," }
        )
        .expect("memory");
    }
    text.push('\n');
    for row in 0..40 {
        // Some rows have a cell less or more, some a quoted line end.
        let cells = COLUMNS + [0, 0, 1, 0, 0][row % 5] - usize::from(row % 7 == 0);
        for cell in 0..cells {
            text.push_str(if cell == 0 { "" } else { "," });
            match (row * 31 + cell) % 1000 {
                0 => text.push_str("\"x,\r\n\"\"y\""),
                1 => {}
                number => write!(text, "{number}").expect("memory"),
            }
        }
        text.push_str(if row % 3 == 0 { "\r\n" } else { "\n" });
    }
    let bytes = text.as_bytes();
    assert_eq!(head(bytes).columns.len(), COLUMNS);
    let rows = check_cuts(bytes, 12, 10_007);
    assert_eq!(rows.len(), 40);
    assert_eq!(cells_of(&rows), rows_of_crate(bytes));
}

/// A line of 50 MB, with quotes and without, costs one row however it is cut, and its neighbours nothing.
#[test]
fn a_line_of_50_mb_is_one_reject_wherever_it_is_cut() {
    const LONG: usize = 50_000_000;
    for (quoted, content) in [(false, "abcdefg,"), (true, "ab,\"\"\r\n")] {
        let quote = if quoted { "\"" } else { "" };
        let long = content.repeat(LONG / content.len());
        let text = format!("a,b\n1,2\n{quote}{long}{quote}\n3,\"4\n\"\n5,6");
        let bytes = text.as_bytes();
        let rows = check_cuts(bytes, 2, 1 << 22);
        let inner = long.matches('\n').count() as u64;
        let lines: Vec<u64> = rows.iter().map(|row| row.1).collect();
        assert_eq!(lines, [2, 3, 4 + inner, 6 + inner]);
        assert_eq!(rows[1].2, Err(Broken::TooLong));
        let expected = rows_of_crate(b"a,b\n1,2\n3,\"4\n\"\n5,6");
        assert_eq!(cells_of(&[&rows[..1], &rows[2..]].concat()), expected);
    }
}

#[test]
fn a_file_that_is_one_line_of_50_mb_is_refused_with_its_reason() {
    for line in ["abcdefgh", "ab,cdefg", "\"bcdefgh", "{\"a\": 1,"] {
        let bytes = line.repeat(50_000_000 / line.len()).into_bytes();
        let error =
            Head::read(&bytes, bytes.len() as u64, DialectChoice::default()).expect_err(line);
        assert_eq!(error.kind().name(), "bad-header", "{line}: {error}");
    }
}

/// An object may have as many new keys as fit in a line; whoever looks for each among all others takes minutes.
#[test]
fn objects_with_more_keys_than_columns_are_refused_soon() {
    let object = |keys: std::ops::Range<usize>| {
        let members: Vec<String> = keys.map(|key| format!("\"{key:x}\":1")).collect();
        format!("{{{}}}\n", members.join(","))
    };
    let text = object(0..100_000);
    assert!(text.len() < 2 * MAX_RECORD_BYTES);
    let error = Head::read(text.as_bytes(), text.len() as u64, DialectChoice::default())
        .expect_err("too many keys");
    assert_eq!(error.kind().name(), "too-many-columns", "{error}");
    let text = object(0..MAX_COLUMNS);
    assert_eq!(head(text.as_bytes()).columns.len(), MAX_COLUMNS);
}

/// Any cut of UTF-16, also inside a code unit or between the two of a character, with an odd byte at the end.
#[test]
fn utf16_is_cut_alike_at_every_byte() {
    let text = "é,b,😀\r\n1,\"2\n\u{1f4a9}\",3\r\n\u{a0a},\u{d0d},\"\u{2c22}\"\n4,5,😀😀\n";
    for big_endian in [false, true] {
        let unit = |unit: u16| {
            if big_endian {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        };
        let mark = unit(0xfeff).to_vec();
        let units: Vec<u8> = text.encode_utf16().flat_map(unit).collect();
        for end in [&[][..], &[0], &unit(0xd83d)] {
            let bytes = [&mark[..], &units, end].concat();
            let head = head(&bytes);
            let whole = read_whole(&head, &bytes);
            let lossy = String::from_utf16_lossy(&text.encode_utf16().collect::<Vec<_>>());
            let mut expected = rows_of_crate(lossy.as_bytes());
            if end.len() == 2 {
                expected.push((1, hash_of(["\u{fffd}".as_bytes()].into_iter())));
            }
            assert_eq!(cells_of(&whole), expected);
            let size = bytes.len() as u64;
            for cut in head.data_start + 1..size {
                for second in (cut + 1..=size).step_by(5) {
                    let mut bounds = vec![head.data_start, cut, second, size];
                    bounds.dedup();
                    for longest in [1, 3, usize::MAX] {
                        let rows = read(&head, &bytes, &bounds, longest);
                        assert_eq!(rows, whole, "cut at {bounds:?} in pieces of {longest}");
                    }
                }
            }
        }
    }
}
