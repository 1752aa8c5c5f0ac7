//! The file around the sections: magic, version, lengths and checksums.

use super::damaged;
use crate::crc32::crc32;
use crate::{Error, ErrorKind};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use std::borrow::Cow;

/// How every model file starts. The first byte is no ASCII and the last two are a line end, so that programs which
/// rewrite text give themselves away.
pub const MAGIC: [u8; 8] = *b"\x89SIEVE\r\n";
/// The version of the format that this code writes, and the newest that it reads.
pub const FORMAT_VERSION: u16 = 1;
/// The longest file.
pub const MAX_FILE_LEN: usize = 64 << 20;
/// The most sections.
pub const MAX_SECTIONS: usize = 64;

const HEADER_LEN: usize = 24;
const ENTRY_LEN: usize = 20;
const FLAG_MANDATORY: u32 = 1;
const FLAG_DEFLATED: u32 = 2;
/// The slowest and smallest that the compressor knows.
const DEFLATE_LEVEL: u8 = 10;

/// A section as it lies in the file, its checksum verified.
pub(super) struct Entry<'a> {
    tag: [u8; 4],
    flags: u32,
    pub(super) stored: &'a [u8],
    pub(super) raw_len: usize,
}

impl<'a> Entry<'a> {
    pub(super) fn tag_name(&self) -> String {
        String::from_utf8_lossy(&self.tag).into_owned()
    }

    /// The section's content, which may not be longer than `max_len`.
    pub(super) fn unpack(&self, max_len: usize) -> Result<Cow<'a, [u8]>, Error> {
        let tag = self.tag_name();
        let raw_len = self.raw_len;
        if raw_len > max_len {
            return Err(damaged(&format!(
                "section {tag} has {raw_len} bytes unpacked; {max_len} are allowed"
            )));
        }
        if self.flags & FLAG_DEFLATED == 0 {
            return Ok(Cow::Borrowed(self.stored));
        }
        // Gives up as soon as more comes out than is announced.
        let mut unpacked = vec![0; raw_len];
        let (status, _, len) = decompress(
            &mut DecompressorOxide::new(),
            self.stored,
            &mut unpacked,
            0,
            TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
        );
        if !matches!(status, TINFLStatus::Done | TINFLStatus::HasMoreOutput) {
            return Err(damaged(&format!("section {tag} cannot be unpacked")));
        }
        if status != TINFLStatus::Done || len != raw_len {
            let len = unpacked.len();
            return Err(damaged(&format!(
                "section {tag} has {len} bytes unpacked and announces {raw_len}"
            )));
        }
        Ok(Cow::Owned(unpacked))
    }
}

/// The sections of a file.
pub(super) struct Contents<'a> {
    pub(super) entries: Vec<Entry<'a>>,
}

impl<'a> Contents<'a> {
    /// Checks everything but what is inside the sections. Of the sections, `known` are read.
    pub(super) fn of(bytes: &'a [u8], known: &[[u8; 4]]) -> Result<Self, Error> {
        let header = header(bytes)?;
        let table_len = header.n_sections * ENTRY_LEN;
        let (table, mut rest) = bytes[HEADER_LEN..]
            .split_at_checked(table_len)
            .ok_or_else(|| damaged("it ends within the table of its sections"))?;
        if crc32(table) != header.table_crc {
            return Err(damaged(
                "the checksum of the table of its sections is wrong",
            ));
        }
        let mut entries: Vec<Entry<'_>> = Vec::new();
        for fields in table.chunks_exact(ENTRY_LEN) {
            let tag = [fields[0], fields[1], fields[2], fields[3]];
            if !tag
                .iter()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            {
                return Err(damaged(
                    "a section's tag is not four capital letters or digits",
                ));
            }
            let (flags, raw_len) = (u32_at(fields, 4), u32_at(fields, 12) as usize);
            let (stored, after) = rest
                .split_at_checked(u32_at(fields, 8) as usize)
                .ok_or_else(|| damaged("a section goes past the end of the file"))?;
            rest = after;
            let entry = Entry {
                tag,
                flags,
                stored,
                raw_len,
            };
            entry.check(u32_at(fields, 16), known)?;
            if entries.iter().any(|other| other.tag == tag) {
                let tag = entry.tag_name();
                return Err(damaged(&format!("it has section {tag} twice")));
            }
            entries.push(entry);
        }
        if !rest.is_empty() {
            let extra = rest.len();
            return Err(damaged(&format!("{extra} bytes follow its last section")));
        }
        Ok(Self { entries })
    }

    pub(super) fn find(&self, tag: [u8; 4]) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    pub(super) fn require(&self, tag: [u8; 4]) -> Result<&Entry<'a>, Error> {
        self.find(tag).ok_or_else(|| {
            let tag = String::from_utf8_lossy(&tag);
            damaged(&format!("it has no section {tag}"))
        })
    }
}

impl Entry<'_> {
    fn check(&self, crc: u32, known: &[[u8; 4]]) -> Result<(), Error> {
        let tag = self.tag_name();
        if crc32(self.stored) != crc {
            return Err(damaged(&format!("the checksum of section {tag} is wrong")));
        }
        let is_known = known.contains(&self.tag);
        if !is_known && self.flags & FLAG_MANDATORY != 0 {
            return Err(too_new(&format!(
                "it cannot be used without its section {tag}"
            )));
        }
        if !is_known {
            return Ok(());
        }
        if self.flags & !(FLAG_MANDATORY | FLAG_DEFLATED) != 0 {
            let flags = self.flags;
            return Err(too_new(&format!(
                "its section {tag} has the flags {flags:#x}"
            )));
        }
        if self.flags & FLAG_DEFLATED == 0 && self.raw_len != self.stored.len() {
            return Err(damaged(&format!(
                "section {tag} is not compressed and has two lengths"
            )));
        }
        Ok(())
    }
}

struct Header {
    n_sections: usize,
    table_crc: u32,
}

fn header(bytes: &[u8]) -> Result<Header, Error> {
    let start = &bytes[..bytes.len().min(MAGIC.len())];
    if bytes.is_empty() {
        return Err(not_a_pack("the file is empty"));
    }
    if !MAGIC.starts_with(start) {
        return Err(not_a_pack("it does not start as one"));
    }
    let Some(fields) = bytes.get(..HEADER_LEN) else {
        return Err(damaged("it ends within its header"));
    };
    if crc32(&fields[..20]) != u32_at(fields, 20) {
        return Err(damaged("the checksum of its header is wrong"));
    }
    let version = u16_at(fields, 8);
    if version > FORMAT_VERSION {
        return Err(too_new(&format!(
            "it has format version {version} and this reader knows versions up to {FORMAT_VERSION}"
        )));
    }
    if version == 0 {
        return Err(damaged("it has format version 0, which there is not"));
    }
    let (len, announced) = (bytes.len(), u32_at(fields, 12) as usize);
    if len != announced {
        return Err(damaged(&format!(
            "it has {len} bytes and announces {announced}"
        )));
    }
    if len > MAX_FILE_LEN {
        return Err(damaged(&format!(
            "it has {len} bytes; {MAX_FILE_LEN} are allowed"
        )));
    }
    let n_sections = usize::from(u16_at(fields, 10));
    if n_sections > MAX_SECTIONS {
        return Err(damaged(&format!(
            "it has {n_sections} sections; {MAX_SECTIONS} are allowed"
        )));
    }
    Ok(Header {
        n_sections,
        table_crc: u32_at(fields, 16),
    })
}

/// Puts a file together.
#[derive(Default)]
pub(super) struct Writer {
    table: Vec<u8>,
    body: Vec<u8>,
    n_sections: u16,
}

impl Writer {
    /// Adds a section, compressed where that makes it smaller.
    pub(super) fn add(
        &mut self,
        tag: [u8; 4],
        mandatory: bool,
        raw: Vec<u8>,
        max_len: usize,
    ) -> Result<(), Error> {
        let raw_len = raw.len();
        if raw_len > max_len {
            let tag = String::from_utf8_lossy(&tag);
            return Err(too_large(
                &format!("section {tag} takes {raw_len} bytes"),
                max_len,
            ));
        }
        let deflated = miniz_oxide::deflate::compress_to_vec(&raw, DEFLATE_LEVEL);
        let pays = deflated.len() < raw_len;
        let stored = if pays { deflated } else { raw };
        let flags =
            if mandatory { FLAG_MANDATORY } else { 0 } | if pays { FLAG_DEFLATED } else { 0 };
        self.table.extend_from_slice(&tag);
        for field in [flags, stored.len() as u32, raw_len as u32, crc32(&stored)] {
            self.table.extend_from_slice(&field.to_le_bytes());
        }
        self.body.extend_from_slice(&stored);
        self.n_sections += 1;
        Ok(())
    }

    /// What the sections added so far take, without header and table.
    pub(super) fn stored_len(&self) -> usize {
        self.body.len()
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, Error> {
        let len = HEADER_LEN + self.table.len() + self.body.len();
        if len > MAX_FILE_LEN {
            return Err(too_large(
                &format!("its file takes {len} bytes"),
                MAX_FILE_LEN,
            ));
        }
        let mut file = Vec::with_capacity(len);
        file.extend_from_slice(&MAGIC);
        file.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        file.extend_from_slice(&self.n_sections.to_le_bytes());
        file.extend_from_slice(&(len as u32).to_le_bytes());
        file.extend_from_slice(&crc32(&self.table).to_le_bytes());
        let crc = crc32(&file);
        file.extend_from_slice(&crc.to_le_bytes());
        file.extend_from_slice(&self.table);
        file.extend_from_slice(&self.body);
        Ok(file)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

fn not_a_pack(what: &str) -> Error {
    Error::new(
        ErrorKind::PackNotAPack,
        format!("This is not a Flowsieve model: {what}. Models are files named NAME.sieve."),
    )
}

fn too_new(what: &str) -> Error {
    Error::new(
        ErrorKind::PackTooNew,
        format!(
            "The model needs a newer Flowsieve: {what}. Use the newest page or program, or train the model with this one."
        ),
    )
}

fn too_large(what: &str, limit: usize) -> Error {
    Error::new(
        ErrorKind::PackDamaged,
        format!(
            "The model is too large to be stored: {what}; {limit} are allowed. Train with fewer trees or leaves."
        ),
    )
}
