//! The numbers of the code on show, and what each of them carries.

use std::ops::Range;

use crate::encoded::Extent;
use crate::model::Choice;
use crate::noise;
use crate::rank::ordered;
use crate::told::Told;
use latent_player::{Kind, Player};
use latent_vocabulary::code::{CodeGroup, levels};

/// A latent whose KL stays below this carries nothing.
const INACTIVE: f32 = 0.01;
/// And of codes that are points, one whose spread is below this part of the largest.
const INACTIVE_PART: f32 = 0.01;

/// How much a latent tells of an image.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Carries {
    /// Nobody has measured it yet.
    Unknown,
    /// Its KL.
    Nats(f32),
    /// Standard deviation over the test images, of codes that are points.
    Spread(f32),
}

/// The numbers of the code on show.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Latents {
    /// KL in nats of each number of a code; zeros until it is known, and where codes are points.
    pub kl_d: Vec<f32>,
    /// Where the codes of the test images lie, if they are points; `None` until it is known.
    pub extent: Option<Extent>,
    /// The numbers that have a slider, all but those of a choice and those that are told: that which carries most first.
    pub order: Vec<usize>,
    /// What the encoder is told besides a class.
    pub told: Vec<Told>,
    /// The levels of the code, the uppermost first; none where it has only one.
    pub levels: Vec<Range<usize>>,
    /// The KL is known.
    measured: bool,
}

impl Latents {
    /// Of a code of which nothing is measured yet.
    pub fn of(code: &[CodeGroup]) -> Self {
        let n = code.iter().map(|group| group.count as usize).sum();
        let (choice, told) = (Choice::of(code), Told::all(code));
        let given = choice.map(Choice::range).into_iter().chain(told.iter().map(|told| told.range())).collect::<Vec<_>>();
        let order = (0..n).filter(|i| given.iter().all(|range| !range.contains(i))).collect();
        Self { kl_d: vec![0.0; n], order, told, levels: levels(code), ..Self::default() }
    }

    /// Of a trained model, with what it says of itself.
    pub fn played(player: &Player) -> Self {
        let latents = Self::of(player.code());
        match player.kind() {
            Kind::Vector if player.is_cloud() => latents.with_kl(&player.kl_d, false),
            Kind::Vector => {
                latents.with_extent(Extent { centre_d: player.centre_d.clone(), spread_d: player.spread_d.clone() }, false)
            }
            Kind::Tokens | Kind::Features | Kind::Embedding => latents,
        }
    }

    /// With another KL. A hand on the sliders keeps the order.
    pub fn with_kl(&self, kl_d: &[f32], held: bool) -> Self {
        let order = if held { self.order.clone() } else { ordered(self.order.clone(), |i| -kl_d[i]) };
        Self { kl_d: kl_d.to_vec(), extent: None, order, measured: true, ..self.clone() }
    }

    /// With another extent. A hand on the sliders keeps all, as the ranges would move under it.
    pub fn with_extent(&self, extent: Extent, held: bool) -> Self {
        if held && self.extent.is_some() {
            return self.clone();
        }
        let order = ordered(self.order.clone(), |i| -extent.spread_d[i]);
        Self { extent: Some(extent), order, ..self.clone() }
    }

    /// What the numbers of another code carry is not known: the sliders stay until it says which numbers it has.
    pub fn forget(&mut self) {
        self.kl_d.fill(0.0);
        (self.extent, self.measured) = (None, false);
    }

    pub fn carries(&self, latent: usize) -> Carries {
        match (&self.extent, self.kl_d.get(latent)) {
            (Some(extent), _) => Carries::Spread(extent.spread_d.get(latent).copied().unwrap_or_default()),
            (None, Some(kl)) if self.measured => Carries::Nats(*kl),
            _ => Carries::Unknown,
        }
    }

    pub fn active(&self, latent: usize) -> bool {
        match self.carries(latent) {
            Carries::Unknown => true,
            Carries::Nats(kl) => kl >= INACTIVE,
            Carries::Spread(spread) => spread >= INACTIVE_PART * self.extent.as_ref().map_or(0.0, Extent::widest),
        }
    }

    /// Which level a number belongs to, the uppermost being 0.
    pub fn level(&self, latent: usize) -> usize {
        self.levels.iter().position(|own| own.contains(&latent)).unwrap_or(0)
    }

    /// Whether it is of the uppermost of several levels.
    pub fn is_upper(&self, latent: usize) -> bool {
        !self.levels.is_empty() && self.level(latent) == 0
    }

    /// Numbers as new codes have them: from the prior of that shape, or without one, each by itself as those of the test images
    /// are spread.
    pub fn draw(&self, prior: Option<usize>, seed: u32) -> Vec<f32> {
        let n = self.kl_d.len();
        match (prior, &self.extent) {
            (Some(shape), _) => noise::prior(shape, seed, 1, n),
            (None, Some(extent)) => extent.at(&noise::normals(seed, n)),
            (None, None) => noise::normals(seed, n),
        }
    }

    /// Has codes, one after the other, say of what is told what another code says.
    pub fn tell(&self, from: &[f32], z_nd: &mut [f32]) {
        let n = self.kl_d.len().max(1);
        for range in self.told.iter().map(|told| told.range()) {
            let Some(part) = from.get(range.clone()) else { continue };
            z_nd.chunks_exact_mut(n).for_each(|z| z[range.clone()].copy_from_slice(part));
        }
    }

    /// Whether a code says such things: none of them is moved but by what is told.
    pub fn is_told(&self, z_d: &[f32]) -> bool {
        let sound = |told: &Told| z_d.get(told.range()).is_some_and(|part| part.iter().all(|v| (0.0..=1.0).contains(v)));
        self.told.iter().filter(|told| told.given).all(sound)
    }

    /// The middle of the codes.
    pub fn centre(&self, prior: Option<usize>) -> Vec<f32> {
        match &self.extent {
            Some(extent) if prior.is_none() => extent.centre_d.clone(),
            _ => vec![0.0; self.kl_d.len()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_vocabulary::code::CodeKind;

    fn points() -> Latents {
        let latents = Latents::of(&[CodeGroup { kind: CodeKind::Point, count: 3 }]);
        assert!((0..3).all(|i| latents.active(i) && latents.carries(i) == Carries::Unknown), "nothing is dead before it is known");
        latents.with_extent(Extent { centre_d: vec![1.0, -20.0, 0.5], spread_d: vec![2.0, 8.0, 0.01] }, false)
    }

    #[test]
    fn points_are_ordered_and_drawn_as_they_are_spread() {
        let latents = points();
        assert_eq!(latents.order, vec![1, 0, 2]);
        assert_eq!([latents.active(0), latents.active(2)], [true, false]);
        assert_eq!(latents.carries(1), Carries::Spread(8.0));
        assert_eq!(latents.centre(None), vec![1.0, -20.0, 0.5]);
        assert_eq!(latents.centre(Some(0)), vec![0.0; 3]);
        // Without a prior as the codes lie; with one, as that has it.
        let drawn = |prior| (0..2000).map(|seed| latents.draw(prior, seed)[1]).collect::<Vec<_>>();
        let mean = |v: &[f32]| v.iter().sum::<f32>() / v.len() as f32;
        let sd = |v: &[f32]| (v.iter().map(|x| (x - mean(v)).powi(2)).sum::<f32>() / v.len() as f32).sqrt();
        for (prior, centre, spread) in [(None, -20.0, 8.0), (Some(0), 0.0, 1.0)] {
            let drawn = drawn(prior);
            assert!((mean(&drawn) - centre).abs() < 0.1 * spread && (sd(&drawn) / spread - 1.0).abs() < 0.1, "{prior:?}");
        }
    }

    #[test]
    fn a_hand_keeps_order_and_ranges() {
        let latents = points();
        let narrower = Extent { centre_d: vec![0.0; 3], spread_d: vec![3.0, 1.0, 2.0] };
        assert_eq!(latents.with_extent(narrower.clone(), true), latents);
        assert_eq!(latents.with_extent(narrower, false).order, vec![0, 2, 1]);
        let clouds = Latents::of(&[CodeGroup { kind: CodeKind::Gaussian, count: 2 }]);
        assert_eq!(clouds.with_kl(&[0.5, 2.0], true).order, vec![0, 1]);
        assert_eq!(clouds.with_kl(&[0.001, 2.0], false).order, vec![1, 0]);
        assert!(!clouds.with_kl(&[0.001, 2.0], false).active(0));
    }

    #[test]
    fn levels_stay_when_what_they_carry_is_known() {
        let level = |count| CodeGroup { kind: CodeKind::Gaussian, count };
        let latents = Latents::of(&[level(1), level(2)]).with_kl(&[0.1, 3.0, 2.0], false);
        assert_eq!((latents.order.clone(), [0, 1, 2].map(|i| latents.level(i))), (vec![1, 2, 0], [0, 1, 1]));
        assert_eq!(latents.levels, [0..1, 1..3]);
    }

    #[test]
    fn a_choice_has_no_sliders() {
        let code =
            [CodeGroup { kind: CodeKind::Gaussian, count: 2 }, CodeGroup { kind: CodeKind::Choice { given: true }, count: 3 }];
        let latents = Latents::of(&code).with_kl(&[0.1, 0.2, 9.5, 9.5, 9.5], false);
        assert_eq!((latents.order, latents.kl_d.len()), (vec![1, 0], 5));
    }

    #[test]
    fn what_is_told_has_no_slider_and_stays() {
        let told = CodeGroup { kind: CodeKind::Factor { index: 0, size: 3, given: true }, count: 3 };
        let latents = Latents::of(&[CodeGroup { kind: CodeKind::Gaussian, count: 1 }, told]);
        assert_eq!((latents.order.as_slice(), latents.told.len()), (&[0][..], 1));
        let mut z = vec![0.5, 9.0, 9.0, 9.0, -2.0, 9.0, 9.0, 9.0];
        assert!(!latents.is_told(&z[..4]) && !latents.is_told(&[]));
        latents.tell(&[7.0, 0.0, 1.0, 0.0], &mut z);
        assert_eq!(z, [0.5, 0.0, 1.0, 0.0, -2.0, 0.0, 1.0, 0.0]);
        assert!(latents.is_told(&z[..4]));
    }
}
