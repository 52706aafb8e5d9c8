//! Calls of the tools that work on their arguments.

use super::files::line;
use super::{options, quoted};
use crate::fuzz::Random;

const NUMBERS: &[&str] = &["0", "1", "2", "3", "-1", "10", "007", "1.5", "0x1f", "x", "", "9223372036854775807", "+4"];

const PATHS: &[&str] = &["/usr/lib/x.c", "a", "a/", "/", "//", "a//b//", ".", "..", "a/b.c", "", "/a", "x.c", ".c"];

pub(super) fn basename(random: &mut Random) -> String {
    let path = quoted(random.pick(PATHS));
    if random.chance(40) { format!("{path} {}", quoted(random.pick(&[".c", "c", "x.c", ""]))) } else { path }
}

pub(super) fn dirname(random: &mut Random) -> String {
    quoted(random.pick(PATHS))
}

pub(super) fn cal(random: &mut Random) -> String {
    let year = 1 + random.below(2200);
    let flags = options(random, &["-j", "-m", "-y"]);
    if random.chance(70) { format!("{flags}{} {year}", random.below(14)) } else { format!("{flags}{year}") }
}

pub(super) fn factor(random: &mut Random) -> String {
    let number = random.below(1 << 20) * (1 + random.below(1 << 12));
    format!("{number} {}", quoted(random.pick(&["1", "0", "2", "97", "x", "1001", ""])))
}

pub(super) fn date(random: &mut Random) -> String {
    const FORMATS: &[&str] = &[
        "%Y-%m-%d",
        "%s",
        "%a %A %b %B",
        "%j %U %W %V %G %u %w",
        "%H:%M:%S %I %p",
        "%c",
        "%x %X",
        "%D %F %T %R",
        "%e %k %l",
        "%y %C",
        "%%",
        "%n%t|",
        "%z %Z",
        "%h",
        "%q",
        "%10Y",
        "%N",
        "%-d",
    ];
    let second = random.below(1 << 31);
    let format = quoted(&format!("+{}", random.pick(FORMATS)));
    match random.below(3) {
        0 => format!("-u -d @{second} {format}"),
        1 => format!(
            "-d '{}-{:02}-{:02} {:02}:{:02}' {format}",
            1970 + random.below(68),
            1 + random.below(12),
            1 + random.below(31),
            random.below(25),
            random.below(61)
        ),
        _ => format!("-u -d @{second} {}", ["", "-R", "-I", "-Iseconds"][random.below(4)]),
    }
}

pub(super) fn expr(random: &mut Random) -> String {
    const OPERATORS: &[&str] = &["+", "-", "'*'", "/", "%", "'<'", "'<='", "=", "!=", "'>'", "'>='", "'|'", "'&'", ":"];
    const WORDS: &[&str] = &["1", "2", "0", "-3", "abc", "''", "'a*'", "'\\(b\\)c'", "a", "10", "'.*b'"];
    match random.below(5) {
        0 => format!("length {}", random.pick(WORDS)),
        1 => format!("substr {} {} {}", random.pick(WORDS), random.below(4), random.below(4)),
        2 => format!("index {} {}", random.pick(WORDS), random.pick(WORDS)),
        _ => {
            let mut text = random.pick(WORDS).to_owned();
            for _ in 0..1 + random.below(3) {
                text.push_str(&format!(" {} {}", random.pick(OPERATORS), random.pick(WORDS)));
            }
            if random.chance(20) { format!("'(' {text} ')' + 1") } else { text }
        }
    }
}

pub(super) fn getopt(random: &mut Random) -> String {
    const WORDS: &[&str] = &[
        "-a", "-b", "x", "-bx", "-ab", "--", "--long", "--arg=1", "--arg", "--opt", "--lo", "'it s'", "-c", "-z", "''",
    ];
    let spec = ["ab:", "+ab:", "-ab:", ":ab:", "ab::c", "a"][random.below(6)];
    let long = if random.chance(60) { "-l long,arg:,opt:: " } else { "" };
    let flags = options(random, &["-a", "-q", "-Q", "-u", "-n me", "-s csh"]);
    let words: Vec<&str> = (0..random.below(5)).map(|_| random.pick(WORDS)).collect();
    format!("{flags}-o {spec} {long}-- {}", words.join(" "))
}

pub(super) fn ipcalc(random: &mut Random) -> String {
    const ADDRESSES: &[&str] = &["10.1.2.3", "192.168.1.77", "172.16.5.4", "1.2.3", "256.1.1.1", "foo", "224.0.0.1"];
    let prefix = if random.chance(60) { format!("/{}", random.below(34)) } else { String::new() };
    let mask = ["", " 255.255.0.0", " 255.255.255.240", " foo"][random.weighted(&[8, 2, 1, 1])];
    format!("{}{}{prefix}{mask}", options(random, &["-b", "-n", "-m", "-p", "-s"]), random.pick(ADDRESSES))
}

pub(super) fn printf(random: &mut Random) -> String {
    const FORMATS: &[&str] = &[
        "%d\\n",
        "%5d|%-5d|\\n",
        "%05d\\n",
        "%x %X %#x\\n",
        "%o %#o\\n",
        "%s\\n",
        "%10s|%-10s|\\n",
        "%.2s|\\n",
        "%c\\n",
        "%%\\n",
        "%b\\n",
        "%e %f %g\\n",
        "%.3f\\n",
        "%+d % d\\n",
        "%i %u\\n",
        "a\\tb\\n",
        "\\101\\x41\\n",
        "%*d\\n",
        "%s %s\\n",
        "\\c",
        "%q\\n",
        "%5c|\\n",
        "%G %E\\n",
        "%a\\n",
        "%ld\\n",
        "%z\\n",
    ];
    let args: Vec<String> = (0..random.below(4))
        .map(|_| if random.chance(60) { quoted(random.pick(NUMBERS)) } else { quoted(&line(random)) })
        .collect();
    format!("{} {}", quoted(random.pick(FORMATS)), args.join(" "))
}

pub(super) fn seq(random: &mut Random) -> String {
    let number = |random: &mut Random| {
        [
            random.below(12).to_string(),
            format!("-{}", random.below(5)),
            format!("{}.5", random.below(4)),
            "0.25".into(),
            "x".into(),
        ][random.weighted(&[8, 2, 2, 1, 1])]
        .clone()
    };
    let numbers: Vec<String> = (0..1 + random.below(3)).map(|_| number(random)).collect();
    format!("{}{} | head -n 40", options(random, &["-w", "-s ,"]), numbers.join(" "))
}

pub(super) fn test(random: &mut Random) -> String {
    const UNARY: &[&str] = &["-n", "-z", "-f", "-d", "-e", "-r", "-s", "-x", "-L", "!", "-t", "-w", "-b"];
    const BINARY: &[&str] = &["=", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "=="];
    const WORDS: &[&str] = &["f", "g", "d", "nosuch", "''", "1", "2", "-1", "x", "'a b'", "'('", "-n", "!"];
    let term = |random: &mut Random| match random.below(4) {
        0 => random.pick(WORDS).to_owned(),
        1 => format!("{} {}", random.pick(UNARY), random.pick(WORDS)),
        _ => format!("{} {} {}", random.pick(WORDS), random.pick(BINARY), random.pick(WORDS)),
    };
    let first = term(random);
    match random.below(5) {
        0 => format!("{first} -a {}", term(random)),
        1 => format!("{first} -o {}", term(random)),
        2 => format!("! {first}"),
        3 => format!("'(' {first} ')'"),
        _ => first,
    }
}

pub(super) fn xargs(random: &mut Random) -> String {
    let flags = options(random, &["-n 2", "-n 1", "-r", "-t", "-0", "-s 40", "-x", "-L 1", "-E b", "-I {}"]);
    format!(
        "{flags}{} < {}",
        ["echo", "", "printf '<%s>\\n'", "echo {}", "sh -c 'exit 3'"][random.below(5)],
        ["f", "g"][random.below(2)]
    )
}
