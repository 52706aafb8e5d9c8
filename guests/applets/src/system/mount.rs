//! `mount` and `umount`: shows what is mounted. A container's process may mount nothing.

use wcr_sys::{Errno, fs};

use crate::mounts;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// `mount`.
pub const MOUNT: Applet = Applet::new(
    "mount",
    "mount [OPTIONS] [-o OPT] DEVICE NODE\n\n\
     Mount a filesystem. Filesystem autodetection requires /proc.\n\n\
     \t-a\t\tMount all filesystems in fstab\n\
     \t-f\t\tDry run\n\
     \t-i\t\tDon't run mount helper\n\
     \t-r\t\tRead-only mount\n\
     \t-t FSTYPE[,...]\tFilesystem type(s)\n\
     \t-T FILE\t\tRead FILE instead of /etc/fstab\n\
     \t-O OPT\t\tMount only filesystems with option OPT (-a only)\n\
     -o OPT:\n\
     \tloop\t\tIgnored (loop devices are autodetected)\n\
     \t[a]sync\t\tWrites are [a]synchronous\n\
     \t[no]atime\tDisable/enable updates to inode access times\n\
     \t[no]diratime\tDisable/enable atime updates to directories\n\
     \t[no]relatime\tDisable/enable atime updates relative to modification time\n\
     \t[no]dev\t\t(Dis)allow use of special device files\n\
     \t[no]exec\t(Dis)allow use of executable files\n\
     \t[no]suid\t(Dis)allow set-user-id-root programs\n\
     \t[r]shared\tConvert [recursively] to a shared subtree\n\
     \t[r]slave\tConvert [recursively] to a slave subtree\n\
     \t[r]private\tConvert [recursively] to a private subtree\n\
     \t[un]bindable\tMake mount point [un]able to be bind mounted\n\
     \t[r]bind\t\tBind a file or directory [recursively] to another location\n\
     \tmove\t\tRelocate an existing mount point\n\
     \tremount\t\tRemount a mounted filesystem, changing flags\n\
     \tro\t\tSame as -r\n\n\
     There are filesystem-specific -o flags.",
    mount,
)
.lacking("mounting");

/// `umount`.
pub const UMOUNT: Applet = Applet::new(
    "umount",
    "umount [-rlfda] [-t FSTYPE] FILESYSTEM|DIRECTORY\n\n\
     Unmount filesystems\n\n\
     \t-a\tUnmount all filesystems\n\
     \t-r\tRemount devices read-only if mount is busy\n\
     \t-l\tLazy umount (detach filesystem)\n\
     \t-f\tForce umount (i.e., unreachable NFS server)\n\
     \t-d\tFree loop device if it has been used\n\
     \t-t FSTYPE[,...]\tUnmount only these filesystem type(s)",
    umount,
)
.lacking("unmounting");

const FSTAB: &[u8] = b"/etc/fstab";

fn mount(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("o:*t:rwanfvsiO:T:").parse(ctx)?;
    match parsed.operands.as_slice() {
        [] if !parsed.has(b'a') => {
            show(ctx, parsed.value(b't'));
            Ok(0)
        }
        [] | [_] => {
            let table = parsed.value(b'T').unwrap_or(FSTAB);
            let text = match fs::read_file(table) {
                Ok(text) => text,
                Err(error) => return Err(ctx.die_errno(&[b"can't read '", table, b"'"], error)),
            };
            let lines: Vec<Vec<Vec<u8>>> = text
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.trim_ascii_start().starts_with(b"#"))
                .map(|line| {
                    line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).map(<[u8]>::to_vec).collect()
                })
                .filter(|words: &Vec<Vec<u8>>| words.len() >= 2)
                .collect();
            let mut code = 0;
            let wanted = parsed.operands.first();
            let mut found = false;
            for words in &lines {
                let [device, node, ..] = words.as_slice() else { continue };
                if wanted.is_none_or(|wanted| wanted == device || wanted == node) {
                    found = true;
                    code = refuse(ctx, device, node);
                }
            }
            if let (Some(wanted), false) = (wanted, found) {
                return Err(ctx.die(&[b"can't find ", wanted, b" in ", table]));
            }
            Ok(code)
        }
        [device, node, ..] => Ok(refuse(ctx, device, node)),
    }
}

/// Prints the mounts, of one type if it is named.
fn show(ctx: &mut Context<'_>, kind: Option<&[u8]>) {
    for mount in mounts::read().unwrap_or_default() {
        // A bare root file system is nothing that was mounted.
        if mount.device == b"rootfs" || kind.is_some_and(|kind| kind != mount.kind) {
            continue;
        }
        let line =
            [&mount.device, b" on ".as_slice(), &mount.dir, b" type ", &mount.kind, b" (", &mount.options, b")\n"];
        ctx.put(&line.concat());
    }
}

/// Says what the kernel says to a process without `CAP_SYS_ADMIN`; the exit code.
fn refuse(ctx: &mut Context<'_>, device: &[u8], node: &[u8]) -> u8 {
    match fs::stat(node) {
        Err(error) => {
            ctx.perror(&[b"mounting ", device, b" on ", node, b" failed"], error);
            255
        }
        Ok(_) => {
            ctx.complain(&[b"permission denied (are you root?)"]);
            1
        }
    }
}

fn umount(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("fldnrat:vi").parse(ctx)?;
    if parsed.operands.is_empty() && !parsed.has(b'a') {
        return Err(ctx.usage());
    }
    let targets = if parsed.has(b'a') {
        let fits = |mount: &mounts::Mount| parsed.value(b't').is_none_or(|kind| mount.kind == kind);
        let mounted = mounts::read().unwrap_or_default().into_iter().rev();
        mounted.filter(fits).map(|mount| mount.dir).collect()
    } else {
        parsed.operands.clone()
    };
    let mut code = 0;
    for target in &targets {
        let error = fs::stat(target).err().filter(|error| *error == Errno::Noent).unwrap_or(Errno::Perm);
        ctx.perror(&[b"can't unmount ", target], error);
        code = 1;
    }
    Ok(code)
}
