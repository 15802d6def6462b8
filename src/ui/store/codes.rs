//! Codes: where the traversal stands, what its latents carry, and the codes of images by the weights of the moment.

use std::cell::Cell;
use std::rc::Rc;

use leptos::prelude::*;
use serde_bytes::ByteBuf;

use crate::browser;
use crate::encoded::Encoded;
use crate::held::{Changing, Held};
use crate::latents::Latents;
use crate::model::Choice;
use crate::react::react;
use crate::source::Source;
use crate::store::desks::Desks;
use crate::store::runs::Runs;
use crate::told::Told;
use crate::views::{CODED, CODES, OWN_CODE, OWN_COPY};
use latent_protocol::PlanInfo;
use latent_view::{Autoencode, Embed, Encode};
use latent_view::{Slot, View};

/// Milliseconds between two updates of the latents' order.
const KL_EVERY: f64 = 300.0;

/// The stores that this one names, and what is no signal.
struct Parts {
    runs: Runs,
    desks: Desks,
    kl_at: Cell<f64>,
    /// Metrics of the run on show have come.
    measured: Cell<bool>,
    /// What the traversal waits for the code of, and the code that it last got so.
    wanted: Changing<Option<Source>>,
    arrived: Changing<Vec<f32>>,
}

#[derive(Clone, Copy)]
pub struct Codes {
    pub latents: RwSignal<Latents>,
    /// The code on show in the traversal.
    pub code: RwSignal<Vec<f32>>,
    /// What that code started from.
    pub origin: RwSignal<Source, LocalStorage>,
    /// Codes of the first test images.
    pub tests: RwSignal<Option<Rc<Encoded>>, LocalStorage>,
    /// What the visitor has drawn or dropped, in the shape of the data, and its code.
    pub own: RwSignal<Option<Rc<[u8]>>, LocalStorage>,
    pub own_code: RwSignal<Option<Rc<Encoded>>, LocalStorage>,
    /// Its label, for a model that is told labels.
    pub own_label: RwSignal<u8>,
    /// The values of its factors, for a model that is told these.
    pub own_factors: RwSignal<Vec<u8>>,
    /// The first of the test images that shelves show.
    pub shelf: RwSignal<u32>,
    /// End points of the path.
    pub ends: RwSignal<Vec<Source>, LocalStorage>,
    /// A hand is on the sliders: they keep their order.
    pub held: RwSignal<bool>,
    parts: Held<Parts>,
}

impl Codes {
    pub fn new(runs: Runs, desks: Desks) -> Self {
        let codes = Self {
            latents: RwSignal::new(Latents::default()),
            code: RwSignal::new(Vec::new()),
            origin: RwSignal::new_local(Source::Code(Rc::from([]))),
            tests: RwSignal::new_local(None),
            own: RwSignal::new_local(None),
            own_code: RwSignal::new_local(None),
            own_label: RwSignal::new(0),
            own_factors: RwSignal::new(Vec::new()),
            shelf: RwSignal::new(0),
            ends: RwSignal::new_local(Vec::new()),
            held: RwSignal::new(false),
            parts: Held::new(Parts {
                runs,
                desks,
                kl_at: Cell::new(0.0),
                measured: Cell::new(false),
                wanted: Changing::default(),
                arrived: Changing::default(),
            }),
        };
        desks.tell_first(move |slot, view| codes.hear(slot, view));
        codes
    }

    fn parts(self) -> &'static Parts {
        self.parts.get()
    }

    fn runs(self) -> Runs {
        self.parts().runs
    }

    fn desks(self) -> Desks {
        self.parts().desks
    }

    /// Asks for the codes that every panel needs.
    pub fn begin(self) {
        self.desks().ask(CODES, Embed { from: 0, count: CODED });
        self.runs().on_other_data(move || self.forget_images());
        react(move || {
            if let Some(own) = self.own.get() {
                let (x_np, label_n) = (ByteBuf::from(own.to_vec()), ByteBuf::from(vec![self.own_label.get()]));
                let factor_nk = ByteBuf::from(self.own_factors.get());
                self.desks().ask(OWN_CODE, Encode { x_np: x_np.clone(), label_n: label_n.clone(), factor_nk: factor_nk.clone() });
                self.desks().ask(OWN_COPY, Autoencode { x_np, label_n, factor_nk });
            }
        });
    }

    /// Tells the encoder a factor of the visitor's image.
    pub fn tell_own(self, told: Told, value: usize) {
        self.own_factors.update(|values| {
            if let Some(slot) = values.get_mut(told.index) {
                *slot = value.min(255) as u8;
            }
        });
    }

    /// Tells it all factors of a test image, whose picture the visitor has taken: its code has them.
    pub fn tell_own_of(self, test: usize) {
        let Some(z) = untrack(|| self.of(&Source::Test(test))) else { return };
        let told = self.latents.with_untracked(|latents| latents.told.clone());
        told.into_iter().for_each(|told| self.tell_own(told, told.read(&z)));
    }

    /// Code of a source by the weights of the moment; tracks what it depends on.
    pub fn of(self, source: &Source) -> Option<Vec<f32>> {
        match source {
            Source::Test(i) => self.tests.with(|codes| Some(codes.as_ref()?.mean(*i)?.to_vec())),
            Source::Own => self.own_code.with(|codes| Some(codes.as_ref()?.mean(0)?.to_vec())),
            Source::Code(z) => Some(z.to_vec()),
        }
    }

    /// Standard deviations of its code, where it is a cloud.
    pub fn sd_of(self, source: &Source) -> Option<Vec<f32>> {
        match source {
            Source::Test(i) => self.tests.with(|codes| codes.as_ref()?.sd(*i)),
            Source::Own => self.own_code.with(|codes| codes.as_ref()?.sd(0)),
            Source::Code(_) => None,
        }
    }

    /// Puts the latents of the player's model on show.
    pub fn show_played(self) {
        if let Some(player) = self.desks().player() {
            self.show_latents(Latents::played(&player), None);
        }
    }

    /// Puts another model's latents on show; a place of the traversal that it cannot have becomes its origin.
    fn show_latents(self, latents: Latents, choice: Option<Choice>) {
        let n = latents.kl_d.len();
        let (count, told) = (latents.told.len(), latents.is_told(&self.code.get_untracked()));
        if self.own_factors.with_untracked(Vec::len) != count {
            self.own_factors.set(vec![0; count]);
        }
        self.latents.set(latents);
        // What is measured first is shown at once.
        self.parts().kl_at.set(f64::NEG_INFINITY);
        if !self.code.with_untracked(|z| z.len() == n && told && choice.is_none_or(|c| c.read(z).is_some())) {
            let mut z = vec![0.0; n];
            if let Some(choice) = choice {
                choice.make(&mut z, 0);
            }
            self.latents.with_untracked(|latents| latents.told.iter().for_each(|told| told.make(&mut z, 0)));
            self.code.set(z);
            self.await_origin();
        }
    }

    /// The network of a run stands: nobody knows yet what its latents carry.
    pub fn show_built(self, info: &PlanInfo) {
        self.show_latents(Latents::of(&info.code), Choice::of(&info.code));
        // An autoencoder puts its codes where it likes: another one's place says nothing.
        if untrack(|| self.runs().model().points()) && self.code.with_untracked(|z| self.is_where_it_arrived(z)) {
            self.await_origin();
        }
    }

    /// Another run is being built, of which nothing is measured.
    pub fn begin_run(self) {
        self.parts().measured.set(false);
    }

    /// Another model is on show: what is known of the codes of the one before goes.
    pub fn forget_model(self) {
        self.tests.set(None);
        self.own_code.set(None);
        self.latents.update(Latents::forget);
    }

    /// Forgets what was answered about the images that have gone, and what was chosen among them.
    fn forget_images(self) {
        self.desks().forget_answers();
        self.tests.set(None);
        self.shelf.set(0);
        if !self.ends.with_untracked(Vec::is_empty) {
            self.ends.set(Source::ENDS.to_vec());
        }
        // What the visitor has drawn stays where it has the size of the new images.
        let size = untrack(|| self.runs().image_len());
        if self.own.with_untracked(|own| own.as_ref().is_some_and(|x| x.len() != size)) {
            self.own.set(None);
            self.own_code.set(None);
        }
        match self.origin.get_untracked() {
            Source::Code(_) => {}
            Source::Own if self.own.with_untracked(Option::is_none) => self.await_source(Source::Test(0)),
            image => self.await_source(image),
        }
    }

    /// Takes the KL of each number of a code, as training has it.
    pub fn take_metrics(self, kl_d: &[f32]) {
        self.parts().measured.set(true);
        self.take_kl(kl_d);
    }

    fn take_kl(self, kl_d: &[f32]) {
        self.measure_latents(kl_d.len(), |latents, held| latents.with_kl(kl_d, held));
    }

    /// Takes in what is known of as many latents, now and then.
    fn measure_latents(self, n: usize, with: impl FnOnce(&Latents, bool) -> Latents) {
        if n == 0 || self.latents.with_untracked(|l| l.kl_d.len()) != n {
            return;
        }
        let (now, parts) = (browser::now(), self.parts());
        if now - parts.kl_at.get() > KL_EVERY {
            parts.kl_at.set(now);
            let held = self.held.get_untracked();
            self.latents.set(self.latents.with_untracked(|latents| with(latents, held)));
        }
    }

    fn hear(self, slot: Slot, view: &View) {
        match slot {
            CODES => self.take_tests(view),
            OWN_CODE => {
                self.own_code.set(Encoded::read(view).map(Rc::new));
                self.arrive();
            }
            _ => {}
        }
    }

    fn take_tests(self, view: &View) {
        let Some(codes) = Encoded::read(view) else { return };
        if untrack(|| self.runs().model().points()) {
            self.measure_latents(codes.latent, |latents, held| latents.with_extent(codes.extent(), held));
            // Nothing holds codes in their place while such a network learns: a traversal that nobody has moved goes with its image.
            if self.code.with_untracked(|z| self.is_where_it_arrived(z)) {
                self.await_origin();
            }
        } else if !self.parts().measured.get()
            && let Some(kl_d) = codes.kl()
        {
            // Before the first step on this page there are no training metrics: the KL of the test codes stands in.
            self.take_kl(&kl_d);
        }
        self.tests.set(Some(Rc::new(codes)));
        self.arrive();
    }

    /// Puts the traversal where it waits to go, if the code has come.
    pub fn arrive(self) {
        let Some(mut source) = self.parts().wanted.get() else { return };
        let coded = self.tests.with_untracked(|codes| codes.as_ref().map_or(0, |codes| codes.len()));
        if matches!(source, Source::Test(i) if (1..=i).contains(&coded)) {
            // A link, or a choice made of other images: there are not so many.
            source = Source::Test(0);
            self.await_source(source.clone());
        }
        if let Some(code) = untrack(|| self.of(&source)).filter(|z| z.len() == self.latents.with_untracked(|l| l.kl_d.len())) {
            self.want(None);
            self.parts().arrived.set(code.clone());
            self.code.set(code);
        }
    }

    /// Whether the traversal still stands where the image that it started from put it.
    pub fn is_where_it_arrived(self, code: &[f32]) -> bool {
        self.parts().arrived.with(|arrived| arrived == code)
    }

    pub fn awaits_a_code(self) -> bool {
        self.parts().wanted.with(|wanted| wanted.is_some())
    }

    fn want(self, source: Option<Source>) {
        self.desks().await_answer(source.as_ref().map(slot_of));
        self.parts().wanted.set(source);
    }

    /// Has the traversal go to the image that it started from, in another model, unless it is on its way already.
    fn await_origin(self) {
        let origin = self.origin.get_untracked();
        if !self.awaits_a_code() && !matches!(origin, Source::Code(_)) {
            self.await_source(origin);
        }
    }

    /// A hand has moved the traversal: where it was about to go no longer counts.
    pub fn forget_source(self) {
        self.want(None);
    }

    /// Has the traversal go somewhere when a model with such codes is there.
    pub fn await_source(self, source: Source) {
        self.origin.set(source.clone());
        self.want(Some(source));
    }

    /// Puts the traversal at a code; that of an image once the current weights have given it.
    pub fn start_from(self, source: Source) {
        self.origin.set(source.clone());
        if let Source::Code(z) = source {
            self.want(None);
            return self.code.set(z.to_vec());
        }
        let slot = slot_of(&source);
        self.want(Some(source));
        self.desks().ask_again(slot);
    }

    /// Adds an end point to the path, in place of the last where there are already four.
    pub fn add_end(self, source: Source) {
        self.ends.update(|ends| {
            ends.truncate(3);
            ends.push(source);
        });
    }
}

/// The question whose answer has the code of a source.
fn slot_of(source: &Source) -> Slot {
    if *source == Source::Own { OWN_CODE } else { CODES }
}
