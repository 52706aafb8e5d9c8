//! The users of `/etc/passwd`: for `~name`, prompts and completion.

use wcr_sys::fs;

/// The home directory of the named user.
#[must_use]
pub fn home(user: &[u8]) -> Option<Vec<u8>> {
    let accounts = fs::read_file(b"/etc/passwd").ok()?;
    home_in(&accounts, user).map(<[u8]>::to_vec)
}

/// The name of the user with this number.
#[must_use]
pub fn name_of(uid: u32) -> Option<Vec<u8>> {
    let accounts = fs::read_file(b"/etc/passwd").ok()?;
    name_in(&accounts, uid).map(<[u8]>::to_vec)
}

/// The home directory of the user with this number.
#[must_use]
pub fn home_of(uid: u32) -> Option<Vec<u8>> {
    home(&name_of(uid)?)
}

/// The shell of the user with this number.
#[must_use]
pub fn shell_of(uid: u32) -> Option<Vec<u8>> {
    let accounts = fs::read_file(b"/etc/passwd").ok()?;
    let name = name_in(&accounts, uid)?;
    let line =
        accounts.split(|byte| *byte == b'\n').find(|line| line.split(|byte| *byte == b':').next() == Some(name))?;
    line.split(|byte| *byte == b':').nth(6).filter(|shell| !shell.is_empty()).map(<[u8]>::to_vec)
}

/// The names of all users.
#[must_use]
pub fn names() -> Vec<Vec<u8>> {
    let accounts = fs::read_file(b"/etc/passwd").unwrap_or_default();
    let lines = accounts.split(|byte| *byte == b'\n').filter(|line| line.contains(&b':'));
    lines.filter_map(|line| line.split(|byte| *byte == b':').next()).map(<[u8]>::to_vec).collect()
}

/// The name with a number in a text of the form of `passwd(5)`.
fn name_in(accounts: &[u8], uid: u32) -> Option<&[u8]> {
    let digits = uid.to_string();
    accounts.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        let name = fields.next()?;
        (fields.nth(1) == Some(digits.as_bytes())).then_some(name)
    })
}

/// A user's home directory in a text of the form of `passwd(5)`.
fn home_in<'t>(accounts: &'t [u8], user: &[u8]) -> Option<&'t [u8]> {
    accounts.split(|byte| *byte == b'\n').find_map(|line| {
        let mut fields = line.split(|byte| *byte == b':');
        (fields.next() == Some(user)).then(|| fields.nth(4)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::{home_in, name_in};

    #[test]
    fn homes_come_from_the_sixth_field() {
        let accounts = b"root:x:0:0:root:/root:/bin/sh\nbad\nbob:x:5:5::/home/bob:\n";
        assert_eq!(home_in(accounts, b"bob"), Some(&b"/home/bob"[..]));
        assert_eq!(home_in(accounts, b"bad"), None);
        assert_eq!(home_in(accounts, b"eve"), None);
        assert_eq!(name_in(accounts, 5), Some(&b"bob"[..]));
        assert_eq!(name_in(accounts, 7), None);
    }
}
