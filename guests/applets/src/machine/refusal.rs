//! How an applet comes to say that it cannot do its work.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fd, fs};

use crate::options::Spec;
use crate::{Context, Quit};

/// What an applet reads of its command line before it finds that it cannot go on.
#[derive(Debug, Clone)]
pub(super) struct Form {
    /// Its options; `None` for one that reads its arguments by itself.
    pub options: Option<Spec>,
    /// How many operands it takes.
    pub operands: core::ops::RangeInclusive<usize>,
}

/// What it says then.
#[derive(Debug, Clone, Copy)]
pub(super) enum Answer {
    /// `NAME: TEXT`, and exit code 1.
    Complaint(&'static str),
    /// `NAME: CALL: Operation not permitted`, and exit code 1.
    NotPermitted(&'static str),
    /// A file is opened, and is not what is needed; what is asked of it then.
    Device(Device, &'static str),
    /// This text and exit code 0.
    Output(&'static str),
    /// Nothing, and this exit code.
    Code(u8),
}

/// Which file an applet opens.
#[derive(Debug, Clone, Copy)]
pub(super) enum Device {
    /// The one of this name.
    Named(&'static str),
    /// The operand of this number.
    Operand(usize),
}

/// Options as `getopt` reads them, and so many operands.
pub(super) const fn form(options: &'static str, least: usize, most: usize) -> Form {
    Form { options: Some(Spec::short(options)), operands: least..=most }
}

/// So many arguments, whatever they look like.
pub(super) const fn arguments(least: usize, most: usize) -> Form {
    Form { options: None, operands: least..=most }
}

/// The operands of a command line that is in form.
/// # Errors
/// It is not; the diagnostic and the usage have been printed.
pub(super) fn operands(ctx: &mut Context<'_>, form: &Form) -> Result<Vec<Vec<u8>>, Quit> {
    let operands = match form.options {
        Some(spec) => spec.parse(ctx)?.operands,
        None => ctx.args.to_vec(),
    };
    if form.operands.contains(&operands.len()) { Ok(operands) } else { Err(ctx.usage()) }
}

/// Reads the command line and answers.
/// # Errors
/// The applet ends with a diagnostic.
pub(super) fn answer(ctx: &mut Context<'_>, form: &Form, answer: Answer) -> Result<u8, Quit> {
    let operands = operands(ctx, form)?;
    match answer {
        Answer::Complaint(text) => Err(ctx.die(&[text.as_bytes()])),
        Answer::NotPermitted(call) => Err(ctx.die_errno(&[call.as_bytes()], Errno::Perm)),
        Answer::Output(text) => {
            ctx.put(text.as_bytes());
            Ok(0)
        }
        Answer::Code(code) => Ok(code),
        Answer::Device(device, asked) => {
            let path = match device {
                Device::Named(path) => path.as_bytes(),
                Device::Operand(at) => operands.get(at).map(Vec::as_slice).unwrap_or_default(),
            };
            open(ctx, path)?;
            let asked = if asked.is_empty() { path } else { asked.as_bytes() };
            Err(ctx.die_errno(&[asked], Errno::Notty))
        }
    }
}

/// Opens a file that is taken for a device.
/// # Errors
/// It cannot be opened; that has been said.
pub(super) fn open(ctx: &mut Context<'_>, path: &[u8]) -> Result<(), Quit> {
    let opened = fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0).and_then(fd::close);
    opened.map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))
}

/// An applet that reads a command line of a form and gives an answer.
macro_rules! refused {
    ($(#[$doc:meta])* $name:ident, $applet:literal, $form:expr, $answer:expr) => {
        $(#[$doc])*
        pub const $name: $crate::Applet =
            $crate::Applet::new($applet, include_str!(concat!("usage/", $applet, ".txt")), |ctx| {
                $crate::machine::refusal::answer(ctx, &$form, $answer)
            });
    };
}

/// An applet with the usage of its file and a function.
macro_rules! applet {
    ($(#[$doc:meta])* $name:ident, $applet:literal, $main:expr $(; $missing:literal)?) => {
        $(#[$doc])*
        pub const $name: $crate::Applet =
            $crate::Applet::new($applet, include_str!(concat!("usage/", $applet, ".txt")), $main)
                $(.lacking($missing))?;
    };
}

pub(super) use {applet, refused};
