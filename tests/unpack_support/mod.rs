//! Texts to pack, and the first pass over them.

// Each test uses a part of it.
#![allow(dead_code)]

use flate2::Compression;
use flate2::write::GzEncoder;
use flowsieve::unpack::{Checkpoint, Fault, IndexPass, Method};
use std::io::Write;

/// Rows of numbers that resemble each other, as flows do.
pub(crate) fn text(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut text = Vec::with_capacity(len + 40);
    while text.len() < len {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let (a, b) = (state >> 60, state >> 44 & 0xfff);
        writeln!(text, "tcp,{a},{b}.5,S{},{:x}", a % 3, state >> 32).unwrap();
    }
    text.truncate(len);
    text
}

/// One member.
pub(crate) fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// The first pass in pieces of `piece` bytes.
pub(crate) fn first_pass(
    method: Method,
    stored: &[u8],
    spacing: u64,
    piece: usize,
    expected: Option<(u32, u64)>,
) -> (IndexPass, Vec<Checkpoint>, Option<Fault>) {
    let mut pass = IndexPass::new(method, spacing, expected);
    for piece in stored.chunks(piece) {
        pass.push(piece).expect("within the limits");
    }
    let fault = pass.finish();
    let checkpoints = pass.take_checkpoints();
    (pass, checkpoints, fault)
}
