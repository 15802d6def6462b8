//! Runs in the browser's private file system, and the locks that tabs share (<https://w3c.github.io/web-locks>).

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};

use super::disk::{Disk, FileInfo, StoreError};
use latent_platform::opfs::{Folder, OpfsError, of_navigator, room};

#[wasm_bindgen]
extern "C" {
    type LockManager;
    #[wasm_bindgen(method)]
    fn request(this: &LockManager, name: &str, options: &Object, callback: &Function) -> Promise;
    #[wasm_bindgen(method)]
    fn query(this: &LockManager) -> Promise;
}

/// The folder of this project's files.
const FOLDER: &str = "runs";
/// Locks are shared with whatever else the site has.
const LOCK: &str = "latent-lab/run/";
/// How long a page that is being reloaded may take to let go of its run, in milliseconds.
const PATIENCE: f64 = 3000.0;

/// Files in the browser's private file system.
pub struct Opfs {
    folder: Folder,
    /// Missing in some browsers: then nothing is locked.
    locks: Option<LockManager>,
}

/// Lets go when dropped; the browser does when the worker ends.
pub struct Lock {
    _release: oneshot::Sender<()>,
}

impl From<OpfsError> for StoreError {
    fn from(e: OpfsError) -> Self {
        match e {
            OpfsError::Full => Self::Full,
            other => Self::Other(other.to_string()),
        }
    }
}

/// `{ signal }`, with one that comes after `ms` milliseconds.
fn patience(ms: f64) -> Option<Object> {
    let signal = Reflect::get(&js_sys::global(), &"AbortSignal".into()).ok()?;
    let timeout: Function = Reflect::get(&signal, &"timeout".into()).ok()?.dyn_into().ok()?;
    let options = Object::new();
    Reflect::set(&options, &"signal".into(), &timeout.call1(&signal, &ms.into()).ok()?).ok()?;
    Some(options)
}

impl Opfs {
    /// Opens the folder.
    ///
    /// # Errors
    /// Why there is none: an old browser, a private window, a sandboxed frame, a page not from https or localhost.
    pub async fn open() -> Result<Self, StoreError> {
        Ok(Self { folder: Folder::open(FOLDER).await?, locks: of_navigator("locks").map(JsCast::unchecked_into) })
    }
}

impl Disk for Opfs {
    type Lock = Lock;

    async fn list(&self) -> Result<Vec<FileInfo>, StoreError> {
        let mut out = Vec::new();
        for name in self.folder.names().await? {
            // Another tab may just have removed it.
            let Ok(file) = self.folder.file(&name).await else { continue };
            out.push(FileInfo { name, bytes: file.size() as u64, written_ms: file.last_modified() });
        }
        Ok(out)
    }

    async fn read(&self, name: &str, at_most: Option<u64>) -> Result<Vec<u8>, StoreError> {
        Ok(match at_most {
            Some(n) => self.folder.read_range(name, 0..n).await?.0,
            None => self.folder.read(name).await?,
        })
    }

    async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let file = self.folder.writer(name).await?;
        file.clear()?;
        Ok(file.write(bytes, 0)?)
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        Ok(self.folder.remove(name).await?)
    }

    async fn lock(&self, name: &str) -> Option<Lock> {
        let (release, released) = oneshot::channel::<()>();
        let Some(locks) = &self.locks else { return Some(Lock { _release: release }) };
        let (say, granted) = oneshot::channel();
        // One of two has the word: the callback, or the refusal.
        let say = Rc::new(Cell::new(Some(say)));
        let answer = |say: &Cell<Option<oneshot::Sender<bool>>>, word: bool| {
            if let Some(say) = say.take() {
                // Whoever asked may have gone.
                let _ = say.send(word);
            }
        };
        let yes = say.clone();
        let callback = Closure::once_into_js(move || {
            answer(&yes, true);
            // The lock is held until this promise is kept.
            future_to_promise(async {
                let _ = released.await;
                Ok(JsValue::UNDEFINED)
            })
        });
        let request = locks.request(&format!("{LOCK}{name}"), &patience(PATIENCE)?, callback.unchecked_ref());
        spawn_local(async move {
            if JsFuture::from(request).await.is_err() {
                answer(&say, false);
            }
        });
        granted.await.unwrap_or(false).then_some(Lock { _release: release })
    }

    async fn locked(&self) -> Vec<String> {
        let Some(locks) = &self.locks else { return Vec::new() };
        let held = async {
            let all = JsFuture::from(locks.query()).await?;
            Ok::<_, JsValue>(js_sys::Array::from(&Reflect::get(&all, &"held".into())?))
        };
        let held = held.await.unwrap_or_default();
        let names = held.iter().filter_map(|lock| Reflect::get(&lock, &"name".into()).ok()?.as_string());
        names.filter_map(|name| name.strip_prefix(LOCK).map(str::to_string)).collect()
    }

    async fn room(&self) -> (f64, f64) {
        room().await.unwrap_or_default()
    }
}
