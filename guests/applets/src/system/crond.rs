//! `crond`: runs the commands of users' tables when it is time.

mod table;

use wcr_sys::abi::{OpenFlags, WNOHANG};
use wcr_sys::{fd, fs, process, time};

use super::crontab::{FOLDER, UPDATED};
use super::syslogd::background;
use crate::core::accounts::{Accounts, User};
use crate::core::time::zone::Zone;
use crate::environ::var;
use crate::options::{Parsed, Spec};
use crate::{Applet, Context, Quit, run};
use table::Entry;

/// The applet.
pub const APPLET: Applet = Applet::new("crond", include_str!("usage/crond.txt"), crond)
    .lacking("the log of levels below 8 and the system's log, mail, @reboot and its like");

/// The variable that makes this program run one command, as whom.
const JOB: &[u8] = b"WCR_CRON_USER";
const MINUTE: i64 = 60;
const SECOND: u64 = 1_000_000_000;

/// A user and the user's table.
struct Table {
    user: User,
    entries: Vec<Entry>,
}

fn crond(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if let Some(name) = var(JOB) {
        return job(ctx, &name);
    }
    let parsed = Spec::short("l:L:fbSc:").parse(ctx)?;
    if parsed.last_of(b"fb") != Some(b'f') {
        return background(ctx, behind(&parsed));
    }
    let folder = parsed.value(b'c').unwrap_or(FOLDER).to_vec();
    let log = parsed.value(b'L').map(<[u8]>::to_vec);
    let level = parsed.value(b'l').unwrap_or(b"8");
    if let Some(path) = &log {
        // The path is one of the present folder here, and one of the tables' folder later.
        let opened = append(path, &[b"crond: crond (busybox 1.35.0) started, log level ", level, b"\n"].concat());
        opened.map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
    }
    // What it has to say of its folder goes to the system's log.
    fs::chdir(&folder).map_err(|_| Quit(1))?;
    let zone = Zone::from_env();
    let mut last = time::now().sec.div_euclid(MINUTE);
    loop {
        let now = time::now();
        let until = (now.sec.div_euclid(MINUTE) + 1) * MINUTE;
        let nanos = u64::try_from(until - now.sec).unwrap_or(0) * SECOND - u64::from(now.nsec);
        // A child that ends may cut the wait short.
        let _ = time::sleep(nanos);
        while let Ok(Some(_)) = process::wait(-1, WNOHANG) {}
        let minute = time::now().sec.div_euclid(MINUTE);
        if minute <= last {
            continue;
        }
        last = minute;
        // The list of those that have changed is taken as read: there are few tables.
        let _ = fs::unlink(UPDATED);
        let tables = read_tables();
        let civil = zone.local(minute * MINUTE).civil;
        for table in &tables {
            for entry in table.entries.iter().filter(|entry| entry.runs_at(&civil)) {
                start(ctx, &table.user, entry, log.as_deref());
            }
        }
    }
}

/// The command line of the process that stays: what was said, but for where it is to be.
fn behind(parsed: &Parsed) -> Vec<Vec<u8>> {
    let said =
        [b'c', b'L', b'l'].into_iter().filter_map(|option| Some([&[b'-', option], parsed.value(option)?].concat()));
    [b"crond".to_vec(), b"-f".to_vec()].into_iter().chain(said).collect()
}

/// The tables of users that there are.
fn read_tables() -> Vec<Table> {
    let mut accounts = Accounts::default();
    let names = fs::read_dir(b".").unwrap_or_default().into_iter().map(|entry| entry.name);
    let table = |name: Vec<u8>| {
        let user = accounts.user_named(&name)?.clone();
        Some(Table { user, entries: table::parse(&fs::read_file(&name).ok()?) })
    };
    names.filter_map(table).collect()
}

fn append(path: &[u8], text: &[u8]) -> wcr_sys::Result<()> {
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::APPEND).with(OpenFlags::CLOEXEC);
    let file = fs::open(path, flags, 0o666)?;
    fd::write_all(file, text)?;
    fd::close(file)
}

/// Starts a command: this applet again, which becomes the user first.
fn start(ctx: &mut Context<'_>, user: &User, entry: &Entry, log: Option<&[u8]>) {
    let mut envp = wcr_sys::env();
    envp.push([JOB, b"=", &user.name].concat());
    let argv = vec![b"crond".to_vec(), entry.command.clone()];
    let path = b"/proc/self/exe".to_vec();
    let request = wcr_sys::abi::SpawnRequest { path, argv, envp, ..Default::default() };
    match process::spawn(&request) {
        Ok(pid) => {
            let line = format!("crond: USER {} pid {pid:3} cmd ", String::from_utf8_lossy(&user.name));
            if let Some(path) = log {
                // A log that cannot be written to keeps nothing from being done.
                let _ = append(path, &[line.as_bytes(), &entry.command, b"\n"].concat());
            }
        }
        Err(error) => ctx.perror(&[b"vfork"], error),
    }
}

/// Runs a command as a user, at home.
fn job(ctx: &mut Context<'_>, name: &[u8]) -> Result<u8, Quit> {
    let mut accounts = Accounts::default();
    let user = accounts.user_named(name).cloned().ok_or(Quit(1))?;
    let groups = crate::users::groups_of(&user.name, user.gid);
    crate::users::take(&groups, user.gid, user.uid)
        .map_err(|(what, error)| ctx.die_errno(&[what.as_bytes()], error))?;
    let home = crate::users::home_of(name).unwrap_or_else(|| b"/".to_vec());
    fs::chdir(&home).map_err(|error| ctx.die_errno(&[b"can't change directory to '", &home, b"'"], error))?;
    let replaced: [(&[u8], &[u8]); 4] =
        [(b"HOME=", &home), (b"SHELL=", b"/bin/sh"), (b"USER=", name), (b"LOGNAME=", name)];
    let mut env = wcr_sys::env();
    env.retain(|entry| !entry.starts_with(JOB) && replaced.iter().all(|(start, _)| !entry.starts_with(start)));
    env.extend(replaced.iter().map(|(start, value)| [*start, *value].concat()));
    let command = ctx.args.first().cloned().unwrap_or_default();
    Err(run::exec(ctx, &[b"/bin/sh".to_vec(), b"-c".to_vec(), command], env))
}
