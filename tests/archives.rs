//! ZIP archives: those that programs write, those that broke off, and those that somebody made to do harm.

mod unpack_support;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use flowsieve::Error;
use flowsieve::unpack::{Directory, Entry, MAX_ENTRIES};
use std::io::Write;
use unpack_support::{first_pass, text};

/// A file as an archive has it.
#[derive(Clone)]
struct Member {
    name: String,
    plain: Vec<u8>,
    method: u16,
    flags: u16,
    /// With sizes and places in zip64's extra fields alone.
    wide: bool,
    /// With sizes behind the data alone, as who writes to a pipe has them.
    streamed: bool,
}

impl Member {
    fn new(name: &str, plain: &[u8]) -> Self {
        Self {
            name: name.to_owned(),
            plain: plain.to_vec(),
            method: 8,
            flags: 0,
            wide: false,
            streamed: false,
        }
    }

    fn stored(&self) -> Vec<u8> {
        if self.method != 8 {
            return self.plain.clone();
        }
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(&self.plain).unwrap();
        encoder.finish().unwrap()
    }

    fn crc(&self) -> u32 {
        crc32fast::hash(&self.plain)
    }
}

fn put(out: &mut Vec<u8>, numbers: &[(u64, usize)]) {
    for &(number, len) in numbers {
        out.extend(&number.to_le_bytes()[..len]);
    }
}

/// The archive of these, and where its central directory is.
fn archive(members: &[Member], wide_end: bool) -> (Vec<u8>, usize) {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    for member in members {
        let (header, stored) = (out.len() as u64, member.stored());
        put_local(&mut out, member, &stored);
        put_central(&mut central, member, stored.len() as u64, header);
    }
    let (at, count) = (out.len() as u64, members.len() as u64);
    let len = central.len() as u64;
    out.extend(central);
    let numbers = if wide_end {
        let record = out.len() as u64;
        out.extend(b"PK\x06\x06");
        let record_numbers = [44, 0x2d_002d, 0, count, count, len, at];
        for (number, bytes) in record_numbers.into_iter().zip([8, 4, 8, 8, 8, 8, 8]) {
            put(&mut out, &[(number, bytes)]);
        }
        out.extend(b"PK\x06\x07");
        put(&mut out, &[(0, 4), (record, 8), (1, 4)]);
        [0xffff, 0xffff_ffff, 0xffff_ffff]
    } else {
        [count, len, at]
    };
    let [count, len, place] = numbers;
    out.extend(b"PK\x05\x06");
    put(&mut out, &[(0, 4), (count, 2), (count, 2), (len, 4)]);
    put(&mut out, &[(place, 4), (9, 2)]);
    out.extend(b"a comment");
    (out, at as usize)
}

/// Flags and method, then checksum and sizes, as far as a header says them.
fn put_about(out: &mut Vec<u8>, member: &Member, stored: u64, known: bool) {
    let flags = u64::from(member.flags | if member.streamed { 8 } else { 0 });
    let small = |size: u64| if member.wide { 0xffff_ffff } else { size };
    let numbers = [
        u64::from(member.crc()),
        small(stored),
        small(member.plain.len() as u64),
    ];
    put(
        out,
        &[(45, 2), (flags, 2), (member.method.into(), 2), (0, 4)],
    );
    for number in numbers {
        put(out, &[(if known { number } else { 0 }, 4)]);
    }
    put(out, &[(member.name.len() as u64, 2)]);
}

fn put_local(out: &mut Vec<u8>, member: &Member, stored: &[u8]) {
    let len = stored.len() as u64;
    out.extend(b"PK\x03\x04");
    put_about(out, member, len, !member.streamed);
    put(out, &[(0, 2)]);
    out.extend(member.name.as_bytes());
    out.extend(stored);
    if member.streamed {
        out.extend(b"PK\x07\x08");
        put(
            out,
            &[
                (member.crc().into(), 4),
                (len, 4),
                (member.plain.len() as u64, 4),
            ],
        );
    }
}

fn put_central(out: &mut Vec<u8>, member: &Member, stored: u64, header: u64) {
    let mut extra = vec![0x55, 0x54, 2, 0, 9, 9];
    if member.wide {
        put(
            &mut extra,
            &[(1, 2), (24, 2), (member.plain.len() as u64, 8)],
        );
        put(&mut extra, &[(stored, 8), (header, 8)]);
    }
    out.extend(b"PK\x01\x02");
    put(out, &[(45, 2)]);
    put_about(out, member, stored, true);
    put(out, &[(extra.len() as u64, 2), (7, 2), (0, 8)]);
    put(out, &[(if member.wide { 0xffff_ffff } else { header }, 4)]);
    out.extend(member.name.as_bytes());
    out.extend(&extra);
    out.extend(b"comment");
}

fn directory(bytes: &[u8]) -> Result<Directory, Error> {
    let mut directory = Directory::new(bytes.len() as u64);
    while let Some(wanted) = directory.wants() {
        directory.take(&bytes[wanted.start as usize..wanted.end as usize])?;
    }
    Ok(directory)
}

fn entries(bytes: &[u8]) -> Result<Vec<Entry>, Error> {
    directory(bytes)?.into_entries()
}

fn refusal(bytes: &[u8]) -> String {
    entries(bytes).expect_err("to be refused").to_string()
}

/// Unpacks an entry.
fn unpacked(bytes: &[u8], entry: &Entry) -> (Vec<u8>, bool) {
    let method = entry.method.clone().expect("a method that is read");
    let stored = &bytes[entry.begin as usize..(entry.begin + entry.stored) as usize];
    let (_, _, fault) = first_pass(method, stored, 1000, 999, entry.expected);
    let mut unpacker = flowsieve::unpack::Unpacker::new(method);
    let (mut found, mut rest) = (Vec::new(), stored);
    loop {
        let out = unpacker.read(&mut rest);
        if out.is_empty() {
            return (found, fault.is_none());
        }
        found.extend_from_slice(out);
    }
}

fn three() -> [Member; 3] {
    let mut stored = Member::new("day/2.csv", &text(2, 5000));
    stored.method = 0;
    [
        Member::new("1.csv", &text(1, 70_000)),
        stored,
        Member::new("ü.log", &text(3, 10)),
    ]
}

#[test]
fn every_form_of_the_same_files_is_read() {
    for (wide, streamed, wide_end) in [
        (false, false, false),
        (false, true, false),
        (true, false, true),
        (true, true, true),
        (false, false, true),
    ] {
        let members = three().map(|member| Member {
            wide,
            streamed,
            ..member
        });
        let (bytes, _) = archive(&members, wide_end);
        let found = entries(&bytes).expect("a directory");
        assert_eq!(found.len(), 3);
        for (entry, member) in found.iter().zip(&members) {
            assert_eq!(entry.name, member.name);
            assert_eq!(
                unpacked(&bytes, entry),
                (member.plain.clone(), true),
                "{}",
                entry.name
            );
        }
    }
}

#[test]
fn folders_empty_files_and_what_systems_leave_are_left_out() {
    let names = [
        "a/",
        "__MACOSX/._b.csv",
        ".DS_Store",
        "a/.hidden/c.csv",
        "a/b.csv",
    ];
    let mut members: Vec<Member> = names.map(|name| Member::new(name, b"x,y\n1,2\n")).into();
    members.push(Member {
        method: 0,
        ..Member::new("empty.csv", b"")
    });
    members.push(Member::new("empty-deflated.csv", b""));
    let found = entries(&archive(&members, false).0).expect("a directory");
    let names: Vec<&str> = found.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["a/b.csv"]);
    assert_eq!(entries(&archive(&[], false).0), Ok(Vec::new()));
}

#[test]
fn what_cannot_be_unpacked_says_why() {
    let encrypted = Member {
        flags: 1,
        ..Member::new("a", b"secret")
    };
    let others = [93, 77].map(|method| Member {
        method,
        ..Member::new("b", b"data")
    });
    let [one, two] = others;
    let found = entries(&archive(&[encrypted, one, two], false).0).expect("a directory");
    let reasons: Vec<String> = found
        .into_iter()
        .filter_map(|entry| entry.method.err())
        .collect();
    assert!(reasons[0].contains("encrypted"), "{reasons:?}");
    assert!(reasons[1].contains("Zstandard"), "{reasons:?}");
    assert!(reasons[2].contains("another method"), "{reasons:?}");
    let sheet = [
        Member::new("[Content_Types].xml", b"<"),
        Member::new("xl/sheet.xml", b"<"),
    ];
    assert!(refusal(&archive(&sheet, false).0).contains("save the sheet as CSV"));
}

#[test]
fn of_an_archive_that_broke_off_the_files_before_are_there() {
    let members = three();
    let (bytes, central) = archive(&members, false);
    for len in [central - 1, central, bytes.len() - 32] {
        let found = directory(&bytes[..len]).expect("headers");
        assert!(found.is_cut());
        assert_eq!(
            found.into_entries().expect("headers").len(),
            3,
            "{len} bytes"
        );
    }
    // In the middle of the first: what there is of it.
    let cut = &bytes[..10_000];
    let found = entries(cut).expect("a header");
    assert_eq!(found.len(), 1);
    let (plain, is_whole) = unpacked(cut, &found[0]);
    assert!(!is_whole && plain.len() > 10_000 && members[0].plain.starts_with(&plain));
    // Streamed, so that no header says how long its data are.
    let streamed = three().map(|member| Member {
        streamed: true,
        ..member
    });
    let (bytes, central) = archive(&streamed, false);
    let found = entries(&bytes[..central]).expect("a header");
    assert_eq!(
        unpacked(&bytes, &found[0]),
        (streamed[0].plain.clone(), true)
    );
}

#[test]
fn wrong_checksums_and_lengths_are_noticed() {
    let members = three();
    let (mut bytes, central) = archive(&members, false);
    bytes[central + 16] ^= 1;
    let found = entries(&bytes).expect("a directory");
    assert_eq!(
        unpacked(&bytes, &found[0]),
        (members[0].plain.clone(), false)
    );
    assert!(unpacked(&bytes, &found[1]).1);
}

#[test]
fn directories_that_lie_are_refused() {
    let (bytes, central) = archive(&three(), false);
    let with = |at: usize, new: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + new.len()].copy_from_slice(new);
        bytes
    };
    // Two entries for the same data: the second's header is the first's.
    let second = central + 46 + "1.csv".len() + 6 + 7;
    let overlapping = with(second + 42, &0_u32.to_le_bytes());
    assert!(refusal(&overlapping).contains("share bytes"));
    // Headers elsewhere, sizes beyond the file, a directory beyond it.
    for (at, new) in [
        (central + 42, 7_u32),
        (central + 20, 0x7fff_ffff),
        (central + 42, 0xffff_fff0),
        (central, 0),
        (central + 28, 0xffff_ffff),
        (bytes.len() - 9 - 6, 0xffff_fff0),
        (bytes.len() - 9 - 6, 1),
    ] {
        let refused = refusal(&with(at, &new.to_le_bytes()));
        assert!(refused.contains("damaged"), "{at}: {refused}");
    }
    let many: Vec<Member> = (0..=MAX_ENTRIES)
        .map(|_| Member {
            method: 0,
            ..Member::new("a", b"x")
        })
        .collect();
    assert!(refusal(&archive(&many, false).0).contains("more than 4096"));
}

#[test]
fn no_damage_is_a_reason_to_panic() {
    for (wide, wide_end) in [(false, false), (true, true)] {
        let members = three().map(|member| Member { wide, ..member });
        let (bytes, central) = archive(&members, wide_end);
        for at in (0..60).chain(central..bytes.len()) {
            for change in [0x01, 0x80, 0xff] {
                let mut bytes = bytes.clone();
                bytes[at] ^= change;
                if let Ok(found) = entries(&bytes) {
                    for entry in found.iter().filter(|entry| entry.method.is_ok()) {
                        assert!(entry.begin + entry.stored <= bytes.len() as u64);
                    }
                }
                drop(entries(&bytes[..at]));
            }
        }
    }
}
