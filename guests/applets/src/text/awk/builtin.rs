//! The functions of the language.

use std::rc::Rc;

use wcr_sys::abi::WaitStatus;
use wcr_sys::time;

use crate::core::time::strftime::strftime;
use crate::core::time::{Civil, Zone};
use crate::regex::Regex;

use super::ast::{Builtin, Expr};
use super::flavour;
use super::interpreter::{Interpreter, Step};
use super::replace::{Template, Which, replace};
use super::split::Splitter;
use super::stream;
use super::value::{Text, Value, settled, to_int, to_long, to_unsigned};

/// The format of `strftime` that was given none.
const DATE_FORMAT: &[u8] = b"%a %b %e %H:%M:%S %Z %Y";

impl<'p> Interpreter<'p, '_, '_> {
    /// Calls a function of the language.
    #[inline(never)]
    pub(super) fn builtin(&mut self, builtin: Builtin, arguments: &'p [Expr]) -> Step<Value> {
        let count = arguments.len();
        if count < least(builtin) {
            return Err(self.fail("Too few arguments"));
        }
        if count > most(builtin) {
            return Err(self.fail("Too many arguments"));
        }
        let number = match (builtin, arguments) {
            (Builtin::Length, _) => self.length(arguments.first())? as f64,
            (Builtin::Substr, [text, start, rest @ ..]) => return self.substr(text, start, rest.first()),
            (Builtin::Index, [text, part, ..]) => {
                let (text, part) = (self.text(text)?, self.text(part)?);
                let found = if part.is_empty() {
                    flavour::is_mawk().then_some(0)
                } else if self.patterns.ignores_case() {
                    memchr::memmem::find(&text.to_ascii_lowercase(), &part.to_ascii_lowercase())
                } else {
                    memchr::memmem::find(&text, &part)
                };
                found.map_or(0.0, |at| (at + 1) as f64)
            }
            (Builtin::Split, [text, array, rest @ ..]) => self.split(text, array, rest.first())?,
            (Builtin::Match, [text, pattern, ..]) => self.find_match(text, pattern)?,
            (Builtin::Sub | Builtin::Gsub, [pattern, replacement, rest @ ..]) => {
                self.substitute(builtin == Builtin::Gsub, pattern, replacement, rest.first())?
            }
            (Builtin::Gensub, [pattern, replacement, which, rest @ ..]) => {
                return self.gensub(pattern, replacement, which, rest.first());
            }
            (Builtin::Sprintf, _) => {
                let mut text = Vec::new();
                self.sprintf("sprintf", arguments, &mut text)?;
                text.truncate(text.iter().position(|byte| *byte == 0).unwrap_or(text.len()));
                return Ok(Value::Text(Rc::from(text)));
            }
            (Builtin::Tolower, [text, ..]) => return self.mapped(text, <[u8]>::make_ascii_lowercase),
            (Builtin::Toupper, [text, ..]) => return self.mapped(text, <[u8]>::make_ascii_uppercase),
            (Builtin::Strftime, _) => return self.strftime(arguments),
            (Builtin::Mktime, [text, ..]) => {
                let text = self.text(text)?;
                mktime(&text).into()
            }
            (Builtin::Systime, _) => time::now().sec as f64,
            (Builtin::System, [command, ..]) => self.system(command)?,
            (Builtin::Close, [name, ..]) => {
                let name = self.text(name)?;
                self.streams.close(&name).unwrap_or(0).into()
            }
            (Builtin::Fflush, _) => {
                self.flush_all();
                0.0
            }
            (Builtin::Rand, _) => self.random.next_fraction(),
            (Builtin::Srand, _) => {
                let seed = match arguments.first() {
                    Some(seed) => to_unsigned(self.number(seed)?) as u32,
                    None => time::now().sec as u32,
                };
                self.random.reseed(seed).into()
            }
            (_, [operand, rest @ ..]) => self.calculate(builtin, operand, rest.first())?,
            (_, []) => 0.0,
        };
        Ok(Value::Number(number))
    }

    /// The functions of one or two numbers.
    fn calculate(&mut self, builtin: Builtin, first: &'p Expr, second: Option<&'p Expr>) -> Step<f64> {
        let first = self.number(first)?;
        let second = second.map_or(Ok(0.0), |second| self.number(second))?;
        let (left, right) = (to_unsigned(first), to_unsigned(second));
        Ok(match builtin {
            Builtin::Int => to_long(first) as f64,
            Builtin::Atan2 => settled(first.atan2(second), first, second),
            Builtin::Cos => settled(first.cos(), first, first),
            Builtin::Sin => settled(first.sin(), first, first),
            Builtin::Exp => first.exp(),
            Builtin::Log => settled(first.ln(), first, first),
            Builtin::Sqrt => settled(first.sqrt(), first, first),
            Builtin::And => (left & right) as f64,
            Builtin::Or => (left | right) as f64,
            Builtin::Xor => (left ^ right) as f64,
            Builtin::Compl => !left as f64,
            // As on x86, only the lowest bits of the distance count.
            Builtin::Lshift => left.wrapping_shl(right as u32) as f64,
            _ => left.wrapping_shr(right as u32) as f64,
        })
    }

    fn length(&mut self, argument: Option<&'p Expr>) -> Step<usize> {
        let Some(argument) = argument else {
            return match self.record.whole(&self.settings.number_format) {
                Ok(text) => Ok(text.len()),
                Err(error) => Err(self.bad_format(error)),
            };
        };
        if let Expr::Variable(name) = argument {
            if let Some(array) = &self.variable(*name).array {
                return Ok(array.borrow().len());
            }
        }
        let mut text = self.take_buffer();
        let appended = self.append(argument, &mut text);
        let length = text.len();
        self.give_buffer(text);
        appended.map(|()| length)
    }

    fn substr(&mut self, text: &'p Expr, start: &'p Expr, length: Option<&'p Expr>) -> Step<Value> {
        let text = self.text(text)?;
        let first = i64::from(to_int(self.number(start)?));
        let start = (first - 1).max(0) as usize;
        let length = match length {
            Some(length) => {
                let length = i64::from(to_int(self.number(length)?));
                // What lies before the text is added in `mawk`, not taken off.
                let added = if flavour::is_mawk() && first < 1 && length > 0 { -first } else { 0 };
                (length + added).max(0) as usize
            }
            None => text.len(),
        };
        let start = start.min(text.len());
        let end = start.saturating_add(length).min(text.len());
        Ok(Value::text(text.get(start..end).unwrap_or_default()))
    }

    fn mapped(&mut self, text: &'p Expr, map: fn(&mut [u8])) -> Step<Value> {
        let mut text = self.text(text)?.to_vec();
        map(&mut text);
        Ok(Value::Text(Rc::from(text)))
    }

    /// How a separator that stands in the program splits.
    fn splitter(&mut self, separator: Option<&'p Expr>) -> Step<Rc<Splitter>> {
        match separator {
            None => Ok(self.settings.splitter.clone()),
            Some(Expr::Regex(number)) => self.literal(*number).map(|regex| Rc::new(Splitter::Regex(regex))),
            Some(separator) => {
                let text = self.text(separator)?;
                let splitter = Splitter::new(&text, self.patterns.ignores_case(), false);
                splitter.map(Rc::new).map_err(|bad| self.bad_pattern(&bad))
            }
        }
    }

    fn split(&mut self, text: &'p Expr, array: &'p Expr, separator: Option<&'p Expr>) -> Step<f64> {
        let text = self.text(text)?;
        let splitter = self.splitter(separator)?;
        let mut count = 0usize;
        let Expr::Variable(name) = array else {
            splitter.split(&text, |_| count += 1);
            return Ok(count as f64);
        };
        let array = self.array(*name);
        let mut table = array.borrow_mut();
        table.clear();
        let mut key = Vec::new();
        splitter.split(&text, |field| {
            count += 1;
            key.clear();
            super::format::push_integer(&mut key, count as i64);
            *table.element(&key) = Value::input(field);
        });
        Ok(count as f64)
    }

    /// A regular expression as an argument.
    fn pattern(&mut self, expr: &'p Expr) -> Step<Rc<Regex>> {
        match expr {
            Expr::Regex(number) => self.literal(*number),
            expr => self.computed(expr),
        }
    }

    fn find_match(&mut self, text: &'p Expr, pattern: &'p Expr) -> Step<f64> {
        let text = self.text(text)?;
        let regex = self.pattern(pattern)?;
        let (start, length) = match regex.find(&text) {
            Some((start, end)) => ((start + 1) as f64, (end - start) as f64),
            None => (0.0, -1.0),
        };
        self.set_match(start, length);
        Ok(start)
    }

    fn substitute(
        &mut self,
        all: bool,
        pattern: &'p Expr,
        replacement: &'p Expr,
        place: Option<&'p Expr>,
    ) -> Step<f64> {
        let regex = self.pattern(pattern)?;
        let replacement = self.text(replacement)?;
        let text = self.subject(place)?;
        let template = Template::new(&replacement, false);
        let (result, count) = replace(&regex, &text, &template, if all { Which::All } else { Which::Only(1) });
        let value = Value::Text(Rc::from(result));
        match place {
            None if count > 0 => self.set_record(&value)?,
            // A place is assigned even where nothing matched: a field is there from now on.
            Some(place) if place.is_place() => self.assign_place(place, value)?,
            _ => {}
        }
        Ok(count as f64)
    }

    fn set_record(&mut self, value: &Value) -> Step<()> {
        let text = self.text_of(value.clone())?;
        let splitter = self.settings.splitter.clone();
        self.record.assign_whole(&text, &splitter);
        Ok(())
    }

    /// What is searched: an argument, or the record.
    fn subject(&mut self, expr: Option<&'p Expr>) -> Step<Text> {
        match expr {
            Some(expr) => self.text(expr),
            None => match self.record.whole(&self.settings.number_format) {
                Ok(text) => Ok(Rc::from(text)),
                Err(error) => Err(self.bad_format(error)),
            },
        }
    }

    fn gensub(
        &mut self,
        pattern: &'p Expr,
        replacement: &'p Expr,
        which: &'p Expr,
        subject: Option<&'p Expr>,
    ) -> Step<Value> {
        let regex = self.pattern(pattern)?;
        let replacement = self.text(replacement)?;
        // `g`, and anything else that is no positive number, means all.
        let number = usize::try_from(to_int(self.value(which)?.number())).unwrap_or(0);
        let which = if number == 0 { Which::All } else { Which::Only(number) };
        let text = self.subject(subject)?;
        let (result, _) = replace(&regex, &text, &Template::new(&replacement, true), which);
        Ok(Value::Text(Rc::from(result)))
    }

    fn strftime(&mut self, arguments: &'p [Expr]) -> Step<Value> {
        let format = match arguments.first() {
            Some(format) => self.text(format)?,
            None => Rc::from(DATE_FORMAT),
        };
        let seconds = match arguments.get(1) {
            Some(seconds) => to_long(self.number(seconds)?),
            None => time::now().sec,
        };
        let mut out = Vec::new();
        strftime(&mut out, &format, &Zone::from_env().local(seconds), seconds);
        Ok(Value::Text(Rc::from(out)))
    }

    fn system(&mut self, command: &'p Expr) -> Step<f64> {
        let command = self.text(command)?;
        self.flush_all();
        match stream::run(&command) {
            Ok(WaitStatus::Exited(code)) => Ok(code.into()),
            Ok(_) => Ok(0.0),
            Err(error) => Err(self.cannot_start(error)),
        }
    }
}

/// How many arguments a function needs.
pub(super) const fn least(builtin: Builtin) -> usize {
    match builtin {
        Builtin::Length
        | Builtin::Rand
        | Builtin::Srand
        | Builtin::Systime
        | Builtin::Strftime
        | Builtin::Fflush
        | Builtin::Sprintf => 0,
        Builtin::Gensub => 3,
        Builtin::Sub
        | Builtin::Gsub
        | Builtin::Substr
        | Builtin::Index
        | Builtin::Split
        | Builtin::Match
        | Builtin::And
        | Builtin::Or
        | Builtin::Xor
        | Builtin::Lshift
        | Builtin::Rshift
        | Builtin::Atan2 => 2,
        _ => 1,
    }
}

/// How many arguments a function takes; for most of them more do no harm.
const fn most(builtin: Builtin) -> usize {
    match builtin {
        Builtin::Rand | Builtin::Systime => 0,
        Builtin::Length | Builtin::Srand => 1,
        _ => usize::MAX,
    }
}

/// The seconds since the epoch of `YYYY MM DD hh mm ss`, or -1. As in BusyBox they have 32 bits.
fn mktime(text: &[u8]) -> i32 {
    let mut fields = [0i64; 7];
    let mut rest = text;
    for (at, field) in fields.iter_mut().enumerate() {
        let scanned = crate::number::signed(rest, 10);
        if scanned.len == 0 {
            // The seventh says whether daylight saving time is meant.
            if at == 6 {
                break;
            }
            return -1;
        }
        *field = i64::from(scanned.value as i32);
        rest = rest.get(scanned.len..).unwrap_or_default();
    }
    let [year, month, day, hour, minute, second, daylight] = fields;
    if (0..1900).contains(&year) || month == 0 {
        return -1;
    }
    let months = year * 12 + month - 1;
    let first = Civil {
        year: months.div_euclid(12),
        month: (months.rem_euclid(12) + 1) as u32,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
    };
    let wanted = first.to_seconds() + (day - 1) * 86400 + hour * 3600 + minute * 60 + second;
    let wanted = if daylight > 0 { wanted - 3600 } else { wanted };
    Zone::from_env().seconds(Civil::from_seconds(wanted)) as i32
}
