//! `less`: shows files, forwards and backwards, where there is a screen.

mod view;

use wcr_sys::abi::OpenFlags;
use wcr_sys::{fd, fs, tty};

use super::keys::{Key, Keys};
use crate::options::Spec;
use crate::{Applet, Context, Quit};
use view::{Style, View};

/// The applet.
pub const APPLET: Applet =
    Applet::new("less", include_str!("usage/less.txt"), less).lacking("keys for editing, saving and bracket matching");

fn less(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("EFIMmN~SRh").parse(ctx)?;
    let mut files = parsed.operands.clone();
    if files.is_empty() && fd::is_tty(fd::STDIN) {
        return Err(ctx.usage());
    }
    if !fd::is_tty(fd::STDOUT) {
        return Ok(crate::core::cat::copy_all(ctx, &files));
    }
    if files.is_empty() {
        files.push(b"-".to_vec());
    }
    let style = Style {
        numbers: parsed.has(b'N'),
        cut: parsed.has(b'S'),
        tildes: !parsed.has(b'~'),
        status: parsed.has(b'M') || parsed.has(b'm'),
        ignore_case: parsed.has(b'I'),
        plain: parsed.has(b'R'),
    };
    let size = tty::size(fd::STDOUT).ok();
    let rows = size.map(|size| usize::from(size.rows)).filter(|rows| *rows > 2).unwrap_or(24);
    let cols = size.map(|size| usize::from(size.cols)).filter(|cols| *cols > 1).unwrap_or(80);
    let mut pager = Pager { view: open(ctx, &files, 0, style, rows, cols)?, files, at: 0, marks: Vec::new() };
    let whole = pager.view.is_whole();
    pager.view.paint(ctx);
    if whole && (parsed.has(b'F') || parsed.has(b'E')) {
        ctx.put(&pager.view.last_line());
        return Ok(0);
    }
    let terminal = fs::open(b"/dev/tty", OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0);
    let keys = terminal.and_then(|terminal| Keys::new(terminal, true));
    let mut keys = keys.map_err(|error| ctx.die_errno(&[b"can't open '/dev/tty'"], error))?;
    pager.status(ctx);
    while pager.step(ctx, &mut keys)? {
        if parsed.has(b'E') && pager.view.is_at_end() {
            break;
        }
    }
    ctx.put(&pager.view.last_line());
    Ok(0)
}

/// Reads a file and makes a view of it.
fn open(
    ctx: &mut Context<'_>,
    files: &[Vec<u8>],
    at: usize,
    style: Style,
    rows: usize,
    cols: usize,
) -> Result<View, Quit> {
    let path = files.get(at).cloned().unwrap_or_default();
    let text = if path == b"-" { fs::read_to_end(fd::STDIN) } else { fs::read_file(&path) };
    let text = text.map_err(|error| ctx.die_errno(&[b"can't open '", &path, b"'"], error))?;
    let mut name = if path == b"-" { b"standard input".to_vec() } else { path };
    let short = name.clone();
    if files.len() > 1 {
        name.extend_from_slice(format!(" (file {} of {})", at + 1, files.len()).as_bytes());
    }
    Ok(View::new(&text, short, name, style, rows, cols))
}

/// What is shown, and which files there are.
struct Pager {
    view: View,
    files: Vec<Vec<u8>>,
    at: usize,
    marks: Vec<(u8, usize)>,
}

impl Pager {
    fn status(&self, ctx: &mut Context<'_>) {
        ctx.put(&self.view.status());
        ctx.flush();
    }

    /// Shows the view and what there is to say of it.
    fn show(&self, ctx: &mut Context<'_>) {
        self.view.paint(ctx);
        self.status(ctx);
    }

    /// Does what a key says; whether to go on.
    fn step(&mut self, ctx: &mut Context<'_>, keys: &mut Keys) -> Result<bool, Quit> {
        let Some(key) = keys.next() else { return Ok(false) };
        let page = self.view.page();
        match key {
            Key::Down | Key::Byte(b'\r' | b'e' | b'j' | 5 | 14) => self.view.forward(1),
            Key::Up | Key::Byte(b'y' | b'k' | 25 | 16) => self.view.back(1),
            Key::PageDown | Key::Byte(b' ' | b'z' | b'f' | 6) => self.view.forward(page),
            Key::PageUp | Key::Byte(b'w' | b'b' | 2) => self.view.back(page),
            Key::Byte(b'd' | 4) => self.view.forward((page - 1) / 2),
            Key::Byte(b'u' | 21) => self.view.back((page - 1) / 2),
            Key::Home | Key::Byte(b'g' | b'p' | b'<' | b'%') => self.view.go(0),
            Key::End | Key::Byte(b'G' | b'>') => self.view.go(usize::MAX),
            Key::Byte(b'q' | b'Q' | 3) => return Ok(false),
            Key::Byte(b'=') => {
                ctx.put(&self.view.position());
                ctx.flush();
                return Ok(true);
            }
            Key::Byte(b'r' | b'R') => {}
            Key::Byte(b'/' | b'?') => return Ok(self.search(ctx, keys, key == Key::Byte(b'/'))),
            Key::Byte(b'n') => self.view.again(true),
            Key::Byte(b'N') => self.view.again(false),
            Key::Byte(b'm') => {
                ctx.put(&self.view.question(b"Mark: "));
                ctx.flush();
                if let Some(Key::Byte(letter)) = keys.next() {
                    self.marks.retain(|(known, _)| *known != letter);
                    self.marks.push((letter, self.view.top()));
                }
            }
            Key::Byte(b'\'') => {
                ctx.put(&self.view.question(b"Go to mark: "));
                ctx.flush();
                let letter = keys.next();
                ctx.put(&self.view.last_line());
                let mark = self.marks.iter().find(|(known, _)| letter == Some(Key::Byte(*known)));
                if let Some((_, top)) = mark {
                    self.view.go(*top);
                }
            }
            Key::Byte(b':') => return self.colon(ctx, keys),
            Key::Byte(digit @ b'1'..=b'9') => return Ok(self.number(ctx, keys, digit)),
            _ => return Ok(true),
        }
        self.show(ctx);
        Ok(true)
    }

    /// A number and what it is for: a line, lines further, a part of the whole.
    fn number(&mut self, ctx: &mut Context<'_>, keys: &mut Keys, digit: u8) -> bool {
        ctx.put(&[self.view.last_line(), vec![b':', digit], self.view.cursor(3)].concat());
        ctx.flush();
        let mut digits = vec![digit];
        loop {
            match keys.next() {
                Some(Key::Byte(digit @ b'0'..=b'9')) => {
                    digits.push(digit);
                    ctx.put(&[vec![digit], self.view.cursor(digits.len() + 2)].concat());
                    ctx.flush();
                }
                Some(Key::Byte(8 | 127)) => {
                    digits.pop();
                    ctx.put(b"\x08 \x08");
                    ctx.flush();
                }
                key => {
                    let number = crate::format::parse_decimal(&digits).unwrap_or(0) as usize;
                    match key {
                        Some(Key::Byte(b' ' | b'z' | b'\r' | b'e')) | Some(Key::Down) => self.view.forward(number),
                        Some(Key::Byte(b'b' | b'w' | b'y' | b'k')) | Some(Key::Up) => self.view.back(number),
                        Some(Key::Byte(b'g' | b'<' | b'G' | b'>')) => self.view.go(number.saturating_sub(1)),
                        Some(Key::Byte(b'p' | b'%')) => self.view.go_to_percent(number),
                        None => return false,
                        _ => return true,
                    }
                    self.show(ctx);
                    return true;
                }
            }
        }
    }

    /// Asks for a pattern, and goes to the first line that it matches.
    fn search(&mut self, ctx: &mut Context<'_>, keys: &mut Keys, forward: bool) -> bool {
        let sign = if forward { b'/' } else { b'?' };
        ctx.put(&[self.view.last_line(), vec![sign], self.view.cursor(2)].concat());
        ctx.flush();
        let mut pattern = Vec::new();
        loop {
            match keys.next() {
                None => return false,
                Some(Key::Byte(b'\r')) => break,
                Some(Key::Byte(8 | 127)) => {
                    if pattern.pop().is_some() {
                        ctx.put(&[b"\x08 \x08".to_vec(), self.view.cursor(pattern.len() + 2)].concat());
                    }
                }
                Some(Key::Byte(0x1b)) => {
                    self.show(ctx);
                    return true;
                }
                Some(Key::Byte(byte)) => {
                    pattern.push(byte);
                    ctx.put(&[vec![byte], self.view.cursor(pattern.len() + 2)].concat());
                }
                _ => {}
            }
            ctx.flush();
        }
        if self.view.look_for(&pattern, forward) {
            self.show(ctx);
        } else {
            ctx.put(&self.view.question(b"No matches found"));
            ctx.flush();
        }
        true
    }

    /// `:n`, `:p`, `:q`, `:x`: other files, or none.
    fn colon(&mut self, ctx: &mut Context<'_>, keys: &mut Keys) -> Result<bool, Quit> {
        ctx.put(&[self.view.question(b" :"), self.view.cursor(3)].concat());
        ctx.flush();
        let next = match keys.next() {
            None | Some(Key::Byte(b'q')) => return Ok(false),
            Some(Key::Byte(b'n')) => self.at + 1,
            Some(Key::Byte(b'p')) => self.at.wrapping_sub(1),
            Some(Key::Byte(b'x')) => 0,
            _ => self.at,
        };
        if next < self.files.len() && next != self.at {
            let (rows, cols) = self.view.size();
            self.view = open(ctx, &self.files, next, self.view.style(), rows, cols)?;
            self.at = next;
        }
        self.show(ctx);
        Ok(true)
    }
}
