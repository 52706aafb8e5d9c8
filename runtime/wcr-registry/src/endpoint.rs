//! Which server a registry's name means, and where one may be led from there.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use reqwest::Url;

use crate::config::{Insecure, RegistrySettings};
use crate::error::{RegistryError, Result, shown};

/// Docker Hub's name in references, and the server behind it.
const HUB: (&str, &str) = ("docker.io", "registry-1.docker.io");

/// What is set for registries, by their names.
pub(crate) type Registries = BTreeMap<String, RegistrySettings>;

/// The base URL of the registry `domain`, ending in `/v2/`.
pub(crate) fn base_url(domain: &str, registries: &Registries) -> Result<Url> {
    let host = if domain == HUB.0 { HUB.1 } else { domain };
    let scheme = match insecure(domain, registries) {
        Some(Insecure::Http) => "http",
        Some(Insecure::Unverified) => "https",
        None if Reach::of_host(bare_host(host)) == Reach::Loopback => "http",
        None => "https",
    };
    let setup = |error| RegistryError::Setup { reason: format!("the registry's name is no URL: {error}") };
    Url::parse(&format!("{scheme}://{host}/v2/")).map_err(setup)
}

/// How the server `host` (with its port if it is not the default) may be spoken to, if anything is set.
pub(crate) fn insecure(host: &str, registries: &Registries) -> Option<Insecure> {
    registries.get(host)?.insecure
}

/// Whether the server `host` (with its port if it is not the default) is one of the internet, not of a private network
/// or this machine. Its name is looked up: one that leads to an address of those is none either. One that cannot be
/// looked up is taken for public, since nothing can be had from it.
#[must_use]
pub fn is_public(host: &str) -> bool {
    let name = bare_host(host);
    let is_public = |address: SocketAddr| Reach::of_address(address.ip()) == Reach::Public;
    Reach::of_host(name) == Reach::Public
        && (name, 443).to_socket_addrs().map_or(true, |mut addresses| addresses.all(is_public))
}

/// The host without its port.
fn bare_host(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or(host),
    }
}

/// From how far away an address can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// From everywhere, as far as one can tell without asking a name server.
    Public,
    /// From a private network.
    Private,
    /// From this machine alone.
    Loopback,
    /// From this link alone: also where clouds keep their machines' credentials.
    Link,
}

impl Reach {
    pub(crate) fn of(url: &Url) -> Self {
        let host = url.host_str().unwrap_or_default();
        Self::of_host(host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host))
    }

    fn of_host(host: &str) -> Self {
        let host = host.trim_end_matches('.');
        match host.parse::<IpAddr>() {
            Ok(address) => Self::of_address(address),
            Err(_) if host.eq_ignore_ascii_case("localhost") || ends_with(host, ".localhost") => Self::Loopback,
            Err(_) if host.eq_ignore_ascii_case("metadata") || ends_with(host, "metadata.google.internal") => {
                Self::Link
            }
            Err(_) => Self::Public,
        }
    }

    fn of_address(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => {
                let [a, b, ..] = v4.octets();
                // 100.64.0.0/10 is shared by carriers' customers, and some clouds' metadata lives there.
                let shared = a == 100 && (64..128).contains(&b);
                if v4.is_loopback() {
                    Self::Loopback
                } else if v4.is_link_local() || v4.is_unspecified() || v4.is_broadcast() || v4.is_multicast() {
                    Self::Link
                } else if v4.is_private() || shared || a == 0 {
                    Self::Private
                } else {
                    Self::Public
                }
            }
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => Self::of_address(IpAddr::V4(v4)),
                None if v6.is_loopback() => Self::Loopback,
                None if v6.is_unicast_link_local() || v6.is_unspecified() || v6.is_multicast() => Self::Link,
                None if v6.is_unique_local() => Self::Private,
                None => Self::Public,
            },
        }
    }
}

fn ends_with(host: &str, suffix: &str) -> bool {
    host.len() >= suffix.len() && host.is_char_boundary(host.len() - suffix.len()) && {
        host[host.len() - suffix.len()..].eq_ignore_ascii_case(suffix)
    }
}

/// A server as messages name it: host, and port if it is not the scheme's own.
pub(crate) fn host_of(url: &Url) -> String {
    match (url.host_str(), url.port()) {
        (Some(host), Some(port)) => format!("{host}:{port}"),
        (Some(host), None) => host.to_owned(),
        _ => String::new(),
    }
}

/// A URL as messages show it: without query, fragment, user and password, any of which may be secret.
pub(crate) fn redacted(url: &Url) -> String {
    shown(&format!("{}://{}{}", url.scheme(), host_of(url), url.path()))
}

/// Checks whether the registry at `registry` may lead from `from` to `target` (a redirect or a token server).
///
/// # Errors
/// [`RegistryError::Policy`].
pub(crate) fn may_lead(registries: &Registries, registry: &Url, from: &Url, target: &Url) -> Result<()> {
    let refuse = |reason| Err(RegistryError::Policy { host: host_of(from), target: redacted(target), reason });
    match (from.scheme(), target.scheme()) {
        (_, "https") | ("http", "http") => {}
        ("https", "http") => return refuse("it leads from https to http"),
        _ => return refuse("it leads to something else than http or https"),
    }
    let reach = Reach::of(target);
    let named = insecure(&host_of(target), registries);
    if target.scheme() == "http" && reach != Reach::Loopback && named != Some(Insecure::Http) {
        return refuse("plain http is for this machine only, and for what the configuration file has as insecure");
    }
    let same_server = host_of(registry) == host_of(target) && registry.scheme() == target.scheme();
    if named.is_none() && reach != Reach::Public && reach != Reach::of(registry) && !same_server {
        return refuse("it leads to an address of a private network, of this machine or of its link");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_http_and_the_rest_https() {
        let table = [
            ("docker.io", "https://registry-1.docker.io/v2/"),
            ("ghcr.io", "https://ghcr.io/v2/"),
            ("localhost", "http://localhost/v2/"),
            ("localhost:5000", "http://localhost:5000/v2/"),
            ("127.0.0.1:5000", "http://127.0.0.1:5000/v2/"),
            ("127.9.9.9", "http://127.9.9.9/v2/"),
            ("[::1]:5000", "http://[::1]:5000/v2/"),
            ("[2001:db8::1]", "https://[2001:db8::1]/v2/"),
            ("10.0.0.1:5000", "https://10.0.0.1:5000/v2/"),
            ("localhost.example.com", "https://localhost.example.com/v2/"),
            ("128.0.0.1", "https://128.0.0.1/v2/"),
        ];
        for (domain, url) in table {
            assert_eq!(base_url(domain, &Registries::new()).unwrap().as_str(), url);
        }
    }

    #[test]
    fn fault_18_and_19_where_one_may_be_led() {
        let table = [
            ("https://r.io", "https://cdn.net/x", true, "another public server"),
            ("https://r.io", "http://cdn.net/x", false, "from https to http"),
            ("https://r.io", "http://r.io/x", false, "from https to http, same server"),
            ("https://r.io", "ftp://r.io/x", false, "another protocol"),
            ("https://r.io", "file:///etc/passwd", false, "a file"),
            ("https://r.io", "https://127.0.0.1/x", false, "this machine"),
            ("https://r.io", "https://2130706433/x", false, "this machine, as a number"),
            ("https://r.io", "https://localhost/x", false, "this machine by name"),
            ("https://r.io", "https://a.localhost./x", false, "this machine by a longer name"),
            ("https://r.io", "https://[::ffff:127.0.0.1]/x", false, "this machine as a mapped address"),
            ("https://r.io", "https://169.254.169.254/latest", false, "cloud metadata"),
            ("https://r.io", "https://metadata.google.internal/", false, "cloud metadata by name"),
            ("https://r.io", "https://10.1.2.3/x", false, "a private network"),
            ("https://r.io", "https://[fd00::1]/x", false, "a private network, IPv6"),
            ("https://r.io", "https://0.0.0.0/x", false, "any address"),
            ("https://10.1.2.3", "https://10.9.9.9/x", true, "the network of the registry that was named"),
            ("https://10.1.2.3", "https://169.254.169.254/x", false, "cloud metadata from a private registry"),
            ("http://127.0.0.1:5000", "http://127.0.0.1:9000/x", true, "another port of this machine"),
            ("http://127.0.0.1:5000", "http://localhost:9000/x", true, "another name of this machine"),
            ("http://127.0.0.1:5000", "http://10.1.2.3/x", false, "plain http elsewhere"),
            ("http://127.0.0.1:5000", "https://cdn.net/x", true, "from here to the public"),
            ("http://127.0.0.1:5000", "https://10.1.2.3/x", false, "a private network that was not named"),
        ];
        for (registry, target, allowed, why) in table {
            let (registry, target) = (Url::parse(registry).unwrap(), Url::parse(target).unwrap());
            assert_eq!(may_lead(&Registries::new(), &registry, &registry, &target).is_ok(), allowed, "{why}");
        }
    }

    #[test]
    fn what_is_named_insecure_may_be_so() {
        let set = |insecure| RegistrySettings { insecure: Some(insecure), ..RegistrySettings::default() };
        let registries = Registries::from([
            ("10.0.0.5:5000".to_owned(), set(Insecure::Http)),
            ("r.example".to_owned(), set(Insecure::Unverified)),
        ]);
        assert_eq!(base_url("10.0.0.5:5000", &registries).unwrap().as_str(), "http://10.0.0.5:5000/v2/");
        assert_eq!(base_url("r.example", &registries).unwrap().as_str(), "https://r.example/v2/");
        let leads = |from: &str, to: &str| {
            let (from, to) = (Url::parse(from).unwrap(), Url::parse(to).unwrap());
            may_lead(&registries, &from, &from, &to).is_ok()
        };
        assert!(leads("http://10.0.0.5:5000/", "http://10.0.0.5:5000/x"));
        assert!(!leads("http://10.0.0.5:5000/", "http://10.0.0.6/x"));
        assert!(!leads("https://r.example/", "http://10.0.0.5:5000/x"), "from https to http, whoever is there");
    }

    #[test]
    fn shown_urls_have_no_secrets() {
        let url = Url::parse("https://user:password@cdn.net:8443/a/b?X-Signature=secret#secret").unwrap();
        assert_eq!(redacted(&url), "https://cdn.net:8443/a/b");
    }
}
