//! The model file `NAME.sieve`: one reader and one writer, specified to the byte in `docs/pack-format.md`.
//!
//! ```text
//! header | table of sections | sections, compressed one by one
//! ```
//!
//! A file says which format version it has, and of each section whether a reader that does not know it may skip it. So
//! a newer writer can add to a file without shutting older readers out, and an older reader never scores with half a
//! model. Everything has a checksum, and every length a limit: a file comes from anywhere.
//!
//! The same model gives the same bytes on every machine. Reading gives back exactly what was written.

mod bytes;
mod container;
mod detectors;
mod records;
mod trees;

use crate::model::card::Card;
use crate::model::detectors::DetectorsSpec;
use crate::model::forest::ForestSpec;
use crate::model::importance::PermutationImportance;
use crate::model::isolation::IsolationSpec;
use crate::model::taxonomy::MAX_KINDS;
use crate::model::trial::Trials;
use crate::model::validate::{self, MAX_NODES};
use crate::model::{ModelSpec, SelfTestRow};
use crate::record::{Malformed, Record, from_bytes, to_bytes};
use crate::{Error, ErrorKind};
use bytes::{Reader, put_varint};
use container::{Contents, Entry};

pub use container::{FORMAT_VERSION, MAGIC, MAX_FILE_LEN, MAX_SECTIONS};

/// The largest unpacked section that holds no trees.
pub const MAX_RAW_LEN: usize = 2 << 20;
/// The largest unpacked section of trees.
pub const MAX_RAW_TREES_LEN: usize = 64 << 20;

const NAME: [u8; 4] = *b"NAME";
const SCHEMA: [u8; 4] = *b"SCHM";
const PREPARATION: [u8; 4] = *b"PREP";
const TAXONOMY: [u8; 4] = *b"TAXO";
const FOREST: [u8; 4] = *b"FRST";
const CALIBRATION: [u8; 4] = *b"CALB";
const ISOLATION: [u8; 4] = *b"ISOF";
const DETECTORS: [u8; 4] = *b"DTCT";
const CARD: [u8; 4] = *b"CARD";
const CALIBRATION_WORTH: [u8; 4] = *b"CERR";
const EVALUATIONS: [u8; 4] = *b"EVAL";
const SELF_TEST: [u8; 4] = *b"TEST";
const SIZE_CURVE: [u8; 4] = *b"SIZE";
const COVERS: [u8; 4] = *b"COVR";
const PERMUTATION: [u8; 4] = *b"PERM";
const KNOWN: [[u8; 4]; 15] = [
    NAME,
    SCHEMA,
    PREPARATION,
    TAXONOMY,
    FOREST,
    CALIBRATION,
    ISOLATION,
    DETECTORS,
    CARD,
    CALIBRATION_WORTH,
    EVALUATIONS,
    SELF_TEST,
    SIZE_CURVE,
    COVERS,
    PERMUTATION,
];

/// A section of a model file, as a list of contents shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Four capital letters or digits.
    pub tag: String,
    /// Its bytes in the file.
    pub bytes: usize,
    /// Its bytes unpacked.
    pub raw_bytes: usize,
}

/// The sections of a model file, in order, those that this reader does not know and may skip included.
///
/// # Errors
/// As [`read`], for all that concerns the file as a whole. The sections are not unpacked.
pub fn sections(bytes: &[u8]) -> Result<Vec<Section>, Error> {
    let contents = Contents::of(bytes, &KNOWN)?;
    let section = |entry: &Entry<'_>| Section {
        tag: entry.tag_name(),
        bytes: entry.stored.len(),
        raw_bytes: entry.raw_len,
    };
    Ok(contents.entries.iter().map(section).collect())
}

/// Reads a model file. What it says is unpacked, not judged: [`crate::model::Model::new`] does that.
///
/// # Errors
/// [`ErrorKind::PackNotAPack`] where the bytes are something else, [`ErrorKind::PackTooNew`] where they need a newer
/// reader, [`ErrorKind::PackDamaged`] where anything else is wrong with them.
pub fn read(bytes: &[u8]) -> Result<ModelSpec, Error> {
    let contents = Contents::of(bytes, &KNOWN)?;
    let mut spec = ModelSpec {
        isolation: match contents.find(ISOLATION) {
            Some(entry) => read_isolation(&entry.unpack(MAX_RAW_TREES_LEN)?)?,
            None => IsolationSpec::default(),
        },
        card: Card {
            size_curve: contents.find(SIZE_CURVE).map(record).transpose()?,
            calibration: contents.find(CALIBRATION_WORTH).map(record).transpose()?,
            ..match contents.find(CARD) {
                Some(entry) => record(entry)?,
                None => Card::default(),
            }
        },
        permutation: match contents.find(PERMUTATION) {
            Some(entry) => Some(read_permutation(&entry.unpack(MAX_RAW_LEN)?)?),
            None => None,
        },
        self_test: record(contents.require(SELF_TEST)?)?,
        ..classifier(&contents)?
    };
    if let Some(entry) = contents.find(DETECTORS) {
        let n_features = spec.schema.columns.len();
        spec.detectors = detectors::read(&entry.unpack(MAX_RAW_TREES_LEN)?, n_features)?;
    }
    if let Some(entry) = contents.find(EVALUATIONS) {
        spec.card.evaluations = Trials::from_bytes(entry.unpack(MAX_RAW_LEN)?.into_owned());
    }
    Ok(spec)
}

/// The same without the detector, the card and the test rows: what explaining a class takes.
///
/// # Errors
/// As [`read`].
pub fn read_classifier(bytes: &[u8]) -> Result<ModelSpec, Error> {
    classifier(&Contents::of(bytes, &KNOWN)?)
}

fn classifier(contents: &Contents<'_>) -> Result<ModelSpec, Error> {
    let name = contents.require(NAME)?.unpack(MAX_RAW_LEN)?;
    Ok(ModelSpec {
        name: String::from_utf8(name.into_owned()).map_err(|_| damaged("its name is no text"))?,
        schema: record(contents.require(SCHEMA)?)?,
        preparation: record(contents.require(PREPARATION)?)?,
        taxonomy: record(contents.require(TAXONOMY)?)?,
        forest: forest(contents)?,
        calibration: contents.find(CALIBRATION).map(record).transpose()?,
        isolation: IsolationSpec::default(),
        detectors: DetectorsSpec::default(),
        card: Card::default(),
        permutation: None,
        self_test: Vec::new(),
    })
}

fn forest(contents: &Contents<'_>) -> Result<ForestSpec, Error> {
    let Some(entry) = contents.find(FOREST) else {
        return Ok(ForestSpec::default());
    };
    let forest = read_forest(&entry.unpack(MAX_RAW_TREES_LEN)?)?;
    Ok(ForestSpec {
        covers: match contents.find(COVERS) {
            Some(covers) => covers.unpack(MAX_NODES)?.into_owned(),
            None => Vec::new(),
        },
        ..forest
    })
}

/// Writes a model file.
///
/// # Errors
/// [`ErrorKind::PackDamaged`] where the model is one that [`crate::model::Model::new`] refuses (its self-test rows are
/// not run), or too large for the format's limits.
pub fn write(spec: &ModelSpec) -> Result<Vec<u8>, Error> {
    validate::model(spec)?;
    let mut writer = container::Writer::default();
    writer.add(NAME, true, spec.name.as_bytes().to_vec(), MAX_RAW_LEN)?;
    writer.add(SCHEMA, true, to_bytes(&spec.schema), MAX_RAW_LEN)?;
    writer.add(PREPARATION, true, to_bytes(&spec.preparation), MAX_RAW_LEN)?;
    writer.add(TAXONOMY, true, to_bytes(&spec.taxonomy), MAX_RAW_LEN)?;
    if spec.has_classes() {
        writer.add(FOREST, true, write_forest(&spec.forest), MAX_RAW_TREES_LEN)?;
    }
    if let Some(calibration) = &spec.calibration {
        writer.add(CALIBRATION, true, to_bytes(calibration), MAX_RAW_LEN)?;
    }
    if !spec.isolation.trees.is_empty() {
        writer.add(
            ISOLATION,
            true,
            write_isolation(&spec.isolation),
            MAX_RAW_TREES_LEN,
        )?;
    }
    if !spec.detectors.is_empty() {
        let raw = detectors::write(&spec.detectors);
        writer.add(DETECTORS, true, raw, MAX_RAW_TREES_LEN)?;
    }
    writer.add(CARD, false, to_bytes(&spec.card), MAX_RAW_LEN)?;
    if let Some(worth) = &spec.card.calibration {
        writer.add(CALIBRATION_WORTH, false, to_bytes(worth), MAX_RAW_LEN)?;
    }
    if let Some(curve) = &spec.card.size_curve {
        writer.add(SIZE_CURVE, false, to_bytes(curve), MAX_RAW_LEN)?;
    }
    let evaluations = spec.card.evaluations.as_bytes();
    if !evaluations.is_empty() {
        writer.add(EVALUATIONS, false, evaluations.to_vec(), MAX_RAW_LEN)?;
    }
    let self_test: Vec<SelfTestRow> = spec.self_test.iter().map(canonical).collect();
    writer.add(SELF_TEST, true, to_bytes(&self_test), MAX_RAW_LEN)?;
    if !spec.forest.covers.is_empty() {
        writer.add(COVERS, false, spec.forest.covers.clone(), MAX_NODES)?;
    }
    if let Some(permutation) = &spec.permutation {
        let raw = write_permutation(permutation);
        writer.add(PERMUTATION, false, raw, MAX_RAW_LEN)?;
    }
    writer.finish()
}

/// How many bytes a forest that [`crate::model::validate`] accepts takes in a model file.
///
/// # Errors
/// [`ErrorKind::PackDamaged`] where it is too large for one.
pub fn forest_bytes(spec: &ForestSpec) -> Result<usize, Error> {
    let mut writer = container::Writer::default();
    writer.add(FOREST, true, write_forest(spec), MAX_RAW_TREES_LEN)?;
    Ok(writer.stored_len())
}

/// The row with every NaN replaced by the one that all machines agree on.
fn canonical(row: &SelfTestRow) -> SelfTestRow {
    let values = row
        .values
        .iter()
        .map(|&value| if value.is_nan() { f32::NAN } else { value });
    SelfTestRow {
        values: values.collect(),
        ..row.clone()
    }
}

/// Every `step`-th byte from `first` on.
fn every(bytes: &[u8], step: usize, first: usize) -> impl Iterator<Item = u8> + use<'_> {
    bytes.iter().copied().skip(first).step_by(step)
}

fn write_forest(spec: &ForestSpec) -> Vec<u8> {
    let n_classes = usize::from(spec.n_classes);
    let mut out = Vec::new();
    put_varint(&mut out, n_classes as u64);
    put_varint(&mut out, (spec.distributions.len() / n_classes) as u64);
    // All distributions' share of the first class, then of the second and so on: like lies with like.
    out.extend((0..n_classes).flat_map(|class| every(&spec.distributions, n_classes, class)));
    trees::put(&mut out, &spec.trees);
    out
}

fn read_forest(bytes: &[u8]) -> Result<ForestSpec, Error> {
    let mut reader = Reader::new(bytes);
    let n_classes = reader.varint_below(MAX_KINDS as u64 + 1)? as u16;
    if n_classes == 0 {
        // A model without classes has no forest at all: one way to say it.
        return Err(damaged("its forest has no classes"));
    }
    let n_distributions = reader.varint_below(MAX_RAW_TREES_LEN as u64)? as usize;
    let by_class = reader.take(n_distributions.saturating_mul(usize::from(n_classes)))?;
    let distributions = (0..n_distributions)
        .flat_map(|index| every(by_class, n_distributions, index))
        .collect();
    let trees = trees::get(&mut reader)?;
    reader.finish()?;
    Ok(ForestSpec {
        n_classes,
        distributions,
        trees,
        covers: Vec::new(),
    })
}

fn write_permutation(permutation: &PermutationImportance) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, permutation.rows);
    put_varint(&mut out, permutation.shuffles);
    for drop in &permutation.drops {
        out.extend_from_slice(&drop.to_le_bytes());
    }
    out
}

fn read_permutation(bytes: &[u8]) -> Result<PermutationImportance, Error> {
    let mut reader = Reader::new(bytes);
    let (rows, shuffles) = (reader.varint()?, reader.varint()?);
    let mut drops = Vec::new();
    for drop in reader.rest().chunks(4) {
        // What is cut off is no number.
        let bits = drop.try_into().map_or(f32::NAN, f32::from_le_bytes);
        drops.push(bits);
    }
    Ok(PermutationImportance {
        rows,
        shuffles,
        drops,
    })
}

fn write_isolation(spec: &IsolationSpec) -> Vec<u8> {
    let mut out = Vec::new();
    put_varint(&mut out, u64::from(spec.sample_size));
    put_varint(&mut out, spec.training_rows);
    out.push(u8::from(spec.benign_only));
    detectors::put_quantiles(&mut out, &spec.quantiles);
    trees::put(&mut out, &spec.trees);
    out
}

fn read_isolation(bytes: &[u8]) -> Result<IsolationSpec, Error> {
    let mut reader = Reader::new(bytes);
    let sample_size = reader.varint_below(1 << 32)? as u32;
    let training_rows = reader.varint()?;
    let benign_only = reader.flag()?;
    let quantiles = detectors::read_quantiles(&mut reader)?;
    let trees = trees::get(&mut reader)?;
    reader.finish()?;
    Ok(IsolationSpec {
        sample_size,
        trees,
        quantiles,
        training_rows,
        benign_only,
    })
}

fn record<T: Record>(entry: &Entry<'_>) -> Result<T, Error> {
    let bytes = entry.unpack(MAX_RAW_LEN)?;
    from_bytes(&bytes)
        .map_err(|Malformed(what)| damaged(&format!("in section {}, {what}", entry.tag_name())))
}

/// The error of a model file that arrived or was written wrong.
fn damaged(what: &str) -> Error {
    Error::new(
        ErrorKind::PackDamaged,
        format!("The model file is damaged: {what}. Get it again, or train the model anew."),
    )
}
