//! The applets for users: their passwords, and becoming another one.

pub mod addgroup;
pub mod adduser;
mod ask;
pub mod chpasswd;
pub mod crypt;
mod database;
pub mod deluser;
mod identity;
pub mod login;
pub mod mkpasswd;
pub mod passwd;
pub mod shells;
mod strength;
pub mod su;
pub mod sulogin;

use crate::format::decimal;
use crate::{Context, Quit};

pub(crate) use database::home_of;
pub(crate) use identity::{groups_of, take};

/// An applet with the usage of its file and a function.
macro_rules! applet {
    ($(#[$doc:meta])* $name:ident, $applet:literal, $main:expr $(; $missing:literal)?) => {
        $(#[$doc])*
        pub const $name: $crate::Applet =
            $crate::Applet::new($applet, include_str!(concat!("usage/", $applet, ".txt")), $main)
                $(.lacking($missing))?;
    };
}

use applet;

/// Ends an applet whose new user or group would get a name that is none.
/// # Errors
/// A character that names may not have; that has been said.
fn fits_as_name(ctx: &mut Context<'_>, name: &[u8]) -> Result<(), Quit> {
    // A name may end in `$`, as those of machines in a domain do.
    let body = name.strip_suffix(b"$").filter(|body| !body.is_empty()).unwrap_or(name);
    let wrong = body
        .iter()
        .enumerate()
        .find(|(at, byte)| !(byte.is_ascii_alphanumeric() || **byte == b'_' || *at > 0 && matches!(byte, b'-' | b'.')));
    match wrong {
        None => Ok(()),
        Some((at, byte)) => {
            let (code, place) = (decimal((*byte).into()), decimal(at as u64));
            Err(ctx.die(&[b"illegal character with code ", &code, b" at position ", &place]))
        }
    }
}
