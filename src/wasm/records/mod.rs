//! The records that cross the boundary, in JavaScript's spelling. `types.d.ts` has the same in TypeScript.
//!
//! Of a model there is [`ModelInfo`], of a file's header [`Recognition`], of its rows [`Summary`] and [`DetectorSweep`].

mod detector;
mod evaluation;
mod header;
mod model;
mod summary;

pub(super) use detector::DetectorSweep;
pub(super) use header::Recognition;
pub(super) use model::ModelInfo;
pub(super) use summary::Summary;

use serde::Serialize;
use wasm_bindgen::JsValue;

/// Serialises a record: maps become objects, missing options null, integers numbers.
pub(super) fn to_js(record: &impl Serialize) -> Result<JsValue, JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    record
        .serialize(&serializer)
        .map_err(|error| super::js::js_error_of("internal", &error.to_string(), None))
}
