//! The head of a file of JSON objects: the keys that the first ones have.

use super::zeek::{ZEEK_FIELDS, ZEEK_UNLABELLED};
use super::{Head, Names, Start};
use crate::table::MAX_COLUMNS;
use crate::table::dialect::{Dialect, Format, Layout, Quotes, text_of};
use crate::table::json::Fields;
use crate::{Error, ErrorKind};

/// As many objects are asked for their keys.
const SNIFFED_OBJECTS: usize = 1000;

/// A file of JSON objects, one a line. Objects leave out what is not set, so the first ones are all asked, and a log of
/// connections has all fields that Zeek may write.
pub(super) fn of_objects(text: &Start<'_>) -> Result<Head, Error> {
    let whole_lines = match text.rest().iter().rposition(|&byte| byte == b'\n') {
        Some(last) if !text.whole => &text.rest()[..last],
        _ => text.rest(),
    };
    let mut keys: Vec<Vec<u8>> = Vec::new();
    let lines = whole_lines
        .split(|&byte| byte == b'\n')
        .take(SNIFFED_OBJECTS);
    for found in lines.filter_map(Fields::keys_of).flatten() {
        // More than are read: looking for each among all others would take minutes.
        if keys.len() > MAX_COLUMNS {
            break;
        }
        if !keys.contains(&found) {
            keys.push(found);
        }
    }
    if keys.is_empty() {
        return Err(Error::new(
            ErrorKind::BadHeader,
            "The file begins like JSON and its first lines are no objects. One object a line is read, such as Zeek writes \
             them; save anything else as CSV.",
        ));
    }
    let has = |keys: &[Vec<u8>], name: &str| keys.iter().any(|key| key == name.as_bytes());
    if has(&keys, "uid") && has(&keys, "id.orig_h") {
        for name in &ZEEK_FIELDS[..ZEEK_UNLABELLED] {
            if !has(&keys, name) {
                keys.push(name.as_bytes().to_vec());
            }
        }
    }
    let columns = keys.iter().map(|key| text_of(key)).collect();
    let layout = Layout {
        dialect: Dialect {
            format: Format::JsonLines,
            // Nothing within a line is looked for.
            delimiter: b'\n',
            quotes: Quotes::None,
            ..Dialect::default()
        },
        keys: keys.into(),
        ..Layout::default()
    };
    Ok(Head::new(layout, columns, Names::File))
}
