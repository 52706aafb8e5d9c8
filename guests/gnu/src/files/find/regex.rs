//! The dialects of `-regextype`.

use applets::regex::{Error, Regex, Syntax};

/// The names of the dialects, in the order in which they are listed.
const NAMES: [&str; 13] = [
    "findutils-default",
    "ed",
    "emacs",
    "gnu-awk",
    "grep",
    "posix-awk",
    "awk",
    "posix-basic",
    "posix-egrep",
    "egrep",
    "posix-extended",
    "posix-minimal-basic",
    "sed",
];

/// A dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    /// That of Emacs, the default.
    Emacs,
    /// One of POSIX.
    Posix(Syntax),
}

/// The dialect of this name; or what is said of one that there is not.
pub(super) fn dialect(name: &[u8]) -> Result<Dialect, Vec<u8>> {
    match name {
        b"findutils-default" | b"emacs" => Ok(Dialect::Emacs),
        b"posix-egrep" | b"egrep" => Ok(Dialect::Posix(Syntax { multi_line: false, ..Syntax::EGREP })),
        b"gnu-awk" | b"posix-awk" | b"awk" | b"posix-extended" => Ok(Dialect::Posix(Syntax::EXTENDED)),
        b"grep" => Ok(Dialect::Posix(Syntax { multi_line: false, ..Syntax::GREP })),
        b"ed" | b"posix-basic" | b"posix-minimal-basic" | b"sed" => Ok(Dialect::Posix(Syntax::BASIC)),
        _ => {
            let names = NAMES.map(|name| format!("'{name}'")).join(", ");
            let unknown = [b"Unknown regular expression type '", name, b"'; valid types are "].concat();
            Err([&unknown, names.as_bytes(), b"."].concat())
        }
    }
}

/// Compiles a pattern that is tried against whole paths.
pub(super) fn compile(pattern: &[u8], dialect: Dialect, ignore_case: bool) -> Result<Regex, Error> {
    match dialect {
        Dialect::Emacs => Regex::new(&from_emacs(pattern), Syntax { ignore_case, ..Syntax::EXTENDED }),
        Dialect::Posix(syntax) => Regex::new(pattern, Syntax { ignore_case, ..syntax }),
    }
}

/// A pattern of Emacs as an extended regular expression.
fn from_emacs(pattern: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(pattern.len() + 8);
    let (mut at, mut begins) = (0, true);
    while let Some(byte) = pattern.get(at) {
        at += 1;
        let was_begin = core::mem::replace(&mut begins, false);
        match byte {
            b'\\' => match pattern.get(at) {
                Some(sign @ (b'(' | b'|')) => {
                    out.push(*sign);
                    begins = true;
                    at += 1;
                }
                Some(b')') => {
                    out.push(b')');
                    at += 1;
                }
                Some(other) => {
                    out.extend_from_slice(&[b'\\', *other]);
                    at += 1;
                }
                None => out.push(b'\\'),
            },
            b'(' | b')' | b'|' | b'{' | b'}' => out.extend_from_slice(&[b'\\', *byte]),
            // Where nothing stands before it, such a sign is text.
            b'*' | b'+' | b'?' if was_begin => out.extend_from_slice(&[b'\\', *byte]),
            b'^' if was_begin => {
                out.push(b'^');
                begins = true;
            }
            b'^' => out.extend_from_slice(b"\\^"),
            b'$' => {
                let ends = matches!(pattern.get(at..), None | Some([] | [b'\\', b')' | b'|', ..]));
                out.extend_from_slice(if ends { b"$" } else { b"\\$" });
            }
            b'[' => {
                let rest = pattern.get(at..).unwrap_or_default();
                let mut len = usize::from(rest.first() == Some(&b'^'));
                len += usize::from(rest.get(len) == Some(&b']'));
                len += rest.iter().skip(len).take_while(|byte| **byte != b']').count() + 1;
                out.push(b'[');
                out.extend_from_slice(rest.get(..len).unwrap_or(rest));
                at += len;
            }
            byte => out.push(*byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::from_emacs;

    #[test]
    fn emacs_has_its_operators_behind_backslashes() {
        for (emacs, extended) in [
            (".*\\(main\\|util\\).c", ".*(main|util).c"),
            ("a+b?", "a+b?"),
            ("*a(b){2}", "\\*a\\(b\\)\\{2\\}"),
            ("[a(]x^y$z$", "[a(]x\\^y\\$z$"),
        ] {
            assert_eq!(String::from_utf8_lossy(&from_emacs(emacs.as_bytes())), extended, "{emacs}");
        }
    }
}
