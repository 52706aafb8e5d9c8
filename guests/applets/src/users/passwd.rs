//! `passwd`: changes, locks, unlocks and empties passwords.

use wcr_sys::{fd, process};

use super::crypt::{self, Method};
use super::database::{Entry, PASSWD, SHADOW, keep_password, shadow_password};
use super::{applet, ask, strength};
use crate::core::accounts::Accounts;
use crate::format::decimal;
use crate::options::Spec;
use crate::{Context, Quit};

applet!(
    /// The applet.
    APPLET, "passwd", passwd
);

/// Ends an applet that a user may only run with the superuser's rights, unless it has them.
/// # Errors
/// It has not; that has been said.
pub(super) fn must_be_privileged(ctx: &mut Context<'_>) -> Result<(), Quit> {
    if process::user_ids().euid == 0 { Ok(()) } else { Err(ctx.die(&[b"must be suid to work properly"])) }
}

fn passwd(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    must_be_privileged(ctx)?;
    let parsed = Spec::short("a:dlu").parse(ctx)?;
    let change = parsed.options.iter().rev().map(|(key, _)| *key).find(|key| b"dlu".contains(key));
    // Of several, locking wins over unlocking, and that over emptying.
    let change = if parsed.has(b'l') {
        Some(b'l')
    } else if parsed.has(b'u') {
        Some(b'u')
    } else {
        change
    };
    let uid = process::user_ids().uid;
    let caller = Accounts::default().user(uid).map(|user| user.name.clone());
    let caller = caller.ok_or_else(|| ctx.die(&[b"unknown uid ", &decimal(uid.into())]))?;
    if change.is_some() && (uid != 0 || parsed.operands.is_empty()) {
        return Err(ctx.usage());
    }
    let name = parsed.operands.first().unwrap_or(&caller);
    let entry = Entry::named(name).ok_or_else(|| ctx.die(&[b"unknown user ", name]))?;
    if uid != 0 && entry.uid != uid {
        return Err(ctx.die(&[&caller, b" can't change password for ", name]));
    }
    let shadowed = shadow_password(name);
    if shadowed.is_none() && wcr_sys::fs::stat(SHADOW).is_ok() {
        ctx.complain(&[b"no record of ", name, b" in ", SHADOW, b", using ", PASSWD]);
    }
    let old = shadowed.unwrap_or_else(|| entry.password.clone());
    let new = match change {
        None => {
            let method = Method::named(parsed.value(b'a').unwrap_or(b"sha256"));
            let Some(new) = ask_for_new(ctx, &entry, &old, uid == 0, method) else {
                return Err(ctx.die(&[b"password for ", name, b" is unchanged"]));
            };
            new
        }
        Some(b'l') if old.starts_with(b"!") => return Err(already(ctx, name, "locked")),
        Some(b'l') => [b"!", old.as_slice()].concat(),
        Some(b'u') => match old.strip_prefix(b"!") {
            Some(rest) => rest.to_vec(),
            None => return Err(already(ctx, name, "unlocked")),
        },
        Some(_) => Vec::new(),
    };
    if !keep_password(ctx, name, &new) {
        return Err(ctx.die(&[b"can't update password file ", PASSWD]));
    }
    ctx.complain(&[b"password for ", name, b" changed by ", &caller]);
    Ok(0)
}

fn already(ctx: &mut Context<'_>, name: &[u8], state: &str) -> Quit {
    ctx.die(&[b"password for ", name, b" is already ", state.as_bytes()])
}

/// Asks for the old password, unless by the superuser, and twice for the new one; gives its hash.
fn ask_for_new(ctx: &mut Context<'_>, entry: &Entry, old: &[u8], root: bool, method: Method) -> Option<Vec<u8>> {
    ctx.put(&[b"Changing password for ", entry.name.as_slice(), b"\n"].concat());
    if !root && !old.is_empty() {
        let given = ask::password(ctx, fd::STDIN, b"Old password: ")?;
        if !crypt::matches(&given, old) {
            ctx.complain(&[b"incorrect password for ", &entry.name]);
            return None;
        }
    }
    let new = ask::password(ctx, fd::STDIN, b"New password: ")?;
    let host = process::uname().nodename.into_bytes();
    if let Some(fault) = strength::fault(&new, &entry.name, &entry.gecos, &host) {
        ctx.put(&[b"Bad password: ", fault.as_bytes(), b"\n"].concat());
        if !root {
            return None;
        }
    }
    let again = ask::password(ctx, fd::STDIN, b"Retype password: ")?;
    if new != again {
        ctx.put(b"Passwords don't match\n");
        return None;
    }
    let salt = crypt::salt(method.salt_len()).ok()?;
    crypt::crypt(&new, &[method.prefix(), &salt].concat())
}
