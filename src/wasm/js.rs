//! What all entries need of JavaScript: errors and properties.

use crate::Error;
use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

/// A `FlowsieveError` for JavaScript.
pub(super) fn js_error(error: &Error, details: Option<JsValue>) -> JsValue {
    js_error_of(error.kind().name(), &error.to_string(), details)
}

pub(super) fn js_error_of(kind: &str, message: &str, details: Option<JsValue>) -> JsValue {
    let js = js_sys::Error::new(message);
    js.set_name("FlowsieveError");
    set(&js, "kind", &kind.into());
    if let Some(details) = details {
        set(&js, "details", &details);
    }
    js.into()
}

/// Sets a property of an object made here; that cannot fail.
pub(super) fn set(object: &Object, name: &str, value: &JsValue) {
    let done = Reflect::set(object, &name.into(), value);
    debug_assert!(done.is_ok());
}
