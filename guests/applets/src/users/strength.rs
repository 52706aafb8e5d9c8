//! What is wrong with a new password.

/// The shortest password.
const SHORTEST: usize = 6;
/// How long a password of one kind of characters has to be; each further kind takes off two.
const ONE_KIND: usize = 12;

/// The reason to call a password bad; `None` for a good one.
pub(super) fn fault(password: &[u8], name: &[u8], gecos: &[u8], host: &[u8]) -> Option<&'static str> {
    if password.len() < SHORTEST {
        return Some("too short");
    }
    let others = [("similar to username", name), ("similar to gecos", gecos), ("similar to hostname", host)];
    if let Some((fault, _)) = others.into_iter().find(|(_, other)| is_similar(password, other)) {
        return Some(fault);
    }
    let count = |byte: &u8| password.iter().filter(|other| *other == byte).count();
    if password.iter().any(|byte| count(byte) * 2 >= password.len()) {
        return Some("too many similar characters");
    }
    let special = |byte: &u8| !byte.is_ascii_alphanumeric();
    let kinds: [fn(&u8) -> bool; 3] = [u8::is_ascii_lowercase, u8::is_ascii_uppercase, u8::is_ascii_digit];
    let found = kinds.iter().filter(|kind| password.iter().any(|byte| kind(byte))).count();
    let found = found + usize::from(password.iter().any(special));
    (password.len() < ONE_KIND + 2 - 2 * found).then_some("too weak")
}

/// Whether one holds the other, in any case of letters, forwards or backwards.
fn is_similar(password: &[u8], other: &[u8]) -> bool {
    let (password, other) = (password.to_ascii_lowercase(), other.to_ascii_lowercase());
    let backwards: Vec<u8> = password.iter().rev().copied().collect();
    let holds = |long: &[u8], short: &[u8]| !short.is_empty() && memchr::memmem::find(long, short).is_some();
    [&password, &backwards].into_iter().any(|text| holds(text, &other) || holds(&other, text))
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn passwords_are_judged() {
        let judge = |password: &str| fault(password.as_bytes(), b"nobody", b"Bob Smith gecos", b"vm").unwrap_or("");
        for (password, fault) in [
            ("abcde", "too short"),
            ("ydobon", "similar to username"),
            ("NoBoDy1!", "similar to username"),
            ("Bob Smith", "similar to gecos"),
            ("xxvmxx12!A", "similar to hostname"),
            ("aaaa1111", "too many similar characters"),
            ("aaaabcdE1", ""),
            ("abcdefghi", "too weak"),
            ("abcdefghijkl", ""),
            ("abcdefgh1", "too weak"),
            ("aaaabbbb12", ""),
            ("a1B2c3d", "too weak"),
            ("Passw0rd", ""),
            ("a1!B2c", ""),
            ("a1!b2c", "too weak"),
        ] {
            assert_eq!(judge(password), fault, "{password}");
        }
    }
}
