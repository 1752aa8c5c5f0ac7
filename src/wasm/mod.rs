//! The boundary to JavaScript. The crate becomes three modules, each with an entry of its own:
//!
//! - [`page`]: what an analysis takes, loaded with the page;
//! - `fit`, with the feature `fit`: what a fit on a file takes, loaded when one is asked for;
//! - `explain`, with the feature `explain`: why a row got its class, loaded when that is first asked.
//!
//! Small records are serialised, columns are typed arrays, and there is one call per slice and chunk, never one per row.
//! Offsets are JavaScript numbers, exact below 2⁵³.

#![allow(unreachable_pub)] // wasm_bindgen exports what is `pub`.

#[cfg(feature = "explain")]
mod explain;
#[cfg(feature = "fit")]
mod fit;
#[cfg(not(feature = "explain"))]
mod input;
mod js;
#[cfg(not(any(feature = "explain", feature = "fit")))]
mod page;
#[cfg(not(any(feature = "explain", feature = "fit")))]
mod records;
#[cfg(not(any(feature = "explain", feature = "fit")))]
mod unpack;

/// Half the size of the standard library's allocator for this target: 2 KB of each module.
#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
