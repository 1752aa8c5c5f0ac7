//! Packed files: whatever is packed, however it is cut, any place of it is read as it was.

mod unpack_support;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};
use flowsieve::ErrorKind;
use flowsieve::unpack::{
    Checkpoint, Fault, FaultKind, IndexPass, Method, Packing, Unpacker, WINDOW,
};
use proptest::prelude::*;
use std::io::Write;
use unpack_support::{first_pass, gzip, text};

/// What is read from a checkpoint on, in pieces of `piece` stored bytes.
fn read_from(method: Method, stored: &[u8], checkpoint: &Checkpoint, piece: usize) -> Vec<u8> {
    let mut unpacker = Unpacker::resume(method, checkpoint);
    let mut found = Vec::new();
    for piece in stored[checkpoint.stored as usize..].chunks(piece) {
        let mut piece = piece;
        loop {
            let out = unpacker.read(&mut piece);
            if out.is_empty() {
                break;
            }
            found.extend_from_slice(out);
        }
    }
    found
}

/// All checkpoints lead to what follows them.
fn check(method: Method, stored: &[u8], plain: &[u8], spacing: u64, piece: usize) -> usize {
    let (pass, checkpoints, fault) = first_pass(method, stored, spacing, piece, None);
    assert_eq!(fault, None);
    assert_eq!(
        (pass.unpacked(), pass.stored()),
        (plain.len() as u64, stored.len() as u64)
    );
    assert_eq!(checkpoints[0], Checkpoint::default());
    for checkpoint in &checkpoints {
        let from = checkpoint.unpacked as usize;
        assert!(checkpoint.window.len() <= WINDOW);
        let found = read_from(method, stored, checkpoint, piece.max(100));
        assert!(found == plain[from..], "from {from} on");
    }
    for pair in checkpoints.windows(2) {
        assert!(pair[1].unpacked - pair[0].unpacked >= spacing);
    }
    checkpoints.len()
}

/// Text packed in several members and blocks: one for each cut.
fn members(plain: &[u8], cuts: &[(usize, bool)], level: u32) -> Vec<u8> {
    let new = || GzEncoder::new(Vec::new(), Compression::new(level));
    let (mut stored, mut encoder, mut from) = (Vec::new(), new(), 0);
    for &(cut, ends_member) in cuts {
        encoder.write_all(&plain[from..cut]).unwrap();
        from = cut;
        if ends_member {
            stored.extend(std::mem::replace(&mut encoder, new()).finish().unwrap());
        } else {
            encoder.flush().unwrap();
        }
    }
    encoder.write_all(&plain[from..]).unwrap();
    stored.extend(encoder.finish().unwrap());
    stored
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_place_is_read_as_it_was(
        seed in any::<u64>(),
        len in 0_usize..200_000,
        level in 0_u32..10,
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..12),
        spacing in 1_u64..60_000,
        piece in prop_oneof![1_usize..4, 1_usize..40_000, Just(1 << 20)],
    ) {
        let plain = text(seed, len);
        let mut cuts: Vec<(usize, bool)> =
            cuts.into_iter().map(|(at, ends)| (at.index(len + 1), ends)).collect();
        cuts.sort_unstable();
        let stored = members(&plain, &cuts, level);
        check(Method::Gzip, &stored, &plain, spacing, piece);
    }

    #[test]
    fn any_bytes_are_no_reason_to_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..400),
        at in any::<prop::sample::Index>(),
        piece in 1_usize..100,
    ) {
        let mut stored = gzip(&text(1, 30_000));
        let at = at.index(stored.len());
        let end = stored.len().min(at + bytes.len());
        stored[at..end].copy_from_slice(&bytes[..end - at]);
        for method in [Method::Gzip, Method::Deflate] {
            for stored in [&stored, &bytes] {
                let (pass, checkpoints, _) = first_pass(method, stored, 2000, piece, None);
                for checkpoint in &checkpoints {
                    let found = read_from(method, stored, checkpoint, piece);
                    prop_assert_eq!(checkpoint.unpacked + found.len() as u64, pass.unpacked());
                }
            }
        }
    }
}

#[test]
fn long_streams_have_checkpoints_where_they_are_wanted() {
    let plain = text(3, 3_000_000);
    for level in [4, 6, 9] {
        let n_checkpoints = check(
            Method::Gzip,
            &members(&plain, &[], level),
            &plain,
            200_000,
            65_536,
        );
        assert!(
            (8..=15).contains(&n_checkpoints),
            "{n_checkpoints} at level {level}"
        );
    }
}

#[test]
fn the_frame_of_gzip_may_have_all_that_it_can() {
    let plain = text(4, 1000);
    let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    deflate.write_all(&plain).unwrap();
    let deflate = deflate.finish().unwrap();
    let bare = gzip(&plain);
    let end = &bare[bare.len() - 8..];
    let flags = |flags: u8| [0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 3];
    for (flags, fields) in [
        (flags(0), &b""[..]),
        (flags(1), b""),
        (flags(8), b"conn.log\0"),
        (flags(0b11110), b"\x03\0abcname\0comment\0\x12\x34"),
        (flags(0b00100), b"\0\0"),
        (flags(0b10010), b"\0\x12\x34"),
    ] {
        let stored = [&flags, fields, &deflate, end].concat();
        for piece in [1, 100_000] {
            check(Method::Gzip, &stored, &plain, 100, piece);
        }
    }
    check(Method::Deflate, &deflate, &plain, 100, 7);
    check(Method::Stored, &plain, &plain, 100_000, 7);
}

#[test]
fn what_is_behind_a_member_is_told_apart() {
    let plain = text(5, 5000);
    let stored = gzip(&plain);
    let len = stored.len() as u64;
    let faults = |behind: &[u8]| {
        let stored = [&stored, behind].concat();
        let (pass, _, fault) = first_pass(Method::Gzip, &stored, 1000, 3, None);
        assert_eq!(pass.unpacked(), plain.len() as u64);
        fault.map(|Fault { kind, stored }| (kind, stored))
    };
    assert_eq!(faults(b""), None);
    assert_eq!(faults(&[0; 512]), None);
    assert_eq!(faults(b"\0\0junk"), Some((FaultKind::NotGzip, len + 2)));
    assert_eq!(faults(b"\x1f\x8bjunk"), Some((FaultKind::NotGzip, len)));
    assert_eq!(faults(b"\x1f\x8b"), Some((FaultKind::Truncated, len + 2)));
    let behind_junk = Fault {
        kind: FaultKind::NotGzip,
        stored: len,
    };
    assert!(!behind_junk.is_loss());
}

#[test]
fn of_a_stream_that_breaks_off_everything_before_is_there() {
    let plain = text(6, 60_000);
    let stored = gzip(&plain);
    let mut came_out = 0;
    for len in (1..stored.len())
        .step_by(97)
        .chain(stored.len() - 9..stored.len())
    {
        let (pass, checkpoints, fault) =
            first_pass(Method::Gzip, &stored[..len], 10_000, 1000, None);
        let expected = Fault {
            kind: FaultKind::Truncated,
            stored: len as u64,
        };
        assert_eq!(fault, Some(expected), "{len} bytes");
        assert!(expected.is_loss() && expected.message(0).contains(&format!("byte {len}")));
        assert!(pass.unpacked() >= came_out);
        came_out = pass.unpacked();
        let found = read_from(Method::Gzip, &stored[..len], &checkpoints[0], 500);
        assert_eq!(found, plain[..came_out as usize]);
    }
    assert_eq!(came_out, plain.len() as u64);
}

#[test]
fn what_changed_is_noticed() {
    let plain = text(7, 60_000);
    let stored = gzip(&plain);
    let fault = |at: usize, byte: u8| {
        let mut stored = stored.clone();
        stored[at] ^= byte;
        first_pass(Method::Gzip, &stored, 10_000, 1000, None)
            .2
            .map(|fault| fault.kind)
    };
    let end = stored.len();
    assert_eq!(fault(end - 8, 1), Some(FaultKind::Checksum));
    assert_eq!(fault(end - 1, 1), Some(FaultKind::Checksum));
    assert_eq!(fault(0, 1), Some(FaultKind::NotGzip));
    assert_eq!(fault(3, 0x80), Some(FaultKind::NotGzip));
    assert!(fault(end / 2, 0xff).is_some());
    // The member behind one whose checksum is wrong is read all the same.
    let mut two = [&stored[..], &stored].concat();
    two[end - 8] ^= 1;
    let (pass, _, found) = first_pass(Method::Gzip, &two, 10_000, 1000, None);
    let expected = Fault {
        kind: FaultKind::Checksum,
        stored: end as u64,
    };
    assert_eq!((pass.unpacked(), found), (120_000, Some(expected)));
    // What an archive says counts as well.
    let (_, _, found) = first_pass(Method::Stored, &plain, 1 << 20, 1000, Some((1, 60_000)));
    assert_eq!(found.map(|fault| fault.kind), Some(FaultKind::Checksum));
}

#[test]
fn what_is_made_to_burst_is_refused_early() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b'0'; 1 << 20];
    for _ in 0..256 {
        encoder.write_all(&zeros).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    let mut pass = IndexPass::new(Method::Gzip, 4 << 20, None);
    let refused = bomb.chunks(10_000).find_map(|piece| pass.push(piece).err());
    assert_eq!(
        refused.map(|error| error.kind()),
        Some(ErrorKind::UnpackLimit)
    );
    assert!(pass.unpacked() < 66 << 20, "{}", pass.unpacked());
}

#[test]
fn packing_is_told_by_the_first_bytes() {
    assert_eq!(Packing::of(&gzip(b"a")), Packing::Gzip);
    assert_eq!(Packing::of(b"PK\x03\x04..."), Packing::Zip);
    assert_eq!(Packing::of(b"PK\x05\x06..."), Packing::Zip);
    for plain in [&b"PK"[..], b"", b"PKG,size\n", b"\x1f\x8b", b"ts,uid\n"] {
        assert_eq!(Packing::of(plain), Packing::Plain);
    }
}

#[test]
fn a_member_that_refers_to_one_before_it_reads_the_same_from_anywhere() {
    let first = gzip(b"abc\n");
    // Fixed codes: three bytes from one byte back, before anything came out of this member, and the end.
    let mut stored = first.clone();
    stored.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 0x03, 0x02, 0x00]);
    stored.extend_from_slice(&crc32fast::hash(&[0; 3]).to_le_bytes());
    stored.extend_from_slice(&3_u32.to_le_bytes());
    let at_member = Checkpoint {
        stored: first.len() as u64,
        unpacked: 4,
        ..Checkpoint::default()
    };
    let whole = read_from(Method::Gzip, &stored, &Checkpoint::default(), 1000);
    assert_eq!(whole, b"abc\n\0\0\0");
    assert_eq!(
        read_from(Method::Gzip, &stored, &at_member, 1000),
        &whole[4..]
    );
}
