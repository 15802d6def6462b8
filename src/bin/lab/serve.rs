//! `cargo lab serve`: the page on localhost.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use tiny_http::{Header, Method, Request, Response, Server};

use crate::site::beside;
use crate::{Failure, page};

#[derive(clap::Args)]
pub struct Args {
    /// Port on localhost; 0 takes any free one. Without it: 8080, or any free one where 8080 is taken.
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Serve the page as it was built last.
    #[arg(long)]
    no_build: bool,
    /// Serve it below this path, as a host that has other sites would, such as /latent-lab/.
    #[arg(long, value_name = "PATH", value_parser = page::base, default_value = "/")]
    base: String,
    /// Send this Content-Security-Policy with everything: to try figures under the policy of one's own site.
    #[arg(long, value_name = "POLICY", value_parser = policy)]
    csp: Option<Header>,
    /// Write a line with the path of each request to this file.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

fn policy(text: &str) -> Result<Header, String> {
    Header::from_bytes("Content-Security-Policy", text).map_err(|()| "expected the value of an HTTP header".into())
}

const DEFAULT_PORT: u16 = 8080;

/// A browser opens about six connections; a large download must not hold up the others.
const THREADS: usize = 8;

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    // The port is taken first: a refusal must not come after minutes of building.
    let listener = listen(args.port)?;
    let address = listener.local_addr().map_err(|error| format!("no address to listen on: {error}"))?;
    let dist = page::dist();
    if !args.no_build {
        page::build(&dist)?;
    } else if !dist.join("index.html").is_file() {
        return Err("the page is not built yet: leave out --no-build".into());
    }
    let log = args.log.as_ref().map(|file| File::create(file).map_err(|e| format!("{}: {e}", file.display()))).transpose()?;
    let server = Server::from_listener(listener, None).map_err(|error| format!("the server does not start: {error}"))?;
    println!("Latent Lab is at http://localhost:{}{} (stop with Ctrl-C)", address.port(), args.base);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Ok(request) = server.recv() {
                    if let Some(mut log) = log.as_ref() {
                        // A full disk is no reason to answer nothing.
                        let _ = writeln!(log, "{}", request.url());
                    }
                    answer(request, &dist, &args.base, args.csp.as_ref());
                }
            });
        }
    });
    Err("the server stopped".into())
}

fn listen(port: Option<u16>) -> Result<TcpListener, Failure> {
    match TcpListener::bind(("127.0.0.1", port.unwrap_or(DEFAULT_PORT))) {
        Err(error) if error.kind() == ErrorKind::AddrInUse && port.is_none() => listen(Some(0)),
        Err(error) => Err(format!("port {} on localhost cannot be used: {error}", port.unwrap_or(DEFAULT_PORT))),
        Ok(listener) => Ok(listener),
    }
}

fn answer(request: Request, dist: &Path, base: &str, csp: Option<&Header>) {
    let file = request.url().strip_prefix(base).and_then(|url| locate(dist, url)).and_then(|path| {
        let (file, coding) = open(&path, accepted(&request))?;
        Some((file, coding, mime(&path)))
    });
    // A visitor who goes away in the middle of a download is no error.
    let _ = match (request.method(), file) {
        (Method::Get | Method::Head, Some((file, coding, mime))) => {
            // Never in chunks: the page shows how much of the data has arrived, and needs the length for that.
            let mut response =
                Response::from_file(file).with_chunked_threshold(usize::MAX).with_header(header("Content-Type", mime));
            if let Some(coding) = coding {
                response = response.with_header(header("Content-Encoding", coding));
            }
            if let Some(csp) = csp {
                response = response.with_header(csp.clone());
            }
            // A rebuilt page must be seen at once, and fetching again from localhost costs nothing. What is here is for
            // everybody: pages elsewhere, and sandboxed frames, whose origin is nobody's, embed figures.
            let open = [("Cache-Control", "no-cache"), ("Vary", "Accept-Encoding"), ("Access-Control-Allow-Origin", "*")];
            request.respond(open.into_iter().fold(response, |response, (name, value)| response.with_header(header(name, value))))
        }
        (Method::Get | Method::Head, None) => request.respond(Response::from_string("not found").with_status_code(404)),
        _ => request.respond(Response::from_string("only GET and HEAD").with_status_code(405)),
    };
}

/// What the browser says it unpacks.
fn accepted(request: &Request) -> &str {
    request.headers().iter().find(|h| h.field.equiv("Accept-Encoding")).map_or("", |h| h.value.as_str())
}

/// The file or, where there is one that the browser unpacks, a compressed one beside it, with its content coding.
fn open(path: &Path, accepted: &str) -> Option<(File, Option<&'static str>)> {
    let codings = accepted.split(',').map(|coding| coding.split(';').next().unwrap_or_default().trim());
    let codings: Vec<&str> = codings.collect();
    let packed = [("br", ".br"), ("gzip", ".gz")].into_iter().filter(|(coding, _)| codings.contains(coding));
    let packed = packed.filter_map(|(coding, end)| Some((File::open(beside(path, end)).ok()?, Some(coding))));
    packed.into_iter().next().or_else(|| Some((File::open(path).ok()?, None)))
}

fn header(name: &str, value: &str) -> Header {
    Header::from_bytes(name, value).expect("both are plain ASCII")
}

/// The file that a URL names, if it lies inside `dist`.
fn locate(dist: &Path, url: &str) -> Option<PathBuf> {
    let path = url.split(['?', '#']).next()?;
    let mut file = dist.to_path_buf();
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let part = percent_decode(part)?;
        // Nothing outside the folder, and nothing hidden in it.
        if part.starts_with('.') || part.contains(['/', '\\', ':', '\0']) {
            return None;
        }
        file.push(part);
    }
    if file.is_dir() {
        file.push("index.html");
    }
    file.is_file().then_some(file)
}

fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push((high * 16 + low) as u8);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

/// The media type by extension. WebAssembly streams only under its own type, modules load only as JavaScript.
fn mime(path: &Path) -> &'static str {
    match path.extension().and_then(|e| e.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        // As a file, not as an encoding: the page unpacks its data itself.
        "gz" => "application/gzip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_inside_the_folder_are_found() {
        let root = crate::cargo::root();
        let find = |url| locate(&root, url);
        assert_eq!(find("/Cargo.toml?x=1"), Some(root.join("Cargo.toml")));
        assert_eq!(find("/src/%6Cib.rs#top"), Some(root.join("src").join("lib.rs")));
        assert_eq!(find("/"), Some(root.join("index.html")));
        for url in ["/src", "/nothing", "/../etc/passwd", "/src/..%2f..%2fetc/passwd", "/%2e%2e/x", "/.gitignore", "/%", "/%zz"] {
            assert_eq!(find(url), None, "{url}");
        }
    }

    #[test]
    fn a_compressed_file_is_sent_to_whoever_unpacks_it() {
        let folder = std::env::temp_dir().join(format!("latent-lab-serve-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let plain = folder.join("a.js");
        std::fs::write(&plain, "long").unwrap();
        let coding = |accepted: &str| open(&plain, accepted).unwrap().1;
        assert_eq!(coding("gzip, deflate, br"), None);
        std::fs::write(beside(&plain, ".gz"), "gz").unwrap();
        assert_eq!(coding("gzip;q=0.8, deflate, br"), Some("gzip"));
        std::fs::write(beside(&plain, ".br"), "br").unwrap();
        assert_eq!((coding("gzip, deflate, br"), coding("gzip"), coding("")), (Some("br"), Some("gzip"), None));
        assert!(open(&folder.join("b.js"), "gzip").is_none());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn webassembly_and_modules_have_their_types() {
        assert_eq!(mime(Path::new("a/b_bg.wasm")), "application/wasm");
        assert!(mime(Path::new("b.js")).starts_with("text/javascript"));
    }
}
