//! The rows of a slice as CSV: their bytes as they are in the file, and what the model says of them in columns behind.
//!
//! ```text
//! duration,proto,label                    duration,proto,label,flowsieve_class,flowsieve_family,…
//! 0.31,tcp,scan              ──────▶      0.31,tcp,scan,port scan,Recon,0.9871,0.9712,0.97310,1,port scan
//! 0.31,"t,cp"                             0.31,"t,cp",,,,,,,
//! ```
//!
//! The last row here is a reject, so its cells behind stay empty. Blank lines go; line ends stay as they are, and the last
//! row gets one if it has none.
//!
//! Unless raw bytes are asked for, a cell that a spreadsheet would take for a formula gets a `'` in front, see
//! [`export_cells`](super::export_cells).
//!
//! A Zeek log stays one, with the results as its last fields, and so do JSON objects, with results as their last values:
//! no spreadsheet takes these for formulas. UTF-16 becomes UTF-8.

use super::export_cells::{OwnCells, needs_protection, write_decimal, write_protected};
use super::memory::Answer;
use super::places::Places;
use super::plan::Plan;
use super::row_scorer::{Counted, RowScorer, Scored};
use crate::metrics::flag_threshold;
use crate::model::CLASS_NONE;
use crate::model::calibration::ClassSet;
use crate::model::rank::{RANK_HIGH, RANK_LOW};
use crate::table::dialect::Format;
use crate::table::head::BYTE_ORDER_MARK;
use crate::table::{Broken, Progress, Record, RecordSink, SliceReader, SliceSpan, to_utf8};
use std::sync::Arc;

/// The columns that an export appends.
///
/// `attack_probability` is that of all attack classes together and `confidence` that of the class, both from 0 to 1. The
/// detector's score is the share of its training rows that are less strange than the row: from 0 to 1 among them, above
/// for what is stranger than all of them, below for what is less strange. Its flag is 1 where the score is above
/// 1 − contamination. Both are empty where the model has no detector, the four before them where it has no classes. The
/// set has the names of the classes that the row may be at the coverage that the model states, with ` | ` between them; it
/// is empty where it is like none of them, and where the model has no sets.
pub const RESULT_COLUMNS: [&str; 7] = [
    "flowsieve_class",
    "flowsieve_family",
    "flowsieve_attack_probability",
    "flowsieve_confidence",
    "flowsieve_isolation_forest_score",
    "flowsieve_isolation_forest_flag",
    "flowsieve_set",
];

/// Between the names of the classes in a set.
const SET_SEPARATOR: &str = " | ";

/// As much as is read at once.
const PIECE_BYTES: usize = 1 << 17;

/// As much as is reserved for the rows of a slice before they are known.
const MAX_RESERVED: u64 = 8 << 20;

/// What is exported.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportOptions {
    /// The detector flags what this share of its training rows would be.
    pub contamination: f64,
    /// The classes whose rows are exported; `None` for all.
    pub classes: Option<Vec<u8>>,
    /// The label whose rows alone are exported; `None` for all. Labels are those of the result columns.
    pub label: Option<u8>,
    /// Whether rejected rows are exported, too.
    pub rejected: bool,
    /// Whether cells stay as they are that a spreadsheet would take for formulas.
    pub raw: bool,
    /// Whether the results alone are written, as CSV whatever the file is: line for line those of the rows.
    pub results_only: bool,
}

impl Default for ExportOptions {
    fn default() -> Self {
        Self {
            contamination: 0.05,
            classes: None,
            label: None,
            rejected: true,
            raw: false,
            results_only: false,
        }
    }
}

/// What a slice's export says besides its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportOutcome {
    /// The rows as CSV.
    pub csv: Vec<u8>,
    /// Where the slice's first record starts; `None` if none starts in it.
    pub first_record: Option<u64>,
    /// Where the next slice's first record starts; `u64::MAX` at the end of the file.
    pub next_record: u64,
    /// Rows of the slice, whether exported or not.
    pub rows: u64,
    /// Of these, rows that could not be read.
    pub rejected: u64,
    /// Rows that were exported.
    pub exported: u64,
    /// Where a Zeek log goes on with other fields, if it does in this slice.
    pub other_fields: Option<u64>,
    /// As [`Summary::places`](super::Summary::places) where [they are counted](ExportTask::with_places), else none.
    pub places: Vec<u64>,
}

/// The header of an export, with its line end.
pub fn export_header(plan: &Plan, options: &ExportOptions) -> Vec<u8> {
    let line = plan.header_line();
    let dialect = plan.head().layout.dialect;
    let delimiter = dialect.delimiter;
    if options.results_only {
        return (RESULT_COLUMNS.join(",") + "\n").into_bytes();
    }
    let mut csv = Vec::new();
    match dialect.format {
        Format::Csv if !line.is_empty() => {}
        // Rows that have no header get none.
        Format::Csv | Format::JsonLines => return csv,
        Format::ZeekTsv => return zeek_header(line, delimiter),
    }
    let content = content_len(line);
    if options.raw {
        csv.extend_from_slice(&line[..content]);
    } else {
        let mark = line.len() - strip_mark(line).len();
        csv.extend_from_slice(&line[..mark]);
        write_protected(&line[mark..content], dialect.grammar(), &mut csv);
    }
    for name in RESULT_COLUMNS {
        csv.push(delimiter);
        csv.extend_from_slice(name.as_bytes());
    }
    csv.extend_from_slice(&line[content..]);
    csv
}

/// The lines above the rows of a Zeek log, with the fields and types that come behind.
fn zeek_header(lines: &[u8], delimiter: u8) -> Vec<u8> {
    let mut log = Vec::new();
    for line in lines.split_inclusive(|&byte| byte == b'\n') {
        let content = content_len(line);
        log.extend_from_slice(&line[..content]);
        let more = if line.starts_with(b"#fields") {
            RESULT_COLUMNS
        } else if line.starts_with(b"#types") {
            [
                "string", "string", "double", "double", "double", "count", "string",
            ]
        } else {
            [""; 7]
        };
        for word in more.iter().filter(|word| !word.is_empty()) {
            log.push(delimiter);
            log.extend_from_slice(word.as_bytes());
        }
        log.extend_from_slice(&line[content..]);
    }
    log
}

/// Exports the rows of one slice.
#[derive(Debug)]
pub struct ExportTask {
    reader: SliceReader,
    writer: Writer,
}

impl ExportTask {
    /// Of the slice `span` of the file.
    ///
    /// The file's first record is known, so a slice that begins with it need not guess.
    pub fn new(plan: Arc<Plan>, mut span: SliceSpan, options: &ExportOptions) -> Self {
        if span.begin == plan.head().data_start {
            span.first.get_or_insert(span.begin);
        }
        let reader = SliceReader::new(span, &plan.head().layout);
        let mut writer = Writer::new(plan, options, reader.position());
        // What is appended to the rows of flows takes about a tenth to a half of them.
        let bytes = (span.end - span.begin).min(MAX_RESERVED);
        writer.outcome.csv.reserve((bytes + bytes / 4) as usize);
        writer.raw.reserve(2 * PIECE_BYTES);
        Self { reader, writer }
    }

    /// Counts how values lie among those of training, too.
    #[must_use]
    pub fn with_places(mut self) -> Self {
        self.writer.rows.count_places();
        self
    }

    /// Offset of the next byte that the task wants.
    pub fn position(&self) -> u64 {
        self.reader.position()
    }

    /// Reads on: `bytes` are those from [`position`](Self::position) on, as many as there are at hand.
    pub fn push(&mut self, bytes: &[u8]) -> Progress {
        for piece in bytes.chunks(PIECE_BYTES) {
            if !self.writer.options.results_only {
                self.writer.raw.extend_from_slice(piece);
            }
            if self.reader.push(piece, &mut self.writer) == Progress::Done {
                return Progress::Done;
            }
            let first = self.reader.first_record();
            self.writer.forget(first.unwrap_or(self.reader.held_from()));
        }
        Progress::More
    }

    /// The end: [`push`](Self::push) said so, or the file has no more bytes.
    pub fn finish(mut self) -> ExportOutcome {
        self.reader.finish(&mut self.writer);
        self.writer.write_waiting(self.reader.next_record());
        let places = self.writer.rows.into_counted().places;
        ExportOutcome {
            first_record: self.reader.first_record(),
            next_record: self.reader.next_record(),
            other_fields: self.reader.other_fields(),
            places: places.map_or(Vec::new(), Places::into_counts),
            ..self.writer.outcome
        }
    }
}

/// A row that was read, and not written yet: where it ends is known once the next one starts.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    offset: u64,
    /// What the model says; `None` of a reject.
    score: Option<Answer>,
    /// Whether a cell may need a `'`.
    unsafe_cells: bool,
    exported: bool,
}

/// Takes records and writes them.
#[derive(Debug)]
struct Writer {
    plan: Arc<Plan>,
    threshold_rank: u16,
    has_detector: bool,
    has_sets: bool,
    /// By class: whether its rows are exported.
    classes: [bool; 256],
    options: ExportOptions,
    raw_cells: bool,
    cells: OwnCells,
    rows: RowScorer,
    /// What stands before each result, and behind the last.
    before: [Vec<u8>; RESULT_COLUMNS.len()],
    behind: &'static [u8],
    /// Class and family of each class and family, ready to be written.
    class_names: Vec<Vec<u8>>,
    family_names: Vec<Vec<u8>>,
    /// The file's bytes from `raw_base` on, as far as they were pushed.
    raw: Vec<u8>,
    raw_base: u64,
    waiting: Option<Waiting>,
    outcome: ExportOutcome,
}

impl Writer {
    fn new(plan: Arc<Plan>, options: &ExportOptions, position: u64) -> Self {
        let model = plan.model();
        let spec = model.spec();
        let dialect = plan.head().layout.dialect;
        let (format, delimiter) = if options.results_only {
            (Format::Csv, b',')
        } else {
            (dialect.format, dialect.delimiter)
        };
        let is_json = format == Format::JsonLines;
        let raw_cells = options.raw || format != Format::Csv;
        let cells = OwnCells {
            format,
            delimiter,
            raw: raw_cells,
        };
        let cell = |name: &String| cells.cell(name);
        let mut before = RESULT_COLUMNS.map(|name| {
            if is_json {
                format!(",\"{name}\":").into_bytes()
            } else {
                vec![delimiter]
            }
        });
        if options.results_only {
            before[0].clear();
        }
        let mut classes = [options.classes.is_none(); 256];
        for &class in options.classes.iter().flatten() {
            classes[usize::from(class)] = true;
        }
        Self {
            threshold_rank: flag_threshold(options.contamination),
            has_detector: !spec.isolation.trees.is_empty(),
            has_sets: model.sets().is_some(),
            cells,
            classes,
            options: options.clone(),
            raw_cells,
            before,
            behind: if is_json { b"}" } else { b"" },
            rows: RowScorer::new(Arc::clone(&plan), Counted::default()),
            class_names: spec
                .taxonomy
                .kinds
                .iter()
                .map(|kind| cell(&kind.name))
                .collect(),
            family_names: spec.taxonomy.families.iter().map(cell).collect(),
            raw: Vec::new(),
            raw_base: position,
            waiting: None,
            outcome: ExportOutcome::default(),
            plan,
        }
    }

    /// Forgets raw bytes before `offset`, but not those of the row that waits.
    fn forget(&mut self, offset: u64) {
        let keep = match self.waiting {
            Some(waiting) => waiting.offset,
            None => offset,
        };
        let gone = keep.saturating_sub(self.raw_base) as usize;
        self.raw.drain(..gone.min(self.raw.len()));
        self.raw_base += gone as u64;
    }

    /// Writes the row that waits, which ends before `end`, blank lines aside.
    fn write_waiting(&mut self, end: u64) {
        let Some(waiting) = self.waiting.take().filter(|waiting| waiting.exported) else {
            return;
        };
        self.outcome.exported += 1;
        let mut csv = std::mem::take(&mut self.outcome.csv);
        if self.options.results_only {
            match waiting.score {
                Some(answer) => self.write_results(answer, &mut csv),
                None => csv.resize(csv.len() + RESULT_COLUMNS.len() - 1, b','),
            }
            csv.push(b'\n');
            self.outcome.csv = csv;
            return;
        }
        let from = (waiting.offset - self.raw_base) as usize;
        let to = end.saturating_sub(self.raw_base).min(self.raw.len() as u64) as usize;
        let dialect = self.plan.head().layout.dialect;
        let bytes = to_utf8(dialect.encoding, &self.raw[from..to]);
        let mut content = match dialect.format {
            Format::Csv => &bytes[..content_len(&bytes)],
            // Comments may follow before the next row.
            Format::ZeekTsv | Format::JsonLines => {
                let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
                &bytes[..bytes.iter().position(is_end).unwrap_or(bytes.len())]
            }
        };
        let line_end = line_end(&bytes[content.len()..]);
        let is_json = dialect.format == Format::JsonLines;
        if waiting.score.is_some() && is_json {
            content = content.trim_ascii_end();
            content = content.strip_suffix(b"}").unwrap_or(content);
        }
        if waiting.unsafe_cells && !self.raw_cells {
            write_protected(content, dialect.grammar(), &mut csv);
        } else {
            csv.extend_from_slice(content);
        }
        match waiting.score {
            Some(answer) => {
                let start = csv.len();
                self.write_results(answer, &mut csv);
                // An object without values has nothing that a comma could stand behind.
                if is_json && content.trim_ascii_end().ends_with(b"{") {
                    csv.remove(start);
                }
            }
            None if is_json => {}
            None => csv.resize(csv.len() + RESULT_COLUMNS.len(), dialect.delimiter),
        }
        csv.extend_from_slice(line_end.unwrap_or(self.plan.line_end()));
        self.outcome.csv = csv;
    }

    /// Writes what the model says of a row behind its cells. What it does not have is an empty cell, and no value of an
    /// object.
    fn write_results(&self, answer: Answer, csv: &mut Vec<u8>) {
        let Answer {
            score,
            attack_probability,
            set,
        } = answer;
        let [class, family, attack, confidence, rank, flag, sets] = &self.before;
        let is_json = !self.behind.is_empty();
        if score.class != CLASS_NONE {
            csv.extend_from_slice(class);
            csv.extend_from_slice(&self.class_names[usize::from(score.class)]);
            csv.extend_from_slice(family);
            csv.extend_from_slice(&self.family_names[usize::from(score.family)]);
            for (before, share) in [(attack, attack_probability), (confidence, score.confidence)] {
                csv.extend_from_slice(before);
                let steps = (u32::from(share) * 10_000 + 32_767) / 65_535;
                write_decimal(i64::from(steps), 4, csv);
            }
        } else if !is_json {
            for before in [class, family, attack, confidence] {
                csv.extend_from_slice(before);
            }
        }
        if self.has_detector {
            csv.extend_from_slice(rank);
            let above = i64::from(score.rank) - i64::from(RANK_LOW);
            let range = i64::from(RANK_HIGH - RANK_LOW);
            let steps = (200_000 * above + above.signum() * range) / (2 * range);
            write_decimal(steps, 5, csv);
            csv.extend_from_slice(flag);
            csv.push(b'0' + u8::from(score.rank > self.threshold_rank));
        } else if !is_json {
            csv.extend_from_slice(rank);
            csv.extend_from_slice(flag);
        }
        if self.has_sets {
            csv.extend_from_slice(sets);
            self.write_set(score.class, &set, csv);
        } else if !is_json {
            csv.extend_from_slice(sets);
        }
        csv.extend_from_slice(self.behind);
    }
}

impl Writer {
    /// Writes the names of the classes in a set as one cell. Mostly that is the class predicted, alone.
    fn write_set(&self, class: u8, set: &ClassSet, csv: &mut Vec<u8>) {
        if set.len() == 1 && set.contains(class) {
            csv.extend_from_slice(&self.class_names[usize::from(class)]);
            return;
        }
        let mut names = String::new();
        let kinds = &self.plan.model().spec().taxonomy.kinds;
        for (class, kind) in (0u8..).zip(kinds) {
            if set.contains(class) {
                names.push_str(if names.is_empty() { "" } else { SET_SEPARATOR });
                names.push_str(&kind.name);
            }
        }
        csv.extend_from_slice(&self.cells.cell(&names));
    }
}

impl RecordSink for Writer {
    fn record(&mut self, record: &Record<'_>) {
        self.write_waiting(record.offset);
        self.outcome.rows += 1;
        let unsafe_cells =
            !self.raw_cells && !self.options.results_only && record.cells().any(needs_protection);
        let mut waiting = Waiting {
            offset: record.offset,
            score: None,
            unsafe_cells,
            exported: self.options.rejected,
        };
        if let Ok(Scored { answer, label }) = self.rows.score(record) {
            waiting.score = Some(answer);
            waiting.exported = self.classes[usize::from(answer.score.class)]
                && self.options.label.is_none_or(|wanted| label == wanted);
        } else {
            self.outcome.rejected += 1;
        }
        self.waiting = Some(waiting);
    }

    fn broken(&mut self, offset: u64, _line: u64, _why: Broken) {
        self.write_waiting(offset);
        self.outcome.rows += 1;
        self.outcome.rejected += 1;
        self.waiting = Some(Waiting {
            offset,
            score: None,
            unsafe_cells: true,
            exported: self.options.rejected,
        });
    }
}

/// The length of a record without the line ends behind it.
fn content_len(bytes: &[u8]) -> usize {
    let last = bytes
        .iter()
        .rposition(|byte| !matches!(byte, b'\n' | b'\r'));
    last.map_or(0, |last| last + 1)
}

/// The first line end of bytes that begin with one.
pub(super) fn line_end(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [b'\r', b'\n', ..] => Some(&bytes[..2]),
        [b'\n' | b'\r', ..] => Some(&bytes[..1]),
        _ => None,
    }
}

fn strip_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line)
}
