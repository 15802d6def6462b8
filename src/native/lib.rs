//! Training, measuring and drawing without a browser: `cargo lab train`, `cargo lab measure`, `cargo lab sample`.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod baselines;
pub mod bench;
mod calibrate;
mod encode;
mod export;
mod features;
mod file;
mod images;
mod import;
pub mod isa;
mod made;
mod measure;
mod open;
mod sample;
mod side_by_side;
mod train;

pub use baselines::{Baseline, baselines};
pub use calibrate::{Aim, Search, calibrate};
pub use encode::{EncodeOptions, encode};
pub use export::pytorch;
pub use features::{FeatureFile, FeaturesOptions, features};
pub use file::{Trained, checkpoint, trained};
pub use images::{Given, labelled, load};
pub use import::{Imported, import};
pub use made::{Maker, reproduce};
pub use measure::{MeasureOptions, MeasureReport, classifier, measure};
pub use open::{EngineKind, cpu, open_gpu};
pub use sample::{SampleOptions, Samples, sample};
pub use side_by_side::side_by_side;
pub use train::{Length, TrainOptions, train};
