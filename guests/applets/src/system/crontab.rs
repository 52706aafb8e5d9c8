//! `crontab`: shows, replaces, edits and removes a user's table for `crond`.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fd, fs, process};

use crate::core::accounts::Accounts;
use crate::environ::var;
use crate::options::Spec;
use crate::{Applet, Context, Quit, run};

/// The applet.
pub const APPLET: Applet = Applet::new("crontab", include_str!("usage/crontab.txt"), crontab);

/// Where the tables are.
pub(super) const FOLDER: &[u8] = b"/var/spool/cron/crontabs";
/// The file in which `crond` finds whose tables have changed.
pub(super) const UPDATED: &[u8] = b"cron.update";

fn crontab(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if process::user_ids().euid != 0 {
        return Err(ctx.die(&[b"must be suid to work properly"]));
    }
    let parsed = Spec::short("u:c:lerd").parse(ctx)?;
    let uid = process::user_ids().uid;
    let mut accounts = Accounts::default();
    let user = match parsed.value(b'u') {
        Some(name) => accounts.user_named(name).cloned().ok_or_else(|| ctx.die(&[b"unknown user ", name]))?,
        None => {
            let own = accounts.user(uid).cloned();
            own.ok_or_else(|| ctx.die(&[b"unknown uid ", &crate::format::decimal(uid.into())]))?
        }
    };
    // `-d` is a second name of `-r`.
    let removes = parsed.has(b'r') || parsed.has(b'd');
    let action = match (parsed.has(b'l'), parsed.has(b'e'), removes, parsed.operands.as_slice()) {
        (true, false, false, _) => b'l',
        (false, true, false, _) => b'e',
        (false, false, true, _) => b'r',
        (false, false, false, [_]) => 0,
        _ => return Err(ctx.usage()),
    };
    // A new table is opened before the folder is entered.
    let source = match parsed.operands.first().filter(|_| action == 0) {
        None => None,
        Some(path) if path == b"-" => Some(fd::STDIN),
        Some(path) => {
            let opened = fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0);
            Some(opened.map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?)
        }
    };
    let folder = parsed.value(b'c').unwrap_or(FOLDER);
    fs::chdir(folder).map_err(|error| ctx.die_errno(&[b"can't change directory to '", folder, b"'"], error))?;
    match (action, source) {
        (b'l', _) => {
            let table = fs::read_file(&user.name);
            let table = table.map_err(|error| ctx.die_errno(&[b"can't open '", &user.name, b"'"], error))?;
            ctx.put(&table);
            return Ok(0);
        }
        (b'e', _) => edit(ctx, &user.name)?,
        (_, Some(source)) => {
            let text = fs::read_to_end(source).map_err(|error| ctx.die_errno(&[b"read error"], error))?;
            replace(&user.name, &text).map_err(|error| ctx.die_errno(&[b"can't create ", &user.name], error))?;
        }
        // A table that is not there needs no removing.
        _ => match fs::unlink(&user.name) {
            Ok(()) | Err(Errno::Noent) => {}
            Err(error) => ctx.perror(&[b"can't remove ", &user.name], error),
        },
    }
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::APPEND).with(OpenFlags::CLOEXEC);
    let told = fs::open(UPDATED, flags, 0o600)
        .and_then(|file| fd::write_all(file, &[&user.name, b"\n".as_slice()].concat()).and_then(|()| fd::close(file)));
    if told.is_err() {
        ctx.complain(&[b"can't append to ", folder, b"/", UPDATED]);
    }
    Ok(0)
}

/// Writes a table beside the old one and puts it in its place.
fn replace(name: &[u8], text: &[u8]) -> wcr_sys::Result<()> {
    let new = [name, b".new"].concat();
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
    let file = fs::open(&new, flags, 0o600)?;
    fd::write_all(file, text)?;
    fd::close(file)?;
    fs::rename(&new, name)
}

/// Lets the editor work on a copy, which then is the table, whatever the editor says.
fn edit(ctx: &mut Context<'_>, name: &[u8]) -> Result<(), Quit> {
    let copy = format!("/tmp/crontab.{}", process::ids().pid).into_bytes();
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::TRUNC).with(OpenFlags::CLOEXEC);
    let text = fs::read_file(name).unwrap_or_default();
    let written =
        fs::open(&copy, flags, 0o600).and_then(|file| fd::write_all(file, &text).and_then(|()| fd::close(file)));
    written.map_err(|error| ctx.die_errno(&[b"can't create ", &copy], error))?;
    let editor = var(b"VISUAL").or_else(|| var(b"EDITOR")).unwrap_or_else(|| b"vi".to_vec());
    ctx.flush();
    match run::spawn(&[editor.clone(), copy.clone()]).and_then(run::wait) {
        Ok(_) => {}
        Err(error) => ctx.perror(&[b"can't execute '", &editor, b"'"], error),
    }
    let text = fs::read_file(&copy).map_err(|error| ctx.die_errno(&[b"can't open '", &copy, b"'"], error))?;
    // What is left of it is of no use to anybody.
    let _ = fs::unlink(&copy);
    replace(name, &text).map_err(|error| ctx.die_errno(&[b"can't create ", name], error))
}
