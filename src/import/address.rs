//! What a server says of a file behind an address, before any of the file is read.

/// The headers of an answer to a request for the first byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answer<'a> {
    pub status: u16,
    /// `Content-Range`, where the server lets pages see it.
    pub range: Option<&'a str>,
    /// `Content-Type`
    pub kind: Option<&'a str>,
}

impl Answer<'_> {
    /// The file's size in bytes; `None` where it must be asked for otherwise.
    ///
    /// # Errors
    /// Why the file cannot be read by ranges, without its address.
    pub fn size(&self) -> Result<Option<u64>, String> {
        let page = self.kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/html"));
        match self.status {
            200..=299 if page => Err("this is the address of a web page, not of a file".into()),
            206 => Ok(self.range.and_then(|range| range.rsplit('/').next()?.trim().parse().ok())),
            200 => Err("the server sends whole files only, not ranges; download the file and bring it from your disk".into()),
            // Not even the first byte can be had.
            416 => Err("the file is empty".into()),
            404 => Err("there is no such file (404)".into()),
            401 | 403 => Err(format!("the server keeps this file to itself ({})", self.status)),
            status => Err(format!("the server answers {status}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_come_from_ranges_alone() {
        let answer = |status, range, kind| Answer { status, range, kind }.size();
        assert_eq!(answer(206, Some("bytes 0-0/123456789012"), Some("application/octet-stream")), Ok(Some(123_456_789_012)));
        // Servers may hide the range from pages, or not know the size.
        assert_eq!(answer(206, None, None), Ok(None));
        assert_eq!(answer(206, Some("bytes 0-0/*"), None), Ok(None));
        for (status, kind, words) in [
            (200, None, "whole files only"),
            (200, Some("text/html; charset=utf-8"), "web page"),
            (206, Some("Text/HTML"), "web page"),
            (404, Some("text/html"), "no such file"),
            (403, None, "to itself (403)"),
            (416, None, "empty"),
            (503, None, "answers 503"),
        ] {
            let error = answer(status, Some("bytes 0-0/9"), kind).unwrap_err();
            assert!(error.contains(words), "{status}: {error}");
        }
    }
}
