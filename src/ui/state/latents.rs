//! The latents on show, and the code at which the traversal stands.

use super::*;
use crate::spec::protocol::CodeGroup;
use crate::ui::codes::Extent;
use crate::ui::model::Choice;
use crate::ui::noise;
use crate::ui::rank::ordered;

/// A latent whose KL stays below this carries nothing.
const INACTIVE: f32 = 0.01;
/// And of codes that are points, one whose spread is below this part of the largest.
const INACTIVE_PART: f32 = 0.01;
/// Milliseconds between two updates of the latents' order.
const KL_EVERY: f64 = 300.0;

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
    /// The numbers that have a slider, all but those of a choice: that which carries most first.
    pub order: Vec<usize>,
    /// The KL is known.
    measured: bool,
}

impl Latents {
    /// Of a code of which nothing is measured yet.
    fn of(code: &[CodeGroup]) -> Self {
        let n = code.iter().map(|group| group.count as usize).sum();
        let choice = Choice::of(code);
        let order = (0..n).filter(|i| choice.is_none_or(|c| !c.range().contains(i))).collect();
        Self { kl_d: vec![0.0; n], order, ..Self::default() }
    }

    /// Of a trained model, with what it says of itself.
    fn played(player: &Player) -> Self {
        let latents = Self::of(&player.code());
        match &player.model {
            player::Model::Vector(m) if m.is_cloud() => latents.with_kl(&player.kl_d, false),
            player::Model::Vector(m) => {
                latents.with_extent(Extent { centre_d: m.centre_d.clone(), spread_d: m.spread_d.clone() }, false)
            }
            _ => latents,
        }
    }

    /// With another KL. A hand on the sliders keeps the order.
    fn with_kl(&self, kl_d: &[f32], held: bool) -> Self {
        let order = if held { self.order.clone() } else { ordered(self.order.clone(), |i| -kl_d[i]) };
        Self { kl_d: kl_d.to_vec(), extent: None, order, measured: true }
    }

    /// With another extent. A hand on the sliders keeps all, as the ranges would move under it.
    fn with_extent(&self, extent: Extent, held: bool) -> Self {
        if held && self.extent.is_some() {
            return self.clone();
        }
        let order = ordered(self.order.clone(), |i| -extent.spread_d[i]);
        Self { extent: Some(extent), order, ..self.clone() }
    }

    /// What the numbers of another code carry is not known: the sliders stay until it says which numbers it has.
    pub(super) fn forget(&mut self) {
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

    /// The middle of the codes.
    pub fn centre(&self, prior: Option<usize>) -> Vec<f32> {
        match &self.extent {
            Some(extent) if prior.is_none() => extent.centre_d.clone(),
            _ => vec![0.0; self.kl_d.len()],
        }
    }
}

impl Lab {
    /// Puts the latents of the player's model on show.
    pub(super) fn show_played(self) {
        if let Some(player) = self.with(|inner| inner.player.clone()) {
            self.show_latents(Latents::played(&player), None);
        }
    }

    /// Puts another model's latents on show; a place of the traversal that it cannot have becomes its origin.
    pub(super) fn show_latents(self, latents: Latents, choice: Option<Choice>) {
        let n = latents.kl_d.len();
        self.latents.set(latents);
        // What is measured first is shown at once.
        self.with(|inner| inner.kl_at = f64::NEG_INFINITY);
        if !self.code.with_untracked(|z| z.len() == n && choice.is_none_or(|c| c.read(z).is_some())) {
            let mut z = vec![0.0; n];
            if let Some(choice) = choice {
                choice.make(&mut z, 0);
            }
            self.code.set(z);
            self.await_origin();
        }
    }

    /// The network of a run stands: nobody knows yet what its latents carry.
    pub(super) fn show_built(self, info: &PlanInfo) {
        self.show_latents(Latents::of(&info.code), Choice::of(&info.code));
        // An autoencoder puts its codes where it likes: another one's place says nothing.
        if untrack(|| self.model().points()) && self.code.with_untracked(|z| self.is_where_it_arrived(z)) {
            self.await_origin();
        }
    }

    pub(super) fn take_kl(self, kl_d: &[f32]) {
        self.measure_latents(kl_d.len(), |latents, held| latents.with_kl(kl_d, held));
    }

    /// Takes in what is known of as many latents, now and then.
    fn measure_latents(self, n: usize, with: impl FnOnce(&Latents, bool) -> Latents) {
        if n == 0 || self.latents.with_untracked(|l| l.kl_d.len()) != n {
            return;
        }
        let now = browser::now();
        if self.with(|inner| {
            now - inner.kl_at > KL_EVERY && {
                inner.kl_at = now;
                true
            }
        }) {
            let held = self.held.get_untracked();
            self.latents.set(self.latents.with_untracked(|latents| with(latents, held)));
        }
    }

    pub(super) fn take_codes(self, view: &View) {
        let Some(codes) = Codes::read(view) else { return };
        if untrack(|| self.model().points()) {
            self.measure_latents(codes.latent, |latents, held| latents.with_extent(codes.extent(), held));
            // Nothing holds codes in their place while such a network learns: a traversal that nobody has moved goes with its image.
            if self.code.with_untracked(|z| self.is_where_it_arrived(z)) {
                self.await_origin();
            }
        } else if !self.with(|inner| inner.measured)
            && let Some(kl_d) = codes.kl()
        {
            // Before the first step on this page there are no training metrics: the KL of the test codes stands in.
            self.take_kl(&kl_d);
        }
        self.codes.set(Some(Rc::new(codes)));
        self.arrive();
    }

    pub(super) fn take_own_code(self, view: &View) {
        self.own_code.set(Codes::read(view).map(Rc::new));
        self.arrive();
    }

    /// Puts the traversal where it waits to go, if the code has come.
    pub fn arrive(self) {
        let Some(mut source) = self.with(|inner| inner.wanted.clone()) else { return };
        let coded = self.codes.with_untracked(|codes| codes.as_ref().map_or(0, |codes| codes.len()));
        if matches!(source, Source::Test(i) if (1..=i).contains(&coded)) {
            // A link, or a choice made of other images: there are not so many.
            source = Source::Test(0);
            self.await_source(source.clone());
        }
        if let Some(code) = untrack(|| source.code(self)).filter(|z| z.len() == self.latents.with_untracked(|l| l.kl_d.len())) {
            self.with(|inner| {
                inner.wanted = None;
                inner.arrived.clone_from(&code);
            });
            self.code.set(code);
        }
    }

    /// Whether the traversal still stands where the image that it started from put it.
    pub fn is_where_it_arrived(self, code: &[f32]) -> bool {
        self.with(|inner| inner.arrived == code)
    }

    pub fn awaits_a_code(self) -> bool {
        self.with(|inner| inner.wanted.is_some())
    }

    /// Has the traversal go to the image that it started from, in another model, unless it is on its way already.
    pub(super) fn await_origin(self) {
        let origin = self.origin.get_untracked();
        if !self.awaits_a_code() && !matches!(origin, Source::Code(_)) {
            self.await_source(origin);
        }
    }

    /// A hand has moved the traversal: where it was about to go no longer counts.
    pub fn forget_source(self) {
        self.with(|inner| inner.wanted = None);
    }

    /// Has the traversal go somewhere when a model with such codes is there.
    pub fn await_source(self, source: Source) {
        self.origin.set(source.clone());
        self.with(|inner| inner.wanted = Some(source));
    }

    /// Puts the traversal at a code; that of an image once the current weights have given it.
    pub fn start_from(self, source: Source) {
        let slot = if source == Source::Own { OWN_CODE } else { CODES };
        self.origin.set(source.clone());
        if let Source::Code(z) = source {
            self.with(|inner| inner.wanted = None);
            return self.code.set(z.to_vec());
        }
        self.with(|inner| {
            inner.wanted = Some(source);
            inner.desks[slot as usize].fresh = true;
        });
        self.schedule_flush();
    }

    /// Adds an end point to the path, in place of the last where there are already four.
    pub fn add_end(self, source: Source) {
        self.ends.update(|ends| {
            ends.truncate(3);
            ends.push(source);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::protocol::CodeKind;

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
    fn a_choice_has_no_sliders() {
        let code =
            [CodeGroup { kind: CodeKind::Gaussian, count: 2 }, CodeGroup { kind: CodeKind::Choice { given: true }, count: 3 }];
        let latents = Latents::of(&code).with_kl(&[0.1, 0.2, 9.5, 9.5, 9.5], false);
        assert_eq!((latents.order, latents.kl_d.len()), (vec![1, 0], 5));
    }
}
