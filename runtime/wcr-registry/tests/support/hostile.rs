//! A tiny HTTP server that says exactly what a test wants it to say.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::layout::Image;

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    /// Path and query.
    pub path: String,
    /// Headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// How many requests for this path came before.
    pub before: usize,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// What to answer: the raw bytes, in pieces with a pause after each.
pub struct Reply {
    pieces: Vec<Vec<u8>>,
    pause: Duration,
}

impl Reply {
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { pieces: vec![bytes.into()], pause: Duration::ZERO }
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

    pub fn ok(body: &[u8]) -> Self {
        Self::new(200, &[], body)
    }

    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let body = serde_json::json!({"errors": [{"code": code, "message": message}]}).to_string();
        Self::new(status, &[("Content-Type", "application/json")], body.as_bytes())
    }

    pub fn redirect(to: &str) -> Self {
        Self::new(307, &[("Location", to)], b"")
    }

    /// The same, but with a pause after every `size` bytes.
    pub fn slowly(self, size: usize, pause: Duration) -> Self {
        let bytes = self.pieces.concat();
        Self { pieces: bytes.chunks(size).map(<[u8]>::to_vec).collect(), pause }
    }
}

/// The server; ends when it is dropped.
pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<Request>>>,
    ended: Arc<AtomicBool>,
}

impl Server {
    pub fn start(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let server = Self { port, seen: Arc::clone(&seen), ended: Arc::clone(&ended) };
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::SeqCst) {
                    return;
                }
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(stream.unwrap(), &seen, &*answer));
            }
        });
        server
    }

    /// A server that has `image` as `tag` of every repository, but where `special` has another answer.
    pub fn of(image: &Image, tag: &str, special: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Self {
        let good = Good::of(image, tag);
        Self::start(move |request| special(request).unwrap_or_else(|| good.answer(request)))
    }

    pub fn name(&self, repository: &str) -> String {
        format!("127.0.0.1:{}/{repository}", self.port)
    }

    /// The requests so far.
    pub fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

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
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let headers = lines.take_while(|line| !line.is_empty()).filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        Some((name.to_ascii_lowercase(), value.trim().to_owned()))
    });
    let headers = headers.collect();
    let request = {
        let mut seen = seen.lock().unwrap();
        let before = seen.iter().filter(|other| other.path == path).count();
        let request = Request { path, headers, before };
        seen.push(request.clone());
        request
    };
    let Reply { pieces, pause } = answer(&request);
    for piece in pieces {
        if stream.write_all(&piece).is_err() {
            return;
        }
        thread::sleep(pause);
    }
}

/// A well-behaved registry with one image.
pub struct Good {
    documents: BTreeMap<String, (String, Vec<u8>)>,
}

impl Good {
    pub fn of(image: &Image, tag: &str) -> Self {
        let mut documents = BTreeMap::new();
        let media = |blob: &super::layout::Blob| blob.descriptor["mediaType"].as_str().unwrap().to_owned();
        for name in [tag.to_owned(), image.manifest.digest().to_string()] {
            let value = (media(&image.manifest), image.manifest.bytes.clone());
            documents.insert(format!("manifests/{name}"), value);
        }
        for blob in image.layers.iter().chain([&image.config]) {
            let value = ("application/octet-stream".to_owned(), blob.bytes.clone());
            documents.insert(format!("blobs/{}", blob.digest()), value);
        }
        Self { documents }
    }

    pub fn answer(&self, request: &Request) -> Reply {
        if request.path == "/v2/" {
            return Reply::ok(b"{}");
        }
        let path = request.path.split('?').next().unwrap_or_default();
        let found = self.documents.iter().find(|(name, _)| path.ends_with(*name));
        let Some((_, (media_type, body))) = found else {
            return Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
        };
        let range = request.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'));
        match range.and_then(|from| from.parse::<usize>().ok()) {
            Some(from) if from < body.len() => {
                let range = format!("bytes {from}-{}/{}", body.len() - 1, body.len());
                Reply::new(206, &[("Content-Type", media_type), ("Content-Range", &range)], &body[from..])
            }
            Some(_) => Reply::new(416, &[], b""),
            None => Reply::new(200, &[("Content-Type", media_type)], body),
        }
    }
}
