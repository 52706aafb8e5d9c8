//! Built-ins that are applets of their own: `echo`, `printf`, `test`.

use applets::core::{echo as echo_applet, printf as printf_applet, test as test_applet};
use applets::text::brackets as brackets_applet;
use applets::{Applet, Context};
use wcr_sys::fd;

use crate::shell::{Flow, Shell};

/// Standard error, without a buffer.
struct Diagnostics;

impl std::io::Write for Diagnostics {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        fd::write_all(fd::STDERR, bytes).map_err(std::io::Error::other)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Standard output of a built-in: collected, and written when the applet flushes.
struct BuiltinOutput<'s>(&'s mut Shell);

impl std::io::Write for BuiltinOutput<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.put(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush().map_err(std::io::Error::other)
    }
}

/// Calls an applet under the shell's name; `run` says how.
fn call(shell: &mut Shell, applet: &Applet, args: &[Vec<u8>], run: fn(&mut Context<'_>) -> u8) -> Flow<u8> {
    let name = shell.program.clone();
    let mut out = BuiltinOutput(shell);
    let mut err = Diagnostics;
    let mut context = Context::new(applet, args.get(1..).unwrap_or_default(), &mut out, &mut err);
    context.name = &name;
    Ok(run(&mut context))
}

/// Runs an applet that says nothing of a failed write: the exit status tells.
fn quietly(context: &mut Context<'_>) -> u8 {
    (context.applet.main)(context).unwrap_or_else(|quit| quit.0)
}

pub(super) fn echo(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    call(shell, &echo_applet::APPLET, args, |context| {
        let applet = context.applet;
        applet.call(context)
    })
}

pub(super) fn printf(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    if !shell.captures() && fd::flags(fd::STDOUT).is_err() {
        // There is nowhere to write, which is found out first.
        return Ok(1);
    }
    let operands = args.get(1..).unwrap_or_default();
    if matches!(operands, []) || matches!(operands, [only] if only == b"--") {
        shell.complain_plainly(b"usage: printf FORMAT [ARGUMENT...]");
        return Ok(2);
    }
    call(shell, &printf_applet::APPLET, args, quietly)
}

pub(super) fn test(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    call(shell, &test_applet::TEST, args, quietly)
}

pub(super) fn bracket(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    call(shell, &test_applet::BRACKET, args, quietly)
}

pub(super) fn double_bracket(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    call(shell, &brackets_applet::APPLET, args, quietly)
}
