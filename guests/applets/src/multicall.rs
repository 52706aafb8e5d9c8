//! The start of a program that holds many applets: which one a call means.

use std::io::{self, Write};

use wcr_sys::abi::SpawnRequest;
use wcr_sys::{Errno, Fd, Output, fd, fs, process};

use crate::table::{self, Entry};
use crate::{Applet, BANNER, Context, listing};

/// What a failed look-up of a program or applet exits with.
const NOT_FOUND: u8 = 127;

/// Standard error: not buffered.
struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        fd::write(fd::STDERR, bytes).map_err(io::Error::other)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs the applet that `argv[0]` names and ends the process.
pub fn main(table: &[Entry]) -> ! {
    let args = wcr_sys::args();
    let code = match args.split_first() {
        Some((name, args)) => dispatch(table, name, args),
        None => NOT_FOUND,
    };
    process::exit(code)
}

/// Runs the applet that `argv[0]`, or the name behind `busybox`, means, when it is in `table`, and ends the
/// process. What `busybox` does by itself is left to the larger programs, so that this one stays small.
pub fn only(table: &[Entry]) -> ! {
    let args = wcr_sys::args();
    let mut rest = args.as_slice();
    let mut wanted: &[u8] = b"";
    while let Some((word, behind)) = rest.split_first() {
        let word = word.strip_prefix(b"-").unwrap_or(word);
        (wanted, rest) = (base_name(word), behind);
        if !wanted.starts_with(b"busybox") {
            break;
        }
    }
    process::exit(table::find(table, wanted).map_or_else(|| not_found(wanted), |applet| call(applet, rest)))
}

/// Runs one applet, whatever `argv[0]` says, and ends the process.
pub fn as_applet(applet: &Applet) -> ! {
    let args = wcr_sys::args();
    process::exit(call(applet, args.get(1..).unwrap_or_default()))
}

fn dispatch(table: &[Entry], path: &[u8], args: &[Vec<u8>]) -> u8 {
    let path = path.strip_prefix(b"-").unwrap_or(path);
    let name = base_name(path);
    if name.starts_with(b"busybox") { busybox(table, path, args) } else { run(table, path, name, args) }
}

/// What stands behind the last slash.
fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or(path)
}

fn run(table: &[Entry], program: &[u8], name: &[u8], args: &[Vec<u8>]) -> u8 {
    match table::find(table, name) {
        Some(applet) => call(applet, args),
        None if table::exists(name) => exec(program, name, args),
        None => not_found(name),
    }
}

fn call(applet: &Applet, args: &[Vec<u8>]) -> u8 {
    let mut out = Output::stdout();
    applet.call(&mut Context::new(applet, args, &mut out, &mut Stderr))
}

/// Runs an applet that another guest holds: the same file under the other name.
fn exec(program: &[u8], name: &[u8], args: &[Vec<u8>]) -> u8 {
    let argv: Vec<Vec<u8>> = core::iter::once(name.to_vec()).chain(args.iter().cloned()).collect();
    let mut request =
        SpawnRequest { path: b"/proc/self/exe".to_vec(), argv, envp: wcr_sys::env(), ..SpawnRequest::default() };
    let mut error = process::exec(&request);
    if error == Errno::Noent {
        request.path = if program.contains(&b'/') { program.to_vec() } else { b"/bin/busybox".to_vec() };
        error = process::exec(&request);
    }
    let line = [name, b": ", error.message().as_bytes(), b"\n"].concat();
    report(fd::STDERR, &line);
    NOT_FOUND
}

fn not_found(name: &[u8]) -> u8 {
    report(fd::STDERR, &[name, b": applet not found\n"].concat());
    NOT_FOUND
}

/// Writes a last message; when that fails there is nobody left to tell.
fn report(fd: Fd, text: &[u8]) {
    let _ = fd::write_all(fd, text);
}

/// The applet `busybox`: runs the applet that its first argument names, or tells about itself.
fn busybox(table: &[Entry], program: &[u8], args: &[Vec<u8>]) -> u8 {
    let Some((name, rest)) = args.split_first() else {
        report(fd::STDOUT, &about());
        return 0;
    };
    match name.as_slice() {
        b"--help" => report(fd::STDOUT, &about()),
        b"--list" => list(false),
        b"--list-full" => list(true),
        b"--install" => return install(rest),
        b"busybox" => return busybox(table, program, rest),
        path => return run(table, program, base_name(path), rest),
    }
    0
}

fn list(full: bool) {
    let mut out = Vec::new();
    for (dir, name) in listing::applets() {
        if full && !dir.is_empty() {
            out.extend_from_slice(&dir);
            out.push(b'/');
        }
        out.extend_from_slice(&name);
        out.push(b'\n');
    }
    report(fd::STDOUT, &out);
}

fn about() -> Vec<u8> {
    let mut out = BANNER.as_bytes().to_vec();
    out.extend_from_slice(
        b"BusyBox is copyrighted by many authors between 1998-2015.\n\
        Licensed under GPLv2. See source distribution for detailed\n\
        copyright notices.\n\n\
        Usage: busybox [function [arguments]...]\n\
        \x20  or: busybox --list[-full]\n\
        \x20  or: busybox --install [-s] [DIR]\n\
        \x20  or: function [arguments]...\n\n\
        \tBusyBox is a multi-call binary that combines many common Unix\n\
        \tutilities into a single executable.  The shell in this build\n\
        \tis configured to run built-in utilities without $PATH search.\n\
        \tYou don't need to install a link to busybox for each utility.\n\
        \tTo run external program, use full path (/sbin/ip instead of ip).\n\n\
        Currently defined functions:\n",
    );
    let names: Vec<Vec<u8>> = listing::applets().into_iter().map(|(_, name)| name).collect();
    wrap(&mut out, &names);
    out
}

/// Appends `names`, comma-separated, in lines of at most 79 columns behind a tab.
fn wrap(out: &mut Vec<u8>, names: &[Vec<u8>]) {
    let mut column = usize::MAX;
    for (at, name) in names.iter().enumerate() {
        if column.saturating_add(name.len() + 2) > 79 {
            if at > 0 {
                out.push(b'\n');
            }
            out.push(b'\t');
            column = 8;
        } else {
            out.push(b' ');
            column += 1;
        }
        out.extend_from_slice(name);
        column += name.len();
        if at + 1 < names.len() {
            out.push(b',');
            column += 1;
        }
    }
    out.push(b'\n');
}

/// `busybox --install [-s] [DIR]`: links to this program under every applet's name.
fn install(args: &[Vec<u8>]) -> u8 {
    let (symbolic, dir) = match args {
        [flag, rest @ ..] if flag == b"-s" => (true, rest.first()),
        rest => (false, rest.first()),
    };
    let program = fs::readlink(b"/proc/self/exe").unwrap_or_else(|_| b"/bin/busybox".to_vec());
    for (home, name) in listing::applets() {
        let path = match dir {
            Some(dir) => [dir, b"/".as_slice(), &name].concat(),
            None if home.is_empty() => [b"/".as_slice(), &name].concat(),
            None => [b"/".as_slice(), &home, b"/", &name].concat(),
        };
        let made = if symbolic { fs::symlink(&program, &path) } else { fs::link(&program, &path, false) };
        if let Err(error) = made.or_else(|error| if error == Errno::Exist { Ok(()) } else { Err(error) }) {
            let line = [b"busybox: ", path.as_slice(), b": ", error.message().as_bytes(), b"\n"].concat();
            report(fd::STDERR, &line);
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_wrap_before_column_eighty() {
        let names = vec![b"abcdefgh".to_vec(); 9];
        let mut out = Vec::new();
        wrap(&mut out, &names);
        assert_eq!(out.iter().filter(|byte| **byte == b'\n').count(), 2);
        assert!(out.ends_with(b"abcdefgh\n"));
    }
}
