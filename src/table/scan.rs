//! Delimiters, line ends and quotes, found 64 bytes at a time.
//!
//! Each block of 64 bytes is compared with the four bytes that matter, 16 at a time; the comparisons become bitmasks of
//! 64, and only set bits are visited. A line feed right after a carriage return belongs to the line end before it.

use wide::u8x16;

/// Where the structure of a buffer is: indices into the buffer, in order.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Every delimiter and every line end, quoted or not.
    pub(super) ends: Vec<u32>,
    /// Indices into `ends` of those that are line ends.
    pub(super) line_ends: Vec<u32>,
    /// Every quote, where the dialect has any.
    pub(super) quotes: Vec<u32>,
}

impl Marks {
    /// Adds the marks of `buffer[from..]`. The byte before `from`, if any, tells whether a line feed belongs to it.
    pub(super) fn scan(&mut self, buffer: &[u8], from: usize, delimiter: u8, quotes: bool) {
        let mut after_return = u64::from(from > 0 && buffer[from - 1] == b'\r');
        let kept_quotes = if quotes { u64::MAX } else { 0 };
        let mut base = from;
        let mut blocks = buffer[from..].chunks_exact(64);
        for block in &mut blocks {
            let mut masks = Masks::of(block, delimiter);
            masks.quotes &= kept_quotes;
            after_return = self.add(base, &masks, after_return);
            base += 64;
        }
        let rest = blocks.remainder();
        if !rest.is_empty() {
            // Padded with a byte that means nothing in any dialect.
            let mut block = [0_u8; 64];
            block[..rest.len()].copy_from_slice(rest);
            let mut masks = Masks::of(&block, delimiter);
            masks.quotes &= kept_quotes;
            self.add(base, &masks, after_return);
        }
    }

    fn add(&mut self, base: usize, masks: &Masks, after_return: u64) -> u64 {
        let line_ends = masks.returns | (masks.feeds & !(masks.returns << 1 | after_return));
        let ends = masks.delimiters | line_ends;
        let first = self.ends.len();
        push_bits(&mut self.ends, base, ends);
        let mut bits = line_ends;
        while bits != 0 {
            let below = bits.wrapping_sub(1) & !bits;
            self.line_ends
                .push(first as u32 + (ends & below).count_ones());
            bits &= bits - 1;
        }
        let mut bits = masks.quotes;
        while bits != 0 {
            self.quotes.push(base as u32 + bits.trailing_zeros());
            bits &= bits - 1;
        }
        masks.returns >> 63
    }

    /// Forgets the marks before index `consumed` and moves the others down by `shift`.
    pub(super) fn drop_before(&mut self, consumed: usize, shift: usize) {
        let first = self.ends.partition_point(|&i| (i as usize) < consumed);
        let line_end = self.line_ends.partition_point(|&i| (i as usize) < first);
        let quote = self.quotes.partition_point(|&i| (i as usize) < consumed);
        drop_first(&mut self.ends, first, shift);
        drop_first(&mut self.line_ends, line_end, first);
        drop_first(&mut self.quotes, quote, shift);
    }
}

/// Removes the first `count` values and lowers the others by `shift`.
fn drop_first(values: &mut Vec<u32>, count: usize, shift: usize) {
    values.drain(..count);
    for value in values {
        *value -= shift as u32;
    }
}

/// Pushes `base` + the index of each set bit. Writes eight at a time, beyond the last one where need be, which costs
/// less than a loop whose length is hard to predict.
fn push_bits(out: &mut Vec<u32>, base: usize, mut bits: u64) {
    let len = out.len();
    let count = bits.count_ones() as usize;
    out.resize(len + 64, 0);
    let slots = &mut out[len..len + 64];
    for chunk in slots.chunks_exact_mut(8).take(count.div_ceil(8)) {
        for slot in chunk {
            *slot = base as u32 + bits.trailing_zeros();
            bits &= bits.wrapping_sub(1);
        }
    }
    out.truncate(len + count);
}

/// One bit a byte of a block.
struct Masks {
    delimiters: u64,
    feeds: u64,
    returns: u64,
    quotes: u64,
}

impl Masks {
    fn of(block: &[u8], delimiter: u8) -> Self {
        let mut masks = Self {
            delimiters: 0,
            feeds: 0,
            returns: 0,
            quotes: 0,
        };
        for (i, lane) in block.chunks_exact(16).enumerate() {
            let mut bytes = [0_u8; 16];
            bytes.copy_from_slice(lane);
            let lane = u8x16::new(bytes);
            let bits =
                |byte: u8| u64::from(lane.simd_eq(u8x16::splat(byte)).to_bitmask()) << (16 * i);
            masks.delimiters |= bits(delimiter);
            masks.feeds |= bits(b'\n');
            masks.returns |= bits(b'\r');
            masks.quotes |= bits(b'"');
        }
        masks
    }
}
