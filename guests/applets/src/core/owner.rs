//! Owners as they are written on the command line: `USER`, `USER:`, `USER:GROUP`, `:GROUP`.

use super::accounts::Accounts;
use crate::format::parse_decimal;

/// The number that stands for an owner or a group that stays as it is.
pub const KEEP: u32 = u32::MAX;

/// The numbers of the user and the group that `operand` names. A point separates before a colon does, and is one in
/// diagnostics.
/// # Errors
/// The diagnostic: whom nobody knows.
pub fn parse(accounts: &mut Accounts, operand: &[u8]) -> Result<(u32, u32), Vec<u8>> {
    let place = |separator| operand.iter().position(|byte| *byte == separator);
    let Some(at) = place(b'.').or_else(|| place(b':')) else {
        let (uid, _) = user_id(accounts, operand).ok_or_else(|| [b"unknown user ", operand].concat())?;
        return Ok((uid, KEEP));
    };
    let (user, group) = (operand.get(..at).unwrap_or_default(), operand.get(at + 1..).unwrap_or_default());
    if user.is_empty() {
        let gid = group_id(accounts, group).ok_or_else(|| [b"unknown group ", group].concat())?;
        return Ok((KEEP, gid));
    }
    // A colon at the end, which asks for the login group, is not shown.
    let parts = if group.is_empty() { vec![user] } else { vec![user, group] };
    let unknown = || [b"unknown user/group ", parts.join(&b':').as_slice()].concat();
    let (uid, login_group) = user_id(accounts, user).ok_or_else(unknown)?;
    let gid = if group.is_empty() { login_group } else { group_id(accounts, group).ok_or_else(unknown)? };
    Ok((uid, gid))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owners() {
        let mut accounts = Accounts::from_files(b"a:x:5:6::/:\n", b"staff:x:7:\n");
        let mut read = |text: &str| parse(&mut accounts, text.as_bytes());
        assert_eq!(read("a"), Ok((5, KEEP)));
        assert_eq!(read("a:"), Ok((5, 6)));
        assert_eq!(read("9:"), Ok((9, 9)));
        assert_eq!(read("a.staff"), Ok((5, 7)));
        assert_eq!((read(":staff"), read(".staff")), (Ok((KEEP, 7)), Ok((KEEP, 7))));
        let unknown = [
            ("b", "user b"),
            ("a:b", "user/group a:b"),
            ("a.b.c", "user/group a:b.c"),
            ("b:", "user/group b"),
            ("b.", "user/group b"),
            ("b::", "user/group b::"),
            (":", "group "),
            ("..", "group ."),
            (":a.b", "user/group :a:b"),
            (":a.", "user/group :a"),
        ];
        for (text, whom) in unknown {
            assert_eq!(read(text), Err(format!("unknown {whom}").into_bytes()), "{text}");
        }
    }
}
