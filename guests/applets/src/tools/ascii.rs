//! `ascii`: the table of characters.

use crate::format::{decimal, hex, right};
use crate::{Applet, Context, Help, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet =
    Applet::new("ascii", "", main).with_help(Help::Unavailable).on_write_failure(WriteFailure::Ignore);

const HEADER: &[u8] = b"Dec Hex    Dec Hex    Dec Hex  Dec Hex  Dec Hex  Dec Hex   Dec Hex   Dec Hex\n";

/// The names of the control characters.
const NAMES: [&[u8]; 32] = [
    b"NUL", b"SOH", b"STX", b"ETX", b"EOT", b"ENQ", b"ACK", b"BEL", b"BS ", b"HT ", b"NL ", b"VT ", b"FF ", b"CR ",
    b"SO ", b"SI ", b"DLE", b"DC1", b"DC2", b"DC3", b"DC4", b"NAK", b"SYN", b"ETB", b"CAN", b"EM ", b"SUB", b"ESC",
    b"FS ", b"GS ", b"RS ", b"US ",
];

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    ctx.put(HEADER);
    for row in 0..16u8 {
        let mut line = Vec::new();
        for column in 0..8u8 {
            let byte = column * 16 + row;
            let width = if column < 6 { 3 } else { 4 };
            right(&mut line, &decimal(byte.into()), width, b' ');
            line.push(b' ');
            right(&mut line, &hex(byte.into()), 2, b'0');
            line.push(b' ');
            match byte {
                0..=31 => line.extend_from_slice(NAMES.get(usize::from(byte)).copied().unwrap_or_default()),
                127 => line.extend_from_slice(b"DEL"),
                _ => line.push(byte),
            }
            line.push(if column < 7 { b' ' } else { b'\n' });
        }
        ctx.put(&line);
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn rows() {
        let (code, out, _) = run(&APPLET, &[]);
        let lines: Vec<&str> = out.lines().collect();
        assert_eq!((code, lines.len()), (0, 17));
        assert_eq!(lines[1], "  0 00 NUL  16 10 DLE  32 20    48 30 0  64 40 @  80 50 P   96 60 `  112 70 p");
        assert_eq!(lines[9], "  8 08 BS   24 18 CAN  40 28 (  56 38 8  72 48 H  88 58 X  104 68 h  120 78 x");
        assert_eq!(lines[16], " 15 0f SI   31 1f US   47 2f /  63 3f ?  79 4f O  95 5f _  111 6f o  127 7f DEL");
    }
}
