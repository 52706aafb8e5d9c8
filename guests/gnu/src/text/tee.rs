//! `tee`.

use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::abi::{Disposition, OpenFlags, Signal};
use wcr_sys::{Errno, fd, fs, signal};

use crate::Program;
use crate::program::{HELP_OPTION, VERSION_OPTION};
use crate::quote;

const OUTPUT_ERROR: u8 = 0x80;

/// The program.
pub const PROGRAM: Program = Program::new(
    "tee",
    "[OPTION]... [FILE]...",
    "Copies standard input to files and to standard output.",
    "aip",
    &[
        ("append", Takes::Nothing, b'a'),
        ("ignore-interrupts", Takes::Nothing, b'i'),
        ("output-error", Takes::OptionalValue, OUTPUT_ERROR),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    run,
);

/// What becomes of an output that cannot be written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// The signal of a broken pipe ends the program.
    Signal,
    Warn {
        pipes: bool,
    },
    Exit {
        pipes: bool,
    },
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut mode = Mode::Signal;
    for (key, value) in &parsed.options {
        mode = match (*key, value.as_deref()) {
            (b'p', _) | (OUTPUT_ERROR, None | Some(b"warn-nopipe")) => Mode::Warn { pipes: false },
            (OUTPUT_ERROR, Some(b"warn")) => Mode::Warn { pipes: true },
            (OUTPUT_ERROR, Some(b"exit")) => Mode::Exit { pipes: true },
            (OUTPUT_ERROR, Some(b"exit-nopipe")) => Mode::Exit { pipes: false },
            (OUTPUT_ERROR, Some(other)) => {
                ctx.complain(&[
                    b"invalid argument ",
                    &quote::locale(other),
                    b" for ",
                    &quote::locale(b"--output-error"),
                ]);
                ctx.put_err(b"Valid arguments are:\n  - 'warn'\n  - 'warn-nopipe'\n  - 'exit'\n  - 'exit-nopipe'\n");
                return Err(crate::dispatch::try_help(ctx, 1));
            }
            _ => mode,
        };
    }
    let ignore = |ctx: &mut Context<'_>, which: Signal| {
        signal::set_disposition(which, Disposition::Ignore).map_err(|error| ctx.die_errno(&[b"signal"], error))
    };
    if parsed.has(b'i') {
        ignore(ctx, Signal::INT)?;
    }
    if mode != Mode::Signal {
        ignore(ctx, Signal::PIPE)?;
    }
    let flags = OpenFlags::WRONLY.with(OpenFlags::CREAT).with(OpenFlags::CLOEXEC);
    let flags = flags.with(if parsed.has(b'a') { OpenFlags::APPEND } else { OpenFlags::TRUNC });
    let mut code = 0;
    let mut outputs = vec![(fd::STDOUT, b"standard output".to_vec())];
    for path in &parsed.operands {
        match fs::open(path, flags, 0o666) {
            Ok(file) => outputs.push((file, quote::as_needed(path))),
            Err(error) => {
                ctx.perror(&[&quote::as_needed(path)], error);
                code = 1;
                if matches!(mode, Mode::Exit { .. }) {
                    return Ok(1);
                }
            }
        }
    }
    let mut block = vec![0; 16 << 10];
    while !outputs.is_empty() {
        let n = match fd::read(fd::STDIN, &mut block) {
            Ok(0) => break,
            Ok(n) => n,
            Err(Errno::Intr) => continue,
            Err(error) => {
                ctx.perror(&[b"read error"], error);
                return Ok(1);
            }
        };
        let mut kept = Vec::with_capacity(outputs.len());
        for (file, name) in outputs {
            match fd::write_all(file, block.get(..n).unwrap_or_default()) {
                Ok(()) => kept.push((file, name)),
                Err(error) => {
                    let silent = error == Errno::Pipe
                        && !matches!(mode, Mode::Warn { pipes: true } | Mode::Exit { pipes: true });
                    if !silent {
                        ctx.perror(&[&name], error);
                        code = 1;
                        if matches!(mode, Mode::Exit { .. }) {
                            return Ok(1);
                        }
                    }
                }
            }
        }
        outputs = kept;
    }
    Ok(code)
}
