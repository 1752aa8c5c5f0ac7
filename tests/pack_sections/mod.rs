//! Model files as sections: taken apart and put together by `docs/pack-format.md`, not with the crate's own code.

// Each test file uses its own part.
#![allow(dead_code)]

use crate::model_support::{Shape, calibrated, spec, with_self_test};
use flowsieve::model::{Model, ModelSpec};
use flowsieve::{Error, ErrorKind, pack};

pub(crate) const MANDATORY: u32 = 1;
pub(crate) const DEFLATED: u32 = 2;

#[derive(Clone)]
pub(crate) struct Section {
    pub(crate) tag: [u8; 4],
    pub(crate) flags: u32,
    pub(crate) stored: Vec<u8>,
    pub(crate) raw_len: u32,
}

impl Section {
    pub(crate) fn plain(tag: [u8; 4], flags: u32, raw: &[u8]) -> Self {
        Self {
            tag,
            flags,
            stored: raw.to_vec(),
            raw_len: raw.len() as u32,
        }
    }

    /// What the section says, unpacked.
    pub(crate) fn raw(&self) -> Vec<u8> {
        if self.flags & DEFLATED == 0 {
            return self.stored.clone();
        }
        miniz_oxide::inflate::decompress_to_vec(&self.stored).unwrap()
    }
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

pub(crate) fn take_apart(file: &[u8]) -> Vec<Section> {
    let count = usize::from(u16::from_le_bytes(file[10..12].try_into().unwrap()));
    let mut at = 24 + 20 * count;
    let mut sections = Vec::new();
    for entry in file[24..at].chunks(20) {
        let len = u32_at(entry, 8) as usize;
        sections.push(Section {
            tag: entry[..4].try_into().unwrap(),
            flags: u32_at(entry, 4),
            stored: file[at..at + len].to_vec(),
            raw_len: u32_at(entry, 12),
        });
        at += len;
    }
    assert_eq!(at, file.len());
    sections
}

/// A file of that version whose checksums are all right.
pub(crate) fn put_together(version: u16, sections: &[Section]) -> Vec<u8> {
    let mut table = Vec::new();
    for section in sections {
        table.extend_from_slice(&section.tag);
        let len = section.stored.len() as u32;
        let crc = crc32fast::hash(&section.stored);
        for field in [section.flags, len, section.raw_len, crc] {
            table.extend_from_slice(&field.to_le_bytes());
        }
    }
    let body: Vec<u8> = sections
        .iter()
        .flat_map(|section| section.stored.clone())
        .collect();
    let mut file = b"\x89SIEVE\r\n".to_vec();
    file.extend_from_slice(&version.to_le_bytes());
    file.extend_from_slice(&(sections.len() as u16).to_le_bytes());
    file.extend_from_slice(&((24 + table.len() + body.len()) as u32).to_le_bytes());
    file.extend_from_slice(&crc32fast::hash(&table).to_le_bytes());
    file.extend_from_slice(&crc32fast::hash(&file).to_le_bytes());
    file.extend_from_slice(&table);
    file.extend_from_slice(&body);
    file
}

pub(crate) fn small_shape() -> Shape {
    Shape {
        n_features: 5,
        n_classes: 3,
        n_trees: 4,
        n_leaves: 9,
        n_isolation_trees: 3,
        seed: 21,
    }
}

pub(crate) fn small() -> ModelSpec {
    with_self_test(calibrated(spec(small_shape()), 3), 3)
}

pub(crate) fn small_file() -> Vec<u8> {
    pack::write(&small()).unwrap()
}

/// A file as the first writers made it, and one of today.
pub(crate) fn files() -> [Vec<u8>; 2] {
    let first = include_bytes!("../golden/format-1.sieve");
    [first.to_vec(), small_file()]
}

/// Reads a file as a page or a program does.
pub(crate) fn load(file: &[u8]) -> Result<Model, Error> {
    pack::read(file).and_then(Model::new)
}

#[track_caller]
pub(crate) fn check_refused(file: &[u8], kind: ErrorKind, what: &str) {
    match load(file) {
        Ok(_) => panic!("{what}: was accepted"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{what}: {error}");
            let message = error.to_string();
            let says_what_to_do = ["Get ", "Use ", "Train ", "Models are"];
            assert!(
                says_what_to_do.iter().any(|words| message.contains(words)),
                "{message}"
            );
        }
    }
}
