//! One error for the core: what kind it is, where it happened, and a message that says what to do.

use std::fmt;

/// What went wrong, for programs. [`Error`]'s display is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input has no bytes, or nothing but blank lines.
    EmptyInput,
    /// The input is not text: NUL bytes, or the signature of a binary format.
    NotText,
    /// A header, and no rows below it.
    HeaderOnly,
    /// A header with more columns than the reader accepts.
    TooManyColumns,
    /// A header that could not be read: too long, or a quote that never closes.
    BadHeader,
    /// A Zeek log that goes on with other fields than it began with.
    OtherFields,
    /// The header has too little of what the model leans on.
    NoSchemaMatch,
    /// A column that was asked for by name is not in the header.
    NoSuchColumn,
    /// A column that was connected by hand is none of the model's, or cannot be connected so.
    BadConnection,
    /// A class that was asked for by name is none of the model's.
    NoSuchClass,
    /// The bytes are not a model file.
    PackNotAPack,
    /// A model file of a format version that this build does not read.
    PackTooNew,
    /// A model file that ends early, fails a checksum, or says things that cannot be.
    PackDamaged,
    /// A model file whose own rows do not score as it says they must.
    PackSelfTest,
    /// An archive whose directory is damaged or says what cannot be, or that holds nothing that could be read.
    BadArchive,
    /// A packed file from which more comes out than a file of flows could hold.
    UnpackLimit,
    /// A file that cannot be one table with another: other columns, or written in another way.
    OtherColumns,
    /// A row of which cannot be said why it got its class.
    NoExplanation,
    /// Options or data that no model can be fitted with.
    BadFit,
}

impl ErrorKind {
    /// The kind's stable name, as JavaScript sees it.
    pub fn name(self) -> &'static str {
        match self {
            Self::EmptyInput => "empty-input",
            Self::NotText => "not-text",
            Self::HeaderOnly => "header-only",
            Self::TooManyColumns => "too-many-columns",
            Self::BadHeader => "bad-header",
            Self::OtherFields => "other-fields",
            Self::NoSchemaMatch => "no-schema-match",
            Self::NoSuchColumn => "no-such-column",
            Self::BadConnection => "bad-connection",
            Self::NoSuchClass => "no-such-class",
            Self::PackNotAPack => "pack-not-a-pack",
            Self::PackTooNew => "pack-too-new",
            Self::PackDamaged => "pack-damaged",
            Self::PackSelfTest => "pack-self-test",
            Self::BadArchive => "bad-archive",
            Self::UnpackLimit => "unpack-limit",
            Self::OtherColumns => "other-columns",
            Self::NoExplanation => "no-explanation",
            Self::BadFit => "bad-fit",
        }
    }
}

/// An error of the core. The message says what was required, what was found, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
}

impl Error {
    /// An error of `kind` with a message for people.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// What kind of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
