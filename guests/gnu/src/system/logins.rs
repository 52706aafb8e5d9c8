//! `who`, `pinky`, `users`: nobody logs in to a container, and there are no records of it.

use applets::options::{Parsed, Takes};
use applets::{Context, Quit};
use wcr_sys::fs;

use crate::Program;
use crate::dispatch::{extra_operand, wrong_usage};
use crate::program::{HELP_OPTION, STANDARD, VERSION_OPTION};

const LOOKUP: u8 = 0x80;

/// `users`.
pub const USERS: Program =
    Program::new("users", "[OPTION]... [FILE]", "Prints who is logged in.", "", STANDARD, |ctx, parsed| {
        match parsed.operands.as_slice() {
            [_, second, ..] => Err(extra_operand(ctx, 1, second)),
            _ => Ok(0),
        }
    })
    .lacking("records of logins in files");

/// `who`.
pub const WHO: Program = Program::new(
    "who",
    "[OPTION]... [ FILE | ARG1 ARG2 ]",
    "Prints who is logged in.",
    "abdlmpqrstuwHT",
    &[
        ("all", Takes::Nothing, b'a'),
        ("boot", Takes::Nothing, b'b'),
        ("count", Takes::Nothing, b'q'),
        ("dead", Takes::Nothing, b'd'),
        ("heading", Takes::Nothing, b'H'),
        ("login", Takes::Nothing, b'l'),
        ("lookup", Takes::Nothing, LOOKUP),
        ("message", Takes::Nothing, b'T'),
        ("mesg", Takes::Nothing, b'T'),
        ("process", Takes::Nothing, b'p'),
        ("runlevel", Takes::Nothing, b'r'),
        ("short", Takes::Nothing, b's'),
        ("time", Takes::Nothing, b't'),
        ("users", Takes::Nothing, b'u'),
        ("writable", Takes::Nothing, b'T'),
        HELP_OPTION,
        VERSION_OPTION,
    ],
    who,
)
.lacking("records of logins in files");

/// `pinky`.
pub const PINKY: Program = Program::new(
    "pinky",
    "[OPTION]... [USER]...",
    "Prints who is logged in, and tells of users.",
    "sfwiqbhlp",
    STANDARD,
    pinky,
);

fn who(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if let [_, _, third, ..] = parsed.operands.as_slice() {
        return Err(extra_operand(ctx, 1, third));
    }
    if parsed.has(b'q') {
        ctx.put(b"\n# users=0\n");
        return Ok(0);
    }
    if parsed.has(b'H') {
        let any = |keys: &[u8]| parsed.has(b'a') || keys.iter().any(|key| parsed.has(*key));
        let state = if any(b"Tw") { "NAME       " } else { "NAME     " };
        let exit = if any(b"d") { "  EXIT" } else { "" };
        // Without a wish for other lines than those of users, these are short.
        let short = exit.is_empty() && (parsed.has(b's') || !any(b"bdlprtu"));
        let idle = match (short, any(b"dlru")) {
            (true, _) => "",
            (false, true) => " IDLE          PID",
            (false, false) => "        PID",
        };
        ctx.put(format!("{state}LINE         TIME        {idle} COMMENT{exit}\n").as_bytes());
    }
    Ok(0)
}

fn pinky(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.last_of(b"ls") == Some(b'l') {
        return long(ctx, parsed);
    }
    let any = |keys: &[u8]| keys.iter().any(|key| parsed.has(*key));
    if parsed.has(b'f') {
        return Ok(0);
    }
    let mut line = "Login   ".to_owned();
    if !any(b"wiq") {
        line += " Name               ";
    }
    line += "  TTY     ";
    if !any(b"q") {
        line += " Idle  ";
    }
    line += " When        ";
    if !any(b"iq") {
        line += " Where";
    }
    line.push('\n');
    ctx.put(line.as_bytes());
    Ok(0)
}

fn long(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    if parsed.operands.is_empty() {
        let what = b"no username specified; at least one must be specified when using -l";
        return Err(wrong_usage(ctx, 1, &[what]));
    }
    let accounts = fs::read_file(b"/etc/passwd").unwrap_or_default();
    for name in &parsed.operands {
        let mut text = format!("Login name: {:<28}In real life:  ", String::from_utf8_lossy(name)).into_bytes();
        let user = accounts.split(|byte| *byte == b'\n').find_map(|line| {
            let fields: Vec<&[u8]> = line.split(|byte| *byte == b':').collect();
            match fields.as_slice() {
                [login, _, _, _, real, home, shell] if login == name => Some((*real, *home, *shell)),
                _ => None,
            }
        });
        let Some((real, home, shell)) = user else {
            ctx.put(&[&text[..], b"???\n"].concat());
            continue;
        };
        let real: &[u8] = real.split(|byte| *byte == b',').next().unwrap_or_default();
        // An ampersand stands for the login name with a capital.
        for byte in real {
            if *byte == b'&' {
                let mut capital = name.clone();
                capital.iter_mut().take(1).for_each(|byte| byte.make_ascii_uppercase());
                text.extend_from_slice(&capital);
            } else {
                text.push(*byte);
            }
        }
        text.push(b'\n');
        if !parsed.has(b'b') {
            let home = String::from_utf8_lossy(home);
            text.extend_from_slice(format!("Directory: {home:<29}Shell:  ").as_bytes());
            text.extend_from_slice(shell);
            text.push(b'\n');
        }
        for (skip, file, title) in [(b'h', &b"/.project"[..], &b"Project: "[..]), (b'p', b"/.plan", b"Plan:\n")] {
            let content = fs::read_file(&[home, file].concat());
            if let Some(content) = content.ok().filter(|_| !parsed.has(skip)) {
                text.extend_from_slice(title);
                text.extend_from_slice(&content);
            }
        }
        text.push(b'\n');
        ctx.put(&text);
    }
    Ok(0)
}
