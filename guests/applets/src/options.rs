//! Options as `getopt_long(3)` reads them: clusters, attached and separate values, permutation of operands,
//! abbreviated long names; wrong ones are reported in the words of the C library.

use crate::{Context, Quit};

/// Whether a long option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// No value.
    Nothing,
    /// A value, after `=` or as the next argument.
    Value,
    /// A value only after `=`.
    OptionalValue,
}

/// A long option: its name, whether it takes a value, and the key it is reported under.
pub type Long = (&'static str, Takes, u8);

/// The options that an applet takes.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// Short options in `getopt` notation: `a` a flag, `a:` with a value, `a::` with an optional attached
    /// value; a leading `+` ends the options at the first operand.
    pub short: &'static str,
    /// Long options; `None` when the applet knows no long form at all (`--x` is then the option `-`).
    pub long: Option<&'static [Long]>,
}

/// The options and operands that were given.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parsed {
    /// Each option's key and value in the order given.
    pub options: Vec<(u8, Option<Vec<u8>>)>,
    /// The operands in the order given.
    pub operands: Vec<Vec<u8>>,
}

impl Parsed {
    /// Whether the option was given.
    #[inline(never)]
    #[must_use]
    pub fn has(&self, key: u8) -> bool {
        self.count(key) > 0
    }

    /// How many times the option was given.
    #[inline(never)]
    #[must_use]
    pub fn count(&self, key: u8) -> usize {
        self.options.iter().filter(|(given, _)| *given == key).count()
    }

    /// The value of the option's last use.
    #[inline(never)]
    #[must_use]
    pub fn value(&self, key: u8) -> Option<&[u8]> {
        self.options.iter().rev().find(|(given, _)| *given == key)?.1.as_deref()
    }

    /// The option of `keys` that was given last.
    #[inline(never)]
    #[must_use]
    pub fn last_of(&self, keys: &[u8]) -> Option<u8> {
        self.options.iter().rev().map(|(given, _)| *given).find(|given| keys.contains(given))
    }
}

impl Spec {
    /// Short options, and long options read by no name: `--x` is an unrecognized option.
    #[must_use]
    pub const fn short(short: &'static str) -> Self {
        Self { short, long: Some(&[]) }
    }

    /// Short and long options.
    #[must_use]
    pub const fn new(short: &'static str, long: &'static [Long]) -> Self {
        Self { short, long: Some(long) }
    }

    /// Short options only, as `getopt(3)`: `--x` is the wrong option `-`.
    #[must_use]
    pub const fn plain(short: &'static str) -> Self {
        Self { short, long: None }
    }

    /// Reads the arguments of `ctx`.
    /// # Errors
    /// A wrong option: its diagnostic and the usage have been printed.
    #[inline(never)]
    pub fn parse(&self, ctx: &mut Context<'_>) -> Result<Parsed, Quit> {
        self.parse_args(ctx.args).map_err(|message| {
            ctx.complain(&[&message]);
            ctx.usage()
        })
    }

    /// Reads the arguments of `ctx`, and shows `check` each option in its turn: what that finds wrong is told before a
    /// wrong option that follows.
    /// # Errors
    /// Those of `check` and [`Self::parse`].
    pub fn parse_checked(
        &self,
        ctx: &mut Context<'_>,
        check: impl FnMut(&mut Context<'_>, u8, Option<&[u8]>) -> Result<(), Quit>,
    ) -> Result<Parsed, Quit> {
        self.parse_behind(ctx, ctx.args, None, check)
    }

    /// Reads `args`, arguments of `ctx`, as [`Self::parse_checked`] does; `name` stands for the applet's in what is
    /// said of a wrong option.
    /// # Errors
    /// As [`Self::parse_checked`].
    pub fn parse_behind(
        &self,
        ctx: &mut Context<'_>,
        args: &[Vec<u8>],
        name: Option<&[u8]>,
        mut check: impl FnMut(&mut Context<'_>, u8, Option<&[u8]>) -> Result<(), Quit>,
    ) -> Result<Parsed, Quit> {
        let mut parsed = Parsed::default();
        let read = self.read(args, &mut parsed);
        for (key, value) in &parsed.options {
            check(ctx, *key, value.as_deref())?;
        }
        match read {
            Ok(()) => Ok(parsed),
            Err(message) => {
                match name {
                    Some(name) => ctx.put_err(&[name, b": ", &message, b"\n"].concat()),
                    None => ctx.complain(&[&message]),
                }
                Err(ctx.usage())
            }
        }
    }

    /// Reads the arguments of `ctx`, and has `check` look at the value of each option of `keys` in its turn.
    /// # Errors
    /// As [`Self::parse_checked`].
    #[inline(never)]
    pub fn parse_counts<T>(
        &self,
        ctx: &mut Context<'_>,
        keys: &[u8],
        check: fn(&mut Context<'_>, &[u8]) -> Result<T, Quit>,
    ) -> Result<Parsed, Quit> {
        self.parse_checked(ctx, |ctx, key, value| match value {
            Some(value) if keys.contains(&key) => check(ctx, value).map(drop),
            _ => Ok(()),
        })
    }

    /// Reads `args`. The error is the diagnostic's text.
    /// # Errors
    /// An unknown option, a missing or a superfluous value.
    pub fn parse_args(&self, args: &[Vec<u8>]) -> Result<Parsed, Vec<u8>> {
        let mut parsed = Parsed::default();
        self.read(args, &mut parsed).map(|()| parsed)
    }

    /// Reads `args` up to what is wrong with them: what was read, and the diagnostic's text.
    #[must_use]
    pub fn read_all(&self, args: &[Vec<u8>]) -> (Parsed, Option<Vec<u8>>) {
        let mut parsed = Parsed::default();
        let wrong = self.read(args, &mut parsed).err();
        (parsed, wrong)
    }

    /// Reads `args` up to what is wrong with them.
    fn read(&self, args: &[Vec<u8>], parsed: &mut Parsed) -> Result<(), Vec<u8>> {
        let stop_early = self.short.starts_with('+');
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_slice() {
                b"--" => break,
                [b'-', b'-', name @ ..] if self.long.is_some() => self.long(name, &mut args, parsed)?,
                [b'-', cluster @ ..] if !cluster.is_empty() => self.cluster(cluster, &mut args, parsed)?,
                _ => {
                    parsed.operands.push(arg.clone());
                    if stop_early {
                        break;
                    }
                }
            }
        }
        parsed.operands.extend(args.cloned());
        Ok(())
    }

    fn cluster<'a>(
        &self,
        mut cluster: &[u8],
        args: &mut impl Iterator<Item = &'a Vec<u8>>,
        parsed: &mut Parsed,
    ) -> Result<(), Vec<u8>> {
        while let [key, rest @ ..] = cluster {
            cluster = rest;
            let value = match self.takes(*key) {
                None => return Err([b"invalid option -- '", &[*key][..], b"'"].concat()),
                Some(Takes::Nothing) => None,
                Some(_) if !rest.is_empty() => Some(core::mem::take(&mut cluster).to_vec()),
                Some(Takes::OptionalValue) => None,
                Some(Takes::Value) => match args.next() {
                    Some(value) => Some(value.clone()),
                    None => return Err([b"option requires an argument -- '", &[*key][..], b"'"].concat()),
                },
            };
            parsed.options.push((*key, value));
        }
        Ok(())
    }

    fn takes(&self, key: u8) -> Option<Takes> {
        if matches!(key, b':' | b'+') {
            return None;
        }
        let at = self.short.bytes().position(|known| known == key)?;
        Some(match self.short.as_bytes().get(at + 1..) {
            Some([b':', b':', ..]) => Takes::OptionalValue,
            Some([b':', ..]) => Takes::Value,
            _ => Takes::Nothing,
        })
    }

    fn long<'a>(
        &self,
        given: &[u8],
        args: &mut impl Iterator<Item = &'a Vec<u8>>,
        parsed: &mut Parsed,
    ) -> Result<(), Vec<u8>> {
        let mut halves = given.splitn(2, |byte| *byte == b'=');
        let (name, attached) = (halves.next().unwrap_or_default(), halves.next());
        let (full, takes, key) = self.find_long(name, given)?;
        let quoted = |before: &[u8], after: &[u8]| [before, b"'--", full.as_bytes(), b"'", after].concat();
        let value = match (takes, attached) {
            (Takes::Nothing, Some(_)) => return Err(quoted(b"option ", b" doesn't allow an argument")),
            (Takes::Value, None) => match args.next() {
                Some(value) => Some(value.clone()),
                None => return Err(quoted(b"option ", b" requires an argument")),
            },
            (_, attached) => attached.map(<[u8]>::to_vec),
        };
        parsed.options.push((key, value));
        Ok(())
    }

    /// The long option that `name` means: the exact one, or the only one that starts so. Several that mean
    /// the same are no ambiguity.
    fn find_long(&self, name: &[u8], given: &[u8]) -> Result<Long, Vec<u8>> {
        let long = self.long.unwrap_or_default();
        if let Some(exact) = long.iter().find(|option| option.0.as_bytes() == name) {
            return Ok(*exact);
        }
        let mut matching = long.iter().filter(|option| option.0.as_bytes().starts_with(name));
        let first = *matching.next().ok_or_else(|| [b"unrecognized option '--", given, b"'"].concat())?;
        if matching.clone().all(|other| (other.1, other.2) == (first.1, first.2)) {
            return Ok(first);
        }
        let mut message = [b"option '--", given, b"' is ambiguous; possibilities:"].concat();
        for option in core::iter::once(&first).chain(matching) {
            message.extend_from_slice(&[b" '--", option.0.as_bytes(), b"'"].concat());
        }
        Err(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEC: Spec = Spec::new(
        "abn:o::",
        &[
            ("all", Takes::Nothing, b'a'),
            ("number", Takes::Value, b'n'),
            ("reflink", Takes::OptionalValue, 1),
            ("recursive", Takes::Nothing, b'b'),
            ("remove", Takes::Nothing, 2),
        ],
    );

    fn parse(spec: &Spec, line: &str) -> Result<String, String> {
        let args: Vec<_> = line.split_ascii_whitespace().map(|arg| arg.as_bytes().to_vec()).collect();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let parsed = spec.parse_args(&args).map_err(text)?;
        let mut out = Vec::new();
        for (key, value) in &parsed.options {
            let key = if *key < b' ' { key.to_string() } else { char::from(*key).to_string() };
            let value = value.as_ref().map(|value| format!("={}", text(value.clone()))).unwrap_or_default();
            out.push(format!("-{key}{value}"));
        }
        out.extend(parsed.operands.into_iter().map(text));
        Ok(out.join(" "))
    }

    #[test]
    fn short_options_cluster_and_permute() {
        assert_eq!(parse(&SPEC, "x -ab y -n5 -n 6 -an7 - -- -a").unwrap(), "-a -b -n=5 -n=6 -a -n=7 x y - -a");
        assert_eq!(parse(&SPEC, "-o -o1 -ao2").unwrap(), "-o -o=1 -a -o=2");
        assert_eq!(parse(&Spec::short("+ab"), "-a x -b").unwrap(), "-a x -b");
        assert_eq!(parse(&SPEC, "-ax").unwrap_err(), "invalid option -- 'x'");
        assert_eq!(parse(&SPEC, "-:").unwrap_err(), "invalid option -- ':'");
        assert_eq!(parse(&SPEC, "-n").unwrap_err(), "option requires an argument -- 'n'");
        assert_eq!(parse(&Spec::plain("a"), "--all").unwrap_err(), "invalid option -- '-'");
    }

    #[test]
    fn long_options_abbreviate() {
        assert_eq!(parse(&SPEC, "--all --al --number=3 --num 4 --ref --refl=x").unwrap(), "-a -a -n=3 -n=4 -1 -1=x");
        assert_eq!(parse(&SPEC, "--nope=1").unwrap_err(), "unrecognized option '--nope=1'");
        assert_eq!(parse(&SPEC, "--all=1").unwrap_err(), "option '--all' doesn't allow an argument");
        assert_eq!(parse(&SPEC, "--num").unwrap_err(), "option '--number' requires an argument");
        let message = "option '--re' is ambiguous; possibilities: '--reflink' '--recursive' '--remove'";
        assert_eq!(parse(&SPEC, "--re").unwrap_err(), message);
    }
}
