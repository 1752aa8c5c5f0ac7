//! The bytes of a file become records and cells, slice by slice.
//!
//! A file of flows is cut into slices of a few MiB that workers read in any order. Where a slice begins is arbitrary, so
//! its worker *guesses*: it assumes that the slice starts outside of quotes, skips to the first record that starts in
//! it, and runs past its end to finish the last one. Whoever joins the slices accepts one only if its first record
//! starts where the slice before it ended, and has it run again otherwise. See [`reader`].
//!
//! - [`dialect`]: how a file is written;
//! - [`choice`]: what the user says about that;
//! - [`head`]: what its first bytes say about that, and about its columns;
//! - [`scan`]: bitmasks of 64 bytes at a time find delimiters, line ends and quotes;
//! - [`record`]: one record and its cells;
//! - [`reader`]: the slice protocol;
//! - [`number`]: cells to `f32`.

pub mod choice;
pub mod dialect;
mod encoding;
pub mod head;
mod json;
pub mod number;
pub mod reader;
pub mod record;
mod scan;
mod tokenizer;

pub(crate) use encoding::to_utf8;
pub(crate) use number::comma_to_point;
pub(crate) use tokenizer::{Grammar, content_starts, unquote};

pub use choice::DialectChoice;
pub use dialect::{Dialect, Layout};
pub use head::Head;
pub use reader::{Broken, Progress, RecordSink, SliceReader, SliceSpan};
pub use record::Record;

/// The longest record that is read, in bytes without its line end. A longer one is a reject.
pub const MAX_RECORD_BYTES: usize = 1 << 20;

/// The most columns that a header may have.
pub const MAX_COLUMNS: usize = 16_384;

/// What every worker keeps in front of the bytes that it parses, so that a number's last 16 bytes can be loaded at
/// once wherever it starts.
pub const PADDING: usize = 16;
