//! The panels' questions: passed on with the next frame, the latest of each slot only.

use super::*;
use crate::view::Query;

impl Lab {
    /// The latest answer to a slot's question.
    pub fn view(self, slot: Slot) -> RwSignal<Option<Rc<View>>, LocalStorage> {
        self.views[slot as usize]
    }

    /// Asks on behalf of a panel.
    pub fn ask(self, slot: Slot, query: impl Into<Query>) {
        let query = query.into();
        self.with(|inner| {
            let desk = &mut inner.desks[slot as usize];
            desk.fresh |= desk.query.as_ref() != Some(&query);
            desk.query = Some(query);
        });
        self.schedule_flush();
    }

    /// One more panel looks at a slot, or one fewer.
    pub fn show(self, slot: Slot, visible: bool) {
        let hidden = self.with(|inner| {
            let desk = &mut inner.desks[slot as usize];
            let before = desk.lookers;
            desk.lookers = if visible { before + 1 } else { before.saturating_sub(1) };
            // What takes its time is neither asked again by looking at it, nor given up by looking away.
            let again = !desk.query.as_ref().is_some_and(Query::once);
            desk.fresh |= again && visible && before == 0;
            again && before > 0 && desk.lookers == 0
        });
        if hidden {
            self.send(&Command::Unwatch { slot });
        }
        self.schedule_flush();
    }

    /// Questions of panels in view that nobody has answered yet.
    pub fn waiting(self) -> usize {
        self.with(|inner| inner.desks.iter().filter(|desk| desk.lookers > 0 && desk.query.is_some() && !desk.answered).count())
    }

    /// Asks everything again, of whoever answers now.
    pub(super) fn refresh(self) {
        self.with(|inner| {
            inner.cpu.clear();
            // Nobody has asked for the measures of this network yet.
            inner.desks.iter_mut().filter(|desk| desk.query.as_ref().is_some_and(Query::once)).for_each(|desk| desk.query = None);
            inner.desks.iter_mut().for_each(|desk| desk.fresh = true);
        });
        self.schedule_flush();
    }

    /// From now on the panels show that model or nothing: what was answered about another goes, and so does what the CPU was
    /// about to answer. Pictures of the data and measures, which say what they are of, stay.
    pub(super) fn put_on_show(self, shown: Shown) {
        if self.with(|inner| inner.on_show.replace(shown)) == Some(shown) {
            return;
        }
        let stale = self.with(|inner| {
            inner.cpu.clear();
            let mut stale = [false; SLOTS];
            for (desk, stale) in inner.desks.iter_mut().zip(&mut stale) {
                *stale = desk.query.as_ref().is_some_and(Query::follows_weights);
                desk.answered &= !*stale;
            }
            stale
        });
        for (view, _) in self.views.iter().zip(stale).filter(|(view, stale)| *stale && view.with_untracked(Option::is_some)) {
            view.set(None);
        }
        self.codes.set(None);
        self.own_code.set(None);
        self.latents.update(Latents::forget);
    }

    pub(super) fn schedule_flush(self) {
        if self.with(|inner| !std::mem::replace(&mut inner.flush_due, true)) {
            browser::next_frame(move || self.flush());
        }
    }

    fn flush(self) {
        let standing = self.run.with_untracked(|r| r.as_ref().is_some_and(|r| r.info.is_some()));
        let (frame, data) = untrack(|| (self.model().frame(), self.data_on_show()));
        let mut answers = Vec::new();
        self.with(|inner| {
            inner.flush_due = false;
            let awaited = inner.wanted.as_ref().map(|source| if *source == Source::Own { OWN_CODE } else { CODES });
            for (slot, desk) in (0..).zip(&mut inner.desks) {
                // The CPU answers hidden panels as well: once, and nothing is empty when it scrolls into view.
                let wanted = desk.lookers > 0 || !standing || awaited == Some(slot);
                if !(wanted && desk.fresh) {
                    continue;
                }
                let Some(query) = desk.query.clone() else { continue };
                if !query.fits(&frame) {
                    continue; // Asked of another model; the panel is about to ask again.
                }
                // The page's own digits answer while they are what is on show.
                let digits = inner.digits.is_some()
                    && inner.player.as_ref().is_some_and(|p| p.setup.data == data)
                    && data == PRESETS[0].data().id;
                let cpu_ready = digits || !query.of_tests();
                (desk.fresh, desk.answered) = (false, false);
                match (&inner.link, &inner.player) {
                    (Some(link), _) if standing => link.send(&Command::Watch { slot, query }),
                    // A run that is being built cannot answer yet, and nobody answers in its place.
                    (_, Some(player)) if !standing && cpu_ready && matches!(inner.on_show, Some(Shown::Preset(_))) => {
                        inner.cpu.take(slot, query, player.clone(), inner.digits.clone());
                    }
                    _ => desk.fresh = true,
                }
            }
            let started = browser::now();
            while !inner.cpu.is_idle() && browser::now() - started < 8.0 {
                answers.extend(inner.cpu.work());
            }
        });
        for (slot, view) in answers {
            self.viewed(slot, view);
        }
        if self.with(|inner| !inner.cpu.is_idle()) {
            self.schedule_flush();
        }
    }

    pub(super) fn viewed(self, slot: Slot, view: View) {
        match slot {
            CODES => self.take_codes(&view),
            OWN_CODE => self.take_own_code(&view),
            _ => {}
        }
        self.with(|inner| inner.desks.get_mut(slot as usize).map(|desk| desk.answered = true));
        if let Some(signal) = self.views.get(slot as usize) {
            signal.set(Some(Rc::new(view)));
        }
    }
}
