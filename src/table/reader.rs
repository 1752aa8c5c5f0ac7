//! The slice protocol: the records of one slice of a file, whatever the cut.
//!
//! Offsets are bytes from the start of the file. A record *starts* at its first byte that is no line end, so blank
//! lines belong to the record before them. A slice `begin..end` owns the records that start in `begin+1..=end`; the one
//! at `begin` belongs to the slice before, which runs past its end to finish it:
//!
//! ```text
//!          begin                          end
//! …tcp,4,1 ┊ 7\n udp,3,9\n tcp,5,2\n tcp, ┊ 8,8\n udp,1,1\n
//!                ├─ owned ────────────────┊────┤ └ next_record
//!                └ first_record
//! ```
//!
//! A reader that is told where its first record starts ([`SliceSpan::first`]) owns it wherever it is. One that is not
//! told assumes that `begin` is in a cell and outside of quotes. The assumption was right exactly if its
//! `first_record` is the `next_record` of the slice before, because a reader at the start of a record has no other
//! state; that comparison is all that joining slices takes.

use super::dialect::{Encoding, Format, Layout, Quotes};
use super::encoding::Utf16;
use super::json::Fields;
use super::number::comma_to_point;
use super::record::Record;
use super::scan::Marks;
use super::tokenizer::{Grammar, State, Walk, unquote};
use super::{MAX_RECORD_BYTES, PADDING};

/// As much as is scanned at once. Small enough for the marks to stay in the L2 cache.
const PIECE: usize = 1 << 17;

/// The slice of a file that a reader is to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SliceSpan {
    /// Offset of its first byte.
    pub begin: u64,
    /// Offset after its last byte.
    pub end: u64,
    /// Where its first record starts, if that is known.
    pub first: Option<u64>,
}

/// A record that cannot be split into cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Longer than [`MAX_RECORD_BYTES`].
    TooLong,
    /// The file ends inside quotes.
    UnclosedQuote,
    /// A line of a JSON log that is no object.
    NotAnObject,
}

/// What takes the records of a slice, in order.
pub trait RecordSink {
    /// A record with its cells.
    fn record(&mut self, record: &Record<'_>);
    /// A record that has none: its offset, the line ends between the slice's first record and it, and why.
    fn broken(&mut self, offset: u64, line: u64, why: Broken);
}

/// How far a reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It wants the bytes that follow.
    More,
    /// It has all that it needs; what follows is the next slice's.
    Done,
}

/// Reads the records of one slice from consecutive chunks of bytes of any size.
#[derive(Debug)]
pub struct SliceReader {
    layout: Layout,
    grammar: Grammar,
    /// Whether cells are where the delimiters are, and every record is a row.
    plain: bool,
    span: SliceSpan,
    /// The last bytes of what was consumed (`PADDING` of them), then what was not, in UTF-8.
    buffer: Vec<u8>,
    /// Offset in the file of `buffer[PADDING]`.
    base: u64,
    /// Offset in the file of the next byte wanted.
    position: u64,
    utf16: Option<Utf16>,
    marks: Marks,
    phase: Phase,
    first_record: Option<u64>,
    next_record: u64,
    /// Line ends since the first record's start.
    lines: u64,
    blank_lines: u64,
    comment_lines: u64,
    unknown_values: u64,
    other_fields: Option<u64>,
    /// The cells of a record that is not split where its delimiters are.
    split: Vec<u8>,
    split_ends: Vec<u32>,
    fields: Fields,
}

/// What the reader is looking for.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// The line end of a record that another slice owns.
    Guess(Walk),
    /// The first byte of a record, past blank lines.
    Start,
    /// The end of a record that is split when it is whole: it starts at this index of the buffer.
    Record,
    /// The same, with quotes in it; walked so far up to the second index.
    Quoted(Walk, usize),
    /// The end of a record that is too long to hold: its offset and its line.
    Skip(Walk, u64, u64),
    /// Nothing.
    Done,
}

impl SliceReader {
    /// A reader of `span`. It wants bytes from [`position`](Self::position) on.
    pub fn new(span: SliceSpan, layout: &Layout) -> Self {
        let phase = match span.first {
            Some(first) if first > span.end => Phase::Done,
            Some(_) => Phase::Start,
            None => Phase::Guess(Walk::new(State::Unquoted)),
        };
        let dialect = layout.dialect;
        let mut base = span.first.unwrap_or(span.begin);
        let utf16 = (dialect.encoding != Encoding::Utf8).then(|| {
            // Code units begin at even offsets, and so do records. A cut inside of a unit leaves its second half to nobody.
            if span.first.is_none() {
                base += base % 2;
            }
            Utf16::new(dialect.encoding, PADDING, base)
        });
        Self {
            grammar: dialect.grammar(),
            plain: dialect.format == Format::Csv && !dialect.decimal_comma,
            layout: layout.clone(),
            span,
            buffer: vec![0; PADDING],
            base,
            position: base,
            utf16,
            marks: Marks::default(),
            phase,
            first_record: None,
            next_record: span.first.unwrap_or(u64::MAX),
            lines: 0,
            blank_lines: 0,
            comment_lines: 0,
            unknown_values: 0,
            other_fields: None,
            split: Vec::new(),
            split_ends: Vec::new(),
            fields: Fields::default(),
        }
    }

    /// Offset of the next byte that the reader wants.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Offset of the first byte that the reader still holds: with half a character of UTF-16 read, it lies before
    /// [`position`](Self::position) even where no record has begun.
    pub(crate) fn held_from(&self) -> u64 {
        self.base
    }

    /// Where the first record of the slice starts; `None` if none starts in it.
    pub fn first_record(&self) -> Option<u64> {
        self.first_record
    }

    /// Where the first record after the slice starts; `u64::MAX` where the file ends before. Final once the reader is
    /// done or [`finish`](Self::finish)ed, and meaningless for a guess that found no record.
    pub fn next_record(&self) -> u64 {
        self.next_record
    }

    /// Line ends from the start of the first record to the next slice's first record.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Lines with nothing on them among these.
    pub fn blank_lines(&self) -> u64 {
        self.blank_lines
    }

    /// Lines about the file among these, such as `#close` in a Zeek log.
    pub fn comment_lines(&self) -> u64 {
        self.comment_lines
    }

    /// Values of JSON objects under keys that are no column.
    pub fn unknown_values(&self) -> u64 {
        self.unknown_values
    }

    /// Offset of the first line in a Zeek log that names other fields than the log's first. Rows behind it mean something
    /// else, so whoever reads the log has to refuse it.
    pub fn other_fields(&self) -> Option<u64> {
        self.other_fields
    }

    /// Reads on. `bytes` must start at [`position`](Self::position).
    pub fn push(&mut self, bytes: &[u8], sink: &mut dyn RecordSink) -> Progress {
        for piece in bytes.chunks(PIECE) {
            if matches!(self.phase, Phase::Done) {
                break;
            }
            let from = self.buffer.len();
            match &mut self.utf16 {
                None => self.buffer.extend_from_slice(piece),
                Some(utf16) => utf16.read(piece, &mut self.buffer),
            }
            self.position += piece.len() as u64;
            let quotes = self.grammar.quotes != Quotes::None;
            self.marks
                .scan(&self.buffer, from, self.grammar.delimiter, quotes);
            let consumed = self.advance(sink);
            self.compact(consumed);
        }
        if matches!(self.phase, Phase::Done) {
            Progress::Done
        } else {
            Progress::More
        }
    }

    /// The file has no more bytes: the last record may end without a line end.
    pub fn finish(&mut self, sink: &mut dyn RecordSink) {
        if let Some(utf16) = &mut self.utf16 {
            let from = self.buffer.len();
            utf16.finish(&mut self.buffer);
            // It may be all that there is of a record.
            if self.buffer.len() > from {
                let consumed = self.advance(sink);
                self.compact(consumed);
            }
        }
        let end = self.buffer.len();
        match self.phase {
            Phase::Record => {
                self.marks.line_ends.push(self.marks.ends.len() as u32);
                self.marks.ends.push(end as u32);
                self.split_run(PADDING, end + 1, sink);
            }
            Phase::Quoted(walk, _) if walk.in_quotes() => {
                sink.broken(self.base, self.lines, Broken::UnclosedQuote);
            }
            Phase::Quoted(..) => self.split_quoted(PADDING, end, sink),
            Phase::Skip(_, offset, line) => sink.broken(offset, line, Broken::TooLong),
            Phase::Guess(_) | Phase::Start | Phase::Done => {}
        }
        if !matches!(self.phase, Phase::Done) {
            self.next_record = u64::MAX;
        }
        self.phase = Phase::Done;
    }

    #[inline]
    fn offset(&self, index: usize) -> u64 {
        match &self.utf16 {
            None => self.base + (index - PADDING) as u64,
            Some(utf16) => utf16.file_offset(index),
        }
    }

    /// Takes all whole records from the buffer; returns the index of the first byte that is still needed.
    fn advance(&mut self, sink: &mut dyn RecordSink) -> usize {
        let end = self.buffer.len();
        let mut at = PADDING;
        loop {
            match self.phase {
                Phase::Done => return end,
                Phase::Guess(mut walk) => {
                    let found = walk.find_line_end(&self.buffer[at..], self.grammar);
                    at = found.map_or(end, |i| at + i);
                    // A record that starts in the slice has its predecessor's line end before the slice's end.
                    self.phase = match found {
                        _ if self.offset(at) >= self.span.end => Phase::Done,
                        Some(_) => Phase::Start,
                        None => Phase::Guess(walk),
                    };
                    if found.is_none() {
                        return end;
                    }
                }
                Phase::Start => {
                    at = self.skip_line_ends(at);
                    if at == end {
                        return end;
                    }
                    self.start_record(at);
                }
                Phase::Record => {
                    let quote = self.marks.quotes.partition_point(|&i| (i as usize) < at);
                    let limit = self
                        .marks
                        .quotes
                        .get(quote)
                        .map_or(usize::MAX, |&i| i as usize);
                    at = self.split_run(at, limit, sink);
                    // What is left of the run has a quote in it, or no line end.
                    if matches!(self.phase, Phase::Record) {
                        if limit == usize::MAX && end - at <= MAX_RECORD_BYTES {
                            return at;
                        }
                        self.phase = Phase::Quoted(Walk::new(State::CellStart), at);
                    }
                }
                Phase::Quoted(mut walk, from) => {
                    let found = walk.find_line_end(&self.buffer[from..], self.grammar);
                    if let Some(i) = found {
                        let stop = from + i;
                        self.split_quoted(at, stop, sink);
                        self.end_record(walk.inner_lines);
                        at = stop + 1;
                    } else if end - at > MAX_RECORD_BYTES {
                        self.phase = Phase::Skip(walk, self.offset(at), self.lines);
                        return end;
                    } else {
                        self.phase = Phase::Quoted(walk, end);
                        return at;
                    }
                }
                Phase::Skip(mut walk, offset, line) => {
                    let found = walk.find_line_end(&self.buffer[at..], self.grammar);
                    let Some(i) = found else {
                        self.phase = Phase::Skip(walk, offset, line);
                        return end;
                    };
                    sink.broken(offset, line, Broken::TooLong);
                    self.end_record(walk.inner_lines);
                    at += i + 1;
                }
            }
        }
    }

    /// Splits whole records without quotes from `at` on, as long as they end before `limit`; returns where it stopped,
    /// with the phase telling why.
    fn split_run(&mut self, mut at: usize, limit: usize, sink: &mut dyn RecordSink) -> usize {
        let mut first_cell = self.marks.ends.partition_point(|&i| (i as usize) < at);
        let mut line_end = self
            .marks
            .line_ends
            .partition_point(|&i| (i as usize) < first_cell);
        while let Some(&last_cell) = self.marks.line_ends.get(line_end) {
            let last_cell = last_cell as usize;
            let stop = self.marks.ends[last_cell] as usize;
            if stop >= limit {
                break;
            }
            let offset = self.offset(at);
            if stop - at > MAX_RECORD_BYTES {
                sink.broken(offset, self.lines, Broken::TooLong);
            } else if self.plain {
                let ends = &self.marks.ends[first_cell..=last_cell];
                let record = Record::new(&self.buffer, at as u32, ends, offset, self.lines);
                sink.record(&record.plain());
            } else {
                self.split_other_line(at, stop, first_cell..last_cell + 1, sink);
            }
            self.end_record(0);
            at = stop + 1;
            let crlf = self.buffer.get(stop) == Some(&b'\r') && self.buffer.get(at) == Some(&b'\n');
            at += usize::from(crlf);
            first_cell = last_cell + 1;
            line_end += 1;
            // Nothing more to see, or a blank line: the caller's loop knows what to do.
            if self
                .buffer
                .get(at)
                .is_none_or(|&byte| byte == b'\n' || byte == b'\r')
            {
                return at.min(self.buffer.len());
            }
            self.start_record(at);
            if matches!(self.phase, Phase::Done) {
                return at;
            }
        }
        at
    }

    /// Removes the quotes of the record at `at..stop` and hands it on.
    fn split_quoted(&mut self, at: usize, stop: usize, sink: &mut dyn RecordSink) {
        let offset = self.offset(at);
        if stop - at > MAX_RECORD_BYTES {
            sink.broken(offset, self.lines, Broken::TooLong);
            return;
        }
        clear(&mut self.split, &mut self.split_ends);
        unquote(
            &self.buffer[at..stop],
            self.grammar,
            &mut self.split,
            &mut self.split_ends,
        );
        self.hand_on_split(offset, false, sink);
    }

    /// Hands on a line that is more than cells between delimiters: a comment, an object, one whose last field holds several
    /// values, one with decimal commas.
    #[inline(never)]
    fn split_other_line(
        &mut self,
        at: usize,
        stop: usize,
        cells: std::ops::Range<usize>,
        sink: &mut dyn RecordSink,
    ) {
        let offset = self.offset(at);
        let line = &self.buffer[at..stop];
        if self.layout.dialect.format == Format::ZeekTsv && line.starts_with(b"#") {
            self.comment_lines += 1;
            if line.starts_with(b"#fields") && *line != *self.layout.fields {
                self.other_fields.get_or_insert(offset);
            }
            return;
        }
        let cell_ends = &self.marks.ends[cells];
        if self.layout.dialect.format == Format::ZeekTsv
            && !self.layout.blanks_in_last
            && self.layout.unset.is_empty()
        {
            let record = Record::new(&self.buffer, at as u32, cell_ends, offset, self.lines);
            sink.record(&record.plain());
            return;
        }
        clear(&mut self.split, &mut self.split_ends);
        let (text, ends) = (&mut self.split, &mut self.split_ends);
        if self.layout.dialect.format == Format::JsonLines {
            match self.fields.split(line, &self.layout.keys, text, ends) {
                Some(unknown) => self.unknown_values += unknown,
                None => return sink.broken(offset, self.lines, Broken::NotAnObject),
            }
            self.hand_on_split(offset, false, sink);
        } else {
            let mut push = |cell: &[u8]| {
                if !self.layout.unset.iter().any(|marker| marker == cell) {
                    text.extend_from_slice(cell);
                }
                ends.push(text.len() as u32);
                text.push(b'\n');
            };
            let mut start = at;
            for (i, &end) in cell_ends.iter().enumerate() {
                let cell = &self.buffer[start..end as usize];
                start = end as usize + 1;
                if self.layout.blanks_in_last && i + 1 == cell_ends.len() {
                    split_at_blanks(cell).for_each(&mut push);
                } else {
                    push(cell);
                }
            }
            self.hand_on_split(offset, true, sink);
        }
    }

    /// Hands on the cells that a record was split into; `plain` if none of them holds a line end, which stands between them.
    fn hand_on_split(&mut self, offset: u64, plain: bool, sink: &mut dyn RecordSink) {
        if self.layout.dialect.decimal_comma {
            let mut start = PADDING;
            for &end in &self.split_ends {
                comma_to_point(&mut self.split[start..end as usize]);
                start = end as usize + 1;
            }
        }
        let record = Record::new(
            &self.split,
            PADDING as u32,
            &self.split_ends,
            offset,
            self.lines,
        );
        sink.record(&if plain { record.plain() } else { record });
    }

    /// Skips line ends and counts those that end a blank line. What stands before the first record is not this slice's.
    fn skip_line_ends(&mut self, mut at: usize) -> usize {
        while let Some(&byte) = self
            .buffer
            .get(at)
            .filter(|&&byte| byte == b'\n' || byte == b'\r')
        {
            let second_half = byte == b'\n' && self.buffer[at - 1] == b'\r';
            if !second_half && self.first_record.is_some() {
                self.lines += 1;
                self.blank_lines += 1;
            }
            at += 1;
        }
        at
    }

    /// A record starts at `at`: this slice's or the next one's.
    fn start_record(&mut self, at: usize) {
        let offset = self.offset(at);
        self.next_record = offset;
        // The first record that is known may start at the slice's very begin.
        if offset > self.span.end {
            self.phase = Phase::Done;
        } else {
            self.first_record.get_or_insert(offset);
            self.phase = Phase::Record;
        }
    }

    /// Counts a record's lines and looks for the next record.
    fn end_record(&mut self, inner_lines: u64) {
        self.lines += inner_lines + 1;
        self.phase = Phase::Start;
    }

    /// Drops what is before `consumed`, but for the padding.
    fn compact(&mut self, consumed: usize) {
        let shift = consumed - PADDING;
        if shift == 0 {
            return;
        }
        match &mut self.utf16 {
            None => self.base += shift as u64,
            Some(utf16) => {
                utf16.forget(consumed, PADDING);
                self.base = utf16.file_offset(PADDING);
            }
        }
        self.buffer.drain(..shift);
        self.marks.drop_before(consumed, shift);
        if let Phase::Quoted(_, from) = &mut self.phase {
            *from -= shift;
        }
    }
}

/// Makes room for the cells of another record.
fn clear(split: &mut Vec<u8>, ends: &mut Vec<u32>) {
    split.clear();
    split.resize(PADDING, 0);
    ends.clear();
}

/// What stands between three or more blanks.
pub(super) fn split_at_blanks(cell: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(cell);
    std::iter::from_fn(move || {
        let cell = rest?;
        let found = cell.windows(3).position(|window| window == b"   ");
        rest = found.map(|at| cell[at..].trim_ascii_start());
        Some(&cell[..found.unwrap_or(cell.len())])
    })
}
