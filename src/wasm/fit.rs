//! The entry of the second module: a detector fitted on a file.

use super::input::{dialect_choice, finished, option, push_all};
use super::js::{js_error, js_error_of};
use crate::analysis::other_fields;
use crate::fit::unlabelled::{RowSample, fit};
use crate::pack;
use crate::table::dialect::Layout;
use crate::table::{Head, SliceReader, SliceSpan};
use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("fit.d.ts");

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "FitOptions")]
    pub type JsFitOptions;
}

/// Reads a file once and fits a detector on a sample of its rows.
#[wasm_bindgen(js_name = FitTask)]
pub struct JsFitTask {
    head: Head,
    reader: SliceReader,
    sample: RowSample,
    label: Option<String>,
    /// Whether [`finish`](Self::finish) was called.
    finished: bool,
    inbox: Vec<u8>,
}

#[wasm_bindgen(js_class = FitTask)]
impl JsFitTask {
    /// `head` is the file's first bytes (all, or at least 1.1 MiB), `size` the file's.
    #[wasm_bindgen(constructor)]
    pub fn new(head: &[u8], size: f64, options: &JsFitOptions) -> Result<JsFitTask, JsValue> {
        let seed = match option(options, "seed").as_f64() {
            Some(seed) => seed as u64,
            None => drawn_seed()?,
        };
        let dialect = dialect_choice(&option(options, "dialect"));
        let head =
            Head::read(head, size as u64, dialect).map_err(|error| js_error(&error, None))?;
        Ok(Self {
            reader: reader_of(&head.layout, head.data_start, size as u64),
            sample: RowSample::new(head.columns.len(), seed),
            label: option(options, "labelColumn").as_string(),
            finished: false,
            inbox: Vec::new(),
            head,
        })
    }

    /// Goes on with another file of the same table, written like the first, whose rows begin at `data_start`. `base` is how
    /// many bytes the files before it have.
    #[wasm_bindgen(js_name = beginFile)]
    pub fn begin_file(&mut self, data_start: f64, size: f64, base: f64) -> Result<(), JsValue> {
        self.end_file()?;
        self.reader = reader_of(&self.head.layout, data_start as u64, size as u64);
        self.sample.begin_file(base as u64);
        Ok(())
    }

    /// The seed, for doing the same again.
    pub fn seed(&self) -> f64 {
        self.sample.seed() as f64
    }

    /// Rows so far.
    pub fn rows(&self) -> f64 {
        self.sample.rows_offered() as f64
    }

    /// Offset of the next byte wanted, in the file that is read.
    pub fn position(&self) -> f64 {
        self.reader.position() as f64
    }

    /// Takes consecutive bytes from `position()` on; true once nothing more is needed.
    pub fn push(&mut self, chunk: &Uint8Array) -> Result<bool, JsValue> {
        if self.finished {
            return Err(finished());
        }
        let (reader, sample) = (&mut self.reader, &mut self.sample);
        Ok(push_all(chunk, &mut self.inbox, |bytes| {
            reader.push(bytes, sample)
        }))
    }

    /// The model file: once `push` returned true or the file has ended.
    pub fn finish(&mut self) -> Result<Uint8Array, JsValue> {
        if self.finished {
            return Err(finished());
        }
        self.finished = true;
        self.end_file()?;
        let fitted = fit(&self.sample, &self.head.columns, self.label.as_deref());
        let pack = fitted.and_then(|model| pack::write(model.spec()));
        match pack {
            Ok(pack) => Ok(Uint8Array::from(&pack[..])),
            Err(error) => Err(js_error(&error, None)),
        }
    }
}

impl JsFitTask {
    fn end_file(&mut self) -> Result<(), JsValue> {
        self.reader.finish(&mut self.sample);
        match self.reader.other_fields() {
            Some(offset) => Err(js_error(&other_fields(offset), None)),
            None => Ok(()),
        }
    }
}

/// Of all rows of a file.
fn reader_of(layout: &Layout, data_start: u64, size: u64) -> SliceReader {
    let span = SliceSpan {
        begin: data_start,
        end: size,
        first: Some(data_start),
    };
    SliceReader::new(span, layout)
}

/// 32 bits, so that whoever repeats a fit has ten digits at most to copy.
fn drawn_seed() -> Result<u64, JsValue> {
    getrandom::u32().map(u64::from).map_err(|error| {
        let message = format!("The browser gives no random numbers ({error}). Name a seed.");
        js_error_of("internal", &message, None)
    })
}
