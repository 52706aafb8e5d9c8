//! The applets that need a machine, or the rights over one: devices, networks, kernel modules. In a container they say
//! why they cannot do their work, in the words of the real program run there without rights.

pub mod devices;
pub mod kernel;
pub mod losetup;
pub mod mkswap;
pub mod namespaces;
pub mod network;
mod refusal;
pub mod servers;
pub mod services;
pub mod supervise;
pub mod time;

use crate::table::Entry;

/// Where the applets are installed.
const BIN: &str = "bin";
const SBIN: &str = "sbin";
const USR_BIN: &str = "usr/bin";
const USR_SBIN: &str = "usr/sbin";

/// All of them.
pub const APPLETS: &[Entry] = &[
    (SBIN, kernel::INSMOD),
    (SBIN, kernel::RMMOD),
    (SBIN, kernel::MODPROBE),
    (SBIN, kernel::LSMOD),
    (SBIN, kernel::MODINFO),
    (SBIN, kernel::DEPMOD),
    (BIN, kernel::DMESG),
    (SBIN, kernel::HALT),
    (SBIN, kernel::POWEROFF),
    (SBIN, kernel::REBOOT),
    (SBIN, kernel::INIT),
    (SBIN, kernel::PIVOT_ROOT),
    (SBIN, kernel::SWITCH_ROOT),
    (SBIN, kernel::RUN_INIT),
    (BIN, kernel::RESUME),
    (USR_BIN, kernel::UNSHARE),
    (USR_SBIN, kernel::CHROOT),
    (SBIN, kernel::KLOGD),
    (USR_SBIN, kernel::NOLOGIN),
    (SBIN, kernel::SWAPON),
    (SBIN, kernel::SWAPOFF),
    (USR_BIN, devices::SETKEYCODES),
    (SBIN, devices::LOADKMAP),
    (BIN, devices::DUMPKMAP),
    (USR_SBIN, devices::LOADFONT),
    (USR_BIN, devices::CHVT),
    (USR_BIN, devices::DEALLOCVT),
    (USR_BIN, devices::OPENVT),
    (SBIN, devices::DEVMEM),
    (USR_SBIN, devices::I2CDETECT),
    (USR_SBIN, devices::I2CGET),
    (USR_SBIN, devices::I2CSET),
    (USR_SBIN, devices::I2CDUMP),
    (USR_SBIN, devices::I2CTRANSFER),
    (USR_BIN, devices::MICROCOM),
    (BIN, devices::MT),
    (USR_BIN, devices::LSSCSI),
    (BIN, devices::FATATTR),
    (USR_SBIN, devices::UBIRENAME),
    (SBIN, devices::FDISK),
    (SBIN, devices::BLOCKDEV),
    (USR_BIN, devices::BLKDISCARD),
    (SBIN, devices::FSTRIM),
    (SBIN, devices::FINDFS),
    (USR_SBIN, devices::PARTPROBE),
    (SBIN, devices::FREERAMDISK),
    (SBIN, devices::HWCLOCK),
    (SBIN, network::ARP),
    (USR_SBIN, network::ARPING),
    (USR_SBIN, network::BRCTL),
    (SBIN, network::IFCONFIG),
    (SBIN, network::IP),
    (SBIN, network::IPADDR),
    (SBIN, network::IPLINK),
    (SBIN, network::IPNEIGH),
    (SBIN, network::IPROUTE),
    (SBIN, network::IPRULE),
    (SBIN, network::IPTUNNEL),
    (SBIN, network::ROUTE),
    (BIN, network::NETSTAT),
    (BIN, network::PING),
    (BIN, network::PING6),
    (USR_BIN, network::TRACEROUTE),
    (USR_BIN, network::TRACEROUTE6),
    (USR_BIN, network::NSLOOKUP),
    (USR_BIN, network::NC),
    (USR_BIN, network::TELNET),
    (USR_BIN, network::WGET),
    (USR_BIN, network::FTPGET),
    (USR_BIN, network::FTPPUT),
    (USR_BIN, network::TFTP),
    (USR_SBIN, network::RDATE),
    (SBIN, network::NAMEIF),
    (SBIN, network::VCONFIG),
    (SBIN, network::TUNCTL),
    (SBIN, network::TC),
    (SBIN, network::UDHCPC),
    (SBIN, network::IFUP),
    (SBIN, network::IFDOWN),
    (USR_BIN, network::DUMPLEASES),
    (USR_SBIN, servers::HTTPD),
    (USR_SBIN, servers::TELNETD),
    (USR_SBIN, servers::UDHCPD),
    (USR_BIN, servers::SSL_CLIENT),
    (SBIN, services::ACPID),
    (SBIN, services::GETTY),
    ("", services::LINUXRC),
    (SBIN, services::MDEV),
    (SBIN, services::UEVENT),
    (SBIN, services::WATCHDOG),
    (USR_BIN, supervise::SVC),
    (USR_BIN, supervise::SVOK),
    (SBIN, losetup::APPLET),
    (SBIN, mkswap::APPLET),
    (SBIN, devices::MKDOSFS),
    (SBIN, devices::MKE2FS),
    (SBIN, devices::MKFS_EXT2),
    (SBIN, devices::MKFS_VFAT),
    (USR_SBIN, devices::FSFREEZE),
    (USR_BIN, namespaces::NSENTER),
    (BIN, namespaces::CTTYHACK),
    (BIN, namespaces::LINUX32),
    (BIN, namespaces::SETARCH),
    (BIN, namespaces::LINUX64),
    (SBIN, time::ADJTIMEX),
];
