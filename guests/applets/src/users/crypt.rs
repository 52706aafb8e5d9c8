//! `crypt(3)`: passwords as they are kept, by DES, MD5 (`$1$`), SHA-256 (`$5$`) and SHA-512 (`$6$`).

mod des;
mod md5;
mod sha;

use sha2::{Sha256, Sha512};
use wcr_sys::Errno;

/// The digits of hashes and salts.
pub(super) const DIGITS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How a password is made unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// The traditional one, with eight characters of a password and two of salt.
    Des,
    /// `$1$`
    Md5,
    /// `$5$`
    Sha256,
    /// `$6$`
    Sha512,
}

impl Method {
    /// The method that BusyBox takes a name for, whatever it is.
    #[must_use]
    pub fn named(name: &[u8]) -> Self {
        let lower = name.to_ascii_lowercase();
        match lower.as_slice() {
            b"sha512" => Self::Sha512,
            [b's', ..] => Self::Sha256,
            [b'd', ..] => Self::Des,
            _ => Self::Md5,
        }
    }

    /// What stands before the salt.
    #[must_use]
    pub fn prefix(self) -> &'static [u8] {
        match self {
            Self::Des => b"",
            Self::Md5 => b"$1$",
            Self::Sha256 => b"$5$",
            Self::Sha512 => b"$6$",
        }
    }

    /// How many characters of salt are made up.
    #[must_use]
    pub fn salt_len(self) -> usize {
        match self {
            Self::Des => 2,
            Self::Md5 => 8,
            Self::Sha256 | Self::Sha512 => 16,
        }
    }
}

/// The hash of a password with a salt, which its method's prefix precedes, or with a whole hash. `None` for a bad salt.
#[must_use]
pub fn crypt(password: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
    if let Some(salt) = salt.strip_prefix(b"$1$") {
        return Some(md5(password, salt));
    }
    if let Some(salt) = salt.strip_prefix(b"$5$") {
        return Some(sha::crypt::<Sha256>(b"$5$", password, salt, &sha::SHA256));
    }
    if let Some(salt) = salt.strip_prefix(b"$6$") {
        return Some(sha::crypt::<Sha512>(b"$6$", password, salt, &sha::SHA512));
    }
    des::crypt(password, salt)
}

/// The hash of a password by MD5.
#[must_use]
pub fn md5(password: &[u8], salt: &[u8]) -> Vec<u8> {
    md5::crypt(password, salt)
}

/// A random salt of so many characters.
/// # Errors
/// There is no randomness.
pub fn salt(len: usize) -> Result<Vec<u8>, Errno> {
    let mut bytes = vec![0; len];
    wcr_sys::random(&mut bytes)?;
    Ok(bytes.iter().map(|byte| DIGITS[usize::from(byte & 63)]).collect())
}

/// Appends `count` digits of a number, the lowest first.
pub(super) fn put_digits(out: &mut Vec<u8>, mut number: u32, count: usize) {
    for _ in 0..count {
        out.push(DIGITS[(number & 63) as usize]);
        number >>= 6;
    }
}

/// Whether a password is the one of a hash.
#[must_use]
pub fn matches(password: &[u8], hash: &[u8]) -> bool {
    crypt(password, hash).is_some_and(|made| made == hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(password: &str, salt: &str) -> String {
        String::from_utf8(crypt(password.as_bytes(), salt.as_bytes()).unwrap()).unwrap()
    }

    #[test]
    fn hashes_are_those_of_the_c_library() {
        for (password, salt, hash) in [
            ("pw", "$1$saltsalt", "$1$saltsalt$6SNdNaZLKst2LlSm7oPPL1"),
            ("pw", "$1$", "$1$$F0Fc2lbYpzr3KKdKkM0Wj."),
            ("pw", "$1$abcdefghijklmno", "$1$abcdefgh$IQtUouv7y7Q9dRWkQEPCc."),
            ("pw", "$5$saltsalt", "$5$saltsalt$0rl.MZtoLLPP3X0Rdl8riRnphIcAXJY27/aOAyK2hB5"),
            ("", "$5$saltsalt", "$5$saltsalt$09agN5RZ2meWdEdnEusqsq5G7RwwghB8jCKoWWADxW/"),
            ("pw", "$5$rounds=1000$abc", "$5$rounds=1000$abc$zdUXQ3de2d3x/8MYX1t30oZjPfJThZR5heHeVDYi8j6"),
            ("pw", "$5$ab$cd", "$5$ab$QC5GKcE5kgMGJf0sNCzrqT/sGcwXhEWAp4Sxjx2lFJA"),
            (
                "pw",
                "$6$saltsalt",
                "$6$saltsalt$pauPrmdmG4BTE9h2HPmywiw152IFch6BJCEsaY6D.PLTfpV8sqvXwWdyfsgVgozkYH9B80bAip/08R2BPH2xk/",
            ),
            (
                "pw",
                "$6$rounds=5$abc",
                "$6$rounds=1000$abc$yxe0KSjmoHd8rpohJgwvF5lnIQ/9t.klcz24a1cca3nWm.PLUmhXgcGgKWCoRFHRHYxXj4SVEtjCnCAwaFY0V0",
            ),
            ("pw", "saltsalt", "saAbkB/A/iW1Y"),
            ("", "ab", "abmF1QH4PEr.E"),
            ("123456789", "ab", "ab1iBa.N.U2C6"),
            ("1234567", "ab", "ablk9HoaAwzxk"),
            ("pass", "./", "./1bf5CUkza4E"),
            ("pw", "$$", "$$BM9atuun6Gs"),
        ] {
            assert_eq!(text(password, salt), hash);
        }
        assert_eq!(crypt(b"pw", b"s"), None);
        assert!(matches(b"pw", b"$1$saltsalt$6SNdNaZLKst2LlSm7oPPL1"));
        assert!(!matches(b"pv", b"$1$saltsalt$6SNdNaZLKst2LlSm7oPPL1"));
    }

    #[test]
    fn names_of_methods() {
        for (name, method) in [
            ("sha512", Method::Sha512),
            ("SHA512", Method::Sha512),
            ("sha512x", Method::Sha256),
            ("s", Method::Sha256),
            ("dxx", Method::Des),
            ("foo", Method::Md5),
            ("", Method::Md5),
        ] {
            assert_eq!(Method::named(name.as_bytes()), method, "{name}");
        }
    }
}
