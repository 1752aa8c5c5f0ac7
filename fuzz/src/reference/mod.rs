//! Other readers of the same formats, as simple as they can be.

pub(crate) mod csv;
pub(crate) mod json;
pub(crate) mod zeek;

use flowsieve::table::Head;
use flowsieve::table::dialect::Encoding;
use std::borrow::Cow;

/// Some of a file as UTF-8, or as what takes its place: bytes that are none are kept.
pub(crate) fn text_of_file<'a>(head: &Head, bytes: &'a [u8]) -> Cow<'a, [u8]> {
    let from_bytes = match head.layout.dialect.encoding {
        Encoding::Utf8 => return bytes.into(),
        Encoding::Utf16Le => u16::from_le_bytes,
        Encoding::Utf16Be => u16::from_be_bytes,
    };
    let units = bytes
        .chunks_exact(2)
        .map(|unit| from_bytes([unit[0], unit[1]]));
    let units: Vec<u16> = units.collect();
    String::from_utf16_lossy(&units).into_bytes().into()
}

/// The lines of a file's rows, without those that are blank.
fn lines_of(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = text.split(|&byte| byte == b'\n' || byte == b'\r');
    lines.filter(|line| !line.is_empty())
}
