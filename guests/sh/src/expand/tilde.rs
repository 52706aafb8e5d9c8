//! Home directories for `~` and `~name`.

use wcr_sys::fs;

use crate::shell::Shell;

impl Shell {
    /// The home directory of the named user, or `$HOME` for an empty name.
    pub(super) fn home(&mut self, user: &[u8]) -> Option<Vec<u8>> {
        if user.is_empty() {
            return self.vars.get(b"HOME").map(std::borrow::Cow::into_owned);
        }
        let accounts = fs::read_file(b"/etc/passwd").ok()?;
        home_in(&accounts, user).map(<[u8]>::to_vec)
    }
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
    use super::home_in;

    #[test]
    fn homes_come_from_the_sixth_field() {
        let accounts = b"root:x:0:0:root:/root:/bin/sh\nbad\nbob:x:5:5::/home/bob:\n";
        assert_eq!(home_in(accounts, b"bob"), Some(&b"/home/bob"[..]));
        assert_eq!(home_in(accounts, b"bad"), None);
        assert_eq!(home_in(accounts, b"eve"), None);
    }
}
