//! `more`: shows files a screen at a time, where there is a screen.

use std::io::Read;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Input, fd, fs, tty};

use super::keys::{Key, Keys};
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new("more", include_str!("usage/more.txt"), more);

fn more(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("").parse(ctx)?;
    let keys = if fd::is_tty(fd::STDOUT) { keys() } else { None };
    let Some(mut keys) = keys else { return Ok(crate::core::cat::copy_all(ctx, &parsed.operands)) };
    let size = tty::size(fd::STDOUT).ok();
    let rows = size.map(|size| usize::from(size.rows)).filter(|rows| *rows > 1).unwrap_or(24);
    let cols = size.map(|size| usize::from(size.cols)).filter(|cols| *cols > 1).unwrap_or(80);
    let mut screen = Screen { rows, cols, row: 0, col: 0, wanted: rows - 1, asking: false };
    let operands = if parsed.operands.is_empty() { vec![b"-".to_vec()] } else { parsed.operands };
    for path in &operands {
        let file =
            if path == b"-" { Ok(fd::STDIN) } else { fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) };
        let file = match file {
            Ok(file) => file,
            Err(error) => {
                ctx.perror(&[path], error);
                continue;
            }
        };
        let size = fd::stat(file).map_or(0, |stat| stat.size);
        if !screen.show(ctx, &mut keys, Input::new(file), size) {
            break;
        }
    }
    Ok(0)
}

/// The keys of the terminal of the screen, of standard output or of standard error.
fn keys() -> Option<Keys> {
    let stream = [fd::STDERR, fd::STDOUT].into_iter().find(|stream| fd::is_tty(*stream) && can_read(*stream));
    let opened = stream.or_else(|| fs::open(b"/dev/tty", OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0).ok());
    Keys::new(opened?, true).ok()
}

fn can_read(stream: wcr_sys::Fd) -> bool {
    fd::flags(stream).is_ok_and(OpenFlags::readable)
}

/// Where on the screen the text is.
struct Screen {
    rows: usize,
    cols: usize,
    row: usize,
    col: usize,
    /// How many lines are shown before the next question.
    wanted: usize,
    asking: bool,
}

impl Screen {
    /// Shows a file; whether to go on with the next.
    fn show(&mut self, ctx: &mut Context<'_>, keys: &mut Keys, mut input: Input, size: u64) -> bool {
        let (mut block, mut read) = (vec![0; 4096], 0u64);
        loop {
            let count = input.read(&mut block).unwrap_or(0);
            let Some(bytes) = block.get(..count).filter(|bytes| !bytes.is_empty()) else { return true };
            for byte in bytes.to_vec() {
                if self.asking && !self.ask(ctx, keys, read, size) {
                    return false;
                }
                read += 1;
                self.put(ctx, byte);
            }
        }
    }

    fn put(&mut self, ctx: &mut Context<'_>, byte: u8) {
        ctx.put(&[byte]);
        let step = match byte {
            b'\n' => {
                self.next_row();
                return;
            }
            b'\t' => 8 - self.col % 8,
            _ => 1,
        };
        self.col += step;
        if self.col >= self.cols {
            self.next_row();
        }
    }

    fn next_row(&mut self) {
        self.col = 0;
        self.row += 1;
        if self.row >= self.wanted {
            (self.row, self.asking) = (0, true);
        }
    }

    /// Asks whether to go on: a screen, a line, to the end, or not at all.
    fn ask(&mut self, ctx: &mut Context<'_>, keys: &mut Keys, read: u64, size: u64) -> bool {
        let mut question = b"--More-- ".to_vec();
        if size > 0 {
            question.extend_from_slice(format!("({}% of {size} bytes)", read.saturating_mul(100) / size).as_bytes());
        }
        ctx.put(&question);
        ctx.flush();
        loop {
            let key = keys.next();
            match key {
                Some(Key::Byte(b' ')) => self.wanted = self.rows - 1,
                Some(Key::Byte(b'\n' | b'\r')) => self.wanted = 1,
                Some(Key::Byte(b'r' | b'R')) => self.wanted = usize::MAX,
                None | Some(Key::Byte(b'q' | b'Q' | 3 | 4)) => {}
                _ => continue,
            }
            ctx.put(&[b"\r", b" ".repeat(question.len()).as_slice(), b"\r"].concat());
            self.asking = false;
            return !matches!(key, None | Some(Key::Byte(b'q' | b'Q' | 3 | 4)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn rows_fill_up() {
        let mut screen = Screen { rows: 4, cols: 3, row: 0, col: 0, wanted: 3, asking: false };
        for _ in 0..3 {
            screen.next_row();
        }
        assert!(screen.asking && screen.row == 0);
        assert_eq!(run(&APPLET, &["-x"]).0, 1);
    }
}
