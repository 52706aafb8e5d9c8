//! What `tar` says when something goes wrong.

use applets::{Context, Quit};
use wcr_sys::Errno;

use super::FATAL;
use crate::quote;

/// A name as it is shown.
pub(super) fn shown(name: &[u8]) -> Vec<u8> {
    quote::c_style(name, b"\\")
}

/// `NAME: Cannot open: REASON`.
pub(super) fn cannot(ctx: &mut Context<'_>, name: &[u8], what: &str, error: Errno) {
    let name = shown(name);
    ctx.perror(&[&name, b": Cannot ", what.as_bytes()], error);
}

/// That the program ends here, and the reason to stop.
pub(super) fn not_recoverable(ctx: &mut Context<'_>) -> Quit {
    ctx.complain(&[b"Error is not recoverable: exiting now"]);
    Quit(FATAL)
}

/// What was taken off names, each told once.
#[derive(Debug, Default)]
pub(super) struct Removed {
    told: Vec<(Vec<u8>, bool)>,
}

impl Removed {
    /// The name without what would lead out of the current folder; what is taken off is told the first time.
    pub(super) fn take_off(&mut self, ctx: &mut Context<'_>, name: &[u8], is_link: bool) -> Vec<u8> {
        let end = prefix(name);
        let (removed, rest) = name.split_at(end);
        if end > 0 && !self.told.contains(&(removed.to_vec(), is_link)) {
            self.told.push((removed.to_vec(), is_link));
            let what: &[u8] = if is_link { b"hard link targets" } else { b"member names" };
            let removed = shown(removed);
            ctx.complain(&[b"Removing leading `", &removed, b"' from ", what]);
        }
        if rest.is_empty() { b".".to_vec() } else { rest.to_vec() }
    }
}

/// How much of a name leads out of the current folder: all up to the last `..`, and slashes.
fn prefix(name: &[u8]) -> usize {
    let mut end = 0;
    let mut at = 0;
    while at < name.len() {
        let rest = name.get(at..).unwrap_or_default();
        let len = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        if rest.get(..len) == Some(b"..") {
            end = at + len;
        }
        at += len + 1;
    }
    end + name.get(end..).unwrap_or_default().iter().take_while(|byte| **byte == b'/').count()
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn what_leads_out() {
        for (name, len) in [("a/b", 0), ("/a", 1), ("//a", 2), ("../a", 3), ("a/../b", 5), ("..", 2), ("a..b/..c", 0)] {
            assert_eq!(prefix(name.as_bytes()), len, "{name}");
        }
    }
}
