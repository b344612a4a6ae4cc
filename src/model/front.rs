//! What stands before the explorer's server: only whoever was told the address may ask it.
//!
//! The explorer of stateright answers anybody. It is therefore bound to an address of this machine that nobody can guess, and
//! this front passes on what shows the token: in the address at first, in a cookie after that. A page of another site can make
//! a browser ask, but knows no token, is sent no cookie of this one, and has another `Host` or `Origin`.

use anyhow::{Context, Result, bail};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// No request's head is longer.
const LONGEST_HEAD: u64 = 16 << 10;
/// So many are answered at once.
const AT_ONCE: usize = 32;
/// Whoever says nothing for so long is hung up on.
const PATIENCE: Duration = Duration::from_secs(10);
/// Files that stateright's server would rather take from the working directory, which may be a stranger's.
const FOREIGN: [&str; 4] = ["ui/index.htm", "ui/app.css", "ui/app.js", "ui/knockout-3.5.0.js"];

/// A front that is bound and not yet open.
pub struct Front {
    listener: TcpListener,
    port: u16,
    token: String,
    inner: SocketAddrV4,
}

/// The lines of a request that matter here.
struct Head {
    method: String,
    target: String,
    host: Option<String>,
    origin: Option<String>,
    cookie: Option<String>,
}

impl Front {
    /// Binds the port, and finds a hidden address for the server behind it.
    pub fn bind(port: u16) -> Result<Front> {
        if let Some(file) = FOREIGN.into_iter().find(|file| Path::new(file).exists()) {
            bail!("{file} in this directory would be served instead of the explorer's own: start it elsewhere");
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("--port {port}: cannot listen there"))?;
        let mut random = [0u8; 19];
        getrandom::fill(&mut random).map_err(|e| anyhow::anyhow!("no random numbers for a token: {e}"))?;
        let [a, b, c, secret @ ..] = random;
        let hidden = Ipv4Addr::new(127, a.max(1), b, c.clamp(1, 254));
        // The server behind does not report that it cannot listen; it would end the program.
        let probe = TcpListener::bind((hidden, 0)).context(
            "this system has no loopback address but 127.0.0.1, so that the explorer cannot be kept from others",
        )?;
        let inner = SocketAddrV4::new(hidden, probe.local_addr()?.port());
        let token = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Front { listener, port, token, inner })
    }

    /// Where the server behind has to listen.
    pub fn inner(&self) -> SocketAddrV4 {
        self.inner
    }

    /// The address for the browser.
    pub fn address(&self) -> String {
        format!("http://localhost:{}/?token={}", self.port, self.token)
    }

    /// Answers until the program is ended.
    pub fn open(self) {
        let front = Arc::new(self);
        let busy = Arc::new(AtomicUsize::new(0));
        for stream in front.listener.incoming().flatten() {
            if busy.fetch_add(1, Ordering::Relaxed) >= AT_ONCE {
                busy.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let (front, busy) = (front.clone(), busy.clone());
            std::thread::spawn(move || {
                // Whoever hangs up is not waited for.
                let _ = front.answer(stream);
                busy.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }

    fn answer(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let Some(head) = read_head(&stream)? else {
            return refuse(&mut stream, "400 Bad Request", "this is no request");
        };
        match self.judge(&head) {
            Err((status, why)) => refuse(&mut stream, status, why),
            Ok(Passage::Cookie) => {
                let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Strict", self.cookie_name(), self.token);
                write!(
                    stream,
                    "HTTP/1.1 303 See Other\r\nLocation: /\r\nSet-Cookie: {cookie}\r\nReferrer-Policy: no-referrer\r\n\
                     Content-Length: 0\r\nConnection: close\r\n\r\n"
                )
            }
            Ok(Passage::Through(path)) => {
                let mut inner = TcpStream::connect(self.inner)?;
                write!(inner, "{} {path} HTTP/1.0\r\nHost: explorer\r\n\r\n", head.method)?;
                io::copy(&mut inner, &mut stream).map(drop)
            }
        }
    }

    /// Browsers keep one jar of cookies for all ports of a host.
    fn cookie_name(&self) -> String {
        format!("uioscope-{}", self.port)
    }

    /// Whether the request comes from whom it should.
    fn judge(&self, head: &Head) -> Result<Passage, (&'static str, &'static str)> {
        const FORBIDDEN: &str = "403 Forbidden";
        let own = [format!("localhost:{}", self.port), format!("127.0.0.1:{}", self.port)];
        if !head.host.as_ref().is_some_and(|host| own.contains(host)) {
            return Err((FORBIDDEN, "this server is not of that name"));
        }
        let is_own = |origin: &String| own.iter().any(|host| *origin == format!("http://{host}"));
        if head.origin.as_ref().is_some_and(|origin| !is_own(origin)) {
            return Err((FORBIDDEN, "pages of other sites are not answered"));
        }
        if !matches!(head.method.as_str(), "GET" | "POST") {
            return Err(("405 Method Not Allowed", "GET and POST alone"));
        }
        let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
        if query.strip_prefix("token=").is_some_and(|token| same(token, &self.token)) && head.method == "GET" {
            return Ok(Passage::Cookie);
        }
        let name = self.cookie_name();
        let mut cookies = head.cookie.as_deref().unwrap_or_default().split(';');
        let shown = cookies.any(|c| c.trim().split_once('=').is_some_and(|(n, v)| n == name && same(v, &self.token)));
        if !shown {
            return Err((FORBIDDEN, "open the address that uioscope printed, with its token"));
        }
        Ok(Passage::Through(path.to_owned()))
    }
}

enum Passage {
    /// The token was in the address: from now on it is a cookie.
    Cookie,
    /// To the explorer, with this path.
    Through(String),
}

/// Takes as long wherever they differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |d, (x, y)| d | (x ^ y)) == 0
}

fn refuse(stream: &mut TcpStream, status: &str, why: &str) -> io::Result<()> {
    let body = format!("{why}\n");
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The head of a request; `None` if it is none, is too long, or names a header twice that decides.
fn read_head(stream: &TcpStream) -> io::Result<Option<Head>> {
    let mut bytes = Vec::new();
    let mut source = stream.take(LONGEST_HEAD);
    let mut byte = [0];
    while !bytes.ends_with(b"\r\n\r\n") {
        if source.read(&mut byte)? == 0 {
            return Ok(None);
        }
        bytes.push(byte[0]);
    }
    Ok(parse_head(&bytes))
}

fn parse_head(bytes: &[u8]) -> Option<Head> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target, version) = (first.next()?, first.next()?, first.next()?);
    let is_plain = target.starts_with('/') && target.bytes().all(|b| b.is_ascii_graphic());
    if first.next().is_some() || !version.starts_with("HTTP/1.") || !is_plain {
        return None;
    }
    let mut head = Head { method: method.into(), target: target.into(), host: None, origin: None, cookie: None };
    for line in lines.filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        let slot = match name.to_ascii_lowercase().as_str() {
            "host" => &mut head.host,
            "origin" => &mut head.origin,
            "cookie" => &mut head.cookie,
            _ => continue,
        };
        if slot.replace(value.trim().to_owned()).is_some() {
            return None;
        }
    }
    Some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn front() -> Front {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        Front { listener, port: 3000, token: "f00d".into(), inner: SocketAddrV4::new(Ipv4Addr::LOCALHOST, 1) }
    }

    fn check(request: &str, wanted: &str) {
        let got = match parse_head(format!("{request}\r\n\r\n").as_bytes()) {
            None => "none".to_owned(),
            Some(head) => match front().judge(&head) {
                Ok(Passage::Cookie) => "cookie".to_owned(),
                Ok(Passage::Through(path)) => format!("through {path}"),
                Err((status, _)) => status.to_owned(),
            },
        };
        assert_eq!(got, wanted, "{request}");
    }

    #[test]
    fn only_who_shows_the_token_is_let_through() {
        let host = "Host: localhost:3000\r\nCookie: a=b; uioscope-3000=f00d";
        check("GET /?token=f00d HTTP/1.1\r\nHost: 127.0.0.1:3000", "cookie");
        check(&format!("GET /.states/1 HTTP/1.1\r\n{host}"), "through /.states/1");
        check(
            &format!("POST /.runtocompletion HTTP/1.1\r\n{host}\r\nOrigin: http://localhost:3000"),
            "through /.runtocompletion",
        );
        check("GET /?token=f00d HTTP/1.1\r\nHost: evil.example", "403 Forbidden");
        check("GET / HTTP/1.1\r\nHost: localhost:3000", "403 Forbidden");
        check("GET / HTTP/1.1\r\nHost: localhost:3000\r\nCookie: uioscope-3000=f00", "403 Forbidden");
        check("POST /.runtocompletion?token=f00d HTTP/1.1\r\nHost: localhost:3000", "403 Forbidden");
        check(&format!("POST /.runtocompletion HTTP/1.1\r\n{host}\r\nOrigin: http://evil.example"), "403 Forbidden");
        check(&format!("GET / HTTP/1.1\r\n{host}\r\nOrigin: null"), "403 Forbidden");
        check(&format!("DELETE / HTTP/1.1\r\n{host}"), "405 Method Not Allowed");
        check(&format!("GET / HTTP/1.1\r\n{host}\r\nHost: evil.example"), "none");
        check("GET http://x/ HTTP/1.1\r\nHost: localhost:3000", "none");
        check("GET / HTTP/1.1 more\r\nHost: localhost:3000", "none");
        check("hello", "none");
    }
}
