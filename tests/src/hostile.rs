//! A registry that says exactly what a test wants it to say: raw TCP on a free port of the loopback interface.
//!
//! It can break off, stall, reset, lie about lengths and digests, and lead astray, since a reply is the bytes that are
//! sent and how.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The longest body of a request that is read, in bytes.
const LONGEST_BODY: usize = 64 << 20;
/// How long a client may take for a request.
const PATIENCE: Duration = Duration::from_secs(120);

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`, `HEAD`, `POST`…
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// What was sent with it.
    pub body: Vec<u8>,
    /// How many requests for this path came before.
    pub before: usize,
}

impl Request {
    /// The value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// What to answer: the raw bytes, in pieces with a pause after each.
pub struct Reply {
    pieces: Vec<Vec<u8>>,
    pause: Duration,
    end: End,
    /// Counted down when all has been sent.
    under_way: Option<Arc<AtomicUsize>>,
}

/// What happens to the connection after the last byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Close,
    /// It is reset.
    Reset,
    /// Nothing, for a time.
    Stall(Duration),
}

impl Reply {
    /// These bytes.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { pieces: vec![bytes.into()], pause: Duration::ZERO, end: End::Close, under_way: None }
    }

    /// An answer of the right length. The status line's text does not matter to clients.
    pub fn new(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Self {
        Self::with_length(status, headers, body, body.len())
    }

    /// An answer that announces `length` whatever the body has.
    pub fn with_length(status: u16, headers: &[(&str, &str)], body: &[u8], length: usize) -> Self {
        let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        Self::raw([head.as_bytes(), body].concat())
    }

    /// An answer whose length only its end tells.
    pub fn endless(body: &[u8]) -> Self {
        Self::raw([b"HTTP/1.1 200 X\r\nConnection: close\r\n\r\n", body].concat())
    }

    /// Status 200, and a body of the right length.
    pub fn ok(body: &[u8]) -> Self {
        Self::new(200, &[], body)
    }

    /// An error as registries have them.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({ "errors": [{ "code": code, "message": message }] }).to_string();
        Self::new(status, &[("Content-Type", "application/json")], body.as_bytes())
    }

    /// A redirect.
    pub fn redirect(to: &str) -> Self {
        Self::new(307, &[("Location", to)], b"")
    }

    /// The same, but with a pause after every `size` bytes.
    #[must_use]
    pub fn slowly(self, size: usize, pause: Duration) -> Self {
        let bytes = self.pieces.concat();
        Self { pieces: bytes.chunks(size).map(<[u8]>::to_vec).collect(), pause, ..self }
    }

    /// The same, and `count` is one less when all has been sent or nobody takes it any more.
    #[must_use]
    pub fn counted_down(self, count: &Arc<AtomicUsize>) -> Self {
        Self { under_way: Some(Arc::clone(count)), ..self }
    }

    /// The same, but the connection is reset at its end.
    #[must_use]
    pub fn then_reset(self) -> Self {
        Self { end: End::Reset, ..self }
    }

    /// The same, but the connection stays open after it, and nothing more comes.
    #[must_use]
    pub fn then_stall(self, time: Duration) -> Self {
        Self { end: End::Stall(time), ..self }
    }
}

/// The server; ends when it is dropped.
pub struct Server {
    /// Where it listens.
    pub port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
    ended: Arc<AtomicBool>,
}

impl Server {
    /// A server that answers each request with what `answer` gives.
    ///
    /// # Panics
    /// No port is free.
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (seen, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let server = Self { port, seen: Arc::clone(&seen), ended: Arc::clone(&ended) };
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                let Ok(stream) = stream else { continue };
                thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        server
    }

    /// A server that has `content` as `tag` of every repository, but where `special` has another answer.
    pub fn of(
        content: &impl Content,
        tag: &str,
        special: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let good = Good::of(content, tag);
        Self::start(move |request| special(request).unwrap_or_else(|| good.answer(request)))
    }

    /// The name of a repository in it.
    pub fn name(&self, repository: &str) -> String {
        format!("127.0.0.1:{}/{repository}", self.port)
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many requests so far have `part` in their path.
    pub fn count(&self, part: &str) -> usize {
        self.seen().iter().filter(|request| request.path.contains(part)).count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Request>>, answer: &dyn Fn(&Request) -> Reply) {
    let Some(mut request) = read(&stream) else { return };
    {
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        request.before = seen.iter().filter(|other| other.path == request.path).count();
        seen.push(request.clone());
    }
    let Reply { pieces, pause, end, under_way } = answer(&request);
    let sent = pieces.iter().all(|piece| {
        let sent = stream.write_all(piece).is_ok();
        thread::sleep(pause);
        sent
    });
    if let Some(under_way) = under_way {
        under_way.fetch_sub(1, Ordering::SeqCst);
    }
    if !sent {
        return;
    }
    match end {
        End::Close => {}
        End::Stall(time) => thread::sleep(time),
        // Closing with no time to linger sends RST.
        End::Reset => {
            // What was written before has to arrive first.
            thread::sleep(Duration::from_millis(30));
            let _ = rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO));
        }
    }
}

/// Reads one request; `None` when it is none.
fn read(stream: &TcpStream) -> Option<Request> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let mut reader = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut first = lines.first()?.split(' ');
    let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers: BTreeMap<String, String> = lines
        .iter()
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0usize);
    let mut body = vec![0; length.min(LONGEST_BODY)];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, headers, body, before: 0 })
}

/// What a registry can have: documents by the ends of their paths (`manifests/latest`, `blobs/sha256:…`), each with its
/// media type.
pub trait Content {
    /// All of it, the manifest as `tag` and by its digest.
    fn documents(&self, tag: &str) -> Vec<(String, String, Vec<u8>)>;
}

impl<T: Content> Content for Arc<T> {
    fn documents(&self, tag: &str) -> Vec<(String, String, Vec<u8>)> {
        self.as_ref().documents(tag)
    }
}

/// A well-behaved registry.
pub struct Good {
    documents: BTreeMap<String, (String, Vec<u8>)>,
}

impl Good {
    /// A registry that has `content` as `tag` of every repository.
    pub fn of(content: &impl Content, tag: &str) -> Self {
        let documents = content.documents(tag);
        Self { documents: documents.into_iter().map(|(name, media, body)| (name, (media, body))).collect() }
    }

    /// Its answer to a request for something.
    pub fn answer(&self, request: &Request) -> Reply {
        if request.path == "/v2/" {
            return Reply::ok(b"{}");
        }
        let path = request.path.split('?').next().unwrap_or_default();
        let found = self.documents.iter().find(|(name, _)| path.ends_with(*name));
        let Some((_, (media_type, body))) = found else {
            return Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
        };
        match range(request, body.len()) {
            Some((from, to)) if from < body.len() => {
                let range = format!("bytes {from}-{to}/{}", body.len());
                Reply::new(206, &[("Content-Type", media_type), ("Content-Range", &range)], &body[from..=to])
            }
            Some(_) => Reply::new(416, &[], b""),
            None => Reply::new(200, &[("Content-Type", media_type)], body),
        }
    }
}

/// The first and the last byte that a request asks for, of a body with `length` bytes.
pub fn range(request: &Request, length: usize) -> Option<(usize, usize)> {
    let (from, to) = request.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
    let last = length.saturating_sub(1);
    Some((from.parse().ok()?, to.parse().map_or(last, |to: usize| to.min(last))))
}
