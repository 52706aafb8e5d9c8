//! The server: the page's files, the list of images, an image.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{ALLOW, CONTENT_LENGTH, HeaderValue};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};

use super::guard::Guard;
use super::images::{self, Archive, NotPublic};
use super::page::Page;
use super::reply::{self, Body};
use crate::exit;

/// How many connections there are at a time.
const CONNECTIONS: usize = 64;
/// How long the head of a request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// After a failure to accept a connection (no descriptors are left, for one) nothing is tried for this long.
const PAUSE: Duration = Duration::from_millis(100);
/// How many pieces of an archive wait to be sent.
const PIECES: usize = 4;

/// The page and its guard.
pub(crate) struct Server {
    guard: Guard,
    page: Page,
}

impl Server {
    /// A server of a page.
    pub(crate) fn new(guard: Guard, page: Page) -> Arc<Self> {
        Arc::new(Self { guard, page })
    }

    /// Serves for ever.
    pub(crate) async fn run(self: Arc<Self>, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let server = self.clone();
            tokio::spawn(async move {
                server.serve(stream).await;
                drop(place);
            });
        }
    }

    async fn serve(self: Arc<Self>, stream: TcpStream) {
        let service = service_fn(|request: Request<Incoming>| {
            let server = self.clone();
            async move { Ok::<_, Infallible>(server.answer(&request).await) }
        });
        let mut http = hyper::server::conn::http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(PATIENCE);
        // A browser that goes away is no failure of the server.
        drop(http.serve_connection(TokioIo::new(stream), service).await);
    }

    async fn answer(&self, request: &Request<Incoming>) -> Response<Body> {
        let path = match self.guard.admit(request) {
            Ok(path) => path,
            Err(refused) => return reply::sentence(StatusCode::FORBIDDEN, refused),
        };
        match (path, request.method()) {
            ("api/images", &Method::GET) => names().await,
            ("api/archive", &Method::POST) => archive(request.uri().query().unwrap_or_default()).await,
            ("api/images", _) => not_so("GET"),
            ("api/archive", _) => not_so("POST"),
            (path, &Method::GET | &Method::HEAD) => match self.page.file(path) {
                Some(file) => reply::file(file.clone()),
                None => reply::sentence(StatusCode::NOT_FOUND, "the page has no such file"),
            },
            _ => not_so("GET, HEAD"),
        }
    }
}

fn not_so(allowed: &'static str) -> Response<Body> {
    let mut response = reply::sentence(StatusCode::METHOD_NOT_ALLOWED, format!("only {allowed} is answered here"));
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}

async fn names() -> Response<Body> {
    match aside(images::names).await {
        Ok(names) => {
            let json = serde_json::Value::from(names).to_string();
            reply::with(StatusCode::OK, "application/json", reply::whole(json))
        }
        Err(failed) => failed,
    }
}

async fn archive(query: &str) -> Response<Body> {
    let name = query.strip_prefix("image=").and_then(decoded);
    let Some(name) = name else { return reply::sentence(StatusCode::BAD_REQUEST, "the query must be image=NAME") };
    match aside(move || images::archive(&name)).await {
        Ok(archive) => {
            let length = archive.length;
            let mut response = reply::with(StatusCode::OK, "application/x-tar", streamed(archive));
            response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
            response
        }
        Err(failed) => failed,
    }
}

/// Does what takes its time on another thread; what failed is an answer.
async fn aside<R: Send + 'static>(work: impl FnOnce() -> Result<R> + Send + 'static) -> Result<R, Response<Body>> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => {
            let status = if error.is::<NotPublic>() { StatusCode::FORBIDDEN } else { StatusCode::BAD_GATEWAY };
            Err(reply::sentence(status, exit::sentence(&error)))
        }
        Err(_) => Err(reply::sentence(StatusCode::INTERNAL_SERVER_ERROR, "wcr has failed; see where it was started")),
    }
}

/// An archive as a body, read piece by piece as it is sent.
fn streamed(mut archive: Archive) -> Body {
    let (sender, mut receiver) = mpsc::channel::<io::Result<Frame<Bytes>>>(PIECES);
    tokio::task::spawn_blocking(move || {
        loop {
            let piece = archive.piece();
            let ends = piece.as_ref().map_or(true, Vec::is_empty);
            // Nobody takes it any more when the browser has gone.
            if !piece.as_ref().is_ok_and(Vec::is_empty)
                && sender.blocking_send(piece.map(|piece| Frame::data(piece.into()))).is_err()
                || ends
            {
                return;
            }
        }
    });
    StreamBody::new(futures_util::stream::poll_fn(move |context| receiver.poll_recv(context))).boxed()
}

/// A value of a query, without its escapes.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let value = |digit: u8| char::from(digit).to_digit(16);
                u8::try_from(value(digits[0])? << 4 | value(digits[1])?).ok()?
            }
            b'&' => return None,
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_through_a_query() {
        assert_eq!(decoded("quay.io%2Fpodman%2Fhello%3A1").unwrap(), "quay.io/podman/hello:1");
        assert_eq!(decoded("a+b").unwrap(), "a b");
        for bad in ["%", "%2", "%zz", "%ff", "a&b=c", "%+1"] {
            assert_eq!(decoded(bad), None, "{bad}");
        }
    }
}
