//! Passwords by MD5, as FreeBSD's `crypt(3)` began it.

use md5::{Digest, Md5};

use super::put_digits;

/// The longest salt.
const SALT: usize = 8;

/// `$1$SALT$HASH`.
pub(super) fn crypt(password: &[u8], salt: &[u8]) -> Vec<u8> {
    let salt = salt.split(|byte| *byte == b'$').next().unwrap_or_default();
    let salt = salt.get(..SALT).unwrap_or(salt);
    let alternate = Md5::digest([password, salt, password].concat());
    let mut first = [password, b"$1$", salt].concat();
    first.extend(alternate.iter().cycle().take(password.len()));
    let mut bits = password.len();
    while bits > 0 {
        first.push(if bits & 1 == 1 { 0 } else { password.first().copied().unwrap_or_default() });
        bits >>= 1;
    }
    let mut hash = Md5::digest(&first);
    for round in 0..1000 {
        let mut input = Vec::new();
        let odd = round % 2 == 1;
        input.extend_from_slice(if odd { password } else { &hash });
        if round % 3 != 0 {
            input.extend_from_slice(salt);
        }
        if round % 7 != 0 {
            input.extend_from_slice(password);
        }
        input.extend_from_slice(if odd { &hash } else { password });
        hash = Md5::digest(&input);
    }
    let mut out = [b"$1$", salt, b"$"].concat();
    let byte = |at: usize| u32::from(hash[at]);
    for (high, middle, low) in [(0, 6, 12), (1, 7, 13), (2, 8, 14), (3, 9, 15), (4, 10, 5)] {
        put_digits(&mut out, byte(high) << 16 | byte(middle) << 8 | byte(low), 4);
    }
    put_digits(&mut out, byte(11), 2);
    out
}
