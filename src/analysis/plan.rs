//! What a file and a model have in common: which cell of a row is which feature.

use super::LABEL_UNKNOWN;
use crate::model::Model;
use crate::schema::{ColumnKind, HeaderMatch, LabelChoice};
use crate::short::sorted_by_key;
use crate::table::Head;
use crate::{Error, ErrorKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the user may choose about an analysis.
#[derive(Clone, Debug, Default)]
pub struct PlanOptions {
    /// Decides which rows are in the sample.
    pub seed: u64,
    /// Which column holds labels.
    pub label: LabelChoice,
}

/// How to analyse a file with a model. Every worker makes the same plan from the same first bytes.
#[derive(Debug)]
pub struct Plan {
    model: Arc<Model>,
    head: Head,
    header: HeaderMatch,
    size: u64,
    pub(super) seed: u64,
    /// Cells of numbers, in the order of the row.
    pub(super) numbers: Vec<NumberCell>,
    /// All other cells that become features.
    pub(super) others: Vec<OtherCell>,
    pub(super) labels: BTreeMap<Vec<u8>, u8>,
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
    /// Index in the row.
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
    Category(BTreeMap<Vec<u8>, f32>, f32),
}

impl Plan {
    /// Plans the analysis of a file of `size` bytes that starts with `head`: all of it, or at least
    /// [`HEAD_BYTES`](crate::table::dialect::HEAD_BYTES).
    ///
    /// # Errors
    ///
    /// Those of [`Head::read`], [`Schema::match_header`](crate::schema::Schema::match_header) and
    /// [`HeaderMatch::require`].
    pub fn new(
        model: Arc<Model>,
        head: &[u8],
        size: u64,
        options: &PlanOptions,
    ) -> Result<Self, Error> {
        let head = Head::read(head, size)?;
        let spec = model.spec();
        let header = spec.schema.match_header(&head.columns, &options.label)?;
        header.require(&spec.schema, &spec.name)?;
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
                    let words = &spec.preparation.features[feature].categories;
                    Reading::Category(
                        codes(words.iter().zip(0_u16..), f32::from),
                        words.len() as f32,
                    )
                }
            };
            others.push(OtherCell {
                cell,
                feature,
                reading,
            });
        }
        let numbers = sorted_by_key(numbers, |number| number.cell);
        let labels = if header.label.is_some() {
            let names = spec.taxonomy.kinds.iter().map(|kind| &kind.name);
            codes(names.zip(0_u8..), |class| class)
        } else {
            BTreeMap::new()
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
            seed: options.seed,
            numbers,
            others,
            labels,
        })
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

    /// Where to cut the file into slices of about `slice_bytes`: the begin of each, then the file's end.
    pub fn slice_bounds(&self, slice_bytes: u64) -> Vec<u64> {
        let begins = (self.head.data_start..self.size).step_by(slice_bytes.max(1) as usize);
        begins.chain([self.size]).collect()
    }

    /// The class of a label as the file spells it.
    pub(super) fn class_of_label(&self, label: &[u8]) -> u8 {
        match self.labels.get(label) {
            Some(&class) => class,
            None => std::str::from_utf8(label)
                .ok()
                .and_then(|label| self.model.spec().taxonomy.class_of(label))
                .unwrap_or(LABEL_UNKNOWN),
        }
    }
}

/// What each word stands for.
fn codes<'a, I, C>(
    words: impl Iterator<Item = (&'a String, I)>,
    code: impl Fn(I) -> C,
) -> BTreeMap<Vec<u8>, C> {
    let mut codes = BTreeMap::new();
    for (word, index) in words {
        codes.insert(word.clone().into_bytes(), code(index));
    }
    codes
}
