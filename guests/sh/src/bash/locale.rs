//! Whether characters are those of UTF-8: what the variables of the locale say.

use core::sync::atomic::{AtomicBool, Ordering};

use crate::shell::Shell;

static UTF8: AtomicBool = AtomicBool::new(false);

/// The variables that say it, the first that is set.
const NAMES: [&[u8]; 3] = [b"LC_ALL", b"LC_CTYPE", b"LANG"];

/// Whether characters may be of several bytes.
#[must_use]
pub fn is_utf8() -> bool {
    UTF8.load(Ordering::Relaxed)
}

/// A character as text; where the locale has no such character, as the escape that names it.
#[must_use]
pub fn encoded(value: u32) -> Vec<u8> {
    match char::from_u32(value) {
        Some(character) if value < 0x80 || is_utf8() => character.encode_utf8(&mut [0; 4]).as_bytes().to_vec(),
        _ if value > 0xffff => format!("\\U{value:08X}").into_bytes(),
        _ => format!("\\u{value:04X}").into_bytes(),
    }
}

impl Shell {
    /// Looks at the variables of the locale, where `name` is one of them.
    pub(crate) fn follow_locale(&self, name: &[u8]) {
        if !NAMES.contains(&name) {
            return;
        }
        let value = NAMES.into_iter().find_map(|name| self.vars.get(name).filter(|value| !value.is_empty()));
        let utf8 = value.is_some_and(|value| {
            let lower = value.to_ascii_lowercase();
            lower.ends_with(b"utf-8") || lower.ends_with(b"utf8")
        });
        UTF8.store(utf8, Ordering::Relaxed);
    }
}
