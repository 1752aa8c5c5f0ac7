//! Model files under right checksums.

#![no_main]

use flowsieve_fuzz::packs;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| packs::check(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    packs::mutate(data, size, max_size, seed, fuzzer_mutate)
});
