//! Which applets there are, which program holds each, and where BusyBox installs them.

use crate::Applet;
use crate::archive::{ar, bzip2, cpio, dpkg_deb, gzip, lzop, rpm2cpio, tar, uncompress, unzip, xz, zcat};
use crate::calc::{bc, dc, expr};
use crate::core::{
    basename, canonical, cat, chmod, chown, cp, date, dirname, du, echo, env, head, hostname, id, install, ln, ls,
    mkdir, mktemp, mountpoint, mv, nproc, onecall, printenv, printf, pwd, rm, rmdir, seq, sleep, stat, sync, tail, tee,
    terminal, test, touch, truth, uname, wc, which, yes,
};
use crate::edit::{ed, less, more, vi};
use crate::machine;
use crate::system::{
    chpst, crond, crontab, flock, free, ionice, kill, logger, mim, mount, nice, nohup, open_files, pgrep, ps, pstree,
    renice, runparts, setpriv, setsid, start_stop_daemon, stty, sysctl, syslogd, taskset, time, timeout, top, uptime,
    watch,
};
use crate::text;
use crate::tools::{
    ascii, base64, cal, checksum, cksum, cmp, dd, df, diff, dos2unix, factor, find, getopt, hexdump, ipcalc, od, patch,
    shred, shuf, split, strings, tree, ts, uuencode, xargs, xxd,
};
use crate::users::{addgroup, adduser, chpasswd, deluser, login, mkpasswd, passwd, shells, su, sulogin};

/// An applet and the directory that BusyBox installs it in.
pub type Entry = (&'static str, Applet);

const BIN: &str = "bin";
const USR_BIN: &str = "usr/bin";
const SBIN: &str = "sbin";
const USR_SBIN: &str = "usr/sbin";

/// The applets of the program `base`: those that use no files. A small program starts in half the time of a
/// larger one, and these are the ones that scripts start most.
pub const BASE: &[Entry] = &[
    (USR_BIN, basename::APPLET),
    (USR_BIN, dirname::APPLET),
    (BIN, echo::APPLET),
    (BIN, truth::FALSE),
    (USR_BIN, printf::APPLET),
    (USR_BIN, seq::APPLET),
    (BIN, truth::TRUE),
    (BIN, uname::UNAME),
    (BIN, uname::ARCH),
    (BIN, sleep::SLEEP),
    (BIN, sleep::USLEEP),
    (USR_BIN, yes::APPLET),
    (BIN, pwd::APPLET),
    (USR_BIN, nproc::NPROC),
    (USR_BIN, nproc::HOSTID),
];

/// The applets of the program `core`.
pub const CORE: &[Entry] = &[
    (USR_BIN, test::BRACKET),
    (USR_BIN, test::TEST),
    (BIN, cat::APPLET),
    (USR_BIN, env::APPLET),
    (USR_BIN, which::APPLET),
    (USR_BIN, id::ID),
    (USR_BIN, id::GROUPS),
    (USR_BIN, id::WHOAMI),
    (BIN, hostname::APPLET),
    (BIN, hostname::DNSDOMAINNAME),
    (USR_BIN, terminal::TTY),
    (USR_BIN, terminal::CLEAR),
    (USR_BIN, terminal::LOGNAME),
    (BIN, canonical::READLINK),
    (USR_BIN, canonical::REALPATH),
    (BIN, sync::SYNC),
    (BIN, sync::FSYNC),
    (BIN, mountpoint::APPLET),
    (BIN, mkdir::APPLET),
    (BIN, rmdir::APPLET),
    (BIN, rm::APPLET),
    (BIN, rm::NUKE),
    (BIN, ln::APPLET),
    (BIN, touch::APPLET),
    (BIN, chmod::APPLET),
    (BIN, chown::CHOWN),
    (BIN, chown::CHGRP),
    (BIN, onecall::LINK),
    (USR_BIN, onecall::UNLINK),
    (USR_BIN, onecall::MKFIFO),
    (BIN, onecall::MKNOD),
    (USR_BIN, onecall::TRUNCATE),
    (USR_BIN, onecall::FALLOCATE),
    (BIN, date::APPLET),
    (BIN, mktemp::APPLET),
    (BIN, stat::APPLET),
    (USR_BIN, wc::APPLET),
    (USR_BIN, head::APPLET),
    (USR_BIN, tail::APPLET),
    (BIN, cp::APPLET),
    (BIN, mv::APPLET),
    (USR_BIN, tee::APPLET),
    (BIN, ls::APPLET),
    (USR_BIN, install::APPLET),
    (USR_BIN, du::APPLET),
    (BIN, printenv::APPLET),
];

/// The applets of the program `text`.
pub const TEXT: &[Entry] = &[
    (USR_BIN, text::brackets::APPLET),
    (BIN, text::grep::GREP),
    (BIN, text::grep::EGREP),
    (BIN, text::grep::FGREP),
    (USR_BIN, text::sort::APPLET),
    (BIN, text::rev::APPLET),
    (USR_BIN, text::tac::APPLET),
    (USR_BIN, text::uniq::APPLET),
    (USR_BIN, text::comm::APPLET),
    (USR_BIN, text::tr::APPLET),
    (USR_BIN, text::paste::APPLET),
    (USR_BIN, text::nl::APPLET),
    (USR_BIN, text::cut::APPLET),
    (USR_BIN, text::fold::APPLET),
    (USR_BIN, text::expand::APPLET),
    (USR_BIN, text::unexpand::APPLET),
    (BIN, text::sed::APPLET),
];

/// The applet of the program `awk`: one of its own, because it is large and needs a larger stack.
pub const AWK: &[Entry] = &[(USR_BIN, text::awk::APPLET)];

/// The calculators, which need a larger stack, too.
pub const CALC: &[Entry] = &[(USR_BIN, bc::APPLET), (USR_BIN, dc::APPLET), (USR_BIN, expr::APPLET)];

/// The applets of the program `tools`.
pub const TOOLS: &[Entry] = &[
    (USR_BIN, find::APPLET),
    (USR_BIN, xargs::APPLET),
    (USR_BIN, od::APPLET),
    (USR_BIN, cmp::APPLET),
    (USR_BIN, diff::APPLET),
    (USR_BIN, strings::APPLET),
    (USR_BIN, xxd::APPLET),
    (USR_BIN, dos2unix::DOS2UNIX),
    (USR_BIN, dos2unix::UNIX2DOS),
    (BIN, base64::BASE64),
    (BIN, base64::BASE32),
    (USR_BIN, cksum::CKSUM),
    (USR_BIN, cksum::SUM),
    (USR_BIN, split::APPLET),
    (BIN, dd::APPLET),
    (BIN, df::APPLET),
    (USR_BIN, shred::APPLET),
    (USR_BIN, uuencode::UUENCODE),
    (USR_BIN, uuencode::UUDECODE),
    (USR_BIN, factor::APPLET),
    (USR_BIN, checksum::MD5),
    (USR_BIN, checksum::SHA1),
    (USR_BIN, checksum::SHA256),
    (USR_BIN, checksum::SHA512),
    (USR_BIN, ascii::APPLET),
    (USR_BIN, cal::APPLET),
    (BIN, getopt::APPLET),
    (USR_BIN, hexdump::HEXDUMP),
    (USR_BIN, hexdump::HD),
    (BIN, ipcalc::APPLET),
    (USR_BIN, patch::APPLET),
    (USR_BIN, shuf::APPLET),
    (USR_BIN, tree::APPLET),
    (USR_BIN, ts::APPLET),
    (USR_BIN, checksum::SHA3),
    (USR_BIN, checksum::CRC32),
];

/// The applets of the program `archive`.
pub const ARCHIVE: &[Entry] = &[
    (BIN, gzip::GZIP),
    (BIN, gzip::GUNZIP),
    (BIN, zcat::APPLET),
    (USR_BIN, bzip2::BZIP2),
    (USR_BIN, bzip2::BUNZIP2),
    (USR_BIN, bzip2::BZCAT),
    (USR_BIN, xz::XZ),
    (USR_BIN, xz::UNXZ),
    (USR_BIN, xz::XZCAT),
    (USR_BIN, xz::LZMA),
    (USR_BIN, xz::UNLZMA),
    (USR_BIN, xz::LZCAT),
    (BIN, uncompress::APPLET),
    (BIN, lzop::APPLET),
    (BIN, tar::APPLET),
    (USR_BIN, unzip::APPLET),
    (BIN, cpio::APPLET),
    (USR_BIN, ar::APPLET),
    (USR_BIN, dpkg_deb::APPLET),
    (USR_BIN, rpm2cpio::APPLET),
];

/// The applets of the program `system`: for processes, users and the kernel.
pub const SYSTEM: &[Entry] = &[
    (USR_BIN, timeout::APPLET),
    (USR_BIN, time::APPLET),
    (USR_BIN, setsid::APPLET),
    (BIN, kill::KILL),
    (USR_BIN, kill::KILLALL),
    (BIN, kill::PIDOF),
    (BIN, ps::APPLET),
    (USR_BIN, top::APPLET),
    (USR_BIN, free::APPLET),
    (USR_BIN, uptime::UPTIME),
    (USR_BIN, uptime::WHO),
    (USR_BIN, uptime::W),
    (USR_BIN, uptime::LAST),
    (BIN, watch::APPLET),
    (BIN, runparts::APPLET),
    (SBIN, sysctl::APPLET),
    (USR_BIN, pgrep::PGREP),
    (USR_BIN, pgrep::PKILL),
    (USR_BIN, nohup::APPLET),
    (USR_BIN, terminal::RESET),
    (BIN, mount::MOUNT),
    (BIN, mount::UMOUNT),
    (USR_SBIN, crond::APPLET),
    (USR_BIN, crontab::APPLET),
    (BIN, ionice::APPLET),
    (USR_BIN, logger::APPLET),
    (SBIN, syslogd::LOGREAD),
    (SBIN, syslogd::APPLET),
    (USR_SBIN, mim::APPLET),
    (USR_BIN, renice::APPLET),
    (BIN, setpriv::APPLET),
    (SBIN, start_stop_daemon::APPLET),
    (BIN, stty::APPLET),
    (USR_BIN, taskset::APPLET),
    (BIN, nice::APPLET),
    (USR_BIN, flock::APPLET),
    (USR_BIN, pstree::APPLET),
    (USR_BIN, open_files::LSOF),
    (USR_BIN, open_files::PWDX),
    (USR_BIN, chpst::CHPST),
    (USR_BIN, chpst::ENVDIR),
    (USR_BIN, chpst::ENVUIDGID),
    (USR_BIN, chpst::SETUIDGID),
    (USR_BIN, chpst::SOFTLIMIT),
    (USR_BIN, terminal::MESG),
    (USR_BIN, terminal::TTYSIZE),
];

/// The applets of the program `edit`: those that show and edit text at a terminal.
pub const EDIT: &[Entry] = &[(BIN, ed::APPLET), (USR_BIN, less::APPLET), (BIN, more::APPLET), (BIN, vi::APPLET)];

/// The applets of the program `users`: for passwords, and for becoming another user.
pub const USERS: &[Entry] = &[
    (BIN, login::APPLET),
    (USR_BIN, mkpasswd::APPLET),
    (USR_BIN, passwd::APPLET),
    (BIN, su::APPLET),
    (SBIN, sulogin::APPLET),
    (USR_SBIN, adduser::APPLET),
    (USR_SBIN, addgroup::APPLET),
    (USR_SBIN, deluser::DELUSER),
    (USR_SBIN, deluser::DELGROUP),
    (USR_SBIN, chpasswd::APPLET),
    (USR_BIN, mkpasswd::CRYPTPW),
    (USR_SBIN, shells::ADD),
    (USR_SBIN, shells::REMOVE),
];

/// The names that other guests answer to.
const OTHERS: [(&str, &str); 3] = [(BIN, "ash"), (BIN, "busybox"), (BIN, "sh")];

/// The tables of all programs.
const TABLES: [&[Entry]; 11] = [BASE, CORE, TEXT, AWK, CALC, TOOLS, ARCHIVE, EDIT, SYSTEM, USERS, machine::APPLETS];

/// How many applets there are.
const COUNT: usize = {
    let (mut count, mut table) = (OTHERS.len(), 0);
    while table < TABLES.len() {
        count += TABLES[table].len();
        table += 1;
    }
    count
};

/// Installation directory and name of every applet, whichever guest holds it. A value of its own, so that
/// one program's table does not draw in the other's applets.
static NAMES: [(&str, &str); COUNT] = {
    let mut names = [("", ""); COUNT];
    let (mut table, mut at, mut next) = (0, 0, 0);
    while table < TABLES.len() {
        while at < TABLES[table].len() {
            names[next] = (TABLES[table][at].0, TABLES[table][at].1.name);
            (at, next) = (at + 1, next + 1);
        }
        (table, at) = (table + 1, 0);
    }
    while at < OTHERS.len() {
        names[next] = OTHERS[at];
        (at, next) = (at + 1, next + 1);
    }
    names
};

/// Installation directory and name of every applet, sorted by name.
#[must_use]
pub fn names() -> Vec<(&'static str, &'static str)> {
    let mut names = NAMES.to_vec();
    names.sort_unstable_by_key(|(_, name)| *name);
    names
}

/// All applets, guest by guest.
pub fn all() -> impl Iterator<Item = &'static Applet> {
    TABLES.into_iter().flatten().map(|(_, applet)| applet)
}

/// Whether any guest holds an applet of this name.
#[must_use]
pub fn exists(name: &[u8]) -> bool {
    NAMES.iter().any(|(_, known)| known.as_bytes() == name)
}

/// The applet of this name in one program's table.
#[must_use]
pub fn find<'a>(table: &'a [Entry], name: &[u8]) -> Option<&'a Applet> {
    table.iter().map(|(_, applet)| applet).find(|applet| applet.name.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn no_name_stands_twice() {
        let names = names();
        for pair in names.windows(2) {
            assert_ne!(pair[0].1, pair[1].1);
        }
    }
}
