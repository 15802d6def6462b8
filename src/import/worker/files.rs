//! A visitor's files, and files behind an address, read by ranges. Workers may wait for both, so the readers below need
//! not know that they are in a browser.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Headers, RequestInit, Response};

use super::port::scope;
use crate::address::Answer;
use crate::read::{Named, ReadAt};

// web-sys has them behind features that would compile it anew for the page and the engine.
#[wasm_bindgen]
extern "C" {
    type FileReaderSync;
    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<FileReaderSync, JsValue>;
    #[wasm_bindgen(method, catch, js_name = readAsArrayBuffer)]
    fn read_as_array_buffer(this: &FileReaderSync, blob: &Blob) -> Result<JsValue, JsValue>;

    type XMLHttpRequest;
    #[wasm_bindgen(constructor, catch)]
    fn new() -> Result<XMLHttpRequest, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn open(this: &XMLHttpRequest, method: &str, url: &str, asynchronous: bool) -> Result<(), JsValue>;
    #[wasm_bindgen(method, catch, js_name = setRequestHeader)]
    fn set_request_header(this: &XMLHttpRequest, name: &str, value: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method, setter, js_name = responseType)]
    fn set_response_type(this: &XMLHttpRequest, kind: &str);
    #[wasm_bindgen(method, catch)]
    fn send(this: &XMLHttpRequest) -> Result<(), JsValue>;
    #[wasm_bindgen(method, getter)]
    fn status(this: &XMLHttpRequest) -> u16;
    #[wasm_bindgen(method, getter)]
    fn response(this: &XMLHttpRequest) -> JsValue;
    #[wasm_bindgen(method, js_name = getResponseHeader)]
    fn get_response_header(this: &XMLHttpRequest, name: &str) -> Option<String>;
}

pub use latent_platform::thrown::words;

/// A file that the visitor chose.
pub struct Chosen {
    blob: Blob,
    reader: FileReaderSync,
}

impl Chosen {
    /// The file under that name.
    ///
    /// # Errors
    /// If the browser cannot read files in workers.
    pub fn named(name: &str, blob: Blob) -> Result<Named, String> {
        let reader = FileReaderSync::new().map_err(|e| words(&e))?;
        Ok(Named::new(name, Self { blob, reader }))
    }
}

impl ReadAt for Chosen {
    fn size(&self) -> u64 {
        self.blob.size() as u64
    }

    fn read_exact_at(&self, offset: u64, out_p: &mut [u8]) -> io::Result<()> {
        let (from, to) = (offset as f64, offset as f64 + out_p.len() as f64);
        let part = self.blob.slice_with_f64_and_f64(from, to).and_then(|part| self.reader.read_as_array_buffer(&part));
        // A file that was moved or changed since it was chosen.
        let part = Uint8Array::new(&part.map_err(|e| io::Error::other(words(&e)))?);
        if part.length() as usize != out_p.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        part.copy_to(out_p);
        Ok(())
    }
}

/// Bytes of a block, and blocks that are kept: a table's columns lie apart, and reading goes from one to the next.
const BLOCK: u64 = 1 << 20;
const KEPT: usize = 24;

/// A file behind an address.
pub struct Remote {
    address: String,
    size: u64,
    blocks: RefCell<VecDeque<(u64, Vec<u8>)>>,
}

impl Remote {
    /// Asks for the file's size, and whether the server gives ranges. That costs the headers of an answer, whatever the server
    /// sends behind them.
    ///
    /// # Errors
    /// What the server lacks.
    pub async fn open(address: &str) -> Result<Named, String> {
        let size = first_byte(address).await?;
        // Servers may hide the range from pages, but not the length.
        let length = || ask(address, "HEAD", None).ok()?.get_response_header("Content-Length")?.parse().ok();
        let size = size.or_else(length);
        let size = size.ok_or_else(|| format!("{address}: the server does not say how large the file is"))?;
        let name = address.split(['?', '#']).next().unwrap_or(address);
        Ok(Named::new(name, Self { address: address.into(), size, blocks: RefCell::default() }))
    }

    fn block(&self, number: u64) -> io::Result<()> {
        let mut blocks = self.blocks.borrow_mut();
        if let Some(at) = blocks.iter().position(|(n, _)| *n == number) {
            let block = blocks.remove(at).expect("it was just found");
            blocks.push_front(block);
            return Ok(());
        }
        let (first, last) = (number * BLOCK, ((number + 1) * BLOCK).min(self.size) - 1);
        let answer = ask(&self.address, "GET", Some((first, last))).map_err(io::Error::other)?;
        if answer.status() != 206 {
            return Err(io::Error::other(format!("the server answers {} to a range", answer.status())));
        }
        let bytes = Uint8Array::new(&answer.response()).to_vec();
        if bytes.len() as u64 != last - first + 1 {
            return Err(io::Error::other(format!("the server sent {} bytes of {}", bytes.len(), last - first + 1)));
        }
        blocks.truncate(KEPT - 1);
        blocks.push_front((number, bytes));
        Ok(())
    }
}

impl ReadAt for Remote {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_exact_at(&self, mut offset: u64, out_p: &mut [u8]) -> io::Result<()> {
        let mut done = 0;
        while done < out_p.len() {
            self.block(offset / BLOCK)?;
            let blocks = self.blocks.borrow();
            let (_, block) = blocks.front().expect("it was just put there");
            let from = (offset % BLOCK) as usize;
            let n = (out_p.len() - done).min(block.len().saturating_sub(from));
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            out_p[done..done + n].copy_from_slice(&block[from..from + n]);
            (done, offset) = (done + n, offset + n as u64);
        }
        Ok(())
    }
}

fn unreachable(address: &str) -> String {
    format!("{address}: the server cannot be reached, or does not let other pages read its files (CORS)")
}

/// Asks for the first byte of a file; its size, where the answer says it. Read are the headers only: a server that knows no
/// ranges would send all of the file.
async fn first_byte(address: &str) -> Result<Option<u64>, String> {
    let ask = async || -> Result<Response, JsValue> {
        let headers = Headers::new()?;
        headers.set("Range", "bytes=0-0")?;
        let init = RequestInit::new();
        init.set_headers(&headers);
        JsFuture::from(scope().fetch_with_str_and_init(address, &init)).await?.dyn_into()
    };
    let response = ask().await.map_err(|_| unreachable(address))?;
    if let Some(body) = response.body() {
        // A transfer that has already ended is as good as one that was cancelled.
        let _ = JsFuture::from(body.cancel()).await;
    }
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let (range, kind) = (header("Content-Range"), header("Content-Type"));
    let answer = Answer { status: response.status(), range: range.as_deref(), kind: kind.as_deref() };
    answer.size().map_err(|why| format!("{address}: {why}"))
}

/// One request, waited for.
fn ask(address: &str, method: &str, range: Option<(u64, u64)>) -> Result<XMLHttpRequest, String> {
    let request = || -> Result<XMLHttpRequest, JsValue> {
        let request = XMLHttpRequest::new()?;
        request.open(method, address, false)?;
        request.set_response_type("arraybuffer");
        if let Some((first, last)) = range {
            request.set_request_header("Range", &format!("bytes={first}-{last}"))?;
        }
        request.send()?;
        Ok(request)
    };
    request().map_err(|_| unreachable(address))
}
