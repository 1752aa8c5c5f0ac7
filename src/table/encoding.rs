//! UTF-16 to UTF-8, in pieces, with the way back from an offset in the text to one in the file.
//!
//! Two bytes of the file are mostly one byte of text. Where they are not, a [`Point`] says at which byte of text which
//! byte of the file begins; between two points it is two to one.

use super::dialect::Encoding;

/// A place in the text and the place in the file that it is from.
#[derive(Clone, Copy, Debug)]
struct Point {
    text: usize,
    file: u64,
}

/// Reads the code units of a part of a file.
#[derive(Debug)]
pub(super) struct Utf16 {
    big_endian: bool,
    /// The first byte of a code unit whose second is still to come.
    half: Option<u8>,
    /// The first half of a pair of code units.
    high: Option<u16>,
    /// In order; the first is at or before the first byte of the text that is held.
    points: Vec<Point>,
}

impl Utf16 {
    /// For a part that begins at the even offset `file`, whose text begins at `text` of its buffer.
    pub(super) fn new(encoding: Encoding, text: usize, file: u64) -> Self {
        Self {
            big_endian: encoding == Encoding::Utf16Be,
            half: None,
            high: None,
            points: vec![Point { text, file }],
        }
    }

    /// Appends the text of `bytes`; a half code unit at their end waits for its other half.
    pub(super) fn read(&mut self, bytes: &[u8], text: &mut Vec<u8>) {
        for &byte in bytes {
            let Some(first) = self.half.take() else {
                self.half = Some(byte);
                continue;
            };
            let unit = if self.big_endian {
                u16::from_be_bytes([first, byte])
            } else {
                u16::from_le_bytes([first, byte])
            };
            self.take_unit(unit, text);
        }
    }

    /// There are no more bytes: the first half of a pair stands alone.
    pub(super) fn finish(&mut self, text: &mut Vec<u8>) {
        if self.high.take().is_some() {
            self.push(char::REPLACEMENT_CHARACTER, text);
        }
    }

    fn take_unit(&mut self, unit: u16, text: &mut Vec<u8>) {
        if let Some(high) = self.high.take() {
            if let Some(Ok(found)) = char::decode_utf16([high, unit]).next() {
                return self.push(found, text);
            }
            self.push(char::REPLACEMENT_CHARACTER, text);
        }
        if let 0xd800..=0xdbff = unit {
            self.high = Some(unit);
        } else {
            let found = char::from_u32(u32::from(unit));
            self.push(found.unwrap_or(char::REPLACEMENT_CHARACTER), text);
        }
    }

    fn push(&mut self, found: char, text: &mut Vec<u8>) {
        if found.is_ascii() {
            text.push(found as u8);
            return;
        }
        // A lone half of a pair is one code unit, as the character in its place is.
        let file = self.file_offset(text.len()) + 2 * found.len_utf16() as u64;
        text.extend_from_slice(found.encode_utf8(&mut [0; 4]).as_bytes());
        self.points.push(Point {
            text: text.len(),
            file,
        });
    }

    /// Where in the file the byte of text at `index` is from.
    pub(super) fn file_offset(&self, index: usize) -> u64 {
        let after = self.points.partition_point(|point| point.text <= index);
        let point = self.points[after.saturating_sub(1)];
        point.file + 2 * (index.saturating_sub(point.text)) as u64
    }

    /// The text loses what is before `consumed`, so that this byte comes to `start`.
    pub(super) fn forget(&mut self, consumed: usize, start: usize) {
        let first = Point {
            text: consumed,
            file: self.file_offset(consumed),
        };
        self.points.retain(|point| point.text > consumed);
        self.points.insert(0, first);
        for point in &mut self.points {
            point.text -= consumed - start;
        }
    }
}

/// The text of whole code units, as a cut at characters leaves them.
pub(crate) fn to_utf8(encoding: Encoding, bytes: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if encoding == Encoding::Utf8 {
        return bytes.into();
    }
    let mut text = Vec::with_capacity(bytes.len() / 2);
    let mut reader = Utf16::new(encoding, 0, 0);
    reader.read(bytes, &mut text);
    reader.finish(&mut text);
    text.into()
}

/// How many bytes of a file some text of it takes.
pub(super) fn file_len(encoding: Encoding, text: &[u8]) -> u64 {
    if encoding == Encoding::Utf8 {
        return text.len() as u64;
    }
    // The first byte of each character; of those with four bytes there are two code units.
    let units = |&byte: &u8| match byte {
        0x80..=0xbf => 0,
        0xf0..=0xff => 2,
        _ => 1,
    };
    2 * text.iter().map(units).sum::<u64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_offsets_survive_any_cut() {
        let text = "a€b😀,\u{feff}x\nzé";
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for cut in 0..=bytes.len() {
            let mut found = vec![b'.'];
            let mut reader = Utf16::new(Encoding::Utf16Le, 1, 100);
            reader.read(&bytes[..cut], &mut found);
            reader.read(&bytes[cut..], &mut found);
            assert_eq!(&found[1..], text.as_bytes());
            let (mut file, mut at) = (100, 1);
            for c in text.chars() {
                assert_eq!(reader.file_offset(at), file, "{c:?}");
                file += 2 * c.len_utf16() as u64;
                at += c.len_utf8();
            }
            assert_eq!(file_len(Encoding::Utf16Le, text.as_bytes()), file - 100);
            let place = found.iter().position(|&byte| byte == b'\n').expect("one");
            let before = reader.file_offset(place);
            reader.forget(place, 1);
            assert_eq!(reader.file_offset(1), before);
            assert_eq!(reader.file_offset(2), before + 2);
        }
    }

    #[test]
    fn halves_of_pairs_that_stand_alone_are_replaced() {
        let units = [0xd800_u16, 0x61, 0xdc00, 0xd801, 0xd801, 0xdc37, 0xd802];
        let bytes: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let text = to_utf8(Encoding::Utf16Be, &bytes);
        assert_eq!(text, "\u{fffd}a\u{fffd}\u{fffd}𐐷\u{fffd}".as_bytes());
        assert_eq!(file_len(Encoding::Utf16Be, &text), bytes.len() as u64);
    }
}
