//! The bundled guests and the names that each of them answers to.

/// A bundled guest: a WebAssembly program that stands in for programs of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Guest {
    /// The applets that use no files: the smallest guest, which starts fastest.
    Base,
    /// The applets for files, directories, the environment.
    Core,
    /// The applets that work on text.
    Text,
    /// The tools that scripts start less often.
    Tools,
    /// The programs for compression and archives.
    Archive,
    /// `awk`.
    Awk,
    /// The calculators `bc` and `dc`.
    Calc,
    /// The applets that show and edit text at a terminal.
    Edit,
    /// The applets for processes and the kernel's tables.
    System,
    /// The applets for passwords, and for becoming another user.
    Users,
    /// The applets that need a machine, or rights over one, and say that there is none.
    Machine,
    /// The shell.
    Shell,
    /// The programs of GNU coreutils, and some beside them.
    Gnu,
    /// What else Debian has beside coreutils.
    Debian,
    /// The interpreter of scripted shims.
    Rhai,
}

impl Guest {
    /// All guests.
    pub const ALL: [Self; 15] = [
        Self::Base,
        Self::Core,
        Self::Text,
        Self::Tools,
        Self::Archive,
        Self::Awk,
        Self::Calc,
        Self::Edit,
        Self::System,
        Self::Users,
        Self::Machine,
        Self::Shell,
        Self::Gnu,
        Self::Debian,
        Self::Rhai,
    ];

    /// The guest's name in the bundle.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Core => "core",
            Self::Text => "text",
            Self::Tools => "tools",
            Self::Archive => "archive",
            Self::Awk => "awk",
            Self::Calc => "calc",
            Self::Edit => "edit",
            Self::System => "system",
            Self::Users => "users",
            Self::Machine => "machine",
            Self::Shell => "sh",
            Self::Gnu => "gnu",
            Self::Debian => "debian",
            Self::Rhai => "rhai",
        }
    }

    /// Where the built-in image has the guest's module, from its root.
    #[must_use]
    pub fn home(self) -> String {
        let name = match self {
            Self::Gnu => "coreutils",
            _ => self.applets().first().copied().unwrap_or(self.name()),
        };
        format!("bin/{name}")
    }

    /// The BusyBox applets that the guest stands in for, sorted.
    #[must_use]
    pub const fn applets(self) -> &'static [&'static str] {
        match self {
            Self::Base => BASE,
            Self::Core => CORE,
            Self::Text => TEXT,
            Self::Tools => TOOLS,
            Self::Archive => ARCHIVE,
            Self::Awk => AWK,
            Self::Calc => CALC,
            Self::Edit => EDIT,
            Self::System => SYSTEM,
            Self::Users => USERS,
            Self::Machine => MACHINE,
            Self::Shell => SHELL,
            Self::Gnu | Self::Debian | Self::Rhai => &[],
        }
    }
}

const BASE: &[&str] = &[
    "arch", "basename", "dirname", "echo", "false", "hostid", "nproc", "printf", "pwd", "seq", "sleep", "true",
    "uname", "usleep", "yes",
];

const CORE: &[&str] = &[
    "[",
    "busybox",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "clear",
    "cp",
    "date",
    "dnsdomainname",
    "du",
    "env",
    "fallocate",
    "fsync",
    "groups",
    "head",
    "hostname",
    "id",
    "install",
    "link",
    "ln",
    "logname",
    "ls",
    "mkdir",
    "mkfifo",
    "mknod",
    "mktemp",
    "mountpoint",
    "mv",
    "nuke",
    "printenv",
    "readlink",
    "realpath",
    "rm",
    "rmdir",
    "stat",
    "sync",
    "tail",
    "tee",
    "test",
    "touch",
    "truncate",
    "tty",
    "unlink",
    "wc",
    "which",
    "whoami",
];

const TEXT: &[&str] = &[
    "[[", "comm", "cut", "egrep", "expand", "fgrep", "fold", "grep", "nl", "paste", "rev", "sed", "sort", "tac", "tr",
    "unexpand", "uniq",
];

const TOOLS: &[&str] = &[
    "ascii",
    "base32",
    "base64",
    "cal",
    "cksum",
    "cmp",
    "crc32",
    "dd",
    "df",
    "diff",
    "dos2unix",
    "factor",
    "find",
    "getopt",
    "hd",
    "hexdump",
    "ipcalc",
    "md5sum",
    "od",
    "patch",
    "sha1sum",
    "sha256sum",
    "sha3sum",
    "sha512sum",
    "shred",
    "shuf",
    "split",
    "strings",
    "sum",
    "tree",
    "ts",
    "unix2dos",
    "uudecode",
    "uuencode",
    "xargs",
    "xxd",
];

const ARCHIVE: &[&str] = &[
    "ar",
    "bunzip2",
    "bzcat",
    "bzip2",
    "cpio",
    "dpkg-deb",
    "gunzip",
    "gzip",
    "lzcat",
    "lzma",
    "lzop",
    "rpm2cpio",
    "tar",
    "uncompress",
    "unlzma",
    "unxz",
    "unzip",
    "xz",
    "xzcat",
    "zcat",
];

const AWK: &[&str] = &["awk"];

const CALC: &[&str] = &["bc", "dc", "expr"];

const SYSTEM: &[&str] = &[
    "chpst",
    "crond",
    "crontab",
    "envdir",
    "envuidgid",
    "flock",
    "free",
    "ionice",
    "kill",
    "killall",
    "last",
    "logger",
    "logread",
    "lsof",
    "mesg",
    "mim",
    "mount",
    "nice",
    "nohup",
    "pgrep",
    "pidof",
    "pkill",
    "ps",
    "pstree",
    "pwdx",
    "renice",
    "reset",
    "run-parts",
    "setpriv",
    "setsid",
    "setuidgid",
    "softlimit",
    "start-stop-daemon",
    "stty",
    "sysctl",
    "syslogd",
    "taskset",
    "time",
    "timeout",
    "top",
    "ttysize",
    "umount",
    "uptime",
    "w",
    "watch",
    "who",
];

const MACHINE: &[&str] = &[
    "acpid",
    "adjtimex",
    "arp",
    "arping",
    "blkdiscard",
    "blockdev",
    "brctl",
    "chroot",
    "chvt",
    "cttyhack",
    "deallocvt",
    "depmod",
    "devmem",
    "dmesg",
    "dumpkmap",
    "dumpleases",
    "fatattr",
    "fdisk",
    "findfs",
    "freeramdisk",
    "fsfreeze",
    "fstrim",
    "ftpget",
    "ftpput",
    "getty",
    "halt",
    "httpd",
    "hwclock",
    "i2cdetect",
    "i2cdump",
    "i2cget",
    "i2cset",
    "i2ctransfer",
    "ifconfig",
    "ifdown",
    "ifup",
    "init",
    "insmod",
    "ip",
    "ipaddr",
    "iplink",
    "ipneigh",
    "iproute",
    "iprule",
    "iptunnel",
    "klogd",
    "linux32",
    "linux64",
    "linuxrc",
    "loadfont",
    "loadkmap",
    "losetup",
    "lsmod",
    "lsscsi",
    "mdev",
    "microcom",
    "mkdosfs",
    "mke2fs",
    "mkfs.ext2",
    "mkfs.vfat",
    "mkswap",
    "modinfo",
    "modprobe",
    "mt",
    "nameif",
    "nc",
    "netstat",
    "nologin",
    "nsenter",
    "nslookup",
    "openvt",
    "partprobe",
    "ping",
    "ping6",
    "pivot_root",
    "poweroff",
    "rdate",
    "reboot",
    "resume",
    "rmmod",
    "route",
    "run-init",
    "setarch",
    "setkeycodes",
    "ssl_client",
    "svc",
    "svok",
    "swapoff",
    "swapon",
    "switch_root",
    "tc",
    "telnet",
    "telnetd",
    "tftp",
    "traceroute",
    "traceroute6",
    "tunctl",
    "ubirename",
    "udhcpc",
    "udhcpd",
    "uevent",
    "unshare",
    "vconfig",
    "watchdog",
    "wget",
];

const USERS: &[&str] = &[
    "add-shell",
    "addgroup",
    "adduser",
    "chpasswd",
    "cryptpw",
    "delgroup",
    "deluser",
    "login",
    "mkpasswd",
    "passwd",
    "remove-shell",
    "su",
    "sulogin",
];

const EDIT: &[&str] = &["ed", "less", "more", "vi"];

const SHELL: &[&str] = &["ash", "sh"];

/// The guest that stands in for BusyBox's applet `name`; `None` when none does yet.
#[must_use]
pub fn guest_of(name: &[u8]) -> Option<Guest> {
    Guest::ALL.into_iter().find(|guest| guest.applets().binary_search_by(|applet| applet.as_bytes().cmp(name)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the guests really hold, and what is listed here, is the same.
    #[test]
    fn the_lists_are_those_of_the_guests() {
        let names = |table: &[applets::table::Entry]| {
            let mut names: Vec<_> = table.iter().map(|(_, applet)| applet.name).collect();
            names.sort_unstable();
            names
        };
        assert_eq!(Guest::Base.applets(), names(applets::table::BASE));
        let mut core = names(applets::table::CORE);
        core.push("busybox");
        core.sort_unstable();
        assert_eq!(Guest::Core.applets(), core);
        assert_eq!(Guest::Text.applets(), names(applets::table::TEXT));
        assert_eq!(Guest::Tools.applets(), names(applets::table::TOOLS));
        assert_eq!(Guest::Archive.applets(), names(applets::table::ARCHIVE));
        assert_eq!(Guest::Awk.applets(), names(applets::table::AWK));
        assert_eq!(Guest::Calc.applets(), names(applets::table::CALC));
        assert_eq!(Guest::Edit.applets(), names(applets::table::EDIT));
        assert_eq!(Guest::System.applets(), names(applets::table::SYSTEM));
        assert_eq!(Guest::Users.applets(), names(applets::table::USERS));
        assert_eq!(Guest::Machine.applets(), names(applets::machine::APPLETS));
        let mut all: Vec<_> = Guest::ALL.into_iter().flat_map(Guest::applets).copied().collect();
        all.sort_unstable();
        assert_eq!(all, applets::table::names().into_iter().map(|(_, name)| name).collect::<Vec<_>>());
    }

    #[test]
    fn the_lists_are_sorted_and_name_each_applet_once() {
        let mut all: Vec<_> = Guest::ALL.into_iter().flat_map(Guest::applets).collect();
        for guest in Guest::ALL {
            assert!(guest.applets().is_sorted(), "{}", guest.name());
            for name in guest.applets() {
                assert_eq!(guest_of(name.as_bytes()), Some(guest));
            }
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert_eq!(guest_of(b"nosuch"), None);
    }
}
