//! The boundary to JavaScript. The crate becomes two modules, each with an entry of its own:
//!
//! - [`page`]: what an analysis takes, loaded with the page;
//! - `fit`, with the feature `fit`: what a fit on a file takes, loaded when one is asked for.
//!
//! Small records are serialised, columns are typed arrays, and there is one call per slice and chunk, never one per row.
//! Offsets are JavaScript numbers, exact below 2⁵³.

#![allow(unreachable_pub)] // wasm_bindgen exports what is `pub`.

#[cfg(feature = "fit")]
mod fit;
mod js;
#[cfg(not(feature = "fit"))]
mod page;
#[cfg(not(feature = "fit"))]
mod records;
#[cfg(not(feature = "fit"))]
mod unpack;
