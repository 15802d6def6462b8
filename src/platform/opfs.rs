//! The browser's private file system as a dedicated worker sees it (<https://fs.spec.whatwg.org>): folders, files read by
//! ranges, files written in place. For workers only: no page has a handle that writes.

use std::fmt;
use std::ops::Range;

use js_sys::{AsyncIterator, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File};

use super::thrown::words;

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
    fn remove_entry(this: &DirectoryHandle, name: &str, options: &Object) -> Promise;
    #[wasm_bindgen(method)]
    fn keys(this: &DirectoryHandle) -> AsyncIterator;

    type FileHandle;
    #[wasm_bindgen(method, js_name = getFile)]
    fn get_file(this: &FileHandle) -> Promise;
    #[wasm_bindgen(method, js_name = createSyncAccessHandle)]
    fn create_sync_access_handle(this: &FileHandle) -> Promise;

    type AccessHandle;
    #[wasm_bindgen(method, catch)]
    fn truncate(this: &AccessHandle, size: f64) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch)]
    fn write(this: &AccessHandle, bytes: &[u8], options: &Object) -> Result<f64, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn flush(this: &AccessHandle) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn close(this: &AccessHandle);
}

/// Bytes written at a time: a browser copies what it is given.
const PIECE: usize = 1 << 20;

/// Why the storage did not do what was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum OpfsError {
    /// There is no room for it.
    Full,
    /// Another tab is writing that file.
    Taken,
    /// A private window, a sandboxed frame, a page not from https or localhost, or storage is switched off.
    Denied,
    /// There is no such file or folder.
    Missing,
    /// The browser's own words.
    Other(String),
}

impl fmt::Display for OpfsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the browser's storage for this page is full",
            Self::Taken => "another tab is writing this file",
            Self::Denied => {
                "this browser keeps no files for this page (private window, a frame in a sandbox, or storage is switched off)"
            }
            Self::Missing => "it is not in this browser's storage",
            Self::Other(words) => words,
        })
    }
}

impl From<JsValue> for OpfsError {
    fn from(error: JsValue) -> Self {
        let text = |key: &str| Reflect::get(&error, &key.into()).ok().and_then(|v| v.as_string());
        match text("name").as_deref() {
            Some("QuotaExceededError") => Self::Full,
            Some("NoModificationAllowedError") => Self::Taken,
            Some("SecurityError") => Self::Denied,
            Some("NotFoundError") => Self::Missing,
            _ => Self::Other(words(&error)),
        }
    }
}

async fn get<T: JsCast>(promise: Promise) -> Result<T, OpfsError> {
    Ok(JsFuture::from(promise).await?.unchecked_into())
}

/// `{ key: value }`
fn options(key: &str, value: impl Into<JsValue>) -> Object {
    let object = Object::new();
    // A plain object takes any key.
    let _ = Reflect::set(&object, &key.into(), &value.into());
    object
}

/// A member of the worker's `navigator`.
pub fn of_navigator(key: &str) -> Option<JsValue> {
    let get = |of: &JsValue, key: &str| Reflect::get(of, &key.into()).ok().filter(|v| !v.is_undefined());
    get(&get(&js_sys::global(), "navigator")?, key)
}

fn storage() -> Result<StorageManager, OpfsError> {
    of_navigator("storage").map(JsCast::unchecked_into).ok_or(OpfsError::Denied)
}

/// Bytes that this site uses, and bytes that it may use, by the browser's estimate.
pub async fn room() -> Option<(f64, f64)> {
    let estimate: JsValue = get(storage().ok()?.estimate().ok()?).await.ok()?;
    let number = |key: &str| Reflect::get(&estimate, &key.into()).ok()?.as_f64();
    Some((number("usage")?, number("quota")?))
}

async fn bytes(blob: &Blob) -> Result<Vec<u8>, OpfsError> {
    Ok(Uint8Array::new(&get(blob.array_buffer()).await?).to_vec())
}

/// A folder.
pub struct Folder {
    handle: DirectoryHandle,
}

impl Folder {
    /// This page's folder of that name, which is made where there is none.
    ///
    /// # Errors
    /// Why the browser gives none.
    pub async fn open(name: &str) -> Result<Self, OpfsError> {
        let root: DirectoryHandle = get(storage()?.get_directory()?).await?;
        Self { handle: root }.folder(name, true).await
    }

    /// A folder in this one.
    ///
    /// # Errors
    /// [`OpfsError::Missing`] where there is none and none is made.
    pub async fn folder(&self, name: &str, create: bool) -> Result<Self, OpfsError> {
        Ok(Self { handle: get(self.handle.get_directory_handle(name, &options("create", create))).await? })
    }

    /// Names of the files and folders in it.
    ///
    /// # Errors
    /// The browser's words.
    pub async fn names(&self) -> Result<Vec<String>, OpfsError> {
        let (keys, mut names) = (self.handle.keys(), Vec::new());
        loop {
            let next: JsValue = get(keys.next()?).await?;
            if Reflect::get(&next, &"done".into())?.is_truthy() {
                return Ok(names);
            }
            names.extend(Reflect::get(&next, &"value".into())?.as_string());
        }
    }

    /// A file as it is now; nothing of it is read yet.
    ///
    /// # Errors
    /// [`OpfsError::Missing`] where there is none.
    pub async fn file(&self, name: &str) -> Result<File, OpfsError> {
        let handle: FileHandle = get(self.handle.get_file_handle(name, &Object::new())).await?;
        get(handle.get_file()).await
    }

    /// A whole file.
    ///
    /// # Errors
    /// As [`Folder::file`], or the browser's words.
    pub async fn read(&self, name: &str) -> Result<Vec<u8>, OpfsError> {
        let file = self.file(name).await?;
        bytes(&file).await
    }

    /// What a file has of the bytes in `range`, and how many it has in all.
    ///
    /// # Errors
    /// As [`Folder::read`].
    pub async fn read_range(&self, name: &str, range: Range<u64>) -> Result<(Vec<u8>, u64), OpfsError> {
        let file = self.file(name).await?;
        let part = file.slice_with_f64_and_f64(range.start as f64, range.end as f64)?;
        Ok((bytes(&part).await?, file.size() as u64))
    }

    /// Opens a file for writing, which is made where there is none. Nobody else can while it is open.
    ///
    /// # Errors
    /// [`OpfsError::Taken`] where another tab has it open.
    pub async fn writer(&self, name: &str) -> Result<Writer, OpfsError> {
        let handle: FileHandle = get(self.handle.get_file_handle(name, &options("create", true))).await?;
        Ok(Writer { handle: get(handle.create_sync_access_handle()).await? })
    }

    /// Removes a file, or a folder with all that is in it.
    ///
    /// # Errors
    /// If there is none, or somebody is using it.
    pub async fn remove(&self, name: &str) -> Result<(), OpfsError> {
        get::<JsValue>(self.handle.remove_entry(name, &options("recursive", true))).await.map(drop)
    }
}

/// An open file; dropping it closes it.
pub struct Writer {
    handle: AccessHandle,
}

impl Writer {
    /// Leaves nothing in the file.
    ///
    /// # Errors
    /// The browser's words.
    pub fn clear(&self) -> Result<(), OpfsError> {
        Ok(self.handle.truncate(0.0)?)
    }

    /// Writes all of `bytes` from byte `at` on, and waits until they are in the file.
    ///
    /// # Errors
    /// [`OpfsError::Full`] if there is no room; some of it may be written then.
    pub fn write(&self, bytes: &[u8], at: u64) -> Result<(), OpfsError> {
        for (i, piece) in bytes.chunks(PIECE).enumerate() {
            let written = self.handle.write(piece, &options("at", (at + (i * PIECE) as u64) as f64))?;
            // A full disk shows as an error in some browsers, as fewer bytes in others.
            if (written as usize) < piece.len() {
                return Err(OpfsError::Full);
            }
        }
        Ok(self.handle.flush()?)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.handle.close();
    }
}
