//! `postcard`, with its reading and writing of bytes as calls. Left to itself it writes them out wherever a field is, which
//! makes the page's module several kilobytes larger.

use postcard::{Deserializer, Error, Result, de_flavors, ser_flavors, serialize_with_flavor};
use serde::{Deserialize, Serialize};

/// The bytes of a value.
pub(crate) fn to_bytes(value: &impl Serialize) -> Result<Vec<u8>> {
    serialize_with_flavor(value, Output(Vec::new()))
}

/// The value that bytes begin with, and the bytes behind it.
pub(crate) fn take_from_bytes<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8])> {
    let mut deserializer = Deserializer::from_flavor(Input(bytes));
    let value = T::deserialize(&mut deserializer)?;
    Ok((value, deserializer.finalize()?))
}

struct Output(Vec<u8>);

impl ser_flavors::Flavor for Output {
    type Output = Vec<u8>;

    #[inline(never)]
    fn try_extend(&mut self, data: &[u8]) -> Result<()> {
        self.0.extend_from_slice(data);
        Ok(())
    }

    #[inline(never)]
    fn try_push(&mut self, byte: u8) -> Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn finalize(self) -> Result<Vec<u8>> {
        Ok(self.0)
    }
}

struct Input<'a>(&'a [u8]);

impl<'a> de_flavors::Flavor<'a> for Input<'a> {
    type Remainder = &'a [u8];
    type Source = &'a [u8];

    #[inline(never)]
    fn pop(&mut self) -> Result<u8> {
        let (&first, rest) = self
            .0
            .split_first()
            .ok_or(Error::DeserializeUnexpectedEnd)?;
        self.0 = rest;
        Ok(first)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }

    #[inline(never)]
    fn try_take_n(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self
            .0
            .split_at_checked(count)
            .ok_or(Error::DeserializeUnexpectedEnd)?;
        self.0 = rest;
        Ok(taken)
    }

    fn finalize(self) -> Result<&'a [u8]> {
        Ok(self.0)
    }
}
