//! The head of a Zeek log: the lines that name its fields, or the order in which Zeek writes them.

use super::{Head, Names, Start};
use crate::table::dialect::{Dialect, Format, Layout, Quotes, text_of};
use crate::table::number::{Cell, is_unset, parse_any};
use crate::table::reader::split_at_blanks;
use crate::{Error, ErrorKind};

/// The fields of Zeek's connection log in its order, then what labelled ones have behind them.
pub(super) const ZEEK_FIELDS: [&str; 23] = [
    "ts",
    "uid",
    "id.orig_h",
    "id.orig_p",
    "id.resp_h",
    "id.resp_p",
    "proto",
    "service",
    "duration",
    "orig_bytes",
    "resp_bytes",
    "conn_state",
    "local_orig",
    "local_resp",
    "missed_bytes",
    "history",
    "orig_pkts",
    "orig_ip_bytes",
    "resp_pkts",
    "resp_ip_bytes",
    "tunnel_parents",
    "label",
    "detailed-label",
];
/// Those that every unlabelled log has.
pub(super) const ZEEK_UNLABELLED: usize = 21;
/// Where in them the protocol is.
const ZEEK_PROTO: usize = 6;

/// Whether a line is a connection as Zeek logs it, without the lines that name its fields.
pub(super) fn is_zeek_row(cells: &[String], delimiter: u8) -> bool {
    let fields = ZEEK_UNLABELLED - 1..=ZEEK_FIELDS.len();
    delimiter == b'\t'
        && fields.contains(&cells.len())
        && matches!(parse_any(cells[0].as_bytes()), Cell::Number(_))
        && ["tcp", "udp", "icmp", "unknown_transport"].contains(&cells[ZEEK_PROTO].as_str())
}

pub(super) fn of_bare_zeek_log(first: &[String]) -> Head {
    let last = first.last().map_or("", String::as_str);
    let in_last = split_at_blanks(last.as_bytes()).count();
    let layout = Layout {
        dialect: zeek_dialect(b'\t'),
        blanks_in_last: in_last > 1,
        fields: format!("#fields\t{}", ZEEK_FIELDS[..ZEEK_UNLABELLED].join("\t"))
            .into_bytes()
            .into(),
        ..Layout::default()
    };
    let n_columns = (first.len() - 1 + in_last).min(ZEEK_FIELDS.len());
    let columns = ZEEK_FIELDS[..n_columns].iter();
    let columns = columns.map(|&name| name.to_owned()).collect();
    Head::new(layout, columns, Names::ZeekOrder)
}

fn zeek_dialect(delimiter: u8) -> Dialect {
    Dialect {
        format: Format::ZeekTsv,
        delimiter,
        quotes: Quotes::None,
        ..Dialect::default()
    }
}

/// A log that begins with `#separator` or `#fields`.
pub(super) fn of_zeek_log(text: &mut Start<'_>) -> Result<Head, Error> {
    let mut layout = Layout {
        dialect: zeek_dialect(b'\t'),
        ..Layout::default()
    };
    let mut columns = None;
    let mut comment_lines = 0;
    loop {
        text.skip_blank_lines();
        if !text.rest().starts_with(b"#") {
            break;
        }
        let Some(line) = text.take_record(layout.dialect.grammar()) else {
            break;
        };
        comment_lines += 1;
        if let Some(separator) = line.strip_prefix(b"#separator ") {
            layout.dialect.delimiter = separator_of(separator)?;
            continue;
        }
        let separator = layout.dialect.delimiter;
        let mut parts = line.split(|&byte| byte == separator);
        match parts.next() {
            Some(b"#fields") => {
                let mut names: Vec<&[u8]> = parts.collect();
                let last = names.pop().unwrap_or_default();
                names.extend(split_at_blanks(last));
                layout.blanks_in_last = split_at_blanks(last).count() > 1;
                layout.fields = line.into();
                columns = Some(names.iter().map(|name| text_of(name)).collect());
            }
            Some(b"#unset_field" | b"#empty_field") => {
                let marker = parts.next().unwrap_or_default();
                if !is_unset(marker) {
                    layout.unset.push(marker.to_vec());
                }
            }
            _ => {}
        }
    }
    let columns = columns.ok_or_else(|| {
        Error::new(
            ErrorKind::BadHeader,
            "The file begins like a Zeek log and has no line #fields in its first MiB that names the columns.",
        )
    })?;
    let mut head = Head::new(layout, columns, Names::File);
    head.comment_lines = comment_lines;
    Ok(head)
}

/// The byte that `\x09` stands for.
fn separator_of(text: &[u8]) -> Result<u8, Error> {
    let found = match text.trim_ascii() {
        [b'\\', b'x', digits @ ..] => std::str::from_utf8(digits)
            .ok()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok()),
        [byte] => Some(*byte),
        _ => None,
    };
    let separates = |byte: &u8| byte.is_ascii() && !matches!(byte, 0 | b'\n' | b'\r');
    found.filter(separates).ok_or_else(|| {
        Error::new(
            ErrorKind::BadHeader,
            format!(
                "The Zeek log names “{}” as its #separator; only one ASCII character, such as \\x09, is read, and none that ends lines.",
                text_of(text)
            ),
        )
    })
}
