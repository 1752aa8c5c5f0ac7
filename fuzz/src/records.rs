//! The records of a file, read in slices and joined by the protocol's one comparison.

use crate::model_support::Random;
use flowsieve::table::{
    Broken, Head, Layout, Progress, Record, RecordSink, SliceReader, SliceSpan,
};

/// One record of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) offset: u64,
    pub(crate) line: u64,
    pub(crate) cells: Result<Vec<Vec<u8>>, Broken>,
}

/// All that is read of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Records {
    pub(crate) rows: Vec<Row>,
    pub(crate) lines: u64,
    pub(crate) blank_lines: u64,
    pub(crate) comment_lines: u64,
    pub(crate) unknown_values: u64,
    pub(crate) other_fields: Option<u64>,
}

/// Takes the rows of one slice.
#[derive(Default)]
struct Rows(Vec<Row>);

impl RecordSink for Rows {
    fn record(&mut self, record: &Record<'_>) {
        self.0.push(Row {
            offset: record.offset,
            line: record.line,
            cells: Ok(record.cells().map(<[u8]>::to_vec).collect()),
        });
    }

    fn broken(&mut self, offset: u64, line: u64, why: Broken) {
        self.0.push(Row {
            offset,
            line,
            cells: Err(why),
        });
    }
}

/// Reads a file as one slice, in one piece.
pub(crate) fn read_whole(head: &Head, layout: &Layout, file: &[u8]) -> Records {
    let span = SliceSpan {
        begin: head.data_start,
        end: file.len() as u64,
        first: Some(head.data_start),
    };
    let mut reader = SliceReader::new(span, layout);
    let mut rows = Rows::default();
    reader.push(&file[head.data_start as usize..], &mut rows);
    reader.finish(&mut rows);
    let mut records = Records::default();
    add(&mut records, head, &reader, rows);
    records
}

/// Reads a file in slices that begin at `bounds`, each in chunks of one size, and joins them. A slice that did not begin
/// where the one before it ended is read again.
pub(crate) fn read_cut(head: &Head, file: &[u8], bounds: &[u64], random: &mut Random) -> Records {
    let mut records = Records::default();
    let mut next_record = head.data_start;
    for ends in bounds.windows(2) {
        let first = (ends[0] == head.data_start).then_some(head.data_start);
        let mut span = SliceSpan {
            begin: ends[0],
            end: ends[1],
            first,
        };
        let (mut reader, mut rows) = read_slice(&head.layout, file, span, random);
        let agrees = match reader.first_record() {
            Some(first) => first == next_record,
            None => next_record > span.end,
        };
        if !agrees {
            span.first = Some(next_record);
            (reader, rows) = read_slice(&head.layout, file, span, random);
            let found = reader.first_record();
            let starts_here = next_record <= span.end;
            assert_eq!(found, starts_here.then_some(next_record), "read again");
        }
        if reader.first_record().is_some() {
            next_record = reader.next_record();
        }
        add(&mut records, head, &reader, rows);
    }
    assert_eq!(next_record, u64::MAX, "the last slice goes to the end");
    records
}

fn read_slice(
    layout: &Layout,
    file: &[u8],
    span: SliceSpan,
    random: &mut Random,
) -> (SliceReader, Rows) {
    let mut reader = SliceReader::new(span, layout);
    let mut rows = Rows::default();
    let chunk = [1, 7, 100, usize::MAX][random.below(4)];
    loop {
        let rest = file.get(reader.position() as usize..).unwrap_or_default();
        let piece = &rest[..rest.len().min(chunk)];
        if piece.is_empty() || reader.push(piece, &mut rows) == Progress::Done {
            reader.finish(&mut rows);
            return (reader, rows);
        }
    }
}

/// Adds a slice, its lines counted from the file's first.
fn add(records: &mut Records, head: &Head, reader: &SliceReader, rows: Rows) {
    let line_base = head.first_line + records.lines;
    records.rows.extend(rows.0.into_iter().map(|mut row| {
        row.line += line_base;
        row
    }));
    records.lines += reader.lines();
    records.blank_lines += reader.blank_lines();
    records.comment_lines += reader.comment_lines();
    records.unknown_values += reader.unknown_values();
    records.other_fields = records.other_fields.or(reader.other_fields());
}
