//! Numbers as bytes: varints, columns of integers cut into byte planes, and bits.
//!
//! A column of numbers is stored as all their lowest bytes, then all their second bytes and so on, as many planes as the
//! largest needs. Like bytes lie together that way, which is what the compression feeds on.

use super::damaged;
use crate::Error;
use crate::record::{Input, Malformed, Record};

pub(super) use crate::record::put_varint;

/// Appends a column: the number of planes, then the planes.
pub(super) fn put_column(out: &mut Vec<u8>, values: &[u32]) {
    let largest = values.iter().copied().max().unwrap_or(0);
    let planes = (32 - largest.leading_zeros()).div_ceil(8);
    out.push(planes as u8);
    for plane in 0..planes {
        out.extend(values.iter().map(|value| (value >> (8 * plane)) as u8));
    }
}

/// Appends bits, the first in the lowest bit of the first byte, the last byte filled up with zeros.
pub(super) fn put_bits(out: &mut Vec<u8>, bits: &[bool]) {
    out.extend(bits.chunks(8).map(|chunk| {
        chunk
            .iter()
            .enumerate()
            .fold(0, |byte, (index, &bit)| byte | (u8::from(bit) << index))
    }));
}

/// Takes apart what the functions above put together. Every length is checked against what is left.
pub(super) struct Reader<'a>(Input<'a>);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Input(bytes))
    }

    pub(super) fn take(&mut self, len: usize) -> Result<&'a [u8], Error> {
        self.0.take(len).map_err(malformed)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Error> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn flag(&mut self) -> Result<bool, Error> {
        bool::read(&mut self.0).map_err(malformed)
    }

    pub(super) fn varint(&mut self) -> Result<u64, Error> {
        self.0.varint(u64::MAX).map_err(malformed)
    }

    /// A varint that must be smaller than `end`.
    pub(super) fn varint_below(&mut self, end: u64) -> Result<u64, Error> {
        let value = self.varint()?;
        if value >= end {
            return Err(damaged(&format!(
                "a number is {value} that must be below {end}"
            )));
        }
        Ok(value)
    }

    /// A column of `count` numbers.
    pub(super) fn column(&mut self, count: usize) -> Result<Vec<u32>, Error> {
        let planes = self.byte()?;
        if planes > 4 {
            return Err(damaged(&format!(
                "a column has {planes} byte planes; 4 are allowed"
            )));
        }
        let bytes = self.take(count.saturating_mul(usize::from(planes)))?;
        let mut values = vec![0; count];
        for (index, plane) in bytes.chunks_exact(count.max(1)).enumerate() {
            for (value, &byte) in values.iter_mut().zip(plane) {
                *value |= u32::from(byte) << (8 * index);
            }
        }
        Ok(values)
    }

    /// `count` bits.
    pub(super) fn bits(&mut self, count: usize) -> Result<impl Iterator<Item = bool> + 'a, Error> {
        let bytes = self.take(count.div_ceil(8))?;
        if let Some(last) = bytes.last()
            && !count.is_multiple_of(8)
            && last >> (count % 8) != 0
        {
            return Err(damaged("bits behind the last are set"));
        }
        let bits = bytes
            .iter()
            .flat_map(|byte| (0..8).map(move |index| byte >> index & 1 == 1));
        Ok(bits.take(count))
    }

    /// All that is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.0.0
    }

    /// Nothing may be left.
    pub(super) fn finish(self) -> Result<(), Error> {
        let extra = self.rest().len();
        if extra == 0 {
            return Ok(());
        }
        Err(damaged(&format!(
            "a section has {extra} bytes more than it needs"
        )))
    }
}

fn malformed(Malformed(what): Malformed) -> Error {
    damaged(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        let numbers = [
            0,
            1,
            127,
            128,
            300,
            u64::from(u32::MAX),
            u64::MAX - 1,
            u64::MAX,
        ];
        let mut out = Vec::new();
        for number in numbers {
            put_varint(&mut out, number);
        }
        let mut reader = Reader::new(&out);
        for number in numbers {
            assert_eq!(reader.varint().unwrap(), number);
        }
        reader.finish().unwrap();
    }

    #[test]
    fn numbers_that_never_end_are_damage() {
        for bytes in [&[0xff; 12][..], &[0x80; 10], &[0x80], &[]] {
            assert!(Reader::new(bytes).varint().is_err(), "{bytes:?}");
        }
        let two_to_64 = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02];
        assert!(Reader::new(&two_to_64).varint().is_err());
    }

    #[test]
    fn columns_come_back() {
        for values in [
            &[][..],
            &[0, 0],
            &[1, 255],
            &[256, 3],
            &[u32::MAX, 0, 65_536],
        ] {
            let mut out = Vec::new();
            put_column(&mut out, values);
            let mut reader = Reader::new(&out);
            assert_eq!(reader.column(values.len()).unwrap(), values);
            reader.finish().unwrap();
        }
        assert!(
            Reader::new(&[5, 0, 0, 0, 0, 0]).column(1).is_err(),
            "five planes"
        );
        assert!(
            Reader::new(&[1, 0]).column(usize::MAX).is_err(),
            "more than there is"
        );
    }

    #[test]
    fn bits_come_back() {
        for count in 0..20 {
            let bits: Vec<bool> = (0..count).map(|index| index % 3 == 0).collect();
            let mut out = Vec::new();
            put_bits(&mut out, &bits);
            let mut reader = Reader::new(&out);
            assert!(reader.bits(count).unwrap().eq(bits));
            reader.finish().unwrap();
        }
        assert!(Reader::new(&[0b100]).bits(2).is_err(), "a bit too many");
    }
}
