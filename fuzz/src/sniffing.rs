//! What the first bytes of a file say: possible, whatever they are.

use crate::input::Input;
use flowsieve::ErrorKind;
use flowsieve::table::dialect::Encoding;
use flowsieve::table::{DialectChoice, Head, MAX_COLUMNS};

/// Reads the head of a file, as all of it and as the start of a larger one.
///
/// # Panics
///
/// If the head says what cannot be, or the reason why there is none is empty.
pub fn check(data: &[u8]) {
    let file = Input::of(data).map_or(data, |input| input.file);
    let size = file.len() as u64;
    for size in [size, size + 1, u64::MAX] {
        match Head::read(file, size, DialectChoice::default()) {
            Ok(head) => assert_possible(&head, file),
            Err(error) => {
                let known = [
                    ErrorKind::EmptyInput,
                    ErrorKind::NotText,
                    ErrorKind::BadHeader,
                    ErrorKind::TooManyColumns,
                    ErrorKind::HeaderOnly,
                ];
                assert!(known.contains(&error.kind()), "{error}");
                assert!(error.to_string().ends_with(['.', '”']), "{error}");
            }
        }
    }
}

fn assert_possible(head: &Head, file: &[u8]) {
    let start = head.data_start as usize;
    assert!(start < file.len(), "there are rows");
    assert!((1..=MAX_COLUMNS).contains(&head.columns.len()));
    assert!(head.layout.dialect.delimiter.is_ascii());
    assert!(head.blank_lines + head.comment_lines < head.first_line);
    if head.layout.dialect.encoding != Encoding::Utf8 {
        assert!(start.is_multiple_of(2), "rows begin at a code unit");
        return;
    }
    assert!(!matches!(file[start], b'\n' | b'\r'));
    let line_ends = file[..start]
        .iter()
        .enumerate()
        .filter(|&(i, &byte)| byte == b'\n' && (i == 0 || file[i - 1] != b'\r') || byte == b'\r');
    assert_eq!(head.first_line, 1 + line_ends.count() as u64);
}
