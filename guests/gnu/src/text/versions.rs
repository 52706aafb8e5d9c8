//! Names in the order of the versions in them, as `ls -v` and `sort -V` have it.

use core::cmp::Ordering;

/// Compares two file names: hidden ones first, then by the parts before their extensions, then the whole.
#[must_use]
pub fn compare(a: &[u8], b: &[u8]) -> Ordering {
    for special in [&b""[..], b".", b".."] {
        match (a == special, b == special) {
            (true, true) => return Ordering::Equal,
            (true, false) => return Ordering::Less,
            (false, true) => return Ordering::Greater,
            _ => {}
        }
    }
    let hidden = |name: &[u8]| name.starts_with(b".");
    let order = hidden(b).cmp(&hidden(a));
    if order != Ordering::Equal {
        return order;
    }
    let cut = |name: &[u8]| name.strip_prefix(b".").unwrap_or(name).to_vec();
    let (a, b) = (cut(a), cut(b));
    let (short_a, short_b) = (without_extension(&a), without_extension(&b));
    if short_a == short_b { pieces(&a, &b) } else { pieces(short_a, short_b) }.then_with(|| pieces(&a, &b))
}

/// The name without its extensions: each a dot, a letter or tilde, then letters, digits and tildes.
fn without_extension(name: &[u8]) -> &[u8] {
    let mut end = name.len();
    loop {
        let part = name.get(..end).unwrap_or_default();
        let Some(dot) = part.iter().rposition(|byte| *byte == b'.') else { return part };
        let extension = part.get(dot + 1..).unwrap_or_default();
        let starts = extension.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'~');
        if !starts || !extension.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'~') {
            return part;
        }
        end = dot;
    }
}

/// The rank of a byte outside of a number: tildes before the end, then letters, then the rest.
fn rank(byte: Option<u8>) -> i32 {
    match byte {
        Some(b'~') => -2,
        None => -1,
        Some(byte) if byte.is_ascii_digit() => 0,
        Some(byte) if byte.is_ascii_alphabetic() => i32::from(byte),
        Some(byte) => i32::from(byte) + 256,
    }
}

fn pieces(a: &[u8], b: &[u8]) -> Ordering {
    let (mut i, mut j) = (0, 0);
    while i < a.len() || j < b.len() {
        loop {
            let (x, y) = (a.get(i).copied(), b.get(j).copied());
            let digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
            if !(x.is_some() && !digit(x) || y.is_some() && !digit(y)) {
                break;
            }
            let order = rank(x).cmp(&rank(y));
            if order != Ordering::Equal {
                return order;
            }
            (i, j) = (i + 1, j + 1);
        }
        let number = |text: &[u8], at: &mut usize| {
            let rest = text.get(*at..).unwrap_or_default();
            let len = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            *at += len;
            let zeros = rest.iter().take(len).take_while(|byte| **byte == b'0').count();
            rest.get(zeros..len).unwrap_or_default().to_vec()
        };
        let (x, y) = (number(a, &mut i), number(b, &mut j));
        let order = x.len().cmp(&y.len()).then_with(|| x.cmp(&y));
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

#[cfg(test)]
mod tests {
    use super::compare;
    use core::cmp::Ordering;

    /// As `ls -v` of coreutils 9.1 orders them.
    #[test]
    fn numbers_count_as_numbers() {
        let names = ["", ".", "..", ".a", ".b1", ".b10", "a", "a1", "a2.txt", "a10~", "a10", "b1", "b-1"];
        for pair in names.windows(2) {
            let order = compare(pair[0].as_bytes(), pair[1].as_bytes());
            assert_ne!(order, Ordering::Greater, "{pair:?}");
        }
        assert_eq!(compare(b"x9.c", b"x10.c"), Ordering::Less);
        assert_eq!(compare(b"x~", b"x"), Ordering::Less);
    }
}
