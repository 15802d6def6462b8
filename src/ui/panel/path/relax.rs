//! The geodesic on its way: asks the engine for one step after another, leg by leg, until the energy no longer falls.

use std::sync::Arc;

use leptos::prelude::*;

use crate::browser;
use crate::panel::path::words;
use crate::react::react;
use crate::store::desks::Desks;
use crate::views::RELAXED;
use latent_geometry::linear;
use latent_view::{Relax, Relaxed, View};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};

/// Points of a leg.
const POINTS: usize = 9;
const DAMPING: f32 = 1.0;
/// A leg has settled when a step gains less than this part of its energy, or nothing at all that often.
const SETTLED: f32 = 2e-3;
const FAILURES: u32 = 4;
const LONGEST: usize = 40;
/// Milliseconds between two starts while the ends move with the weights.
const RESTART: f64 = 700.0;

/// One leg.
#[derive(Clone, Debug, PartialEq)]
struct Leg {
    z_td: Vec<f32>,
    damping: f32,
    /// Energy after each step.
    energies: Vec<f32>,
    failures: u32,
}

impl Leg {
    fn new(a: &[f32], b: &[f32]) -> Self {
        Self { z_td: linear(a, b, POINTS), damping: DAMPING, energies: Vec::new(), failures: 0 }
    }

    fn settled(&self) -> bool {
        self.failures >= FAILURES
            || self.energies.len() >= LONGEST
            || matches!(self.energies[..], [.., a, b] if b < a && a - b < SETTLED * a)
    }

    fn take(&mut self, z_td: Vec<f32>, energy: f32, damping: f32) {
        self.failures = if damping > self.damping { self.failures + 1 } else { 0 };
        (self.z_td, self.damping) = (z_td, damping);
        self.energies.push(energy);
    }
}

/// The legs' geodesics, copied into whatever shows them.
#[derive(Clone, Copy)]
pub struct Relaxation {
    legs: RwSignal<Vec<Leg>>,
}

impl Relaxation {
    /// Starts with the straight lines between `ends`, and again whenever those move.
    pub fn new(desks: Desks, ends: Memo<Option<Vec<Vec<f32>>>>) -> Self {
        let legs = RwSignal::new(Vec::<Leg>::new());
        let started = RwSignal::new(f64::NEG_INFINITY);
        let ask = move || {
            let next = legs.with_untracked(|legs| legs.iter().find(|leg| !leg.settled()).cloned());
            if let Some(leg) = next {
                desks.ask(RELAXED, Relax { z_td: f32_bytes(&leg.z_td), damping: leg.damping });
            }
        };
        let mut before = 0;
        let again = RwSignal::new(0u32);
        react(move || {
            again.track();
            let Some(ends) = ends.get() else { return legs.set(Vec::new()) };
            let now = browser::now();
            // While the network learns the ends move with every answer; the way needs time to settle between.
            let wait = RESTART - (now - started.get_untracked());
            if wait > 0.0 && before == ends.len() {
                // The panel may be gone by then.
                let later = move || {
                    let _ = again.try_update(|n| *n += 1);
                };
                return browser::later(later, std::time::Duration::from_millis(wait as u64 + 1));
            }
            started.set(now);
            before = ends.len();
            legs.set(ends.windows(2).map(|pair| Leg::new(&pair[0], &pair[1])).collect());
            ask();
        });
        react(move || {
            let Some(view) = desks.view(RELAXED).get() else { return };
            let View::Relaxed(Relaxed { z_td, energy, damping }) = &*view else { return };
            let z_td = bytes_f32(z_td);
            let taken = legs.try_update(|legs| {
                let leg = legs.iter_mut().find(|leg| !leg.settled())?;
                // An answer about other ends.
                let same = leg.z_td.len() == z_td.len() && leg.z_td.first() == z_td.first() && leg.z_td.last() == z_td.last();
                same.then(|| leg.take(z_td, *energy, *damping))
            });
            if taken.flatten().is_some() {
                ask();
            }
        });
        Self { legs }
    }

    /// The codes of each leg, once there has been a step.
    pub fn legs(self) -> Option<Arc<[Vec<f32>]>> {
        self.legs.with(|legs| legs.iter().any(|l| !l.energies.is_empty()).then(|| legs.iter().map(|l| l.z_td.clone()).collect()))
    }

    /// How the energy falls.
    pub fn words(self) -> String {
        self.legs.with(|legs| {
            let steps = legs.iter().map(|l| l.energies.len()).max().unwrap_or(0);
            let total = |at: fn(&[f32]) -> Option<&f32>| legs.iter().filter_map(|l| at(&l.energies)).sum::<f32>();
            words::energy(total(<[f32]>::first), total(<[f32]>::last), steps, legs.iter().all(Leg::settled))
        })
    }
}

/// `n` codes along the polyline `z_td`, at equal parts of its index.
pub fn resample(z_td: &[f32], latent: usize, n: usize) -> Vec<f32> {
    let last = (z_td.len() / latent).saturating_sub(1);
    let row = |i: usize| &z_td[i * latent..(i + 1) * latent];
    (0..n)
        .flat_map(|k| {
            let place = k as f32 / (n - 1).max(1) as f32 * last as f32;
            let i = (place as usize).min(last.saturating_sub(1));
            let part = place - i as f32;
            row(i).iter().zip(row((i + 1).min(last))).map(move |(a, b)| a + part * (b - a)).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resampling_keeps_the_ends_and_lies_on_the_polyline() {
        let z = [0.0, 0.0, 1.0, 2.0, 3.0, 2.0];
        assert_eq!(resample(&z, 2, 5), vec![0.0, 0.0, 0.5, 1.0, 1.0, 2.0, 2.0, 2.0, 3.0, 2.0]);
        assert_eq!(resample(&z, 2, 3), z.to_vec());
    }

    #[test]
    fn a_leg_settles_when_its_energy_does() {
        let mut leg = Leg::new(&[0.0], &[1.0]);
        for energy in [10.0, 6.0, 5.0] {
            let damping = leg.damping / 3.0;
            leg.take(leg.z_td.clone(), energy, damping);
            assert!(!leg.settled());
        }
        leg.take(leg.z_td.clone(), 4.999, 0.01);
        assert!(leg.settled());
        // Steps that gain nothing raise the damping; a few in a row are enough.
        let mut stuck = Leg::new(&[0.0], &[1.0]);
        for _ in 0..FAILURES {
            assert!(!stuck.settled());
            stuck.take(stuck.z_td.clone(), 10.0, 10.0 * stuck.damping);
        }
        assert!(stuck.settled());
    }
}
