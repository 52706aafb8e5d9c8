//! From the arguments to a query.

use applets::{Context, Quit};
use wcr_sys::{fs, time};

use super::expression::{Action, Expression, Follow, Query};
use super::predicates::seconds;
use super::regex::Dialect;
use crate::quote;

/// The arguments while they are read.
pub(super) struct Parser<'a, 'c> {
    pub(super) ctx: &'a mut Context<'c>,
    args: &'a [Vec<u8>],
    at: usize,
    pub(super) query: Query,
    /// Whether an action was given that makes printing an action of its own.
    pub(super) acts: bool,
    pub(super) warns: bool,
    pub(super) prunes: bool,
    pub(super) deletes: bool,
    /// Whether depth first was asked for by name.
    pub(super) depth_given: bool,
    pub(super) dialect: Dialect,
    /// The time from which ages are counted back.
    pub(super) ages_from: f64,
    /// The first predicate that was no option of the whole.
    first_test: Option<Vec<u8>>,
    last: Vec<u8>,
}

/// Reads the arguments.
pub(super) fn parse(ctx: &mut Context<'_>) -> Result<Query, Quit> {
    let args = ctx.args;
    let mut parser = Parser {
        ctx,
        args,
        at: 0,
        query: Query {
            follow: Follow::Never,
            paths: Vec::new(),
            names: None,
            expression: Expression::Action(Action::Always(true)),
            min_depth: 0,
            max_depth: u64::MAX,
            depth_first: false,
            one_system: false,
            ignores_races: false,
            collectors: Vec::new(),
            outputs: vec![b"/dev/stdout".to_vec()],
        },
        acts: false,
        warns: false,
        prunes: false,
        deletes: false,
        depth_given: false,
        dialect: Dialect::Emacs,
        ages_from: seconds(time::now()),
        first_test: None,
        last: Vec::new(),
    };
    parser.leading_options()?;
    while let Some(word) = parser.peek() {
        if is_expression(word) {
            break;
        }
        parser.query.paths.push(word.to_vec());
        parser.at += 1;
    }
    let expression = parser.whole()?;
    parser.finish(expression)
}

/// Whether a word begins an expression where paths may stand.
fn is_expression(word: &[u8]) -> bool {
    matches!(word, [b'-', _, ..] | b"(" | b"!")
}

impl Parser<'_, '_> {
    fn peek(&self) -> Option<&[u8]> {
        self.args.get(self.at).map(Vec::as_slice)
    }

    /// Takes the next argument.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        let word = self.args.get(self.at).cloned();
        self.at += usize::from(word.is_some());
        word
    }

    /// The argument of a predicate.
    pub(super) fn argument(&mut self, name: &[u8]) -> Result<Vec<u8>, Quit> {
        match self.next() {
            Some(word) => Ok(word),
            None => Err(self.die(&[b"missing argument to `", name, b"'"])),
        }
    }

    /// Tells what is wrong; the reason to stop.
    pub(super) fn die(&mut self, parts: &[&[u8]]) -> Quit {
        self.ctx.die(parts)
    }

    /// Tells a warning.
    pub(super) fn warn(&mut self, parts: &[&[u8]]) {
        let text = parts.concat();
        self.ctx.complain(&[b"warning: ", &text]);
    }

    /// Notes an option of the whole, which should stand before all tests.
    pub(super) fn global(&mut self, name: &[u8]) {
        if let Some(first) = self.first_test.clone().filter(|_| self.warns) {
            self.warn(&[
                b"you have specified the global option ",
                name,
                b" after the argument ",
                &first,
                b", but global options are not positional, i.e., ",
                name,
                b" affects tests specified before it as well as those specified after it.  Please specify global \
                  options before other arguments.",
            ]);
        }
    }

    fn leading_options(&mut self) -> Result<(), Quit> {
        while let Some(word) = self.peek() {
            let word = word.to_vec();
            match word.as_slice() {
                b"-H" => self.query.follow = Follow::Operands,
                b"-L" => self.query.follow = Follow::Always,
                b"-P" => self.query.follow = Follow::Never,
                b"--" => {
                    self.at += 1;
                    return Ok(());
                }
                b"-D" => {
                    self.at += 1;
                    let Some(flags) = self.next() else {
                        self.ctx.complain(&[b"Missing argument after the -D option."]);
                        return Err(crate::dispatch::try_help(self.ctx, 1));
                    };
                    super::debug_options(self.ctx, &flags)?;
                    continue;
                }
                [b'-', b'O', digits @ ..] => {
                    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
                        return Err(self.die(&[b"Please specify a decimal number immediately after -O"]));
                    }
                }
                _ => return Ok(()),
            }
            self.at += 1;
        }
        Ok(())
    }

    /// The whole expression; `None` where there is none.
    fn whole(&mut self) -> Result<Option<Expression>, Quit> {
        if self.peek().is_none() {
            return Ok(None);
        }
        let expression = self.list(false)?;
        match self.peek() {
            None => Ok(Some(expression)),
            Some(_) => Err(self.die(&[b"you have too many ')'"])),
        }
    }

    /// Terms separated by commas.
    fn list(&mut self, nested: bool) -> Result<Expression, Quit> {
        let mut left = self.alternatives(nested)?;
        while self.take_operator(&[b","]).is_some() {
            self.need_term(b",", nested)?;
            let right = self.alternatives(nested)?;
            left = Expression::List(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn alternatives(&mut self, nested: bool) -> Result<Expression, Quit> {
        let mut left = self.conjunction(nested)?;
        while let Some(operator) = self.take_operator(&[b"-o", b"-or"]) {
            self.need_term(&operator, nested)?;
            let right = self.conjunction(nested)?;
            left = Expression::Or(Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn conjunction(&mut self, nested: bool) -> Result<Expression, Quit> {
        let mut left = self.term(nested)?;
        loop {
            if let Some(operator) = self.take_operator(&[b"-a", b"-and"]) {
                self.need_term(&operator, nested)?;
            } else if matches!(self.peek(), None | Some(b"," | b"-o" | b"-or" | b")")) {
                return Ok(left);
            }
            let right = self.term(nested)?;
            left = Expression::And(Box::new(left), Box::new(right));
        }
    }

    fn take_operator(&mut self, names: &[&[u8]]) -> Option<Vec<u8>> {
        let word = self.peek().filter(|word| names.contains(word)).map(<[u8]>::to_vec);
        self.at += usize::from(word.is_some());
        word
    }

    /// A term has to follow an operator.
    fn need_term(&mut self, operator: &[u8], nested: bool) -> Result<(), Quit> {
        match self.peek() {
            None if self.acts && !nested && operator != b"!" && operator != b"-not" => {
                Err(self.die(&[b"invalid expression"]))
            }
            None => Err(self.die(&[b"expected an expression after '", operator, b"'"])),
            Some(b")") => Err(self.die(&[b"expected an expression between '", operator, b"' and ')'"])),
            Some(_) => Ok(()),
        }
    }

    fn term(&mut self, nested: bool) -> Result<Expression, Quit> {
        let Some(word) = self.next() else { return Err(self.die(&[b"invalid expression"])) };
        match word.as_slice() {
            b"(" => {
                if self.peek() == Some(b")") {
                    return Err(self.die(&[b"invalid expression; empty parentheses are not allowed."]));
                }
                let unclosed = b"invalid expression; expected to find a ')' but didn't see one. Perhaps you need an \
                                 extra predicate after '('";
                if self.peek().is_none() {
                    return Err(self.die(&[unclosed]));
                }
                let inner = self.list(true)?;
                match self.next() {
                    Some(_) => Ok(inner),
                    None => Err(self
                        .die(&[b"invalid expression; I was expecting to find a ')' somewhere but did not see one."])),
                }
            }
            b"!" | b"-not" => {
                self.need_term(&word, nested)?;
                Ok(Expression::Not(Box::new(self.term(nested)?)))
            }
            b"," | b"-o" | b"-or" | b"-a" | b"-and" => Err(self.die(&[
                b"invalid expression; you have used a binary operator '",
                &word,
                b"' with nothing before it.",
            ])),
            b")" => Err(self.die(&[b"you have too many ')'"])),
            [b'-', ..] => self.named(&word),
            path => {
                let path = path.to_vec();
                self.ctx.complain(&[b"paths must precede expression: `", &path, b"'"]);
                if fs::lstat(&path).is_ok() && !self.last.is_empty() {
                    let last = self.last.clone();
                    self.ctx.complain(&[b"possible unquoted pattern after predicate `", &last, b"'?"]);
                }
                Err(Quit(1))
            }
        }
    }

    fn named(&mut self, word: &[u8]) -> Result<Expression, Quit> {
        if let b"-help" | b"--help" | b"-version" | b"--version" = word {
            return Err(super::inform(self.ctx, word.ends_with(b"help")));
        }
        let action = self.predicate(word)?;
        let is_option = matches!(action, Action::Always(true)) && word != b"-true";
        if !is_option && self.first_test.is_none() {
            self.first_test = Some(word.to_vec());
        }
        self.last = word.to_vec();
        Ok(Expression::Action(action))
    }

    fn finish(mut self, expression: Option<Expression>) -> Result<Query, Quit> {
        if self.deletes && self.prunes && !self.depth_given {
            return Err(self.die(&[
                b"The -delete action automatically turns on -depth, but -prune does nothing when -depth is in effect.  \
                  If you want to carry on anyway, just explicitly use the -depth option.",
            ]));
        }
        let print = || Expression::Action(Action::Print { out: 0, end: b'\n' });
        self.query.expression = match expression {
            None => print(),
            Some(expression) if self.acts => expression,
            Some(expression) => Expression::And(Box::new(expression), Box::new(print())),
        };
        if self.query.names.is_some() {
            if let Some(path) = self.query.paths.first() {
                let path = quote::locale(path);
                self.ctx.complain(&[b"extra operand ", &path]);
                return Err(self.die(&[b"file operands cannot be combined with -files0-from"]));
            }
        } else if self.query.paths.is_empty() {
            self.query.paths.push(b".".to_vec());
        }
        Ok(self.query)
    }
}
