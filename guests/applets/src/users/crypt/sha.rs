//! Passwords by SHA-256 and SHA-512, after "Unix crypt using SHA-256 and SHA-512" (2007).

use md5::Digest;

use super::put_digits;

/// The longest salt.
const SALT: usize = 16;
const ROUNDS: u64 = 5000;

/// The bytes of a hash, three to each four digits; `None` stands for a byte 0.
pub(super) type Order = [[Option<usize>; 3]];

const fn three(high: usize, middle: usize, low: usize) -> [Option<usize>; 3] {
    [Some(high), Some(middle), Some(low)]
}

/// The order for SHA-256.
pub(super) const SHA256: [[Option<usize>; 3]; 11] = [
    three(0, 10, 20),
    three(21, 1, 11),
    three(12, 22, 2),
    three(3, 13, 23),
    three(24, 4, 14),
    three(15, 25, 5),
    three(6, 16, 26),
    three(27, 7, 17),
    three(18, 28, 8),
    three(9, 19, 29),
    [None, Some(31), Some(30)],
];

/// The order for SHA-512.
pub(super) const SHA512: [[Option<usize>; 3]; 22] = [
    three(0, 21, 42),
    three(22, 43, 1),
    three(44, 2, 23),
    three(3, 24, 45),
    three(25, 46, 4),
    three(47, 5, 26),
    three(6, 27, 48),
    three(28, 49, 7),
    three(50, 8, 29),
    three(9, 30, 51),
    three(31, 52, 10),
    three(53, 11, 32),
    three(12, 33, 54),
    three(34, 55, 13),
    three(56, 14, 35),
    three(15, 36, 57),
    three(37, 58, 16),
    three(59, 17, 38),
    three(18, 39, 60),
    three(40, 61, 19),
    three(62, 20, 41),
    [None, None, Some(63)],
];

/// The number of rounds that a salt asks for, and what is left of the salt.
fn rounds(salt: &[u8]) -> (Option<u64>, &[u8]) {
    let asked = salt.strip_prefix(b"rounds=").and_then(|rest| {
        let end = rest.iter().position(|byte| *byte == b'$')?;
        let number = crate::format::parse_decimal(rest.get(..end)?)?;
        Some((number.clamp(1000, 999_999_999), rest.get(end + 1..)?))
    });
    asked.map_or((None, salt), |(number, rest)| (Some(number), rest))
}

/// `PREFIX[rounds=N$]SALT$HASH`.
pub(super) fn crypt<D: Digest>(prefix: &[u8], password: &[u8], salt: &[u8], order: &Order) -> Vec<u8> {
    let (asked, salt) = rounds(salt);
    let salt = salt.split(|byte| *byte == b'$').next().unwrap_or_default();
    let salt = salt.get(..SALT).unwrap_or(salt);
    let stretched = |bytes: &[u8], len: usize| -> Vec<u8> { bytes.iter().copied().cycle().take(len).collect() };

    let alternate = D::digest([password, salt, password].concat());
    let mut first = [password, salt].concat();
    first.extend(stretched(&alternate, password.len()));
    let mut bits = password.len();
    while bits > 0 {
        first.extend_from_slice(if bits & 1 == 1 { &alternate } else { password });
        bits >>= 1;
    }
    let mut hash = D::digest(&first);
    let p = stretched(&D::digest(password.repeat(password.len())), password.len());
    let repeats = 16 + usize::from(hash.first().copied().unwrap_or_default());
    let s = stretched(&D::digest(salt.repeat(repeats)), salt.len());
    for round in 0..asked.unwrap_or(ROUNDS) {
        let odd = round % 2 == 1;
        let mut digest = D::new();
        digest.update(if odd { p.as_slice() } else { &hash });
        if round % 3 != 0 {
            digest.update(&s);
        }
        if round % 7 != 0 {
            digest.update(&p);
        }
        digest.update(if odd { &hash } else { p.as_slice() });
        hash = digest.finalize();
    }

    let mut out = prefix.to_vec();
    if let Some(rounds) = asked {
        out.extend_from_slice(format!("rounds={rounds}$").as_bytes());
    }
    out.extend_from_slice(&[salt, b"$"].concat());
    for bytes in order {
        let number = bytes.iter().fold(0, |number, at| number << 8 | at.map_or(0, |at| u32::from(hash[at])));
        put_digits(&mut out, number, bytes.iter().flatten().count() + 1);
    }
    out
}
