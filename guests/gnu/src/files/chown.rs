//! `chown`, `chgrp`.

use applets::core::accounts::Accounts;
use applets::format::parse_decimal;
use applets::options::{Long, Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::{FileKind, Stat};
use wcr_sys::fs;

use super::walk::{Enter, is_refused_root, walk};
use crate::Program;
use crate::dispatch::{missing_operand, wrong_usage};
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const REFERENCE: u8 = 0x80;
const PRESERVE_ROOT: u8 = 0x81;
const NO_PRESERVE_ROOT: u8 = 0x82;
const DEREFERENCE: u8 = 0x83;
const FROM: u8 = 0x84;

const SHORT: &str = "HLPRcfhv";

const LONG: &[Long] = &[
    ("recursive", Takes::Nothing, b'R'),
    ("changes", Takes::Nothing, b'c'),
    ("dereference", Takes::Nothing, DEREFERENCE),
    ("from", Takes::Value, FROM),
    ("no-dereference", Takes::Nothing, b'h'),
    ("no-preserve-root", Takes::Nothing, NO_PRESERVE_ROOT),
    ("preserve-root", Takes::Nothing, PRESERVE_ROOT),
    ("quiet", Takes::Nothing, b'f'),
    ("silent", Takes::Nothing, b'f'),
    ("reference", Takes::Value, REFERENCE),
    ("verbose", Takes::Nothing, b'v'),
    HELP_OPTION,
    VERSION_OPTION,
];

/// `chown`.
pub const CHOWN: Program = Program::new(
    "chown",
    "[OPTION]... [OWNER][:[GROUP]] FILE...\n  or:  chown [OPTION]... --reference=RFILE FILE...",
    "Changes who files belong to.",
    SHORT,
    LONG,
    |ctx, parsed| run(ctx, parsed, owners),
);

/// `chgrp`.
pub const CHGRP: Program = Program::new(
    "chgrp",
    "[OPTION]... GROUP FILE...\n  or:  chgrp [OPTION]... --reference=RFILE FILE...",
    "Changes the group of files.",
    SHORT,
    LONG,
    |ctx, parsed| run(ctx, parsed, group_only),
);

/// The owner and the group that are wanted, with the names they were given by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub user: Option<u32>,
    pub group: Option<u32>,
    user_text: Option<Vec<u8>>,
    group_text: Option<Vec<u8>>,
}

/// What an operand is read as; the error is what is wrong with it.
type Reader = fn(&mut Accounts, &[u8]) -> Result<Wanted, &'static [u8]>;

fn number(text: &[u8]) -> Option<u32> {
    let text = text.strip_prefix(b"+").unwrap_or(text);
    parse_decimal(text).and_then(|number| u32::try_from(number).ok()).filter(|number| *number != u32::MAX)
}

/// An owner and a group: `user`, `user:group`, `:group`; `user:` means the user's own group.
pub(crate) fn owners(accounts: &mut Accounts, text: &[u8]) -> Result<Wanted, &'static [u8]> {
    let colon = text.iter().position(|byte| *byte == b':');
    let (user, group) = match colon {
        Some(at) => (text.get(..at).unwrap_or_default(), text.get(at + 1..)),
        None => (text, None),
    };
    let mut wanted = Wanted::default();
    let mut login_group = None;
    if !user.is_empty() {
        let known = accounts.user_named(user).map(|found| (found.uid, found.gid));
        let wrong: &[u8] = if group == Some(b"") { b"invalid spec" } else { b"invalid user" };
        let uid = known.map(|(uid, _)| uid).or_else(|| number(user)).ok_or(wrong)?;
        wanted.user = Some(uid);
        wanted.user_text = Some(user.to_vec());
        login_group = known.map(|(_, gid)| gid);
    }
    match group {
        None => {}
        Some(b"") if user.is_empty() => {}
        Some(b"") => {
            let gid = login_group.ok_or(&b"invalid spec"[..])?;
            wanted.group = Some(gid);
            wanted.group_text = Some(accounts.group_text(gid));
        }
        Some(group) => {
            let known = accounts.group_named(group).map(|found| found.gid);
            wanted.group = Some(known.or_else(|| number(group)).ok_or(&b"invalid group"[..])?);
            wanted.group_text = Some(group.to_vec());
        }
    }
    Ok(wanted)
}

fn group_only(accounts: &mut Accounts, text: &[u8]) -> Result<Wanted, &'static [u8]> {
    if text.is_empty() {
        return Ok(Wanted::default());
    }
    let known = accounts.group_named(text).map(|found| found.gid);
    let gid = known.or_else(|| number(text)).ok_or(&b"invalid group"[..])?;
    Ok(Wanted { group: Some(gid), group_text: Some(text.to_vec()), ..Wanted::default() })
}

struct Change {
    wanted: Wanted,
    from: Wanted,
    follow: bool,
    quiet: bool,
    verbose: bool,
    changes: bool,
    accounts: Accounts,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed, read: Reader) -> Result<u8, Quit> {
    let mut accounts = Accounts::default();
    let mut operands = parsed.operands.as_slice();
    let from = match parsed.value(FROM) {
        None => Wanted::default(),
        Some(text) => owners(&mut accounts, text).map_err(|wrong| ctx.die(&[wrong, b": ", &quote::locale(text)]))?,
    };
    let least = if parsed.has(REFERENCE) { 1 } else { 2 };
    if operands.len() < least {
        return Err(match operands.last() {
            None => missing_operand(ctx, 1),
            Some(last) => wrong_usage(ctx, 1, &[b"missing operand after ", &quote::locale(last)]),
        });
    }
    let wanted = if let Some(path) = parsed.value(REFERENCE) {
        let stat = fs::stat(path)
            .map_err(|error| ctx.die_errno(&[b"failed to get attributes of ", &quote::always(path)], error))?;
        let user = (ctx.applet.name == "chown").then_some(stat.uid);
        Wanted {
            user,
            group: Some(stat.gid),
            user_text: user.map(|uid| accounts.user_text(uid)),
            group_text: Some(accounts.group_text(stat.gid)),
        }
    } else {
        let (spec, rest) = operands.split_first().map_or((&b""[..], operands), |(spec, rest)| (spec.as_slice(), rest));
        operands = rest;
        let read_spec = match read(&mut accounts, spec) {
            // A dot was what parted the two once.
            Err(_) if ctx.applet.name == "chown" && spec.contains(&b'.') && !spec.contains(&b':') => {
                let dot = spec.iter().position(|byte| *byte == b'.').unwrap_or(0);
                let mut colon = spec.to_vec();
                colon[dot] = b':';
                let again = read(&mut accounts, &colon);
                if again.is_ok() {
                    ctx.complain(&[b"warning: '.' should be ':': ", &quote::locale(spec)]);
                }
                again
            }
            other => other,
        };
        read_spec.map_err(|wrong| ctx.die(&[wrong, b": ", &quote::locale(spec)]))?
    };
    let recursive = parsed.has(b'R');
    let enter = match parsed.last_of(b"HLP") {
        Some(b'H') => Enter::Operands,
        Some(b'L') => Enter::Always,
        _ => Enter::Never,
    };
    let dereference = parsed.last_of(&[b'h', DEREFERENCE]);
    if recursive && enter == Enter::Never && dereference == Some(DEREFERENCE) {
        return Err(ctx.die(&[b"-R --dereference requires either -H or -L"]));
    }
    let follow = dereference != Some(b'h') && (!recursive || enter != Enter::Never);
    let shown = parsed.last_of(b"cv");
    let mut change = Change {
        wanted,
        from,
        follow,
        quiet: parsed.has(b'f'),
        verbose: shown == Some(b'v'),
        changes: shown == Some(b'c'),
        accounts,
    };
    let keep_root = parsed.last_of(&[PRESERVE_ROOT, NO_PRESERVE_ROOT]) == Some(PRESERVE_ROOT);
    let mut code = 0;
    for path in operands {
        let quiet = change.quiet;
        let fine = if recursive {
            !(keep_root && is_refused_root(ctx, path))
                && walk(ctx, path, enter, quiet, &mut |ctx, path, stat| change.apply(ctx, path, stat))
        } else {
            match if follow { fs::stat(path) } else { fs::lstat(path) } {
                Ok(stat) => change.apply(ctx, path, &stat),
                Err(error) => {
                    if !quiet {
                        let what: &[u8] =
                            if fs::lstat(path).is_ok() { b"cannot dereference " } else { b"cannot access " };
                        ctx.perror(&[what, &quote::always(path)], error);
                    }
                    false
                }
            }
        };
        code |= u8::from(!fine);
    }
    Ok(code)
}

impl Change {
    fn apply(&mut self, ctx: &mut Context<'_>, path: &[u8], stat: &Stat) -> bool {
        let link = stat.mode.kind() == FileKind::Symlink;
        // A link that is followed is looked at through.
        let target = if link && self.follow { fs::stat(path).ok() } else { None };
        let stat = target.as_ref().unwrap_or(stat);
        let applies =
            self.from.user.is_none_or(|uid| uid == stat.uid) && self.from.group.is_none_or(|gid| gid == stat.gid);
        if !applies {
            self.tell(ctx, path, stat, false);
            return true;
        }
        let (uid, gid) = (self.wanted.user.unwrap_or(u32::MAX), self.wanted.group.unwrap_or(u32::MAX));
        if let Err(error) = fs::chown(path, uid, gid, self.follow) {
            if !self.quiet {
                let what: &[u8] =
                    if self.wanted.user.is_some() { b"changing ownership of " } else { b"changing group of " };
                ctx.perror(&[what, &quote::always(path)], error);
            }
            return false;
        }
        let changed =
            self.wanted.user.is_some_and(|uid| uid != stat.uid) || self.wanted.group.is_some_and(|gid| gid != stat.gid);
        self.tell(ctx, path, stat, changed);
        true
    }

    fn tell(&mut self, ctx: &mut Context<'_>, path: &[u8], stat: &Stat, changed: bool) {
        if !(self.verbose || changed && self.changes) {
            return;
        }
        let name = quote::always(path);
        let wanted = &self.wanted;
        let (has_user, has_group) = (wanted.user_text.is_some(), wanted.group_text.is_some());
        let both = |user: Vec<u8>, group: Vec<u8>| match (has_user, has_group) {
            (true, true) => [user, b":".to_vec(), group].concat(),
            (true, false) => user,
            _ => group,
        };
        let what: &[u8] = if has_user { b"ownership of " } else { b"group of " };
        if !has_user && !has_group {
            ctx.put(&[b"ownership of ", &name[..], b" retained\n"].concat());
            return;
        }
        let old = both(self.accounts.user_text(stat.uid), self.accounts.group_text(stat.gid));
        if !changed {
            ctx.put(&[what, &name, b" retained as ", &old, b"\n"].concat());
            return;
        }
        let new = both(wanted.user_text.clone().unwrap_or_default(), wanted.group_text.clone().unwrap_or_default());
        ctx.put(&[b"changed ", what, &name, b" from ", &old, b" to ", &new, b"\n"].concat());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners_and_groups() {
        let mut accounts = Accounts::from_files(b"root:x:0:0::/:\nann:x:5:7::/:\n", b"root:x:0:\nstaff:x:7:\n");
        let mut ids = |text: &str| owners(&mut accounts, text.as_bytes()).map(|wanted| (wanted.user, wanted.group));
        assert_eq!(ids("ann"), Ok((Some(5), None)));
        assert_eq!(ids("ann:"), Ok((Some(5), Some(7))));
        assert_eq!(ids("1:staff"), Ok((Some(1), Some(7))));
        assert_eq!(ids(":12"), Ok((None, Some(12))));
        assert_eq!(ids("nobody"), Err(&b"invalid user"[..]));
        assert_eq!(ids("ann:x"), Err(&b"invalid group"[..]));
        assert_eq!(ids("9:"), Err(&b"invalid spec"[..]));
    }
}
