//! One slice of a file in, result columns and a mergeable summary out.
//!
//! [`Plan`] is what a file and a model have in common: which cell is which feature. [`SliceTask`] reads one slice and
//! scores its rows. [`Merger`] joins what slices say, in the order of the file, into one [`Summary`]; the columns are
//! joined by whoever holds them, natively by [`ResultColumns`]. [`ExportTask`] writes a slice's rows as CSV with what the
//! model says of them. How the file was cut changes none of the results, to the byte.

mod cells;
mod columns;
mod drift;
mod exact_sum;
mod export;
mod export_cells;
mod memory;
mod merger;
mod places;
mod plan;
mod rejects;
mod row;
mod row_scorer;
mod summary;
mod tally;
mod task;

pub use crate::short::ShortMap;
pub use cells::{CellRows, read_cells};
pub use columns::{ResultColumns, SliceColumns};
pub use drift::{PSI_DRIFTED, PSI_MIN_ROWS, PSI_SHIFTED, stability};
pub use exact_sum::ExactSum;
pub use export::{ExportOptions, ExportOutcome, ExportTask, RESULT_COLUMNS, export_header};
pub use merger::{FurtherFile, MergeEvent, Merger, other_fields};
pub use plan::{Plan, PlanOptions};
pub use rejects::{Reject, RejectKind, Rejects};
pub use summary::{ColumnSummary, LabelNames, Summary};
pub use task::{Purpose, SliceOutcome, SliceTask};

/// The class of a row that was rejected. [`CLASS_NONE`](crate::model::CLASS_NONE) is that of all others where the model
/// has no classes.
pub const CLASS_REJECTED: u8 = 255;
/// The label of a row in a file without labels, and of a row that was rejected.
pub const LABEL_NONE: u8 = 255;
/// The label of a row whose label the model does not know.
pub const LABEL_UNKNOWN: u8 = 254;
/// Rows per stored row offset.
pub const ROWS_PER_OFFSET: usize = 64;
