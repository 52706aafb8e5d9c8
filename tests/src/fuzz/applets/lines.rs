//! Calls of the tools that work on lines.

use super::files::operands;
use super::{options, quoted};
use crate::fuzz::Random;

const DELIMITERS: &[&str] = &[":", ",", " ", "a", "é", "xy", "\t"];

fn list(random: &mut Random) -> String {
    let mut range = || {
        let (low, high) = (1 + random.below(5), 1 + random.below(8));
        match random.below(6) {
            0 => format!("{low}-{high}"),
            1 => format!("{low}-"),
            2 => format!("-{high}"),
            3 => format!("{}", random.below(3)),
            _ => low.to_string(),
        }
    };
    let first = range();
    let second = range();
    if random.chance(40) { format!("{first},{second}") } else { first }
}

pub(super) fn cat(random: &mut Random) -> String {
    format!("{}{}", options(random, &["-n", "-b", "-v", "-t", "-e", "-A", "-s"]), operands(random))
}

pub(super) fn cut(random: &mut Random) -> String {
    let list = list(random);
    let mut text = match random.below(4) {
        0 => format!("-c {list} "),
        1 => format!("-b {list} "),
        _ => {
            let delimiter =
                if random.chance(70) { format!("-d {} ", quoted(random.pick(DELIMITERS))) } else { String::new() };
            format!("-f {list} {delimiter}")
        }
    };
    text.push_str(&options(random, &["-s", "-n"]));
    text + &operands(random)
}

pub(super) fn diff(random: &mut Random) -> String {
    let flags =
        options(random, &["-u", "-U #", "-b", "-w", "-i", "-B", "-q", "-s", "-a", "-t", "-T", "-L one", "-d", "-N"]);
    let files = ["f g", "f f", "- g < f", "f nosuch", "f b"][random.weighted(&[12, 1, 2, 1, 1])];
    // The times of files are not alike.
    format!("{flags}{files} | sed 's/^\\([-+][-+][-+] [^\t]*\\)\t.*/\\1/'")
}

pub(super) fn patch(random: &mut Random) -> String {
    let spoil = ["", "sed -i 1d f; ", "sed -i 's/a/A/' f; ", "echo new >> f; "][random.weighted(&[4, 2, 2, 2])];
    let flags = options(random, &["-R", "-N", "-E", "--dry-run"]);
    format!("--dry-run < /dev/null\ndiff -u -L f -L f f g > d; {spoil}patch {flags}f < d; cat f")
}

pub(super) fn expand(random: &mut Random) -> String {
    format!("{}{}", options(random, &["-t #", "-i"]), operands(random))
}

pub(super) fn unexpand(random: &mut Random) -> String {
    format!("{}{}", options(random, &["-a", "-t #", "-f"]), operands(random))
}

pub(super) fn fold(random: &mut Random) -> String {
    format!("{}{}", options(random, &["-w #", "-s", "-b"]), operands(random))
}

pub(super) fn head(random: &mut Random) -> String {
    let count = ["", "-n # ", "-c # ", "-# ", "-n -# ", "-c -# "][random.weighted(&[2, 4, 3, 2, 2, 2])];
    let count = count.replace('#', &random.below(12).to_string());
    format!("{count}{}{}", options(random, &["-q", "-v"]), operands(random))
}

pub(super) fn tail(random: &mut Random) -> String {
    let count = ["", "-n # ", "-c # ", "-# ", "-n +# ", "-c +# "][random.weighted(&[2, 4, 3, 2, 3, 3])];
    let count = count.replace('#', &random.below(12).to_string());
    format!("{count}{}{}", options(random, &["-q", "-v"]), operands(random))
}

pub(super) fn nl(random: &mut Random) -> String {
    let all = ["-b a", "-b t", "-b n", "-w #", "-s ': '", "-i #", "-v #"];
    format!("{}{}", options(random, &all), operands(random))
}

pub(super) fn paste(random: &mut Random) -> String {
    let delimiter = ["", "-d , ", "-d ':;' ", "-d '\\n' ", "-d '\\t,' "][random.below(5)];
    format!("{delimiter}{}{} {}", options(random, &["-s"]), operands(random), ["", "g", "-"][random.below(3)])
}

pub(super) fn rev(random: &mut Random) -> String {
    operands(random)
}

pub(super) fn tac(random: &mut Random) -> String {
    operands(random)
}

pub(super) fn sort(random: &mut Random) -> String {
    let mut text = String::new();
    for flag in ["-n", "-r", "-u", "-f", "-b", "-d", "-i", "-g", "-M", "-h", "-V", "-s", "-c", "-z"] {
        if random.chance(10) {
            text.push_str(flag);
            text.push(' ');
        }
    }
    for _ in 0..random.weighted(&[5, 4, 1]) {
        let modifiers = ["", "n", "r", "b", "f", "nr", "d", "M", "h"][random.weighted(&[4, 3, 2, 1, 1, 1, 1, 1, 1])];
        let (from, to) = (1 + random.below(3), 1 + random.below(3));
        let key = match random.below(4) {
            0 => format!("{from}{modifiers}"),
            1 => format!("{from},{to}{modifiers}"),
            2 => format!("{from}.{}{modifiers}", 1 + random.below(3)),
            _ => format!("{from}{modifiers},{to}.{}", 1 + random.below(3)),
        };
        text.push_str(&format!("-k {key} "));
    }
    if random.chance(30) {
        text.push_str(&format!("-t {} ", quoted(random.pick(&[":", ",", " "]))));
    }
    text + &operands(random)
}

const SETS: &[&str] = &[
    "a-z",
    "A-Z",
    "abc",
    "0-9",
    "[:upper:]",
    "[:lower:]",
    "[:digit:]",
    "[:space:]",
    "[:alpha:]",
    "\\n",
    " ",
    "aeiou",
    "a-c0-9",
    "\\t\\n",
    "[=a=]",
    "xyz",
    "-",
    "a-",
    "\\\\",
    "[:punct:]",
    "x",
    "[:alnum:]\\n",
    "é",
    "a\\-z",
];

pub(super) fn tr(random: &mut Random) -> String {
    let flags = ["", "-d ", "-s ", "-c ", "-cd ", "-cs ", "-ds ", "-C "][random.weighted(&[6, 3, 3, 1, 2, 1, 1, 1])];
    let first = quoted(random.pick(SETS));
    let deletes = flags.contains('d') && !flags.contains('s');
    let second = if deletes && random.chance(90) { String::new() } else { quoted(random.pick(SETS)) };
    format!("{flags}{first} {second} < {}", ["f", "g", "b"][random.weighted(&[4, 2, 1])])
}

pub(super) fn uniq(random: &mut Random) -> String {
    let flags = options(random, &["-c", "-d", "-u", "-i", "-f #", "-s #", "-w #"]);
    format!("{flags}{}", ["f", "< f", "- < g", "f o; cat o", "nosuch"][random.weighted(&[5, 2, 2, 1, 1])])
}

pub(super) fn wc(random: &mut Random) -> String {
    format!("{}{}", options(random, &["-l", "-w", "-c", "-m", "-L"]), operands(random))
}

pub(super) fn comm(random: &mut Random) -> String {
    let flags = options(random, &["-1", "-2", "-3"]);
    format!("{flags}{}", ["f g", "- g < f", "f f", "f nosuch", "f b"][random.weighted(&[8, 2, 1, 1, 1])])
}

pub(super) fn dos2unix(random: &mut Random) -> String {
    match random.below(3) {
        0 => format!("{}f; od -c f", options(random, &["-u", "-d"])),
        1 => "-d < f | od -c".into(),
        _ => "< b | od -c; unix2dos f; dos2unix f; od -c f".into(),
    }
}

pub(super) fn ed(random: &mut Random) -> String {
    const COMMANDS: &[&str] = &[
        "p",
        "n",
        "=",
        "1,3p",
        "$p",
        "2d",
        "1,2d",
        "a\nnew\n.",
        "2i\nbefore\n.",
        "1c\nother\n.",
        "/a/p",
        "?b?p",
        "s/a/X/",
        "1,$s/b/Y/",
        "w o",
        "r g",
        "+",
        "-",
        "3",
        ".=",
        "1,$p",
        "q",
        "99p",
        "0a\nfirst\n.",
        "l",
        "j",
    ];
    let mut script = String::new();
    for _ in 0..1 + random.below(6) {
        script.push_str(random.pick(COMMANDS));
        script.push_str("\\n");
    }
    format!("f < /dev/null; printf {} | ed f", quoted(&script.replace('\n', "\\n")))
}

pub(super) fn shuf(random: &mut Random) -> String {
    let what = ["f", "-e a b c", "-i 1-9", "-i 5-2", "< f", "nosuch", "-z f", "-n # f"];
    format!("{} | sort", what[random.below(what.len())].replace('#', "0"))
}

pub(super) fn split(random: &mut Random) -> String {
    let flags = options(random, &["-l 2", "-b 7", "-a 1", "-a 3", "-l 1"]);
    format!(
        "{flags}{}; for p in x??* p*; do echo \"$p\"; cat \"$p\"; done; rm -f x??* p*",
        ["f", "f p", "- < f"][random.below(3)]
    )
}

pub(super) fn tee(random: &mut Random) -> String {
    format!("{}{} < f; cat o", options(random, &["-a", "-i"]), ["o", "o o", "-", "o -", "."][random.below(5)])
}
