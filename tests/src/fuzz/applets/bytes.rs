//! Calls of the tools that work on bytes.

use super::options;
use crate::fuzz::Random;

fn file(random: &mut Random) -> &'static str {
    ["b", "f", "b f", "< b", "nosuch b"][random.weighted(&[6, 3, 2, 2, 1])]
}

pub(super) fn base64(random: &mut Random) -> String {
    // What is no base64 is not decoded: BusyBox loses letters of it.
    match random.below(2) {
        0 => format!("{}b | {{ cat; echo; }}", options(random, &["-w #"])),
        _ => format!("{} | base64 -d", ["f", "b"][random.below(2)]),
    }
}

pub(super) fn cmp(random: &mut Random) -> String {
    let flags = options(random, &["-l", "-s", "-n #"]);
    format!("{flags}{}", ["f g", "b f", "f f", "- g < f", "f nosuch", "f g 2", "f g 1 2"][random.below(7)])
}

pub(super) fn od(random: &mut Random) -> String {
    const TYPES: &[&str] =
        &["x1", "o2", "d4", "u2", "c", "a", "x", "d8", "u1", "xC", "oS", "dI", "uL", "f4", "f8", "fD", "x2c", "d1x4"];
    let mut text = String::new();
    for _ in 0..random.weighted(&[4, 4, 1]) {
        text.push_str(&format!("-t {} ", random.pick(TYPES)));
    }
    for flag in ["-b", "-c", "-d", "-o", "-x", "-h", "-i", "-s", "-l", "-f", "-a"] {
        if random.chance(5) {
            text.push_str(&format!("{flag} "));
        }
    }
    let address = ["", "-A d ", "-A o ", "-A x ", "-A n "][random.weighted(&[6, 1, 1, 1, 2])];
    text.push_str(address);
    text.push_str(&options(random, &["-v", "-N #", "-j #"]));
    if random.chance(10) {
        text.push_str(["-w4 ", "-w8 ", "-w24 ", "-w "][random.below(4)]);
    }
    if random.chance(5) {
        text.push_str("-S 3 ");
    }
    text + file(random)
}

pub(super) fn hexdump(random: &mut Random) -> String {
    const FORMATS: &[&str] = &[
        r#"'8/1 "%02x " "\n"'"#,
        r#"'4/2 "%04x " "\n"'"#,
        r#"'"%08_ax  " 4/1 "%3u " "\n"'"#,
        r#"'16/1 "%_p" "\n"'"#,
        r#"'8/1 "%_c " "\n"'"#,
        r#"'6/1 "%_u " "\n"'"#,
        r#"'2/4 "%10d " "\n"'"#,
        r#"'1/8 "%e " "\n"'"#,
        r#"'"%_Ad\n"' -e '"%_ad " 8/1 "%o " "\n"'"#,
        r#"'3/1 "%-5x|" "\n"'"#,
        r#"'5/1 "%c" "\n"'"#,
        r#"'1/4 "%s|" "\n"'"#,
        r#"'4/1 "%x" " " 4/1 "%x" "\n"'"#,
    ];
    let mut text = String::new();
    for flag in ["-b", "-c", "-d", "-o", "-x", "-C", "-v"] {
        if random.chance(15) {
            text.push_str(&format!("{flag} "));
        }
    }
    if random.chance(30) {
        text.push_str(&format!("-e {} ", random.pick(FORMATS)));
    }
    if random.chance(20) {
        text.push_str(&format!("-n {} ", random.below(40)));
    }
    if random.chance(20) {
        text.push_str(&format!("-s {} ", random.below(20)));
    }
    text + file(random)
}

pub(super) fn xxd(random: &mut Random) -> String {
    match random.below(4) {
        0 => "-p b | xxd -r -p".into(),
        _ => {
            let flags = options(random, &["-p", "-l #", "-c 5", "-g 1", "-g 4", "-s #", "-o 16", "-i", "-u"]);
            format!("{flags}{}", ["b", "f", "< b"][random.below(3)])
        }
    }
}

pub(super) fn strings(random: &mut Random) -> String {
    format!("{}{}", options(random, &["-a", "-f", "-o", "-n #", "-t x", "-t d", "-t o"]), file(random))
}

pub(super) fn sums(random: &mut Random) -> String {
    match random.below(4) {
        0 => "f g > s; for o in -c '-c -s' '-c -w'; do md5sum $o s; sha1sum $o s; done".into(),
        _ => file(random).into(),
    }
}

pub(super) fn dd(random: &mut Random) -> String {
    let mut text = String::from(["if=b ", "if=f ", "< b "][random.below(3)]);
    for (name, bound) in [("bs", 9), ("count", 5), ("skip", 4), ("seek", 4), ("ibs", 7), ("obs", 7)] {
        if random.chance(35) {
            text.push_str(&format!("{name}={} ", 1 + random.below(bound)));
        }
    }
    if random.chance(25) {
        text.push_str(&format!("conv={} ", random.pick(&["notrunc", "sync", "noerror", "swab", "sync,notrunc"])));
    }
    // How fast it was is told, and differs.
    format!("{text}of=o status=noxfer; od -c o; cat o; echo")
}

pub(super) fn uuencode(random: &mut Random) -> String {
    let flag = if random.chance(50) { "-m " } else { "" };
    let from = ["b x", "f x", "x < b", "nosuch x"][random.weighted(&[4, 4, 3, 1])];
    format!("{flag}{from} > u; cat u; uudecode -o o u; od -c o")
}
