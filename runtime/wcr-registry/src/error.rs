//! What can go wrong between here and a registry.

use std::path::PathBuf;

use wcr_image::{Class, Digest, ImageError};
use wcr_store::StoreError;

/// A result with a [`RegistryError`].
pub type Result<T, E = RegistryError> = std::result::Result<T, E>;

/// Why an image could not be pulled. Texts that came from outside are escaped; URLs are shown without
/// their queries, which may hold secrets.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// There was no connection, or no answer.
    #[error("cannot reach {host}: {reason}; check the name, the network and the proxy settings")]
    Unreachable {
        /// Whether it refused a connection or broke it off, which may pass.
        passing: bool,
        /// The server, with its port if it is not the default.
        host: String,
        /// Why.
        reason: String,
    },
    /// A connection broke, or nothing came any more, and trying again did not help.
    #[error("the transfer of {what} from {host} failed: {reason}; try again later")]
    Transfer {
        /// What was under way.
        what: String,
        /// The server.
        host: String,
        /// Why.
        reason: String,
    },
    /// A server leads on and on.
    #[error("{host} leads around in circles for {what}: more than 10 redirects, the last one to {last}")]
    Redirects {
        /// What was asked for.
        what: String,
        /// The server.
        host: String,
        /// Where the last redirect led to.
        last: String,
    },
    /// The server does not have it.
    #[error("{what} was not found at {host}: {reason}; check the name and the tag")]
    NotFound {
        /// What was asked for.
        what: String,
        /// The server.
        host: String,
        /// The server's reason.
        reason: String,
    },
    /// The server refuses to be asked so often.
    #[error("{host} is rate limited: {reason}; wait, or log in for a higher limit")]
    RateLimited {
        /// The server.
        host: String,
        /// The server's reason.
        reason: String,
    },
    /// The server failed.
    #[error("{host} failed with status {status} on {what}: {reason}; try again later")]
    Status {
        /// What was asked for.
        what: String,
        /// The server.
        host: String,
        /// The HTTP status.
        status: u16,
        /// The server's reason.
        reason: String,
    },
    /// A login with a name or a password that the server does not take.
    #[error("{host} does not accept this user name and password: {reason}")]
    LoginRefused {
        /// The server.
        host: String,
        /// The server's reason.
        reason: String,
    },
    /// The server wants to know who asks, or knows and says no.
    #[error("{host} denies access to {what}: {reason}; check the name, or log in with `wcr login {login}`")]
    Unauthorised {
        /// What was asked for.
        what: String,
        /// The server.
        host: String,
        /// The server's reason.
        reason: String,
        /// The registry, as one logs in to it.
        login: String,
    },
    /// What a server asked for is not safe.
    #[error("refused to follow {host} to {target}: {reason}")]
    Policy {
        /// The server.
        host: String,
        /// Where it led to.
        target: String,
        /// Which rule forbids it.
        reason: &'static str,
    },
    /// Content is not what its digest says.
    #[error(
        "{what} from {host} is corrupt: its digest should be {expected}, but is {actual}; try again, or ask who runs the registry"
    )]
    Digest {
        /// What.
        what: String,
        /// The server.
        host: String,
        /// The digest it should have.
        expected: Digest,
        /// The digest it has.
        actual: Digest,
    },
    /// Content is longer or shorter than announced.
    #[error(
        "{what} from {host} is corrupt: {expected} bytes were announced, {actual} came; try again, or ask who runs the registry"
    )]
    Length {
        /// What.
        what: String,
        /// The server.
        host: String,
        /// The length it should have.
        expected: u64,
        /// The length it has, as far as it was read.
        actual: u64,
    },
    /// An answer does not follow the protocol.
    #[error("the answer of {host} on {what} makes no sense: {reason}")]
    Protocol {
        /// What was asked for.
        what: String,
        /// The server.
        host: String,
        /// What is wrong.
        reason: String,
    },
    /// An answer is larger than wcr takes.
    #[error("{what} from {host} is larger than the limit of {limit} bytes")]
    Limit {
        /// What.
        what: String,
        /// The server.
        host: String,
        /// How much is allowed.
        limit: u64,
    },
    /// The image is malformed, not for the platform, or too large.
    #[error("{reference}: {source}")]
    Image {
        /// The image.
        reference: String,
        /// Why.
        #[source]
        source: Box<ImageError>,
    },
    /// The store failed, or found that content is not what it should be.
    #[error("{reference}: {source}")]
    Store {
        /// The image.
        reference: String,
        /// Why.
        #[source]
        source: Box<StoreError>,
    },
    /// The configuration file makes no sense.
    #[error("the configuration file {} cannot be used: {reason}", path.display())]
    Config {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Kept credentials cannot be read or written.
    #[error("the credentials in {place} cannot be used: {reason}")]
    Credentials {
        /// The file, or the program that keeps them.
        place: String,
        /// Why.
        reason: String,
    },
    /// This host cannot make connections at all.
    #[error("cannot set up network access: {reason}")]
    Setup {
        /// Why.
        reason: String,
    },
}

impl RegistryError {
    /// The class of the failure.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Unreachable { .. }
            | Self::Transfer { .. }
            | Self::Redirects { .. }
            | Self::NotFound { .. }
            | Self::RateLimited { .. }
            | Self::Status { .. }
            | Self::Setup { .. } => Class::Network,
            Self::LoginRefused { .. } | Self::Unauthorised { .. } | Self::Credentials { .. } => Class::Authorisation,
            Self::Config { .. } => Class::Usage,
            Self::Policy { .. } => Class::Policy,
            Self::Digest { .. } | Self::Length { .. } => Class::Integrity,
            Self::Protocol { .. } => Class::Malformed,
            Self::Limit { .. } => Class::Limit,
            Self::Image { source, .. } => source.class(),
            Self::Store { source, .. } => source.class(),
        }
    }

    /// Whether the registry could not be reached at all, so that what is at hand locally may stand in.
    #[must_use]
    pub const fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Setup { .. })
    }
}

/// Text from outside, safe to show: control characters escaped, long text cut.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 300;
    let mut out: String = text.chars().take(MOST).flat_map(escape).collect();
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}

fn escape(c: char) -> impl Iterator<Item = char> {
    let plain = matches!(c, '"' | '\'' | '\\');
    let escaped = if plain { None } else { Some(c.escape_debug()) };
    escaped.into_iter().flatten().chain(plain.then_some(c))
}
