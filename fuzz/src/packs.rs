//! Model files whose checksums are right and whose contents are anything.
//!
//! Random bytes never pass a checksum, so [`mutate`] takes a file apart by `docs/pack-format.md`, changes what one section
//! says, and puts it together again.

use crate::model_support::Random;
use crate::slice_support::{HEADER, analyse_whole};
use flowsieve::analysis::{Plan, PlanOptions};
use flowsieve::model::{Model, ModelSpec};
use flowsieve::{ErrorKind, pack};
use std::sync::Arc;

const HEADER_LEN: usize = 24;
const ENTRY_LEN: usize = 20;
const DEFLATED: u32 = 2;
/// Enough for what a section of a small model unpacks to.
const MAX_RAW_LEN: usize = 1 << 20;
/// Rows that a model scores: of missing, of extreme, and of random values.
const N_ROWS: usize = 8;

/// Reads a model file and uses the model.
///
/// # Panics
///
/// If a model that was accepted scores as none can, or is another one once it was written and read.
pub fn check(file: &[u8]) {
    let sections = pack::sections(file);
    let spec = match pack::read(file) {
        Ok(spec) => spec,
        Err(error) => {
            let known = [
                ErrorKind::PackNotAPack,
                ErrorKind::PackTooNew,
                ErrorKind::PackDamaged,
            ];
            assert!(known.contains(&error.kind()), "{error}");
            return;
        }
    };
    let bytes: usize = sections
        .expect("it was read")
        .iter()
        .map(|section| section.bytes)
        .sum();
    assert!(bytes < file.len());
    match Model::new(spec.clone()) {
        Ok(model) => check_model(model),
        Err(error) => {
            let known = [ErrorKind::PackDamaged, ErrorKind::PackSelfTest];
            assert!(known.contains(&error.kind()), "{error}");
            // Its own rows aside, a model that cannot be used cannot be written.
            let written = pack::write(&spec).map_err(|error| error.kind());
            assert_eq!(written.is_ok(), error.kind() == ErrorKind::PackSelfTest);
        }
    }
}

fn check_model(model: Model) {
    let written = pack::write(model.spec()).expect("a model that can be used can be written");
    let spec = pack::read(&written).expect("what was written can be read");
    assert_eq!(pack::write(&spec).expect("as before"), written);
    let again = Model::new(spec).expect("the same model");
    let scores = scores_of(&model);
    assert_eq!(scores, scores_of(&again));
    let taxonomy = &model.spec().taxonomy;
    for &(class, family, _, _) in &scores {
        assert!(usize::from(class) < taxonomy.kinds.len());
        assert!(usize::from(family) < taxonomy.families.len());
    }

    // A file that has columns of that name, or none of them.
    let rows = format!("{HEADER}\n1,word 1,2,kind 1,x\n,-,1e30,kind 9,\n");
    let options = PlanOptions::default();
    if let Ok(plan) = Plan::new(
        Arc::new(model),
        rows.as_bytes(),
        rows.len() as u64,
        &options,
    ) {
        let (columns, _) = analyse_whole(&Arc::new(plan), rows.as_bytes());
        assert_eq!(columns.class.len(), 2);
    }
}

/// Class, family, confidence and rank of each row.
fn scores_of(model: &Model) -> Vec<(u8, u8, u16, u16)> {
    let mut scratch = model.scratch();
    let mut random = Random(5);
    let mut score = |index: usize| {
        let mut row = vec![0.0; model.n_features()];
        for value in &mut row {
            *value = match index {
                0 => f32::NAN,
                1 => f32::INFINITY,
                2 => f32::NEG_INFINITY,
                3 => 0.0,
                _ => random.cell(),
            };
        }
        let score = model.score(&row, &mut scratch);
        let probability = model.attack_probability(&scratch);
        assert!(!score.attack || probability >= 1 << 15);
        (score.class, score.family, score.confidence, score.rank)
    };
    (0..N_ROWS).map(&mut score).collect()
}

/// A section, unpacked.
struct Section {
    tag: [u8; 4],
    flags: u32,
    raw: Vec<u8>,
}

/// Changes a file of `size` bytes in place and returns its new size; `change` changes bytes in place and returns how many
/// they are then. Mostly one section says something else; sometimes the file has other sections, or is just damaged.
pub fn mutate(
    data: &mut [u8],
    size: usize,
    max_size: usize,
    seed: u32,
    change: impl Fn(&mut [u8], usize, usize) -> usize,
) -> usize {
    let random = &mut Random(u64::from(seed));
    let Some(mut sections) = take_apart(&data[..size]).filter(|_| random.below(32) > 0) else {
        return change(data, size, max_size);
    };
    if sections.is_empty() {
        return change(data, size, max_size);
    }
    let index = random.below(sections.len());
    match random.below(32) {
        0 => drop(sections.remove(index)),
        1 => sections[index].flags ^= 1 << random.below(32),
        2 => {
            let last = sections.len() - 1;
            sections.swap(index, last);
        }
        _ => {
            let raw = &mut sections[index].raw;
            let len = raw.len();
            let capacity = len + max_size.saturating_sub(size).min(256);
            raw.resize(capacity.max(1), 0);
            let new_len = change(raw, len, capacity);
            raw.truncate(new_len);
        }
    }
    let file = put_together(&sections, random);
    if file.len() > max_size {
        return size;
    }
    data[..file.len()].copy_from_slice(&file);
    file.len()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at + 4)?;
    Some(u32::from_le_bytes(field.try_into().ok()?))
}

/// The sections of a file that are where it says; `None` where it is no file of sections.
fn take_apart(file: &[u8]) -> Option<Vec<Section>> {
    let n_sections = usize::from(u16::from_le_bytes(file.get(10..12)?.try_into().ok()?));
    let table = file.get(HEADER_LEN..HEADER_LEN + ENTRY_LEN * n_sections)?;
    let mut at = HEADER_LEN + table.len();
    let mut sections = Vec::new();
    for entry in table.chunks_exact(ENTRY_LEN) {
        let flags = u32_at(entry, 4)?;
        let len = u32_at(entry, 8)? as usize;
        let stored = file.get(at..)?.get(..len)?;
        at += len;
        let raw = if flags & DEFLATED == 0 {
            stored.to_vec()
        } else {
            miniz_oxide::inflate::decompress_to_vec_with_limit(stored, MAX_RAW_LEN).ok()?
        };
        sections.push(Section {
            tag: entry[..4].try_into().ok()?,
            flags,
            raw,
        });
    }
    Some(sections)
}

/// A file whose checksums are right. Half of the sections that were compressed are again.
fn put_together(sections: &[Section], random: &mut Random) -> Vec<u8> {
    let mut table = Vec::new();
    let mut body = Vec::new();
    for section in sections {
        let deflated = section.flags & DEFLATED != 0 && random.below(2) == 0;
        let stored = if deflated {
            miniz_oxide::deflate::compress_to_vec(&section.raw, 1)
        } else {
            section.raw.clone()
        };
        let flags = section.flags & !DEFLATED | if deflated { DEFLATED } else { 0 };
        table.extend_from_slice(&section.tag);
        let (len, raw_len) = (stored.len() as u32, section.raw.len() as u32);
        for field in [flags, len, raw_len, crc32fast::hash(&stored)] {
            table.extend_from_slice(&field.to_le_bytes());
        }
        body.extend_from_slice(&stored);
    }
    let mut file = pack::MAGIC.to_vec();
    file.extend_from_slice(&pack::FORMAT_VERSION.to_le_bytes());
    file.extend_from_slice(&(sections.len() as u16).to_le_bytes());
    let len = HEADER_LEN + table.len() + body.len();
    file.extend_from_slice(&(len as u32).to_le_bytes());
    file.extend_from_slice(&crc32fast::hash(&table).to_le_bytes());
    file.extend_from_slice(&crc32fast::hash(&file).to_le_bytes());
    file.extend_from_slice(&table);
    file.extend_from_slice(&body);
    file
}

/// The same file, its sections not compressed, so that a fuzzer sees what they say.
pub(crate) fn plain(spec: &ModelSpec) -> Vec<u8> {
    let file = pack::write(spec).expect("a valid model");
    let mut sections = take_apart(&file).expect("a file of sections");
    for section in &mut sections {
        section.flags &= !DEFLATED;
    }
    put_together(&sections, &mut Random(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds;

    #[test]
    fn a_changed_section_has_the_right_checksum() {
        for (name, mut file) in seeds::pack() {
            let size = file.len();
            // Room for sections that are no longer compressed.
            let capacity = 16 * size;
            file.resize(capacity, 0);
            let (mut read, mut changed) = (0, 0);
            for seed in 0..50 {
                let mut data = file.clone();
                let flip = |bytes: &mut [u8], len: usize, _: usize| {
                    if len > 0 {
                        bytes[len / 2] ^= 1;
                    }
                    len
                };
                let new_size = mutate(&mut data, size, capacity, seed, flip);
                changed += u32::from(data[..new_size] != file[..size]);
                read += u32::from(pack::sections(&data[..new_size]).is_ok());
                check(&data[..new_size]);
            }
            assert!(changed > 35, "{name}: {changed}");
            assert!(read > 25, "{name}: {read}");
        }
    }
}
