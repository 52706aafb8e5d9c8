//! Who may ask: the page itself, and who has been given its address.

use std::net::SocketAddr;

use hyper::header::{HOST, HeaderMap, HeaderName, ORIGIN};
use hyper::{Method, Request};

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// Another name for this server: one that somebody has made to lead here (DNS rebinding).
    #[error("the Host header does not name this server")]
    Host,
    /// Another page asks.
    #[error("the request comes from another page")]
    Origin,
    /// The address of the page is not known to who asks.
    #[error("the token is missing or wrong: open the address that wcr has printed")]
    Token,
}

/// What a request must have.
#[derive(Debug)]
pub(crate) struct Guard {
    hosts: [String; 2],
    token: String,
}

impl Guard {
    /// A guard of the server at `address`, whose paths begin with `token`.
    pub(crate) fn new(address: SocketAddr, token: String) -> Self {
        Self { hosts: [address.to_string(), format!("localhost:{}", address.port())], token }
    }

    /// The path behind the token, when the request may be answered. Nothing of its body is looked at.
    ///
    /// # Errors
    /// [`Refused`].
    pub(crate) fn admit<'r, B>(&self, request: &'r Request<B>) -> Result<&'r str, Refused> {
        let headers = request.headers();
        let host = only(headers, HOST).flatten().ok_or(Refused::Host)?;
        if !self.hosts.iter().any(|own| own == host) || request.uri().authority().is_some_and(|named| named != host) {
            return Err(Refused::Host);
        }
        let own = format!("http://{host}");
        match only(headers, ORIGIN) {
            Some(None) if request.method() == Method::POST => return Err(Refused::Origin),
            Some(None) => {}
            Some(Some(origin)) if origin == own => {}
            _ => return Err(Refused::Origin),
        }
        // What browsers say of who asks, where they say it: the page itself, or the user.
        match only(headers, HeaderName::from_static("sec-fetch-site")) {
            Some(None | Some("same-origin" | "none")) => {}
            _ => return Err(Refused::Origin),
        }
        let path = request.uri().path().strip_prefix('/').unwrap_or_default();
        let (token, rest) = path.split_once('/').ok_or(Refused::Token)?;
        if same(token.as_bytes(), self.token.as_bytes()) { Ok(rest) } else { Err(Refused::Token) }
    }
}

/// The one value of a header: `Some(None)` when it is missing, `None` when it is there twice or is no text.
fn only(headers: &HeaderMap, name: HeaderName) -> Option<Option<&str>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Some(None),
        (Some(value), None) => Some(Some(value.to_str().ok()?)),
        _ => None,
    }
}

/// Whether two texts are the same, in a time that tells nothing of where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, uri: &str, headers: &[(&str, &str)]) -> Result<String, Refused> {
        let guard = Guard::new(SocketAddr::from(([127, 0, 0, 1], 4000)), "secret".into());
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        guard.admit(&request.body(()).unwrap()).map(str::to_owned)
    }

    const HERE: (&str, &str) = ("host", "127.0.0.1:4000");

    #[test]
    fn the_page_and_the_user_may_ask() {
        assert_eq!(asked("GET", "/secret/", &[HERE]).unwrap(), "");
        assert_eq!(asked("GET", "/secret/a/b", &[("host", "localhost:4000")]).unwrap(), "a/b");
        let origin = ("origin", "http://127.0.0.1:4000");
        assert_eq!(asked("POST", "/secret/x", &[HERE, origin, ("sec-fetch-site", "same-origin")]).unwrap(), "x");
    }

    #[test]
    fn foreign_hosts_are_refused() {
        for host in ["evil.example", "127.0.0.1", "127.0.0.1:80", "localhost", "0.0.0.0:4000", "localhost:4000.", ""] {
            assert_eq!(asked("GET", "/secret/", &[("host", host)]), Err(Refused::Host), "{host}");
        }
        assert_eq!(asked("GET", "/secret/", &[]), Err(Refused::Host));
        assert_eq!(asked("GET", "/secret/", &[HERE, HERE]), Err(Refused::Host));
        assert_eq!(asked("GET", "http://evil.example/secret/", &[HERE]), Err(Refused::Host));
    }

    #[test]
    fn foreign_pages_are_refused() {
        for origin in ["http://evil.example", "null", "https://127.0.0.1:4000", "http://localhost:4000", ""] {
            for method in ["GET", "POST"] {
                assert_eq!(asked(method, "/secret/", &[HERE, ("origin", origin)]), Err(Refused::Origin), "{origin}");
            }
        }
        assert_eq!(asked("POST", "/secret/", &[HERE]), Err(Refused::Origin));
        for site in ["cross-site", "same-site", "anything"] {
            assert_eq!(asked("GET", "/secret/", &[HERE, ("sec-fetch-site", site)]), Err(Refused::Origin));
        }
    }

    #[test]
    fn without_the_token_nothing_is_told() {
        for path in ["/", "/secret", "/secreT/", "/secre/", "/secrets/", "//secret/", "/%73ecret/", "/x/secret/"] {
            assert_eq!(asked("GET", path, &[HERE]), Err(Refused::Token), "{path}");
        }
    }
}
