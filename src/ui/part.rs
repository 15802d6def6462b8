//! Views that are fetched when they are first shown, see [`mod@latent_small::part`].

use std::future::Future;
use std::pin::Pin;

use crate::words;
use leptos::prelude::*;

/// Owns what lives as long as the page.
#[derive(Clone)]
struct Root(Owner);

/// Lets [`shared`] find the page: for its root component.
pub fn provide_root() {
    provide_context(Root(Owner::current().expect("components have an owner")));
}

/// What the views of a part share for as long as the page lives; made when it is first asked for.
pub fn shared<T: Clone + Send + Sync + 'static>(make: impl FnOnce() -> T) -> T {
    let Root(root) = expect_context();
    root.with(|| {
        use_context().unwrap_or_else(|| {
            let made = make();
            provide_context(made.clone());
            made
        })
    })
}

/// A view that may first have to be fetched.
pub type Fetched = Pin<Box<dyn Future<Output = Result<AnyView, String>> + Send>>;

/// How a view comes about.
pub enum Make {
    Now(fn() -> AnyView),
    Fetched(fn() -> Fetched),
}

/// `fetched!(part, name, view)`: a view whose code lies in a file that all views of the same part share.
macro_rules! fetched {
    ($part:ident, $name:ident, $view:expr) => {{
        latent_small::part!($part: fn $name() -> leptos::prelude::AnyView = leptos::prelude::IntoAny::into_any($view));
        $crate::part::Make::Fetched(|| Box::pin($name()))
    }};
}
pub(crate) use fetched;

impl Make {
    /// The view, or what stands for it until it is here.
    pub fn view(&self) -> AnyView {
        match self {
            Self::Now(view) => view(),
            Self::Fetched(fetch) => view! { <Arriving fetch=*fetch /> }.into_any(),
        }
    }
}

/// Shows a view once it has arrived; if it does not, says so and offers to try again.
#[component]
fn Arriving(fetch: fn() -> Fetched) -> impl IntoView {
    let tries = RwSignal::new(0);
    move || {
        tries.track();
        Suspend::new(async move {
            fetch().await.unwrap_or_else(|message| {
                view! {
                    <section class="panel" role="alert">
                        <p>{message}</p>
                        <button on:click=move |_| tries.update(|n| *n += 1)>{words::TRY_AGAIN}</button>
                    </section>
                }
                .into_any()
            })
        })
    }
}
