//! `losetup`: loop devices, of which a container has none.

use wcr_sys::{Errno, fs};

use super::refusal::applet;
use crate::format::{decimal, parse_decimal};
use crate::options::Spec;
use crate::{Context, Quit};

applet!(
    /// The applet.
    APPLET, "losetup", losetup
);

/// How many numbers of loop devices are looked at for one that is free.
const MOST: u64 = 256;

fn losetup(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("cdo:afrP").parse(ctx)?;
    let operands = parsed.operands.as_slice();
    if let Some(text) = parsed.value(b'o')
        && parse_decimal(text).is_none()
    {
        return Err(ctx.die(&[b"invalid number '", text, b"'"]));
    }
    match (parsed.last_of(b"cdaf"), operands) {
        (Some(b'a'), _) => Ok(0),
        (Some(b'f'), []) => {
            let free = (0..MOST).map(|number| [b"/dev/loop", decimal(number).as_slice()].concat());
            let free = free.into_iter().find(|path| fs::stat(path).is_err());
            ctx.put(&[free.as_deref().unwrap_or(b"/dev/loop0"), b"\n"].concat());
            Ok(0)
        }
        (Some(b'f'), [file]) | (None, [_, file]) => {
            let path = fs::stat(file).err().unwrap_or(Errno::Noent);
            Err(ctx.die_errno(&[file], path))
        }
        (Some(b'c'), [device]) => {
            super::refusal::open(ctx, device)?;
            Err(ctx.die_errno(&[b"LOOP_SET_CAPACITY"], Errno::Notty))
        }
        (Some(b'd') | None, [device]) => {
            let reason = fs::stat(device).err().unwrap_or(Errno::Notty);
            Err(ctx.die_errno(&[device], reason))
        }
        _ => Err(ctx.usage()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn there_are_no_loop_devices() {
        assert_eq!(run(&APPLET, &["-a"]), (0, String::new(), String::new()));
        assert_eq!(run(&APPLET, &["-f"]).1, "/dev/loop0\n");
        assert_eq!(run(&APPLET, &["-o", "x", "a", "b"]).2, "losetup: invalid number 'x'\n");
        assert!(run(&APPLET, &["a", "b", "c"]).2.contains("Usage: losetup"));
    }
}
