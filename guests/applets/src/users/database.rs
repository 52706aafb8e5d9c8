//! Lines of `/etc/passwd`, `/etc/shadow`, `/etc/group` and `/etc/gshadow`, and writing them anew.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fd, fs};

use crate::Context;
use crate::format::parse_decimal;

/// The users.
pub(super) const PASSWD: &[u8] = b"/etc/passwd";
/// Their passwords.
pub(super) const SHADOW: &[u8] = b"/etc/shadow";
/// The groups.
pub(super) const GROUP: &[u8] = b"/etc/group";
/// Their passwords.
pub(super) const GSHADOW: &[u8] = b"/etc/gshadow";

/// What stands where a password would that `/etc/shadow` or `/etc/gshadow` keeps.
pub(super) const SHADOWED: &[u8] = b"x";

const DAY: u64 = 24 * 60 * 60 * 1_000_000_000;

/// The day that `/etc/shadow` notes a change under, counted from 1970.
pub(super) fn today() -> u64 {
    wcr_sys::time::now().to_nanos() / DAY
}

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Entry {
    pub name: Vec<u8>,
    pub password: Vec<u8>,
    pub uid: u32,
    pub gid: u32,
    pub gecos: Vec<u8>,
    pub home: Vec<u8>,
    pub shell: Vec<u8>,
}

/// The fields of the line of this name in a file.
fn fields(path: &[u8], name: &[u8]) -> Option<Vec<Vec<u8>>> {
    let file = fs::read_file(path).ok()?;
    let mut lines = file.split(|byte| *byte == b'\n').map(|line| line.split(|byte| *byte == b':'));
    lines.find_map(|mut fields| {
        let first = fields.next()?;
        (first == name).then(|| std::iter::once(first).chain(fields).map(<[u8]>::to_vec).collect())
    })
}

impl Entry {
    fn from_fields(fields: Vec<Vec<u8>>) -> Option<Self> {
        let [name, password, uid, gid, gecos, home, shell] = <[Vec<u8>; 7]>::try_from(fields).ok()?;
        let id = |text: &[u8]| u32::try_from(parse_decimal(text)?).ok();
        Some(Self { uid: id(&uid)?, gid: id(&gid)?, name, password, gecos, home, shell })
    }

    /// The user of this name.
    pub(super) fn named(name: &[u8]) -> Option<Self> {
        Self::from_fields(fields(PASSWD, name)?)
    }

    /// The user's kept password: the one of `/etc/shadow` where there is a line for it.
    pub(super) fn kept_password(&self) -> Vec<u8> {
        shadow_password(&self.name).unwrap_or_else(|| self.password.clone())
    }

    /// The shell, `/bin/sh` for none.
    pub(super) fn shell(&self) -> &[u8] {
        if self.shell.is_empty() { b"/bin/sh" } else { &self.shell }
    }
}

/// A user's home.
pub(crate) fn home_of(name: &[u8]) -> Option<Vec<u8>> {
    Entry::named(name).map(|entry| entry.home)
}

/// The password that `/etc/shadow` has for a user.
pub(super) fn shadow_password(name: &[u8]) -> Option<Vec<u8>> {
    fields(SHADOW, name)?.into_iter().nth(1)
}

/// Sets the password of a user in a file, with the day as the third field of `/etc/shadow`. Whether there was a line to
/// change; what went wrong has been said.
pub(super) fn set_password(ctx: &mut Context<'_>, path: &[u8], name: &[u8], password: &[u8], day: Option<u64>) -> bool {
    rewrite(ctx, path, |text| with_password(text, name, password, day))
}

/// Sets the password of a user where it is kept: in `/etc/shadow` where there is a line for it. Whether that was done.
pub(super) fn keep_password(ctx: &mut Context<'_>, name: &[u8], hash: &[u8]) -> bool {
    match shadow_password(name) {
        Some(_) => {
            set_password(ctx, SHADOW, name, hash, Some(today())) && set_password(ctx, PASSWD, name, SHADOWED, None)
        }
        None => set_password(ctx, PASSWD, name, hash, None),
    }
}

/// Puts a line behind the last one of a file, which has to be there. Whether that was done; what went wrong has been
/// said.
pub(super) fn add_line(ctx: &mut Context<'_>, path: &[u8], line: &[u8]) -> bool {
    if let Err(error) = fs::stat(path) {
        ctx.perror(&[path], error);
        return false;
    }
    rewrite(ctx, path, |text| Some(with_line(text, line)))
}

/// Puts a line behind the last one of a file that a system need not have.
pub(super) fn add_line_if_there(ctx: &mut Context<'_>, path: &[u8], line: &[u8]) {
    if fs::stat(path).is_ok() {
        rewrite(ctx, path, |text| Some(with_line(text, line)));
    }
}

/// Takes the line of this name out of a file. Whether there was one.
pub(super) fn remove_line(ctx: &mut Context<'_>, path: &[u8], name: &[u8]) -> bool {
    rewrite(ctx, path, |text| {
        let start = [name, b":"].concat();
        let kept = text.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.starts_with(&start));
        let kept: Vec<u8> = kept.flatten().copied().collect();
        (kept.len() < text.len()).then_some(kept)
    })
}

/// Has `change` edit the members of the groups in a file, which gets the name of each. Whether any group changed.
pub(super) fn edit_members(ctx: &mut Context<'_>, path: &[u8], change: impl FnMut(&[u8], &mut Vec<Vec<u8>>)) -> bool {
    rewrite(ctx, path, |text| with_members(text, change))
}

/// Writes a file anew with what `change` makes of its text; `None` leaves it as it is. The new one is written beside it
/// and takes its place; the old one stays under its name and `-`. Whether it was written; what went wrong has been said.
fn rewrite(ctx: &mut Context<'_>, path: &[u8], change: impl FnOnce(&[u8]) -> Option<Vec<u8>>) -> bool {
    let Ok(text) = fs::read_file(path) else { return false };
    let Some(text) = change(&text) else { return false };
    let replaced = replace(path, &text);
    if let Err((file, error)) = &replaced {
        ctx.perror(&[b"can't update '", file, b"'"], *error);
    }
    replaced.is_ok()
}

/// A text with one more line at its end.
fn with_line(text: &[u8], line: &[u8]) -> Vec<u8> {
    let between: &[u8] = if text.is_empty() || text.ends_with(b"\n") { b"" } else { b"\n" };
    [text, between, line, b"\n"].concat()
}

/// The file with the last field of its lines, a list of members, changed; `None` when no list is another one then.
fn with_members(text: &[u8], mut change: impl FnMut(&[u8], &mut Vec<Vec<u8>>)) -> Option<Vec<u8>> {
    let (mut out, mut changed) = (Vec::new(), false);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        let fields: Vec<&[u8]> = body.split(|byte| *byte == b':').collect();
        let [name, password, id, list] = fields.as_slice() else {
            out.extend_from_slice(line);
            continue;
        };
        let old: Vec<Vec<u8>> =
            list.split(|byte| *byte == b',').filter(|member| !member.is_empty()).map(<[u8]>::to_vec).collect();
        let mut new = old.clone();
        change(name, &mut new);
        if new == old {
            out.extend_from_slice(line);
            continue;
        }
        changed = true;
        out.extend_from_slice(&[name, password, id, new.join(&b',').as_slice()].join(&b':'));
        out.extend_from_slice(line.get(body.len()..).unwrap_or_default());
    }
    changed.then_some(out)
}

/// The file with the user's second field changed; `None` when there is no such user.
fn with_password(text: &[u8], name: &[u8], password: &[u8], day: Option<u64>) -> Option<Vec<u8>> {
    let start = [name, b":"].concat();
    let (mut out, mut found) = (Vec::new(), false);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if found || !line.starts_with(&start) {
            out.extend_from_slice(line);
            continue;
        }
        found = true;
        let mut fields: Vec<Vec<u8>> = line.split(|byte| *byte == b':').map(<[u8]>::to_vec).collect();
        *fields.get_mut(1)? = password.to_vec();
        if let Some(day) = day
            && fields.len() > 3
        {
            *fields.get_mut(2)? = crate::format::decimal(day);
        }
        out.extend_from_slice(&fields.join(&b':'));
    }
    found.then_some(out)
}

/// Writes a new file and puts it in the place of the old one, of which a link is kept. The error names the file.
fn replace(path: &[u8], text: &[u8]) -> Result<(), (Vec<u8>, Errno)> {
    let (new, backup) = ([path, b"+"].concat(), [path, b"-"].concat());
    let of_new = |error| (new.clone(), error);
    let stat = fs::stat(path).map_err(|error| (path.to_vec(), error))?;
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
    let file = fs::open(&new, flags, 0o600).map_err(of_new)?;
    let written = fd::chmod(file, stat.mode.permissions())
        .and_then(|()| fd::chown(file, stat.uid, stat.gid))
        .and_then(|()| fd::write_all(file, text))
        .and_then(|()| fd::close(file));
    written.map_err(of_new)?;
    match fs::unlink(&backup) {
        Ok(()) | Err(Errno::Noent) => {}
        Err(error) => return Err((backup, error)),
    }
    fs::link(path, &backup, false).map_err(|error| (backup.clone(), error))?;
    fs::rename(&new, path).map_err(of_new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_changes() {
        let shadow = b"root:*:1:0:99999:7:::\nnobody:x:1:0:99999:7:::\nnobody:y:1::\n";
        let changed = with_password(shadow, b"nobody", b"!x", Some(20783)).unwrap();
        assert_eq!(changed, b"root:*:1:0:99999:7:::\nnobody:!x:20783:0:99999:7:::\nnobody:y:1::\n");
        assert_eq!(with_password(b"nobody2:x:1:\n", b"nobody", b"", None), None);
    }

    #[test]
    fn members_come_and_go() {
        let add = |text: &[u8]| {
            with_members(text, |group, members| {
                if group == b"b" && !members.contains(&b"u".to_vec()) {
                    members.push(b"u".to_vec());
                }
            })
        };
        assert_eq!(add(b"a:x:1:\nb:x:2:\n").unwrap(), b"a:x:1:\nb:x:2:u\n");
        assert_eq!(add(b"b:x:2:v,w").unwrap(), b"b:x:2:v,w,u");
        assert_eq!(add(b"b:x:2:u\nb\n"), None);
        let gone = with_members(b"a:x:1:u,v\nb:x:2:u\n", |_, members| members.retain(|member| member != b"u"));
        assert_eq!(gone.unwrap(), b"a:x:1:v\nb:x:2:\n");
        assert_eq!(with_line(b"a", b"b"), b"a\nb\n");
    }
}
