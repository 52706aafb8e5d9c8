//! `getopt`: reads options for a shell script.

use crate::environ::var;
use crate::options::{Spec, Takes};
use crate::{Applet, Context, Quit, WriteFailure};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "getopt",
    "getopt [OPTIONS] [--] OPTSTRING PARAMS\n\n\
     \t-a\t\tAllow long options starting with single -\n\
     \t-l LOPT[,...]\tLong options to recognize\n\
     \t-n PROGNAME\tThe name under which errors are reported\n\
     \t-o OPTSTRING\tShort options to recognize\n\
     \t-q\t\tNo error messages on unrecognized options\n\
     \t-Q\t\tNo normal output\n\
     \t-s SHELL\tSet shell quoting conventions\n\
     \t-T\t\tVersion test (exits with 4)\n\
     \t-u\t\tDon't quote output\n\n\
     Example:\n\n\
     O=`getopt -l bb: -- ab:c:: \"$@\"` || exit 1\n\
     eval set -- \"$O\"\n\
     while true; do\n\
     \tcase \"$1\" in\n\
     \t-a)\techo A; shift;;\n\
     \t-b|--bb) echo \"B:'$2'\"; shift 2;;\n\
     \t-c)\tcase \"$2\" in\n\
     \t\t\"\")\techo C; shift 2;;\n\
     \t\t*)\techo \"C:'$2'\"; shift 2;;\n\
     \t\tesac;;\n\
     \t--)\tshift; break;;\n\
     \t*)\techo Error; exit 1;;\n\
     \tesac\n\
     done",
    main,
)
.on_write_failure(WriteFailure::Ignore);

const SPEC: Spec = Spec::new(
    "+o:n:qQs:Tual:",
    &[
        ("options", Takes::Value, b'o'),
        ("longoptions", Takes::Value, b'l'),
        ("quiet", Takes::Nothing, b'q'),
        ("quiet-output", Takes::Nothing, b'Q'),
        ("shell", Takes::Value, b's'),
        ("test", Takes::Nothing, b'T'),
        ("unquoted", Takes::Nothing, b'u'),
        ("alternative", Takes::Nothing, b'a'),
        ("name", Takes::Value, b'n'),
    ],
);

/// What `-T` exits with.
const VERSION: u8 = 4;

/// Where operands go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Behind the options.
    Permute,
    /// The first one ends the options.
    Stop,
    /// They stay between the options.
    InPlace,
}

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quoting {
    None,
    Sh,
    Csh,
}

/// What is read and how it is written.
#[derive(Debug)]
struct Reader<'a> {
    short: &'a [u8],
    long: Vec<(Vec<u8>, Takes)>,
    order: Order,
    /// Whether there is a list of long options, be it empty.
    has_long: bool,
    /// Whether `-name` may be a long option.
    single_dash: bool,
    quoting: Quoting,
    out: Vec<u8>,
    operands: Vec<Vec<u8>>,
    faults: Vec<Vec<u8>>,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let compatible = var(b"GETOPT_COMPATIBLE").is_some();
    let Some(first) = ctx.args.first() else {
        if compatible {
            ctx.put(b" --\n");
            return Ok(0);
        }
        return Err(ctx.die(&[b"missing optstring argument"]));
    };
    if !first.starts_with(b"-") || compatible {
        let short: Vec<u8> = first.iter().copied().skip_while(|byte| matches!(byte, b'-' | b'+')).collect();
        let args = ctx.args.get(1..).unwrap_or_default();
        return Ok(read(ctx, &short, Vec::new(), args, &Style { quoting: Quoting::None, ..Style::default() }));
    }
    let parsed = SPEC.parse(ctx)?;
    let quoting = match parsed.value(b's') {
        None | Some(b"sh" | b"bash") => Quoting::Sh,
        Some(b"csh" | b"tcsh") => Quoting::Csh,
        Some(shell) => {
            ctx.complain(&[b"unknown shell '", shell, b"', assuming bash"]);
            Quoting::Sh
        }
    };
    if parsed.has(b'T') {
        return Ok(VERSION);
    }
    let mut args = parsed.operands.as_slice();
    let short = match (parsed.value(b'o'), args) {
        (Some(short), _) => short.to_vec(),
        (None, [short, rest @ ..]) => {
            args = rest;
            short.clone()
        }
        (None, []) => return Err(ctx.die(&[b"missing optstring argument"])),
    };
    let mut long = Vec::new();
    for (_, value) in parsed.options.iter().filter(|(key, _)| *key == b'l') {
        let names = value.as_deref().unwrap_or_default().split(|byte| b", \t\n".contains(byte));
        long.extend(names.filter(|name| !name.is_empty()).map(long_option));
    }
    let style = Style {
        quoting: if parsed.has(b'u') { Quoting::None } else { quoting },
        has_long: parsed.has(b'l'),
        // Without long options there are none to write with one dash.
        single_dash: parsed.has(b'a') && parsed.has(b'l'),
        quiet: parsed.has(b'q'),
        silent: parsed.has(b'Q'),
        name: parsed.value(b'n').map(<[u8]>::to_vec),
    };
    Ok(read(ctx, &short, long, args, &style))
}

/// How it is done, as the options say.
#[derive(Debug)]
struct Style {
    quoting: Quoting,
    has_long: bool,
    single_dash: bool,
    /// No diagnostics.
    quiet: bool,
    /// No output.
    silent: bool,
    name: Option<Vec<u8>>,
}

impl Default for Style {
    fn default() -> Self {
        Self { quoting: Quoting::Sh, has_long: false, single_dash: false, quiet: false, silent: false, name: None }
    }
}

fn long_option(text: &[u8]) -> (Vec<u8>, Takes) {
    if let Some(name) = text.strip_suffix(b"::") {
        return (name.to_vec(), Takes::OptionalValue);
    }
    match text.strip_suffix(b":") {
        Some(name) => (name.to_vec(), Takes::Value),
        None => (text.to_vec(), Takes::Nothing),
    }
}

/// Reads the arguments, writes them in order and tells what is wrong with them.
fn read(ctx: &mut Context<'_>, short: &[u8], long: Vec<(Vec<u8>, Takes)>, args: &[Vec<u8>], style: &Style) -> u8 {
    let (order, short) = match short {
        [b'+', rest @ ..] => (Order::Stop, rest),
        [b'-', rest @ ..] => (Order::InPlace, rest),
        _ if var(b"POSIXLY_CORRECT").is_some() => (Order::Stop, short),
        _ => (Order::Permute, short),
    };
    let quiet = style.quiet || short.starts_with(b":");
    let mut reader = Reader {
        short,
        long,
        order,
        has_long: style.has_long,
        single_dash: style.single_dash,
        quoting: style.quoting,
        out: Vec::new(),
        operands: Vec::new(),
        faults: Vec::new(),
    };
    reader.run(args);
    let (mut out, operands) = (reader.out, reader.operands);
    if !quiet {
        let name = style.name.as_deref().unwrap_or(ctx.name).to_vec();
        for fault in &reader.faults {
            ctx.put_err(&[&name, b": ".as_slice(), fault, b"\n"].concat());
        }
    }
    if !style.silent {
        out.extend_from_slice(b" --");
        for operand in operands {
            out.push(b' ');
            quote(&mut out, &operand, style.quoting);
        }
        out.push(b'\n');
        ctx.put(&out);
    }
    u8::from(!reader.faults.is_empty())
}

impl Reader<'_> {
    fn run(&mut self, args: &[Vec<u8>]) {
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_slice() {
                b"--" => break,
                [b'-', b'-', name @ ..] if self.has_long => self.long_option(name, b"--", &mut args),
                [b'-', first, rest @ ..] => {
                    let name = arg.get(1..).unwrap_or_default();
                    let known = self.takes(*first).is_some();
                    if self.single_dash && !(rest.is_empty() && known) && (self.finds(name) || !known) {
                        self.long_option(name, b"-", &mut args);
                    } else {
                        self.cluster(name, &mut args);
                    }
                }
                _ if self.order == Order::InPlace => {
                    self.out.push(b' ');
                    quote(&mut self.out, arg, self.quoting);
                }
                _ => {
                    self.operands.push(arg.clone());
                    if self.order == Order::Stop {
                        break;
                    }
                }
            }
        }
        self.operands.extend(args.cloned());
    }

    fn takes(&self, key: u8) -> Option<Takes> {
        if key == b':' {
            return None;
        }
        let at = self.short.iter().position(|known| *known == key)?;
        Some(match self.short.get(at + 1..) {
            Some([b':', b':', ..]) => Takes::OptionalValue,
            Some([b':', ..]) => Takes::Value,
            _ => Takes::Nothing,
        })
    }

    fn cluster<'a>(&mut self, mut cluster: &[u8], args: &mut impl Iterator<Item = &'a Vec<u8>>) {
        while let [key, rest @ ..] = cluster {
            cluster = rest;
            let value = match self.takes(*key) {
                None => {
                    self.faults.push([b"invalid option -- '", &[*key][..], b"'"].concat());
                    continue;
                }
                Some(Takes::Nothing) => None,
                Some(_) if !rest.is_empty() => Some(core::mem::take(&mut cluster).to_vec()),
                Some(Takes::OptionalValue) => Some(Vec::new()),
                Some(Takes::Value) => match args.next() {
                    Some(value) => Some(value.clone()),
                    None => {
                        self.faults.push([b"option requires an argument -- '", &[*key][..], b"'"].concat());
                        continue;
                    }
                },
            };
            self.put(&[b"-", &[*key][..]].concat(), value.as_deref());
        }
    }

    fn matching(&self, name: &[u8]) -> Vec<&(Vec<u8>, Takes)> {
        let name = name.split(|byte| *byte == b'=').next().unwrap_or_default();
        match self.long.iter().find(|(known, _)| known == name) {
            Some(exact) => vec![exact],
            None => self.long.iter().filter(|(known, _)| known.starts_with(name)).collect(),
        }
    }

    fn finds(&self, name: &[u8]) -> bool {
        !self.matching(name).is_empty()
    }

    fn long_option<'a>(&mut self, given: &[u8], dash: &[u8], args: &mut impl Iterator<Item = &'a Vec<u8>>) {
        let mut halves = given.splitn(2, |byte| *byte == b'=');
        let (_, attached) = (halves.next(), halves.next());
        let matching: Vec<(Vec<u8>, Takes)> = self.matching(given).into_iter().cloned().collect();
        let fault = |before: &[u8], name: &[u8], after: &[u8]| [before, b"'", dash, name, b"'", after].concat();
        let (name, takes) = match matching.as_slice() {
            [] => return self.faults.push(fault(b"unrecognized option ", given, b"")),
            [first, rest @ ..] if rest.iter().all(|other| other.1 == first.1) && rest.is_empty() => first,
            several => {
                let mut text = fault(b"option ", given, b" is ambiguous; possibilities:");
                let mut listed: Vec<Takes> = Vec::new();
                for (name, takes) in several {
                    if !listed.contains(takes) {
                        text.extend_from_slice(&[b" '", dash, name.as_slice(), b"'"].concat());
                        listed.push(*takes);
                    }
                }
                return self.faults.push(text);
            }
        };
        let value = match (takes, attached) {
            (Takes::Nothing, Some(_)) => {
                return self.faults.push(fault(b"option ", name, b" doesn't allow an argument"));
            }
            (Takes::Nothing, None) => None,
            (Takes::Value, None) => match args.next() {
                Some(value) => Some(value.clone()),
                None => return self.faults.push(fault(b"option ", name, b" requires an argument")),
            },
            (_, attached) => Some(attached.unwrap_or_default().to_vec()),
        };
        self.put(&[b"--", name.as_slice()].concat(), value.as_deref());
    }

    fn put(&mut self, option: &[u8], value: Option<&[u8]>) {
        self.out.push(b' ');
        self.out.extend_from_slice(option);
        if let Some(value) = value {
            self.out.push(b' ');
            quote(&mut self.out, value, self.quoting);
        }
    }
}

/// Appends a value as the shell has to be given it.
fn quote(out: &mut Vec<u8>, value: &[u8], quoting: Quoting) {
    if quoting == Quoting::None {
        return out.extend_from_slice(value);
    }
    out.push(b'\'');
    for byte in value {
        match (byte, quoting) {
            (b'\'', _) => out.extend_from_slice(b"'\\''"),
            (b'!', Quoting::Csh) => out.extend_from_slice(b"'\\!'"),
            (b'\n', Quoting::Csh) => out.extend_from_slice(b"\\n"),
            (byte, Quoting::Csh) if crate::number::is_space(*byte) => {
                out.extend_from_slice(&[b'\'', b'\\', *byte, b'\'']);
            }
            _ => out.push(*byte),
        }
    }
    out.push(b'\'');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn options_are_put_in_order() {
        let out = |args: &[&str]| run(&APPLET, args);
        assert_eq!(out(&["ab:", "-a", "-b", "x", "y"]), (0, " -a -b x -- y\n".into(), String::new()));
        assert_eq!(out(&["-o", "ab:", "--", "q", "-bit's"]).1, " -b 'it'\\''s' -- 'q'\n");
        assert_eq!(out(&["-o", "+ab", "--", "-a", "x", "-b"]).1, " -a -- 'x' '-b'\n");
        assert_eq!(out(&["-o", "-ab", "--", "-a", "x", "-b"]).1, " -a 'x' -b --\n");
        assert_eq!(out(&["-a", "-o", "ab:", "-l", "long,arg:", "--", "-long", "-arg=3"]).1, " --long --arg '3' --\n");
        assert_eq!(out(&["-o", "c::", "-l", "opt::", "--", "-c", "-cx", "--opt"]).1, " -c '' -c 'x' --opt '' --\n");
    }

    #[test]
    fn faults() {
        let err = |args: &[&str]| run(&APPLET, args).2;
        assert_eq!(err(&["-n", "foo", "-o", "ab:", "--", "-c"]), "foo: invalid option -- 'c'\n");
        assert_eq!(err(&["-o", "a", "-l", "arg:", "--", "--arg"]), "getopt: option '--arg' requires an argument\n");
        assert_eq!(err(&["-q", "-o", "a", "--", "-c"]), "");
        assert_eq!(err(&["-a", "-o", "a", "--", "-a", "-c"]), "getopt: invalid option -- 'c'\n");
        assert_eq!(
            err(&["-o", "ab", "-l", "foo,foobar,fox:", "--", "--fo"]),
            "getopt: option '--fo' is ambiguous; possibilities: '--foo' '--fox'\n"
        );
    }
}
