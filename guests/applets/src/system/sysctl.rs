//! `sysctl`: reads and sets the kernel's parameters, which are the files of `/proc/sys`.

use wcr_sys::abi::{FileKind, OpenFlags};
use wcr_sys::{Errno, fd, fs};

use crate::format::decimal;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "sysctl",
    "sysctl [-enq] { -a | -p [FILE]... | [-w] [KEY[=VALUE]]... }\n\n\
     Show/set kernel parameters\n\n\
     \t-e\tDon't warn about unknown keys\n\
     \t-n\tDon't show key names\n\
     \t-q      Quiet\n\
     \t-a\tShow all values\n\
     \t-p\tSet values from FILEs (default /etc/sysctl.conf)\n\
     \t-w\tSet values",
    main,
);

const ROOT: &[u8] = b"/proc/sys";
const FILE: &[u8] = b"/etc/sysctl.conf";

/// What the options say.
#[derive(Debug, Clone, Copy)]
struct Options {
    names: bool,
    unknown: bool,
    quiet: bool,
    write: bool,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+neAapwq").parse(ctx)?;
    let options = Options {
        names: !parsed.has(b'n'),
        unknown: !parsed.has(b'e'),
        quiet: parsed.has(b'q'),
        write: parsed.has(b'w'),
    };
    if parsed.has(b'a') || parsed.has(b'A') {
        return Ok(u8::from(!show_tree(ctx, b"", options)));
    }
    if parsed.has(b'p') {
        let files = if parsed.operands.is_empty() { vec![FILE.to_vec()] } else { parsed.operands.clone() };
        for path in files {
            load(ctx, &path, options)?;
        }
        return Ok(0);
    }
    let mut good = true;
    for operand in &parsed.operands {
        good &= handle(ctx, operand, options);
    }
    Ok(u8::from(!good))
}

/// The path of a key below the root. Where slashes occur, the first separator says which of the two separates; else points
/// do as far as there are such folders.
fn path_of(key: &[u8], is_folder: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    if key.contains(&b'/') {
        let slashes = key.iter().find(|byte| matches!(byte, b'.' | b'/')) == Some(&b'/');
        return if slashes { key.to_vec() } else { key_of(key) };
    }
    let mut path = key.to_vec();
    for at in memchr::memchr_iter(b'.', key) {
        if at == 0 || !path.get(..at).is_some_and(&is_folder) {
            break;
        }
        if let Some(point) = path.get_mut(at) {
            *point = b'/';
        }
    }
    path
}

fn is_folder(path: &[u8]) -> bool {
    fs::stat(&full(path)).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory)
}

/// The key of a path below the root.
fn key_of(path: &[u8]) -> Vec<u8> {
    path.iter()
        .map(|byte| match byte {
            b'/' => b'.',
            b'.' => b'/',
            other => *other,
        })
        .collect()
}

/// Shows or sets what one operand says; whether that went well.
fn handle(ctx: &mut Context<'_>, operand: &[u8], options: Options) -> bool {
    let mut halves = operand.splitn(2, |byte| *byte == b'=');
    let (key, value) = (halves.next().unwrap_or_default(), halves.next());
    if options.write && value.is_none() {
        ctx.complain(&[b"error: '", operand, b"' must be of the form name=value"]);
        return false;
    }
    let path = path_of(key.trim_ascii(), is_folder);
    match value {
        Some(value) => set(ctx, &path, value.trim_ascii_start(), options),
        None if path.is_empty() => unknown(ctx, &path, options),
        None => show_tree(ctx, &path, options),
    }
}

fn full(path: &[u8]) -> Vec<u8> {
    if path.is_empty() { ROOT.to_vec() } else { [ROOT, b"/", path].concat() }
}

fn set(ctx: &mut Context<'_>, path: &[u8], value: &[u8], options: Options) -> bool {
    let opened = fs::open(&full(path), OpenFlags::WRONLY.with(OpenFlags::TRUNC), 0);
    let key = key_of(path);
    let written = opened.and_then(|file| {
        let written = fd::write_all(file, value);
        written.and(fd::close(file))
    });
    match written {
        Ok(()) => {
            if !options.quiet {
                put(ctx, &key, value, options);
            }
            true
        }
        Err(Errno::Noent) => unknown(ctx, path, options),
        Err(error) => {
            ctx.perror(&[b"error setting key '", &key, b"'"], error);
            false
        }
    }
}

fn unknown(ctx: &mut Context<'_>, path: &[u8], options: Options) -> bool {
    if options.unknown {
        ctx.complain(&[b"error: '", &key_of(path), b"' is an unknown key"]);
    }
    false
}

/// Shows a parameter, or all those of a folder; whether all could be read.
fn show_tree(ctx: &mut Context<'_>, path: &[u8], options: Options) -> bool {
    let full = full(path);
    let stat = match fs::stat(&full) {
        Ok(stat) => stat,
        Err(_) => return unknown(ctx, path, options),
    };
    if stat.mode.kind() == FileKind::Directory {
        let mut good = true;
        for entry in fs::read_dir(&full).unwrap_or_default() {
            let child = if path.is_empty() { entry.name } else { [path, b"/", &entry.name].concat() };
            good &= show_tree(ctx, &child, options);
        }
        return good;
    }
    if stat.mode.permissions() & 0o444 == 0 {
        return true;
    }
    let key = key_of(path);
    match fs::read_file(&full) {
        Ok(text) => {
            for line in text.strip_suffix(b"\n").unwrap_or(&text).split(|byte| *byte == b'\n') {
                put(ctx, &key, line, options);
            }
            true
        }
        Err(error) => {
            ctx.perror(&[b"error reading key '", &key, b"'"], error);
            false
        }
    }
}

fn put(ctx: &mut Context<'_>, key: &[u8], value: &[u8], options: Options) {
    if options.names {
        ctx.put(&[key, b" = "].concat());
    }
    ctx.put(&[value, b"\n"].concat());
}

/// Sets what a file says: lines `KEY = VALUE`, and comments behind `#` and `;`.
fn load(ctx: &mut Context<'_>, path: &[u8], options: Options) -> Result<(), Quit> {
    let text = match fs::read_file(path) {
        Ok(text) => text,
        Err(error) => {
            ctx.perror(&[path], error);
            return Ok(());
        }
    };
    for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") || line.starts_with(b";") {
            continue;
        }
        let mut halves = line.splitn(2, |byte| *byte == b'=');
        let (key, Some(value)) = (halves.next().unwrap_or_default().trim_ascii(), halves.next()) else {
            ctx.complain(&[b"bad line ", &decimal(number as u64 + 1), b": 1 tokens found, 2 needed"]);
            continue;
        };
        set(ctx, &path_of(key, is_folder), value.trim_ascii(), options);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_paths() {
        let path_of = |key| path_of(key, |path| matches!(path, b"kernel" | b"net" | b"net/ipv4"));
        assert_eq!(path_of(b"kernel.hostname"), b"kernel/hostname");
        assert_eq!(path_of(b"net/ipv4/conf/eth0.1"), b"net/ipv4/conf/eth0.1");
        assert_eq!(
            (path_of(b"net.ipv4/x"), path_of(b"net.ipv4.x.y")),
            (b"net/ipv4.x".to_vec(), b"net/ipv4/x.y".to_vec())
        );
        assert_eq!(
            (path_of(b"a.b"), path_of(b".a"), path_of(b"kernel.")),
            (b"a.b".to_vec(), b".a".to_vec(), b"kernel/".to_vec())
        );
        assert_eq!(key_of(b"net/ipv4/conf/eth0.1"), b"net.ipv4.conf.eth0/1");
    }
}
