//! Model files that are broken, too new or made to do harm: each is refused with a typed error, none panics.

mod model_support;
mod pack_sections;

use flowsieve::ErrorKind::{PackDamaged, PackNotAPack, PackTooNew};
use flowsieve::model::card::Card;
use flowsieve::{ErrorKind, pack};
use pack_sections::{
    DEFLATED, MANDATORY, Section, check_refused, load, put_together, small, small_file, take_apart,
};
#[test]
fn a_pack_put_together_by_hand_is_the_same() {
    let file = small_file();
    assert_eq!(put_together(1, &take_apart(&file)), file);
    load(&file).unwrap();
}

#[test]
fn other_files_are_no_packs() {
    let others: &[(&str, &[u8])] = &[
        ("an empty file", b""),
        ("a text file", b"Dear Sir or Madam,\n"),
        ("a CSV", b"id,proto,label\n1,tcp,benign\n"),
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("a gzip file", b"\x1f\x8b\x08\0\0\0\0\0"),
        ("zeros", &[0; 64]),
        ("a pack with its line end rewritten", b"\x89SIEVE\n\x01\0"),
    ];
    for (what, bytes) in others {
        check_refused(bytes, PackNotAPack, what);
        assert_eq!(
            pack::sections(bytes).unwrap_err().kind(),
            PackNotAPack,
            "{what}"
        );
    }
}

#[test]
fn a_file_cut_off_anywhere_is_damaged() {
    let file = small_file();
    for len in 1..file.len() {
        check_refused(&file[..len], PackDamaged, &format!("{len} bytes"));
    }
    let longer = [&file[..], &[0]].concat();
    check_refused(&longer, PackDamaged, "a byte too many");
}

#[test]
fn every_flipped_bit_is_noticed() {
    let file = small_file();
    for bit in 0..8 * file.len() {
        let mut flipped = file.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let kind = if bit < 64 { PackNotAPack } else { PackDamaged };
        check_refused(&flipped, kind, &format!("bit {bit}"));
    }
}

#[test]
fn other_versions_are_refused_with_the_reason() {
    let sections = take_apart(&small_file());
    check_refused(&put_together(0, &sections), PackDamaged, "version 0");
    check_refused(&put_together(2, &sections), PackTooNew, "version 2");
    let error = load(&put_together(7, &sections)).unwrap_err().to_string();
    assert!(
        error.contains("format version 7") && error.contains("newest"),
        "{error}"
    );

    // Behind its first 24 bytes a newer file may look like anything.
    let mut strange = put_together(u16::MAX, &[]);
    strange[12..16].copy_from_slice(&[9; 4]);
    let crc = crc32fast::hash(&strange[..20]).to_le_bytes();
    strange[20..24].copy_from_slice(&crc);
    strange.extend_from_slice(b"whatever");
    check_refused(&strange, PackTooNew, "a newer layout");
}

#[test]
fn sections_that_are_not_known_are_skipped_or_refused() {
    let good = small();
    let mut sections = take_apart(&small_file());
    for (flags, raw_len) in [(0, 3), (DEFLATED, u32::MAX), (0xffff_fffe, 0)] {
        let extra = Section {
            raw_len,
            ..Section::plain(*b"XTRA", flags, b"abc")
        };
        sections.insert(1, extra);
        let file = put_together(1, &sections);
        let read = pack::read(&file).unwrap();
        assert_eq!(format!("{read:?}"), format!("{good:?}"));
        let listed = pack::sections(&file).unwrap();
        assert_eq!((listed[1].tag.as_str(), listed[1].bytes), ("XTRA", 3));
        sections.remove(1);
    }

    sections.push(Section::plain(*b"LOF1", MANDATORY, b"abc"));
    let file = put_together(1, &sections);
    check_refused(&file, PackTooNew, "a mandatory section");
    assert!(load(&file).unwrap_err().to_string().contains("LOF1"));
    sections.pop();

    sections[4].flags |= 4;
    check_refused(
        &put_together(1, &sections),
        PackTooNew,
        "a flag that is not known",
    );
}

#[test]
fn the_order_of_sections_does_not_matter_but_their_number_does() {
    let good = take_apart(&small_file());
    let mut reversed = good.clone();
    reversed.reverse();
    load(&put_together(1, &reversed)).unwrap();

    for left_out in 0..good.len() {
        let mut sections = good.clone();
        let tag = sections.remove(left_out).tag;
        let file = put_together(1, &sections);
        match &tag {
            b"CARD" => {
                let found = load(&file).unwrap().spec().card.clone();
                // What has sections of its own is there.
                let expected = Card {
                    calibration: found.calibration.clone(),
                    size_curve: found.size_curve.clone(),
                    ..Card::default()
                };
                assert_eq!(found, expected);
            }
            b"CERR" => assert_eq!(load(&file).unwrap().spec().card.calibration, None),
            b"SIZE" => assert_eq!(load(&file).unwrap().spec().card.size_curve, None),
            // Without its detector the model gives no ranks, without its calibration other probabilities, and its self-test
            // rows say so.
            b"ISOF" | b"CALB" => check_refused(&file, ErrorKind::PackSelfTest, "no ISOF or CALB"),
            _ => check_refused(&file, PackDamaged, &format!("no {tag:?}")),
        }
        let mut sections = good.clone();
        sections.push(good[left_out].clone());
        check_refused(&put_together(1, &sections), PackDamaged, "a section twice");
    }
    let many: Vec<Section> = (0..65)
        .map(|n| Section::plain([b'A' + n / 26, b'A' + n % 26, b'0', b'0'], 0, b""))
        .collect();
    check_refused(&put_together(1, &many), PackDamaged, "65 sections");
    let odd = Section::plain(*b"a\nb!", 0, b"");
    check_refused(&put_together(1, &[odd]), PackDamaged, "an odd tag");
}

#[test]
fn lengths_of_sections_that_lie_are_damage() {
    let good = take_apart(&small_file());
    let forest = good
        .iter()
        .position(|section| &section.tag == b"FRST")
        .unwrap();
    for raw_len in [
        0,
        1,
        good[forest].raw_len - 1,
        good[forest].raw_len + 1,
        u32::MAX,
    ] {
        let mut sections = good.clone();
        sections[forest].raw_len = raw_len;
        check_refused(
            &put_together(1, &sections),
            PackDamaged,
            &format!("raw length {raw_len}"),
        );
    }
    // A section that claims bytes of the one behind it, or of nobody.
    for len in [0, 5, 100_000, u32::MAX] {
        let mut file = put_together(1, &good);
        file[24 + 8..24 + 12].copy_from_slice(&len.to_le_bytes());
        let table_len = 20 * good.len();
        let crc = crc32fast::hash(&file[24..24 + table_len]).to_le_bytes();
        file[16..20].copy_from_slice(&crc);
        let crc = crc32fast::hash(&file[..20]).to_le_bytes();
        file[20..24].copy_from_slice(&crc);
        check_refused(&file, PackDamaged, &format!("length {len}"));
    }
}

#[test]
fn bombs_do_not_go_off() {
    let good = take_apart(&small_file());
    let zeros = |len: usize| miniz_oxide::deflate::compress_to_vec(&vec![0; len], 6);
    // What the section announces, and what really comes out of it.
    let bombs = [
        (1 << 20, 60 << 20),
        (3 << 20, 3 << 20),
        (65 << 20, 65 << 20),
        (60 << 20, 60 << 20),
    ];
    for (announced, len) in bombs {
        for tag in [b"SCHM", b"TAXO", b"FRST", b"ISOF", b"TEST"] {
            let mut sections = good.clone();
            let section = sections
                .iter_mut()
                .find(|section| &section.tag == tag)
                .unwrap();
            section.stored = zeros(len);
            section.raw_len = announced;
            section.flags = MANDATORY | DEFLATED;
            check_refused(
                &put_together(1, &sections),
                PackDamaged,
                &format!("{len} zeros"),
            );
        }
    }
}
