//! What a script prints, and what it writes to its files.

use std::io::Write;
use std::rc::Rc;

use applets::Context;
use applets::lines::LineReader;
use applets::source::Source;

use super::execute::Editor;
use super::output::{Sink, Tail};

/// What is printed at the end of a cycle.
#[derive(Debug)]
pub(super) enum Queued {
    /// The text of a command.
    Text(Rc<[u8]>),
    /// A line of a file, and whether its end stood there.
    Line(Vec<u8>, bool),
    /// A whole file.
    File(Rc<[u8]>),
}

impl Editor {
    pub(super) fn print_unasked(&mut self, ctx: &mut Context<'_>) {
        if !self.manner.quiet {
            self.print_space(ctx);
        }
    }

    pub(super) fn print_space(&mut self, ctx: &mut Context<'_>) {
        let space = core::mem::take(&mut self.space.text);
        self.print(ctx, &space, self.space.terminated);
        self.space.text = space;
    }

    /// Prints a line.
    pub(super) fn print(&mut self, ctx: &mut Context<'_>, text: &[u8], terminated: bool) {
        let delimiter = self.manner.delimiter;
        let end = terminated.then_some(delimiter);
        match &mut self.file {
            None => self.tail.line(ctx, text, end, delimiter),
            Some(file) => self.tail.line(file, text, end, delimiter),
        }
    }

    /// Prints the text of a command, whose last newline is what ends lines.
    pub(super) fn print_text(&mut self, ctx: &mut Context<'_>, text: &[u8]) {
        match text.strip_suffix(b"\n") {
            Some(line) => self.print(ctx, line, true),
            None => self.raw(ctx, text),
        }
    }

    /// Prints bytes as they are.
    pub(super) fn raw(&mut self, ctx: &mut Context<'_>, bytes: &[u8]) {
        let delimiter = self.manner.delimiter;
        match &mut self.file {
            None => self.tail.raw(ctx, bytes, delimiter),
            Some(file) => self.tail.raw(file, bytes, delimiter),
        }
    }

    /// Writes the beginning of the pattern space to a file of the script.
    pub(super) fn write_to(&mut self, ctx: &mut Context<'_>, number: usize, len: usize, terminated: bool) {
        let delimiter = self.manner.delimiter;
        let space = core::mem::take(&mut self.space.text);
        let text = space.get(..len).unwrap_or_default();
        let end = terminated.then_some(delimiter);
        match self.sinks.get_mut(number) {
            Some(Sink::Stdout) => self.print_to_stdout(ctx, text, end),
            Some(Sink::Stderr(tail)) => {
                let mut line = Vec::new();
                tail.line(&mut line, text, end, delimiter);
                ctx.put_err(&line);
            }
            Some(Sink::File(file, tail)) => {
                tail.line(file, text, end, delimiter);
                // Other commands may read it.
                let _ = file.flush();
            }
            None => {}
        }
        self.space.text = space;
    }

    pub(super) fn print_to_stdout(&mut self, ctx: &mut Context<'_>, text: &[u8], end: Option<u8>) {
        let delimiter = self.manner.delimiter;
        if self.file.is_some() {
            Tail::default().line(ctx, text, end, delimiter);
        } else {
            self.tail.line(ctx, text, end, delimiter);
        }
    }

    pub(super) fn flush_queue(&mut self, ctx: &mut Context<'_>) {
        if self.queue.is_empty() {
            return;
        }
        // The end that the last line lacked is written even where nothing follows.
        self.raw(ctx, b"");
        for queued in core::mem::take(&mut self.queue) {
            match queued {
                Queued::Text(text) => self.raw(ctx, &text),
                Queued::Line(mut text, terminated) => {
                    if terminated {
                        text.push(self.manner.delimiter);
                    }
                    self.raw(ctx, &text);
                }
                Queued::File(path) => self.print_file(ctx, &path),
            }
        }
    }

    /// Prints a file; one that cannot be read is passed over.
    pub(super) fn print_file(&mut self, ctx: &mut Context<'_>, path: &[u8]) {
        let path = if path == b"/dev/stdin" { b"-" } else { path };
        let Ok(source) = Source::open(path) else { return };
        let mut reader = LineReader::new(source.fd(), b'\n');
        while let Ok(block) = reader.next_block() {
            if block.is_empty() {
                break;
            }
            let block = block.to_vec();
            self.raw(ctx, &block);
        }
    }
}
