//! The Gaussian kernel over training rows: `exp(−γ · squared distance)`, and its matrix a row at a time.

use super::rows::Rows;

/// How many rows' distances are summed side by side. Sums of one row stay in the features' order, so the width changes
/// nothing but the speed.
const LANES: usize = 8;

/// The kernel of two rows at a squared distance.
pub(super) fn gaussian(gamma: f64, squared_distance: f64) -> f64 {
    libm::exp(-gamma * squared_distance)
}

/// The squared distance of two rows.
pub(super) fn squared_distance(one: &[f32], other: &[f32]) -> f64 {
    let mut sum = 0.0;
    for (&a, &b) in one.iter().zip(other) {
        let difference = f64::from(a) - f64::from(b);
        sum += difference * difference;
    }
    sum
}

/// Rows laid out for distances to all of them at once.
pub(super) struct Blocks {
    n_rows: usize,
    n_features: usize,
    /// Blocks of [`LANES`] rows, in each block feature by feature; the last one is filled up with zeros.
    values: Vec<[f64; LANES]>,
    row: Vec<f64>,
    distances: Vec<[f64; LANES]>,
}

impl Blocks {
    pub(super) fn new(rows: &Rows) -> Self {
        let (n_rows, n_features) = (rows.len(), rows.n_features());
        let n_blocks = n_rows.div_ceil(LANES);
        let mut values = vec![[0.0; LANES]; n_blocks * n_features];
        for row_idx in 0..n_rows {
            let block = &mut values[row_idx / LANES * n_features..][..n_features];
            for (lanes, &value) in block.iter_mut().zip(rows.row(row_idx)) {
                lanes[row_idx % LANES] = f64::from(value);
            }
        }
        Self {
            n_rows,
            n_features,
            values,
            row: vec![0.0; n_features],
            distances: vec![[0.0; LANES]; n_blocks],
        }
    }

    /// The squared distance of one of the rows to each.
    pub(super) fn squared_distances_to(&mut self, row_idx: usize) -> &[f64] {
        let block = &self.values[row_idx / LANES * self.n_features..][..self.n_features];
        for (value, lanes) in self.row.iter_mut().zip(block) {
            *value = lanes[row_idx % LANES];
        }
        let blocks = self.values.chunks_exact(self.n_features);
        for (block, sums) in blocks.zip(&mut self.distances) {
            let mut sum = [0.0; LANES];
            for (lanes, &value) in block.iter().zip(&self.row) {
                for lane in 0..LANES {
                    let difference = lanes[lane] - value;
                    sum[lane] += difference * difference;
                }
            }
            *sums = sum;
        }
        &self.distances.as_flattened()[..self.n_rows]
    }
}

/// Rows of the kernel matrix, computed when they are first asked for; those used last are kept.
///
/// Values are kept in 32 bits, as libsvm does: half the memory, and an error far below any tolerance.
pub(super) struct KernelRows {
    gamma: f64,
    blocks: Blocks,
    /// Where a row is kept, or [`NOWHERE`].
    slot_of_row: Vec<u32>,
    slots: Vec<Slot>,
    values: Vec<f32>,
    max_slots: usize,
    clock: u64,
}

struct Slot {
    row_idx: usize,
    used: u64,
}

const NOWHERE: u32 = u32::MAX;

impl KernelRows {
    /// The matrix over `rows`, of which at most `max_bytes` are kept, but at least two rows.
    pub(super) fn new(rows: &Rows, gamma: f64, max_bytes: usize) -> Self {
        let n_rows = rows.len();
        Self {
            gamma,
            blocks: Blocks::new(rows),
            slot_of_row: vec![NOWHERE; n_rows],
            slots: Vec::new(),
            values: Vec::new(),
            max_slots: (max_bytes / (size_of::<f32>() * n_rows)).clamp(2, n_rows.max(2)),
            clock: 0,
        }
    }

    pub(super) fn n_rows(&self) -> usize {
        self.blocks.n_rows
    }

    /// Makes a row ready for [`Self::row`]. It stays so while no more than one other is asked for.
    pub(super) fn prepare(&mut self, row_idx: usize) {
        self.clock += 1;
        let slot = self.slot_of_row[row_idx];
        if slot != NOWHERE {
            self.slots[slot as usize].used = self.clock;
            return;
        }
        let slot = self.free_slot();
        self.slots[slot] = Slot {
            row_idx,
            used: self.clock,
        };
        self.slot_of_row[row_idx] = slot as u32;
        self.compute(row_idx, slot);
    }

    /// A row that [`Self::prepare`] has made ready: its kernel with every row.
    pub(super) fn row(&self, row_idx: usize) -> &[f32] {
        &self.values[self.slot_of_row[row_idx] as usize * self.n_rows()..][..self.n_rows()]
    }

    /// A new slot while there is room, else the one that was used least recently.
    fn free_slot(&mut self) -> usize {
        if self.slots.len() < self.max_slots {
            self.slots.push(Slot {
                row_idx: 0,
                used: 0,
            });
            self.values
                .resize(self.slots.len() * self.blocks.n_rows, 0.0);
            return self.slots.len() - 1;
        }
        let mut oldest = 0;
        for (place, slot) in self.slots.iter().enumerate() {
            if slot.used < self.slots[oldest].used {
                oldest = place;
            }
        }
        self.slot_of_row[self.slots[oldest].row_idx] = NOWHERE;
        oldest
    }

    fn compute(&mut self, row_idx: usize, slot: usize) {
        let n_rows = self.n_rows();
        let kept = &mut self.values[slot * n_rows..][..n_rows];
        let distances = self.blocks.squared_distances_to(row_idx);
        for (value, &distance) in kept.iter_mut().zip(distances) {
            *value = gaussian(self.gamma, distance) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_those_of_the_kernel_however_few_are_kept() {
        let columns: Vec<Vec<f32>> = (0..3u16)
            .map(|feature| {
                (0..21u16)
                    .map(|row| f32::from((row * 7 + feature * 5) % 11) * 0.25)
                    .collect()
            })
            .collect();
        let row_idxs: Vec<u32> = (0..21).collect();
        let rows = Rows::gather(&columns, &row_idxs).expect("finite");
        for max_bytes in [0, 500, 1 << 20] {
            let mut kernel = KernelRows::new(&rows, 0.7, max_bytes);
            for (i, j) in [(0, 20), (5, 0), (20, 5), (7, 7), (13, 0), (0, 1)] {
                kernel.prepare(i);
                kernel.prepare(j);
                for (one, other) in [(i, j), (j, i), (i, i)] {
                    let distance = squared_distance(rows.row(one), rows.row(other));
                    assert_eq!(kernel.row(one)[other], gaussian(0.7, distance) as f32);
                }
            }
        }
    }
}
