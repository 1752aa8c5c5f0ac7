//! Flowsieve's core: network flows in, attack classes and anomaly scores out.
//!
//! The same code runs natively (the trainer and its tests) and as WebAssembly (the page), over the same bytes, with
//! bit-identical results. It is pure computation: no files, no clock, no entropy, no threads. In reading order:
//!
//! 1. [`table`]: the bytes of a file become records and cells, slice by slice;
//! 2. [`schema`]: the columns that a model knows, and how a file's header is matched to them;
//! 3. [`prepare`]: what a fitted model applies to a row before it scores it;
//! 4. [`model`]: the random forest, the isolation forest and the taxonomy of classes;
//! 5. [`fit`]: how these come from data and a seed, in serial pieces;
//! 6. [`pack`]: the model file, one reader and one writer;
//! 7. [`metrics`]: what predictions are worth, given labels;
//! 8. [`explain`]: why a row got its class;
//! 9. [`analysis`]: one slice of a file in, result columns and a mergeable summary out;
//! 10. [`unpack`]: packed files, readable from any place as if they were not.
//!
//! `wasm` is the boundary to JavaScript, and the only module that names its types.

#![deny(missing_docs)]
#![deny(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used))]

pub mod analysis;
mod crc32;
mod error;
pub mod explain;
pub mod fit;
pub mod metrics;
pub mod model;
pub mod pack;
pub mod prepare;
mod record;
pub mod schema;
mod short;
pub mod table;
pub mod unpack;
#[cfg(target_arch = "wasm32")]
mod wasm;

pub use error::{Error, ErrorKind};
