//! What the user says about how a file is written, where the guess is wrong.

use super::dialect::{Dialect, Encoding, Format, Quotes};

/// How a file is written, as far as somebody says so. What nobody says is guessed.
///
/// Zeek logs and JSON lines say themselves how they are written; there is nothing to choose but the encoding. Whoever says
/// anything about delimiters, quotes, numbers or the header says that the file has cells between delimiters, so it is read
/// as such whatever it looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DialectChoice {
    /// Cells between delimiters, although the file may look like a Zeek log or like JSON.
    pub csv: bool,
    /// The byte between two cells, one that [`delimiter_of`] gives.
    pub delimiter: Option<u8>,
    /// What a quote means.
    pub quotes: Option<Quotes>,
    /// Whether numbers have a comma where others have a point.
    pub decimal_comma: Option<bool>,
    /// How characters are bytes.
    pub encoding: Option<Encoding>,
    /// Whether the first line names the columns.
    pub header: Option<bool>,
}

impl DialectChoice {
    /// What is said, and the rest as another file is written, if that has cells between delimiters: for files that are one
    /// table.
    #[must_use]
    pub fn or_like(self, other: Dialect) -> Self {
        if other.format != Format::Csv {
            return self;
        }
        Self {
            csv: true,
            delimiter: self.delimiter.or(Some(other.delimiter)),
            quotes: self.quotes.or(Some(other.quotes)),
            decimal_comma: self.decimal_comma.or(Some(other.decimal_comma)),
            encoding: self.encoding.or(Some(other.encoding)),
            header: self.header,
        }
    }

    /// Whether the file has cells between delimiters, whatever it looks like.
    pub(super) fn is_of_cells(self) -> bool {
        self.header.is_some() || !self.may_be_zeek()
    }

    /// Whether it may be a Zeek log without the lines that name its fields: nobody says otherwise.
    pub(super) fn may_be_zeek(self) -> bool {
        let of_cells = self.csv || self.quotes.is_some() || self.decimal_comma.is_some();
        !of_cells && self.delimiter.is_none() && self.header != Some(true)
    }
}

/// The byte that a delimiter is: one ASCII character that can be no part of a number, a word or a quote.
pub fn delimiter_of(text: &str) -> Option<u8> {
    match text.as_bytes() {
        &[byte] if b"\t !#$%&'*,/:;<=>?@\\^`|~".contains(&byte) => Some(byte),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Head;
    use crate::table::head::Names;
    use crate::{Error, ErrorKind};

    fn head(text: &[u8], choice: DialectChoice) -> Result<Head, Error> {
        Head::read(text, text.len() as u64, choice)
    }

    fn read(text: &str, choice: DialectChoice) -> Head {
        head(text.as_bytes(), choice).expect("a header")
    }

    const GUESS: DialectChoice = DialectChoice {
        csv: false,
        delimiter: None,
        quotes: None,
        decimal_comma: None,
        encoding: None,
        header: None,
    };

    #[test]
    fn what_is_said_is_taken_and_the_rest_guessed() {
        let delimiter = |byte| DialectChoice {
            delimiter: Some(byte),
            ..GUESS
        };
        let text = "a:b;c:d\n1:2,5;3:4\n";
        assert_eq!(read(text, GUESS).columns, ["a:b", "c:d"]);
        assert_eq!(read(text, delimiter(b':')).columns, ["a", "b;c", "d"]);
        let semicolons = "a;b\n1,5;2\n";
        assert!(read(semicolons, GUESS).layout.dialect.decimal_comma);
        assert!(
            read(semicolons, delimiter(b';'))
                .layout
                .dialect
                .decimal_comma
        );
        let point = DialectChoice {
            decimal_comma: Some(false),
            ..GUESS
        };
        let found = read(semicolons, point).layout.dialect;
        assert_eq!((found.decimal_comma, found.delimiter), (false, b';'));
        let comma = DialectChoice {
            decimal_comma: Some(true),
            ..GUESS
        };
        assert!(read("a,b\n\"1,5\",x\n", comma).layout.dialect.decimal_comma);
    }

    #[test]
    fn quotes_are_what_was_said() {
        let text = "5\" pipe,b\n\"a,b\nc,d\n";
        let quotes = |quotes| DialectChoice {
            quotes: Some(quotes),
            ..GUESS
        };
        let plain = read(text, quotes(Quotes::None)).layout.dialect;
        assert_eq!((plain.quotes, plain.delimiter), (Quotes::None, b','));
        assert_eq!(
            read("\"a,b\n1,2\n", quotes(Quotes::None)).columns,
            ["\"a", "b"]
        );
        assert!(head(b"\"a,b\n1,2\n", GUESS).is_err());
        let escaped = "a,b\n\"x\\\",\",y\n";
        assert_eq!(read(escaped, GUESS).layout.dialect.quotes, Quotes::Escaped);
        let doubled = read(escaped, quotes(Quotes::Doubled)).layout.dialect;
        assert_eq!(doubled.quotes, Quotes::Doubled);
    }

    #[test]
    fn the_first_line_is_a_header_or_a_row_as_was_said() {
        let header = |is| DialectChoice {
            header: Some(is),
            ..GUESS
        };
        let numbers = "1,2\n3,4\n";
        let found = read(numbers, header(true));
        assert_eq!((found.names, found.data_start), (Names::File, 4));
        assert_eq!(found.columns, ["1", "2"]);
        let words = "\na,b\nc,d\n";
        let found = read(words, header(false));
        assert_eq!(
            (found.names, found.data_start, found.first_line),
            (Names::Numbers, 1, 2)
        );
        assert_eq!(found.columns, ["column 1", "column 2"]);
        assert_eq!(
            head(b"a,b\n", header(true)).map_err(|e| e.kind()),
            Err(ErrorKind::HeaderOnly)
        );
        assert!(head(b"a,b\n", header(false)).is_ok());
    }

    #[test]
    fn the_encoding_is_what_was_said() {
        let utf16: Vec<u8> = "a,b\n1,2\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let encoding = |encoding| DialectChoice {
            encoding: Some(encoding),
            ..GUESS
        };
        let found = head(&utf16, encoding(Encoding::Utf16Le)).expect("a header");
        assert_eq!((found.columns.len(), found.data_start), (2, 8));
        let refused = head(&utf16, encoding(Encoding::Utf8)).map_err(|error| error.kind());
        assert_eq!(refused, Err(ErrorKind::NotText));
        // Too few zeros to tell.
        let chinese: Vec<u8> = "源,目\n一,二\n"
            .encode_utf16()
            .flat_map(u16::to_be_bytes)
            .collect();
        let found = head(&chinese, encoding(Encoding::Utf16Be)).expect("a header");
        assert_eq!(found.columns, ["源", "目"]);
    }

    #[test]
    fn logs_and_objects_are_read_as_cells_when_that_is_said() {
        let csv = DialectChoice { csv: true, ..GUESS };
        let objects = "{\"a\":1,\"b\":2}\n{\"a\":1,\"b\":3}\n";
        assert_eq!(
            read(objects, GUESS).layout.dialect.format,
            Format::JsonLines
        );
        for choice in [
            csv,
            DialectChoice {
                delimiter: Some(b','),
                ..GUESS
            },
        ] {
            let found = read(objects, choice);
            assert_eq!(found.layout.dialect.format, Format::Csv);
            assert_eq!(found.columns, ["{\"a\":1", "b:2}"]);
        }
        let utf8 = DialectChoice {
            encoding: Some(Encoding::Utf8),
            ..GUESS
        };
        assert_eq!(read(objects, utf8).layout.dialect.format, Format::JsonLines);
        let log = "#fields\tts\tuid\n1\tC\n";
        assert_eq!(read(log, GUESS).columns, ["ts", "uid"]);
        assert_eq!(read(log, csv).columns, ["#fields", "ts", "uid"]);
        let bare = "1.5\tC\t::1\t1\t::2\t2\ttcp\t-\t-\t-\t-\tS0\t-\t-\t0\tS\t1\t40\t0\t0\t-\n";
        let bare = bare.repeat(2);
        let no_header = DialectChoice {
            header: Some(false),
            ..GUESS
        };
        assert_eq!(read(&bare, no_header).names, Names::ZeekOrder);
        assert_eq!(read(&bare, csv).columns[6], "tcp");
    }

    #[test]
    fn a_delimiter_is_one_character_that_is_nothing_else() {
        assert_eq!(delimiter_of(";"), Some(b';'));
        assert_eq!(delimiter_of("\t"), Some(b'\t'));
        for text in ["", ";;", "a", "1", "\"", "\n", "\r", "-", ".", "_", "ä"] {
            assert_eq!(delimiter_of(text), None, "{text:?}");
        }
    }
}
