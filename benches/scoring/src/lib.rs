//! Scoring alone, on rows in memory: a model's forest, its detector, or both. The forest is also handed out as ONNX, so that
//! another runtime can be timed on the very same trees. `cargo xtask bench scoring` does so in a browser's worker.
//!
//! A model file is put into memory and loaded, then a table of flows; its rows are prepared as the model wants them and
//! shuffled, since files that are sorted by class flatter branches.

#![allow(unsafe_code)] // Exports need their own names, and nothing else here is unsafe.

mod onnx;
mod rows;

use flowsieve::model::forest::ForestSpec;
use flowsieve::model::isolation::IsolationSpec;
use flowsieve::model::taxonomy::Taxonomy;
use flowsieve::model::{Model, ModelSpec, Scratch};
use flowsieve::pack;
use std::sync::{Mutex, MutexGuard, PoisonError};

struct Bench {
    /// Bytes that come in or go out.
    bytes: Vec<u8>,
    spec: Option<ModelSpec>,
    scored: Option<(Model, Scratch)>,
    /// The features of all rows, one row after another.
    features: Vec<f32>,
    /// The class of each row, or its rank where there are no classes.
    answers: Vec<u16>,
}

static BENCH: Mutex<Bench> = Mutex::new(Bench {
    bytes: Vec::new(),
    spec: None,
    scored: None,
    features: Vec::new(),
    answers: Vec::new(),
});

fn bench() -> MutexGuard<'static, Bench> {
    BENCH.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes room for `len` bytes of input; where they go.
#[unsafe(no_mangle)]
pub extern "C" fn input(len: usize) -> *mut u8 {
    let mut bench = bench();
    bench.bytes = vec![0; len];
    bench.bytes.as_mut_ptr()
}

/// Reads the input as a model file and makes a model of it, as the page does; 1 if that worked.
#[unsafe(no_mangle)]
pub extern "C" fn load() -> u32 {
    let mut bench = bench();
    let Ok(model) = pack::read(&bench.bytes).and_then(Model::new) else {
        return 0;
    };
    bench.spec = Some(model.into_spec());
    1
}

/// What of a model scores.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Forest,
    Detector,
    Both,
}

/// Compiles the forest of the model that was loaded (0), its detector (1), or both (2); 1 if that worked.
#[unsafe(no_mangle)]
pub extern "C" fn choose(part: u32) -> u32 {
    let part = match part {
        0 => Part::Forest,
        1 => Part::Detector,
        _ => Part::Both,
    };
    let bench = &mut *bench();
    let Some(model) = bench
        .spec
        .clone()
        .and_then(|spec| Model::new(reduced(spec, part)).ok())
    else {
        return 0;
    };
    let scratch = model.scratch();
    bench.scored = Some((model, scratch));
    1
}

/// The model with a part of it alone, and without its self-test, which asks for all.
fn reduced(spec: ModelSpec, part: Part) -> ModelSpec {
    let mut spec = ModelSpec {
        self_test: Vec::new(),
        ..spec
    };
    if part == Part::Forest {
        spec.isolation = IsolationSpec::default();
    }
    if part == Part::Detector {
        spec.forest = ForestSpec::default();
        spec.taxonomy = Taxonomy::default();
        spec.calibration = None;
    }
    spec
}

/// Reads the input as a table of flows, and shuffles and repeats its rows to `n_rows`; how many values a row has, 0 where that
/// did not work.
#[unsafe(no_mangle)]
pub extern "C" fn rows(n_rows: usize) -> usize {
    let bench = &mut *bench();
    let Some(spec) = &bench.spec else { return 0 };
    let Some(features) = rows::read(spec, &bench.bytes, n_rows) else {
        return 0;
    };
    bench.features = features;
    spec.schema.columns.len()
}

/// Where the rows' features are: as many times `f32` as rows and features.
#[unsafe(no_mangle)]
pub extern "C" fn features() -> *const f32 {
    bench().features.as_ptr()
}

/// Scores all rows; how many there are.
#[unsafe(no_mangle)]
pub extern "C" fn score() -> usize {
    let Bench {
        scored,
        features,
        answers,
        ..
    } = &mut *bench();
    let Some((model, scratch)) = scored else {
        return 0;
    };
    let has_classes = model.spec().has_classes();
    answers.clear();
    answers.extend(features.chunks_exact(model.n_features()).map(|values| {
        let score = model.score(values, scratch);
        if has_classes {
            u16::from(score.class)
        } else {
            score.rank
        }
    }));
    answers.len()
}

/// Where the answers of the last [`score`] are: a `u16` for each row.
#[unsafe(no_mangle)]
pub extern "C" fn answers() -> *const u16 {
    bench().answers.as_ptr()
}

/// Writes the forest of the model that was loaded as ONNX; how many bytes it takes.
#[unsafe(no_mangle)]
pub extern "C" fn write_onnx() -> usize {
    let bench = &mut *bench();
    let Some(spec) = &bench.spec else { return 0 };
    bench.bytes = onnx::forest(&spec.forest, spec.schema.columns.len());
    bench.bytes.len()
}

/// Where the bytes are that were written last.
#[unsafe(no_mangle)]
pub extern "C" fn output() -> *const u8 {
    bench().bytes.as_ptr()
}
