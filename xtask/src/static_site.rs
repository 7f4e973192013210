//! A small server of static files, for `cargo xtask serve` and for the browser tests.
//!
//! It is as strict as a careful host would be: it sends a content security policy without any `unsafe-inline`, so
//! that whatever works here works in a page of documentation that is locked down.

use std::path::{Component, Path, PathBuf};

use crate::Result;
use crate::http::{Answer, Server};

/// What the page may do; `wasm-unsafe-eval` is the permission to compile WebAssembly and nothing else.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
    frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'";

/// A running server; it stops when this is dropped.
pub struct StaticSite(Server);

impl StaticSite {
    /// Serves a folder at `http://127.0.0.1:port`; port 0 takes any free one.
    pub fn start(folder: &Path, port: u16) -> Result<Self> {
        Self::start_with_policy(folder, port, CONTENT_SECURITY_POLICY)
    }

    /// As [`StaticSite::start`], under another content security policy.
    pub fn start_with_policy(folder: &Path, port: u16, policy: &str) -> Result<Self> {
        let (folder, policy) = (folder.to_path_buf(), policy.to_string());
        Server::start(port, move |method, url| answer(method, url, &folder, &policy)).map(Self).map_err(|error| {
            format!("cannot listen on 127.0.0.1:{port} ({error}); stop what uses the port or choose another one")
        })
    }

    /// The address of the page.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.0.port())
    }
}

fn answer(method: &str, url: &str, folder: &Path, policy: &str) -> Answer {
    if !matches!(method, "GET" | "HEAD") {
        return Answer::text("405 Method Not Allowed", "only GET and HEAD");
    }
    let Some((path, body)) = local_path(url, folder).and_then(|path| {
        let bytes = std::fs::read(&path).ok()?;
        Some((path, bytes))
    }) else {
        return Answer::text("404 Not Found", "no such file");
    };
    let headers = vec![
        ("Content-Type", media_type(&path).to_owned()),
        ("Content-Security-Policy", policy.to_owned()),
        ("X-Content-Type-Options", "nosniff".to_owned()),
        ("Cache-Control", "no-store".to_owned()),
    ];
    Answer { status: "200 OK", headers, body }
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
