//! The latents on show, and the code at which the traversal stands.

use super::*;

/// Milliseconds between two updates of the latents' order.
const KL_EVERY: f64 = 300.0;

impl Lab {
    /// Puts another model's latents on show and the traversal at the origin.
    pub(super) fn show_latents(self, kl_d: Vec<f32>) {
        let n = kl_d.len();
        self.latents.set(Latents::new(kl_d));
        if self.code.with_untracked(Vec::len) != n {
            self.code.set(vec![0.0; n]);
            self.await_origin();
        }
    }

    pub(super) fn take_kl(self, kl_d: &[f32]) {
        if kl_d.is_empty() || self.latents.with_untracked(|l| l.kl_d.len()) != kl_d.len() {
            return;
        }
        let now = browser::now();
        if self.with(|inner| {
            now - inner.kl_at > KL_EVERY && {
                inner.kl_at = now;
                true
            }
        }) {
            let mut new = Latents::new(kl_d.to_vec());
            if self.held.get_untracked() {
                new.order = self.latents.with_untracked(|l| l.order.clone());
            }
            self.latents.set(new);
        }
    }

    pub(super) fn take_codes(self, view: &View) {
        let Some(codes) = Codes::read(view) else { return };
        // Before the first step on this page there are no training metrics: the KL of the test codes stands in.
        if !self.with(|inner| inner.measured)
            && let Some(kl_d) = codes.kl()
        {
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
    pub(super) fn arrive(self) {
        let Some(source) = self.with(|inner| inner.wanted.clone()) else { return };
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
