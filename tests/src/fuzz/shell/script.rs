//! Commands of all kinds, and whole scripts.

use std::fmt;

use super::commands::{ERRORS, FILES, FILTERS, STATE};
use super::{Maker, Mode};
use crate::fuzz::Random;

/// A random script, and how the shell gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// How the shell gets it.
    pub mode: Mode,
    /// Its text.
    pub text: String,
}

impl fmt::Display for Script {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "--- script as {}\n{}\n---", self.mode.name(), self.text.trim_end_matches('\n'))
    }
}

impl Script {
    /// The script of this seed.
    pub fn random(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mode = Mode::random(&mut random);
        let mut maker = Maker::new(random);
        let mut text = String::from(
            "a='one two' b=foo.bar x=abc:def y= i=3 path=/usr/lib/x.c list='1:2::3 4' expr='i+2' loop=loop\n",
        );
        text.push_str("show() { for shown; do printf '<%s>' \"$shown\"; done; echo; }\n");
        for _ in 0..2 + maker.random.below(9) {
            text.push_str(&maker.statement());
            text.push_str(&maker.line_end());
        }
        text.push_str("wait\necho \"end $?\"\n");
        if maker.random.chance(12) {
            text = damaged(&text, &mut maker.random);
        }
        Script { mode, text }
    }
}

/// A text with a piece gone, doubled, or put in.
fn damaged(text: &str, random: &mut Random) -> String {
    const PIECES: [&str; 18] =
        [";", "&", "|", "(", ")", "}", "'", "\"", "`", "done", "fi", "esac", "then ", ";;", "<<", ">", "\n", "$("];
    let words: Vec<&str> = text.split_inclusive([' ', '\n', ';']).collect();
    // The first lines only prepare.
    let at = 12 + random.below(words.len().saturating_sub(12).max(1));
    let mut changed: Vec<&str> = words.clone();
    match random.below(3) {
        0 if at < changed.len() => {
            changed.remove(at);
        }
        1 if at < changed.len() => changed.insert(at, words[at]),
        _ => changed.insert(at.min(words.len()), random.pick(&PIECES)),
    }
    changed.concat()
}

impl Maker {
    /// A command of any kind, without the line's end.
    pub(super) fn statement(&mut self) -> String {
        if self.deep(4) {
            return self.simple();
        }
        self.nest(|maker| match maker.random.weighted(&[40, 12, 8, 7, 8, 7, 6, 5, 6, 7, 3, 6, 3, 3, 3, 2, 2, 6, 30]) {
            0 => maker.simple(),
            1 => maker.state(),
            2 => maker.conditional(),
            3 => maker.counted_loop(),
            4 => maker.for_loop(),
            5 => maker.case(),
            6 => maker.pipeline(),
            7 => maker.group(),
            8 => maker.list(),
            9 => maker.function(),
            10 => maker.trap(),
            11 => maker.here_document(),
            12 => maker.evaluated(),
            13 => maker.reading(),
            14 => maker.sourced(),
            15 => maker.options(),
            16 => maker.background(),
            17 => maker.random.pick(&ERRORS).into(),
            _ => maker.idiom(),
        })
    }

    fn state(&mut self) -> String {
        self.random.pick(&STATE).into()
    }

    /// A simple command.
    pub(super) fn simple(&mut self) -> String {
        let mut text = match self.random.weighted(&[14, 10, 6, 12, 4, 5, 5, 3, 3, 4]) {
            0 => format!("echo{}", self.words(3)),
            1 => format!("show{}", self.words(4)),
            2 => format!(
                "printf {}{}",
                self.random.pick(&["'%s\\n'", "'%s-%s\\n'", "'%5s|%-4s|\\n'", "'%d %x\\n'", "'%b\\n'", "%c"]),
                self.words(3)
            ),
            3 => self.assignment(),
            4 => format!("{} echo{}", self.assignment(), self.words(2)),
            5 => self.test(),
            6 => self.call(),
            7 => self
                .random
                .pick(&[
                    "true",
                    "false",
                    ":",
                    "! true",
                    "return 2",
                    "exit 3",
                    "break",
                    "continue",
                    "break 2",
                    "continue 2",
                    "(exit 5)",
                    "return",
                    "exit",
                ])
                .into(),
            8 => format!("{} {}", self.random.pick(&FILTERS[..7]), self.random.pick(&["in", "d/x.c", "out1", "< in"])),
            _ => self.state(),
        };
        if self.random.chance(15) {
            let redirections = self.redirections();
            text.push_str(&redirections);
        }
        text
    }

    fn assignment(&mut self) -> String {
        let name = self.name();
        let name = if name == "u" { "x" } else { name };
        match self.random.weighted(&[10, 2, 1, 1]) {
            0 => format!("{name}={}", self.word()),
            1 => format!("{name}={} y={}", self.word(), self.word()),
            2 => format!("export {name}={}", self.word()),
            _ => format!("{name}=~:~/x"),
        }
    }

    fn call(&mut self) -> String {
        if self.functions == 0 {
            return format!("show{}", self.words(3));
        }
        format!("f{}{}", 1 + self.random.below(self.functions), self.words(3))
    }

    fn test(&mut self) -> String {
        let (left, right) = (self.word(), self.word());
        let condition = match self.random.below(8) {
            0 => format!("{left} = {right}"),
            1 => format!("\"{}\" != {right}", "$x"),
            2 => format!(
                "{} {} {}",
                self.random.pick(&["$i", "3", "$#"]),
                self.random.pick(&["-eq", "-lt", "-ge", "-ne"]),
                self.random.pick(&["3", "$i", "0"])
            ),
            3 => format!("{} {left}", self.random.pick(&["-n", "-z", "!"])),
            4 => format!(
                "{} {}",
                self.random.pick(&["-f", "-d", "-e", "-r", "-x", "-s"]),
                self.random.pick(&["in", "d", "nofile", "out1"])
            ),
            5 => format!("{left} = {right} {} -n {left}", self.random.pick(&["-a", "-o"])),
            6 => "-t 1".into(),
            _ => format!("! {left} = {right}"),
        };
        match self.random.weighted(&[6, 2, 2]) {
            0 => format!("[ {condition} ]"),
            1 => format!("test {condition}"),
            _ => format!("[[ {} ]]", condition.replace(" -a ", " && ").replace(" -o ", " || ")),
        }
    }

    fn redirections(&mut self) -> String {
        let count = 1 + self.random.below(2);
        (0..count)
            .map(|_| {
                let space = self.random.pick(&["", " "]);
                match self.random.weighted(&[8, 4, 4, 5, 4, 2, 2, 2, 3, 1, 2]) {
                    0 => format!(" >{space}{}", self.random.pick(&FILES)),
                    1 => format!(" >>{space}{}", self.random.pick(&FILES)),
                    2 => format!(" <{space}{}", self.random.pick(&FILES)),
                    3 => format!(" 2>{}", self.random.pick(&["/dev/null", "out2", "&1"])),
                    4 => self
                        .random
                        .pick(&[" >&2", " 1>&2", " 2>&1", " >&-", " <&-", " 2>&-", " 3>&1", " 4<&0", " >&7", " <&8"])
                        .into(),
                    5 => format!(" <>{space}{}", self.random.pick(&FILES)),
                    6 => format!(" >|{space}{}", self.random.pick(&FILES)),
                    7 => format!(" 3>{space}out1 >&3"),
                    8 => self.document(),
                    9 => format!(" &>{}", self.random.pick(&["out1", "/dev/null"])),
                    _ => format!(" > {}", self.word()),
                }
            })
            .collect()
    }

    /// A here-document's operator; its body follows at the line's end.
    fn document(&mut self) -> String {
        let end = ["E", "EOF", "end"][self.documents.len().min(2)];
        let tabs = self.random.chance(30);
        let quoted = self.random.chance(30);
        let lines = self.random.below(4);
        let mut body = String::new();
        for _ in 0..lines {
            if tabs && self.random.chance(70) {
                body.push('\t');
            }
            match self.random.below(3) {
                0 => body.push_str(self.random.pick(&[
                    "text",
                    "$x ${b%.*}",
                    "`echo t`",
                    "\\$x \\\\ \\a",
                    "'$a' \"$a\"",
                    "",
                    "$((i + 1))",
                    "  E",
                    "${u:-\"q\"}",
                    "\\",
                    "~ * ?",
                    "$(echo s; exit 3)$?",
                    "$(printf 'a\\n\\n') $(false)",
                    "${a#*\"}\"} ${u-'q'}",
                    "$(cat <<-I\nin $x\nI\n)",
                ])),
                _ => {
                    // A word may end a line with a backslash, or hold documents of its own: neither here. Nor a
                    // substitution whose command may be an error: in BusyBox the shell within it goes on then with the
                    // script behind the document.
                    let word = self.nest(Maker::word);
                    let substitutes = word.replace("$((", "").contains("$(");
                    if !substitutes && !word.contains(['\n', '\\', '\'']) && self.balanced(&word) {
                        body.push_str(&word);
                    }
                }
            }
            body.push('\n');
        }
        if tabs && self.random.chance(50) {
            body.push('\t');
        }
        body.push_str(end);
        body.push('\n');
        self.documents.push(body);
        let operator = if tabs { "<<-" } else { "<<" };
        if quoted { format!(" {operator}'{end}'") } else { format!(" {operator}{end}") }
    }

    /// Whether a word has no backquotes or quotes that the body of a here-document would leave open.
    fn balanced(&self, word: &str) -> bool {
        !word.contains(['`', '"']) || word.matches('`').count() % 2 == 0
    }

    fn here_document(&mut self) -> String {
        let command =
            self.random.pick(&["cat", "cat -", "while read l; do echo \"<$l>\"; done", "read x y", "wc -l", "sort"]);
        let document = self.document();
        format!("{command}{document}")
    }

    /// Commands one after the other, as they stand between reserved words; ends where one may follow.
    pub(super) fn body(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..1 + self.random.below(3) {
            text.push_str(&self.statement());
            text.push_str(&self.separator());
        }
        text
    }

    fn separator(&mut self) -> String {
        if self.documents.is_empty() && self.random.chance(50) { "; ".into() } else { self.line_end() }
    }

    fn condition(&mut self) -> String {
        match self.random.below(4) {
            0 => self.random.pick(&["true", "false", "! true", ":"]).into(),
            1 => self.test(),
            2 => self.simple(),
            _ => self.list(),
        }
    }

    fn conditional(&mut self) -> String {
        let mut text = format!("if {}", self.condition());
        text.push_str(&self.separator());
        text.push_str("then ");
        text.push_str(&self.body());
        while self.random.chance(25) {
            text.push_str(&format!("elif {}", self.condition()));
            text.push_str(&self.separator());
            text.push_str("then ");
            text.push_str(&self.body());
        }
        if self.random.chance(50) {
            text.push_str("else ");
            text.push_str(&self.body());
        }
        text.push_str("fi");
        self.compound_end(text)
    }

    fn compound_end(&mut self, mut text: String) -> String {
        if self.random.chance(15) {
            let redirections = self.redirections();
            text.push_str(&redirections);
        }
        text
    }

    fn counted_loop(&mut self) -> String {
        self.loops += 1;
        let counter = format!("c{}", self.loops);
        let (word, operator) = if self.random.chance(70) { ("while", "-lt") } else { ("until", "-ge") };
        let limit = 1 + self.random.below(3);
        let condition = match self.random.below(3) {
            0 => format!("[ ${counter} {operator} {limit} ]"),
            1 => format!("test \"${counter}\" {operator} {limit}"),
            _ => format!("{} [ ${counter} {operator} {limit} ]", self.random.pick(&["true;", "false;", "echo in;"])),
        };
        let body = self.body();
        self.compound_end(format!("{counter}=0; {word} {condition}; do {counter}=$(({counter}+1)); {body}done"))
    }

    fn for_loop(&mut self) -> String {
        let name = self.random.pick(&["v", "w", "x", "i"]);
        let words = match self.random.below(5) {
            0 => String::new(),
            1 => " in \"$@\"".into(),
            2 => " in".into(),
            _ => format!(" in{}", self.words(3)),
        };
        let separator =
            if words.is_empty() { self.random.pick(&[" ", "; ", "\n"]) } else { self.random.pick(&["; ", "\n"]) };
        let body = self.body();
        self.compound_end(format!("for {name}{words}{separator}do {body}done"))
    }

    fn case(&mut self) -> String {
        let mut text = format!("case {} in", self.word());
        text.push_str(self.random.pick(&[" ", "\n"]));
        for _ in 0..self.random.below(4) {
            text.push_str(self.random.pick(&["", "("]));
            let pattern = self.pattern_word();
            text.push_str(if pattern.is_empty() { "''" } else { &pattern });
            if self.random.chance(25) {
                let pattern = self.pattern_word();
                text.push_str(&format!("|{}", if pattern.is_empty() { "''" } else { &pattern }));
            }
            text.push_str(") ");
            if self.random.chance(85) {
                text.push_str(&self.statement());
                if !self.documents.is_empty() {
                    text.push_str(&self.line_end());
                }
            }
            text.push_str(self.random.pick(&[" ;; ", " ;;\n"]));
        }
        if self.random.chance(50) {
            text.push_str(&format!("*) {}", self.simple()));
            text.push_str(&self.line_end());
        }
        text.push_str("esac");
        self.compound_end(text)
    }

    fn pipeline(&mut self) -> String {
        let first = match self.random.below(4) {
            0 => self.group(),
            1 => self.statement(),
            _ => self.simple(),
        };
        let mut text = if self.random.chance(10) { format!("! {first}") } else { first };
        for _ in 0..1 + self.random.below(2) {
            text.push_str(" | ");
            if !self.documents.is_empty() {
                text.push_str(&self.line_end());
            }
            match self.random.below(5) {
                // Who writes to one that is gone dies, before or after its next word: so all is read.
                0 => {
                    let group = self.group();
                    text.push_str(&format!("{{ {group}"));
                    text.push_str(&self.line_end());
                    text.push_str("cat > /dev/null; }");
                }
                _ => text.push_str(self.random.pick(&FILTERS)),
            }
        }
        text
    }

    fn group(&mut self) -> String {
        let body = self.body();
        let text = if self.random.chance(50) { format!("( {body})") } else { format!("{{ {body}}}") };
        self.compound_end(text)
    }

    fn list(&mut self) -> String {
        let mut text = self.simple();
        for _ in 0..1 + self.random.below(2) {
            text.push_str(self.random.pick(&[" && ", " || "]));
            if !self.documents.is_empty() {
                text.push_str(&self.line_end());
            }
            text.push_str(&self.simple());
        }
        text
    }

    fn function(&mut self) -> String {
        if self.functions >= 4 {
            return self.call();
        }
        // The body calls only what is there already, so that no call leads back.
        let local =
            if self.random.chance(40) { format!("local {}={} k; ", self.name(), self.word()) } else { String::new() };
        let body = self.body();
        let end = match self.random.below(4) {
            0 => format!("return {}; ", self.random.pick(&["0", "1", "7", "$?", "256", ""])),
            _ => String::new(),
        };
        self.functions += 1;
        let number = self.functions;
        let text = if self.random.chance(75) {
            format!("f{number}() {{ {local}{body}{end}}}")
        } else {
            format!("f{number}() ( {body})")
        };
        let call = self.call();
        format!("{text}\n{call}")
    }

    fn trap(&mut self) -> String {
        let action = self.random.pick(&[
            "echo trapped",
            "echo \"t $?\"",
            "x=trap",
            "exit 7",
            "false",
            "",
            "-",
            "echo $x; echo two",
            "return 3",
        ]);
        let signal = self.random.pick(&["EXIT", "0", "USR1", "INT", "TERM", "USR2 HUP"]);
        let mut text = format!("trap {} {signal}", quote(action));
        if self.random.chance(40) && (action.contains("echo") || action == "x=trap") && !signal.contains("0") {
            let name = signal.split(' ').next().unwrap_or(signal);
            if name != "EXIT" {
                text.push_str(&format!("; kill -{name} $$; echo sent"));
            }
        }
        text
    }

    fn evaluated(&mut self) -> String {
        let text = self.enclosed(Maker::statement);
        format!("eval {}", quote(text.trim_end_matches('\n')))
    }

    fn reading(&mut self) -> String {
        let options = self.random.pick(&["", "-r ", "-n 3 ", "-r -n 2 ", "-d : ", "-p prompt "]);
        let names = self.random.pick(&["x", "x y", "x y z", "", "REPLY"]);
        let separators = self.random.pick(&["", "IFS= ", "IFS=: ", "IFS=' :' "]);
        let command = format!("{separators}read {options}{names}");
        let show = "; echo \"$? [$x] [$y] [$z] [$REPLY]\"";
        match self.random.below(3) {
            0 => format!("{command} < in{show}"),
            1 => format!(
                "printf {} | {{ {command}{show}; }}",
                self.random.pick(&[
                    "'a b c d\\n'",
                    "' a:b : c::d\\n'",
                    "'no end'",
                    "'a\\\\\\\\\\nb\\n'",
                    "''",
                    "':x:\\n'"
                ])
            ),
            _ => format!("while {command}; do echo \"[$x] [$y] [$z] [$REPLY]\"; done < in"),
        }
    }

    fn sourced(&mut self) -> String {
        let text = self.enclosed(Maker::statement);
        let args = self.words(2);
        format!("printf '%s\\n' {} > part\n. ./part{args}", quote(text.trim_end_matches('\n')))
    }

    fn options(&mut self) -> String {
        let spec = self.random.pick(&["ab:c", ":ab:c", "a", ":", "b:"]);
        let words = self.random.pick(&["-a -b x y", "-ab x -c", "-z", "-b", "-a -- -c", "a -b", "-bfoo -a", "-", "--"]);
        format!(
            "set -- {words}; OPTIND=1; while getopts {spec} o; do echo \"$o:$OPTARG:$OPTIND\"; done; shift $((OPTIND-1)); echo \"$? $#\""
        )
    }

    fn background(&mut self) -> String {
        let command = self.group();
        let end = self.line_end();
        match self.random.below(3) {
            0 => format!("{command} > /dev/null & {end}wait $!; echo \"w $?\""),
            1 => format!("{command} > out2 2>&1 & {end}wait; echo \"w $?\""),
            _ => format!("{command} 2>/dev/null & {end}wait %1; echo \"w $?\""),
        }
    }
}

/// A text in single quotes.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_makes_one_script_and_another_seed_another() {
        assert_eq!(Script::random(1), Script::random(1));
        assert_ne!(Script::random(1).text, Script::random(2).text);
    }

    #[test]
    fn quotes_are_kept() {
        assert_eq!(quote("it's"), "'it'\\''s'");
    }
}
