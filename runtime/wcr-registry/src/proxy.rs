//! What is said of proxies, whose variables reqwest reads.

use reqwest::Url;

use crate::endpoint::Reach;

/// The variables that name a proxy for this URL, in words: who does not get through may have forgotten them.
pub(crate) fn set_for(url: &Url) -> Option<String> {
    if Reach::of(url) == Reach::Loopback {
        return None;
    }
    let names = match url.scheme() {
        "https" => ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"],
        _ => ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"],
    };
    names.into_iter().find_map(|name| {
        let value = std::env::var(name).ok().filter(|value| !value.is_empty())?;
        Some(format!("{name} is {}", proxy_without_secret(&value)))
    })
}

/// A proxy's URL without a user and a password.
#[must_use]
pub fn proxy_without_secret(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    match rest.rsplit_once('@') {
        Some((_, host)) if scheme.is_empty() => format!("***@{host}"),
        Some((_, host)) => format!("{scheme}://***@{host}"),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_are_shown_without_passwords() {
        for (url, shown) in [
            ("http://proxy:3128", "http://proxy:3128"),
            ("http://user:pa@ss@proxy:3128/", "http://***@proxy:3128/"),
            ("user:pass@proxy", "***@proxy"),
            ("127.0.0.1,localhost", "127.0.0.1,localhost"),
        ] {
            assert_eq!(proxy_without_secret(url), shown);
        }
    }
}
