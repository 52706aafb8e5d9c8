//! Words: quoting, expansions, patterns.

use super::Maker;

/// Variables that scripts set before they use them, and one that is never set.
const NAMES: [&str; 9] = ["a", "b", "x", "y", "e", "i", "u", "path", "list"];

const LITERALS: [&str; 24] = [
    "a", "b", "foo", "bar", "x1", "-n", "-", "--", "a.c", "1", "2", "0", "d/x.c", "=", "a=b", "~", "/", ":", "%", "^",
    "@", "one", "{a,b}", "}",
];

const PATTERNS: [&str; 26] = [
    "*",
    "?",
    "a*",
    "*.c",
    "[ab]*",
    "[!a]*",
    "[a-c]",
    "*o*",
    "d/*",
    ".*",
    "*/",
    "[[:alpha:]]*",
    "[[:digit:]]",
    "[]a]*",
    "[!]]*",
    "[a",
    "*[",
    "\\*",
    "'*'",
    "\"?\"",
    "?o",
    "o?",
    "*:*",
    "/*",
    "[^a]",
    "[a-",
];

impl Maker {
    /// A variable's name.
    pub(super) fn name(&mut self) -> &'static str {
        self.random.pick(&NAMES)
    }

    /// A word of a command.
    pub(super) fn word(&mut self) -> String {
        let parts = [1, 1, 1, 2, 2, 3][self.random.below(6)];
        (0..parts).map(|_| self.part()).collect()
    }

    /// Several words.
    pub(super) fn words(&mut self, most: usize) -> String {
        let count = self.random.below(most + 1);
        (0..count).map(|_| format!(" {}", self.word())).collect()
    }

    fn part(&mut self) -> String {
        match self.random.weighted(&[30, 8, 14, 20, 5, 6, 6, 3, 2, 2]) {
            0 => self.random.pick(&LITERALS).into(),
            1 => format!("'{}'", self.random.pick(&["", "a b", "$x", "\\n", "*", "\"", "`", "a\nb", "#"])),
            2 => format!("\"{}\"", self.quoted()),
            3 => self.parameter(false),
            4 => self.substitution(),
            5 => format!("$(({}))", self.nest(Maker::expression)),
            6 => self.random.pick(&PATTERNS).into(),
            7 => format!("\\{}", self.random.pick(&["a", "$", "\\", " ", "'", "\"", "*", "n", "\n"])),
            8 => format!(
                "$'{}'",
                self.random.pick(&["a\\tb", "\\n", "\\x41", "\\101", "\\'", "\\\\", "\\q", "é", "\\e[0m", "\\u41"])
            ),
            _ => self.random.pick(&["~", "~/x", "~root", "~nobody/a", "~+", "$\"a\"", "#", "a#b"]).into(),
        }
    }

    /// What stands in double quotes.
    fn quoted(&mut self) -> String {
        let parts = self.random.below(4);
        (0..parts)
            .map(|_| match self.random.weighted(&[10, 12, 4, 4, 4]) {
                0 => self.random.pick(&["a", " ", "b c", "*", "'", "~", "\t", "#", "!", "{", "}", "  x "]).into(),
                1 => self.parameter(true),
                2 => self.substitution(),
                3 => format!("$(({}))", self.nest(Maker::expression)),
                _ => format!("\\{}", self.random.pick(&["a", "$", "\\", "\"", "`", "*", "\n", "}"])),
            })
            .collect()
    }

    fn parameter(&mut self, quoted: bool) -> String {
        if self.random.chance(45) || self.deep(6) {
            return match self.random.weighted(&[10, 3, 4]) {
                0 => format!("${}", self.name()),
                1 => format!("${{{}}}", self.name()),
                _ => format!(
                    "${}",
                    self.random.pick(&["1", "2", "3", "9", "@", "*", "#", "?", "{10}", "{#}", "{@}", "0"])
                ),
            };
        }
        let subject = match self.random.weighted(&[12, 2, 2]) {
            0 => self.name(),
            1 => self.random.pick(&["1", "2", "5"]),
            _ => self.random.pick(&["@", "*", "#", "?"]),
        };
        let colon = self.random.pick(&["", ":"]);
        let replaces = if matches!(subject, "@" | "*") { 0 } else { 5 };
        self.nest(|maker| match maker.random.weighted(&[8, 6, 4, 3, 10, replaces, 5, 3, 1]) {
            0 => format!("${{{subject}{colon}-{}}}", maker.inner_word(quoted)),
            1 => format!("${{{subject}{colon}+{}}}", maker.inner_word(quoted)),
            2 => format!("${{{subject}{colon}={}}}", maker.inner_word(quoted)),
            3 => format!("${{{subject}{colon}?{}}}", maker.inner_word(quoted)),
            4 => format!("${{{subject}{}{}}}", maker.random.pick(&["#", "##", "%", "%%"]), maker.pattern_word()),
            5 => {
                let operator = maker.random.pick(&["/", "//"]);
                // Without a text to put in, BusyBox looks for it in the rest of the word: see `Maker::replaced`.
                format!("${{{subject}{operator}{}/{}}}", maker.found_pattern(), maker.inner_word(quoted))
            }
            6 => {
                let offset = maker.offset();
                let end = if maker.random.chance(60) { format!(":{}", maker.offset()) } else { String::new() };
                format!("${{{subject}:{offset}{end}}}")
            }
            7 => format!("${{#{subject}}}"),
            _ => maker
                .random
                .pick(&[
                    "${}", "${x!}", "${#x-y}", "${1a}", "${x@}", "${-}", "${x y}", "${!x}", "${x^}", "${#}", "${##}",
                ])
                .into(),
        })
    }

    fn offset(&mut self) -> String {
        match self.random.below(4) {
            0 => self.random.pick(&["i", "$i", " -1", "(-2)", "1+1", "$((1))"]).into(),
            _ => self.random.pick(&["0", "1", "2", "3", "9"]).into(),
        }
    }

    /// The word of `${x-word}`.
    fn inner_word(&mut self, quoted: bool) -> String {
        if quoted && self.random.chance(80) {
            return self
                .random
                .pick(&["", "d", "a b", "'q'", "\\}", "\"n\"", "*", "$x", "${e:-f}", "\"$x y\"", "~"])
                .into();
        }
        match self.random.below(3) {
            0 => self
                .random
                .pick(&["", "d", "a b", "'q r'", "\\}", "\"$y\"", "$@", "\"$@\"", "*", "~", "$x $y", " z "])
                .into(),
            _ => self.word(),
        }
    }

    /// A pattern of `${x#pattern}` or of a `case`.
    pub(super) fn pattern_word(&mut self) -> String {
        match self.random.weighted(&[12, 3, 3, 2]) {
            0 => self.random.pick(&PATTERNS).into(),
            1 => self.random.pick(&["a", "o", "b c", "", "/", "."]).replace(' ', "\\ "),
            2 => format!("\"${}\"", self.name()),
            _ => format!("${}", self.name()),
        }
    }

    /// A pattern that matches something: with an empty one, and in `$@`, BusyBox replaces beyond the value.
    fn found_pattern(&mut self) -> String {
        match self.random.below(3) {
            0 => self.random.pick(&["a", "o", "b\\ c", ".", "\"e\"", "'f'o", ":", "1"]).into(),
            _ => self.random.pick(&PATTERNS).into(),
        }
    }

    /// A command substitution.
    fn substitution(&mut self) -> String {
        if self.deep(4) {
            return self.random.pick(&["$(echo s)", "`echo t`", "$(printf 'a b\\n\\n')", "$( )", "$(false)"]).into();
        }
        if self.random.chance(20) {
            let command = self.enclosed(|maker| maker.simple());
            let command = command.trim_end_matches('\n').replace('\\', "\\\\").replace('`', "\\`").replace('$', "\\$");
            return format!("`{command}`");
        }
        let body = self.enclosed(|maker| if maker.random.chance(70) { maker.simple() } else { maker.statement() });
        // `$((` would begin arithmetic.
        let space = if body.starts_with('(') { " " } else { "" };
        let body =
            if body.trim_end_matches('\n').contains('\n') { body } else { body.trim_end_matches('\n').to_owned() };
        format!("$({space}{body})")
    }
}
