//! `id`, `groups`, `whoami`, `logname`.

use applets::core::accounts::Accounts;
use applets::format::{decimal, parse_decimal};
use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::process;

use crate::Program;
use crate::dispatch::extra_operand;
use crate::program::{HELP_OPTION, STANDARD, VERSION_OPTION};
use crate::quote;

/// `id`.
pub const ID: Program = Program::new(
    "id",
    "[OPTION]... [USER]...",
    "Prints users and groups.",
    "agnruzGZ",
    &[
        ("context", Takes::Nothing, b'Z'),
        ("group", Takes::Nothing, b'g'),
        ("groups", Takes::Nothing, b'G'),
        ("name", Takes::Nothing, b'n'),
        ("real", Takes::Nothing, b'r'),
        ("user", Takes::Nothing, b'u'),
        ("zero", Takes::Nothing, b'z'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    id,
);

/// `groups`.
pub const GROUPS: Program =
    Program::new("groups", "[OPTION]... [USERNAME]...", "Prints the groups of users.", "", STANDARD, groups);

/// `whoami`.
pub const WHOAMI: Program =
    Program::new("whoami", "[OPTION]...", "Prints the user's name.", "", STANDARD, |ctx, parsed| {
        if let Some(first) = parsed.operands.first() {
            return Err(extra_operand(ctx, 1, first));
        }
        let uid = process::user_ids().euid;
        let mut accounts = Accounts::default();
        match accounts.user(uid) {
            Some(user) => {
                ctx.put(&[&user.name[..], b"\n"].concat());
                Ok(0)
            }
            None => Err(ctx.die(&[b"cannot find name for user ID ", &decimal(uid.into())])),
        }
    });

/// `logname`: nobody logs in to a container.
pub const LOGNAME: Program =
    Program::new("logname", "[OPTION]", "Prints the login name.", "", STANDARD, |ctx, parsed| {
        if let Some(first) = parsed.operands.first() {
            return Err(extra_operand(ctx, 1, first));
        }
        Err(ctx.die(&[b"no login name"]))
    });

/// Somebody's numbers.
struct Who {
    uid: u32,
    gid: u32,
    effective: Option<(u32, u32)>,
    groups: Vec<u32>,
}

fn this_process() -> Who {
    let ids = process::user_ids();
    let mut groups = vec![ids.egid];
    groups.extend(ids.groups.iter().copied().filter(|gid| *gid != ids.egid));
    Who { uid: ids.uid, gid: ids.gid, effective: Some((ids.euid, ids.egid)), groups }
}

fn named(accounts: &mut Accounts, name: &[u8]) -> Option<Who> {
    let by_number = || parse_decimal(name.strip_prefix(b"+").unwrap_or(name)).and_then(|uid| u32::try_from(uid).ok());
    let user = match accounts.user_named(name).cloned() {
        Some(user) => user,
        None => accounts.user(by_number()?)?.clone(),
    };
    let mut groups = vec![user.gid];
    let member = |group: &&applets::core::accounts::Group| group.members.contains(&user.name) && group.gid != user.gid;
    groups.extend(accounts.groups().iter().filter(member).map(|group| group.gid));
    Some(Who { uid: user.uid, gid: user.gid, effective: None, groups })
}

fn id(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let kinds: Vec<u8> = b"ugGZ".iter().copied().filter(|key| parsed.has(*key)).collect();
    if kinds.contains(&b'Z') {
        return Err(ctx.die(&[b"--context (-Z) works only on an SELinux-enabled kernel"]));
    }
    if kinds.len() > 1 {
        return Err(ctx.die(&[b"cannot print \"only\" of more than one choice"]));
    }
    if kinds.is_empty() && (parsed.has(b'r') || parsed.has(b'n')) {
        return Err(ctx.die(&[b"cannot print only names or real IDs in default format"]));
    }
    if kinds.is_empty() && parsed.has(b'z') {
        return Err(ctx.die(&[b"option --zero not permitted in default format"]));
    }
    let mut accounts = Accounts::default();
    let mut code = 0;
    let several = parsed.operands.len() > 1;
    if parsed.operands.is_empty() {
        return Ok(show(ctx, parsed, &mut accounts, &this_process(), kinds.first().copied(), false));
    }
    for name in &parsed.operands {
        match named(&mut accounts, name) {
            Some(who) => code |= show(ctx, parsed, &mut accounts, &who, kinds.first().copied(), several),
            None => {
                ctx.complain(&[&quote::locale(name), b": no such user"]);
                code = 1;
            }
        }
    }
    Ok(code)
}

fn show(
    ctx: &mut Context<'_>,
    parsed: &Parsed,
    accounts: &mut Accounts,
    who: &Who,
    kind: Option<u8>,
    several: bool,
) -> u8 {
    let end: &[u8] = if parsed.has(b'z') { b"\0" } else { b"\n" };
    let (euid, egid) = who.effective.filter(|_| !parsed.has(b'r')).unwrap_or((who.uid, who.gid));
    let mut code = 0;
    let mut user = |ctx: &mut Context<'_>, uid: u32| match accounts.user(uid) {
        Some(user) if parsed.has(b'n') => user.name.clone(),
        None if parsed.has(b'n') => {
            ctx.complain(&[b"cannot find name for user ID ", &decimal(uid.into())]);
            code = 1;
            decimal(uid.into())
        }
        _ => decimal(uid.into()),
    };
    match kind {
        Some(b'u') => {
            let text = user(ctx, euid);
            ctx.put(&[&text[..], end].concat());
            code
        }
        Some(b'g' | b'G') => {
            let mut gids = vec![egid];
            if kind == Some(b'G') {
                gids = vec![who.gid];
                gids.extend(Some(egid).filter(|gid| *gid != who.gid));
                let more: Vec<u32> = who.groups.iter().copied().filter(|gid| !gids.contains(gid)).collect();
                gids.extend(more);
            }
            let mut words = Vec::new();
            for gid in gids {
                words.push(match accounts.group(gid) {
                    Some(group) if parsed.has(b'n') => group.name.clone(),
                    None if parsed.has(b'n') => {
                        ctx.complain(&[b"cannot find name for group ID ", &decimal(gid.into())]);
                        code = 1;
                        decimal(gid.into())
                    }
                    _ => decimal(gid.into()),
                });
            }
            let separator: &[u8] = if parsed.has(b'z') { b"\0" } else { b" " };
            ctx.put(&[&words.join(separator)[..], end].concat());
            if parsed.has(b'z') && several && kind == Some(b'G') {
                ctx.put(end);
            }
            code
        }
        _ => {
            full(ctx, accounts, who);
            0
        }
    }
}

fn full(ctx: &mut Context<'_>, accounts: &mut Accounts, who: &Who) {
    let bracketed = |number: u32, name: Option<Vec<u8>>| {
        let name = name.map(|name| [b"(", &name[..], b")"].concat()).unwrap_or_default();
        [decimal(number.into()), name].concat()
    };
    let mut user = |uid: u32| bracketed(uid, accounts.user(uid).map(|user| user.name.clone()));
    let mut line = [b"uid=", &user(who.uid)[..]].concat();
    let euid = who.effective.filter(|(euid, _)| *euid != who.uid).map(|(euid, _)| user(euid));
    let mut group = |gid: u32| bracketed(gid, accounts.group(gid).map(|group| group.name.clone()));
    line.extend_from_slice(&[b" gid=", &group(who.gid)[..]].concat());
    if let Some(euid) = euid {
        line.extend_from_slice(&[b" euid=", &euid[..]].concat());
    }
    if let Some((_, egid)) = who.effective.filter(|(_, egid)| *egid != who.gid) {
        line.extend_from_slice(&[b" egid=", &group(egid)[..]].concat());
    }
    let groups: Vec<Vec<u8>> = who.groups.iter().map(|gid| group(*gid)).collect();
    line.extend_from_slice(&[b" groups=", &groups.join(&b',')[..], b"\n"].concat());
    ctx.put(&line);
}

fn groups(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut accounts = Accounts::default();
    let mut code = 0;
    let people: Vec<(Option<Vec<u8>>, Option<Who>)> = if parsed.operands.is_empty() {
        vec![(None, Some(this_process()))]
    } else {
        parsed.operands.iter().map(|name| (Some(name.clone()), named(&mut accounts, name))).collect()
    };
    for (name, who) in people {
        let Some(who) = who else {
            let name = name.unwrap_or_default();
            ctx.complain(&[&quote::locale(&name), b": no such user"]);
            code = 1;
            continue;
        };
        if let Some(name) = name {
            ctx.put(&[&name[..], b" : "].concat());
        }
        let mut words = Vec::new();
        for gid in who.groups {
            match accounts.group(gid) {
                Some(group) => words.push(group.name.clone()),
                None => {
                    ctx.complain(&[b"cannot find name for group ID ", &decimal(gid.into())]);
                    words.push(decimal(gid.into()));
                    code = 1;
                }
            }
        }
        ctx.put(&[&words.join(&b' ')[..], b"\n"].concat());
    }
    Ok(code)
}
