//! The grammar of CSV, byte by byte: the reference for what the scan finds, and the way through quotes.
//!
//! It is the grammar of the crate `csv`, hence of most readers: a quote opens only at the start of a cell, two quotes
//! within quotes are one, and whatever follows a closing quote is text. A line ends at LF, CR or CRLF.

/// Where in a cell the next byte falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// At the first byte of a cell.
    CellStart,
    /// In a cell, outside of quotes.
    Unquoted,
    /// Inside quotes.
    Quoted,
    /// After a quote inside quotes: the end of them, or half of a doubled one.
    QuoteInQuotes,
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

    /// Walks `bytes` up to the line end of the record and returns its index, or `None` if it is not in them.
    pub(super) fn find_line_end(&mut self, bytes: &[u8], delimiter: u8) -> Option<usize> {
        for (i, &byte) in bytes.iter().enumerate() {
            match self.state {
                State::CellStart | State::Unquoted | State::QuoteInQuotes => {
                    if byte == b'\n' || byte == b'\r' {
                        return Some(i);
                    }
                    self.state = match byte {
                        b'"' if self.state != State::Unquoted => State::Quoted,
                        _ if byte == delimiter => State::CellStart,
                        _ => State::Unquoted,
                    };
                }
                State::Quoted => {
                    if byte == b'"' {
                        self.state = State::QuoteInQuotes;
                    } else if byte == b'\r' || (byte == b'\n' && !self.after_return) {
                        self.inner_lines += 1;
                    }
                    self.after_return = byte == b'\r';
                }
            }
        }
        None
    }
}

/// Splits one whole record (without its line end) into cells without their quotes: the cells one after another in
/// `text`, a line feed after each, and where each ends in `ends`.
pub(crate) fn unquote(record: &[u8], delimiter: u8, text: &mut Vec<u8>, ends: &mut Vec<u32>) {
    let mut state = State::CellStart;
    for &byte in record {
        state = match state {
            State::CellStart | State::Unquoted if byte == delimiter => {
                ends.push(text.len() as u32);
                text.push(b'\n');
                State::CellStart
            }
            State::CellStart if byte == b'"' => State::Quoted,
            State::Quoted if byte == b'"' => State::QuoteInQuotes,
            State::Quoted => {
                text.push(byte);
                State::Quoted
            }
            State::QuoteInQuotes if byte == b'"' => {
                text.push(byte);
                State::Quoted
            }
            State::QuoteInQuotes if byte == delimiter => {
                ends.push(text.len() as u32);
                text.push(b'\n');
                State::CellStart
            }
            State::CellStart | State::Unquoted | State::QuoteInQuotes => {
                text.push(byte);
                State::Unquoted
            }
        };
    }
    ends.push(text.len() as u32);
    text.push(b'\n');
}

/// Where the content of each cell of a whole record begins: behind the delimiter before it, and behind the quote that
/// opens it.
pub(crate) fn content_starts(record: &[u8], delimiter: u8) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut state = State::CellStart;
    for (i, &byte) in record.iter().enumerate() {
        if state == State::CellStart {
            starts.push(i + usize::from(byte == b'"'));
        }
        state = match state {
            State::Quoted if byte == b'"' => State::QuoteInQuotes,
            State::Quoted => State::Quoted,
            State::CellStart | State::QuoteInQuotes if byte == b'"' => State::Quoted,
            _ if byte == delimiter => State::CellStart,
            _ => State::Unquoted,
        };
    }
    if state == State::CellStart {
        starts.push(record.len());
    }
    starts
}
