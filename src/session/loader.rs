//! Getting a data set into the worker: fetched, rendered or read, in pieces that leave the thread to others.

use std::sync::Arc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, Response};
use web_time::Instant;

use super::breath::Breath;
use latent_data::own;
use latent_data::own::{Loaded, Room};
use latent_data::{Dataset, Files, Make, Rendering};
use latent_packed::store::Store;
use latent_platform::gunzip::{drain, gunzip};
use latent_platform::thrown::words;
use latent_protocol::DataUnit;
use latent_registry::fetch_set;
use latent_small::part;
use latent_small::part::Later;
use latent_vocabulary::data::Own;

/// Rendering gives the thread back after this long, in milliseconds.
const SLICE_MS: u128 = 20;
/// Images rendered between two looks at the clock.
const SLICE: usize = 16;

/// The data set called `id`, with `room` for training images. `progress` hears how much there is of how much, and says
/// whether the data is still wanted: rendering and reading stop when it is not, with `None`.
///
/// # Errors
/// A sentence that names the file and what is wrong with it.
pub async fn load(
    id: &str,
    assets: &str,
    room: Room,
    progress: impl Fn(u64, u64, DataUnit) -> bool,
) -> Option<Result<Loaded, String>> {
    if let Some(own) = Own::parse(id) {
        let progress = |done, total| progress(done, total, DataUnit::Stored);
        return match own_images().await {
            Ok(read) => read(own, room, &progress).await.transpose(),
            Err(e) => Some(Err(e)),
        };
    }
    let set = match fetch_set(id).await {
        Ok(set) => set,
        Err(e) => return Some(Err(e)),
    };
    let render = match set.make {
        Make::Files(files) => return fetch_files(files, assets, &progress).await.transpose().map(|data| data.map(Loaded::from)),
        Make::Rendered(render) => render(),
        Make::Named(render) => render(id),
        Make::RenderedFrom(files, render) => match fetch_files(files, assets, &progress).await.transpose()? {
            Ok(data) => render(Arc::new(data)),
            Err(e) => return Some(Err(e)),
        },
    };
    render_all(Rendering::new(render).called(id), progress).await.map(|data| Ok(Loaded::from(data)))
}

type Reading<'a> = Later<'a, Result<Option<Loaded>, String>>;
type Read = for<'a> fn(Own<'a>, Room, &'a dyn Fn(u64, u64) -> bool) -> Reading<'a>;

part!(images: fn own_images() -> Read = |own, room, progress| Box::pin(read_own(own, room, progress)));

async fn render_all(mut rendering: Rendering, progress: impl Fn(u64, u64, DataUnit) -> bool) -> Option<Dataset> {
    let mut breath = Breath::new();
    loop {
        let begin = Instant::now();
        while rendering.advance(SLICE) {
            if begin.elapsed().as_millis() >= SLICE_MS {
                break;
            }
        }
        let (done, total) = rendering.progress();
        if done == total {
            return Some(rendering.finish());
        }
        if !progress(done as u64, total as u64, DataUnit::Images) {
            return None;
        }
        breath.take().await;
    }
}

/// Reads a packed set from the browser's storage; `None` when it is no longer wanted.
async fn read_own(own: Own<'_>, room: Room, progress: impl Fn(u64, u64) -> bool) -> Result<Option<Loaded>, String> {
    let missing = || format!("this browser has no images called {}; add them again, or choose other data", own.name);
    let folder = Store::open().await?.set(own.name, false).await?.ok_or_else(missing)?;
    own::load(folder, own, room, progress).await.map_err(|e| format!("{}: {e}", own.name))
}

/// `None` when it is no longer wanted.
async fn fetch_files(
    files: Files,
    assets: &str,
    progress: &impl Fn(u64, u64, DataUnit) -> bool,
) -> Result<Option<Dataset>, String> {
    let file = async |name: &str, piece: &mut dyn FnMut(u64) -> bool| {
        let address = format!("{assets}{}/{name}", files.folder);
        let Some(gzip) = fetch(&address, piece).await? else { return Ok(None) };
        gunzip(gzip).await.map(Some).map_err(|e| format!("{address} is damaged: {}", words(&e)))
    };
    files.fetched(file, |loaded, total| progress(loaded, total, DataUnit::Bytes)).await
}

/// Fetches a file, telling each piece's size; `None` when it is no longer wanted.
async fn fetch(address: &str, progress: impl FnMut(u64) -> bool) -> Result<Option<Vec<u8>>, String> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let why = |e: JsValue| format!("{address} could not be loaded: {}", words(&e));
    let response: Response = JsFuture::from(scope.fetch_with_str(address)).await.map_err(why)?.dyn_into().map_err(why)?;
    if !response.ok() {
        return Err(format!("{address} could not be loaded: the server answered {}", response.status()));
    }
    let body = response.body().ok_or_else(|| format!("{address} is empty"))?;
    drain(&body, 0, progress).await.map_err(why)
}
