//! What a server says when it says no.

use reqwest::{Response, StatusCode};
use serde::Deserialize;

use crate::endpoint::host_of;
use crate::error::{RegistryError, shown};
use crate::transport::Transport;

/// The longest error body that is read, in bytes.
const LONGEST: u64 = 64 << 10;

#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Vec<Entry>,
    /// Token servers have their own form.
    #[serde(default)]
    details: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: Option<String>,
}

/// Turns an unsuccessful answer into an error with the server's reason. `login` is the registry's name.
pub(crate) async fn refusal(transport: &Transport, response: Response, what: &str, login: &str) -> RegistryError {
    let host = host_of(response.url());
    let status = response.status();
    let reason = match transport.body(response, what, LONGEST).await {
        Ok(body) => reason_in(&body).unwrap_or_else(|| status_text(status)),
        Err(limit @ RegistryError::Limit { .. }) => return limit,
        Err(_) => status_text(status),
    };
    let what = what.to_owned();
    match status.as_u16() {
        401 | 403 => RegistryError::Unauthorised { what, host, reason, login: login.into() },
        404 | 410 => RegistryError::NotFound { what, host, reason },
        429 => RegistryError::RateLimited { host, reason },
        status => RegistryError::Status { what, host, status, reason },
    }
}

fn status_text(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(text) => format!("{} {text}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

/// The first reason that the body gives in one of the usual forms.
fn reason_in(body: &[u8]) -> Option<String> {
    let parsed: Errors = serde_json::from_slice(body).ok()?;
    let first = parsed.errors.into_iter().next();
    let text = match first {
        Some(Entry { code, message }) => {
            let code = code.to_lowercase().replace('_', " ");
            match message.filter(|message| !message.is_empty()) {
                Some(message) if code.is_empty() || message.to_lowercase().starts_with(&code) => message,
                Some(message) => format!("{code}: {message}"),
                None => code,
            }
        }
        None => parsed.details.or(parsed.message)?,
    };
    let text = shown(text.trim());
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons() {
        let table = [
            (r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}"#, Some("manifest unknown")),
            (
                r#"{"errors":[{"code":"NAME_UNKNOWN","message":"no such repo","detail":{"a":1}}]}"#,
                Some("name unknown: no such repo"),
            ),
            (r#"{"errors":[{"code":"DENIED","message":null}]}"#, Some("denied")),
            (r#"{"errors":[{"message":"x\u001b[2Jy"}]}"#, Some("x\\u{1b}[2Jy")),
            (r#"{"details":"incorrect username or password"}"#, Some("incorrect username or password")),
            (r#"{"errors":[]}"#, None),
            ("<html>404</html>", None),
            ("", None),
        ];
        for (body, reason) in table {
            assert_eq!(reason_in(body.as_bytes()).as_deref(), reason, "{body}");
        }
    }
}
