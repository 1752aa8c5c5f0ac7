//! Model files that are broken, too new or made to do harm: each is refused with a typed error, none panics.
//!
//! This file takes packs apart and puts them together by `docs/pack-format.md`, not with the crate's own code.

mod model_support;

use flowsieve::ErrorKind::{self, PackDamaged, PackNotAPack, PackTooNew};
use flowsieve::model::calibration::Curve;
use flowsieve::model::card::Card;
use flowsieve::model::{Model, ModelSpec};
use flowsieve::{Error, pack};
use model_support::{Shape, boosted, calibrated, spec, with_self_test};

const MANDATORY: u32 = 1;
const DEFLATED: u32 = 2;

#[derive(Clone)]
struct Section {
    tag: [u8; 4],
    flags: u32,
    stored: Vec<u8>,
    raw_len: u32,
}

impl Section {
    fn plain(tag: [u8; 4], flags: u32, raw: &[u8]) -> Self {
        Self {
            tag,
            flags,
            stored: raw.to_vec(),
            raw_len: raw.len() as u32,
        }
    }

    /// What the section says, unpacked.
    fn raw(&self) -> Vec<u8> {
        if self.flags & DEFLATED == 0 {
            return self.stored.clone();
        }
        miniz_oxide::inflate::decompress_to_vec(&self.stored).unwrap()
    }
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn take_apart(file: &[u8]) -> Vec<Section> {
    let count = usize::from(u16::from_le_bytes(file[10..12].try_into().unwrap()));
    let mut at = 24 + 20 * count;
    let mut sections = Vec::new();
    for entry in file[24..at].chunks(20) {
        let len = u32_at(entry, 8) as usize;
        sections.push(Section {
            tag: entry[..4].try_into().unwrap(),
            flags: u32_at(entry, 4),
            stored: file[at..at + len].to_vec(),
            raw_len: u32_at(entry, 12),
        });
        at += len;
    }
    assert_eq!(at, file.len());
    sections
}

/// A file of that version whose checksums are all right.
fn put_together(version: u16, sections: &[Section]) -> Vec<u8> {
    let mut table = Vec::new();
    for section in sections {
        table.extend_from_slice(&section.tag);
        let len = section.stored.len() as u32;
        let crc = crc32fast::hash(&section.stored);
        for field in [section.flags, len, section.raw_len, crc] {
            table.extend_from_slice(&field.to_le_bytes());
        }
    }
    let body: Vec<u8> = sections
        .iter()
        .flat_map(|section| section.stored.clone())
        .collect();
    let mut file = b"\x89SIEVE\r\n".to_vec();
    file.extend_from_slice(&version.to_le_bytes());
    file.extend_from_slice(&(sections.len() as u16).to_le_bytes());
    file.extend_from_slice(&((24 + table.len() + body.len()) as u32).to_le_bytes());
    file.extend_from_slice(&crc32fast::hash(&table).to_le_bytes());
    file.extend_from_slice(&crc32fast::hash(&file).to_le_bytes());
    file.extend_from_slice(&table);
    file.extend_from_slice(&body);
    file
}

fn small_shape() -> Shape {
    Shape {
        n_features: 5,
        n_classes: 3,
        n_trees: 4,
        n_leaves: 9,
        n_isolation_trees: 3,
        seed: 21,
    }
}

fn small() -> ModelSpec {
    with_self_test(calibrated(spec(small_shape()), 3), 3)
}

fn small_file() -> Vec<u8> {
    pack::write(&small()).unwrap()
}

/// A file as the first writers made it, and one of today.
fn files() -> [Vec<u8>; 2] {
    let first = include_bytes!("golden/format-1.sieve");
    [first.to_vec(), small_file()]
}

/// Reads a file as a page or a program does.
fn load(file: &[u8]) -> Result<Model, Error> {
    pack::read(file).and_then(Model::new)
}

#[track_caller]
fn check_refused(file: &[u8], kind: ErrorKind, what: &str) {
    match load(file) {
        Ok(_) => panic!("{what}: was accepted"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{what}: {error}");
            let message = error.to_string();
            let says_what_to_do = ["Get ", "Use ", "Train ", "Models are"];
            assert!(
                says_what_to_do.iter().any(|words| message.contains(words)),
                "{message}"
            );
        }
    }
}

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
fn a_model_without_classes_has_no_forest_and_no_taxonomy() {
    let mut sections = take_apart(&small_file());
    let calibration = sections.iter().position(|section| section.tag == *b"CALB");
    let calibration = sections.remove(calibration.expect("a section"));
    let sections = sections;
    let index = |tag: &[u8; 4]| {
        let position = sections.iter().position(|section| section.tag == *tag);
        position.expect("a section")
    };
    let (taxonomy, forest, rows) = (index(b"TAXO"), index(b"FRST"), index(b"TEST"));
    let without = |more: &[(usize, &[u8])], without_forest: bool| {
        let mut sections = sections.clone();
        for &(index, raw) in more {
            sections[index] = Section::plain(sections[index].tag, MANDATORY, raw);
        }
        if without_forest {
            sections.remove(forest);
        }
        put_together(1, &sections)
    };
    let empty: [(usize, &[u8]); 2] = [(taxonomy, &[0, 0]), (rows, &[0])];
    let alone = load(&without(&empty, true)).unwrap();
    assert!(!alone.spec().has_classes());
    let mut calibrated = take_apart(&without(&empty, true));
    calibrated.push(calibration);
    check_refused(
        &put_together(1, &calibrated),
        PackDamaged,
        "a calibration of nothing",
    );
    check_refused(
        &without(&empty[..1], true),
        ErrorKind::PackSelfTest,
        "test rows with classes",
    );
    check_refused(&without(&empty, false), PackDamaged, "a forest of nothing");
    // No classes, no distributions, no trees.
    let forest_of_none: [(usize, &[u8]); 3] = [empty[0], empty[1], (forest, &[0; 9])];
    check_refused(
        &without(&forest_of_none, false),
        PackDamaged,
        "a forest without classes",
    );
    let families: [(usize, &[u8]); 2] = [(taxonomy, &[0, 1, 1, b'a']), empty[1]];
    check_refused(
        &without(&families, true),
        PackDamaged,
        "a family of no class",
    );
}

#[test]
fn leaves_that_hold_scores_go_with_the_exponential_curve() {
    let scores = with_self_test(boosted(spec(small_shape()), 1), 3);
    let file = pack::write(&scores).unwrap();
    load(&file).unwrap();

    let sections = take_apart(&file);
    let index = sections.iter().position(|section| section.tag == *b"CALB");
    let index = index.expect("a section");
    let with = |calibration: Option<&[u8]>| {
        let mut sections = sections.clone();
        match calibration {
            Some(raw) => sections[index] = Section::plain(*b"CALB", MANDATORY, raw),
            None => drop(sections.remove(index)),
        }
        put_together(1, &sections)
    };
    let adds_up = |file: &[u8], what: &str| {
        check_refused(file, PackDamaged, what);
        let message = load(file).unwrap_err().to_string();
        assert!(message.contains("adds up to"), "{message}");
    };
    adds_up(&with(None), "scores without a curve");
    // The power curve with offset 0 and exponent 1, and no sets.
    let power = [&[0][..], &0f64.to_le_bytes(), &1f64.to_le_bytes(), &[0]].concat();
    adds_up(&with(Some(&power)), "scores with a power curve");
    let exponential = |rate: f64| [&[1][..], &rate.to_le_bytes(), &[0]].concat();
    assert_eq!(sections[index].raw(), exponential(rate_of(&scores)));
    for rate in [0.0, -0.5, 65.0, f64::NAN] {
        check_refused(
            &with(Some(&exponential(rate))),
            PackDamaged,
            "a rate out of range",
        );
    }
    // With another rate they are scores, too, but the test rows have other confidences.
    check_refused(
        &with(Some(&exponential(2.0))),
        ErrorKind::PackSelfTest,
        "another rate",
    );

    let mut unsaid = scores;
    unsaid.calibration = None;
    assert_eq!(pack::write(&unsaid).unwrap_err().kind(), PackDamaged);
}

fn rate_of(spec: &ModelSpec) -> f64 {
    match spec
        .calibration
        .as_ref()
        .map(|calibration| calibration.curve)
    {
        Some(Curve::Exponential { rate }) => rate,
        other => panic!("{other:?}"),
    }
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

/// Changes a section's content under checksums that are right.
fn with_content(good: &[Section], index: usize, raw: &[u8]) -> Vec<u8> {
    let mut sections = good.to_vec();
    sections[index] = Section::plain(sections[index].tag, MANDATORY, raw);
    put_together(1, &sections)
}

#[test]
fn content_that_ends_early_or_late_is_damage() {
    for file in files() {
        check_ends(&take_apart(&file));
    }
}

fn check_ends(good: &[Section]) {
    for (index, section) in good.iter().enumerate() {
        let raw = section.raw();
        let tag = String::from_utf8_lossy(&section.tag);
        load(&with_content(good, index, &raw)).unwrap();
        if tag == "NAME" {
            continue; // any text is a name
        }
        for len in 0..raw.len() {
            let file = with_content(good, index, &raw[..len]);
            check_refused(&file, PackDamaged, &format!("{tag} cut to {len}"));
        }
        let longer = [&raw[..], &[0]].concat();
        check_refused(&with_content(good, index, &longer), PackDamaged, &tag);
    }
    check_refused(
        &with_content(good, 0, b"\xff\xfe"),
        PackDamaged,
        "a name that is no text",
    );
    check_refused(&with_content(good, 0, b""), PackDamaged, "no name");
}

#[test]
fn content_changed_anywhere_never_panics() {
    for file in files() {
        check_changes(&take_apart(&file));
    }
}

fn check_changes(good: &[Section]) {
    let mut refused = 0;
    let mut tried = 0;
    for (index, section) in good.iter().enumerate() {
        let raw = section.raw();
        for at in 0..raw.len() {
            for change in [
                raw[at] ^ (1 << (at % 8)),
                raw[at].wrapping_add(1),
                0xff,
                0x80,
                0,
            ] {
                let mut changed = raw.clone();
                changed[at] = change;
                tried += 1;
                // Some changes make another valid model: a different median, say. Those must score.
                match load(&with_content(good, index, &changed)) {
                    Err(error) => {
                        refused += 1;
                        assert!(
                            matches!(error.kind(), PackDamaged | ErrorKind::PackSelfTest),
                            "{error}"
                        );
                    }
                    Ok(model) => {
                        let mut row = vec![f32::NAN; model.row_len()];
                        model.score(&mut row, &mut model.scratch());
                    }
                }
            }
        }
    }
    assert!(refused > tried / 10, "{refused} of {tried} were refused");
}

#[test]
fn counts_that_lie_are_damage() {
    let good = take_apart(&small_file());
    let forest = good
        .iter()
        .position(|section| &section.tag == b"FRST")
        .unwrap();
    // Varints: 127 is one byte, these are the largest of five and ten.
    let (five, ten): (&[u8], &[u8]) = (&[0xff, 0xff, 0xff, 0xff, 0x0f], &[0xff; 9]);
    let ten = [ten, &[1]].concat();
    let one_leaf: &[&[u8]] = &[&[3], &[1], &[255, 0, 0]];
    let lies: &[(&str, &[&[u8]])] = &[
        ("classes", &[five]),
        ("distributions", &[&[3], five]),
        ("distributions in 64 bits", &[&[3], &ten]),
        (
            "more distributions than bytes",
            &[&[3], &[0xff, 0xff, 0xff, 0x1f]],
        ),
        ("trees", &[&[3], &[1], &[255, 0, 0], five]),
        ("nodes", &[&[3], &[1], &[255, 0, 0], &[1], five]),
        (
            "nodes that are not there",
            &[&[3], &[1], &[255, 0, 0], &[1], &[0xff, 0xff, 0xff, 1]],
        ),
        ("features", &[&[3], &[1], &[255, 0, 0], &[1, 1, 0], five]),
        (
            "thresholds",
            &[&[3], &[1], &[255, 0, 0], &[1, 3, 1, 1, 0], five],
        ),
        (
            "byte planes",
            &[&[3], &[1], &[255, 0, 0], &[1, 1, 0, 0, 0, 0, 0, 5]],
        ),
    ];
    for (what, parts) in lies {
        let raw = parts.concat();
        check_refused(&with_content(&good, forest, &raw), PackDamaged, what);
    }
    // The same with the truth: a tree of one leaf, no features, four empty columns.
    let raw = [&one_leaf.concat()[..], &[1, 1, 0, 0, 0, 0, 0, 0]].concat();
    let file = with_content(&good, forest, &raw);
    assert_eq!(load(&file).unwrap_err().kind(), ErrorKind::PackSelfTest);
    assert_eq!(pack::read(&file).unwrap().forest.trees[0].nodes.len(), 1);
}

#[test]
fn trees_that_are_no_trees_are_damage() {
    let good = take_apart(&small_file());
    let forest = good
        .iter()
        .position(|section| &section.tag == b"FRST")
        .unwrap();
    // Three classes, one distribution, then so many trees, so many nodes and their shape.
    let with_shape = |trees: u8, nodes: u8, shape: &[u8], rest: &[u8]| {
        let raw = [&[3, 1, 255, 0, 0, trees, nodes][..], shape, rest].concat();
        with_content(&good, forest, &raw)
    };
    // One feature (0) with one threshold (key 0x80000000, which is 0.0), one split, two leaves.
    let split: &[u8] = &[1, 0, 1, 4, 0, 0, 0, 0x80, 0, 0, 0, 0];
    let read = pack::read(&with_shape(1, 3, &[0b001], split)).unwrap();
    assert_eq!(read.forest.trees[0].nodes.len(), 3);

    check_refused(
        &with_shape(1, 3, &[0b111], split),
        PackDamaged,
        "splits only",
    );
    check_refused(&with_shape(1, 3, &[0b011], split), PackDamaged, "no end");
    check_refused(
        &with_shape(1, 3, &[0b000], split),
        PackDamaged,
        "leaves nobody leads to",
    );
    check_refused(
        &with_shape(2, 3, &[0b001], split),
        PackDamaged,
        "a tree without nodes",
    );
    check_refused(
        &with_shape(0, 3, &[0b001], split),
        PackDamaged,
        "nodes without a tree",
    );
    check_refused(
        &with_shape(1, 3, &[0b1001], split),
        PackDamaged,
        "bits behind the last",
    );
    let no_feature: &[u8] = &[1, 0, 1, 4, 0, 0, 0, 0x80, 1, 1, 0, 0, 0];
    check_refused(
        &with_shape(1, 3, &[1], no_feature),
        PackDamaged,
        "a feature not listed",
    );
    let no_threshold: &[u8] = &[1, 0, 1, 4, 0, 0, 0, 0x80, 0, 1, 1, 0, 0];
    check_refused(
        &with_shape(1, 3, &[1], no_threshold),
        PackDamaged,
        "a threshold not listed",
    );
    let far_feature: &[u8] = &[1, 77, 1, 4, 0, 0, 0, 0x80, 0, 0, 0, 0];
    check_refused(
        &with_shape(1, 3, &[1], far_feature),
        PackDamaged,
        "feature 77 of 5",
    );
    let nan: &[u8] = &[1, 0, 1, 4, 0, 0, 0xc0, 0xff, 0, 0, 0, 0];
    check_refused(
        &with_shape(1, 3, &[1], nan),
        PackDamaged,
        "NaN as a threshold",
    );
    let no_distribution: &[u8] = &[1, 0, 1, 4, 0, 0, 0, 0x80, 0, 0, 0, 1, 0, 9];
    check_refused(
        &with_shape(1, 3, &[1], no_distribution),
        PackDamaged,
        "distribution 9 of 1",
    );
}
