//! What a server says in `WWW-Authenticate` (RFC 9110 section 11).

/// One way to authenticate that a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Challenge {
    /// User name and password.
    Basic,
    /// A token that another server gives out.
    Bearer {
        /// That server's URL.
        realm: String,
        /// What the token is for.
        service: Option<String>,
        /// What the token allows.
        scope: Option<String>,
    },
}

/// The challenges in one header that wcr can answer, in the server's order. What is malformed is left out.
pub(crate) fn parse(header: &str) -> Vec<Challenge> {
    let mut out = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (scheme, after) = token(rest);
        if scheme.is_empty() {
            return out;
        }
        let mut parameters = Vec::new();
        rest = after;
        while let Some((name, value, after)) = parameter(rest) {
            parameters.push((name, value));
            rest = after;
        }
        let get = |name: &str| {
            let found = parameters.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.clone()).filter(|value| !value.is_empty())
        };
        if scheme.eq_ignore_ascii_case("basic") {
            out.push(Challenge::Basic);
        } else if scheme.eq_ignore_ascii_case("bearer")
            && let Some(realm) = get("realm")
        {
            out.push(Challenge::Bearer { realm, service: get("service"), scope: get("scope") });
        }
    }
}

fn token(text: &str) -> (&str, &str) {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    text.split_at(text.find(|c| !is_token(c)).unwrap_or(text.len()))
}

/// Takes `name=value` off, with the comma before it; `None` when something else comes.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let text = text.trim_start_matches([' ', '\t', ',']);
    let (name, rest) = token(text);
    let rest = rest.trim_start_matches([' ', '\t']).strip_prefix('=').filter(|_| !name.is_empty())?;
    let rest = rest.trim_start_matches([' ', '\t']);
    let Some(quoted) = rest.strip_prefix('"') else {
        let end = rest.find([',', ' ', '\t']).unwrap_or(rest.len());
        let (value, rest) = rest.split_at(end);
        return Some((name, value.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((name, value, quoted.get(at + 1..)?)),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer { realm: realm.into(), service: service.map(Into::into), scope: scope.map(Into::into) }
    }

    #[test]
    fn headers_of_real_registries() {
        let hub =
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull""#;
        let expected = bearer("https://auth.docker.io/token", Some("registry.docker.io"), Some("repository:a/b:pull"));
        assert_eq!(parse(hub), [expected]);
        assert_eq!(parse(r#"Basic realm="Registry Realm""#), [Challenge::Basic]);
        assert_eq!(parse("basic"), [Challenge::Basic]);
        let both = r#"Basic realm="x", BEARER Realm = "https://a/b?c=d,e" , service=plain"#;
        assert_eq!(parse(both), [Challenge::Basic, bearer("https://a/b?c=d,e", Some("plain"), None)]);
        assert_eq!(parse(r#"Bearer realm="a\"b\\c""#), [bearer("a\"b\\c", None, None)]);
    }

    #[test]
    fn nonsense_is_left_out() {
        for header in [
            "",
            ",,,",
            "Negotiate",
            "Bearer",
            "Bearer realm=",
            "Bearer realm=\"open",
            "Bearer realm=\"a\\",
            "=",
            "\"\"",
        ] {
            assert_eq!(parse(header), [], "{header:?}");
        }
    }
}
