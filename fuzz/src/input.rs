//! One input of the fuzzer: a file, and how it is cut.

use crate::model_support::Random;

/// The most slices: as many as the page has workers at most.
const MAX_SLICES: usize = 8;
/// How many bytes at the end of an input say how its file is cut: how many slices, a seed for the sizes of chunks and the
/// order of workers, and where each slice but the first begins.
const CUT_BYTES: usize = 2 + 2 * (MAX_SLICES - 1);

/// A file and its cuts. They stand behind it, so that the start of a file is the start of its input.
pub(crate) struct Input<'a> {
    pub(crate) file: &'a [u8],
    cuts: &'a [u8],
}

impl<'a> Input<'a> {
    /// `None` where there are too few bytes for the cuts.
    pub(crate) fn of(data: &'a [u8]) -> Option<Self> {
        let (file, cuts) = data.split_at_checked(data.len().checked_sub(CUT_BYTES)?)?;
        Some(Self { file, cuts })
    }

    /// Puts an input together, with some cuts.
    pub(crate) fn with_cuts(file: &[u8], random: &mut Random) -> Vec<u8> {
        let cuts = (0..CUT_BYTES).map(|_| random.next() as u8);
        file.iter().copied().chain(cuts).collect()
    }

    /// Begin of each slice, then the file's end.
    pub(crate) fn bounds(&self, data_start: u64) -> Vec<u64> {
        let end = self.file.len() as u64;
        let n_slices = 1 + usize::from(self.cuts[0]) % MAX_SLICES;
        let mut bounds: Vec<u64> = self.cuts[2..]
            .chunks_exact(2)
            .take(n_slices - 1)
            .map(|cut| {
                let cut = u64::from(u16::from_le_bytes([cut[0], cut[1]]));
                data_start + cut % (end - data_start).max(1)
            })
            .chain([data_start, end])
            .collect();
        bounds.sort_unstable();
        bounds.dedup();
        bounds
    }

    /// For what else is arbitrary about reading the file.
    pub(crate) fn random(&self) -> Random {
        Random(u64::from(self.cuts[1]))
    }
}
