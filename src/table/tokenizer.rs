//! The grammar of CSV, byte by byte: the reference for what the scan finds, and the way through quotes.
//!
//! It is the grammar of the crate `csv`, hence of most readers: a quote opens only at the start of a cell, two quotes
//! within quotes are one, and whatever follows a closing quote is text. A line ends at LF, CR or CRLF. In the dialect with
//! escapes a backslash within quotes makes the byte behind it text; in the one without quotes a quote is a byte like any.

use super::dialect::Quotes;

/// What separates cells, and what a quote means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Grammar {
    pub(crate) delimiter: u8,
    pub(crate) quotes: Quotes,
}

/// Where in a cell the next byte falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// At the first byte of a cell.
    CellStart,
    /// In a cell, outside of quotes.
    Unquoted,
    /// Inside quotes.
    Quoted,
    /// Inside quotes, behind a backslash that escapes.
    Escaped,
    /// After a quote inside quotes: the end of them, or half of a doubled one.
    QuoteInQuotes,
}

impl Grammar {
    /// The state behind a byte that ends no record.
    fn after(self, state: State, byte: u8) -> State {
        match state {
            State::Quoted if byte == b'"' => State::QuoteInQuotes,
            State::Quoted if byte == b'\\' && self.quotes == Quotes::Escaped => State::Escaped,
            State::Quoted | State::Escaped => State::Quoted,
            State::CellStart if byte == b'"' && self.quotes != Quotes::None => State::Quoted,
            State::QuoteInQuotes if byte == b'"' => State::Quoted,
            _ if byte == self.delimiter => State::CellStart,
            _ => State::Unquoted,
        }
    }
}

/// Walks to the end of a record and can stop anywhere on the way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Walk {
    pub(super) state: State,
    /// Line ends passed inside quotes.
    pub(super) inner_lines: u64,
    /// The last byte walked was a carriage return inside quotes.
    after_return: bool,
}

impl Walk {
    pub(super) fn new(state: State) -> Self {
        Self {
            state,
            inner_lines: 0,
            after_return: false,
        }
    }

    /// Whether the walk is inside quotes.
    pub(super) fn in_quotes(&self) -> bool {
        matches!(self.state, State::Quoted | State::Escaped)
    }

    /// Walks `bytes` up to the line end of the record and returns its index, or `None` if it is not in them.
    pub(super) fn find_line_end(&mut self, bytes: &[u8], grammar: Grammar) -> Option<usize> {
        for (i, &byte) in bytes.iter().enumerate() {
            if self.in_quotes() {
                if byte == b'\r' || (byte == b'\n' && !self.after_return) {
                    self.inner_lines += 1;
                }
                self.after_return = byte == b'\r';
            } else if byte == b'\n' || byte == b'\r' {
                return Some(i);
            } else {
                self.after_return = false;
            }
            self.state = grammar.after(self.state, byte);
        }
        None
    }
}

/// Splits one whole record (without its line end) into cells without their quotes: the cells one after another in
/// `text`, a line feed after each, and where each ends in `ends`.
pub(crate) fn unquote(record: &[u8], grammar: Grammar, text: &mut Vec<u8>, ends: &mut Vec<u32>) {
    let mut state = State::CellStart;
    for &byte in record {
        let next = grammar.after(state, byte);
        let opens = state == State::CellStart && next == State::Quoted;
        if next == State::CellStart {
            ends.push(text.len() as u32);
            text.push(b'\n');
        } else if !opens && !matches!(next, State::QuoteInQuotes | State::Escaped) {
            text.push(byte);
        }
        state = next;
    }
    ends.push(text.len() as u32);
    text.push(b'\n');
}

/// Where the content of each cell of a whole record begins: behind the delimiter before it, and behind the quote that
/// opens it.
pub(crate) fn content_starts(record: &[u8], grammar: Grammar) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut state = State::CellStart;
    for (i, &byte) in record.iter().enumerate() {
        let next = grammar.after(state, byte);
        if state == State::CellStart {
            starts.push(i + usize::from(next == State::Quoted));
        }
        state = next;
    }
    if state == State::CellStart {
        starts.push(record.len());
    }
    starts
}
