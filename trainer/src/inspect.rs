//! `flowsieve inspect`: what a file is, as far as one can tell without a model, and how well models fit it.

use crate::args::InspectArguments;
use crate::error::TrainerError;
use crate::profile::{ColumnProfile, MANY_WORDS, Profiler};
use crate::reading::{Connections, print_connected};
use crate::report::{count, shown, table};
use crate::source::{Source, load, require_whole};
use flowsieve::schema::{LabelChoice, MIN_IMPORTANCE_SHARE, is_usual_label};
use flowsieve::table::dialect::{Dialect, Format, Quotes};
use flowsieve::table::head::Names;
use flowsieve::table::{Broken, Record, RecordSink};
use flowsieve::unpack::Packing;
use std::collections::BTreeMap;
use std::path::Path;

/// Labels that are listed; a column with more is hardly one.
const MAX_LABELS: usize = 64;

/// Runs the command.
pub(crate) fn inspect(args: &InspectArguments) -> Result<(), TrainerError> {
    let models = args
        .model
        .iter()
        .map(|path| load(path))
        .collect::<Result<Vec<_>, _>>()?;
    let connections = Connections::read(args.columns.as_deref())?;
    let sources = Source::open_all(&args.data, args.dialect.choice())?;
    for path in &args.data {
        let within: Vec<&Source> = sources
            .iter()
            .filter(|source| source.path.starts_with(path))
            .collect();
        if within
            .iter()
            .any(|source| source.stored.packing == Packing::Zip)
        {
            println!(
                "{}: a ZIP archive, tables in it: {}\n",
                path.display(),
                count(within.len() as u64)
            );
        }
    }
    for source in &sources {
        let path = &source.path;
        let columns = &source.head.columns;
        let mut contents = Contents::new(columns);
        source.read("inspecting", &mut contents)?;
        print_file(path, source, &contents);
        for (model, _) in &models {
            let spec = model.spec();
            let connected = if connections.are_for(&spec.name) {
                connections.with(&spec.name)?
            } else {
                Vec::new()
            };
            let found = spec.schema.match_header(
                columns,
                &LabelChoice::Auto,
                &spec.preparation.features,
                &connected,
            );
            let found = found.map_err(|error| TrainerError::File {
                path: path.clone(),
                source: error,
            })?;
            println!(
                "The model {} {}: {} of {} features, {:.1} % of its importance",
                spec.name,
                if found.importance_share >= MIN_IMPORTANCE_SHARE {
                    "fits"
                } else {
                    "does not fit"
                },
                (0..found.columns.len()).filter(|&i| found.has(i)).count(),
                found.columns.len(),
                100.0 * found.importance_share
            );
            print_connected(&found, &spec.schema, columns);
        }
        println!();
    }
    require_whole(&sources)
}

/// What is in a file.
struct Contents {
    profiler: Profiler,
    n_columns: usize,
    rows: u64,
    ragged: u64,
    broken: u64,
    /// Rows per label, for each column that looks like one.
    labels: BTreeMap<usize, BTreeMap<Vec<u8>, u64>>,
}

impl Contents {
    fn new(columns: &[String]) -> Self {
        let labels = (0..columns.len()).filter(|&index| is_usual_label(&columns[index]));
        Self {
            profiler: Profiler::new(columns.len(), 0),
            n_columns: columns.len(),
            rows: 0,
            ragged: 0,
            broken: 0,
            labels: labels.map(|index| (index, BTreeMap::new())).collect(),
        }
    }
}

impl RecordSink for Contents {
    fn record(&mut self, record: &Record<'_>) {
        self.rows += 1;
        if record.len() != self.n_columns {
            self.ragged += 1;
            return;
        }
        self.profiler.record(record);
        for (&index, counts) in &mut self.labels {
            let label = record.cell(index).trim_ascii();
            if counts.len() <= MAX_LABELS || counts.contains_key(label) {
                *counts.entry(label.to_vec()).or_default() += 1;
            }
        }
    }

    fn broken(&mut self, _offset: u64, _line: u64, _why: Broken) {
        self.rows += 1;
        self.broken += 1;
    }
}

fn print_file(path: &Path, source: &Source, contents: &Contents) {
    let head = &source.head;
    println!(
        "{}: {}, {} columns, {} bytes",
        path.display(),
        dialect(head.layout.dialect),
        count(head.columns.len() as u64),
        count(source.size)
    );
    let stored = &source.stored;
    if stored.packing == Packing::Gzip {
        println!(
            "It is packed with gzip: {} bytes are stored",
            count(stored.stored_bytes())
        );
    }
    if let Some(problem) = &stored.problem {
        println!("{problem}");
    }
    match head.names {
        Names::File => {}
        Names::ZeekOrder => {
            println!("It does not name its columns: they are taken for Zeek's, in its order");
        }
        Names::Numbers => println!("It has no header: its first line is a row"),
    }
    println!(
        "{} rows, of which {} have more or fewer cells than the header and {} could not be split\n",
        count(contents.rows),
        count(contents.ragged),
        count(contents.broken)
    );
    let columns = head.columns.iter().zip(&contents.profiler.columns);
    let rows: Vec<Vec<String>> = columns
        .map(|(name, profile)| {
            vec![
                shown(name),
                kind(profile).to_owned(),
                count(profile.missing),
                match profile.n_words() {
                    0 => String::new(),
                    n if n > MANY_WORDS => format!("more than {MANY_WORDS}"),
                    n => count(n as u64),
                },
            ]
        })
        .collect();
    println!("{}", table(&["column", "holds", "missing", "words"], &rows));
    for (&index, counts) in &contents.labels {
        let name = &head.columns[index];
        if counts.len() > MAX_LABELS {
            println!("Labels in {name:?}: more than {MAX_LABELS} different ones");
            continue;
        }
        let mut counts: Vec<(&Vec<u8>, &u64)> = counts.iter().collect();
        counts.sort_by_key(|&(label, &rows)| (std::cmp::Reverse(rows), label));
        let list: Vec<String> = counts
            .into_iter()
            .map(|(label, &rows)| format!("{} {}", String::from_utf8_lossy(label), count(rows)))
            .collect();
        println!("Labels in {name:?}: {}", list.join(", "));
    }
}

fn kind(profile: &ColumnProfile) -> &'static str {
    if profile.numbers + profile.texts == 0 {
        "nothing"
    } else if profile.holds_addresses() {
        "addresses"
    } else if profile.holds_times() {
        "times"
    } else if !profile.is_numeric() {
        "words"
    } else if profile.is_constant() {
        "one number"
    } else {
        "numbers"
    }
}

/// A dialect in words.
fn dialect(dialect: Dialect) -> String {
    let mut words = vec![dialect.format_name().to_owned()];
    if dialect.format != Format::JsonLines {
        words.push(match dialect.delimiter {
            b',' => "comma-separated".to_owned(),
            b';' => "semicolon-separated".to_owned(),
            b'\t' => "tab-separated".to_owned(),
            b'|' => "bar-separated".to_owned(),
            other => format!("separated by {:?}", char::from(other)),
        });
    }
    if dialect.decimal_comma {
        words.push("decimal comma".to_owned());
    }
    match dialect.quotes {
        Quotes::Escaped => words.push("quotes escaped by backslash".to_owned()),
        Quotes::None if dialect.format == Format::Csv => words.push("no quotes".to_owned()),
        Quotes::None | Quotes::Doubled => {}
    }
    words.push(dialect.encoding_name().to_owned());
    words.join(", ")
}
