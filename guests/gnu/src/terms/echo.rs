//! `echo`.

use applets::escape::{self, Octal};

use crate::Program;

/// The program.
pub const PROGRAM: Program = Program::raw("echo", "[-neE] [STRING]...", "Prints its arguments.", true, |ctx, _| {
    let text = compose(ctx.args);
    ctx.put(&text);
    Ok(0)
});

/// What is printed for these arguments. Other than in BusyBox, `-E` undoes `-e`.
fn compose(args: &[Vec<u8>]) -> Vec<u8> {
    let (mut newline, mut escapes) = (true, false);
    let mut words = args;
    while let Some((first, rest)) = words.split_first() {
        let Some(flags) = first.strip_prefix(b"-") else { break };
        if flags.is_empty() || !flags.iter().all(|flag| b"neE".contains(flag)) {
            break;
        }
        for flag in flags {
            match flag {
                b'n' => newline = false,
                flag => escapes = *flag == b'e',
            }
        }
        words = rest;
    }
    let text = words.join(&b' ');
    let mut out = Vec::with_capacity(text.len() + 1);
    if !escapes {
        out.extend_from_slice(&text);
    } else if !escape::expand(&mut out, &text, Octal::ThreeAfterZero) {
        return out;
    }
    if newline {
        out.push(b'\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::compose;

    #[test]
    fn the_last_flag_counts() {
        let echo = |args: &[&str]| compose(&args.iter().map(|arg| arg.as_bytes().to_vec()).collect::<Vec<_>>());
        assert_eq!(echo(&["-neE", "a\\n"]), b"a\\n");
        assert_eq!(echo(&["-e", "a\\cb", "c"]), b"a");
        assert_eq!(echo(&["-z", "-n"]), b"-z -n\n");
    }
}
