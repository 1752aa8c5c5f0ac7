//! What a file and a model have in common: which cell of a row is which feature.

use super::LABEL_UNKNOWN;
use super::row::{category, unprotected};
use crate::model::Model;
use crate::model::taxonomy::Taxonomy;
use crate::prepare::Feature;
use crate::schema::{ColumnKind, Connection, HeaderMatch, LabelChoice, OneHot, Schema};
use crate::short::{ShortMap, sorted_by_key};
use crate::table::dialect::{Format, text_of};
use crate::table::head::{BYTE_ORDER_MARK, Names};
use crate::table::{DialectChoice, Head, to_utf8};
use crate::{Error, ErrorKind};
use std::sync::Arc;

/// What the user may choose about an analysis.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// Decides which rows are in the sample.
    pub seed: u64,
    /// Which column holds labels.
    pub label: LabelChoice,
    /// What labels of the file are called by the model: label to class name. Labels that are not in it are found by name.
    pub label_map: Vec<(String, String)>,
    /// Columns of the model that are connected by hand; the others are found by name.
    pub columns: Vec<Connection>,
    /// How the file is written, as far as that is not to be guessed.
    pub dialect: DialectChoice,
}

/// How to analyse a file with a model. Every worker makes the same plan from the same first bytes.
#[derive(Debug)]
pub struct Plan {
    model: Arc<Model>,
    head: Head,
    header: HeaderMatch,
    size: u64,
    /// What is above the rows, as UTF-8, a byte order mark included.
    header_line: Vec<u8>,
    pub(super) seed: u64,
    /// Cells of numbers, in the order of the row.
    pub(super) numbers: Vec<NumberCell>,
    /// All other cells that become features.
    pub(super) others: Vec<OtherCell>,
    pub(super) labels: ShortMap<Vec<u8>, u8>,
}

/// A cell that is read as a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct NumberCell {
    /// Index in the row.
    pub(super) cell: usize,
    /// Index of the feature.
    pub(super) feature: usize,
}

/// A cell that becomes a feature in another way.
#[derive(Debug)]
pub(super) struct OtherCell {
    /// Index in the row; of several the first.
    pub(super) cell: usize,
    /// Index of the feature.
    pub(super) feature: usize,
    pub(super) reading: Reading,
}

/// How a cell becomes a value.
#[derive(Debug)]
pub(super) enum Reading {
    Time,
    /// The code of each word, and that of all others.
    Category(ShortMap<Vec<u8>, f32>, f32),
    /// The cell of each word and its code, and the code of words that are not known.
    OneHot(Vec<(usize, f32)>, f32),
}

impl Plan {
    /// Plans the analysis of a file of `size` bytes that starts with `head`: all of it, or at least
    /// [`HEAD_BYTES`](crate::table::head::HEAD_BYTES).
    ///
    /// # Errors
    ///
    /// Those of [`of_any_header`](Self::of_any_header) and [`HeaderMatch::require`].
    pub fn new(
        model: Arc<Model>,
        bytes: &[u8],
        size: u64,
        options: &PlanOptions,
    ) -> Result<Self, Error> {
        let plan = Self::of_any_header(model, bytes, size, options)?;
        plan.require()?;
        Ok(plan)
    }

    /// The same for a header that may have too little of what the model leans on, to look at what was recognised.
    ///
    /// # Errors
    ///
    /// Those of [`Head::read`] and [`Schema::match_header`](crate::schema::Schema::match_header);
    /// [`NoSuchClass`](ErrorKind::NoSuchClass) where the label map names a class that the model does not have.
    pub fn of_any_header(
        model: Arc<Model>,
        bytes: &[u8],
        size: u64,
        options: &PlanOptions,
    ) -> Result<Self, Error> {
        let mut head = Head::read(bytes, size, options.dialect)?;
        let above_rows = &bytes[..(head.data_start as usize).min(bytes.len())];
        let dialect = head.layout.dialect;
        let header_line = header_lines(&to_utf8(dialect.encoding, above_rows), dialect.format);
        let spec = model.spec();
        if head.names == Names::Numbers {
            name_by_order(&mut head.columns, &spec.schema);
        }
        let header = spec.schema.match_header(
            &head.columns,
            &options.label,
            &spec.preparation.features,
            &options.columns,
        )?;
        let mut numbers: Vec<NumberCell> = Vec::new();
        let mut others: Vec<OtherCell> = Vec::new();
        for (feature, cell) in header.columns.iter().enumerate() {
            let Some(cell) = *cell else { continue };
            let reading = match spec.schema.columns[feature].kind {
                ColumnKind::Numeric => {
                    numbers.push(NumberCell { cell, feature });
                    continue;
                }
                ColumnKind::Time => Reading::Time,
                ColumnKind::Categorical => {
                    let (codes, unknown) = word_codes(&spec.preparation.features[feature]);
                    Reading::Category(codes, unknown)
                }
            };
            others.push(OtherCell {
                cell,
                feature,
                reading,
            });
        }
        for OneHot { column, words } in &header.one_hot {
            let (codes, unknown) = word_codes(&spec.preparation.features[*column]);
            let mut cells = Vec::new();
            for (cell, word) in words {
                cells.push((*cell, category(&codes, unknown, word.as_bytes())));
            }
            others.push(OtherCell {
                cell: words[0].0,
                feature: *column,
                reading: Reading::OneHot(cells, unknown),
            });
        }
        let numbers = sorted_by_key(numbers, |number| number.cell);
        let labels = if header.label.is_some() {
            let names = spec.taxonomy.kinds.iter().map(|kind| &kind.name);
            let mut labels = codes(names.zip(0_u8..), |class| class);
            for (label, class) in &options.label_map {
                let class = class_named(&spec.taxonomy, label, class)?;
                *labels.entry(label.trim().as_bytes().to_vec(), class) = class;
            }
            labels
        } else {
            ShortMap::default()
        };
        if model.spec().taxonomy.kinds.len() > usize::from(LABEL_UNKNOWN) {
            return Err(Error::new(
                ErrorKind::PackDamaged,
                "The model has more classes than a result can hold.",
            ));
        }
        Ok(Self {
            model,
            head,
            header,
            size,
            header_line,
            seed: options.seed,
            numbers,
            others,
            labels,
        })
    }

    /// Refuses a header that has too little of what the model leans on.
    ///
    /// # Errors
    ///
    /// Those of [`HeaderMatch::require`].
    pub fn require(&self) -> Result<(), Error> {
        let spec = self.model.spec();
        self.header.require(&spec.schema, &spec.name)
    }

    /// The model.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// What the first bytes said.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How the header was matched.
    pub fn header(&self) -> &HeaderMatch {
        &self.header
    }

    /// The file's size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// What is above the rows, as UTF-8: a header without blank lines around it, with its line end; all lines above the rows
    /// of a Zeek log; nothing where there is none.
    pub fn header_line(&self) -> &[u8] {
        &self.header_line
    }

    /// How the header ends, for a last row that has no line end of its own.
    pub(super) fn line_end(&self) -> &[u8] {
        match self.header_line.as_slice() {
            [.., b'\r', b'\n'] => b"\r\n",
            [.., b'\r'] => b"\r",
            _ => b"\n",
        }
    }

    /// Where to cut the file into slices of about `slice_bytes`: the begin of each, then the file's end.
    pub fn slice_bounds(&self, slice_bytes: u64) -> Vec<u64> {
        let begins = (self.head.data_start..self.size).step_by(slice_bytes.max(1) as usize);
        begins.chain([self.size]).collect()
    }

    /// The numbers in the cells before one.
    #[inline]
    pub(super) fn numbers_before(&self, cell: usize) -> &[NumberCell] {
        let end = self.numbers.partition_point(|number| number.cell < cell);
        &self.numbers[..end]
    }

    /// The other features that lean on a cell before one.
    pub(super) fn others_before(&self, cell: usize) -> impl Iterator<Item = &OtherCell> {
        self.others.iter().filter(move |other| other.cell < cell)
    }

    /// How many features lean on the cells before one.
    pub(super) fn features_before(&self, cell: usize) -> usize {
        self.numbers_before(cell).len() + self.others_before(cell).count()
    }

    /// The class of a label as the file spells it.
    pub(super) fn class_of_label(&self, label: &[u8]) -> u8 {
        let find = |label: &[u8]| {
            self.labels.get(label).copied().or_else(|| {
                let taxonomy = &self.model.spec().taxonomy;
                taxonomy.class_of(&text_of(label))
            })
        };
        find(label)
            .or_else(|| unprotected(label).and_then(find))
            .unwrap_or(LABEL_UNKNOWN)
    }
}

/// Names the columns of a file without a header as the model has them, where it has as many: its features, then perhaps the
/// label.
fn name_by_order(columns: &mut Vec<String>, schema: &Schema) {
    let features = schema.columns.iter().map(|column| &column.name);
    let names: Vec<&String> = features.chain(schema.label_columns.first()).collect();
    if columns.len() == schema.columns.len() || columns.len() == names.len() {
        columns.clone_from(&names[..columns.len()].iter().copied().cloned().collect());
    }
}

/// The class that a label is mapped to.
fn class_named(taxonomy: &Taxonomy, label: &str, class: &str) -> Result<u8, Error> {
    taxonomy.class_of(class).ok_or_else(|| {
        let names: Vec<&str> = taxonomy.kinds.iter().map(|kind| kind.name.as_str()).collect();
        let message = format!(
            "The label “{label}” is mapped to “{class}”, which is no class of the model. Its classes are: {}.",
            names.join(", ")
        );
        Error::new(ErrorKind::NoSuchClass, message)
    })
}

/// What is above the rows, without blank lines before it: the header with its line end, or all lines above a Zeek log.
fn header_lines(above: &[u8], format: Format) -> Vec<u8> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let mark = if above.starts_with(BYTE_ORDER_MARK) {
        BYTE_ORDER_MARK.len()
    } else {
        0
    };
    let blanks = above[mark..].iter().take_while(|byte| is_end(byte)).count();
    let start = mark + blanks;
    if format != Format::Csv {
        return above[start..].to_vec();
    }
    let content = above
        .iter()
        .rposition(|byte| !is_end(byte))
        .map_or(0, |last| last + 1);
    if content <= start {
        return Vec::new();
    }
    let line_end = super::export::line_end(&above[content..]).unwrap_or(b"\n");
    [&above[..mark], &above[start..content], line_end].concat()
}

/// The code of each word of a category, and that of all others.
fn word_codes(feature: &Feature) -> (ShortMap<Vec<u8>, f32>, f32) {
    let words = &feature.categories;
    (
        codes(words.iter().zip(0_u16..), f32::from),
        words.len() as f32,
    )
}

/// What each word stands for.
fn codes<'a, I, C: Copy>(
    words: impl Iterator<Item = (&'a String, I)>,
    code: impl Fn(I) -> C,
) -> ShortMap<Vec<u8>, C> {
    let mut codes = ShortMap::default();
    for (word, index) in words {
        let code = code(index);
        *codes.entry(word.clone().into_bytes(), code) = code;
    }
    codes
}
