//! Packed files for JavaScript: the first pass, reading from a checkpoint on, directories of archives, and files that are
//! one table with others.

use super::input::{INBOX_BYTES, dialect_choice};
use super::js::{js_error, set};
use crate::table::{DialectChoice, Head};
use crate::unpack::{Checkpoint, Directory, Entry, IndexPass, Method, Packing, Unpacker, WINDOW};
use js_sys::{Array, Float64Array, Object, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(typescript_type = "Checkpoints")]
    pub type JsCheckpoints;
    #[wasm_bindgen(typescript_type = "Fault | null")]
    pub type JsFault;
    #[wasm_bindgen(typescript_type = "ArchiveEntry[]")]
    pub type JsArchiveEntries;
}

/// How a file is packed, by its first bytes: 0 not at all, 1 as a gzip file, 2 as a ZIP archive.
#[wasm_bindgen(js_name = packingOf)]
pub fn packing_of(head: &[u8]) -> u8 {
    match Packing::of(head) {
        Packing::Plain => 0,
        Packing::Gzip => 1,
        Packing::Zip => 2,
    }
}

fn method_of(code: u8) -> Method {
    match code {
        0 => Method::Stored,
        1 => Method::Deflate,
        _ => Method::Gzip,
    }
}

/// The first pass over a packed stream.
#[wasm_bindgen(js_name = IndexPass)]
pub struct JsIndexPass {
    pass: IndexPass,
    inbox: Vec<u8>,
}

#[wasm_bindgen(js_class = IndexPass)]
impl JsIndexPass {
    /// `method` is 0 for stored, 1 for deflate, 2 for gzip. With a checkpoint every `spacing` unpacked bytes; `crc` and `size` are what should come out, where that is known.
    #[wasm_bindgen(constructor)]
    pub fn new(method: u8, spacing: f64, crc: Option<u32>, size: Option<f64>) -> Self {
        let expected = crc.zip(size.map(|size| size as u64));
        Self {
            pass: IndexPass::new(method_of(method), spacing as u64, expected),
            inbox: Vec::new(),
        }
    }

    /// Takes the stored bytes that follow; true once nothing more can come out.
    pub fn push(&mut self, chunk: &Uint8Array) -> Result<bool, JsValue> {
        let (mut at, length) = (0, chunk.length());
        while at < length {
            let piece = chunk.subarray(at, length.min(at + INBOX_BYTES));
            self.inbox.resize(piece.length() as usize, 0);
            piece.copy_to(&mut self.inbox);
            self.pass
                .push(&self.inbox)
                .map_err(|error| js_error(&error, None))?;
            at += INBOX_BYTES;
        }
        Ok(self.pass.is_over())
    }

    /// Unpacked bytes so far.
    pub fn unpacked(&self) -> f64 {
        self.pass.unpacked() as f64
    }

    /// The checkpoints since the last call.
    pub fn checkpoints(&mut self) -> JsCheckpoints {
        let (mut places, mut windows) = (Vec::new(), Vec::new());
        for checkpoint in self.pass.take_checkpoints() {
            let block = match checkpoint.block {
                Some((bits, value)) => f64::from(u16::from(bits) << 8 | u16::from(value)),
                None => -1.0,
            };
            places.extend([checkpoint.stored as f64, checkpoint.unpacked as f64, block]);
            windows.extend_from_slice(&checkpoint.window);
            windows.resize(places.len() / 3 * WINDOW, 0);
        }
        let object = Object::new();
        set(&object, "places", &Float64Array::from(&places[..]));
        set(&object, "windows", &Uint8Array::from(&windows[..]));
        object.unchecked_into()
    }

    /// There are no more stored bytes: what is wrong, if anything is. `origin` is where in the file they begin.
    pub fn finish(&mut self, origin: f64) -> JsFault {
        let Some(fault) = self.pass.finish() else {
            return JsValue::NULL.unchecked_into();
        };
        let object = Object::new();
        set(&object, "message", &fault.message(origin as u64).into());
        set(&object, "loss", &fault.is_loss().into());
        object.unchecked_into()
    }
}

/// Unpacks a stream from a checkpoint on.
#[wasm_bindgen(js_name = Unpacker)]
pub struct JsUnpacker {
    unpacker: Unpacker,
    inbox: Vec<u8>,
    read: usize,
}

#[wasm_bindgen(js_class = Unpacker)]
impl JsUnpacker {
    /// `block` is the third number of a checkpoint's place, `window` its window.
    #[wasm_bindgen(constructor)]
    pub fn new(method: u8, block: f64, window: Vec<u8>) -> Self {
        let block = (block >= 0.0).then_some(block as u16);
        let checkpoint = Checkpoint {
            block: block.map(|block| ((block >> 8) as u8, block as u8)),
            window,
            ..Checkpoint::default()
        };
        Self {
            unpacker: Unpacker::resume(method_of(method), &checkpoint),
            inbox: Vec::new(),
            read: 0,
        }
    }

    /// Takes the stored bytes that follow, once all that was taken before is read.
    pub fn push(&mut self, chunk: &Uint8Array) {
        self.inbox.resize(chunk.length() as usize, 0);
        chunk.copy_to(&mut self.inbox);
        self.read = 0;
    }

    /// The next unpacked bytes; none once more stored ones are needed.
    pub fn read(&mut self) -> Uint8Array {
        let mut rest = &self.inbox[self.read..];
        let left = rest.len();
        let out = Uint8Array::from(self.unpacker.read(&mut rest));
        self.read += left - rest.len();
        out
    }
}

/// Reads the directory of a ZIP archive.
#[wasm_bindgen(js_name = Directory)]
pub struct JsDirectory {
    directory: Directory,
}

#[wasm_bindgen(js_class = Directory)]
impl JsDirectory {
    /// Of an archive of `size` bytes.
    #[wasm_bindgen(constructor)]
    pub fn new(size: f64) -> Self {
        Self {
            directory: Directory::new(size as u64),
        }
    }

    /// Begin and end of the bytes that are needed next; nothing once the directory is read.
    pub fn wants(&self) -> Option<Vec<f64>> {
        let wanted = self.directory.wants()?;
        Some(vec![wanted.start as f64, wanted.end as f64])
    }

    /// Takes these bytes.
    pub fn take(&mut self, bytes: &[u8]) -> Result<(), JsValue> {
        let taken = self.directory.take(bytes);
        taken.map_err(|error| js_error(&error, None))
    }

    /// Whether the archive lacks its end.
    #[wasm_bindgen(js_name = isCut)]
    pub fn is_cut(&self) -> bool {
        self.directory.is_cut()
    }

    /// The files in it.
    pub fn entries(self) -> Result<JsArchiveEntries, JsValue> {
        let entries = self.directory.into_entries();
        let entries = entries.map_err(|error| js_error(&error, None))?;
        Ok(entries
            .iter()
            .map(js_entry)
            .collect::<Array>()
            .unchecked_into())
    }
}

fn js_entry(entry: &Entry) -> Object {
    let object = Object::new();
    let method = match &entry.method {
        Ok(Method::Stored) => 0,
        Ok(_) => 1,
        Err(why) => {
            set(&object, "refused", &why.as_str().into());
            0
        }
    };
    set(&object, "name", &entry.name.as_str().into());
    set(&object, "method", &method.into());
    set(&object, "begin", &(entry.begin as f64).into());
    set(&object, "stored", &(entry.stored as f64).into());
    if let Some((crc, size)) = entry.expected {
        set(&object, "crc", &crc.into());
        set(&object, "size", &(size as f64).into());
    }
    object
}

/// The head of a file, below whose rows those of others may go.
#[wasm_bindgen(js_name = TableHead)]
pub struct JsTableHead {
    head: Head,
    dialect: DialectChoice,
}

#[wasm_bindgen(js_class = TableHead)]
impl JsTableHead {
    /// `bytes` are the file's first, `size` is the file's; `dialect` is what the user says of how files are written. Throws why
    /// it is no table.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8], size: f64, dialect: &JsValue) -> Result<JsTableHead, JsValue> {
        let dialect = dialect_choice(dialect);
        let head =
            Head::read(bytes, size as u64, dialect).map_err(|error| js_error(&error, None))?;
        Ok(Self { head, dialect })
    }

    /// Offset and line of another file's first row, and the blank lines and those about the file above it. Throws why its rows
    /// cannot go below this file's.
    pub fn further(&self, bytes: &[u8], size: f64) -> Result<Float64Array, JsValue> {
        let join = || {
            let head = Head::read(bytes, size as u64, self.dialect)?;
            self.head.require_same(&head)?;
            Ok(head)
        };
        let head = join().map_err(|error| js_error(&error, None))?;
        let above = [
            head.data_start,
            head.first_line,
            head.blank_lines,
            head.comment_lines,
        ];
        Ok(Float64Array::from(&above.map(|number| number as f64)[..]))
    }
}
