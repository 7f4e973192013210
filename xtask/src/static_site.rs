//! A small server of static files, for `cargo xtask serve` and for the browser tests.
//!
//! It is as strict as a careful host would be: it sends a content security policy without any `unsafe-inline`, so
//! that whatever works here works in a page of documentation that is locked down.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use tiny_http::{Header, Method, Request, Response, Server};

use crate::Result;

/// What the page may do; `wasm-unsafe-eval` is the permission to compile WebAssembly and nothing else.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
    frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'";

/// Requests are answered by so many threads, since a browser opens several connections at once.
const THREADS: usize = 4;

/// A running server; it stops when this is dropped.
pub struct StaticSite {
    server: Arc<Server>,
    port: u16,
}

impl StaticSite {
    /// Serves a folder at `http://127.0.0.1:port`; port 0 takes any free one.
    pub fn start(folder: &Path, port: u16) -> Result<Self> {
        Self::start_with_policy(folder, port, CONTENT_SECURITY_POLICY)
    }

    /// As [`StaticSite::start`], under another content security policy.
    pub fn start_with_policy(folder: &Path, port: u16, policy: &str) -> Result<Self> {
        let server = Server::http(("127.0.0.1", port)).map_err(|error| {
            format!("cannot listen on 127.0.0.1:{port} ({error}); stop what uses the port or choose another one")
        })?;
        let port = server.server_addr().to_ip().map_or(port, |address| address.port());
        let server = Arc::new(server);
        for _ in 0..THREADS {
            let server = Arc::clone(&server);
            let (folder, policy) = (folder.to_path_buf(), policy.to_string());
            std::thread::spawn(move || {
                for request in server.incoming_requests() {
                    answer(request, &folder, &policy);
                }
            });
        }
        Ok(Self { server, port })
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for StaticSite {
    fn drop(&mut self) {
        for _ in 0..THREADS {
            self.server.unblock();
        }
    }
}

fn answer(request: Request, folder: &Path, policy: &str) {
    // A browser that went away before its answer is no concern of ours, hence the ignored results.
    if !matches!(request.method(), Method::Get | Method::Head) {
        let _ = request.respond(Response::from_string("only GET and HEAD").with_status_code(405));
        return;
    }
    let Some((path, bytes)) = local_path(request.url(), folder).and_then(|path| {
        let bytes = std::fs::read(&path).ok()?;
        Some((path, bytes))
    }) else {
        let _ = request.respond(Response::from_string("no such file").with_status_code(404));
        return;
    };
    let mut response = Response::from_data(bytes);
    for (name, value) in [
        ("Content-Type", media_type(&path)),
        ("Content-Security-Policy", policy),
        ("X-Content-Type-Options", "nosniff"),
        ("Cache-Control", "no-store"),
    ] {
        response.add_header(Header::from_bytes(name, value).expect("these headers are plain ASCII"));
    }
    let _ = request.respond(response);
}

/// The file that a request means, or `None` when it points outside the folder.
fn local_path(url: &str, folder: &Path) -> Option<PathBuf> {
    let path = percent_decoded(url.split(['?', '#']).next()?)?;
    let relative = Path::new(path.trim_start_matches('/'));
    if !relative.components().all(|part| matches!(part, Component::Normal(_))) {
        return None;
    }
    let file = folder.join(relative);
    Some(if file.is_dir() { file.join("index.html") } else { file })
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(&byte) = rest.next() {
        if byte == b'%' {
            let digits = [*rest.next()?, *rest.next()?];
            bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn media_type(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("toml" | "txt" | "md") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Asks a server on this machine for a path and returns the status line of its answer.
pub fn probe(url: &str) -> Result<String> {
    use std::io::{BufRead, Write};
    let cannot = |error: std::io::Error| format!("{url} does not answer: {error}");
    let address = url.strip_prefix("http://").ok_or_else(|| format!("{url} is no http address"))?;
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    let mut stream = std::net::TcpStream::connect(host).map_err(cannot)?;
    write!(stream, "GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").map_err(cannot)?;
    let mut status = String::new();
    std::io::BufReader::new(stream).read_line(&mut status).map_err(cannot)?;
    Ok(status.trim_end().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_inside_the_folder() {
        let folder = Path::new("/site");
        let inside = |url| local_path(url, folder);
        assert_eq!(inside("/a/b.js?v=1"), Some(PathBuf::from("/site/a/b.js")));
        assert_eq!(inside("/a%20b.js"), Some(PathBuf::from("/site/a b.js")));
        assert_eq!(inside("/../etc/passwd"), None);
        assert_eq!(inside("/%2e%2e/etc/passwd"), None);
        assert_eq!(inside("/broken%2"), None);
    }

    #[test]
    fn a_module_is_served_as_webassembly_and_a_missing_file_is_404() {
        let folder = std::env::temp_dir().join(format!("static-site-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("index.html"), "<!doctype html>").unwrap();
        let site = StaticSite::start(&folder, 0).unwrap();
        assert_eq!(probe(&site.url()).unwrap(), "HTTP/1.1 200 OK");
        assert_eq!(probe(&format!("{}/missing.js", site.url())).unwrap(), "HTTP/1.1 404 Not Found");
        assert_eq!(media_type(Path::new("a.wasm")), "application/wasm");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_taken_port_is_said_to_be_taken() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = StaticSite::start(Path::new("."), port).err().unwrap();
        assert!(error.contains(&format!("127.0.0.1:{port}")) && error.contains("choose another"), "{error}");
    }
}
