//! Users and groups as the image's `/etc/passwd` and `/etc/group` name them.

use wcr_sys::fs;

use crate::format::{decimal, parse_decimal};

/// A line of `/etc/passwd`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The login name.
    pub name: Vec<u8>,
    /// The user id.
    pub uid: u32,
    /// The primary group's id.
    pub gid: u32,
}

/// A line of `/etc/group`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The group's name.
    pub name: Vec<u8>,
    /// The group id.
    pub gid: u32,
    /// The names of those who belong to it besides those whose primary group it is.
    pub members: Vec<Vec<u8>>,
}

/// The accounts of the system, read when first asked for.
#[derive(Debug, Default)]
pub struct Accounts {
    users: Option<Vec<User>>,
    groups: Option<Vec<Group>>,
}

impl Accounts {
    /// Accounts from these two files' contents.
    #[must_use]
    pub fn from_files(passwd: &[u8], group: &[u8]) -> Self {
        Self { users: Some(parse_passwd(passwd)), groups: Some(parse_group(group)) }
    }

    /// All users, in the file's order.
    pub fn users(&mut self) -> &[User] {
        self.users.get_or_insert_with(|| parse_passwd(&fs::read_file(b"/etc/passwd").unwrap_or_default()))
    }

    /// All groups, in the file's order.
    pub fn groups(&mut self) -> &[Group] {
        self.groups.get_or_insert_with(|| parse_group(&fs::read_file(b"/etc/group").unwrap_or_default()))
    }

    /// The user with this id.
    pub fn user(&mut self, uid: u32) -> Option<&User> {
        self.users().iter().find(|user| user.uid == uid)
    }

    /// The user with this name.
    pub fn user_named(&mut self, name: &[u8]) -> Option<&User> {
        self.users().iter().find(|user| user.name == name)
    }

    /// The group with this id.
    pub fn group(&mut self, gid: u32) -> Option<&Group> {
        self.groups().iter().find(|group| group.gid == gid)
    }

    /// The group with this name.
    pub fn group_named(&mut self, name: &[u8]) -> Option<&Group> {
        self.groups().iter().find(|group| group.name == name)
    }

    /// The user's name, or its number when it has none.
    pub fn user_text(&mut self, uid: u32) -> Vec<u8> {
        self.user(uid).map_or_else(|| decimal(uid.into()), |user| user.name.clone())
    }

    /// The group's name, or its number when it has none.
    pub fn group_text(&mut self, gid: u32) -> Vec<u8> {
        self.group(gid).map_or_else(|| decimal(gid.into()), |group| group.name.clone())
    }
}

fn lines(file: &[u8]) -> impl Iterator<Item = Vec<&[u8]>> {
    file.split(|byte| *byte == b'\n').map(|line| line.split(|byte| *byte == b':').collect())
}

fn id(field: &[u8]) -> Option<u32> {
    u32::try_from(parse_decimal(field)?).ok()
}

fn parse_passwd(file: &[u8]) -> Vec<User> {
    let user = |fields: Vec<&[u8]>| match fields.as_slice() {
        [name, _, uid, gid, _, _, _] => Some(User { name: name.to_vec(), uid: id(uid)?, gid: id(gid)? }),
        _ => None,
    };
    lines(file).filter_map(user).collect()
}

fn parse_group(file: &[u8]) -> Vec<Group> {
    let group = |fields: Vec<&[u8]>| match fields.as_slice() {
        [name, _, gid, members] => {
            let members = members.split(|byte| *byte == b',').filter(|member| !member.is_empty());
            Some(Group { name: name.to_vec(), gid: id(gid)?, members: members.map(<[u8]>::to_vec).collect() })
        }
        _ => None,
    };
    lines(file).filter_map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_found_by_name_and_number() {
        let passwd = b"root:x:0:0:root:/root:/bin/sh\nbad line\na:x:5:6::/:\nneg:x:-1:0:::\n";
        let mut accounts = Accounts::from_files(passwd, b"root:x:0:\nstaff:x:6:root,a\n");
        assert_eq!(accounts.users().len(), 2);
        assert_eq!((accounts.user_text(5), accounts.user_text(7)), (b"a".to_vec(), b"7".to_vec()));
        assert_eq!(accounts.group_named(b"staff").unwrap().members, [b"root".to_vec(), b"a".to_vec()]);
        assert_eq!(accounts.user_named(b"a").unwrap().gid, 6);
        assert_eq!(accounts.group_text(6), b"staff");
    }
}
