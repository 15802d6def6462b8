//! The panels' questions: passed on with the next frame, the latest of each slot only; and the latest answers.

use std::cell::{Cell, OnceCell};
use std::rc::Rc;

use leptos::prelude::*;

use crate::browser;
use crate::held::{Changing, Held};
use crate::store::link::Link;
use crate::store::runs::Runs;
use crate::views::{CpuDesk, Desk, SLOTS};
use latent_experiment::PRESETS;
use latent_player::{Digits, Player};
use latent_protocol::{Command, RunId};
use latent_view::Query;
use latent_view::{Slot, View};

/// What answers the panels' questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The trained model of that number, as it was trained: by the CPU or, from the same weights, by the engine.
    Preset(u32),
    /// A run, from when it was begun.
    Run(RunId),
}

/// Hears an answer before the panels do.
type First = Box<dyn Fn(Slot, &View)>;

/// The stores that this one names, and what it keeps. Nobody is called while one of these is borrowed.
struct Parts {
    link: Link,
    runs: Runs,
    views: [RwSignal<Option<Rc<View>>, LocalStorage>; SLOTS],
    desks: Changing<[Desk; SLOTS]>,
    cpu: Changing<CpuDesk>,
    player: Changing<Option<Rc<Player>>>,
    /// Counts the players there have been.
    players: Cell<u32>,
    digits: OnceCell<Rc<Digits>>,
    /// What the answers on show are of.
    on_show: Cell<Option<Shown>>,
    flush_due: Cell<bool>,
    /// The slot whose answer is wanted though its panel may be hidden.
    awaited: Cell<Option<Slot>>,
    first: OnceCell<First>,
}

#[derive(Clone, Copy)]
pub struct Desks {
    parts: Held<Parts>,
}

impl Desks {
    pub fn new(link: Link, runs: Runs) -> Self {
        let parts = Parts {
            link,
            runs,
            views: std::array::from_fn(|_| RwSignal::new_local(None)),
            desks: Changing::new(std::array::from_fn(|_| Desk::default())),
            cpu: Changing::default(),
            player: Changing::default(),
            players: Cell::new(0),
            digits: OnceCell::new(),
            on_show: Cell::new(None),
            flush_due: Cell::new(false),
            awaited: Cell::new(None),
            first: OnceCell::new(),
        };
        Self { parts: Held::new(parts) }
    }

    fn parts(self) -> &'static Parts {
        self.parts.get()
    }

    fn link(self) -> Link {
        self.parts().link
    }

    fn runs(self) -> Runs {
        self.parts().runs
    }

    fn desk<T>(self, slot: Slot, f: impl FnOnce(&mut Desk) -> T) -> T {
        self.parts().desks.with(|desks| f(&mut desks[slot as usize]))
    }

    /// Who hears each answer before the panels do.
    pub fn tell_first(self, first: impl Fn(Slot, &View) + 'static) {
        // There is one, from the beginning.
        let _ = self.parts().first.set(Box::new(first));
    }

    /// The latest answer to a slot's question.
    pub fn view(self, slot: Slot) -> RwSignal<Option<Rc<View>>, LocalStorage> {
        self.parts().views[slot as usize]
    }

    /// Asks on behalf of a panel.
    pub fn ask(self, slot: Slot, query: impl Into<Query>) {
        let query = query.into();
        self.desk(slot, |desk| {
            desk.fresh |= desk.query.as_ref() != Some(&query);
            desk.query = Some(query);
        });
        self.schedule_flush();
    }

    /// Asks a slot's question once more.
    pub fn ask_again(self, slot: Slot) {
        self.desk(slot, |desk| desk.fresh = true);
        self.schedule_flush();
    }

    /// Which slot's answer is wanted though nobody may look at it.
    pub fn await_answer(self, slot: Option<Slot>) {
        self.parts().awaited.set(slot);
    }

    /// One more panel looks at a slot, or one fewer.
    pub fn show(self, slot: Slot, visible: bool) {
        let hidden = self.desk(slot, |desk| {
            let before = desk.lookers;
            desk.lookers = if visible { before + 1 } else { before.saturating_sub(1) };
            // What takes its time is neither asked again by looking at it, nor given up by looking away.
            let again = !desk.query.as_ref().is_some_and(Query::once);
            desk.fresh |= again && visible && before == 0;
            again && before > 0 && desk.lookers == 0
        });
        if hidden {
            self.link().send(&Command::Unwatch { slot });
        }
        self.schedule_flush();
    }

    /// Questions of panels in view that nobody has answered yet.
    pub fn waiting(self) -> usize {
        let open = |desk: &&Desk| desk.lookers > 0 && desk.query.is_some() && !desk.answered;
        self.parts().desks.with(|desks| desks.iter().filter(open).count())
    }

    /// Has the engine answer none of them any more.
    pub fn unwatch_all(self) {
        (0..SLOTS as Slot).for_each(|slot| self.link().send(&Command::Unwatch { slot }));
    }

    /// Asks everything again, of whoever answers now.
    pub fn refresh(self) {
        let parts = self.parts();
        parts.cpu.with(CpuDesk::clear);
        parts.desks.with(|desks| {
            for desk in desks {
                // Nobody has asked for the measures of this network yet.
                desk.query.take_if(|query| query.once());
                desk.fresh = true;
            }
        });
        self.schedule_flush();
    }

    /// The trained model that answers where no run stands.
    pub fn player(self) -> Option<Rc<Player>> {
        self.parts().player.get()
    }

    pub fn set_player(self, player: Player) {
        let parts = self.parts();
        parts.player.set(Some(Rc::new(player)));
        parts.players.set(parts.players.get() + 1);
    }

    /// The player's model as something to put on show.
    pub fn preset(self) -> Shown {
        Shown::Preset(self.parts().players.get())
    }

    /// The images that the CPU answers from have come.
    pub fn set_digits(self, digits: Digits) {
        // They are fetched once.
        let _ = self.parts().digits.set(Rc::new(digits));
        self.schedule_flush();
    }

    /// What is on show is now called that, and its answers stay.
    pub fn rename(self, shown: Shown) {
        self.parts().on_show.set(Some(shown));
    }

    /// From now on the panels show that model or nothing: what was answered about another goes, and so does what the CPU was
    /// about to answer. Pictures of the data and measures, which say what they are of, stay. Says whether it is another model.
    pub fn put_on_show(self, shown: Shown) -> bool {
        let parts = self.parts();
        if parts.on_show.replace(Some(shown)) == Some(shown) {
            return false;
        }
        parts.cpu.with(CpuDesk::clear);
        let mut stale = [false; SLOTS];
        parts.desks.with(|desks| {
            for (desk, stale) in desks.iter_mut().zip(&mut stale) {
                *stale = desk.query.as_ref().is_some_and(Query::follows_weights);
                desk.answered &= !*stale;
            }
        });
        for (view, _) in parts.views.iter().zip(stale).filter(|(view, stale)| *stale && view.with_untracked(Option::is_some)) {
            view.set(None);
        }
        true
    }

    /// Forgets what was answered about images that have gone.
    pub fn forget_answers(self) {
        let parts = self.parts();
        parts.cpu.with(CpuDesk::clear);
        parts.views.iter().for_each(|view| view.set(None));
    }

    fn schedule_flush(self) {
        if !self.parts().flush_due.replace(true) {
            browser::next_frame(move || self.flush());
        }
    }

    fn flush(self) {
        let parts = self.parts();
        parts.flush_due.set(false);
        let (standing, frame, data) = untrack(|| (self.runs().stands(), self.runs().model().frame(), self.runs().data_on_show()));
        let player = self.player();
        // The page's own digits answer while they are what is on show.
        let own = data == PRESETS[0].data().id && untrack(|| self.runs().preset_data()) == data;
        let digits = parts.digits.get().filter(|_| own && player.is_some());
        let preset = matches!(parts.on_show.get(), Some(Shown::Preset(_)));
        let linked = parts.link.is_there();
        let mut watched = Vec::new();
        parts.desks.with(|desks| {
            for (slot, desk) in (0..).zip(desks) {
                // The CPU answers hidden panels as well: once, and nothing is empty when it scrolls into view.
                let wanted = desk.lookers > 0 || !standing || parts.awaited.get() == Some(slot);
                if !(wanted && desk.fresh) {
                    continue;
                }
                let Some(query) = desk.query.clone() else { continue };
                if !query.fits(&frame) {
                    continue; // Asked of another model; the panel is about to ask again.
                }
                let cpu_ready = digits.is_some() || !query.of_tests();
                (desk.fresh, desk.answered) = (false, false);
                if standing && linked {
                    watched.push(Command::Watch { slot, query });
                } else if let Some(player) = player.as_ref().filter(|_| !standing && cpu_ready && preset) {
                    parts.cpu.with(|cpu| cpu.take(slot, query, player.clone(), parts.digits.get().cloned()));
                } else {
                    // A run that is being built cannot answer yet, and nobody answers in its place.
                    desk.fresh = true;
                }
            }
        });
        watched.iter().for_each(|command| parts.link.send(command));
        let (started, mut answers) = (browser::now(), Vec::new());
        let busy = parts.cpu.with(|cpu| {
            while !cpu.is_idle() && browser::now() - started < 8.0 {
                answers.extend(cpu.work());
            }
            !cpu.is_idle()
        });
        for (slot, view) in answers {
            self.viewed(slot, view);
        }
        if busy {
            self.schedule_flush();
        }
    }

    /// Takes an answer.
    pub fn viewed(self, slot: Slot, view: View) {
        let parts = self.parts();
        if let Some(first) = parts.first.get() {
            first(slot, &view);
        }
        if let Some(signal) = parts.views.get(slot as usize) {
            self.desk(slot, |desk| desk.answered = true);
            signal.set(Some(Rc::new(view)));
        }
    }
}
