//! Cells between delimiters, as the crate `csv` reads them.

use super::text_of_file;
use crate::records::read_whole;
use csv::{ByteRecord, Reader, ReaderBuilder};
use flowsieve::table::dialect::{Quotes, text_of};
use flowsieve::table::head::Names;
use flowsieve::table::{Broken, Head};

/// Compares the header and the rows of a file with those of the crate.
pub(crate) fn assert_agrees(head: &Head, file: &[u8]) {
    if head.names == Names::File {
        let text = text_of_file(head, file);
        let header = reader(head, &text)
            .byte_headers()
            .expect("a header")
            .clone();
        let names: Vec<String> = header
            .iter()
            .map(|name| text_of(name).trim().to_owned())
            .collect();
        assert_eq!(names, head.columns);
    }

    // Commas stay in numbers, and a mark is only one at the start of a file.
    let mut layout = head.layout.clone();
    layout.dialect.decimal_comma = false;
    let mut rows = read_whole(head, &layout, file).rows;
    let text = text_of_file(head, &file[head.data_start as usize..]);
    let with_header = [b"header\n", &text[..]].concat();
    let expected: Result<Vec<ByteRecord>, csv::Error> =
        reader(head, &with_header).byte_records().collect();
    let mut expected = expected.expect("no row is refused");
    assert_eq!(rows.len(), expected.len());
    // The crate takes a quote that never closes for text to the end; here it is a reject.
    if rows
        .last()
        .is_some_and(|row| row.cells == Err(Broken::UnclosedQuote))
    {
        rows.pop();
        expected.pop();
    }
    for (row, expected) in rows.iter().zip(&expected) {
        let cells = row.cells.as_ref().expect("a row");
        assert!(cells.iter().eq(expected.iter()), "{row:?}: {expected:?}");
    }
}

fn reader<'a>(head: &Head, text: &'a [u8]) -> Reader<&'a [u8]> {
    let dialect = head.layout.dialect;
    ReaderBuilder::new()
        .flexible(true)
        .delimiter(dialect.delimiter)
        .escape((dialect.quotes == Quotes::Escaped).then_some(b'\\'))
        .from_reader(text)
}
