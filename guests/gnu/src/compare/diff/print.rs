//! Lines of output: with colours, tabs and what is said of a missing newline.

use applets::Context;

use super::options::Options;

/// The colours of the parts of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Header,
    Place,
    Old,
    New,
    Plain,
}

impl Colour {
    const fn start(self) -> &'static [u8] {
        match self {
            Self::Header => b"\x1b[1m",
            Self::Place => b"\x1b[36m",
            Self::Old => b"\x1b[31m",
            Self::New => b"\x1b[32m",
            Self::Plain => b"",
        }
    }
}

const RESET: &[u8] = b"\x1b[0m";

/// Puts text in a colour, without what ends its line.
pub(super) fn coloured(ctx: &mut Context<'_>, options: &Options, colour: Colour, text: &[u8]) {
    if options.color && colour != Colour::Plain {
        ctx.put(&[colour.start(), text, RESET].concat());
    } else {
        ctx.put(text);
    }
}

/// Puts a line of a file behind its sign.
pub(super) fn line(ctx: &mut Context<'_>, options: &Options, colour: Colour, sign: &str, line: &[u8]) {
    let bare = super::lines::bare(line);
    let mut text = sign.as_bytes().to_vec();
    if !(options.suppress_blank_empty && bare.is_empty() && sign.trim_end().is_empty()) {
        // The sign's own space gives way to a tab.
        if options.initial_tab {
            while text.last() == Some(&b' ') && text.len() > 1 {
                text.pop();
            }
            if text == b" " {
                text.clear();
            }
            text.push(b'\t');
        }
    } else {
        text.clear();
    }
    if options.expand_tabs {
        expand(&mut text, bare, options.tab_size);
    } else {
        text.extend_from_slice(bare);
    }
    coloured(ctx, options, colour, &text);
    ctx.put(b"\n");
    if !line.ends_with(b"\n") {
        ctx.put(b"\\ No newline at end of file\n");
    }
}

/// Appends text with spaces in place of tabs.
fn expand(out: &mut Vec<u8>, text: &[u8], size: usize) {
    let mut column = 0;
    for byte in text {
        match byte {
            b'\t' => {
                let gap = size - column % size;
                out.resize(out.len() + gap, b' ');
                column += gap;
            }
            b'\r' => {
                out.push(*byte);
                column = 0;
            }
            0x08 => {
                out.push(*byte);
                column = column.saturating_sub(1);
            }
            _ => {
                out.push(*byte);
                column += usize::from(!byte.is_ascii_control());
            }
        }
    }
}
