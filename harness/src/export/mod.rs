//! A run as other programs read it.
//!
//! ```text
//!                                 ┌─► perfetto  a trace for ui.perfetto.dev
//!   Archive ─► Source ────────────┼─► shiviz    a log with vector clocks
//!   (a run)    messages,          ├─► dot, svg  the topology and what went over it
//!              operations,        ├─► csv       any series, a table each
//!              faults, moments    └─► parquet   messages and history, typed
//! ```
//!
//! Each format is a function from a [`Source`] to a writer and decides nothing else: where
//! it is written, and how that is told, is the command line's. Rows go out as they are made;
//! what is in memory is the run as [`archive`](crate::archive) has it, never the file.
//!
//! Text that nodes wrote goes out as each format spells any text (JSON escapes, quotes of
//! DOT, entities of XML). Where a format has no way to spell something, the module says
//! what stands for it.

mod clocks;
pub mod csv;
pub mod dot;
mod moments;
#[cfg(feature = "parquet")]
pub mod parquet;
pub mod perfetto;
pub mod shiviz;
mod source;
pub mod svg;
mod topology;
mod trace;

pub use moments::{Moment, What};
pub use source::Source;

/// The file that an export is written to, beside the run.
#[must_use]
pub fn file_name(format: &str) -> String {
    match format {
        "perfetto" => "perfetto.json".to_owned(),
        "shiviz" => "shiviz.log".to_owned(),
        "dot" | "svg" => format!("topology.{format}"),
        table => table.to_owned(),
    }
}
