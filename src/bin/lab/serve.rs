//! `cargo lab serve`: the page on localhost.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeDir;

use crate::{Failure, page, site};

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
    csp: Option<HeaderValue>,
    /// Write a line with the path of each request to this file.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    #[command(flatten)]
    more: page::More,
}

fn policy(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| "expected the value of an HTTP header".into())
}

const DEFAULT_PORT: u16 = 8080;
/// How long browsers may keep what never changes.
const LASTS: &str = "public, max-age=31536000, immutable";

pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    // The port is taken first: a refusal must not come after minutes of building.
    let listener = listen(args.port)?;
    let address = listener.local_addr().map_err(|error| format!("no address to listen on: {error}"))?;
    let dist = page::dist();
    if !args.no_build {
        page::build(&dist, args.more)?;
    } else if !dist.join("index.html").is_file() {
        return Err("the page is not built yet: leave out --no-build".into());
    }
    let log = args.log.as_ref().map(|file| File::create(file).map_err(|e| format!("{}: {e}", file.display()))).transpose()?;
    let site = Site::new(&dist, &args.base, args.csp.clone(), log);
    println!("Latent Lab is at http://localhost:{}{} (stop with Ctrl-C)", address.port(), args.base);
    let stopped = |error: std::io::Error| format!("the server stopped: {error}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(stopped)?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(stopped)?;
        axum::serve(listener, site.router()).await.map_err(stopped)
    })?;
    Ok(ExitCode::SUCCESS)
}

fn listen(port: Option<u16>) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind(("127.0.0.1", port.unwrap_or(DEFAULT_PORT)))
        .and_then(|listener| listener.set_nonblocking(true).map(|()| listener));
    match bound {
        Err(error) if error.kind() == ErrorKind::AddrInUse && port.is_none() => listen(Some(0)),
        Err(error) => Err(format!("port {} on localhost cannot be used: {error}", port.unwrap_or(DEFAULT_PORT))),
        Ok(listener) => Ok(listener),
    }
}

/// A folder as a host serves it.
struct Site {
    /// Ranges, compressed files beside the others, media types, and nothing outside the folder.
    files: ServeDir,
    base: String,
    csp: Option<HeaderValue>,
    log: Option<File>,
}

impl Site {
    fn new(folder: &Path, base: &str, csp: Option<HeaderValue>, log: Option<File>) -> Self {
        let files = ServeDir::new(folder).precompressed_br().precompressed_gzip().redirect_path_prefix(base.trim_end_matches('/'));
        Self { files, base: base.to_owned(), csp, log }
    }

    fn router(self) -> Router {
        Router::new().fallback(answer).with_state(Arc::new(self))
    }
}

async fn answer(State(site): State<Arc<Site>>, mut request: Request) -> Response {
    if let Some(mut log) = site.log.as_ref() {
        // A full disk is no reason to answer nothing.
        let _ = writeln!(log, "{}", request.uri());
    }
    let below = request.uri().to_string().strip_prefix(&site.base).and_then(|rest| format!("/{rest}").parse::<Uri>().ok());
    let Some(below) = below else { return StatusCode::NOT_FOUND.into_response() };
    *request.uri_mut() = below;
    let lasts = site::is_by_content(request.uri().path());
    let Ok(response) = site.files.clone().oneshot(request).await;
    let mut response = response.map(Body::new);
    // A rebuilt page must be seen at once, and what is called by its content never changes. What is here is for everybody: pages elsewhere,
    // and sandboxed frames, whose origin is nobody's, embed figures, and may see how long a file is.
    let open = [
        (header::CACHE_CONTROL, if lasts && response.status().is_success() { LASTS } else { "no-cache" }),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_EXPOSE_HEADERS, "Content-Range"),
    ];
    let mut headers: Vec<(HeaderName, HeaderValue)> =
        open.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    headers.extend(site.csp.clone().map(|policy| (header::CONTENT_SECURITY_POLICY, policy)));
    response.headers_mut().extend(headers);
    response
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Status and headers in small letters, and body, of a request to the site in `folder`.
    fn ask(folder: &Path, path: &str, headers: &[(&str, &str)]) -> (u16, String, Vec<u8>) {
        let site = Site::new(folder, "/", None, None).router();
        let mut request = Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let response = site.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
            let (parts, body) = response.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            (parts.status.as_u16(), format!("{:?}", parts.headers), body.to_vec())
        })
    }

    fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("latent-lab-serve-{name}-{}", std::process::id()));
        for (file, text) in files {
            let file = folder.join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        folder
    }

    #[test]
    fn only_files_inside_the_folder_are_found() {
        let root = folder("inside", &[("site/a.txt", "a"), ("site/sub/index.html", "sub"), ("secret.txt", "secret")]);
        let status = |path: &str| ask(&root.join("site"), path, &[]).0;
        assert_eq!((status("/a.txt?x=1"), status("/%61.txt"), status("/sub/")), (200, 200, 200));
        for path in ["/nothing", "/../secret.txt", "/sub/..%2f..%2fsecret.txt", "/%2e%2e/secret.txt", "/%zz"] {
            assert!(matches!(status(path), 400..500), "{path}");
        }
        fs::remove_dir_all(root).unwrap();
    }

    #[test]
    fn a_compressed_file_is_sent_to_whoever_unpacks_it() {
        let plain = folder("plain", &[("a.js", "long"), ("b.js", "b"), ("a.js.gz", "gz"), ("a.js.br", "br")]);
        let get = |path, accepted| {
            let (_, headers, body) = ask(&plain, path, &[("accept-encoding", accepted)]);
            assert!(headers.contains("text/javascript"), "{headers}");
            String::from_utf8(body).unwrap()
        };
        assert_eq!(get("/a.js", "gzip;q=0.8, deflate, br"), "br");
        assert_eq!((get("/a.js", "gzip"), get("/a.js", ""), get("/b.js", "gzip")), ("gz".into(), "long".into(), "b".into()));
        fs::remove_dir_all(plain).unwrap();
    }

    #[test]
    fn what_never_changes_may_be_kept_and_all_else_is_asked_for_again() {
        let site = folder("lasts", &[("programs-0123456789abcdef/a.js", "a"), ("a-0123456789abcdef.css", "a"), ("a-b.css", "b")]);
        let header = |path| ask(&site, path, &[]).1;
        for path in ["/programs-0123456789abcdef/a.js", "/a-0123456789abcdef.css"] {
            assert!(header(path).contains("immutable"), "{path}");
        }
        for path in ["/a-b.css", "/programs-0123456789abcdef/gone.js"] {
            assert!(header(path).contains("no-cache"), "{path}");
        }
        fs::remove_dir_all(site).unwrap();
    }

    #[test]
    fn a_range_is_what_was_asked_for() {
        let plain = folder("range", &[("a.bin", "0123456789")]);
        let (status, headers, body) = ask(&plain, "/a.bin", &[("range", "bytes=2-4")]);
        assert_eq!((status, body.as_slice()), (206, &b"234"[..]));
        assert!(headers.contains("bytes 2-4/10"), "{headers}");
        assert_eq!(ask(&plain, "/a.bin", &[("range", "bytes=20-30")]).0, 416);
        fs::remove_dir_all(plain).unwrap();
    }
}
