//! `chpasswd`: sets the passwords of many users, from lines of standard input.

use wcr_sys::fd;

use super::addgroup::must_be_root;
use super::applet;
use super::crypt::{self, Method};
use super::database::{Entry, keep_password};
use crate::lines::LineReader;
use crate::options::{Spec, Takes};
use crate::{Context, Quit};

applet!(
    /// The applet.
    APPLET, "chpasswd", chpasswd; "other roots"
);

const SPEC: Spec = Spec::new(
    "emc:R:",
    &[
        ("encrypted", Takes::Nothing, b'e'),
        ("md5", Takes::Nothing, b'm'),
        ("crypt-method", Takes::Value, b'c'),
        ("root", Takes::Value, b'R'),
    ],
);

fn chpasswd(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    must_be_root(ctx)?;
    let parsed = SPEC.parse(ctx)?;
    let ways = [b'e', b'm', b'c'].into_iter().filter(|key| parsed.has(*key)).count();
    if !parsed.operands.is_empty() || ways > 1 {
        return Err(ctx.usage());
    }
    if parsed.has(b'R') {
        return Err(ctx.die_errno(
            &[b"can't change root directory to '", parsed.value(b'R').unwrap_or(b""), b"'"],
            wcr_sys::Errno::Perm,
        ));
    }
    let method = if parsed.has(b'm') { b"md5" } else { parsed.value(b'c').unwrap_or(b"sha256") };
    let method = Method::named(method);
    let mut lines = LineReader::new(fd::STDIN, b'\n');
    // What cannot be read ends the list.
    while let Ok(Some(line)) = lines.next_line() {
        let Some((name, password)) = split(line.text) else {
            return Err(ctx.die(&[b"missing new password"]));
        };
        if Entry::named(name).is_none() {
            return Err(ctx.die(&[b"unknown user ", name]));
        }
        let hash = if parsed.has(b'e') {
            password.to_vec()
        } else {
            let salt = crypt::salt(method.salt_len()).map_err(|error| ctx.die_errno(&[b"getrandom"], error))?;
            let hash = crypt::crypt(password, &[method.prefix(), &salt].concat());
            hash.ok_or_else(|| ctx.die(&[b"bad salt"]))?
        };
        if keep_password(ctx, name, &hash) {
            ctx.complain(&[b"password for '", name, b"' changed"]);
        }
    }
    Ok(0)
}

/// The user and the password of a line.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(b':', line)?;
    Some((line.get(..at)?, line.get(at + 1..)?))
}
