//! Standard streams, as a script uses them.

use rhai::{Blob, Dynamic, Engine, EvalAltResult};
use wcr_sys::{Fd, fd, fs};

/// What a function of a script gives back.
pub(crate) type Given<T> = Result<T, Box<EvalAltResult>>;

pub(crate) const STDIN: Fd = 0;
pub(crate) const STDOUT: Fd = 1;
pub(crate) const STDERR: Fd = 2;

/// Gives an engine the functions for standard streams.
pub(crate) fn register(engine: &mut Engine) {
    // What is printed goes out at once, so that it stands in its order beside that of other programs.
    engine.on_print(|text| ignore(fd::write_all(STDOUT, &line(text))));
    engine.on_debug(|text, _, _| ignore(fd::write_all(STDERR, &line(text))));
    engine
        .register_fn("write", |value: Dynamic| put(STDOUT, "standard output", value))
        .register_fn("error", |text: Dynamic| write(STDERR, "standard error", &line(&text.to_string())))
        .register_fn("stdin", || text("standard input", all()?))
        .register_fn("stdin_blob", || -> Given<Blob> { all() })
        .register_fn("read_line", read_line);
}

/// Says something on standard error, for the guest itself.
pub(crate) fn complain(text: &str) {
    ignore(fd::write_all(STDERR, &line(text)));
}

/// Nobody is left to be told when a standard stream does not work.
fn ignore(result: wcr_sys::Result<()>) {
    let _ = result;
}

fn line(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\n"].concat()
}

/// Bytes of a script's value: of a blob its own, of anything else those of its text.
pub(crate) fn bytes(value: Dynamic) -> Vec<u8> {
    let value = value.flatten();
    if value.is::<Blob>() { value.cast() } else { value.to_string().into_bytes() }
}

fn put(to: Fd, what: &str, value: Dynamic) -> Given<()> {
    write(to, what, &bytes(value))
}

/// Writes all of some bytes.
pub(crate) fn write(to: Fd, what: &str, bytes: &[u8]) -> Given<()> {
    fd::write_all(to, bytes).map_err(|errno| format!("{what} cannot be written: {errno}").into())
}

fn all() -> Given<Blob> {
    fs::read_to_end(STDIN).map_err(|errno| format!("standard input cannot be read: {errno}").into())
}

/// Bytes as a string, if they are text.
pub(crate) fn text(what: &str, bytes: Vec<u8>) -> Given<String> {
    let not_text = || format!("{what} is not UTF-8 text; take it as a blob with `…_blob`");
    String::from_utf8(bytes).map_err(|_| not_text().into())
}

/// The next line of standard input without its end; `()` when there is none. Read byte by byte: what follows may be for
/// another program.
fn read_line() -> Given<Dynamic> {
    let (mut read, mut byte) = (Vec::new(), [0]);
    loop {
        let count = fd::read(STDIN, &mut byte).map_err(|errno| format!("standard input cannot be read: {errno}"))?;
        if count == 0 && read.is_empty() {
            return Ok(Dynamic::UNIT);
        }
        if count == 0 || byte == *b"\n" {
            return Ok(text("the line", read)?.into());
        }
        read.extend(byte);
    }
}
