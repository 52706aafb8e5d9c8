//! Reads the command line of `find`.

use wcr_sys::abi::FileKind;
use wcr_sys::fs;

use crate::core::accounts::Accounts;
use crate::core::mode;
use crate::format::parse_decimal;
use crate::number::suffixed;
use crate::regex::{Regex, Syntax};
use crate::{Context, Quit};

use super::action::{Action, Bits, Bound, Clock, Expression, Relation, Term};

/// What a call of `find` asks for.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) paths: Vec<Vec<u8>>,
    pub(super) expression: Expression,
    /// The commands that get many files at once.
    pub(super) commands: Vec<Vec<Vec<u8>>>,
    pub(super) follow: bool,
    pub(super) follow_operands: bool,
    pub(super) one_system: bool,
    pub(super) depth_first: bool,
    pub(super) min_depth: u64,
    pub(super) max_depth: u64,
}

const DAY: i64 = 86400;
const MINUTE: i64 = 60;

const SIZE_UNITS: [(&[u8], u64); 5] = [(b"", 512), (b"c", 1), (b"w", 2), (b"b", 512), (b"k", 1024)];

struct Parser<'a> {
    words: &'a [Vec<u8>],
    query: Query,
    /// Whether there is an action that makes `-print` superfluous.
    acts: bool,
}

/// Reads the arguments.
/// # Errors
/// They make no sense; the diagnostic has been printed.
pub(super) fn parse(ctx: &mut Context<'_>) -> Result<Query, Quit> {
    let mut words = ctx.args;
    let mut query = Query {
        paths: Vec::new(),
        expression: Vec::new(),
        commands: Vec::new(),
        follow: false,
        follow_operands: false,
        one_system: false,
        depth_first: false,
        min_depth: 0,
        max_depth: i32::MAX as u64,
    };
    while let [first, rest @ ..] = words {
        match first.as_slice() {
            b"--" => {
                words = rest;
                break;
            }
            [b'-', letters @ ..] if !letters.is_empty() && letters.iter().all(|letter| b"HLP".contains(letter)) => {
                for letter in letters {
                    (query.follow, query.follow_operands) = (*letter == b'L', *letter == b'H');
                }
                words = rest;
            }
            _ => break,
        }
    }
    let is_path = |word: &&Vec<u8>| !(word.starts_with(b"-") || matches!(word.as_slice(), b"(" | b"!"));
    let count = words.iter().take_while(is_path).count();
    let (paths, words) = words.split_at(count);
    query.paths = if paths.is_empty() { vec![b".".to_vec()] } else { paths.to_vec() };
    let mut parser = Parser { words, query, acts: false };
    let mut expression = parser.expression(ctx)?;
    if !parser.acts {
        let printing = Term { inverted: false, action: Action::Print };
        let asked = Term { inverted: false, action: Action::Grouped(expression) };
        expression = vec![vec![asked, printing]];
    }
    parser.query.expression = expression;
    Ok(parser.query)
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    /// The argument of an action.
    fn argument(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<&'a [u8], Quit> {
        self.next().ok_or_else(|| ctx.die(&[name, b" requires an argument"]))
    }

    fn expression(&mut self, ctx: &mut Context<'_>) -> Result<Expression, Quit> {
        let mut alternatives = vec![Vec::new()];
        let mut inverted = false;
        while let Some(word) = self.next() {
            let action = match word {
                b"!" | b"-not" => {
                    inverted = !inverted;
                    continue;
                }
                b"-a" | b"-and" => continue,
                b"-o" | b"-or" => {
                    alternatives.push(Vec::new());
                    continue;
                }
                b"(" => {
                    let rest = self.enter_parentheses(ctx)?;
                    let grouped = self.expression(ctx)?;
                    self.words = rest;
                    Some(Action::Grouped(grouped))
                }
                word => self.action(ctx, word)?,
            };
            // An option leaves the `!` before it to what follows.
            if let (Some(action), Some(last)) = (action, alternatives.last_mut()) {
                last.push(Term { inverted: core::mem::take(&mut inverted), action });
            }
        }
        Ok(alternatives)
    }

    /// Leaves only the words up to the parenthesis that ends what begins here, whatever stands in between; those behind
    /// it are returned.
    fn enter_parentheses(&mut self, ctx: &mut Context<'_>) -> Result<&'a [Vec<u8>], Quit> {
        let words = self.words;
        let mut depth = 1;
        for (at, word) in words.iter().enumerate() {
            match word.as_slice() {
                b"(" => depth += 1,
                b")" => depth -= 1,
                _ => continue,
            }
            if depth == 0 {
                self.words = words.get(..at).unwrap_or_default();
                return Ok(words.get(at + 1..).unwrap_or_default());
            }
        }
        Err(ctx.die(&[b"unpaired '('"]))
    }

    /// An action; `None` for an option, which is no part of the expression.
    fn action(&mut self, ctx: &mut Context<'_>, name: &'a [u8]) -> Result<Option<Action>, Quit> {
        Ok(Some(match name {
            b"-follow" => {
                self.query.follow = true;
                return Ok(None);
            }
            b"-xdev" => {
                self.query.one_system = true;
                return Ok(None);
            }
            b"-depth" => {
                self.query.depth_first = true;
                return Ok(None);
            }
            b"-maxdepth" => {
                self.query.max_depth = self.natural(ctx, name)?;
                return Ok(None);
            }
            b"-mindepth" => {
                self.query.min_depth = self.natural(ctx, name)?;
                return Ok(None);
            }
            b"-name" | b"-iname" => {
                Action::Name { pattern: self.argument(ctx, name)?.to_vec(), ignore_case: name == b"-iname" }
            }
            b"-path" | b"-ipath" => {
                Action::Path { pattern: self.argument(ctx, name)?.to_vec(), ignore_case: name == b"-ipath" }
            }
            b"-regex" => self.regex(ctx, name)?,
            b"-type" => self.kind(ctx, name)?,
            b"-executable" => Action::Executable,
            b"-perm" => self.permissions(ctx, name)?,
            b"-mtime" => self.age(ctx, name, Clock::Modification, DAY)?,
            b"-atime" => self.age(ctx, name, Clock::Access, DAY)?,
            b"-ctime" => self.age(ctx, name, Clock::Change, DAY)?,
            b"-mmin" => self.age(ctx, name, Clock::Modification, MINUTE)?,
            b"-amin" => self.age(ctx, name, Clock::Access, MINUTE)?,
            b"-cmin" => self.age(ctx, name, Clock::Change, MINUTE)?,
            b"-newer" => Action::Newer(self.stat(ctx, name)?.mtime),
            b"-samefile" => {
                let stat = self.stat(ctx, name)?;
                Action::Same { dev: stat.dev, ino: stat.ino }
            }
            b"-inum" => Action::Inode(self.natural(ctx, name)?),
            b"-user" => self.user(ctx, name)?,
            b"-group" => self.group(ctx, name)?,
            b"-size" => Action::Size(self.bound(ctx, name, &SIZE_UNITS)?),
            b"-links" => Action::Links(self.bound(ctx, name, &[(b"", 1)])?),
            b"-empty" => Action::Empty,
            b"-prune" => Action::Prune,
            b"-print" => self.acting(Action::Print),
            b"-print0" => self.acting(Action::Print0),
            b"-quit" => self.acting(Action::Quit),
            b"-exec" => {
                let action = self.command(ctx, name)?;
                self.acting(action)
            }
            name => {
                ctx.complain(&[b"unrecognized: ", name]);
                return Err(ctx.usage());
            }
        }))
    }

    fn acting(&mut self, action: Action) -> Action {
        self.acts = true;
        action
    }

    fn natural(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<u64, Quit> {
        let text = self.argument(ctx, name)?;
        parse_decimal(text).ok_or_else(|| ctx.die(&[b"invalid number '", text, b"'"]))
    }

    fn bound(&mut self, ctx: &mut Context<'_>, name: &[u8], units: &[(&[u8], u64)]) -> Result<Bound, Quit> {
        let text = self.argument(ctx, name)?;
        let (relation, digits) = match text {
            [b'+', digits @ ..] => (Relation::Greater, digits),
            [b'-', digits @ ..] => (Relation::Less, digits),
            digits => (Relation::Equal, digits),
        };
        let plain = units.iter().find(|(unit, _)| unit.is_empty()).map_or(1, |(_, factor)| *factor);
        let number = match parse_decimal(digits) {
            Some(number) => number.checked_mul(plain),
            None => suffixed(digits, units),
        };
        match number {
            Some(number) => Ok(Bound { relation, number }),
            None => Err(ctx.die(&[b"invalid number '", digits, b"'"])),
        }
    }

    fn age(&mut self, ctx: &mut Context<'_>, name: &[u8], clock: Clock, unit: i64) -> Result<Action, Quit> {
        let bound = self.bound(ctx, name, &[])?;
        Ok(Action::Age { clock, unit, bound })
    }

    fn regex(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<Action, Quit> {
        let pattern = self.argument(ctx, name)?;
        match Regex::new(pattern, Syntax::BASIC) {
            Ok(regex) => Ok(Action::Regex(Box::new(regex))),
            Err(error) => Err(ctx.die(&[b"bad regex '", pattern, b"': ", error.message().as_bytes()])),
        }
    }

    fn kind(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<Action, Quit> {
        let kind = match self.argument(ctx, name)? {
            b"f" => FileKind::Regular,
            b"d" => FileKind::Directory,
            b"l" => FileKind::Symlink,
            b"b" => FileKind::BlockDevice,
            b"c" => FileKind::CharDevice,
            b"s" => FileKind::Socket,
            b"p" => FileKind::Fifo,
            other => return Err(ctx.die(&[b"invalid argument '", other, b"' to '-type'"])),
        };
        Ok(Action::Type(kind))
    }

    fn permissions(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<Action, Quit> {
        let text = self.argument(ctx, name)?;
        let (bits, operand): (fn(u32) -> Bits, &[u8]) = match text {
            [b'-', operand @ ..] => (Bits::All, operand),
            [b'+' | b'/', operand @ ..] => (Bits::Any, operand),
            operand => (Bits::Exactly, operand),
        };
        match mode::apply(operand, 0, false, 0) {
            Some(mode) => Ok(Action::Permissions(bits(mode))),
            None => Err(ctx.die(&[b"invalid mode '", operand, b"'"])),
        }
    }

    fn stat(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<wcr_sys::abi::Stat, Quit> {
        let path = self.argument(ctx, name)?;
        fs::stat(path).map_err(|error| ctx.die_errno(&[b"can't stat '", path, b"'"], error))
    }

    fn user(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<Action, Quit> {
        let text = self.argument(ctx, name)?;
        let mut accounts = Accounts::default();
        let known = accounts.user_named(text).map(|user| user.uid);
        match number_of(text).or(known) {
            Some(uid) => Ok(Action::User(uid)),
            None => Err(ctx.die(&[b"unknown user ", text])),
        }
    }

    fn group(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<Action, Quit> {
        let text = self.argument(ctx, name)?;
        let mut accounts = Accounts::default();
        let known = accounts.group_named(text).map(|group| group.gid);
        match number_of(text).or(known) {
            Some(gid) => Ok(Action::Group(gid)),
            None => Err(ctx.die(&[b"unknown group ", text])),
        }
    }

    fn command(&mut self, ctx: &mut Context<'_>, name: &[u8]) -> Result<Action, Quit> {
        let end = self.words.iter().position(|word| matches!(word.as_slice(), b";" | b"+"));
        let Some(end) = end.filter(|end| *end > 0) else {
            return Err(ctx.die(&[name, b" requires an argument"]));
        };
        let (command, rest) = self.words.split_at(end);
        let (terminator, rest) = rest.split_at(1);
        self.words = rest;
        let command = command.to_vec();
        if terminator == [b";".to_vec()] {
            return Ok(Action::Execute(command));
        }
        let places: usize = command.iter().map(|word| memchr::memmem::find_iter(word, b"{}").count()).sum();
        if places != 1 {
            return Err(ctx.die(&[b"only one '{}' allowed for -exec +"]));
        }
        self.query.commands.push(command);
        Ok(Action::Collect(self.query.commands.len() - 1))
    }
}

fn number_of(text: &[u8]) -> Option<u32> {
    parse_decimal(text).and_then(|number| u32::try_from(number).ok())
}
