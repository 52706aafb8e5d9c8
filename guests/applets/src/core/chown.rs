//! `chown` and `chgrp`: change who files belong to.

use wcr_sys::abi::FileKind;
use wcr_sys::fs;

use super::accounts::Accounts;
use super::paths::join;
use crate::format::{decimal, parse_decimal};
use crate::options::{Parsed, Spec, Takes};
use crate::{Applet, Context, Quit};

/// `chown`.
pub const CHOWN: Applet = Applet::new(
    "chown",
    "chown [-RhLHPcvf]... USER[:[GRP]] FILE...\n\n\
     Change the owner and/or group of FILEs to USER and/or GRP\n\n\
     \t-h\tAffect symlinks instead of symlink targets\n\
     \t-L\tTraverse all symlinks to directories\n\
     \t-H\tTraverse symlinks on command line only\n\
     \t-P\tDon't traverse symlinks (default)\n\
     \t-R\tRecurse\n\
     \t-c\tList changed files\n\
     \t-v\tVerbose\n\
     \t-f\tHide errors",
    main,
);

/// `chgrp`.
pub const CHGRP: Applet = Applet::new(
    "chgrp",
    "chgrp [-RhLHPcvf]... GROUP FILE...\n\n\
     Change the group membership of FILEs to GROUP\n\n\
     \t-h\tAffect symlinks instead of symlink targets\n\
     \t-L\tTraverse all symlinks to directories\n\
     \t-H\tTraverse symlinks on command line only\n\
     \t-P\tDon't traverse symlinks (default)\n\
     \t-R\tRecurse\n\
     \t-c\tList changed files\n\
     \t-v\tVerbose\n\
     \t-f\tHide errors",
    main,
);

const DEREFERENCE: u8 = 1;
const SPEC: Spec = Spec::new(
    "RhvcfLHP",
    &[
        ("recursive", Takes::Nothing, b'R'),
        ("dereference", Takes::Nothing, DEREFERENCE),
        ("no-dereference", Takes::Nothing, b'h'),
        ("changes", Takes::Nothing, b'c'),
        ("silent", Takes::Nothing, b'f'),
        ("quiet", Takes::Nothing, b'f'),
        ("verbose", Takes::Nothing, b'v'),
    ],
);
/// As a number to set: leave it.
const KEEP: u32 = u32::MAX;

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut parsed = SPEC.parse(ctx)?;
    if parsed.operands.len() < 2 {
        return Err(ctx.usage());
    }
    let operand = parsed.operands.remove(0);
    let mut accounts = Accounts::default();
    let owner =
        if ctx.applet.name == "chgrp" { group(&mut accounts, &operand) } else { owner(&mut accounts, &operand) };
    let (uid, gid) = owner.map_err(|unknown| ctx.die(&[&unknown]))?;
    let mut change = Change { uid, gid, code: 0 };
    for path in core::mem::take(&mut parsed.operands) {
        change.apply(ctx, &parsed, &path, true);
    }
    Ok(change.code)
}

/// Reads `USER`, `USER:`, `USER:GROUP` or `:GROUP`. The error is the diagnostic.
fn owner(accounts: &mut Accounts, operand: &[u8]) -> Result<(u32, u32), Vec<u8>> {
    let separator = operand.iter().position(|byte| *byte == b':').or(operand.iter().position(|byte| *byte == b'.'));
    let (user, group) = match separator {
        Some(at) => (operand.get(..at).unwrap_or_default(), operand.get(at + 1..)),
        None => (operand, None),
    };
    match group {
        Some(name) if user.is_empty() => self::group(accounts, name),
        None => {
            let (uid, _) = user_id(accounts, user).ok_or_else(|| [b"unknown user ", user].concat())?;
            Ok((uid, KEEP))
        }
        Some(group) => {
            let unknown = || [b"unknown user/group ", operand].concat();
            let (uid, login_group) = user_id(accounts, user).ok_or_else(unknown)?;
            let gid = if group.is_empty() { login_group } else { group_id(accounts, group).ok_or_else(unknown)? };
            Ok((uid, gid))
        }
    }
}

fn group(accounts: &mut Accounts, name: &[u8]) -> Result<(u32, u32), Vec<u8>> {
    let gid = group_id(accounts, name).ok_or_else(|| [b"unknown group ", name].concat())?;
    Ok((KEEP, gid))
}

/// A user's number and login group; a number without an account is its own group.
fn user_id(accounts: &mut Accounts, name: &[u8]) -> Option<(u32, u32)> {
    if let Some(user) = accounts.user_named(name) {
        return Some((user.uid, user.gid));
    }
    let uid = number(name)?;
    Some((uid, accounts.user(uid).map_or(uid, |user| user.gid)))
}

fn group_id(accounts: &mut Accounts, name: &[u8]) -> Option<u32> {
    accounts.group_named(name).map(|group| group.gid).or_else(|| number(name))
}

/// A number as the C library's `strtoul` and an assignment to 32 bits give it.
fn number(text: &[u8]) -> Option<u32> {
    parse_decimal(text).map(|number| number as u32)
}

struct Change {
    uid: u32,
    gid: u32,
    code: u8,
}

impl Change {
    fn apply(&mut self, ctx: &mut Context<'_>, parsed: &Parsed, path: &[u8], named: bool) {
        let recursive = parsed.has(b'R');
        let traverse = parsed.last_of(b"LHP").filter(|_| recursive);
        // Without recursion links are followed; with it only where a traversal of links was asked for.
        let chown_link = parsed.has(b'h') || recursive && !matches!(traverse, Some(b'L' | b'H'));
        let enter_link = match traverse {
            Some(b'L') => true,
            Some(b'H') => named,
            _ => false,
        };
        let stat = match if enter_link { fs::stat(path) } else { fs::lstat(path) } {
            Ok(stat) => stat,
            Err(error) => {
                ctx.perror(&[path], error);
                self.code = 1;
                return;
            }
        };
        if recursive && stat.mode.kind() == FileKind::Directory {
            match fs::read_dir(path) {
                Ok(entries) => {
                    for entry in entries {
                        self.apply(ctx, parsed, &join(path, &entry.name), false);
                    }
                }
                Err(error) => {
                    ctx.perror(&[path], error);
                    self.code = 1;
                }
            }
        }
        let (uid, gid) =
            (if self.uid == KEEP { stat.uid } else { self.uid }, if self.gid == KEEP { stat.gid } else { self.gid });
        match fs::chown(path, uid, gid, !chown_link) {
            Ok(()) => {
                if parsed.has(b'v') || parsed.has(b'c') && (uid, gid) != (stat.uid, stat.gid) {
                    let (uid, gid) = (decimal(uid.into()), decimal(gid.into()));
                    ctx.put(&[b"changed ownership of '", path, b"' to ", &uid, b":", &gid, b"\n"].concat());
                }
            }
            Err(error) => {
                if !parsed.has(b'f') {
                    ctx.perror(&[path], error);
                }
                self.code = 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners() {
        let mut accounts = Accounts::from_files(b"a:x:5:6::/:\n", b"staff:x:7:\n");
        let mut read = |text: &str| owner(&mut accounts, text.as_bytes());
        assert_eq!(read("a"), Ok((5, KEEP)));
        assert_eq!(read("a:"), Ok((5, 6)));
        assert_eq!(read("9:"), Ok((9, 9)));
        assert_eq!(read("a.staff"), Ok((5, 7)));
        assert_eq!(read(":staff"), Ok((KEEP, 7)));
        assert_eq!(read("b"), Err(b"unknown user b".to_vec()));
        assert_eq!(read("a:b"), Err(b"unknown user/group a:b".to_vec()));
        assert_eq!(read(":"), Err(b"unknown group ".to_vec()));
    }
}
