//! The entry of the page's module: plans, slices, merging, exports.

use super::input::{dialect_choice, finished, option, push_all};
use super::js::{js_error, js_error_of, set};
use super::records::{self, to_js};
use crate::analysis::{
    ExportOptions, ExportTask, FurtherFile, LABEL_UNKNOWN, MergeEvent, Merger, Plan, PlanOptions,
    Purpose, SliceOutcome, SliceTask, export_header, read_cells,
};
use crate::metrics::RankCounts;
use crate::model::Model;
use crate::record::{Malformed, from_bytes, to_bytes};
use crate::schema::{Connection, LabelChoice};
use crate::table::SliceSpan;
use crate::{Error, pack};
use js_sys::{Array, Float32Array, Object, Uint8Array, Uint16Array, Uint32Array};
use std::sync::Arc;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = include_str!("types.d.ts");

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "ModelInfo")]
    pub type JsModelInfo;
    #[wasm_bindgen(typescript_type = "Recognition")]
    pub type JsRecognition;
    #[wasm_bindgen(typescript_type = "PlanOptions")]
    pub type JsPlanOptions;
    #[wasm_bindgen(typescript_type = "ExportOptions")]
    pub type JsExportOptions;
    #[wasm_bindgen(typescript_type = "Cells")]
    pub type JsCells;
    #[wasm_bindgen(typescript_type = "SliceOutput")]
    pub type JsSliceOutput;
    #[wasm_bindgen(typescript_type = "MergeEvent[]")]
    pub type JsMergeEvents;
    #[wasm_bindgen(typescript_type = "Summary")]
    pub type JsSummary;
    #[wasm_bindgen(typescript_type = "DetectorSweep")]
    pub type JsDetectorSweep;
}

/// A model, ready to score.
#[wasm_bindgen(js_name = Model)]
pub struct JsModel {
    model: Arc<Model>,
    sections: Vec<pack::Section>,
    bytes: usize,
}

#[wasm_bindgen(js_class = Model)]
impl JsModel {
    /// Reads a model file, checks it and runs its own rows.
    #[wasm_bindgen(constructor)]
    pub fn new(pack_bytes: &[u8]) -> Result<JsModel, JsValue> {
        let open = || -> Result<JsModel, Error> {
            let model = Arc::new(Model::new(pack::read(pack_bytes)?)?);
            Ok(JsModel {
                model,
                sections: pack::sections(pack_bytes)?,
                bytes: pack_bytes.len(),
            })
        };
        open().map_err(|error| js_error(&error, None))
    }

    /// What the model is.
    pub fn info(&self) -> Result<JsModelInfo, JsValue> {
        Ok(to_js(&records::ModelInfo::new(
            self.model.spec(),
            &self.sections,
            self.bytes,
        ))?
        .unchecked_into())
    }

    /// The model's evaluations as its file has them, unpacked: lists of counts. No bytes where it has none.
    pub fn evaluations(&self) -> Uint8Array {
        Uint8Array::from(self.model.spec().card.evaluations.as_bytes())
    }
}

/// How a file is analysed with a model.
#[wasm_bindgen(js_name = Plan)]
pub struct JsPlan {
    plan: Arc<Plan>,
}

#[wasm_bindgen(js_class = Plan)]
impl JsPlan {
    /// `head` is the file's first bytes (all, or at least 1.1 MiB), `size` the file's.
    #[wasm_bindgen(constructor)]
    pub fn new(
        model: &JsModel,
        head: &[u8],
        size: f64,
        options: &JsPlanOptions,
    ) -> Result<JsPlan, JsValue> {
        let any_header = option(options, "anyHeader").is_truthy();
        let options = plan_options(options)?;
        let plan = Plan::of_any_header(Arc::clone(&model.model), head, size as u64, &options)
            .map_err(|error| js_error(&error, None))?;
        let plan = Self {
            plan: Arc::new(plan),
        };
        if !any_header {
            let recognition = || plan.recognition().ok().map(Into::into);
            plan.plan
                .require()
                .map_err(|error| js_error(&error, recognition()))?;
        }
        Ok(plan)
    }

    /// What was recognised in the file's header.
    pub fn recognition(&self) -> Result<JsRecognition, JsValue> {
        let plan = &self.plan;
        Ok(to_js(&records::Recognition::new(
            plan.model(),
            plan.head(),
            plan.header(),
        ))?
        .unchecked_into())
    }

    /// Offset of the first row.
    #[wasm_bindgen(js_name = dataStart)]
    pub fn data_start(&self) -> f64 {
        self.plan.head().data_start as f64
    }

    /// Splits bytes that begin at the start of a record into rows, for showing them.
    pub fn cells(&self, bytes: &[u8], max_rows: usize) -> JsCells {
        let cells = read_cells(&self.plan, bytes, max_rows);
        let rows = cells
            .rows
            .iter()
            .map(|row| row.iter().map(JsValue::from).collect::<Array>())
            .collect::<Array>();
        let object = Object::new();
        set(&object, "rows", &rows);
        set(&object, "zscores", &Float32Array::from(&cells.z_scores[..]));
        set(&object, "values", &Float32Array::from(&cells.values[..]));
        set(&object, "offsets", &Uint32Array::from(&cells.offsets[..]));
        set(&object, "sets", &Uint8Array::from(&cells.sets[..]));
        object.unchecked_into()
    }
}

fn plan_options(options: &JsPlanOptions) -> Result<PlanOptions, JsValue> {
    let label = option(options, "labelColumn");
    Ok(PlanOptions {
        seed: option(options, "seed").as_f64().unwrap_or(0.0) as u64,
        label: match label.as_string() {
            Some(name) => LabelChoice::Named(name),
            None if label.is_null() => LabelChoice::None,
            None => LabelChoice::Auto,
        },
        label_map: label_map(&option(options, "labelMap"))?,
        columns: connections(&option(options, "columns")),
        dialect: dialect_choice(&option(options, "dialect")),
    })
}

/// Columns of the model to columns of the file, or to null.
fn connections(map: &JsValue) -> Vec<Connection> {
    let mut connections = Vec::new();
    if let Some(map) = map.dyn_ref::<Object>() {
        for pair in Object::entries(map).iter() {
            let pair = Array::from(&pair);
            connections.push(Connection {
                column: pair.get(0).as_string().unwrap_or_default(),
                header: pair.get(1).as_string(),
            });
        }
    }
    connections
}

/// Labels of the file to classes of the model.
fn label_map(map: &JsValue) -> Result<Vec<(String, String)>, JsValue> {
    let Some(map) = map.dyn_ref::<Object>() else {
        return Ok(Vec::new());
    };
    let mut labels = Vec::new();
    for pair in Object::entries(map).iter() {
        let pair = Array::from(&pair);
        let (Some(label), Some(class)) = (pair.get(0).as_string(), pair.get(1).as_string()) else {
            return Err(js_error_of(
                "bad-option",
                "labelMap must map labels to names of classes.",
                None,
            ));
        };
        labels.push((label, class));
    }
    Ok(labels)
}

fn export_options(options: &JsExportOptions) -> ExportOptions {
    let default = ExportOptions::default();
    let classes = option(options, "classes");
    ExportOptions {
        contamination: option(options, "contamination")
            .as_f64()
            .unwrap_or(default.contamination),
        classes: classes.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec),
        label: option(options, "label").as_f64().map(|label| label as u8),
        rejected: option(options, "rejected")
            .as_bool()
            .unwrap_or(default.rejected),
        raw: option(options, "raw").as_bool().unwrap_or(default.raw),
        results_only: option(options, "resultsOnly").is_truthy(),
    }
}

/// Reads and scores one slice.
#[wasm_bindgen(js_name = SliceTask)]
pub struct JsSliceTask {
    task: Option<SliceTask>,
    /// Bytes on their way in: the one copy from JavaScript's memory.
    inbox: Vec<u8>,
}

#[wasm_bindgen(js_class = SliceTask)]
impl JsSliceTask {
    /// Slice `index`, the bytes `begin..end`; `first` is where its first record starts, if that is known. `reject_all`
    /// only finds its rows and rejects them.
    #[wasm_bindgen(constructor)]
    pub fn new(
        plan: &JsPlan,
        index: u32,
        begin: f64,
        end: f64,
        first: Option<f64>,
        reject_all: bool,
    ) -> Self {
        let span = SliceSpan {
            begin: begin as u64,
            end: end as u64,
            first: first.map(|first| first as u64),
        };
        let purpose = if reject_all {
            Purpose::RejectAll
        } else {
            Purpose::Score
        };
        Self {
            task: Some(SliceTask::new(Arc::clone(&plan.plan), index, span, purpose)),
            inbox: Vec::new(),
        }
    }

    /// Takes consecutive bytes from `position()` on; true once nothing more is needed.
    pub fn push(&mut self, chunk: &Uint8Array) -> Result<bool, JsValue> {
        let task = self.task.as_mut().ok_or_else(finished)?;
        Ok(push_all(chunk, &mut self.inbox, |bytes| task.push(bytes)))
    }

    /// Offset of the next byte wanted.
    pub fn position(&self) -> f64 {
        self.task
            .as_ref()
            .map_or(f64::NAN, |task| task.position() as f64)
    }

    /// The results: once `push` returned true or the file has ended.
    pub fn finish(&mut self) -> Result<JsSliceOutput, JsValue> {
        let (outcome, columns) = self.task.take().ok_or_else(finished)?.finish();
        let meta = to_bytes(&outcome);
        let object = Object::new();
        set(&object, "meta", &Uint8Array::from(&meta[..]));
        set(&object, "class", &Uint8Array::from(&columns.class[..]));
        set(&object, "label", &Uint8Array::from(&columns.label[..]));
        set(
            &object,
            "confidence",
            &Uint16Array::from(&columns.confidence[..]),
        );
        set(&object, "rank", &Uint16Array::from(&columns.rank[..]));
        set(&object, "offsets", &Uint32Array::from(&columns.offsets[..]));
        Ok(object.unchecked_into())
    }
}

/// Writes the rows of one slice as CSV, with what the model says of them.
#[wasm_bindgen(js_name = ExportTask)]
pub struct JsExportTask {
    task: Option<ExportTask>,
    inbox: Vec<u8>,
}

#[wasm_bindgen(js_class = ExportTask)]
impl JsExportTask {
    /// Of the bytes `begin..end`, whose first record starts at `first`.
    #[wasm_bindgen(constructor)]
    pub fn new(plan: &JsPlan, begin: f64, end: f64, first: f64, options: &JsExportOptions) -> Self {
        let span = SliceSpan {
            begin: begin as u64,
            end: end as u64,
            first: Some(first as u64),
        };
        let options = export_options(options);
        Self {
            task: Some(ExportTask::new(Arc::clone(&plan.plan), span, &options)),
            inbox: Vec::new(),
        }
    }

    /// Takes consecutive bytes from `position()` on; true once nothing more is needed.
    pub fn push(&mut self, chunk: &Uint8Array) -> Result<bool, JsValue> {
        let task = self.task.as_mut().ok_or_else(finished)?;
        Ok(push_all(chunk, &mut self.inbox, |bytes| task.push(bytes)))
    }

    /// Offset of the next byte wanted.
    pub fn position(&self) -> f64 {
        self.task
            .as_ref()
            .map_or(f64::NAN, |task| task.position() as f64)
    }

    /// The rows: once `push` returned true or the file has ended.
    pub fn finish(&mut self) -> Result<Uint8Array, JsValue> {
        let outcome = self.task.take().ok_or_else(finished)?.finish();
        Ok(Uint8Array::from(&outcome.csv[..]))
    }
}

/// The header line of an export.
#[wasm_bindgen(js_name = exportHeader)]
pub fn js_export_header(plan: &JsPlan, options: &JsExportOptions) -> Uint8Array {
    Uint8Array::from(&export_header(&plan.plan, &export_options(options))[..])
}

/// Joins what slices say, in the order of the file.
#[wasm_bindgen(js_name = Merger)]
pub struct JsMerger {
    merger: Merger,
    plan: Arc<Plan>,
}

#[wasm_bindgen(js_class = Merger)]
impl JsMerger {
    /// For slices from each of `bounds` to the next. `further` has five numbers for each file behind the first: where its
    /// first row is among all bytes, then what `furtherFile` said of it.
    #[wasm_bindgen(constructor)]
    pub fn new(plan: &JsPlan, bounds: &[f64], further: &[f64]) -> Self {
        let bounds = bounds.iter().map(|&bound| bound as u64).collect();
        let mut files = Vec::new();
        for file in further.chunks_exact(5) {
            files.push(FurtherFile {
                begin: file[0] as u64,
                data_start: file[1] as u64,
                first_line: file[2] as u64,
                blank_lines: file[3] as u64,
                comment_lines: file[4] as u64,
            });
        }
        Self {
            merger: Merger::new(&plan.plan, bounds).with_further(files),
            plan: Arc::clone(&plan.plan),
        }
    }

    /// Takes a slice's `meta`; tells which slices are accepted, in the order of the file, or must run again.
    pub fn offer(&mut self, meta: &[u8]) -> Result<JsMergeEvents, JsValue> {
        let outcome: SliceOutcome =
            from_bytes(meta).map_err(|Malformed(what)| js_error_of("internal", what, None))?;
        let events = self.merger.offer(outcome).into_iter().map(|event| {
            let object = Object::new();
            let put = |name: &str, value: u64| set(&object, name, &(value as f64).into());
            match event {
                MergeEvent::Accept {
                    slice,
                    rows,
                    row_base,
                    first_record,
                    first_line,
                    last_line,
                } => {
                    set(&object, "type", &"accept".into());
                    put("slice", slice.into());
                    put("rows", rows);
                    put("rowBase", row_base);
                    put("firstRecord", first_record);
                    put("firstLine", first_line);
                    put("lastLine", last_line);
                }
                MergeEvent::Rerun { slice, first } => {
                    set(&object, "type", &"rerun".into());
                    put("slice", slice.into());
                    put("first", first);
                }
            }
            object
        });
        Ok(events.collect::<Array>().unchecked_into())
    }

    /// Throws once an accepted slice of a Zeek log has named other fields than the log's first line of them.
    #[wasm_bindgen(js_name = requireOneHeader)]
    pub fn require_one_header(&self) -> Result<(), JsValue> {
        self.merger
            .require_one_header()
            .map_err(|error| js_error(&error, None))
    }

    /// The summary of the slices accepted so far.
    pub fn summary(&self) -> Result<JsSummary, JsValue> {
        Ok(to_js(&records::Summary::new(&self.merger, &self.plan))?.unchecked_into())
    }
}

/// What a detector with these ranks flags at each contamination; where labels tell attacks from benign rows, its AUROC, its
/// average precision and the curves behind them too.
#[wasm_bindgen(js_name = detectorSweep)]
pub fn detector_sweep(
    rank: &[u16],
    label: &[u8],
    class: &[u8],
    model: &JsModel,
    contaminations: &[f64],
) -> Result<JsDetectorSweep, JsValue> {
    let kinds = &model.model.spec().taxonomy.kinds;
    let mut counts = RankCounts::new();
    for ((&rank, &label), &class) in rank.iter().zip(label).zip(class) {
        if class != crate::analysis::CLASS_REJECTED {
            // Without classes nothing is known of labels, not even that they are no benign ones.
            let unknown_is_attack = (label == LABEL_UNKNOWN && !kinds.is_empty()).then_some(true);
            counts.add(
                rank,
                kinds
                    .get(usize::from(label))
                    .map(|kind| kind.attack)
                    .or(unknown_is_attack),
            );
        }
    }
    Ok(to_js(&records::DetectorSweep::new(&counts, contaminations))?.unchecked_into())
}

/// Ends in a wasm trap: how tests see that a failing worker is survived.
#[wasm_bindgen]
pub fn trap() {
    core::arch::wasm32::unreachable()
}
