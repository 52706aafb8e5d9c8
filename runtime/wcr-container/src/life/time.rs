//! Points in time, as logs and records of containers have them.

use std::time::{Duration, UNIX_EPOCH};

/// Nanoseconds since the epoch as RFC 3339 writes them, with all nine digits.
#[must_use]
pub fn rfc3339_nanos(nanos: u64) -> String {
    humantime::format_rfc3339_nanos(UNIX_EPOCH + Duration::from_nanos(nanos)).to_string()
}
