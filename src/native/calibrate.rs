//! The price at which as many features are active as are wanted.

use std::sync::Arc;

use crate::open::{EngineKind, open};
use latent_data::Dataset;
use latent_engine::Engine;
use latent_engine::plan::{Given, RING};
use latent_experiment::Setup;
use latent_vocabulary::ParamSpec;

/// What a live parameter is to bring about.
#[derive(Clone, Copy, Debug)]
pub struct Aim<'a> {
    pub spec: &'a ParamSpec,
    /// A number of the step that falls as the parameter rises, and what it is to be.
    pub count: &'a str,
    pub wanted: f64,
    /// Steps of the runs that it is sought for.
    pub steps: u64,
}

/// Stretches in which it is sought, after the first half of a run; each is an eighth of one.
const STRETCHES: usize = 8;
const STRETCH: u64 = 8;
/// How near the number must come: a share of what is wanted, as a logarithm.
const NEAR: f64 = 0.03;

/// The value at which `setup`'s network comes to have the number that is wanted. One run goes on while the parameter moves: each value is tried for a stretch of
/// steps and not from noise, which costs about as much as one run and a half in all. What a run from noise comes to is near, not equal.
///
/// # Errors
/// If the run fails, or has no such number.
pub fn calibrate(kind: EngineKind, setup: &Setup, data: &Arc<Dataset>, aim: Aim<'_>) -> Result<f64, String> {
    pollster::block_on(async {
        let (mut engine, _) = open(kind, setup, data, None, Given::default()).await?;
        let place = engine.info().terms.iter().position(|name| name == aim.count);
        let place = place.ok_or_else(|| format!("{}: nothing is called {}", setup.method, aim.count))?;
        let mut search = Search::new(setup.get(aim.spec.key));
        let mut length = aim.steps / 2;
        for _ in 0..STRETCHES {
            let (end, mut counts) = (engine.step() + length.max(2), vec![]);
            while engine.step() < end {
                let n = engine.ready((end - engine.step()).min(RING as u64 / 4) as u32).await?;
                engine.run_steps(n)?;
                counts.extend(engine.metrics().await?.iter().map(|row| f64::from(row.terms[place])));
            }
            // What the stretch ends with.
            let last = &counts[counts.len() / 2..];
            let count = last.iter().sum::<f64>() / last.len() as f64;
            if search.tell((count.max(1e-3) / aim.wanted).ln()) < NEAR {
                break;
            }
            search.at = aim.spec.check(search.next()).unwrap_or(search.at);
            engine.set_live(aim.spec.key, search.at as f32);
            length = aim.steps / STRETCH;
        }
        Ok(search.best())
    })
}

/// A search along the logarithm of a parameter for where another logarithm is zero that falls as it rises.
#[derive(Clone, Debug)]
pub struct Search {
    /// What is tried now.
    pub at: f64,
    /// What was tried, as a logarithm, and how far off that was.
    tried: Vec<[f64; 2]>,
}

impl Search {
    pub fn new(at: f64) -> Self {
        Self { at, tried: vec![] }
    }

    /// Takes in how far off the present value is, and returns the size of that.
    pub fn tell(&mut self, off: f64) -> f64 {
        self.tried.push([self.at.ln(), off]);
        off.abs()
    }

    /// What to try next: where the line through the last two would be zero, as if it fell like one over the parameter where there is one alone, or where
    /// two say nothing.
    pub fn next(&self) -> f64 {
        const SLOPES: [f64; 2] = [-4.0, -0.25];
        const FURTHEST: f64 = 1.5;
        let Some([at, off]) = self.tried.last() else { return self.at };
        let slope = match self.tried.len().checked_sub(2).map(|i| self.tried[i]) {
            Some([before, was]) if (at - before).abs() > 1e-3 => ((off - was) / (at - before)).clamp(SLOPES[0], SLOPES[1]),
            _ => -1.0,
        };
        (at - (off / slope).clamp(-FURTHEST, FURTHEST)).exp()
    }

    /// The value that was least off.
    pub fn best(&self) -> f64 {
        let least = self.tried.iter().min_by(|a, b| a[1].abs().total_cmp(&b[1].abs()));
        least.map_or(self.at, |[at, _]| at.exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_comes_to_where_nothing_is_off() {
        // 40 features at a price of 1, and the number falls with the power 0.7 of it: 8 at 5^(1/0.7).
        let off = |price: f64| (40.0 * price.powf(-0.7) / 8.0).ln();
        let mut search = Search::new(1.0);
        let mut steps = 0;
        while search.tell(off(search.at)) > 1e-3 {
            search.at = search.next();
            steps += 1;
            assert!(steps < 8, "{search:?}");
        }
        assert!((search.best() / 5.0f64.powf(1.0 / 0.7) - 1.0).abs() < 2e-3, "{search:?}");
        // What does not answer is not followed for ever.
        let mut search = Search::new(1.0);
        search.tell(2.0);
        assert!((search.next().ln() - 1.5).abs() < 1e-9);
    }
}
