//! `id`, `groups`, `whoami`: who the caller or a user is.

use wcr_sys::abi::Ids;
use wcr_sys::process;

use super::accounts::Accounts;
use crate::format::decimal;
use crate::options::Spec;
use crate::{Applet, Context, Quit, WriteFailure};

/// `id`.
pub const ID: Applet = Applet::new(
    "id",
    "id [-ugGnr] [USER]\n\n\
     Print information about USER or the current user\n\n\
     \t-u\tUser ID\n\
     \t-g\tGroup ID\n\
     \t-G\tSupplementary group IDs\n\
     \t-n\tPrint names instead of numbers\n\
     \t-r\tPrint real ID instead of effective ID",
    id,
);

/// `groups`.
pub const GROUPS: Applet = Applet::new("groups", "groups [USER]\n\nPrint the groups USER is in", groups);

/// `whoami`.
pub const WHOAMI: Applet =
    Applet::new("whoami", "whoami\n\nPrint the user name associated with the current effective user id", whoami)
        .on_write_failure(WriteFailure::Code(255));

const SPEC: Spec = Spec::short("ugGnr");

fn id(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let one = |keys: &[u8]| keys.iter().filter(|key| parsed.has(**key)).count();
    let shape = one(b"ugG");
    if shape > 1 || shape == 0 && one(b"nr") > 0 || parsed.operands.len() > 1 {
        return Err(ctx.usage());
    }
    let mut accounts = Accounts::default();
    let ids = match parsed.operands.first() {
        Some(name) => of_user(ctx, &mut accounts, name)?,
        None => process::user_ids(),
    };
    let (names, real) = (parsed.has(b'n'), parsed.has(b'r'));
    let mut show = Printer { ctx, accounts, code: 0 };
    if parsed.has(b'u') {
        show.user(if real { ids.uid } else { ids.euid }, names);
    } else if parsed.has(b'g') {
        show.group(if real { ids.gid } else { ids.egid }, names);
    } else if parsed.has(b'G') {
        show.group_list(&ids, names);
    } else {
        show.everything(&ids);
    }
    show.ctx.put(b"\n");
    Ok(show.code)
}

fn groups(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("").parse(ctx)?;
    let mut accounts = Accounts::default();
    let ids = match parsed.operands.first() {
        Some(name) => of_user(ctx, &mut accounts, name)?,
        None => process::user_ids(),
    };
    let mut show = Printer { ctx, accounts, code: 0 };
    show.group_list(&ids, true);
    show.ctx.put(b"\n");
    Ok(show.code)
}

fn whoami(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if !ctx.args.is_empty() {
        return Err(ctx.usage());
    }
    let uid = process::user_ids().euid;
    match Accounts::default().user(uid) {
        Some(user) => {
            ctx.put(&[user.name.as_slice(), b"\n"].concat());
            Ok(0)
        }
        None => Err(ctx.die(&[b"unknown uid ", &decimal(uid.into())])),
    }
}

/// The ids that a user gets at login.
fn of_user(ctx: &mut Context<'_>, accounts: &mut Accounts, name: &[u8]) -> Result<Ids, Quit> {
    let Some(user) = accounts.user_named(name).cloned() else {
        return Err(ctx.die(&[b"unknown user ", name]));
    };
    let mut groups = vec![user.gid];
    for group in accounts.groups() {
        if group.gid != user.gid && group.members.iter().any(|member| member == name) {
            groups.push(group.gid);
        }
    }
    Ok(Ids { uid: user.uid, euid: user.uid, gid: user.gid, egid: user.gid, groups })
}

struct Printer<'a, 'b> {
    ctx: &'a mut Context<'b>,
    accounts: Accounts,
    code: u8,
}

impl Printer<'_, '_> {
    fn user(&mut self, uid: u32, name: bool) {
        let text = match self.accounts.user(uid) {
            Some(user) if name => user.name.clone(),
            found => {
                let missing = name && found.is_none();
                self.note_missing(missing, b"uid", uid);
                decimal(uid.into())
            }
        };
        self.ctx.put(&text);
    }

    fn group(&mut self, gid: u32, name: bool) {
        let text = match self.accounts.group(gid) {
            Some(group) if name => group.name.clone(),
            found => {
                let missing = name && found.is_none();
                self.note_missing(missing, b"gid", gid);
                decimal(gid.into())
            }
        };
        self.ctx.put(&text);
    }

    /// A name that is asked for and not there is an error; its number is printed in its place.
    fn note_missing(&mut self, missing: bool, what: &[u8], id: u32) {
        if missing {
            self.code = 1;
            self.ctx.complain(&[b"unknown ", what, b" ", &decimal(id.into())]);
        }
    }

    fn group_list(&mut self, ids: &Ids, names: bool) {
        let own = [ids.egid];
        let groups = if ids.groups.is_empty() { own.as_slice() } else { &ids.groups };
        for (at, gid) in groups.iter().enumerate() {
            if at > 0 {
                self.ctx.put(b" ");
            }
            self.group(*gid, names);
        }
    }

    /// ` label=number(name)`.
    fn labelled(&mut self, label: &[u8], id: u32, name: Option<Vec<u8>>) {
        self.ctx.put(&[label, &decimal(id.into())].concat());
        if let Some(name) = name {
            self.ctx.put(&[b"(", name.as_slice(), b")"].concat());
        }
    }

    fn user_label(&mut self, label: &[u8], uid: u32) {
        let name = self.accounts.user(uid).map(|user| user.name.clone());
        self.labelled(label, uid, name);
    }

    fn group_label(&mut self, label: &[u8], gid: u32) {
        let name = self.accounts.group(gid).map(|group| group.name.clone());
        self.labelled(label, gid, name);
    }

    fn everything(&mut self, ids: &Ids) {
        self.user_label(b"uid=", ids.uid);
        self.group_label(b" gid=", ids.gid);
        if ids.euid != ids.uid {
            self.user_label(b" euid=", ids.euid);
        }
        if ids.egid != ids.gid {
            self.group_label(b" egid=", ids.egid);
        }
        for (at, gid) in ids.groups.iter().enumerate() {
            self.group_label(if at == 0 { b" groups=" } else { b"," }, *gid);
        }
    }
}
