//! Packed sets in the browser's own storage (OPFS): the folder `data`, in it one folder a set. For workers only: a file is
//! written whole or not at all through a handle that no page has.

use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

use super::HEADER;

// web-sys has these behind a dozen features; this is all that is needed of them.
#[wasm_bindgen]
extern "C" {
    type StorageManager;
    #[wasm_bindgen(method, catch, js_name = getDirectory)]
    async fn get_directory(this: &StorageManager) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn estimate(this: &StorageManager) -> Result<JsValue, JsValue>;

    #[derive(Clone)]
    type Directory;
    #[wasm_bindgen(method, catch, js_name = getDirectoryHandle)]
    async fn get_directory_handle(this: &Directory, name: &str, options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = getFileHandle)]
    async fn get_file_handle(this: &Directory, name: &str, options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = removeEntry)]
    async fn remove_entry(this: &Directory, name: &str, options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn keys(this: &Directory) -> AsyncIterator;

    type AsyncIterator;
    #[wasm_bindgen(method, catch)]
    async fn next(this: &AsyncIterator) -> Result<JsValue, JsValue>;

    type FileHandle;
    #[wasm_bindgen(method, catch, js_name = getFile)]
    async fn get_file(this: &FileHandle) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch, js_name = createSyncAccessHandle)]
    async fn create_sync_access_handle(this: &FileHandle) -> Result<JsValue, JsValue>;

    type AccessHandle;
    #[wasm_bindgen(method, catch)]
    fn write(this: &AccessHandle, bytes: &[u8], options: &JsValue) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn truncate(this: &AccessHandle, size: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn flush(this: &AccessHandle) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn close(this: &AccessHandle);
}

/// The folder in the browser's storage.
const FOLDER: &str = "data";
/// Kept open by whoever writes a set.
const LOCK: &str = "lock";

/// The name of a JavaScript error.
fn kind(error: &JsValue) -> String {
    Reflect::get(error, &"name".into()).ok().and_then(|v| v.as_string()).unwrap_or_default()
}

/// What happened, in words for the visitor.
fn words(error: &JsValue) -> String {
    match kind(error).as_str() {
        "QuotaExceededError" => "the browser's storage is full: delete a set, or make room on the disk".into(),
        "NoModificationAllowedError" => "another tab is writing this set: wait for it, or close it".into(),
        "SecurityError" => "this browser keeps no files for this page (private window, or storage is switched off)".into(),
        _ => error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |e| e.message().into()),
    }
}

/// `{ key: value }`
fn option(key: &str, value: impl Into<JsValue>) -> JsValue {
    let options = Object::new();
    // A plain object takes any property.
    let _ = Reflect::set(&options, &key.into(), &value.into());
    options.into()
}

fn storage() -> Result<StorageManager, String> {
    let get = |of: &JsValue, key: &str| Reflect::get(of, &key.into()).ok().filter(|v| !v.is_undefined());
    let navigator = get(&js_sys::global(), "navigator");
    let storage = navigator.and_then(|n| get(&n, "storage"));
    storage.map(JsCast::unchecked_into).ok_or_else(|| "this browser keeps no files for pages".into())
}

/// Bytes that the browser would still let this page store.
pub async fn free() -> Option<f64> {
    let estimate = storage().ok()?.estimate().await.ok()?;
    let number = |key: &str| Reflect::get(&estimate, &key.into()).ok()?.as_f64();
    Some(number("quota")? - number("usage")?)
}

/// All packed sets.
pub struct Store {
    root: Directory,
}

impl Store {
    /// Opens the folder, which is made where there is none.
    ///
    /// # Errors
    /// Why the browser does not give it.
    pub async fn open() -> Result<Self, String> {
        let open = async || -> Result<JsValue, JsValue> {
            let root: Directory =
                storage().map_err(|e| JsValue::from(js_sys::Error::new(&e)))?.get_directory().await?.unchecked_into();
            root.get_directory_handle(FOLDER, &option("create", true)).await
        };
        Ok(Self { root: open().await.map_err(|e| words(&e))?.unchecked_into() })
    }

    /// Names of the sets, in order.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn names(&self) -> Result<Vec<String>, String> {
        let (keys, mut names) = (self.root.keys(), Vec::new());
        loop {
            let next = keys.next().await.map_err(|e| words(&e))?;
            let get = |key: &str| Reflect::get(&next, &key.into()).unwrap_or(JsValue::UNDEFINED);
            if get("done").is_truthy() {
                names.sort();
                return Ok(names);
            }
            names.extend(get("value").as_string());
        }
    }

    /// The folder of a set; `None` where there is none and none is made.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn set(&self, id: &str, create: bool) -> Result<Option<SetFolder>, String> {
        match self.root.get_directory_handle(id, &option("create", create)).await {
            Ok(directory) => Ok(Some(SetFolder { directory: directory.unchecked_into() })),
            Err(e) if kind(&e) == "NotFoundError" => Ok(None),
            Err(e) => Err(words(&e)),
        }
    }

    /// Deletes a set.
    ///
    /// # Errors
    /// If somebody is using it.
    pub async fn delete(&self, id: &str) -> Result<(), String> {
        self.root
            .remove_entry(id, &option("recursive", true))
            .await
            .map(drop)
            .map_err(|e| format!("{id} cannot be deleted: {}", words(&e)))
    }
}

/// The folder of one set.
pub struct SetFolder {
    directory: Directory,
}

impl SetFolder {
    async fn file(&self, name: &str) -> Result<Option<File>, String> {
        let handle: FileHandle = match self.directory.get_file_handle(name, &JsValue::UNDEFINED).await {
            Ok(handle) => handle.unchecked_into(),
            Err(e) if kind(&e) == "NotFoundError" => return Ok(None),
            Err(e) => return Err(format!("{name}: {}", words(&e))),
        };
        Ok(Some(handle.get_file().await.map_err(|e| format!("{name}: {}", words(&e)))?.unchecked_into()))
    }

    /// A whole file; `None` where there is none.
    ///
    /// # Errors
    /// Names the file.
    pub async fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        let Some(file) = self.file(name).await? else { return Ok(None) };
        bytes(&file).await.map(Some).map_err(|e| format!("{name}: {}", words(&e)))
    }

    /// A shard's first bytes and its length; `None` where there is none.
    ///
    /// # Errors
    /// Names the file.
    pub async fn head(&self, name: &str) -> Result<Option<(Vec<u8>, f64)>, String> {
        let Some(file) = self.file(name).await? else { return Ok(None) };
        let named = |e: JsValue| format!("{name}: {}", words(&e));
        let head = file.slice_with_f64_and_f64(0.0, HEADER as f64).map_err(named)?;
        Ok(Some((bytes(&head).await.map_err(named)?, file.size())))
    }

    /// Writes a file; its first bytes come last, so that one that was cut short is known for it.
    ///
    /// # Errors
    /// If there is no room; what was begun is taken back.
    pub async fn write(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let handle = self.handle(name).await.map_err(|e| format!("{name}: {}", words(&e)))?;
        let write = || {
            let head = bytes.len().min(HEADER);
            handle.truncate(0.0)?;
            put(&handle, &bytes[head..], head)?;
            handle.flush()?;
            put(&handle, &bytes[..head], 0)?;
            handle.flush()
        };
        let written = write();
        handle.close();
        if written.is_err() {
            // A file that is gone cannot be mistaken for a shard.
            let _ = self.directory.remove_entry(name, &JsValue::UNDEFINED).await;
        }
        written.map_err(|e| words(&e))
    }

    /// Keeps other tabs from writing the set for as long as the lock lives.
    ///
    /// # Errors
    /// If another tab is writing it.
    pub async fn lock(&self) -> Result<Lock, String> {
        Ok(Lock { handle: self.handle(LOCK).await.map_err(|e| words(&e))? })
    }

    async fn handle(&self, name: &str) -> Result<AccessHandle, JsValue> {
        let handle: FileHandle = self.directory.get_file_handle(name, &option("create", true)).await?.unchecked_into();
        Ok(handle.create_sync_access_handle().await?.unchecked_into())
    }
}

/// Held by the tab that writes a set.
pub struct Lock {
    handle: AccessHandle,
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.handle.close();
    }
}

/// Writes all of it, or says that there is no room.
fn put(handle: &AccessHandle, bytes: &[u8], at: usize) -> Result<(), JsValue> {
    let written = handle.write(bytes, &option("at", at as f64))?;
    // Some browsers write what fits and say no word about the rest.
    if (written as usize) < bytes.len() {
        return Err(js_sys::Error::new("the browser's storage is full: delete a set, or make room on the disk").into());
    }
    Ok(())
}

async fn bytes(blob: &Blob) -> Result<Vec<u8>, JsValue> {
    Ok(Uint8Array::new(&JsFuture::from(blob.array_buffer()).await?).to_vec())
}
