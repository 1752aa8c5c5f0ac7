//! The frame of a gzip member, byte by byte, so that it may be cut anywhere.
//!
//! ```text
//! 1f 8b 08 │ flags │ time ×4 │ 2 │ extra: length ×2, bytes │ name, 0 │ comment, 0 │ crc ×2 │ deflate… │ crc ×4 │ length ×4
//! ```

const HAS_CRC: u8 = 2;
const HAS_EXTRA: u8 = 4;
const HAS_NAME: u8 = 8;
const HAS_COMMENT: u8 = 16;
const RESERVED: u8 = 0xe0;

/// The header of a member, as far as it was read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    field: Field,
    flags: u8,
    /// Bytes of this field so far.
    at: u16,
    extra: u16,
}

#[derive(Clone, Copy, Debug)]
enum Field {
    Fixed,
    ExtraLen,
    Extra,
    Name,
    Comment,
    Crc,
}

/// What follows a byte of a header.
pub(super) enum After {
    More,
    /// The deflate stream.
    Data,
    /// This is no gzip header.
    Bad,
}

impl Header {
    pub(super) fn new() -> Self {
        Self {
            field: Field::Fixed,
            flags: 0,
            at: 0,
            extra: 0,
        }
    }

    /// How many bytes of the fixed part were accepted: a header can be bad only there.
    pub(super) fn len(self) -> u64 {
        u64::from(self.at.saturating_sub(1))
    }

    pub(super) fn take(&mut self, byte: u8) -> After {
        let at = self.at;
        self.at += 1;
        let ends = match self.field {
            Field::Fixed => {
                let bad = match at {
                    0 => byte != 0x1f,
                    1 => byte != 0x8b,
                    2 => byte != 8,
                    3 => {
                        self.flags = byte;
                        byte & RESERVED != 0
                    }
                    _ => false,
                };
                if bad {
                    return After::Bad;
                }
                at == 9
            }
            Field::ExtraLen => {
                self.extra |= u16::from(byte) << (8 * at);
                at == 1
            }
            Field::Extra => self.at == self.extra,
            Field::Name | Field::Comment => {
                // Of any length.
                self.at = 0;
                byte == 0
            }
            Field::Crc => at == 1,
        };
        if ends { self.next_field() } else { After::More }
    }

    /// The next field that the flags announce.
    fn next_field(&mut self) -> After {
        self.at = 0;
        loop {
            let (field, is_there) = match self.field {
                Field::Fixed => (Field::ExtraLen, self.flags & HAS_EXTRA != 0),
                Field::ExtraLen => (Field::Extra, self.extra > 0),
                Field::Extra => (Field::Name, self.flags & HAS_NAME != 0),
                Field::Name => (Field::Comment, self.flags & HAS_COMMENT != 0),
                Field::Comment => (Field::Crc, self.flags & HAS_CRC != 0),
                Field::Crc => return After::Data,
            };
            self.field = field;
            if is_there {
                return After::More;
            }
        }
    }
}
