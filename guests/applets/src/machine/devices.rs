//! Applets for devices: consoles, buses, disks, clocks.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fs};

use super::refusal::{Answer, Device, applet, arguments, form, open, operands, refused};
use crate::format::parse_decimal;
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Help, Quit};

const ANY: usize = usize::MAX;
const CONSOLE: Answer = Answer::Complaint("can't open console");

refused!(
    /// `loadkmap`.
    LOADKMAP, "loadkmap", arguments(0, ANY), CONSOLE
);
refused!(
    /// `dumpkmap`.
    DUMPKMAP, "dumpkmap", arguments(0, ANY), CONSOLE
);
refused!(
    /// `loadfont`.
    LOADFONT, "loadfont", form("", 0, 0), CONSOLE
);
refused!(
    /// `deallocvt`.
    DEALLOCVT, "deallocvt", arguments(0, 1), CONSOLE
);
refused!(
    /// `openvt`.
    OPENVT, "openvt", form("+c:flsvw", 0, ANY), Answer::Complaint("can't find open VT")
);
refused!(
    /// `devmem`.
    DEVMEM, "devmem", arguments(1, 3), Answer::Device(Device::Named("/dev/mem"), "mmap")
);
refused!(
    /// `microcom`.
    MICROCOM, "microcom", form("d:t:s:X", 1, 1), Answer::Device(Device::Operand(0), "")
);
/// `lsscsi`.
pub const LSSCSI: Applet = Applet::new("lsscsi", "", |ctx| {
    let path = b"/sys/bus/scsi/devices";
    fs::chdir(path).map_err(|error| ctx.die_errno(&[b"can't change directory to '", path, b"'"], error))?;
    Ok(0)
})
.with_help(Help::Unavailable);

applet!(
    /// `fsfreeze`.
    FSFREEZE, "fsfreeze", fsfreeze
);
applet!(
    /// `mkdosfs`.
    MKDOSFS, "mkdosfs", |ctx| format(ctx, VFAT_OPTIONS); "making file systems"
);
applet!(
    /// `mke2fs`.
    MKE2FS, "mke2fs", |ctx| format(ctx, EXT2_OPTIONS); "making file systems"
);
applet!(
    /// `mkfs.vfat`, another name of `mkdosfs`.
    MKFS_VFAT, "mkfs.vfat", |ctx| format(ctx, VFAT_OPTIONS); "making file systems"
);
applet!(
    /// `mkfs.ext2`, another name of `mke2fs`.
    MKFS_EXT2, "mkfs.ext2", |ctx| format(ctx, EXT2_OPTIONS); "making file systems"
);

const EXT2_OPTIONS: &str = "c:l:b:f:i:I:J:G:N:m:o:g:L:M:O:r:E:T:U:jnqvFS";
const VFAT_OPTIONS: &str = "v:I:C:n:m:b:s:F:h:i:S:f:r:R:k";

refused!(
    /// `blkdiscard`.
    BLKDISCARD, "blkdiscard", form("fl:o:s", 1, 1), Answer::Device(Device::Operand(0), "BLKGETSIZE64")
);
refused!(
    /// `fstrim`.
    FSTRIM, "fstrim", form("l:m:o:v", 1, 1), Answer::Device(Device::Operand(0), "FITRIM")
);
refused!(
    /// `findfs`: there is no disk whose label could be read.
    FINDFS, "findfs", arguments(1, 1), Answer::Code(1)
);
refused!(
    /// `freeramdisk`.
    FREERAMDISK, "freeramdisk", arguments(1, 1), Answer::Device(Device::Operand(0), "")
);
refused!(
    /// `hwclock`.
    HWCLOCK, "hwclock", form("f:lrstuvw", 0, ANY), Answer::Device(Device::Named("/dev/misc/rtc"), "RTC_RD_TIME")
);
applet!(
    /// `setkeycodes`.
    SETKEYCODES, "setkeycodes", setkeycodes
);
applet!(
    /// `chvt`.
    CHVT, "chvt", chvt
);
applet!(
    /// `i2cdetect`.
    I2CDETECT, "i2cdetect", i2cdetect
);
applet!(
    /// `i2cget`.
    I2CGET, "i2cget", |ctx| i2c(ctx, "fy", 2)
);
applet!(
    /// `i2cset`.
    I2CSET, "i2cset", |ctx| i2c(ctx, "fm:ry", 2)
);
applet!(
    /// `i2cdump`.
    I2CDUMP, "i2cdump", |ctx| i2c(ctx, "fr:y", 2)
);
applet!(
    /// `i2ctransfer`.
    I2CTRANSFER, "i2ctransfer", |ctx| i2c(ctx, "afy", 1)
);
applet!(
    /// `mt`.
    MT, "mt", mt
);
applet!(
    /// `fatattr`.
    FATATTR, "fatattr", fatattr
);
applet!(
    /// `ubirename`.
    UBIRENAME, "ubirename", ubirename
);
applet!(
    /// `fdisk`.
    FDISK, "fdisk", fdisk
);
applet!(
    /// `blockdev`.
    BLOCKDEV, "blockdev", blockdev
);
applet!(
    /// `partprobe`.
    PARTPROBE, "partprobe", partprobe
);

fn setkeycodes(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if ctx.args.len() < 2 || ctx.args.len() % 2 != 0 {
        return Err(ctx.usage());
    }
    Err(ctx.die(&[b"can't open console"]))
}

fn chvt(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let operands = operands(ctx, &arguments(1, 1))?;
    let number = operands.first().map(Vec::as_slice).unwrap_or_default();
    if parse_decimal(number).is_none() {
        return Err(ctx.die(&[b"invalid number '", number, b"'"]));
    }
    Err(ctx.die(&[b"can't open console"]))
}

/// The number of a bus, and its device.
fn open_bus(ctx: &mut Context<'_>, bus: &[u8]) -> Result<u8, Quit> {
    if parse_decimal(bus).is_none() {
        return Err(ctx.die(&[b"invalid number '", bus, b"'"]));
    }
    open(ctx, &[b"/dev/i2c/", bus].concat())?;
    Err(ctx.die_errno(&[b"I2C_SLAVE"], Errno::Notty))
}

fn i2cdetect(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("yFqral").parse(ctx)?;
    if parsed.has(b'l') {
        open(ctx, b"/sys/class/i2c-dev")?;
        return Ok(0);
    }
    let Some(bus) = parsed.operands.first() else { return Err(ctx.usage()) };
    open_bus(ctx, bus)
}

fn i2c(ctx: &mut Context<'_>, options: &'static str, least: usize) -> Result<u8, Quit> {
    let parsed = Spec::short(options).parse(ctx)?;
    if parsed.operands.len() < least {
        return Err(ctx.usage());
    }
    let (bus, chip) = (parsed.operands.first(), parsed.operands.get(1).filter(|_| least > 1));
    if let Some(chip) = chip {
        let number = crate::number::unsigned(chip, 0);
        if number.len != chip.len() {
            return Err(ctx.die(&[b"invalid number '", chip, b"'"]));
        }
        if !(3..=119).contains(&number.value) {
            return Err(ctx.die(&[b"number ", chip, b" is not in 3..119 range"]));
        }
    }
    open_bus(ctx, bus.map(Vec::as_slice).unwrap_or_default())
}

/// What a tape can be asked for.
const TAPE: &str = "bsf bsfm bsr bss datacompression drvbuffer eof eom erase fsf fsfm fsr fss load lock mkpart nop offline \
                    ras1 ras2 ras3 reset retension rewind rewoffline seek setblk setdensity setpart tell unload unlock weof wset";

fn mt(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let (device, rest) = match ctx.args {
        [flag, device, rest @ ..] if flag == b"-f" => (device.clone(), rest),
        rest => (b"/dev/tape".to_vec(), rest),
    };
    let Some(asked) = rest.first() else { return Err(ctx.usage()) };
    if !TAPE.split(' ').any(|known| known.as_bytes() == asked.as_slice()) {
        return Err(ctx.die(&[b"unrecognized opcode ", asked]));
    }
    open(ctx, &device)?;
    Err(ctx.die_errno(&[&device], Errno::Notty))
}

fn fatattr(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let files: Vec<Vec<u8>> =
        ctx.args.iter().skip_while(|arg| arg.starts_with(b"-") || arg.starts_with(b"+")).cloned().collect();
    let Some(file) = files.first() else { return Err(ctx.usage()) };
    open(ctx, file)?;
    Err(ctx.die_errno(&[b"FAT_IOCTL_GET_ATTRIBUTES"], Errno::Notty))
}

fn ubirename(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if ctx.args.len() < 3 || ctx.args.len() % 2 == 0 {
        return Err(ctx.usage());
    }
    let device = ctx.args.first().map(Vec::as_slice).unwrap_or_default();
    Err(ctx.die(&[b"not an UBI device: '", device, b"'"]))
}

/// No disks can be listed, and none can be opened.
fn fdisk(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("ulb:C:H:S:").parse(ctx)?;
    match parsed.operands.first() {
        _ if parsed.has(b'l') => Ok(0),
        None => Err(ctx.usage()),
        Some(disk) => match fs::stat(disk) {
            Err(_) => Err(ctx.die(&[b"can't open '", disk, b"'"])),
            Ok(_) => Err(ctx.die_errno(&[disk], Errno::Notty)),
        },
    }
}

const BLOCKDEV_OPTIONS: [&[u8]; 10] = [
    b"--setro",
    b"--setrw",
    b"--getro",
    b"--getss",
    b"--getbsz",
    b"--setbsz",
    b"--getsz",
    b"--getsize64",
    b"--getsize",
    b"--flushbufs",
];

fn blockdev(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let (option, device) = match ctx.args {
        [option, _, device] if option == b"--setbsz" => (option, device),
        [option, device] => (option, device),
        _ => return Err(ctx.usage()),
    };
    if !BLOCKDEV_OPTIONS.contains(&option.as_slice()) {
        return Err(ctx.usage());
    }
    open(ctx, device)?;
    Err(ctx.die_errno(&[device], Errno::Notty))
}

fn partprobe(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let operands = operands(ctx, &form("", 0, ANY))?;
    // The first one ends it: none is a disk.
    if let Some(device) = operands.first() {
        open(ctx, device)?;
        return Err(ctx.die_errno(&[device], Errno::Notty));
    }
    Ok(0)
}

/// Freezing takes rights over the machine.
fn fsfreeze(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let long = &[("freeze", Takes::Nothing, b'f'), ("unfreeze", Takes::Nothing, b'u')];
    let parsed = Spec::new("", long).parse(ctx)?;
    let [path] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    if parsed.has(b'f') == parsed.has(b'u') {
        return Err(ctx.usage());
    }
    open(ctx, path)?;
    // The real applet prints the request as its source has it.
    Err(ctx.die_errno(&[b"(opts & 1) ? FIFREEZE : FITHAW"], Errno::Perm))
}

/// Opens what is to get a file system, and says that it gets none.
fn format(ctx: &mut Context<'_>, options: &'static str) -> Result<u8, Quit> {
    let parsed = Spec::short(options).parse(ctx)?;
    let [path, ..] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    let flags = OpenFlags::RDWR.with(OpenFlags::CLOEXEC);
    let opened = fs::open(path, flags, 0);
    opened.map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
    Err(ctx.die_errno(&[path], Errno::Nosys))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn what_is_not_there_cannot_be_opened() {
        assert_eq!(run(&CHVT, &["2"]).2, "chvt: can't open console\n");
        assert_eq!(run(&CHVT, &["x"]).2, "chvt: invalid number 'x'\n");
        assert_eq!(run(&I2CGET, &["-y", "0", "1"]).2, "i2cget: number 1 is not in 3..119 range\n");
        assert_eq!(run(&MT, &["status"]).2, "mt: unrecognized opcode status\n");
        assert_eq!(run(&FDISK, &["-l"]), (0, String::new(), String::new()));
    }
}
