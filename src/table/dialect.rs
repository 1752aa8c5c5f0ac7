//! How a file is written: what separates its cells, what a quote means, which bytes are a character.

use super::tokenizer::Grammar;
use std::sync::Arc;

/// What a file's lines are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Cells between delimiters below a header.
    #[default]
    Csv,
    /// A Zeek log as text: `#` lines that name fields, then fields between separators; concatenated logs have more of them.
    ZeekTsv,
    /// One JSON object a line, as Zeek and others write logs.
    JsonLines,
}

/// What a quote means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Quotes {
    /// Nothing: it is a byte like any.
    None,
    /// It surrounds a cell; two of them within are one.
    #[default]
    Doubled,
    /// The same, and a backslash within takes its meaning from the byte behind it.
    Escaped,
}

/// How characters are bytes.
///
/// Windows-1252 needs no place here: what is a delimiter, a quote or a digit is the same byte in it as in UTF-8, so it is
/// recognised cell by cell, where a cell is no UTF-8 (see [`text_of`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[default]
    Utf8,
    /// UTF-16, low bytes first.
    Utf16Le,
    /// UTF-16, high bytes first.
    Utf16Be,
}

/// How a file separates its cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// What its lines are.
    pub format: Format,
    /// The byte between two cells.
    pub delimiter: u8,
    /// What a quote means.
    pub quotes: Quotes,
    /// Whether numbers have a comma where others have a point.
    pub decimal_comma: bool,
    /// How characters are bytes.
    pub encoding: Encoding,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            format: Format::Csv,
            delimiter: b',',
            quotes: Quotes::Doubled,
            decimal_comma: false,
            encoding: Encoding::Utf8,
        }
    }
}

impl Dialect {
    pub(crate) fn grammar(self) -> Grammar {
        Grammar {
            delimiter: self.delimiter,
            quotes: self.quotes,
        }
    }

    /// The name of the format for people.
    pub fn format_name(self) -> &'static str {
        match self.format {
            Format::Csv => "CSV",
            Format::ZeekTsv => "Zeek log",
            Format::JsonLines => "JSON lines",
        }
    }

    /// The name of the encoding for people.
    pub fn encoding_name(self) -> &'static str {
        match self.encoding {
            Encoding::Utf8 => "UTF-8",
            Encoding::Utf16Le => "UTF-16 LE",
            Encoding::Utf16Be => "UTF-16 BE",
        }
    }
}

/// All that a reader needs to split records into cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// How the file is written.
    pub dialect: Dialect,
    /// The last field of each line of the original IoT-23 logs holds several values with three blanks between.
    pub blanks_in_last: bool,
    /// What stands for no value in a Zeek log that says so in its header, where readers would not know it.
    pub unset: Vec<Vec<u8>>,
    /// The line of a Zeek log that names its fields.
    pub fields: Arc<[u8]>,
    /// The keys of JSON objects, in the order of the cells.
    pub keys: Arc<[Vec<u8>]>,
}

/// A cell as text. What is not UTF-8 is taken for Windows-1252, which has a character for nearly every byte.
pub fn text_of(cell: &[u8]) -> String {
    match std::str::from_utf8(cell) {
        Ok(text) => text.to_owned(),
        Err(_) => cell.iter().map(|&byte| windows_1252(byte)).collect(),
    }
}

fn windows_1252(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{fffd}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{fffd}', 'Ž',
        '\u{fffd}', '\u{fffd}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ',
        '\u{fffd}', 'ž', 'Ÿ',
    ];
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_utf8_is_windows_1252() {
        assert_eq!(text_of("Web Attack – XSS".as_bytes()), "Web Attack – XSS");
        assert_eq!(text_of(b"Web Attack \x96 XSS \xe9"), "Web Attack – XSS é");
    }
}
