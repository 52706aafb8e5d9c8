//! The questions and actions, each with its arguments.

use applets::Quit;
use applets::core::accounts::Accounts;
use applets::core::mode;
use applets::core::time::Zone;
use applets::format::parse_decimal;
use applets::number;
use wcr_sys::abi::{FileKind, Stat, Timestamp};
use wcr_sys::{fs, time};

use super::expression::{Action, Age, Bits, Bound, Clock, Collector, Command, Relation};
use super::parse::Parser;
use super::{printf, regex};
use crate::quote;
use crate::system::dates;

/// What each age is counted in.
const DAY: f64 = 86_400.0;

impl Parser<'_, '_> {
    /// Reads what follows the name of a predicate.
    pub(super) fn predicate(&mut self, name: &[u8]) -> Result<Action, Quit> {
        if let Some(action) = self.newer_in_general(name)? {
            return Ok(action);
        }
        let folded = name.starts_with(b"-i") && !matches!(name, b"-inum" | b"-ignore_readdir_race");
        Ok(match name {
            b"-true" => Action::Always(true),
            b"-false" => Action::Always(false),
            b"-daystart" => {
                self.start_of_day();
                Action::Always(true)
            }
            b"-noleaf" | b"-nowarn" => Action::Always(true),
            b"-warn" => {
                self.warns = true;
                Action::Always(true)
            }
            b"-ignore_readdir_race" | b"-noignore_readdir_race" => {
                self.query.ignores_races = name == b"-ignore_readdir_race";
                Action::Always(true)
            }
            b"-follow" => {
                self.query.follow = super::expression::Follow::Always;
                Action::Always(true)
            }
            b"-depth" | b"-d" => {
                self.global(name);
                (self.query.depth_first, self.depth_given) = (true, true);
                Action::Always(true)
            }
            b"-mount" | b"-xdev" => {
                self.global(name);
                self.query.one_system = true;
                Action::Always(true)
            }
            b"-maxdepth" | b"-mindepth" => {
                self.global(name);
                let levels = self.levels(name)?;
                if name == b"-maxdepth" {
                    self.query.max_depth = levels
                } else {
                    self.query.min_depth = levels
                }
                Action::Always(true)
            }
            b"-files0-from" => {
                self.global(name);
                self.query.names = Some(self.argument(name)?);
                Action::Always(true)
            }
            b"-regextype" => {
                let kind = self.argument(name)?;
                self.dialect = regex::dialect(&kind).map_err(|message| self.die(&[&message]))?;
                Action::Always(true)
            }
            b"-name" | b"-iname" => {
                let pattern = self.argument(name)?;
                if self.warns && pattern.contains(&b'/') {
                    let instead: &[u8] = if folded { b"-iwholename" } else { b"-wholename" };
                    self.warn(&[
                        b"'",
                        name,
                        b"' matches against basenames only, but the given pattern contains a directory separator \
                          ('/'), thus the expression will evaluate to false all the time.  Did you mean '",
                        instead,
                        b"'?",
                    ]);
                }
                Action::Name { pattern, ignore_case: folded }
            }
            b"-path" | b"-ipath" | b"-wholename" | b"-iwholename" => {
                Action::Path { pattern: self.argument(name)?, ignore_case: folded }
            }
            b"-lname" | b"-ilname" => Action::LinkName { pattern: self.argument(name)?, ignore_case: folded },
            b"-regex" | b"-iregex" => {
                let pattern = self.argument(name)?;
                let compiled = regex::compile(&pattern, self.dialect, folded);
                let message = |error: applets::regex::Error| error.gnu_message().as_bytes().to_vec();
                Action::Regex(Box::new(compiled.map_err(|error| {
                    self.die(&[b"failed to compile regular expression '", &pattern, b"': ", &message(error)])
                })?))
            }
            b"-type" => Action::Type(self.kinds(name)?),
            b"-xtype" => Action::TypeBehindLinks(self.kinds(name)?),
            b"-perm" => Action::Permissions(self.permissions(name)?),
            b"-readable" => Action::Access(4),
            b"-writable" => Action::Access(2),
            b"-executable" => Action::Access(1),
            b"-atime" => self.age(name, Clock::Access, DAY)?,
            b"-ctime" => self.age(name, Clock::Change, DAY)?,
            b"-mtime" => self.age(name, Clock::Modification, DAY)?,
            b"-amin" => self.age(name, Clock::Access, 60.0)?,
            b"-cmin" => self.age(name, Clock::Change, 60.0)?,
            b"-mmin" => self.age(name, Clock::Modification, 60.0)?,
            b"-used" => {
                let text = self.argument(name)?;
                let (relation, digits) = relation(&text);
                let Some(days) = float(digits) else {
                    return Err(self.die(&[b"Invalid argument ", &text, b" to -used"]));
                };
                Action::Used(relation, days)
            }
            b"-newer" => Action::Newer(Clock::Modification, self.stat(name)?.mtime),
            b"-anewer" => Action::Newer(Clock::Access, self.stat(name)?.mtime),
            b"-cnewer" => Action::Newer(Clock::Change, self.stat(name)?.mtime),
            b"-inum" => Action::Inode(self.bound(name)?),
            b"-links" => Action::Links(self.bound(name)?),
            b"-uid" => Action::User(self.bound(name)?),
            b"-gid" => Action::Group(self.bound(name)?),
            b"-user" => self.user(name)?,
            b"-group" => self.group(name)?,
            b"-nouser" => Action::NoUser,
            b"-nogroup" => Action::NoGroup,
            b"-size" => self.size(name)?,
            b"-empty" => Action::Empty,
            b"-samefile" => {
                let stat = self.stat(name)?;
                Action::Same { dev: stat.dev, ino: stat.ino }
            }
            b"-fstype" => Action::FileSystem(self.argument(name)?),
            b"-context" => {
                return Err(self.die(&[b"invalid predicate -context: SELinux is not enabled."]));
            }
            b"-prune" => {
                self.prunes = true;
                Action::Prune
            }
            b"-quit" => Action::Quit,
            b"-delete" => {
                self.acts = true;
                self.query.depth_first = true;
                self.deletes = true;
                Action::Delete
            }
            b"-print" | b"-print0" => {
                self.acts = true;
                Action::Print { out: 0, end: if name == b"-print0" { 0 } else { b'\n' } }
            }
            b"-fprint" | b"-fprint0" => {
                let out = self.output(name)?;
                Action::Print { out, end: if name == b"-fprint0" { 0 } else { b'\n' } }
            }
            b"-printf" => {
                self.acts = true;
                self.format(name, 0)?
            }
            b"-fprintf" => {
                let out = self.output(name)?;
                self.format(name, out)?
            }
            b"-ls" => {
                self.acts = true;
                Action::List { out: 0 }
            }
            b"-fls" => Action::List { out: self.output(name)? },
            b"-exec" | b"-execdir" | b"-ok" | b"-okdir" => self.command(name)?,
            name => return Err(self.die(&[b"unknown predicate `", name, b"'"])),
        })
    }

    fn levels(&mut self, name: &[u8]) -> Result<u64, Quit> {
        let text = self.argument(name)?;
        parse_decimal(&text).ok_or_else(|| {
            let got = quote::locale(&text);
            self.die(&[b"Expected a positive decimal integer argument to ", name, b", but got ", &got])
        })
    }

    fn invalid(&mut self, text: &[u8], name: &[u8]) -> Quit {
        self.die(&[b"invalid argument `", text, b"' to `", name, b"'"])
    }

    fn bound(&mut self, name: &[u8]) -> Result<Bound, Quit> {
        let text = self.argument(name)?;
        let (relation, digits) = relation(&text);
        match parse_decimal(digits) {
            Some(number) => Ok(Bound { relation, number }),
            None => Err(self.invalid(&text, name)),
        }
    }

    fn start_of_day(&mut self) {
        let zone = Zone::from_env();
        let now = time::now().sec;
        let mut civil = zone.local(now).civil;
        (civil.hour, civil.minute, civil.second) = (0, 0, 0);
        self.ages_from = zone.seconds(civil) as f64 + DAY;
    }

    fn age(&mut self, name: &[u8], clock: Clock, unit: f64) -> Result<Action, Quit> {
        let text = self.argument(name)?;
        let (relation, digits) = relation(&text);
        let Some(count) = float(digits) else { return Err(self.invalid(&text, name)) };
        Ok(Action::Age(Age { clock, relation, count, unit, from: self.ages_from }))
    }

    fn stat(&mut self, name: &[u8]) -> Result<Stat, Quit> {
        let path = self.argument(name)?;
        let follows = self.query.follow != super::expression::Follow::Never;
        let stat = if follows { fs::stat(&path) } else { fs::lstat(&path) };
        stat.map_err(|error| {
            self.ctx.perror(&[&quote::locale(&path)], error);
            Quit(1)
        })
    }

    /// `-newerXY`.
    fn newer_in_general(&mut self, name: &[u8]) -> Result<Option<Action>, Quit> {
        let Some([x, y]) = name.strip_prefix(b"-newer") else { return Ok(None) };
        let clock = match x {
            b'a' => Clock::Access,
            b'c' => Clock::Change,
            b'm' => Clock::Modification,
            b'B' => {
                self.ctx.complain(&[b"This system does not provide a way to find the birth time of a file."]);
                return Err(self.die(&[b"invalid predicate `", name, b"'"]));
            }
            _ => return Err(self.die(&[b"invalid predicate `", name, b"'"])),
        };
        let time = match y {
            b't' => {
                let text = self.argument(name)?;
                let Some(time) = dates::parse(&text, time::now(), &Zone::from_env()) else {
                    let text = quote::locale(&text);
                    return Err(self.die(&[b"I cannot figure out how to interpret ", &text, b" as a date or time"]));
                };
                time
            }
            b'a' => self.stat(name)?.atime,
            b'c' => self.stat(name)?.ctime,
            b'm' => self.stat(name)?.mtime,
            _ => return Err(self.die(&[b"invalid predicate `", name, b"'"])),
        };
        Ok(Some(Action::Newer(clock, time)))
    }

    fn kinds(&mut self, name: &[u8]) -> Result<Vec<FileKind>, Quit> {
        let text = self.argument(name)?;
        if text.is_empty() {
            return Err(self.die(&[b"Arguments to ", name, b" should contain at least one letter"]));
        }
        let mut kinds = Vec::new();
        let mut rest = text.as_slice();
        while let Some((letter, behind)) = rest.split_first() {
            let kind = match letter {
                b'f' => FileKind::Regular,
                b'd' => FileKind::Directory,
                b'l' => FileKind::Symlink,
                b'b' => FileKind::BlockDevice,
                b'c' => FileKind::CharDevice,
                b's' => FileKind::Socket,
                b'p' => FileKind::Fifo,
                b'D' => {
                    return Err(self.die(&[
                        name,
                        b" D is not supported because Solaris doors are not supported on the platform find was \
                          compiled on.",
                    ]));
                }
                letter => return Err(self.die(&[b"Unknown argument to ", name, b": ", &[*letter]])),
            };
            if kinds.contains(&kind) {
                return Err(self.die(&[
                    b"Duplicate file type '",
                    &[*letter],
                    b"' in the argument list to ",
                    name,
                    b".",
                ]));
            }
            kinds.push(kind);
            rest = match behind {
                [] => break,
                [b','] => {
                    return Err(self.die(&[
                        b"Last file type in list argument to ",
                        name,
                        b" is missing, i.e., list is ending on: ','",
                    ]));
                }
                [b',', rest @ ..] => rest,
                _ => return Err(self.die(&[b"Must separate multiple arguments to ", name, b" using: ','"])),
            };
        }
        Ok(kinds)
    }

    fn permissions(&mut self, name: &[u8]) -> Result<Bits, Quit> {
        let text = self.argument(name)?;
        let (bits, operand): (fn(u32) -> Bits, &[u8]) = match text.as_slice() {
            [b'-', operand @ ..] => (Bits::All, operand),
            [b'/', operand @ ..] => (Bits::Any, operand),
            operand => (Bits::Exactly, operand),
        };
        let is_old = matches!(operand, [b'+', b'0'..=b'7', ..]);
        match mode::apply(operand, 0, false, 0).filter(|_| !is_old) {
            // No bit at all is any.
            Some(0) if text.starts_with(b"/") => {
                self.warn(&[
                    b"you have specified a mode pattern ",
                    &text,
                    b" (which is equivalent to /000). The meaning of -perm /000 has now been changed to be consistent \
                      with -perm -000; that is, while it used to match no files, it now matches all files.",
                ]);
                Ok(Bits::All(0))
            }
            Some(mode) => Ok(bits(mode)),
            None => {
                let text = quote::locale(&text);
                Err(self.die(&[b"invalid mode ", &text]))
            }
        }
    }

    fn user(&mut self, name: &[u8]) -> Result<Action, Quit> {
        let text = self.argument(name)?;
        let known = Accounts::default().user_named(&text).map(|user| u64::from(user.uid));
        match known.or_else(|| parse_decimal(&text)) {
            Some(number) => Ok(Action::User(Bound { relation: Relation::Equal, number })),
            None => Err(self.die(&[&quote::locale(&text), b" is not the name of a known user"])),
        }
    }

    fn group(&mut self, name: &[u8]) -> Result<Action, Quit> {
        let text = self.argument(name)?;
        let known = Accounts::default().group_named(&text).map(|group| u64::from(group.gid));
        match known.or_else(|| parse_decimal(&text)) {
            Some(number) => Ok(Action::Group(Bound { relation: Relation::Equal, number })),
            None => Err(self.die(&[&quote::locale(&text), b" is not the name of an existing group"])),
        }
    }

    fn size(&mut self, name: &[u8]) -> Result<Action, Quit> {
        let text = self.argument(name)?;
        let Some((last, number)) = text.split_last() else {
            return Err(self.die(&[b"invalid null argument to -size"]));
        };
        let (unit, digits) = match last {
            b'b' => (512, number),
            b'c' => (1, number),
            b'w' => (2, number),
            b'k' => (1 << 10, number),
            b'M' => (1 << 20, number),
            b'G' => (1 << 30, number),
            b'0'..=b'9' => (512, text.as_slice()),
            letter => return Err(self.die(&[b"invalid -size type `", &[*letter], b"'"])),
        };
        let (relation, digits) = relation(digits);
        match parse_decimal(digits) {
            Some(number) => Ok(Action::Size(Bound { relation, number }, unit)),
            None => Err(self.die(&[b"Invalid argument `", &text, b"' to -size"])),
        }
    }

    /// The number of a file that is written to.
    fn output(&mut self, name: &[u8]) -> Result<usize, Quit> {
        self.acts = true;
        let path = self.argument(name)?;
        if path == b"/dev/stdout" {
            return Ok(0);
        }
        let outputs = &mut self.query.outputs;
        Ok(outputs.iter().position(|known| *known == path).unwrap_or_else(|| {
            outputs.push(path);
            outputs.len() - 1
        }))
    }

    fn format(&mut self, name: &[u8], out: usize) -> Result<Action, Quit> {
        let text = self.argument(name)?;
        match printf::parse(self.ctx, &text) {
            Some(pieces) => Ok(Action::Format { out, pieces }),
            None => Err(Quit(1)),
        }
    }

    fn command(&mut self, name: &[u8]) -> Result<Action, Quit> {
        self.acts = true;
        let asks = name.starts_with(b"-ok");
        let missing = [b"missing argument to `", name, b"'"].concat();
        let mut words: Vec<Vec<u8>> = Vec::new();
        let (mut places, mut collects) = (0, false);
        loop {
            let Some(word) = self.next() else { return Err(self.die(&[&missing])) };
            if word == b";" {
                break;
            }
            if word == b"+" && !asks && words.last().is_some_and(|last| last == b"{}") {
                collects = true;
                break;
            }
            places += usize::from(memchr::memmem::find(&word, b"{}").is_some());
            words.push(word);
        }
        if words.is_empty() || collects && words.len() == 1 {
            let end: &[u8] = if collects { b"+" } else { b";" };
            return Err(self.invalid(end, name));
        }
        let command = Command { words, in_folder: name.ends_with(b"dir"), asks };
        if !collects {
            return Ok(Action::Run(command));
        }
        if places > 1 {
            return Err(self.die(&[b"Only one instance of {} is supported with ", name, b" ... +"]));
        }
        self.query.collectors.push(Collector { command, waiting: Vec::new(), bytes: 0, folder: Vec::new() });
        Ok(Action::Collect(self.query.collectors.len() - 1))
    }
}

/// The relation that a sign stands for, and what stands behind it.
fn relation(text: &[u8]) -> (Relation, &[u8]) {
    match text {
        [b'+', digits @ ..] => (Relation::Greater, digits),
        [b'-', digits @ ..] => (Relation::Less, digits),
        digits => (Relation::Equal, digits),
    }
}

/// A number that may have a fraction.
fn float(text: &[u8]) -> Option<f64> {
    let scanned = number::float(text);
    (scanned.len > 0 && scanned.len == text.len() && scanned.value >= 0.0).then_some(scanned.value)
}

/// The seconds of a time, with its fraction.
pub(super) fn seconds(time: Timestamp) -> f64 {
    time.sec as f64 + f64::from(time.nsec) / 1e9
}
