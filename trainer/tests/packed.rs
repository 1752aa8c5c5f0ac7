//! Packed files on the command line: as if they were not, and in clear words where something is wrong.

mod support;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compression, Crc};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use support::{evaluation, fail, flowsieve, succeed, text, train};

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(plain).expect("in memory");
    encoder.finish().expect("in memory")
}

/// An archive of deflated files.
fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut archive, mut central) = (Vec::new(), Vec::new());
    for (name, plain) in files {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).expect("in memory");
        let stored = encoder.finish().expect("in memory");
        let mut crc = Crc::new();
        crc.update(plain);
        // Version, flags, method, time and date, checksum, both sizes, lengths of the name and of what follows it.
        let mut about = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0];
        for number in [
            crc.sum(),
            stored.len() as u32,
            plain.len() as u32,
            name.len() as u32,
        ] {
            about.extend(number.to_le_bytes());
        }
        central.extend(b"PK\x01\x02\x14\0");
        central.extend(&about);
        central.extend([0; 10]);
        central.extend((archive.len() as u32).to_le_bytes());
        central.extend(name.as_bytes());
        archive.extend(b"PK\x03\x04");
        archive.extend(about);
        archive.extend(name.as_bytes());
        archive.extend(stored);
    }
    let (at, count) = (archive.len() as u32, files.len() as u16);
    archive.extend(&central);
    archive.extend(b"PK\x05\x06\0\0\0\0");
    archive.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    archive.extend([(central.len() as u32).to_le_bytes(), at.to_le_bytes()].concat());
    archive.extend([0, 0]);
    archive
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("a file");
    path
}

/// Rows of a file, as many times as it takes for several checkpoints, in two tables.
fn halves(flows: &Path) -> (Vec<u8>, [Vec<u8>; 2]) {
    let flows = fs::read_to_string(flows).expect("flows");
    let (header, rows) = flows.split_once('\n').expect("a header");
    let with_header = |rows: &str| format!("{header}\n{rows}").into_bytes();
    let (first, second) = (rows.repeat(150), rows.repeat(100));
    let whole = with_header(&format!("{first}{second}"));
    (whole, [with_header(&first), with_header(&second)])
}

#[test]
fn packed_flows_are_scored_as_plain_ones() {
    let trained = train(&[]);
    let folder = trained.folder.path();
    let (whole, [first, second]) = halves(&trained.flows);
    let out = folder.join("scored.csv");
    let score = |flows: &Path| {
        succeed(&[
            "score",
            text(&trained.model),
            text(flows),
            "--out",
            text(&out),
            "--threads",
            "3",
        ]);
        fs::read(&out).expect("rows")
    };
    let plain = write(folder, "whole.csv", &whole);
    let expected = score(&plain);
    let two_members = [gzip(&whole[..3_000_001]), gzip(&whole[3_000_001..])].concat();
    let packed = write(folder, "whole.csv.gz", &two_members);
    assert!(score(&packed) == expected);
    let tables = [
        ("a.csv", &first[..]),
        ("logo.png", b"\x89PNG\r\n"),
        ("b/b.csv", &second),
    ];
    let archive = write(folder, "flows.zip", &zip(&tables));
    assert!(score(&archive) == expected);

    let digest = |flows: &Path| evaluation(&trained.model, flows, &[])["digest"].clone();
    assert_eq!(digest(&packed), digest(&plain));
}

#[test]
fn inspect_says_how_a_file_is_packed() {
    let trained = train(&[]);
    let folder = trained.folder.path();
    let flows = fs::read(&trained.flows).expect("flows");
    let packed = write(folder, "flows.gz", &gzip(&flows));
    let said = succeed(&["inspect", text(&packed)]);
    assert!(
        said.contains("packed with gzip") && said.contains("900 rows"),
        "{said}"
    );
    let archive = write(
        folder,
        "flows.zip",
        &zip(&[("one.csv", &flows), ("two.csv", &flows)]),
    );
    let said = succeed(&["inspect", text(&archive)]);
    for part in [
        "a ZIP archive, tables in it: 2",
        "flows.zip/one.csv: CSV",
        "flows.zip/two.csv: CSV",
    ] {
        assert!(said.contains(part), "{part:?} is not in {said}");
    }
}

#[test]
fn what_could_be_read_of_a_broken_file_is_written_before_the_error() {
    let trained = train(&[]);
    let folder = trained.folder.path();
    let packed = gzip(&fs::read(&trained.flows).expect("flows"));
    let half = write(folder, "half.gz", &packed[..packed.len() / 2]);
    let out = folder.join("scored.csv");
    let arguments = [
        "score",
        text(&trained.model),
        text(&half),
        "--out",
        text(&out),
    ];
    let output = flowsieve(&arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains(&format!("at byte {}", packed.len() / 2)),
        "{errors}"
    );
    assert!(errors.contains("the last rows are missing"), "{errors}");
    let rows = fs::read_to_string(&out).expect("rows").lines().count();
    assert!((200..800).contains(&rows), "{rows}");
    // No model is made of half a file.
    let model = folder.join("half.sieve");
    let refused = fail(&[
        "train",
        text(&half),
        "--label",
        "label",
        "--out",
        text(&model),
    ]);
    assert!(
        refused.contains("the last rows are missing") && !model.exists(),
        "{refused}"
    );
}

#[test]
fn what_bursts_or_is_no_table_is_refused() {
    let trained = train(&[]);
    let folder = trained.folder.path();
    let refusal = |name: &str, bytes: &[u8]| {
        let path = write(folder, name, bytes);
        fail(&["evaluate", text(&trained.model), text(&path)])
    };
    let bomb = refusal("bomb.gz", &gzip(&vec![b'0'; 150 << 20]));
    assert!(bomb.contains("more than 400 times"), "{bomb}");
    let empty = refusal("empty.zip", &zip(&[("folder/", b"")]));
    assert!(empty.contains("no file in the archive"), "{empty}");
    let sheet = refusal("sheet.xlsx", &zip(&[("[Content_Types].xml", b"<Types/>")]));
    assert!(sheet.contains("save the sheet as CSV"), "{sheet}");
    let header = refusal("header.gz", b"\x1f\x8b\x08\0");
    assert!(header.contains("at byte 4"), "{header}");
}
