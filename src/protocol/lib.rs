//! The whole contract between page and engine: what is not in [`Command`] or [`Event`] cannot happen.
//!
//! The engine lives in a worker. Every event of a run carries its [`RunId`], so that a late one from an old run is
//! dropped by comparison. Metrics are never dropped; views are latest-wins: a [`Query`] replaces the previous one of the
//! same slot, and a dragged slider never queues forty decodes.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod command;
mod event;
mod info;

pub use command::{Command, EngineChoice, Export, RunId, Table};
pub use event::{DataUnit, Event, KeptRun};
pub use info::{BenchReport, MachineReport, PlanInfo, ProductTime, Speed, StepTime, TensorInfo, VerifyReport};

// What messages carry, and is told elsewhere: questions and their answers, codes, measures.
pub use latent_experiment::MetricRow;
pub use latent_view::{BINS, EXAMPLES, FeatureTable, QUARTER_EXAMPLES, Query, Slot, TOP_EXAMPLES, View};
pub use latent_vocabulary::code::{CodeGroup, CodeKind, FeatureGrid};
pub use latent_vocabulary::device::{AdapterInfo, NoGpu};
pub use latent_vocabulary::measured::{Measured, Quantity, four_digits};
pub use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

#[cfg(test)]
mod tests {
    use super::{Command, Event, Speed};
    use latent_experiment::Setup;
    use latent_experiment::history::MetricRow;
    use latent_platform::wire::{from_bytes, to_bytes};
    use latent_view::Decode;
    use latent_view::View;
    use latent_vocabulary::measured::{Measured, Quantity};
    use latent_vocabulary::numbers::f32_bytes;

    #[test]
    fn messages_survive_the_way() {
        let mut hosted = Setup::new("mnist", "sae");
        hosted.host = Some(Box::new(Setup::new("faces", "vae")));
        let weights = Some(f32_bytes(&[1.5, f32::MIN, f32::NAN]));
        for command in [
            Command::Watch { slot: 3, query: Decode { z_nd: f32_bytes(&[0.5, -1.0]) }.into() },
            Command::Start { run: 300, setup: Setup::new("mnist", "vae"), weights: None },
            Command::Start { run: 1, setup: hosted, weights },
            Command::Runs,
        ] {
            assert_eq!(from_bytes::<Command>(&to_bytes(&command)).unwrap(), command);
        }
        let row = MetricRow { step: 1 << 40, terms: vec![1.0, f32::INFINITY], kl_d: vec![0.1] };
        let measured = |value| Measured { name: "m".into(), label: "M".into(), value, protocol: "p".into() };
        let measures = [Quantity::Count(7), Quantity::Number(-0.5), Quantity::Each(vec![1.0, 2.0])].map(measured).to_vec();
        for event in [
            Event::Metrics { run: 1, rows: vec![row], speed: Speed::default() },
            Event::Viewed { run: 1, slot: 2, step: 3, view: View::Sheet(measures) },
        ] {
            assert_eq!(from_bytes::<Event>(&to_bytes(&event)).unwrap(), event);
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let whole = to_bytes(&Command::Rename { id: "a".into(), name: "b".into() });
        assert!(from_bytes::<Command>(&whole[..whole.len() - 1]).is_err());
        assert!(from_bytes::<Command>(&[200, 1]).is_err());
    }
}
