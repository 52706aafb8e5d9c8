//! The applets of the program the shell is part of: it runs them without looking in `PATH`.

/// The names, sorted, separated by single spaces.
const NAMES: &str = "\
[ [[ acpid adjtimex ar arch arp arping ascii ash awk base64 basename bc blkdiscard blockdev brctl bunzip2 \
busybox bzcat bzip2 cal cat chgrp chmod chown chroot chvt clear cmp cp cpio crc32 crond crontab cttyhack cut \
date dc dd deallocvt depmod devmem df diff dirname dmesg dnsdomainname dos2unix dpkg dpkg-deb du dumpkmap \
dumpleases echo ed egrep env expand expr factor fallocate false fatattr fdisk fgrep find findfs fold free \
freeramdisk fsfreeze fstrim ftpget ftpput getopt getty grep groups gunzip gzip halt head hexdump hostid \
hostname httpd hwclock i2cdetect i2cdump i2cget i2cset i2ctransfer id ifconfig ifdown ifup init insmod ionice \
ip ipcalc ipneigh kill killall klogd last less link linux32 linux64 linuxrc ln loadfont loadkmap logger login \
logname logread losetup ls lsmod lsscsi lzcat lzma lzop md5sum mdev microcom mim mkdir mkdosfs mke2fs mkfifo \
mknod mkpasswd mkswap mktemp modinfo modprobe more mount mt mv nameif nc netstat nl nologin nproc nsenter \
nslookup nuke od openvt partprobe passwd paste patch pidof ping ping6 pivot_root poweroff printf ps pwd rdate \
readlink realpath reboot renice reset resume rev rm rmdir rmmod route rpm rpm2cpio run-init run-parts sed seq \
setkeycodes setpriv setsid sh sha1sum sha256sum sha3sum sha512sum shred shuf sleep sort ssl_client \
start-stop-daemon stat strings stty su sulogin svc svok swapoff swapon switch_root sync sysctl syslogd tac \
tail tar taskset tc tee telnet telnetd test tftp time timeout top touch tr traceroute traceroute6 true \
truncate ts tty tunctl ubirename udhcpc udhcpd uevent umount uname uncompress unexpand uniq unix2dos unlink \
unlzma unshare unxz unzip uptime usleep uudecode uuencode vconfig vi w watch watchdog wc wget which who \
whoami xargs xxd xz xzcat yes zcat";

/// Those of them that run as a program of their own, sorted: their name is the one that they are called by.
const PROGRAMS: &str = "\
acpid ar arp arping ascii ash base64 bc bunzip2 busybox bzcat bzip2 cat cmp cpio crond crontab dc depmod \
devmem diff dmesg dpkg dpkg-deb du ed egrep expand factor fallocate fdisk fgrep findfs ftpget ftpput getty \
grep gunzip gzip halt httpd hwclock i2cdetect i2cdump i2cget i2cset i2ctransfer ifconfig ifdown ifup init \
klogd last less linuxrc logger login logread lzcat lzma lzop mdev microcom mim mkdosfs mke2fs mkswap more \
mount mt nc netstat nl nologin nsenter nslookup od openvt passwd patch pidof ping ping6 poweroff rdate \
reboot rev route rpm rpm2cpio run-init run-parts sed setpriv setsid sh shred sleep ssl_client \
start-stop-daemon strings su swapoff swapon switch_root syslogd tail tar tc tee telnet telnetd tftp time \
timeout top tr traceroute traceroute6 ts ubirename udhcpc udhcpd uevent uncompress unexpand uniq unlzma \
unshare unxz unzip uudecode uuencode vi watch watchdog wc wget xz xzcat zcat";

/// All names, sorted.
pub fn all() -> impl Iterator<Item = &'static str> {
    NAMES.split(' ')
}

/// Whether there is an applet of this name.
#[must_use]
pub fn contains(name: &[u8]) -> bool {
    all().any(|known| known.as_bytes() == name)
}

/// The name of the applet that a program runs as which is called so: `-/bin/sh` is `sh`.
#[must_use]
pub fn of_path(called: &[u8]) -> &[u8] {
    let path = called.strip_prefix(b"-").unwrap_or(called);
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

/// Whether the applet of this name runs as a program of its own; the others run within the shell's process.
#[must_use]
pub fn is_program(name: &[u8]) -> bool {
    PROGRAMS.split(' ').any(|known| known.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted() {
        assert!(all().is_sorted() && PROGRAMS.split(' ').is_sorted());
        assert!(PROGRAMS.split(' ').all(|name| contains(name.as_bytes())));
        assert_eq!([of_path(b"-/bin/sh"), of_path(b"ls"), of_path(b"")], [&b"sh"[..], b"ls", b""]);
        assert!(is_program(b"sleep") && !is_program(b"ls"));
        assert!(contains(b"ls") && !contains(b"") && !contains(b"nosuch"));
    }
}
