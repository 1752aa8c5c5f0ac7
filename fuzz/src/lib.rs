//! What is asked of the readers for any input at all. Each program in `fuzz_targets/` feeds one of these checks:
//!
//! - [`reading::check`]: a file of flows in one format gives the same records and results however it is cut, and what another
//!   reader of that format accepts is read alike;
//! - [`sniffing::check`]: what the first bytes say is possible;
//! - [`packs::check`]: a model file is refused with its reason, or is a model that scores, and comes back as it was written.
//!
//! [`seeds`] makes the inputs that fuzzing starts from.

mod input;
#[path = "../../tests/model_support/mod.rs"]
mod model_support;
pub mod packs;
pub mod reading;
mod records;
mod reference;
pub mod seeds;
#[path = "../../tests/slice_support/mod.rs"]
mod slice_support;
pub mod sniffing;
