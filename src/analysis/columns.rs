//! Results per row: a few bytes each.

use super::{CLASS_REJECTED, ROWS_PER_OFFSET};

/// The results of one slice, one entry a row, rejects included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SliceColumns {
    /// The class predicted, or [`CLASS_REJECTED`].
    pub class: Vec<u8>,
    /// The class of the label, [`LABEL_NONE`](super::LABEL_NONE) or [`LABEL_UNKNOWN`](super::LABEL_UNKNOWN).
    pub label: Vec<u8>,
    /// Probability of the class predicted × 65535.
    pub confidence: Vec<u16>,
    /// Rank of the isolation forest's score among the training rows'.
    pub rank: Vec<u16>,
    /// Offset of the row in the file, from the slice's first record on. A slice is shorter than 4 GiB.
    pub offsets: Vec<u32>,
}

/// The results of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultColumns {
    /// The class predicted, or [`CLASS_REJECTED`].
    pub class: Vec<u8>,
    /// The class of the label.
    pub label: Vec<u8>,
    /// Probability of the class predicted × 65535.
    pub confidence: Vec<u16>,
    /// Rank of the isolation forest's score.
    pub rank: Vec<u16>,
    /// Offset in the file of every [`ROWS_PER_OFFSET`]th row.
    pub offsets: Vec<u64>,
    /// One bit a row, the lowest first: rejected.
    pub rejected: Vec<u8>,
}

impl ResultColumns {
    /// Adds a slice's rows; slices come in the order of the file. `first_record` is where the slice's rows start.
    pub fn append(&mut self, slice: &SliceColumns, first_record: u64) {
        let base = self.class.len();
        for (i, (&class, &offset)) in slice.class.iter().zip(&slice.offsets).enumerate() {
            let row = base + i;
            if row.is_multiple_of(ROWS_PER_OFFSET) {
                self.offsets.push(first_record + u64::from(offset));
            }
            if row.is_multiple_of(8) {
                self.rejected.push(0);
            }
            self.rejected[row / 8] |= u8::from(class == CLASS_REJECTED) << (row % 8);
        }
        self.class.extend_from_slice(&slice.class);
        self.label.extend_from_slice(&slice.label);
        self.confidence.extend_from_slice(&slice.confidence);
        self.rank.extend_from_slice(&slice.rank);
    }

    /// The bytes over which results are compared: class, label, confidence, rank, offsets, rejected, one column after
    /// another, integers little endian.
    pub fn digest_parts(&self) -> [Vec<u8>; 6] {
        let shorts = |values: &[u16]| {
            values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect()
        };
        [
            self.class.clone(),
            self.label.clone(),
            shorts(&self.confidence),
            shorts(&self.rank),
            self.offsets
                .iter()
                .flat_map(|offset| offset.to_le_bytes())
                .collect(),
            self.rejected.clone(),
        ]
    }
}
