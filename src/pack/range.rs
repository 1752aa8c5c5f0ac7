//! A binary range coder: bits in a fraction of a bit each, where they can be foretold.
//!
//! Each bit is written with a [`Bit`], which learns how likely a 1 is from the bits that went before it. A reader learns the
//! same from what it reads, so the two always agree. The coder is that of LZMA (Igor Pavlov's `lzma.txt`) without the byte
//! that is always 0 at its start: probabilities have twelve bits, the range is kept above 2²⁴, and a carry runs through the
//! bytes that wait for it. `docs/pack-format.md` specifies it to the bit.

/// How likely a bit is 0, as far as is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bit {
    /// Of 65,536.
    zero: u16,
    seen: u8,
}

impl Bit {
    pub(super) const NEW: Self = Self {
        zero: 1 << 15,
        seen: 0,
    };
    /// How far it moves, of 65,536, after as many bits as the place in the list: the first time half the way, then ever
    /// less, down to a thirty-second.
    const RATES: [u16; 31] = {
        let mut rates = [0; 31];
        let mut seen = 0;
        while seen < rates.len() {
            rates[seen] = (65_536 / (seen + 2)) as u16;
            seen += 1;
        }
        rates
    };

    fn probability(self) -> u32 {
        u32::from(self.zero) >> 4
    }

    /// Moves towards what came.
    fn learn(&mut self, bit: bool) {
        let target = if bit { 32 } else { 65_504 };
        let seen = usize::from(self.seen).min(Self::RATES.len() - 1);
        let zero = i32::from(self.zero);
        let step = ((target - zero) * i32::from(Self::RATES[seen])) >> 16;
        self.zero = (zero + step) as u16;
        self.seen = seen as u8 + 1;
    }
}

/// Writes bits, or reads them.
pub(super) trait Coder {
    /// As [`code`](Self::code), in line.
    fn code_in_line(&mut self, model: &mut Bit, bit: bool) -> bool;

    /// Writes a bit and gives it back; a reader reads one instead, whatever it is given.
    // A call, and so is what follows: inlined wherever a bit is read, they are a kilobyte of the page.
    #[inline(never)]
    fn code(&mut self, model: &mut Bit, bit: bool) -> bool {
        self.code_in_line(model, bit)
    }

    /// A number of so many bits, the highest first; each bit has a model of its own for each that may go before it, so
    /// `models` holds 2^`bits`.
    #[inline(never)]
    fn number(&mut self, models: &mut [Bit], bits: u32, value: u32) -> u32 {
        let mut node = 1;
        for place in (0..bits).rev() {
            let bit = self.code_in_line(&mut models[node], value >> place & 1 == 1);
            node = 2 * node + usize::from(bit);
        }
        node as u32 - (1 << bits)
    }
}

/// Below this the range is widened by a byte.
const LEAST_RANGE: u32 = 1 << 24;

/// Writes.
pub(super) struct Encoder {
    out: Vec<u8>,
    low: u64,
    range: u32,
    /// The byte that a carry may still change, and how many of 0xFF wait behind it; none at the start.
    waiting: Option<u8>,
    full: usize,
}

impl Encoder {
    pub(super) fn new() -> Self {
        Self {
            out: Vec::new(),
            low: 0,
            range: u32::MAX,
            waiting: None,
            full: 0,
        }
    }

    /// What was written.
    pub(super) fn finish(mut self) -> Vec<u8> {
        for _ in 0..5 {
            self.shift();
        }
        self.out
    }

    /// Takes the highest byte off `low`, and writes what no carry can change any more.
    fn shift(&mut self) {
        let carry = (self.low >> 32) as u8;
        let highest = (self.low >> 24) as u8;
        if carry == 0 && highest == 0xff {
            self.full += 1;
        } else {
            if let Some(waiting) = self.waiting {
                self.out.push(waiting + carry);
            }
            let filled = self.out.len() + std::mem::take(&mut self.full);
            self.out.resize(filled, 0xff_u8.wrapping_add(carry));
            self.waiting = Some(highest);
        }
        self.low = (self.low & 0x00ff_ffff) << 8;
    }
}

impl Coder for Encoder {
    #[inline]
    fn code_in_line(&mut self, model: &mut Bit, bit: bool) -> bool {
        let bound = (self.range >> 12) * model.probability();
        if bit {
            self.low += u64::from(bound);
            self.range -= bound;
        } else {
            self.range = bound;
        }
        model.learn(bit);
        while self.range < LEAST_RANGE {
            self.range <<= 8;
            self.shift();
        }
        bit
    }
}

/// Reads.
pub(super) struct Decoder<'a> {
    rest: &'a [u8],
    code: u32,
    range: u32,
    /// Whether more was read than there is.
    over: bool,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = Self {
            rest: bytes,
            code: 0,
            range: u32::MAX,
            over: false,
        };
        for _ in 0..4 {
            decoder.shift();
        }
        decoder
    }

    /// Whether more was read than there is: from there on bits mean nothing.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Whether all was read, and ends as a writer ends it.
    pub(super) fn is_finished(&self) -> bool {
        !self.over && self.rest.is_empty() && self.code == 0
    }

    fn shift(&mut self) {
        let byte = if let [first, rest @ ..] = self.rest {
            self.rest = rest;
            *first
        } else {
            self.over = true;
            0
        };
        self.code = self.code << 8 | u32::from(byte);
    }
}

impl Coder for Decoder<'_> {
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn code_in_line(&mut self, model: &mut Bit, _bit: bool) -> bool {
        let bound = (self.range >> 12) * model.probability();
        let bit = self.code >= bound;
        if bit {
            self.code -= bound;
            self.range -= bound;
        } else {
            self.range = bound;
        }
        model.learn(bit);
        while self.range < LEAST_RANGE {
            self.range <<= 8;
            self.shift();
        }
        bit
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(bits: &[(usize, bool)]) -> Vec<u8> {
        let mut encoder = Encoder::new();
        let mut models = [Bit::NEW; 4];
        for &(model, bit) in bits {
            encoder.code(&mut models[model], bit);
        }
        encoder.finish()
    }

    proptest! {
        #[test]
        fn bits_come_back_and_nothing_is_left(
            bits in prop::collection::vec((0usize..4, prop::bool::weighted(0.03)), 0..4000),
        ) {
            let bytes = written(&bits);
            let mut decoder = Decoder::new(&bytes);
            let mut models = [Bit::NEW; 4];
            for &(model, bit) in &bits {
                prop_assert_eq!(decoder.code(&mut models[model], false), bit);
            }
            prop_assert!(decoder.is_finished());
        }

        #[test]
        fn numbers_come_back(values in prop::collection::vec(0u32..1 << 13, 0..500)) {
            let mut encoder = Encoder::new();
            let mut models = vec![Bit::NEW; 1 << 13];
            for &value in &values {
                prop_assert_eq!(encoder.number(&mut models, 13, value), value);
            }
            let bytes = encoder.finish();
            let mut decoder = Decoder::new(&bytes);
            let mut models = vec![Bit::NEW; 1 << 13];
            for &value in &values {
                prop_assert_eq!(decoder.number(&mut models, 13, 0), value);
            }
            prop_assert!(decoder.is_finished());
        }
    }

    #[test]
    fn what_can_be_foretold_takes_little_room() {
        assert!(written(&[(0, true); 80_000]).len() < 200);
    }

    #[test]
    fn a_carry_runs_through_waiting_bytes() {
        // Bits of both kinds that are hard to foretell, long enough for 0xFF to be followed by a carry.
        let mut state = 1u32;
        let bits: Vec<(usize, bool)> = (0..400_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (0, state >> 31 == 1)
            })
            .collect();
        let bytes = written(&bits);
        let mut decoder = Decoder::new(&bytes);
        let mut model = Bit::NEW;
        assert!(
            bits.iter()
                .all(|&(_, bit)| decoder.code(&mut model, false) == bit)
        );
        assert!(decoder.is_finished());
    }

    #[test]
    fn reading_on_is_noticed() {
        let bytes = written(&[(0, true), (0, false)]);
        let mut decoder = Decoder::new(&bytes[..bytes.len() - 1]);
        assert!(decoder.is_over());
        let mut decoder_of_all = Decoder::new(&bytes);
        let mut models = [Bit::NEW; 1];
        for _ in 0..2 {
            decoder_of_all.code(&mut models[0], false);
            decoder.code(&mut models[0], false);
        }
        assert!(!decoder.is_finished());
    }
}
