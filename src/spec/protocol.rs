//! The whole contract between page and engine: what is not in [`Command`] or [`Event`] cannot happen.
//!
//! The engine lives in a worker. Every event of a run carries its [`RunId`], so that a late one from an old run is
//! dropped by comparison. Metrics are never dropped; views are latest-wins: a [`Query`] replaces the previous one of the
//! same slot, and a dragged slider never queues forty decodes.

mod command;
mod event;
mod info;

pub use command::{Command, EngineChoice, Export, RunId, Table};
pub use event::{DataUnit, Event, KeptRun};
pub use info::{AdapterInfo, BenchReport, MetricRow, NoGpu, PlanInfo, Speed, TensorInfo, VerifyReport};

// What messages carry, and is told elsewhere: questions and their answers, codes, measures.
pub use crate::spec::code::{CodeGroup, CodeKind, FeatureGrid};
pub use crate::spec::measured::{Measured, Quantity, four_digits};
pub use crate::spec::numbers::{bytes_f32, f32_bytes};
pub use crate::view::{BINS, EXAMPLES, FeatureTable, QUARTER_EXAMPLES, Query, Slot, TOP_EXAMPLES, View};
