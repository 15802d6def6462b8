//! The registered data sets, fetched when they are needed.

use latent_data as data;
use latent_data::{Make, Render, Set};
use latent_small::part;

// How the first is made is what the engine is not without.
part!(images: fn rest() -> &'static [Set] = data::SETS);

/// The data set called `id`.
///
/// # Errors
/// If there is none, or the code that makes it could not be fetched.
pub async fn fetch_set(id: &str) -> Result<&'static Set, String> {
    if data::FIRST.card.id == id {
        return Ok(data::FIRST);
    }
    let card = latent_catalog::set(id);
    let found = rest().await?.iter().find(|set| card.is_some_and(|card| set.card.id == card.id));
    found.ok_or_else(|| format!("there are no images called {id}"))
}

/// What renders the data set called `id`; `None` if it is made of images that ship with the page.
///
/// # Errors
/// As [`fetch_set`].
pub async fn renderer(id: &str) -> Result<Option<Box<dyn Render>>, String> {
    Ok(match fetch_set(id).await?.make {
        Make::Rendered(render) => Some(render()),
        Make::Named(render) => Some(render(id)),
        Make::Files(_) | Make::RenderedFrom(..) => None,
    })
}
