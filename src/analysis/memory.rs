//! Rows that end as an earlier one did.
//!
//! Floods, scans and polling fill files with flows that are equal but for a port, a time or a running number, and these
//! stand in the first cells of a line. So the ends of some dozens of lines are kept, with what their cells were read as.
//! A line that ends like one of them has only its first cells read:
//!
//! ```text
//! 88,51218,21,tcp,-,0.000002,1,1,…,64,0,DOS_SYN_Hping        kept
//! 89,51219,21,tcp,-,0.000002,1,1,…,64,0,DOS_SYN_Hping        read up to here ┐
//!         └──────────────── stable ─────────────────┘       21 <──────────────┘
//! ```
//!
//! And where the features in those first cells lie within bounds in which no tree would turn another way, the model's
//! answer is known as well: see [`Bounds`]. Nothing of this changes a result, so where it does not pay it is left alone for
//! a while ([`Gate`]).

use super::plan::Plan;
use crate::model::calibration::ClassSet;
use crate::model::{Bounds, RowScore};
use crate::table::Record;

/// How many lines are kept: those of the attacks and devices that take turns.
const ENTRIES: usize = 64;

/// Answers that are kept for one line.
const ANSWERS: usize = 16;

/// The longest line that is kept, in bytes.
const MAX_LINE: usize = 4096;

/// A line and what is known of lines that end like it; without text where none was kept yet.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// The record, from its first cell to the end of its last.
    text: Vec<u8>,
    /// Its features.
    pub(super) row: Vec<f32>,
    /// The class of its label.
    pub(super) label: u8,
    /// What other lines have had in common with it; `None` before there was one.
    pub(super) stable: Option<Stable>,
    /// Lines that had it in common, since they were last counted.
    pub(super) repeats: u64,
    /// What these count for among the places of values.
    pub(super) weight: u64,
    /// What the model says where the features before the stable part are within these bounds.
    answers: Vec<(Bounds, Answer)>,
}

/// The end of a line that others share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stable {
    /// Index of its first cell.
    pub(super) first_cell: usize,
    /// Bytes from the delimiter before that cell to the line's end.
    len: usize,
}

/// What the model says of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answer {
    pub(super) score: RowScore,
    pub(super) attack_probability: u16,
    /// The classes that it may be.
    pub(super) set: ClassSet,
}

/// Decides whether looking pays.
#[derive(Debug, Default)]
struct Gate {
    looked: u32,
    /// Rows among these whose answer was known.
    paid: u32,
    /// Rows for which not to look.
    resting: u32,
}

impl Gate {
    const LOOKS: u32 = 512;
    const REST: u32 = 8192;

    fn is_open(&mut self) -> bool {
        if self.looked == Self::LOOKS {
            // A row whose answer is known costs a sixth of another; looking for it, and learning, up to a fifth.
            if self.paid < Self::LOOKS / 8 {
                self.resting = Self::REST;
            }
            self.looked = 0;
            self.paid = 0;
        }
        let open = self.resting == 0;
        self.resting = self.resting.saturating_sub(1);
        open
    }
}

/// The lines that are kept.
#[derive(Debug)]
pub(super) struct Memory {
    entries: Vec<Entry>,
    gate: Gate,
    known: u64,
}

/// Where a line was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// There, an entry ends like it, in this part.
    Found(usize, Stable),
    /// There it can be kept.
    Free(usize),
    /// It is not to be kept.
    Nowhere,
}

impl Memory {
    pub(super) fn new() -> Self {
        let mut entries = Vec::new();
        entries.resize_with(ENTRIES, Entry::default);
        Self {
            entries,
            gate: Gate::default(),
            known: 0,
        }
    }

    /// Looks for an entry that ends like a record. `settle` is called with an entry whose stable part is about to shrink.
    #[inline]
    pub(super) fn find(
        &mut self,
        plan: &Plan,
        record: &Record<'_>,
        settle: &mut dyn FnMut(&mut Entry),
    ) -> Place {
        if !record.is_plain() || record.len() != plan.head().columns.len() || !self.gate.is_open() {
            return Place::Nowhere;
        }
        let text = record.line();
        if text.len() > MAX_LINE {
            return Place::Nowhere;
        }
        self.gate.looked += 1;
        let least = least_stable(text);
        let place = key(text, least);
        let entry = &mut self.entries[place];
        let ends_alike = |stable: &Stable| {
            let (ours, theirs) = (text.len(), entry.text.len());
            stable.len <= ours
                && starts_at(record, stable.first_cell) == ours - stable.len
                && common_end(text, &entry.text[theirs - stable.len..]) >= stable.len
        };
        if let Some(stable) = entry.stable.filter(ends_alike) {
            return Place::Found(place, stable);
        }
        let Some(stable) = stable_part(plan, record, common_end(text, &entry.text), least) else {
            return Place::Free(place);
        };
        settle(entry);
        entry.stable = Some(stable);
        entry.answers.clear();
        Place::Found(place, stable)
    }

    /// Notes that a row's answer was known.
    pub(super) fn count_known(&mut self) {
        self.gate.paid += 1;
        self.known += 1;
    }

    /// Rows whose answer was known.
    pub(super) fn known(&self) -> u64 {
        self.known
    }

    pub(super) fn entry(&mut self, place: usize) -> &mut Entry {
        &mut self.entries[place]
    }

    /// Keeps a record. `settle` is called with the entry that it takes the place of.
    pub(super) fn keep(
        &mut self,
        place: usize,
        record: &Record<'_>,
        row: &[f32],
        label: u8,
        settle: &mut dyn FnMut(&mut Entry),
    ) {
        let entry = &mut self.entries[place];
        settle(entry);
        entry.text.clear();
        entry.text.extend_from_slice(record.line());
        entry.row.clear();
        entry.row.extend_from_slice(row);
        entry.label = label;
        entry.stable = None;
        entry.answers.clear();
    }

    /// All entries, to settle them at the end.
    pub(super) fn entries(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.entries.iter_mut()
    }
}

impl Entry {
    /// What the model says of the entry with these features changed, if that is known.
    #[inline]
    pub(super) fn answer(&self, changed: &[(usize, f32)]) -> Option<Answer> {
        let known = self.answers.iter().find(|(bounds, _)| bounds.hold(changed));
        known.map(|&(_, answer)| answer)
    }

    /// Whether there is room for another answer.
    pub(super) fn can_learn(&self) -> bool {
        self.answers.len() < ANSWERS
    }

    /// Keeps what the model says within bounds.
    pub(super) fn learn(&mut self, bounds: Bounds, answer: Answer) {
        self.answers.push((bounds, answer));
    }
}

/// The stable part of a record that has `common` bytes at its end in common with another: its whole cells, if they are
/// enough and few features stand before them.
fn stable_part(plan: &Plan, record: &Record<'_>, common: usize, least: usize) -> Option<Stable> {
    let len = record.line().len();
    if common < least {
        return None;
    }
    // The delimiter before the cell is in common too.
    let first_cell = (1..record.len()).find(|&cell| starts_at(record, cell) + common >= len)?;
    let len = len - starts_at(record, first_cell);
    let few = plan.features_before(first_cell) <= Bounds::MOST_FEATURES;
    (few && len >= least).then_some(Stable { first_cell, len })
}

/// Where a record's cell starts with the delimiter before it, from the record's first byte on.
#[inline]
fn starts_at(record: &Record<'_>, cell: usize) -> usize {
    record.span(cell).0 - record.span(0).0 - 1
}

/// How much of a line must be like another's end.
#[inline]
fn least_stable(text: &[u8]) -> usize {
    (text.len() / 4 * 3) & !31
}

/// The place of a line by its last `reach` bytes.
#[inline]
fn key(text: &[u8], reach: usize) -> usize {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let (words, _) = text[text.len() - reach..].as_chunks::<8>();
    let (fours, _) = words.as_chunks::<4>();
    // Four by themselves: one would wait for each multiplication.
    let mut hashes = [0_u64; 4];
    for four in fours {
        for (hash, word) in hashes.iter_mut().zip(four) {
            *hash = (hash.rotate_left(5) ^ u64::from_le_bytes(*word)).wrapping_mul(FACTOR);
        }
    }
    let hash = hashes.iter().fold(0_u64, |all, hash| {
        (all.rotate_left(5) ^ hash).wrapping_mul(FACTOR)
    });
    (hash >> (64 - ENTRIES.ilog2())) as usize
}

/// How many bytes at their ends two texts have in common.
#[inline(never)]
fn common_end(ours: &[u8], theirs: &[u8]) -> usize {
    let most = ours.len().min(theirs.len());
    let (ours, theirs) = (&ours[ours.len() - most..], &theirs[theirs.len() - most..]);
    let (_, our_blocks) = ours.as_rchunks::<32>();
    let (_, their_blocks) = theirs.as_rchunks::<32>();
    let alike = our_blocks
        .iter()
        .rev()
        .zip(their_blocks.iter().rev())
        .take_while(|(ours, theirs)| same(ours, theirs))
        .count();
    let mut common = 32 * alike;
    while common < most && ours[most - 1 - common] == theirs[most - 1 - common] {
        common += 1;
    }
    common
}

/// Without a call, unlike `==`, which is a loop over bytes in wasm.
#[inline]
fn same(ours: &[u8; 32], theirs: &[u8; 32]) -> bool {
    let differing = ours
        .iter()
        .zip(theirs)
        .fold(0, |differing, (our, their)| differing | our ^ their);
    differing == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_end_is_counted_to_the_byte() {
        let text: Vec<u8> = (0..200).collect();
        for common in 0..200 {
            let mut other = text.clone();
            other[199 - common] ^= 1;
            assert_eq!(common_end(&text, &other), common);
            assert_eq!(common_end(&text, &other[199 - common..]), common);
        }
        assert_eq!(common_end(&text, &text[50..]), 150);
    }

    #[test]
    fn looking_rests_where_it_finds_nothing() {
        let mut gate = Gate::default();
        let mut looks = 0;
        for _ in 0..Gate::LOOKS + Gate::REST {
            if gate.is_open() {
                gate.looked += 1;
                looks += 1;
            }
        }
        assert_eq!(looks, Gate::LOOKS);
        assert!(gate.is_open());
    }
}
