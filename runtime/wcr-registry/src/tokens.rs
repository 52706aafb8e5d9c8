//! Tokens that token servers gave out, kept for as long as they are good.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::HeaderValue;

/// How long a token is good when its server does not say (distribution-spec, token authentication).
const USUAL: Duration = Duration::from_secs(60);
/// So long before its end a token is not used any more.
const MARGIN: Duration = Duration::from_secs(5);

/// What a token is for: the token server, who asks, the service, the scopes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub realm: String,
    pub user: Option<String>,
    pub service: Option<String>,
    pub scopes: Vec<String>,
}

/// The tokens of a client. They live in memory alone.
#[derive(Debug, Default)]
pub(crate) struct Tokens(Mutex<BTreeMap<Key, (HeaderValue, Instant)>>);

impl Tokens {
    /// A token that is still good.
    pub(crate) fn find(&self, key: &Key) -> Option<HeaderValue> {
        let (token, end) = self.lock().get(key)?.clone();
        (Instant::now() + MARGIN < end).then_some(token)
    }

    /// Keeps a token that is good for `seconds`.
    pub(crate) fn keep(&self, key: Key, token: HeaderValue, seconds: Option<u64>) {
        let life = seconds.map_or(USUAL, |seconds| Duration::from_secs(seconds.min(24 * 3600)));
        self.lock().insert(key, (token, Instant::now() + life));
    }

    /// Forgets a token that was refused.
    pub(crate) fn forget(&self, token: &HeaderValue) {
        self.lock().retain(|_, (kept, _)| kept != token);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Key, (HeaderValue, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_kept_by_what_they_are_for() {
        let tokens = Tokens::default();
        let key = |scope: &str| Key {
            realm: "https://a/token".into(),
            user: None,
            service: Some("s".into()),
            scopes: vec![scope.into()],
        };
        let token = HeaderValue::from_static("Bearer x");
        tokens.keep(key("repository:a:pull"), token.clone(), Some(300));
        assert_eq!(tokens.find(&key("repository:a:pull")), Some(token.clone()));
        assert_eq!(tokens.find(&key("repository:b:pull")), None);
        tokens.keep(key("repository:b:pull"), HeaderValue::from_static("Bearer y"), Some(1));
        assert_eq!(tokens.find(&key("repository:b:pull")), None, "about to end");
        tokens.forget(&token);
        assert_eq!(tokens.find(&key("repository:a:pull")), None);
    }
}
