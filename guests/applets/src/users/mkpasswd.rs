//! `mkpasswd` and `cryptpw`: the hash of a password.

use wcr_sys::fd;

use super::crypt::{self, Method};
use super::{applet, ask};
use crate::format::parse_decimal;
use crate::options::{Spec, Takes};
use crate::{Context, Quit};

applet!(
    /// `mkpasswd`.
    APPLET, "mkpasswd", mkpasswd
);
applet!(
    /// `cryptpw`, which is the same.
    CRYPTPW, "cryptpw", mkpasswd
);

const SPEC: Spec = Spec::new(
    "sP:S:m:a:",
    &[
        ("stdin", Takes::Nothing, b's'),
        ("password-fd", Takes::Value, b'P'),
        ("salt", Takes::Value, b'S'),
        ("method", Takes::Value, b'm'),
    ],
);

fn mkpasswd(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let (given, operand_salt) = match parsed.operands.as_slice() {
        [] => (None, None),
        [password] => (Some(password.clone()), None),
        [password, salt] => (Some(password.clone()), Some(salt.as_slice())),
        _ => return Err(ctx.usage()),
    };
    let method = Method::named(parsed.last_of(b"ma").and_then(|key| parsed.value(key)).unwrap_or(b"sha256"));
    let input = match parsed.value(b'P') {
        None => fd::STDIN,
        Some(text) => {
            let number = parse_decimal(text).and_then(|number| u32::try_from(number).ok());
            let input = number.ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))?;
            if fd::flags(input).is_err() {
                return Err(ctx.die_errno(&[b"can't duplicate file descriptor"], wcr_sys::Errno::Badf));
            }
            input
        }
    };
    let salt = match operand_salt.or(parsed.value(b'S')) {
        Some(salt) => salt.to_vec(),
        None => crypt::salt(method.salt_len()).map_err(|error| ctx.die_errno(&[b"getrandom"], error))?,
    };
    let password = match given {
        Some(password) => password,
        None => {
            let asked =
                if fd::is_tty(input) { ask::password(ctx, input, b"Password: ") } else { ask::read_line(input) };
            let Some(password) = asked else { return Ok(0) };
            password
        }
    };
    let hash = crypt::crypt(&password, &[method.prefix(), &salt].concat());
    let hash = hash.ok_or_else(|| ctx.die(&[b"bad salt"]))?;
    ctx.put(&[&hash, b"\n".as_slice()].concat());
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn methods_and_salts() {
        assert_eq!(run(&APPLET, &["-m", "d", "-S", "saltsalt", "pw"]).1, "saAbkB/A/iW1Y\n");
        assert_eq!(run(&APPLET, &["--method=md5", "--salt=abc", "--stdin", "pw"]).1, "$1$abc$Kb85XxsXB.VXinPhbS4431\n");
        assert_eq!(run(&APPLET, &["-m", "des", "-S", "s", "pw"]), (1, String::new(), "mkpasswd: bad salt\n".into()));
        assert_eq!(run(&APPLET, &["-P", "x"]).2, "mkpasswd: invalid number 'x'\n");
        assert!(run(&APPLET, &["a", "b", "c"]).2.contains("Usage: mkpasswd"));
    }
}
