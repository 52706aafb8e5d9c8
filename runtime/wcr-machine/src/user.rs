//! Who runs a container's first process: `USER[:GROUP]`, looked up in the image's own files.
//!
//! The rules are those of Docker: a name or number that `/etc/passwd` has brings its group and home; a
//! number that it has not is taken as it is; without `:GROUP` the user also gets the groups of
//! `/etc/group` that list them.

/// The longest line of `/etc/passwd` or `/etc/group` that counts, in bytes; longer ones are skipped.
const LINE_MAX: usize = 64 << 10;
/// The most supplementary groups a user gets (Linux's `NGROUPS_MAX`).
const GROUPS_MAX: usize = 65_536;
/// The highest id that Docker accepts.
const ID_MAX: u32 = i32::MAX.cast_unsigned();

/// The identity of a container's first process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The user id.
    pub uid: u32,
    /// The group id.
    pub gid: u32,
    /// The supplementary groups, the group itself first.
    pub groups: Vec<u32>,
    /// The home directory.
    pub home: Vec<u8>,
}

/// Why there is no such user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UserError {
    /// The user is no number and not in the image's `/etc/passwd`.
    #[error("user {0:?} is not in the image's /etc/passwd; a numeric id works without an entry")]
    User(String),
    /// The group is no number and not in the image's `/etc/group`.
    #[error("group {0:?} is not in the image's /etc/group; a numeric id works without an entry")]
    Group(String),
    /// A number is too large.
    #[error("id {0:?} is not in the range from 0 to {ID_MAX}")]
    Range(String),
}

/// Looks `spec` up in the content of `/etc/passwd` and `/etc/group`; an empty `spec` is user 0.
///
/// # Errors
/// [`UserError`]: the user or the group is not known.
pub fn look_up(spec: &str, passwd: &[u8], group: &[u8]) -> Result<User, UserError> {
    let (user_part, group_part) = spec.split_once(':').unwrap_or((spec, ""));
    let user_part = if user_part.is_empty() { "0" } else { user_part };
    let entry = lines(passwd).filter_map(passwd_entry).find(|entry| entry.is(user_part));
    let (uid, mut gid, home) = match &entry {
        Some(entry) => (entry.uid, entry.gid, entry.home),
        None => (number(user_part, UserError::User)?, 0, &b"/"[..]),
    };
    let mut groups = Vec::new();
    if group_part.is_empty() {
        let member =
            |list: &[u8]| entry.as_ref().is_some_and(|entry| list.split(|b| *b == b',').any(|m| m == entry.name));
        let of_user = lines(group).filter_map(group_entry).filter(|(.., members)| member(members));
        groups.extend(of_user.map(|(_, id, _)| id).take(GROUPS_MAX));
    } else {
        let known = lines(group).filter_map(group_entry).find(|(name, id, _)| is(name, *id, group_part));
        gid = known.map_or_else(|| number(group_part, UserError::Group), |(_, id, _)| Ok(id))?;
    }
    groups.retain(|id| *id != gid);
    groups.insert(0, gid);
    let home = if home.is_empty() { b"/" } else { home };
    Ok(User { uid, gid, groups, home: home.to_vec() })
}

struct PasswdEntry<'a> {
    name: &'a [u8],
    uid: u32,
    gid: u32,
    home: &'a [u8],
}

impl PasswdEntry<'_> {
    fn is(&self, wanted: &str) -> bool {
        is(self.name, self.uid, wanted)
    }
}

/// Whether `wanted` means the entry: by its name, or by its number.
fn is(name: &[u8], id: u32, wanted: &str) -> bool {
    name == wanted.as_bytes() || wanted.parse() == Ok(id)
}

fn lines(content: &[u8]) -> impl Iterator<Item = &[u8]> {
    content.split(|byte| *byte == b'\n').filter(|line| line.len() <= LINE_MAX && !line.starts_with(b"#"))
}

/// `name:password:uid:gid:comment:home:shell`, passwd(5).
fn passwd_entry(line: &[u8]) -> Option<PasswdEntry<'_>> {
    let mut fields = line.split(|byte| *byte == b':');
    let name = fields.next().filter(|name| !name.is_empty())?;
    let uid = id(fields.nth(1)?)?;
    let gid = id(fields.next()?)?;
    Some(PasswdEntry { name, uid, gid, home: fields.nth(1).unwrap_or_default() })
}

/// `name:password:gid:members`, group(5).
fn group_entry(line: &[u8]) -> Option<(&[u8], u32, &[u8])> {
    let mut fields = line.split(|byte| *byte == b':');
    let name = fields.next().filter(|name| !name.is_empty())?;
    let gid = id(fields.nth(1)?)?;
    Some((name, gid, fields.next().unwrap_or_default()))
}

fn id(field: &[u8]) -> Option<u32> {
    core::str::from_utf8(field).ok()?.trim().parse().ok().filter(|id| *id <= ID_MAX)
}

fn number(text: &str, unknown: impl FnOnce(String) -> UserError) -> Result<u32, UserError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(unknown(text.to_owned()));
    }
    text.parse().ok().filter(|id| *id <= ID_MAX).ok_or_else(|| UserError::Range(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &[u8] =
        b"root:x:0:0:root:/root:/bin/sh\n# comment:x:9:9::/:\nbroken\nwww:x:33:34:web:/var/www:/bin/false\n\
        7:x:70:71::/seven:\nnohome:x:5:5::\nbig:x:99999999999:1::/:\n";
    const GROUP: &[u8] = b"root:x:0:\nwheel:x:10:root,www\nstaff:x:50:www\nbad\n34:x:340:\n";

    fn user(spec: &str) -> Result<(u32, u32, Vec<u32>, String), UserError> {
        let user = look_up(spec, PASSWD, GROUP)?;
        Ok((user.uid, user.gid, user.groups, String::from_utf8(user.home).unwrap()))
    }

    #[test]
    fn names_and_numbers_are_found() {
        for (spec, uid, gid, groups, home) in [
            ("", 0, 0, &[0, 10][..], "/root"),
            ("root", 0, 0, &[0, 10], "/root"),
            ("0", 0, 0, &[0, 10], "/root"),
            ("www", 33, 34, &[34, 10, 50], "/var/www"),
            ("33", 33, 34, &[34, 10, 50], "/var/www"),
            ("www:wheel", 33, 10, &[10], "/var/www"),
            ("www:50", 33, 50, &[50], "/var/www"),
            ("www:12345", 33, 12345, &[12345], "/var/www"),
            ("www:34", 33, 340, &[340], "/var/www"),
            ("1234", 1234, 0, &[0], "/"),
            ("1234:5678", 1234, 5678, &[5678], "/"),
            (":50", 0, 50, &[50], "/root"),
            ("7", 70, 71, &[71], "/seven"),
            ("nohome", 5, 5, &[5], "/"),
        ] {
            assert_eq!(user(spec), Ok((uid, gid, groups.to_vec(), home.to_owned())), "{spec}");
        }
    }

    #[test]
    fn unknown_ones_are_refused() {
        for (spec, error) in [
            ("nobody", UserError::User("nobody".into())),
            ("-1", UserError::User("-1".into())),
            ("big", UserError::User("big".into())),
            ("www:none", UserError::Group("none".into())),
            ("4294967296", UserError::Range("4294967296".into())),
            ("2147483648", UserError::Range("2147483648".into())),
        ] {
            assert_eq!(user(spec), Err(error), "{spec}");
        }
    }

    #[test]
    fn an_image_without_the_files_has_root() {
        let user = look_up("", b"", b"").unwrap();
        assert_eq!((user.uid, user.gid, user.home.as_slice()), (0, 0, &b"/"[..]));
    }

    #[test]
    fn hostile_files_do_no_harm() {
        let long = [b"x:x:1:1::/".as_slice(), &[b'a'; LINE_MAX], b":\nx:x:2:2::/two:\n"].concat();
        assert_eq!(look_up("x", &long, b"\xff:\xff:\xff:\xff\n:::").unwrap().uid, 2);
    }
}
