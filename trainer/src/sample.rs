//! `flowsieve sample`: made-up flows for trying things out.
//!
//! Each class keeps its share of the rows (five at least), and each column of a class its marginal distribution, as a
//! table of quantiles or of word counts. Values of different columns are drawn independently, so a row is nobody's
//! flow: one that happens to equal a real row is drawn again. Nothing in such a file was measured anywhere.

use crate::args::SampleArguments;
use crate::columns::find;
use crate::error::TrainerError;
use crate::fitting::interpolate;
use crate::profile::{ColumnProfile, Profiler};
use crate::source::Source;
use flowsieve::fit::rng::{Purpose, SplitMix64};
use flowsieve::table::number::{Cell, parse};
use flowsieve::table::{Broken, Record, RecordSink};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;

/// The fewest rows of a class.
const MIN_ROWS: u64 = 5;
/// Quantiles of a numeric column per class.
const N_QUANTILES: usize = 33;
/// How often a row that equals a real one is drawn again.
const MAX_DRAWS: u32 = 100;

/// Runs the command.
pub(crate) fn sample(args: &SampleArguments) -> Result<(), TrainerError> {
    if args.rows == 0 {
        return Err(TrainerError::asked(
            "--rows is 0: ask for one row at least.",
        ));
    }
    let source = Source::open(&args.data)?;
    let header = &source.head.columns;
    let label = find(header, &args.label, "--label")?;
    let mut profiler = Profiler::new(header.len(), label);
    source.read("looking at columns", &mut profiler)?;
    let mut collector = Collector::new(&profiler.columns, label);
    source.read("reading rows", &mut collector)?;
    let (text, rows) = make_up(header, &collector, args);
    std::fs::write(&args.out, text).map_err(|source| TrainerError::Write {
        path: args.out.clone(),
        source,
    })?;
    println!(
        "Wrote {}: {rows} made-up rows of {} classes",
        args.out.display(),
        collector.classes.len()
    );
    Ok(())
}

/// How the cells of a column are made up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The label: the class that the row is made for.
    Label,
    /// The number of the row.
    Index,
    /// A number.
    Number,
    /// A word.
    Word,
    /// Text that is different in nearly every row, such as ids: made-up text.
    Name,
    /// An address out of those set aside for documentation (RFC 5737).
    Address,
}

fn form(profile: &ColumnProfile) -> Form {
    if profile.counts_rows() {
        Form::Index
    } else if profile.is_numeric() {
        Form::Number
    } else if profile.holds_addresses() {
        Form::Address
    } else if profile.n_words() > crate::profile::MANY_WORDS {
        Form::Name
    } else {
        Form::Word
    }
}

/// What is known of a column in one class.
#[derive(Debug, Default)]
struct Marginal {
    missing: u64,
    numbers: Vec<f32>,
    words: BTreeMap<String, u64>,
}

/// What is known of a class.
#[derive(Debug, Default)]
struct Class {
    rows: u64,
    columns: Vec<Marginal>,
}

/// Gathers the values of each class, and the real rows.
#[derive(Debug)]
struct Collector {
    forms: Vec<Form>,
    label: usize,
    classes: BTreeMap<String, Class>,
    /// Digits behind the point that each column is written with.
    decimals: Vec<usize>,
    real: HashSet<Vec<u32>>,
}

impl Collector {
    fn new(profiles: &[ColumnProfile], label: usize) -> Self {
        let mut forms: Vec<Form> = profiles.iter().map(form).collect();
        forms[label] = Form::Label;
        Self {
            decimals: vec![0; forms.len()],
            forms,
            label,
            classes: BTreeMap::new(),
            real: HashSet::new(),
        }
    }
}

impl RecordSink for Collector {
    fn record(&mut self, record: &Record<'_>) {
        if record.len() != self.forms.len() {
            return;
        }
        let text = |cell: &[u8]| String::from_utf8_lossy(cell.trim_ascii()).into_owned();
        let class = self
            .classes
            .entry(text(record.cell(self.label)))
            .or_default();
        class
            .columns
            .resize_with(self.forms.len(), Marginal::default);
        class.rows += 1;
        let mut numbers = Vec::new();
        for (i, form) in self.forms.iter().enumerate() {
            let marginal = &mut class.columns[i];
            match form {
                Form::Number => {
                    let (start, end) = record.span(i);
                    if let Cell::Number(value) = parse(record.text(), start, end) {
                        marginal.numbers.push(value);
                        self.decimals[i] = self.decimals[i].max(decimals(record.cell(i)));
                        numbers.push((value + 0.0).to_bits());
                    } else {
                        marginal.missing += 1;
                        numbers.push(u32::MAX);
                    }
                }
                Form::Word => *marginal.words.entry(text(record.cell(i))).or_default() += 1,
                Form::Label | Form::Index | Form::Name | Form::Address => {}
            }
        }
        self.real.insert(numbers);
    }

    fn broken(&mut self, _offset: u64, _line: u64, _why: Broken) {}
}

/// Digits behind the point, six at most.
fn decimals(cell: &[u8]) -> usize {
    let cell = cell.trim_ascii();
    let point = cell.iter().position(|&byte| byte == b'.');
    point.map_or(0, |point| (cell.len() - point - 1).min(6))
}

/// The made-up file and how many rows it has.
fn make_up(header: &[String], collector: &Collector, args: &SampleArguments) -> (String, usize) {
    let all: u64 = collector.classes.values().map(|class| class.rows).sum();
    let mut rows: Vec<Vec<String>> = Vec::new();
    for (class_idx, (label, class)) in (0u64..).zip(&collector.classes) {
        let share = (u64::from(args.rows) * class.rows / all.max(1)).max(MIN_ROWS);
        let mut rng = SplitMix64::stream(args.seed, Purpose::Sample, class_idx);
        let tables = Tables::of(class);
        rows.extend((0..share).filter_map(|_| tables.row(collector, label, &mut rng)));
    }
    let mut rng = SplitMix64::stream(args.seed, Purpose::Sample, u64::MAX);
    let n_rows = rows.len();
    rng.draw_to_front(&mut rows, n_rows);
    let mut text = header
        .iter()
        .map(|name| quoted(name))
        .collect::<Vec<_>>()
        .join(",")
        + "\n";
    for (number, row) in rows.iter().enumerate() {
        let cell = |(cell, form): (&String, &Form)| match form {
            Form::Index => number.to_string(),
            _ => quoted(cell),
        };
        let line: Vec<String> = row.iter().zip(&collector.forms).map(cell).collect();
        let _ = writeln!(text, "{}", line.join(","));
    }
    (text, n_rows)
}

/// The marginals of a class, ready to draw from.
struct Tables<'a> {
    class: &'a Class,
    quantiles: Vec<Vec<f32>>,
}

impl<'a> Tables<'a> {
    fn of(class: &'a Class) -> Self {
        let quantiles = |marginal: &Marginal| {
            let mut sorted = marginal.numbers.clone();
            sorted.sort_unstable_by(f32::total_cmp);
            let Some(last) = sorted.len().checked_sub(1) else {
                return Vec::new();
            };
            (0..N_QUANTILES)
                .map(|step| sorted[step * last / (N_QUANTILES - 1)])
                .collect()
        };
        Self {
            class,
            quantiles: class.columns.iter().map(quantiles).collect(),
        }
    }

    /// A row whose numbers are those of no real row; `None` if that cannot be had.
    fn row(&self, collector: &Collector, label: &str, rng: &mut SplitMix64) -> Option<Vec<String>> {
        for _ in 0..MAX_DRAWS {
            let mut numbers = Vec::new();
            let mut cells = Vec::new();
            for (i, form) in collector.forms.iter().enumerate() {
                cells.push(match form {
                    Form::Label => label.to_owned(),
                    Form::Index => String::new(),
                    Form::Number => {
                        let cell = self.number(i, collector.decimals[i], rng);
                        let value = cell
                            .parse::<f32>()
                            .map_or(u32::MAX, |value| (value + 0.0).to_bits());
                        numbers.push(value);
                        cell
                    }
                    Form::Word => self.word(i, rng),
                    Form::Name => format!("synthetic-{:08x}", rng.next_u64() >> 32),
                    Form::Address => format!("192.0.2.{}", 1 + rng.below(254)),
                });
            }
            if !collector.real.contains(&numbers) {
                return Some(cells);
            }
        }
        None
    }

    fn number(&self, column: usize, decimals: usize, rng: &mut SplitMix64) -> String {
        let marginal = &self.class.columns[column];
        let (place, chance) = (rng.unit(), rng.unit() * self.class.rows as f64);
        let quantiles = &self.quantiles[column];
        if quantiles.is_empty() || chance < marginal.missing as f64 {
            return String::new();
        }
        // Between equal quantiles lies a value that many rows have: that one, and not nearly that one.
        let value = interpolate(quantiles, place);
        if value.is_nan() {
            return "inf".to_owned();
        }
        let cell = format!("{value:.decimals$}");
        if decimals == 0 {
            return cell;
        }
        cell.trim_end_matches('0').trim_end_matches('.').to_owned()
    }

    fn word(&self, column: usize, rng: &mut SplitMix64) -> String {
        let words = &self.class.columns[column].words;
        let mut left = rng.unit() * words.values().sum::<u64>() as f64;
        for (word, &count) in words {
            left -= count as f64;
            if left < 0.0 {
                return word.clone();
            }
        }
        words.keys().next_back().cloned().unwrap_or_default()
    }
}

/// A cell as CSV.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}
