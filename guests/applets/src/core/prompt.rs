//! Questions on standard error that standard input answers.

use std::io::BufRead;

use wcr_sys::{Input, fd};

use crate::Context;

/// Asks and reads the answers; what it reads ahead serves the next question.
#[derive(Debug, Default)]
pub struct Prompt {
    input: Option<Input>,
}

impl Prompt {
    /// Prints `name: question? ` and returns whether the line that follows begins with `y`.
    pub fn ask(&mut self, ctx: &mut Context<'_>, question: &[&[u8]]) -> bool {
        let text = [ctx.name, b": ", &question.concat(), b"? "].concat();
        ctx.put_err(&text);
        let mut line = Vec::new();
        let input = self.input.get_or_insert_with(|| Input::new(fd::STDIN));
        // An unreadable answer is none.
        let _ = input.read_until(b'\n', &mut line);
        matches!(line.trim_ascii_start().first(), Some(b'y' | b'Y'))
    }
}
