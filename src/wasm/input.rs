//! What the entries that read files need of JavaScript: options and bytes.

use super::js::js_error_of;
use crate::table::dialect::{Encoding, Quotes};
use crate::table::{DialectChoice, Progress};
use js_sys::{Reflect, Uint8Array};
use wasm_bindgen::prelude::*;

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
