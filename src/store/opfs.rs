//! The browser's private file system, as a dedicated worker sees it (<https://fs.spec.whatwg.org>), and the locks that tabs
//! share (<https://w3c.github.io/web-locks>).

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{AsyncIterator, Function, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, future_to_promise, spawn_local};
use web_sys::{Blob, DedicatedWorkerGlobalScope, File};

use super::{Disk, FileInfo, StoreError};

// web-sys has part of this among its unstable interfaces only, which a build flag would have to unlock for all crates.
#[wasm_bindgen]
extern "C" {
    type StorageManager;
    #[wasm_bindgen(method, catch, js_name = getDirectory)]
    fn get_directory(this: &StorageManager) -> Result<Promise, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn estimate(this: &StorageManager) -> Result<Promise, JsValue>;

    type DirectoryHandle;
    #[wasm_bindgen(method, js_name = getDirectoryHandle)]
    fn get_directory_handle(this: &DirectoryHandle, name: &str, options: &Object) -> Promise;
    #[wasm_bindgen(method, js_name = getFileHandle)]
    fn get_file_handle(this: &DirectoryHandle, name: &str, options: &Object) -> Promise;
    #[wasm_bindgen(method, js_name = removeEntry)]
    fn remove_entry(this: &DirectoryHandle, name: &str) -> Promise;
    #[wasm_bindgen(method)]
    fn values(this: &DirectoryHandle) -> AsyncIterator;

    type FileHandle;
    #[wasm_bindgen(method, js_name = getFile)]
    fn get_file(this: &FileHandle) -> Promise;
    #[wasm_bindgen(method, js_name = createSyncAccessHandle)]
    fn create_sync_access_handle(this: &FileHandle) -> Promise;

    type AccessHandle;
    #[wasm_bindgen(method, catch)]
    fn truncate(this: &AccessHandle, size: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn write(this: &AccessHandle, bytes: &[u8]) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn flush(this: &AccessHandle) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn close(this: &AccessHandle);

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
    folder: DirectoryHandle,
    storage: StorageManager,
    /// Missing in some browsers: then nothing is locked.
    locks: Option<LockManager>,
}

/// Lets go when dropped; the browser does when the worker ends.
pub struct Lock {
    _release: oneshot::Sender<()>,
}

impl From<JsValue> for StoreError {
    fn from(e: JsValue) -> Self {
        match e.dyn_ref::<js_sys::Error>() {
            Some(e) if e.name() == "QuotaExceededError" => Self::Full,
            Some(e) => Self::Other(e.message().into()),
            None => Self::Other(format!("{e:?}")),
        }
    }
}

async fn get<T: JsCast>(promise: Promise) -> Result<T, StoreError> {
    Ok(JsFuture::from(promise).await?.unchecked_into())
}

/// `{ key: value }`.
fn options(key: &str, value: &JsValue) -> Object {
    let object = Object::new();
    // A plain object takes any key.
    let _ = Reflect::set(&object, &key.into(), value);
    object
}

/// A member of the worker's `navigator`.
fn of_navigator(key: &str) -> Option<JsValue> {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    Reflect::get(&scope.navigator(), &key.into()).ok().filter(|v| !v.is_undefined())
}

/// A signal that comes after `ms` milliseconds.
fn timeout(ms: f64) -> Option<JsValue> {
    let signal = Reflect::get(&js_sys::global(), &"AbortSignal".into()).ok()?;
    let timeout: Function = Reflect::get(&signal, &"timeout".into()).ok()?.dyn_into().ok()?;
    timeout.call1(&signal, &ms.into()).ok()
}

impl Opfs {
    /// Opens the folder.
    ///
    /// # Errors
    /// Why there is none: an old browser, a private window, a sandboxed frame, a page not from https or localhost.
    pub async fn open() -> Result<Self, StoreError> {
        let missing = || StoreError::Other("this browser gives this page no storage".into());
        let storage: StorageManager = of_navigator("storage").ok_or_else(missing)?.unchecked_into();
        let root: DirectoryHandle = get(storage.get_directory()?).await?;
        let folder = get(root.get_directory_handle(FOLDER, &options("create", &true.into()))).await?;
        Ok(Self { folder, storage, locks: of_navigator("locks").map(JsCast::unchecked_into) })
    }

    async fn file(&self, name: &str) -> Result<File, StoreError> {
        let handle: FileHandle = get(self.folder.get_file_handle(name, &Object::new())).await?;
        get(handle.get_file()).await
    }
}

impl Disk for Opfs {
    type Lock = Lock;

    async fn list(&self) -> Result<Vec<FileInfo>, StoreError> {
        let (files, mut out) = (self.folder.values(), Vec::new());
        loop {
            let next: Object = get(files.next()?).await?;
            if Reflect::get(&next, &"done".into())?.is_truthy() {
                return Ok(out);
            }
            let handle: FileHandle = Reflect::get(&next, &"value".into())?.unchecked_into();
            // Another tab may just have removed it.
            let Ok(file) = get::<File>(handle.get_file()).await else { continue };
            out.push(FileInfo { name: file.name(), bytes: file.size() as u64, written_ms: file.last_modified() });
        }
    }

    async fn read(&self, name: &str, at_most: Option<u64>) -> Result<Vec<u8>, StoreError> {
        let file = self.file(name).await?;
        let blob: Blob = match at_most {
            Some(n) => file.slice_with_f64_and_f64(0.0, n as f64)?,
            None => file.into(),
        };
        Ok(Uint8Array::new(&get(blob.array_buffer()).await?).to_vec())
    }

    async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let handle: FileHandle = get(self.folder.get_file_handle(name, &options("create", &true.into()))).await?;
        let access: AccessHandle = get(handle.create_sync_access_handle()).await?;
        let write = || {
            access.truncate(0.0)?;
            // A full disk shows as an error in some browsers, as fewer bytes in others.
            if (access.write(bytes)? as usize) < bytes.len() {
                return Err(StoreError::Full);
            }
            Ok(access.flush()?)
        };
        let written = write();
        access.close();
        written
    }

    async fn remove(&self, name: &str) -> Result<(), StoreError> {
        get::<JsValue>(self.folder.remove_entry(name)).await.map(drop)
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
        let request = locks.request(&format!("{LOCK}{name}"), &options("signal", &timeout(PATIENCE)?), callback.unchecked_ref());
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
            let all: JsValue = get(locks.query()).await?;
            Ok::<_, StoreError>(js_sys::Array::from(&Reflect::get(&all, &"held".into())?))
        };
        let held = held.await.unwrap_or_default();
        let names = held.iter().filter_map(|lock| Reflect::get(&lock, &"name".into()).ok()?.as_string());
        names.filter_map(|name| name.strip_prefix(LOCK).map(str::to_string)).collect()
    }

    async fn room(&self) -> (f64, f64) {
        let Ok(promise) = self.storage.estimate() else { return (0.0, 0.0) };
        let Ok(estimate) = get::<JsValue>(promise).await else { return (0.0, 0.0) };
        let number = |key: &str| Reflect::get(&estimate, &key.into()).ok().and_then(|v| v.as_f64()).unwrap_or(0.0);
        (number("usage"), number("quota"))
    }
}
