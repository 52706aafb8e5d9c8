//! `chown` and `chgrp`: change who files belong to.

use wcr_sys::abi::FileKind;
use wcr_sys::fs;

use super::accounts::Accounts;
use super::owner::{self, KEEP};
use super::paths::join;
use crate::format::decimal;
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

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let mut parsed = SPEC.parse(ctx)?;
    if parsed.operands.len() < 2 {
        return Err(ctx.usage());
    }
    let operand = parsed.operands.remove(0);
    let mut accounts = Accounts::default();
    let operand = if ctx.applet.name == "chgrp" { [b":", operand.as_slice()].concat() } else { operand };
    let (uid, gid) = owner::parse(&mut accounts, &operand).map_err(|unknown| ctx.die(&[&unknown]))?;
    let mut change = Change { uid, gid, code: 0 };
    for path in core::mem::take(&mut parsed.operands) {
        change.apply(ctx, &parsed, &path, true);
    }
    Ok(change.code)
}

struct Change {
    uid: u32,
    gid: u32,
    code: u8,
}

impl Change {
    fn apply(&mut self, ctx: &mut Context<'_>, parsed: &Parsed, path: &[u8], named: bool) {
        let recursive = parsed.has(b'R');
        let traverse = parsed.last_of(b"LH");
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
                    return;
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
                if recursive && stat.mode.kind() == FileKind::Directory {
                    // The walk says so once more.
                    ctx.perror(&[path], error);
                }
                self.code = 1;
            }
        }
    }
}
