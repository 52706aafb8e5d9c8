//! The applets for users: their passwords, and becoming another one.

mod ask;
pub mod crypt;
mod database;
mod identity;
pub mod login;
pub mod mkpasswd;
pub mod passwd;
mod strength;
pub mod su;
pub mod sulogin;

pub(crate) use database::home_of;
pub(crate) use identity::{groups_of, take};

/// An applet with the usage of its file and a function.
macro_rules! applet {
    ($(#[$doc:meta])* $name:ident, $applet:literal, $main:expr) => {
        $(#[$doc])*
        pub const $name: $crate::Applet =
            $crate::Applet::new($applet, include_str!(concat!("usage/", $applet, ".txt")), $main);
    };
}

use applet;
