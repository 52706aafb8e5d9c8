//! File modes: the ten letters of a listing, and the octal and symbolic changes of `chmod`.

use wcr_sys::abi::{FileKind, Mode};

/// The ten letters that `ls -l` shows for a mode.
#[must_use]
pub fn letters(mode: Mode) -> [u8; 10] {
    let kind = match mode.kind() {
        FileKind::Regular => b'-',
        FileKind::Directory => b'd',
        FileKind::Symlink => b'l',
        FileKind::CharDevice => b'c',
        FileKind::BlockDevice => b'b',
        FileKind::Fifo => b'p',
        FileKind::Socket => b's',
    };
    let mut out = [b'-'; 10];
    out[0] = kind;
    for (at, letter) in b"rwxrwxrwx".iter().enumerate() {
        if mode.0 & (0o400 >> at) != 0 {
            out[at + 1] = *letter;
        }
    }
    for (bit, at, letter) in [(0o4000, 3, b's'), (0o2000, 6, b's'), (0o1000, 9, b't')] {
        if mode.0 & bit != 0 {
            out[at] = if out[at] == b'x' { letter } else { letter.to_ascii_uppercase() };
        }
    }
    out
}

/// Applies a mode operand, octal or symbolic, to the permission bits `current` of a file.
/// `umask` limits changes that name nobody. `None` when the operand is malformed.
#[must_use]
pub fn apply(operand: &[u8], current: u32, directory: bool, umask: u32) -> Option<u32> {
    if operand.first().is_some_and(u8::is_ascii_digit) {
        return octal(operand);
    }
    let mut mode = current & 0o7777;
    for clause in operand.split(|byte| *byte == b',').filter(|clause| !clause.is_empty()) {
        mode = apply_clause(clause, mode, directory, umask)?;
    }
    Some(mode)
}

/// Reads an octal mode; `None` beyond 7777 or with another character.
fn octal(text: &[u8]) -> Option<u32> {
    let digit = |mode: u32, byte: &u8| match byte {
        b'0'..=b'7' if mode <= 0o777 => Some(mode << 3 | u32::from(byte - b'0')),
        _ => None,
    };
    text.iter().try_fold(0, digit)
}

/// One clause: whom it concerns, then one or more of an operator and permissions.
fn apply_clause(clause: &[u8], mut mode: u32, directory: bool, umask: u32) -> Option<u32> {
    let who_end = clause.iter().position(|byte| !b"ugoa".contains(byte))?;
    let (who, mut rest) = clause.split_at(who_end);
    let class = |byte: &u8| match byte {
        b'u' => 0o4700,
        b'g' => 0o2070,
        b'o' => 0o007,
        _ => 0o7777,
    };
    let named = who.iter().fold(0, |mask, byte| mask | class(byte));
    let mask = if who.is_empty() { 0o7777 & !umask } else { named };
    let clears = if who.is_empty() { 0o7777 } else { named };
    while let [operator @ (b'+' | b'-' | b'='), tail @ ..] = rest {
        let end = tail.iter().position(|byte| b"+-=".contains(byte)).unwrap_or(tail.len());
        let (permissions, next) = tail.split_at(end);
        rest = next;
        if *operator == b'=' {
            // What is copied or asked about afterwards is what this has left.
            mode &= !clears;
        }
        let bits = permission_bits(permissions, mode, directory)? & mask;
        if *operator == b'-' { mode &= !bits } else { mode |= bits }
    }
    rest.is_empty().then_some(mode)
}

/// The bits that the letters behind an operator mean, for every class alike.
fn permission_bits(letters: &[u8], mode: u32, directory: bool) -> Option<u32> {
    if let [copied @ (b'u' | b'g' | b'o')] = letters {
        let shift = match copied {
            b'u' => 6,
            b'g' => 3,
            _ => 0,
        };
        return Some((mode >> shift & 7) * 0o111);
    }
    letters.iter().try_fold(0, |bits, letter| {
        Some(
            bits | match letter {
                b'r' => 0o444,
                b'w' => 0o222,
                b'x' => 0o111,
                b'X' if directory || mode & 0o111 != 0 => 0o111,
                b'X' => 0,
                b's' => 0o6000,
                b't' => 0o1000,
                _ => return None,
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_show_the_special_bits() {
        let show = |mode| String::from_utf8_lossy(&letters(Mode(mode))).into_owned();
        assert_eq!(show(0o100_644), "-rw-r--r--");
        assert_eq!(show(0o107_755), "-rwsr-sr-t");
        assert_eq!(show(0o041_776), "drwxrwxrwT");
        assert_eq!(show(0o106_644), "-rwSr-Sr--");
    }

    #[test]
    fn symbolic_changes() {
        let cases = [
            ("u+x", 0o644, 0o744),
            ("go-rwx", 0o644, 0o600),
            ("+x", 0o644, 0o755),
            ("-w", 0o666, 0o466),
            ("u=g+w", 0o644, 0o644),
            ("g=u", 0o640, 0o660),
            ("u=u", 0o640, 0o040),
            ("a=rwX", 0o555, 0o666),
            ("u-x+w", 0o544, 0o644),
            ("a+X", 0o644, 0o644),
            ("a+X", 0o744, 0o755),
            ("u+s,g+s", 0o644, 0o6644),
            ("77", 0o644, 0o77),
        ];
        for (operand, from, to) in cases {
            assert_eq!(apply(operand.as_bytes(), from, false, 0o022), Some(to), "{operand} {from:o}");
        }
        for wrong in ["u", "8", "77777", "u+q", "z+x", "o=ug"] {
            assert_eq!(apply(wrong.as_bytes(), 0o644, false, 0o022), None, "{wrong}");
        }
    }
}
