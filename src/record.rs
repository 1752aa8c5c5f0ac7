//! Records as bytes: the fields one after the other, in the wire format of [postcard] 1, written and read here.
//!
//! Derived with serde the same takes eight kilobytes more of the page's module, gzipped: it writes out, for each field, what
//! to say when the field is not there. `tests/pack_golden.rs` keeps what earlier versions wrote with that crate.
//!
//! [postcard]: https://postcard.jamesmunns.com/wire-format

/// What can be written and read again.
pub(crate) trait Record: Sized {
    fn write(&self, out: &mut Vec<u8>);
    fn read(input: &mut Input<'_>) -> Result<Self, Malformed>;
}

/// What is wrong with bytes that should be a record.
#[derive(Debug)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// Bytes that are still to be read.
pub(crate) struct Input<'a>(pub(crate) &'a [u8]);

/// The fields of a record, in the order in which they are written; those behind `..` are not.
macro_rules! record {
    ($name:ident { $($field:ident),* } $(.. $rest:expr)?) => {
        impl $crate::record::Record for $name {
            fn write(&self, out: &mut Vec<u8>) {
                $($crate::record::Record::write(&self.$field, out);)*
            }

            fn read(
                input: &mut $crate::record::Input<'_>,
            ) -> Result<Self, $crate::record::Malformed> {
                Ok(Self { $($field: $crate::record::Record::read(input)?,)* $(..$rest)? })
            }
        }
    };
}
pub(crate) use record;

/// The variants of an enumeration without fields, in the order of their numbers.
macro_rules! variants {
    ($name:ident { $($variant:ident),* }) => {
        impl $crate::record::Record for $name {
            fn write(&self, out: &mut Vec<u8>) {
                let all = [$(Self::$variant),*];
                let number = all.iter().position(|variant| variant == self).unwrap_or_default();
                $crate::record::Record::write(&(number as u32), out);
            }

            fn read(
                input: &mut $crate::record::Input<'_>,
            ) -> Result<Self, $crate::record::Malformed> {
                let number: u32 = $crate::record::Record::read(input)?;
                [$(Self::$variant),*]
                    .get(number as usize)
                    .copied()
                    .ok_or($crate::record::Malformed("a number stands for nothing that is known"))
            }
        }
    };
}
pub(crate) use variants;

/// The bytes of a record.
pub(crate) fn to_bytes(value: &impl Record) -> Vec<u8> {
    let mut out = Vec::new();
    value.write(&mut out);
    out
}

/// The record that bytes are, to the last of them.
pub(crate) fn from_bytes<T: Record>(bytes: &[u8]) -> Result<T, Malformed> {
    let mut input = Input(bytes);
    let value = T::read(&mut input)?;
    if input.0.is_empty() {
        Ok(value)
    } else {
        Err(Malformed("it has more bytes than it needs"))
    }
}

impl<'a> Input<'a> {
    #[inline(never)]
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self
            .0
            .split_at_checked(len)
            .ok_or(Malformed("it ends too early"))?;
        self.0 = rest;
        Ok(taken)
    }

    /// An integer in groups of seven bits, the lowest first; at most `most`.
    #[inline(never)]
    pub(crate) fn varint(&mut self, most: u64) -> Result<u64, Malformed> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            // The tenth group has room for one bit.
            if shift == 63 && byte > 1 {
                break;
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return if value <= most {
                    Ok(value)
                } else {
                    Err(Malformed("a number is larger than it may be"))
                };
            }
        }
        Err(Malformed("a number is larger than 64 bits"))
    }
}

/// Appends an integer in groups of seven bits, the lowest first, each but the last with its high bit set.
#[inline(never)]
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

macro_rules! integers {
    ($($name:ident)*) => {$(
        impl Record for $name {
            fn write(&self, out: &mut Vec<u8>) {
                put_varint(out, u64::from(*self));
            }

            fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
                Ok(input.varint(u64::from(Self::MAX))? as Self)
            }
        }
    )*};
}

integers!(u16 u32 u64);

impl Record for u8 {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(*self);
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        Ok(input.take(1)?[0])
    }
}

impl Record for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    #[inline(never)]
    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        match u8::read(input)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed("a flag is neither 0 nor 1")),
        }
    }
}

impl Record for i64 {
    // Numbers near zero are short, of either sign.
    fn write(&self, out: &mut Vec<u8>) {
        put_varint(out, ((self << 1) ^ (self >> 63)) as u64);
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        let value = input.varint(u64::MAX)?;
        Ok((value >> 1) as Self ^ -((value & 1) as Self))
    }
}

impl Record for f32 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    #[inline(never)]
    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(input.take(4)?);
        Ok(Self::from_le_bytes(bytes))
    }
}

impl Record for f64 {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    #[inline(never)]
    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(input.take(8)?);
        Ok(Self::from_le_bytes(bytes))
    }
}

impl Record for String {
    #[inline(never)]
    fn write(&self, out: &mut Vec<u8>) {
        put_varint(out, self.len() as u64);
        out.extend_from_slice(self.as_bytes());
    }

    #[inline(never)]
    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        let len = input.varint(u64::from(u32::MAX))? as usize;
        let bytes = input.take(len)?.to_vec();
        Self::from_utf8(bytes).map_err(|_| Malformed("a text is not UTF-8"))
    }
}

impl<T: Record> Record for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        bool::read(input)?.then(|| T::read(input)).transpose()
    }
}

impl<T: Record> Record for Vec<T> {
    #[inline(never)]
    fn write(&self, out: &mut Vec<u8>) {
        put_varint(out, self.len() as u64);
        for item in self {
            item.write(out);
        }
    }

    #[inline(never)]
    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        // It grows with what is there, not with what is announced.
        let mut items = Self::new();
        for _ in 0..input.varint(u64::MAX)? {
            items.push(T::read(input)?);
        }
        Ok(items)
    }
}

impl<T: Record + Copy + Default, const N: usize> Record for [T; N] {
    fn write(&self, out: &mut Vec<u8>) {
        for item in self {
            item.write(out);
        }
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        let mut items = [T::default(); N];
        for item in &mut items {
            *item = T::read(input)?;
        }
        Ok(items)
    }
}

impl<A: Record, B: Record> Record for (A, B) {
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }

    fn read(input: &mut Input<'_>) -> Result<Self, Malformed> {
        Ok((A::read(input)?, B::read(input)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_in_few_bytes() {
        for (value, len) in [
            (0, 1),
            (-1, 1),
            (63, 1),
            (64, 2),
            (-65, 2),
            (i64::MAX, 10),
            (i64::MIN, 10),
        ] {
            let bytes = to_bytes(&value);
            assert_eq!(
                (bytes.len(), from_bytes::<i64>(&bytes).unwrap()),
                (len, value)
            );
        }
        let numbers = vec![0, 127, 128, 300, u64::MAX];
        assert_eq!(to_bytes(&numbers)[3..5], [0x80, 1]);
        assert_eq!(
            from_bytes::<Vec<u64>>(&to_bytes(&numbers)).unwrap(),
            numbers
        );
    }

    #[test]
    fn what_is_malformed_is_refused() {
        assert!(from_bytes::<u16>(&[0x80, 0x80, 4]).is_err(), "too large");
        assert!(from_bytes::<u64>(&[0xff; 11]).is_err(), "never ends");
        assert!(from_bytes::<bool>(&[2]).is_err(), "no flag");
        assert!(from_bytes::<String>(&[1, 0xff]).is_err(), "no UTF-8");
        assert!(from_bytes::<Vec<u8>>(&[9, 1]).is_err(), "too short");
        assert!(from_bytes::<u8>(&[1, 1]).is_err(), "too long");
        assert!(
            from_bytes::<Option<u8>>(&[1]).is_err(),
            "nothing where something is"
        );
    }
}
