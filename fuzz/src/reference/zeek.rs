//! A Zeek log: lines cut at their separators.

use super::{lines_of, text_of_file};
use crate::records::Records;
use flowsieve::table::Head;

/// Compares the rows of a log with its lines.
pub(crate) fn assert_agrees(head: &Head, file: &[u8], records: &Records) {
    let text = text_of_file(head, &file[head.data_start as usize..]);
    let (comments, rows): (Vec<&[u8]>, Vec<&[u8]>) =
        lines_of(&text).partition(|line| line.starts_with(b"#"));
    assert_eq!(records.comment_lines, comments.len() as u64);
    let names_others = |line: &&[u8]| line.starts_with(b"#fields") && **line != *head.layout.fields;
    let goes_on = comments.iter().any(names_others);
    assert_eq!(records.other_fields.is_some(), goes_on);

    assert_eq!(records.rows.len(), rows.len());
    for (row, line) in records.rows.iter().zip(rows) {
        let cells = row.cells.as_ref().expect("no line is refused");
        assert_eq!(
            *cells,
            cells_of(line, head),
            "{:?}",
            String::from_utf8_lossy(line)
        );
    }
}

fn cells_of(line: &[u8], head: &Head) -> Vec<Vec<u8>> {
    let layout = &head.layout;
    let separator = layout.dialect.delimiter;
    let mut cells: Vec<&[u8]> = line.split(|&byte| byte == separator).collect();
    if layout.blanks_in_last {
        let mut rest = cells.pop();
        while let Some(cell) = rest {
            let blanks = cell.windows(3).position(|bytes| bytes == b"   ");
            cells.push(&cell[..blanks.unwrap_or(cell.len())]);
            rest = blanks.map(|at| cell[at..].trim_ascii_start());
        }
    }
    let is_unset = |cell: &[u8]| layout.unset.iter().any(|unset| unset == cell);
    let cells = cells
        .into_iter()
        .map(|cell| if is_unset(cell) { &[] } else { cell });
    cells.map(<[u8]>::to_vec).collect()
}
