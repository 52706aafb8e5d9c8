//! `umask`.

use wcr_sys::fs;

use crate::flavour::{self, Flavour};
use crate::shell::{Flow, Shell};

pub(super) fn umask(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let (options, operands) = shell.options(args, b"S")?;
    let mask = fs::umask(0o777);
    let Some(text) = operands.first() else {
        fs::umask(mask);
        if options.is_empty() {
            shell.put(format!("{mask:04o}\n").as_bytes());
        } else {
            shell.put(symbolic(mask).as_bytes());
        }
        return Ok(0);
    };
    let new = if text.first().is_some_and(u8::is_ascii_digit) {
        core::str::from_utf8(text)
            .ok()
            .and_then(|text| u32::from_str_radix(text, 8).ok())
            .map(|mask| if flavour::is_dash() { mask & 0o777 } else { mask })
            .filter(|mask| *mask <= 0o777)
    } else {
        match flavour::current() {
            Flavour::Ash | Flavour::Bash => changed(!mask & 0o777, mask, text).filter(|mode| *mode <= 0o777),
            // The mask holds nothing back, set-id bits are passed over, and there is no sticky one.
            Flavour::Dash if text.contains(&b't') || text.first() == Some(&b',') => None,
            Flavour::Dash => changed(!mask & 0o777, 0, text),
        }
        .map(|mode| !mode & 0o777)
    };
    fs::umask(new.unwrap_or(mask));
    if new.is_none() {
        if flavour::is_dash() {
            let kind: &[u8] =
                if text.first().is_some_and(u8::is_ascii_digit) { b"Illegal number: " } else { b"Illegal mode: " };
            return Err(shell.fail(&[kind, text].concat()));
        }
        return Err(shell.fail(&[b"illegal mode: ", text.as_slice()].concat()));
    }
    Ok(0)
}

fn symbolic(mask: u32) -> String {
    let class = |shift: u32| {
        let mode = !mask >> shift;
        [(4, 'r'), (2, 'w'), (1, 'x')]
            .iter()
            .filter(|(bit, _)| mode & bit != 0)
            .map(|(_, letter)| *letter)
            .collect::<String>()
    };
    format!("u={},g={},o={}\n", class(6), class(3), class(0))
}

/// The mode after a symbolic change such as `u=rwx,g-w`: a mask has no set-id and sticky bits. Without a class, `mask` holds back.
fn changed(mode: u32, mask: u32, text: &[u8]) -> Option<u32> {
    // Whose bits are copied: in dash those of before.
    let before = flavour::is_dash().then_some(mode);
    let mut mode = mode;
    for clause in text.split(|byte| *byte == b',').filter(|clause| !clause.is_empty()) {
        let who = clause.iter().take_while(|byte| b"ugoa".contains(byte)).count();
        let (who, mut actions) = clause.split_at(who);
        let class = who.iter().fold(0, |class, byte| class | class_bits(*byte));
        let (class, allowed) = if who.is_empty() { (0o7777, !mask) } else { (class, class) };
        if actions.is_empty() {
            return None;
        }
        while let Some((operator, rest)) = actions.split_first() {
            let count = rest.iter().take_while(|byte| !b"+-=".contains(byte)).count();
            let (letters, after) = rest.split_at(count);
            if *operator == b'=' {
                mode &= !class;
            }
            let mut bits = 0;
            for letter in letters {
                bits |= match letter {
                    b'r' => 0o444,
                    b'w' => 0o222,
                    b'x' => 0o111,
                    b'X' if mode & 0o111 != 0 => 0o111,
                    b'X' => 0,
                    b's' => 0o6000,
                    b't' => 0o1000,
                    b'u' => (before.unwrap_or(mode) >> 6 & 7) * 0o111,
                    b'g' => (before.unwrap_or(mode) >> 3 & 7) * 0o111,
                    b'o' => (before.unwrap_or(mode) & 7) * 0o111,
                    _ => return None,
                };
            }
            match operator {
                b'+' | b'=' => mode |= bits & allowed,
                b'-' => mode &= !(bits & allowed),
                _ => return None,
            }
            actions = after;
        }
    }
    Some(mode)
}

const fn class_bits(class: u8) -> u32 {
    match class {
        b'u' => 0o4700,
        b'g' => 0o2070,
        b'o' => 0o007,
        _ => 0o7777,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbolic_modes() {
        for (mask, text, result) in [
            (0o022, "u=rwx,g=,o=", Some(0o077)),
            (0o022, "a=rx", Some(0o222)),
            (0o022, "g", None),
            (0o022, "", Some(0o022)),
            (0o037, "=r", Some(0o337)),
            (0o037, "+x", Some(0o037)),
            (0o022, "a=u", Some(0o777)),
            (0o022, "u+s", None),
            (0o022, "o+t", Some(0o022)),
            (0o037, "u=rwX", Some(0o137)),
            (0o022, "u=g+w", Some(0o022)),
        ] {
            let mode = changed(!mask & 0o777, mask, text.as_bytes()).filter(|mode| *mode <= 0o777);
            assert_eq!(mode.map(|mode| !mode & 0o777), result, "{mask:o} {text}");
        }
        assert_eq!(symbolic(0o022), "u=rwx,g=rx,o=rx\n");
    }
}
