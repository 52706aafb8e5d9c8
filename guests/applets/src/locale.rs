//! Which character encoding the environment asks for.

use crate::environ::var;

/// Whether text is UTF-8: the first of `LC_ALL`, `LC_CTYPE` and `LANG` that is not empty names that codeset.
#[must_use]
pub fn is_utf8() -> bool {
    let names: [&[u8]; 3] = [b"LC_ALL", b"LC_CTYPE", b"LANG"];
    let locale = names.into_iter().find_map(|name| var(name).filter(|value| !value.is_empty()));
    locale.is_some_and(|locale| {
        let codeset = locale.rsplit(|byte| *byte == b'.').next().filter(|codeset| codeset.len() < locale.len());
        codeset.is_some_and(|codeset| codeset.eq_ignore_ascii_case(b"utf-8") || codeset.eq_ignore_ascii_case(b"utf8"))
    })
}
