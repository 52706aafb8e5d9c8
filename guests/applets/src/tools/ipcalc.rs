//! `ipcalc`: works out the settings of an IPv4 network.

use wcr_sys::fs;

use crate::format::parse_decimal;
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "ipcalc",
    "ipcalc [-bnmphs] ADDRESS[/PREFIX] [NETMASK]\n\n\
     Calculate and display network settings from IP address\n\n\
     \t-b\tBroadcast address\n\
     \t-n\tNetwork address\n\
     \t-m\tDefault netmask for IP\n\
     \t-p\tPrefix for IP/NETMASK\n\
     \t-h\tResolved host name\n\
     \t-s\tNo error messages",
    main,
);

const SPEC: Spec = Spec::new(
    "mbnphs",
    &[
        ("netmask", Takes::Nothing, b'm'),
        ("broadcast", Takes::Nothing, b'b'),
        ("network", Takes::Nothing, b'n'),
        ("prefix", Takes::Nothing, b'p'),
        ("hostname", Takes::Nothing, b'h'),
        ("silent", Takes::Nothing, b's'),
    ],
);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let silent = parsed.has(b's');
    let (given, netmask) = match parsed.operands.as_slice() {
        [given] => (given, None),
        [given, netmask] => (given, Some(netmask)),
        _ => return Err(ctx.usage()),
    };
    if parsed.last_of(b"mbnph").is_none() {
        return Err(ctx.usage());
    }
    // A mask is only taken where something is worked out with it.
    if netmask.is_some() && parsed.last_of(b"bnp").is_none() {
        return Err(ctx.usage());
    }
    let fail = |ctx: &mut Context<'_>, parts: &[&[u8]]| {
        if !silent {
            ctx.complain(parts);
        }
        Quit(1)
    };
    let mut halves = given.splitn(2, |byte| *byte == b'/');
    let (text, prefix) = (halves.next().unwrap_or_default(), halves.next().filter(|prefix| !prefix.is_empty()));
    let prefix = match prefix {
        Some(text) => {
            let Some(prefix) = parse_decimal(text) else { return Err(fail(ctx, &[b"invalid number '", text, b"'"])) };
            if prefix > 32 {
                return Err(fail(ctx, &[b"number ", text, b" is not in 0..32 range"]));
            }
            Some(prefix as u32)
        }
        None => None,
    };
    let written = text;
    let Some(address) = address(text) else { return Err(fail(ctx, &[b"bad IP address: ", text])) };
    if netmask.is_some() {
        if prefix.is_some() {
            return Err(fail(ctx, &[b"use prefix or netmask, not both"]));
        }
    }
    let mask = match (prefix, netmask) {
        (Some(prefix), _) => u32::MAX.checked_shl(32 - prefix).unwrap_or(0),
        (None, Some(text)) => match self::address(text) {
            Some(mask) => mask,
            None => return Err(fail(ctx, &[b"bad netmask: ", text])),
        },
        (None, None) => class_mask(address),
    };
    let dotted = |address: u32| std::net::Ipv4Addr::from(address).to_string();
    let mut text = String::new();
    if parsed.has(b'm') {
        text.push_str(&format!("NETMASK={}\n", dotted(mask)));
    }
    if parsed.has(b'b') {
        text.push_str(&format!("BROADCAST={}\n", dotted(address & mask | !mask)));
    }
    if parsed.has(b'n') {
        text.push_str(&format!("NETWORK={}\n", dotted(address & mask)));
    }
    if parsed.has(b'p') {
        text.push_str(&format!("PREFIX={}\n", mask.count_ones()));
    }
    ctx.put(text.as_bytes());
    if parsed.has(b'h') {
        let dotted = dotted(address);
        let Some(name) = host_name(dotted.as_bytes()) else {
            let parts: [&[u8]; 3] = [b"can't find hostname for ", written, b": Host name lookup failure"];
            return Err(fail(ctx, &parts));
        };
        ctx.put(&[b"HOSTNAME=", name.as_slice(), b"\n"].concat());
    }
    Ok(0)
}

/// The mask of an address's class.
const fn class_mask(address: u32) -> u32 {
    match address >> 24 {
        0..=127 => 0xff00_0000,
        128..=191 => 0xffff_0000,
        _ => 0xffff_ff00,
    }
}

/// An address of one to four numbers, of which the last fills what is left (`inet_aton(3)`).
fn address(text: &[u8]) -> Option<u32> {
    let parts: Vec<u64> = text.split(|byte| *byte == b'.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) || *last >= 1 << (32 - 8 * first.len()) {
        return None;
    }
    let high = first.iter().fold(0u64, |high, part| high << 8 | part);
    Some(((high << (32 - 8 * first.len())) | last) as u32)
}

fn number(text: &[u8]) -> Option<u64> {
    if !text.first()?.is_ascii_digit() {
        return None;
    }
    let scanned = crate::number::unsigned(text, 0);
    (scanned.len == text.len() && !scanned.overflow).then_some(scanned.value)
}

/// The first name that `/etc/hosts` has for an address.
fn host_name(address: &[u8]) -> Option<Vec<u8>> {
    let hosts = fs::read_file(b"/etc/hosts").ok()?;
    hosts.split(|byte| *byte == b'\n').find_map(|line| {
        let line = line.split(|byte| *byte == b'#').next()?;
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        (words.next()? == address).then(|| words.next().map(<[u8]>::to_vec))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn settings() {
        let out = |args: &[&str]| run(&APPLET, args).1;
        assert_eq!(
            out(&["-bnmp", "10.1.2.3/12"]),
            "NETMASK=255.240.0.0\nBROADCAST=10.15.255.255\nNETWORK=10.0.0.0\nPREFIX=12\n"
        );
        assert_eq!(out(&["-n", "10.1.2.3/0"]), "NETWORK=0.0.0.0\n");
        assert_eq!(out(&["-n", "0x10.1.2.3/8"]), "NETWORK=16.0.0.0\n");
        assert_eq!(out(&["-m", "172.16.0.1"]), "NETMASK=255.255.0.0\n");
        assert_eq!(out(&["-mp", "172.16.0.1", "255.0.0.0"]), "NETMASK=255.0.0.0\nPREFIX=8\n");
        assert!(run(&APPLET, &["-m", "172.16.0.1", "255.0.0.0"]).2.contains("Usage: ipcalc"));
    }

    #[test]
    fn addresses() {
        assert_eq!(address(b"10.1.2"), Some(0x0a01_0002));
        assert_eq!(
            (address(b"256.1.1.1"), address(b"1.2.3.4.5"), address(b"x"), address(b"")),
            (None, None, None, None)
        );
    }

    #[test]
    fn faults() {
        let err = |args: &[&str]| run(&APPLET, args).2;
        assert_eq!(err(&["-n", "foo"]), "ipcalc: bad IP address: foo\n");
        assert_eq!(err(&["-sn", "foo"]), "");
        assert_eq!(err(&["-sn", "1.2.3.4/33"]), "");
        assert_eq!(err(&["-nm", "1.2.3.4", "foo"]), "ipcalc: bad netmask: foo\n");
        assert_eq!(err(&["-n", "1.2.3.4/33"]), "ipcalc: number 33 is not in 0..32 range\n");
    }
}
