//! As much of HTTP/1.1 as static files want: requests without a body, answered in turn on each connection.
//!
//! Every connection has a thread of its own. Browsers open connections ahead, keep them, and may say nothing on them for
//! minutes; where such a connection takes a place in a pool, requests on others wait for it.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The longest head of a request that is read.
const HEAD_BYTES: u64 = 64 * 1024;

/// A connection on which nothing is asked for so long is closed.
const IDLE: Duration = Duration::from_secs(300);

/// What is answered.
pub struct Answer {
    /// The number and its name, as in `200 OK`.
    pub status: &'static str,
    /// Names and values; the length is added.
    pub headers: Vec<(&'static str, String)>,
    /// The content, which is not sent where only the head was asked for.
    pub body: Vec<u8>,
}

impl Answer {
    /// A line of text.
    pub fn text(status: &'static str, text: &str) -> Self {
        let headers = vec![("Content-Type", "text/plain; charset=utf-8".to_owned())];
        Self { status, headers, body: text.into() }
    }
}

/// A server that listens until it is dropped.
pub struct Server {
    address: SocketAddr,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// Listens at a port of this machine, 0 for any that is free; `answer` is asked with a method and what it is about.
    pub fn start(port: u16, answer: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let address = listener.local_addr()?;
        let stopped = Arc::new(AtomicBool::new(false));
        let (ended, answer) = (Arc::clone(&stopped), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                // One that went away before it was accepted is no concern of ours.
                let Ok(stream) = stream else { continue };
                let (ended, answer) = (Arc::clone(&ended), Arc::clone(&answer));
                std::thread::spawn(move || {
                    // Nor is a browser that went away before its answer.
                    let _ = converse(stream, &*answer, &ended);
                });
            }
        });
        Ok(Self { address, stopped })
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
        // It learns of it with the next connection.
        let _ = TcpStream::connect(self.address);
    }
}

/// Answers one request after the other until either side has enough.
fn converse(stream: TcpStream, answer: &dyn Fn(&str, &str) -> Answer, ended: &AtomicBool) -> Result<()> {
    stream.set_read_timeout(Some(IDLE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(&stream);
    while !ended.load(Ordering::Relaxed) {
        let Some(head) = read_head(&mut reader)? else { return Ok(()) };
        let mut words = head.lines().next().unwrap_or_default().split(' ');
        let (Some(method), Some(target), Some("HTTP/1.1")) = (words.next(), words.next(), words.next()) else {
            return send(&stream, &Answer::text("400 Bad Request", "this is no request of HTTP/1.1"), true, true);
        };
        // What has a body is refused, and whatever follows is not read.
        let close = !matches!(method, "GET" | "HEAD") || wants_close(&head);
        send(&stream, &answer(method, target), method != "HEAD", close)?;
        if close {
            return Ok(());
        }
    }
    Ok(())
}

/// A request's first line and its headers; nothing when the connection ended between two requests.
fn read_head(reader: &mut impl BufRead) -> Result<Option<String>> {
    let mut head = Vec::new();
    let mut limited = reader.take(HEAD_BYTES);
    loop {
        let start = head.len();
        if limited.read_until(b'\n', &mut head)? == 0 {
            return Ok(None);
        }
        if matches!(&head[start..], b"\r\n" | b"\n") {
            return Ok(Some(String::from_utf8_lossy(&head).into_owned()));
        }
    }
}

fn wants_close(head: &str) -> bool {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .any(|(name, value)| name.eq_ignore_ascii_case("connection") && value.trim().eq_ignore_ascii_case("close"))
}

fn send(mut stream: &TcpStream, answer: &Answer, with_body: bool, close: bool) -> Result<()> {
    let mut out = format!("HTTP/1.1 {}\r\nContent-Length: {}\r\n", answer.status, answer.body.len()).into_bytes();
    for (name, value) in &answer.headers {
        write!(out, "{name}: {value}\r\n")?;
    }
    out.extend_from_slice(if close { b"Connection: close\r\n\r\n" } else { b"\r\n" });
    if with_body {
        out.extend_from_slice(&answer.body);
    }
    stream.write_all(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(stream: &TcpStream, request: &str) -> (String, String) {
        (&*stream).write_all(request.as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let head = read_head(&mut reader).unwrap().unwrap_or_default();
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap_or("0");
        let mut body = vec![0; if request.starts_with("HEAD") { 0 } else { length.parse().unwrap() }];
        reader.read_exact(&mut body).unwrap();
        (head.lines().next().unwrap_or_default().to_owned(), String::from_utf8(body).unwrap())
    }

    /// Here a server with a pool of threads hung: what waited for a place waited for as long as others kept theirs.
    #[test]
    fn connections_that_are_kept_hold_up_nobody() {
        for _ in 0..20 {
            let server = Server::start(0, |_, target| Answer::text("200 OK", target)).unwrap();
            // All at once, and all of them stay; every third never asks for anything.
            let kept: Vec<_> = (0..60).map(|_| TcpStream::connect(server.address).unwrap()).collect();
            for round in 0..2 {
                for (number, stream) in kept.iter().enumerate().filter(|(number, _)| number % 3 != 0) {
                    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
                    let target = format!("/{number}/{round}");
                    let answered = ask(stream, &format!("GET {target} HTTP/1.1\r\nHost: here\r\n\r\n"));
                    assert_eq!(answered, ("HTTP/1.1 200 OK".to_owned(), target));
                }
            }
        }
    }

    #[test]
    fn a_connection_ends_when_it_is_asked_to_and_after_what_is_not_understood() {
        let server = Server::start(0, |_, _| Answer::text("200 OK", "body")).unwrap();
        let ends = |request: &str, status: &str| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            assert_eq!(ask(&stream, request).0, status, "{request}");
            let mut left = Vec::new();
            stream.read_to_end(&mut left).unwrap();
            assert!(left.is_empty(), "{request}");
        };
        ends("GET / HTTP/1.1\r\nconnection: Close\r\n\r\n", "HTTP/1.1 200 OK");
        ends("HEAD / HTTP/1.1\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK");
        ends("POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n", "HTTP/1.1 200 OK");
        ends("hello\r\n\r\n", "HTTP/1.1 400 Bad Request");
    }

    #[test]
    fn a_dropped_server_gives_its_port_back() {
        let server = Server::start(0, |_, _| Answer::text("200 OK", "")).unwrap();
        let port = server.port();
        drop(server);
        let started = std::time::Instant::now();
        while TcpListener::bind(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "port {port} is still taken");
            std::thread::yield_now();
        }
    }
}
