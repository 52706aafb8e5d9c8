//! A program to run: what a file or standard input holds, and where its faults are said to be.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{fd, fs};

use crate::{Context, Quit};

/// The text of a program.
pub(super) struct Program {
    /// The name of its file; standard input and arguments have none.
    name: Option<Vec<u8>>,
    /// What can be read, without NULs.
    pub(super) text: Vec<u8>,
    /// The character behind the text that no program may have: with it the whole line is lost.
    illegal: Option<u8>,
}

impl Program {
    /// Reads a file.
    /// # Errors
    /// It cannot be opened or read; the diagnostic has been printed.
    pub(super) fn file(ctx: &mut Context<'_>, path: &[u8]) -> Result<Self, Quit> {
        let file = fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0);
        let file = file.map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
        let program = Self::read(ctx, file, Some(path.to_vec()));
        // Nothing was written through it, so closing cannot lose anything.
        let _ = fd::close(file);
        program
    }

    /// Reads standard input.
    /// # Errors
    /// As [`Self::file`].
    pub(super) fn stdin(ctx: &mut Context<'_>) -> Result<Self, Quit> {
        Self::read(ctx, fd::STDIN, None)
    }

    /// A program that was given as an argument.
    pub(super) fn argument(text: Vec<u8>) -> Self {
        Self { name: None, text, illegal: None }
    }

    fn read(ctx: &mut Context<'_>, fd: wcr_sys::Fd, name: Option<Vec<u8>>) -> Result<Self, Quit> {
        let text = fs::read_to_end(fd).map_err(|error| ctx.die_errno(&[b"input error"], error))?;
        Ok(Self::new(text, name))
    }

    fn new(mut text: Vec<u8>, name: Option<Vec<u8>>) -> Self {
        text.retain(|byte| *byte != 0);
        let illegal = text.iter().position(|byte| !matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~'));
        let mut program = Self { name, illegal: None, text };
        if let Some(at) = illegal {
            program.illegal = program.text.get(at).copied();
            let line = program.text.get(..at).and_then(|before| memchr::memrchr(b'\n', before));
            program.text.truncate(line.map_or(0, |newline| newline + 1));
        }
        program
    }

    /// The fault that its text ends with, if it does.
    pub(super) fn illegal(&self) -> Option<Vec<u8>> {
        self.illegal.map(|byte| format!("illegal character 0x{byte:02x}").into_bytes())
    }

    /// Tells of something in this line, counted from 1.
    pub(super) fn tell(&self, ctx: &mut Context<'_>, line: usize, message: &[u8]) {
        match &self.name {
            Some(name) => ctx.complain(&[name, b":", line.to_string().as_bytes(), b": ", message]),
            None => ctx.complain(&[message]),
        }
    }

    /// Tells of a fault in this line, and is the reason to stop.
    pub(super) fn fault(&self, ctx: &mut Context<'_>, line: usize, message: &[u8]) -> Quit {
        self.tell(ctx, line, message);
        Quit(1)
    }
}

/// The number of the line that begins behind `text`, which a newline behind a backslash does not end.
pub(super) fn line_number(text: &[u8]) -> usize {
    let newlines = memchr::memchr_iter(b'\n', text);
    1 + newlines.filter(|at| at.checked_sub(1).and_then(|before| text.get(before)) != Some(&b'\\')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_an_illegal_character_is_lost() {
        let program = Program::new(b"1\n2 \xe9\n3\n".to_vec(), None);
        assert_eq!(program.text, b"1\n");
        assert_eq!(program.illegal().as_deref(), Some(b"illegal character 0xe9".as_slice()));
        let program = Program::new(b"1\0\r\n".to_vec(), None);
        assert_eq!((program.text.as_slice(), program.illegal()), (b"1\r\n".as_slice(), None));
    }

    #[test]
    fn lines_that_go_on_are_one() {
        assert_eq!((line_number(b""), line_number(b"1\n\n"), line_number(b"1\\\n+")), (1, 3, 1));
    }
}
