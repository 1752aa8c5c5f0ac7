//! Packed files as if they were not: gzip streams and the entries of ZIP archives, readable from any place.
//!
//! A deflate stream can only be read from its beginning, so a *first pass* reads it once, whole. It finds the unpacked size,
//! checks the checksums, and every few MiB of what comes out it keeps a [`Checkpoint`]: a place between two blocks of the
//! stream with the 32 KiB before it, to which what follows may refer. From then on any place is read by unpacking from the
//! checkpoint before it, so slices of a packed file are read by several workers like those of a plain one.
//!
//! ```text
//! stored     ├─ header ─┼─ block ─┼─ block ─┼─ block ─┼─ block ─┼─ crc, length ─┤
//!                       ▲ fresh                       ▲ 5 bits of the byte before, and the window
//! unpacked              ├───────────────────┼█ 32 KiB █┼───────────────────────┤
//! ```
//!
//! - `gzip`: what is around the deflate streams of a gzip file (RFC 1952), of which there may be several in a row;
//! - `stream`: stored bytes in, unpacked bytes out;
//! - `index`: the first pass;
//! - `zip`: the directory of an archive (PKWARE's APPNOTE.TXT).
//!
//! Archives within archives are not unpacked. Nothing here trusts what a file says of itself: see [`MAX_UNPACKED`],
//! [`MAX_RATIO`] and [`MAX_ENTRIES`].

mod gzip;
mod index;
mod stream;
mod zip;

pub use index::{Checkpoint, Fault, FaultKind, IndexPass};
pub use stream::Unpacker;
pub use zip::{Directory, Entry, MAX_ENTRIES};

/// What the first bytes of a file say of how it is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// It is not, as far as is known here.
    Plain,
    /// A gzip file.
    Gzip,
    /// A ZIP archive.
    Zip,
}

impl Packing {
    /// Looks at the first four bytes, never at a name.
    pub fn of(head: &[u8]) -> Self {
        match head {
            [0x1f, 0x8b, 8, ..] => Self::Gzip,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Self::Zip,
            _ => Self::Plain,
        }
    }
}

/// How a run of stored bytes becomes unpacked ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// They are the same.
    Stored,
    /// A deflate stream (RFC 1951).
    Deflate,
    /// Members of a gzip file, each a deflate stream.
    Gzip,
}

/// The most that is unpacked of one file, in bytes.
pub const MAX_UNPACKED: u64 = 64 << 30;

/// How many times as large as its stored bytes the unpacked ones may be, once they are more than [`RATIO_FREE`]. Logs of
/// flows come to 3 to 17, a flood alone to 46; what is made to burst comes to a thousand.
pub const MAX_RATIO: u64 = 400;

/// As many bytes are unpacked whatever the ratio.
pub const RATIO_FREE: u64 = 64 << 20;

/// What a deflate stream may refer back to, in bytes.
pub const WINDOW: usize = 32 << 10;
