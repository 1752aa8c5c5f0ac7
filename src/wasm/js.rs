//! What both entries need of JavaScript: errors, properties, bytes.

use crate::Error;
use crate::table::dialect::{Encoding, Quotes};
use crate::table::{DialectChoice, Progress};
use js_sys::{Object, Reflect, Uint8Array};
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

/// A property of an object of options; undefined where it is not there.
pub(super) fn option(options: &JsValue, name: &str) -> JsValue {
    Reflect::get(options, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// How a file is written, a byte for each choice, 0 where it is to be guessed; see `types.d.ts`.
pub(super) fn dialect_choice(choice: &JsValue) -> DialectChoice {
    let bytes = choice.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec);
    let byte = |at: usize| bytes.as_ref().and_then(|bytes| bytes.get(at)).copied();
    let chosen = |at| byte(at).filter(|&byte| byte != 0);
    DialectChoice {
        csv: chosen(0).is_some(),
        delimiter: chosen(1),
        quotes: chosen(2).map(|quotes| match quotes {
            1 => Quotes::None,
            2 => Quotes::Doubled,
            _ => Quotes::Escaped,
        }),
        decimal_comma: chosen(3).map(|comma| comma == 2),
        encoding: chosen(4).map(|encoding| match encoding {
            1 => Encoding::Utf8,
            2 => Encoding::Utf16Le,
            _ => Encoding::Utf16Be,
        }),
        header: chosen(5).map(|header| header == 2),
    }
}

/// How much crosses at once: what the reader works on stays small whatever the chunks that a stream yields.
pub(super) const INBOX_BYTES: u32 = 1 << 17;

/// Hands the bytes of a chunk on, piece by piece; true once nothing more is needed.
pub(super) fn push_all(
    chunk: &Uint8Array,
    inbox: &mut Vec<u8>,
    mut push: impl FnMut(&[u8]) -> Progress,
) -> bool {
    let length = chunk.length();
    let mut at = 0;
    while at < length {
        let piece = chunk.subarray(at, length.min(at + INBOX_BYTES));
        inbox.resize(piece.length() as usize, 0);
        piece.copy_to(inbox);
        if push(inbox) == Progress::Done {
            return true;
        }
        at += INBOX_BYTES;
    }
    false
}

pub(super) fn finished() -> JsValue {
    js_error_of("internal", "This slice is finished.", None)
}
