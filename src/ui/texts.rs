//! What the card of the method at hand says at length: its site has a file for each.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::browser;
use crate::part::shared;
use crate::react::react;
use crate::store::runs::Runs;
use latent_vocabulary::texts::Texts;

/// The texts of the method at hand, as soon as they are there.
#[derive(Clone, Copy)]
pub struct OfMethod {
    method: Memo<String>,
    /// Whose they are.
    read: RwSignal<(String, Texts)>,
}

impl OfMethod {
    pub fn get() -> Self {
        shared(Self::new)
    }

    fn new() -> Self {
        let runs = Runs::get();
        let (method, read) = (Memo::new(move |_| runs.setup.with(|s| s.method.clone())), RwSignal::default());
        react(move || {
            let id = method.get();
            spawn_local(async move {
                // Nothing that the page can do depends on them.
                let texts = fetch(&id).await.unwrap_or_default();
                if method.try_get_untracked().is_some_and(|now| now == id) {
                    read.set((id, texts));
                }
            });
        });
        Self { method, read }
    }

    /// Something of them; nothing of another method's.
    pub fn with<T: Default>(self, f: impl FnOnce(&Texts) -> T) -> T {
        self.method.with(|id| self.read.with(|(of, texts)| if of == id { f(texts) } else { T::default() }))
    }

    /// What a parameter does.
    pub fn help(self, key: &str) -> String {
        self.with(|texts| texts.help.get(key).cloned().unwrap_or_default())
    }
}

async fn fetch(method: &str) -> Result<Texts, String> {
    browser::fetch_json(&Texts::file(method)).await
}
