//! The directory of a ZIP archive: where its files are, and how they are packed.
//!
//! ```text
//! header, data │ header, data │ … │ central directory │ zip64 record, its locator │ end record, comment
//!              ▲ each entry names its header           ▲ named by the locator      ▲ within the last 64 KiB
//! ```
//!
//! Nothing is read here: [`Directory::wants`] says which bytes are needed next, [`Directory::take`] takes them. An archive
//! that lacks its end, as a download that broke off does, is walked from its first header on, as far as headers say how
//! long their data are.

use super::Method;
use crate::table::dialect::text_of;
use crate::{Error, ErrorKind};
use std::ops::Range;

/// The most entries that an archive may have.
pub const MAX_ENTRIES: usize = 4096;

/// The longest central directory, in bytes: 1 KiB for each entry.
const MAX_DIRECTORY: u64 = (MAX_ENTRIES as u64) << 10;

const END: &[u8] = b"PK\x05\x06";
const END_LEN: usize = 22;
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_LEN: usize = 20;
const RECORD: &[u8] = b"PK\x06\x06";
const RECORD_LEN: usize = 56;
const CENTRAL: &[u8] = b"PK\x01\x02";
const CENTRAL_LEN: usize = 46;
const LOCAL: &[u8] = b"PK\x03\x04";
const LOCAL_LEN: usize = 30;

/// How much of a header is read where the length of its name is not known yet.
const LOCAL_READ: u64 = 1 << 10;

const FLAG_ENCRYPTED: u64 = 1;
const FLAG_DESCRIPTOR: u64 = 8;
/// In 32 and in 16 bits: what zip64 says instead.
const ELSEWHERE_32: u64 = 0xffff_ffff;
const ELSEWHERE_16: u64 = 0xffff;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name with its folders, as the archive has it: it may hold anything.
    pub name: String,
    /// How it is packed; or why it cannot be unpacked.
    pub method: Result<Method, String>,
    /// Offset of its data in the archive.
    pub begin: u64,
    /// How many bytes are stored there.
    pub stored: u64,
    /// The checksum and the length of what comes out, if the archive says so.
    pub expected: Option<(u32, u64)>,
    header: u64,
}

/// Reads a directory, piece by piece.
#[derive(Debug)]
pub struct Directory {
    size: u64,
    step: Step,
    entries: Vec<Entry>,
    /// The archive lacks its end.
    cut: bool,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    End,
    Record(u64),
    /// Offset and length of the central directory, and how many entries it has.
    Central(u64, u64, u64),
    /// The header of this entry.
    Local(usize),
    /// The next header of an archive without an end.
    Walk(u64),
    Done,
}

impl Directory {
    /// Of an archive of `size` bytes.
    pub fn new(size: u64) -> Self {
        Self {
            size,
            step: Step::End,
            entries: Vec::new(),
            cut: false,
        }
    }

    /// The bytes of the archive that are needed next; `None` once the directory is read.
    pub fn wants(&self) -> Option<Range<u64>> {
        let (begin, len) = match self.step {
            Step::End => {
                let len = self.size.min((END_LEN + LOCATOR_LEN) as u64 + ELSEWHERE_16);
                (self.size - len, len)
            }
            Step::Record(at) => (at, RECORD_LEN as u64),
            Step::Central(at, len, _) => (at, len),
            Step::Local(index) => (self.entries[index].header, LOCAL_LEN as u64),
            Step::Walk(at) => (at, LOCAL_READ),
            Step::Done => return None,
        };
        let end = self.size.min(begin.saturating_add(len));
        Some(begin.min(end)..end)
    }

    /// Takes what [`wants`](Self::wants) asked for.
    ///
    /// # Errors
    ///
    /// [`BadArchive`](ErrorKind::BadArchive).
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        match self.step {
            Step::End => self.end(bytes),
            Step::Record(_) => {
                require(bytes.starts_with(RECORD) && bytes.len() == RECORD_LEN)?;
                self.central(
                    number(bytes, 48, 8),
                    number(bytes, 40, 8),
                    number(bytes, 32, 8),
                )
            }
            Step::Central(_, _, count) => self.list(bytes, count),
            Step::Local(index) => self.local(index, bytes),
            Step::Walk(at) => {
                self.walk(at, bytes);
                Ok(())
            }
            Step::Done => Ok(()),
        }
    }

    /// The files with something in them, in the order of the directory, without those that systems leave in archives:
    /// names that begin with a dot, `__MACOSX`.
    ///
    /// # Errors
    ///
    /// [`BadArchive`](ErrorKind::BadArchive) for spreadsheets, which are archives of something else.
    pub fn into_entries(self) -> Result<Vec<Entry>, Error> {
        let mut entries = self.entries;
        for entry in &entries {
            if matches!(entry.name.as_str(), "[Content_Types].xml" | "mimetype") {
                return Err(bad(
                    "It is a document, such as a spreadsheet: save the sheet as CSV.",
                ));
            }
        }
        entries.retain(|entry| {
            let is_hidden = |part: &str| part.starts_with('.') && part != "." && part != "..";
            let is_junk = |part: &str| is_hidden(part) || part == "__MACOSX";
            // Two bytes are a deflate stream of nothing.
            let says_empty = matches!(entry.expected, Some((_, 0)));
            let is_empty = entry.stored == 0 || (says_empty && entry.stored <= 2);
            !is_empty && !entry.name.ends_with('/') && !entry.name.split('/').any(is_junk)
        });
        Ok(entries)
    }

    /// Whether the archive lacks its end, so that files may be missing.
    pub fn is_cut(&self) -> bool {
        self.cut
    }

    fn end(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let found = (0..bytes.len().saturating_sub(END_LEN - 1))
            .rev()
            .find(|&at| {
                // The comment behind it ends with the file, or a little before where something was appended.
                bytes[at..].starts_with(END)
                    && at + END_LEN + number(bytes, at + 20, 2) as usize <= bytes.len()
            });
        let Some(at) = found else {
            (self.cut, self.step) = (true, Step::Walk(0));
            return Ok(());
        };
        let locator = at.checked_sub(LOCATOR_LEN).map(|at| &bytes[at..]);
        if let Some(locator) = locator.filter(|locator| locator.starts_with(LOCATOR)) {
            self.step = Step::Record(number(locator, 8, 8));
            return Ok(());
        }
        let end = &bytes[at..];
        self.central(number(end, 16, 4), number(end, 12, 4), number(end, 10, 2))
    }

    fn central(&mut self, at: u64, len: u64, count: u64) -> Result<(), Error> {
        require(at.checked_add(len).is_some_and(|end| end <= self.size))?;
        if count > MAX_ENTRIES as u64 || len > MAX_DIRECTORY {
            return Err(bad("It holds more than 4096 files: unpack it first."));
        }
        self.step = Step::Central(at, len, count);
        Ok(())
    }

    fn list(&mut self, bytes: &[u8], count: u64) -> Result<(), Error> {
        let mut rest = bytes;
        for _ in 0..count {
            require(rest.starts_with(CENTRAL) && rest.len() >= CENTRAL_LEN)?;
            let name_end = CENTRAL_LEN + number(rest, 28, 2) as usize;
            let extra_end = name_end + number(rest, 30, 2) as usize;
            let end = extra_end + number(rest, 32, 2) as usize;
            require(rest.len() >= end)?;
            // Sizes and places that do not fit into 32 bits, in this order, only where they are needed.
            let mut sizes = [24, 20, 42].map(|at| number(rest, at, 4));
            let mut wide = wide_numbers(&rest[name_end..extra_end]);
            for size in &mut sizes {
                if *size == ELSEWHERE_32 && wide.len() >= 8 {
                    *size = number(wide, 0, 8);
                    wide = &wide[8..];
                }
            }
            let [unpacked, stored, header] = sizes;
            self.entries.push(Entry {
                name: text_of(&rest[CENTRAL_LEN..name_end]),
                method: method_of(number(rest, 8, 2), number(rest, 10, 2)),
                begin: 0,
                stored,
                expected: Some((number(rest, 16, 4) as u32, unpacked)),
                header,
            });
            rest = &rest[end..];
        }
        self.next_local(0)
    }

    fn next_local(&mut self, index: usize) -> Result<(), Error> {
        self.step = Step::Local(index);
        if index == self.entries.len() {
            self.step = Step::Done;
            return self.refuse_overlaps();
        }
        Ok(())
    }

    fn local(&mut self, index: usize, bytes: &[u8]) -> Result<(), Error> {
        require(bytes.starts_with(LOCAL) && bytes.len() == LOCAL_LEN)?;
        let entry = &mut self.entries[index];
        entry.begin = entry.header + local_len(bytes);
        let end = entry.begin.checked_add(entry.stored);
        require(end.is_some_and(|end| end <= self.size))?;
        self.next_local(index + 1)
    }

    /// Files that share bytes are how a small archive becomes a huge one.
    fn refuse_overlaps(&self) -> Result<(), Error> {
        for (index, entry) in self.entries.iter().enumerate() {
            let taken = entry.header..entry.begin + entry.stored;
            let others = &self.entries[index + 1..];
            if others.iter().any(|other| {
                taken.contains(&other.header)
                    || (other.header..other.begin + other.stored).contains(&entry.header)
            }) {
                return Err(bad(
                    "Files in it share bytes, which no archive of flows has.",
                ));
            }
        }
        Ok(())
    }

    fn walk(&mut self, at: u64, bytes: &[u8]) {
        self.step = Step::Done;
        if !bytes.starts_with(LOCAL) || bytes.len() < LOCAL_LEN || self.entries.len() == MAX_ENTRIES
        {
            return;
        }
        let flags = number(bytes, 6, 2);
        let (mut stored, unpacked) = (number(bytes, 18, 4), number(bytes, 22, 4));
        let begin = at + local_len(bytes);
        let left = self.size.saturating_sub(begin);
        // The length is behind the data, or in an extra field: the stream itself says where it ends.
        let open = flags & FLAG_DESCRIPTOR != 0 || stored == ELSEWHERE_32;
        let is_whole = !open && stored <= left;
        if !is_whole {
            stored = left;
        }
        let name_end = bytes.len().min(LOCAL_LEN + number(bytes, 26, 2) as usize);
        self.entries.push(Entry {
            name: text_of(&bytes[LOCAL_LEN..name_end]),
            method: method_of(flags, number(bytes, 8, 2)),
            begin,
            stored,
            expected: (!open).then(|| (number(bytes, 14, 4) as u32, unpacked)),
            header: at,
        });
        if is_whole {
            self.step = Step::Walk(begin + stored);
        }
    }
}

/// The little-endian number of `len` bytes at `at`, which the caller knows to be there.
fn number(bytes: &[u8], at: usize, len: usize) -> u64 {
    let bytes = &bytes[at..at + len];
    bytes
        .iter()
        .rev()
        .fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// How long a local header is, with what has any length in it.
fn local_len(header: &[u8]) -> u64 {
    LOCAL_LEN as u64 + number(header, 26, 2) + number(header, 28, 2)
}

/// What the extra field of zip64 holds.
fn wide_numbers(mut extra: &[u8]) -> &[u8] {
    while extra.len() >= 4 {
        let end = (4 + number(extra, 2, 2) as usize).min(extra.len());
        if extra[..2] == [1, 0] {
            return &extra[4..end];
        }
        extra = &extra[end..];
    }
    &[]
}

fn method_of(flags: u64, method: u64) -> Result<Method, String> {
    if flags & FLAG_ENCRYPTED != 0 {
        return Err("It is encrypted: unpack it first.".to_owned());
    }
    let name = match method {
        0 => return Ok(Method::Stored),
        8 => return Ok(Method::Deflate),
        12 => "bzip2",
        14 => "LZMA",
        93 => "Zstandard",
        _ => "another method",
    };
    Err([
        "It is packed with ",
        name,
        ", which is not read: unpack it first.",
    ]
    .concat())
}

fn require(condition: bool) -> Result<(), Error> {
    if condition {
        return Ok(());
    }
    Err(bad(
        "Its directory is damaged: get it again, or unpack it first.",
    ))
}

fn bad(what: &str) -> Error {
    let message = ["The ZIP archive cannot be read. ", what].concat();
    Error::new(ErrorKind::BadArchive, message)
}
