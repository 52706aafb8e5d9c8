//! What scripts do with several commands together, in forms that single commands do not come to.

use super::Maker;
use super::script::quote;

/// Formats of `printf`.
const FORMATS: [&str; 22] = [
    "%s\\n",
    "%d\\n",
    "[%5d]\\n",
    "[%-5d]\\n",
    "[%05d]\\n",
    "%+d\\n",
    "%x %X %o\\n",
    "%#x %#o\\n",
    "%c%c\\n",
    "%b\\n",
    "%.2s|\\n",
    "%*d\\n",
    "%-*s|\\n",
    "%e\\n",
    "%.3f\\n",
    "%g\\n",
    "%i %u\\n",
    "\\101\\x41\\t|\\n",
    "%%\\n",
    "%5%\\n",
    "%z\\n",
    "a\\cb",
];

/// Operands of `printf`.
const OPERANDS: [&str; 18] = [
    "1",
    "-7",
    "+3",
    "010",
    "0x1F",
    "abc",
    "''",
    "'a b'",
    "\"'a\"",
    "3.14",
    "1e3",
    "99999999999999999999",
    "' 5'",
    "5x",
    "'\\n'",
    "'\\0101'",
    "'a\\cb'",
    "-",
];

/// Right sides of `=~` and `==` in `[[ ]]`.
const CONDITIONS: [&str; 32] = [
    "( a == a )",
    "a == b || ( a == a && -n $x )",
    "-v x",
    "in -ef in",
    "in -nt nofile",
    "$b =~ \"o.\"",
    "$a == $a",
    "x$u == x",
    "a <= b",
    "$b == *.b[a-c]r",
    "$x == a*",
    "$b = foo.*",
    "\"$a\" == 'one two'",
    "$x != *:*",
    "$b =~ o+",
    "$b =~ ^foo",
    "$x =~ '^a.*f$'",
    "$x =~ [",
    "abc =~ b",
    "$u =~ ^$",
    "-z $u && -n $x",
    "-z $x || -f in",
    "! -d d",
    "! $x",
    "$i -gt 2",
    "$i -eq x",
    "a < b",
    "$a",
    "",
    "$x == \"a*\"",
    "$x == a?c:[a-d]ef",
    "$list == 1:2::3\\ 4",
];

/// Values of `IFS`, as they are assigned.
const SEPARATORS: [&str; 9] = ["", "' '", ":", "' :'", "','", "'\n'", "o", "'ab'", "\"$u\""];

/// Ways to write the delimiter of a here-document, and the delimiter.
const DELIMITERS: [(&str, &str); 8] = [
    ("EOF", "EOF"),
    ("'EOF'", "EOF"),
    ("\"EOF\"", "EOF"),
    ("\\EOF", "EOF"),
    ("E'O'F", "EOF"),
    ("'E F'", "E F"),
    ("$x", "$x"),
    ("!", "!"),
];

impl Maker {
    /// Several commands that belong together.
    pub(super) fn idiom(&mut self) -> String {
        match self.random.below(28) {
            0 => self.formatted(),
            1 => self.double_bracket(),
            2 => self.split(),
            3 => self.two_documents(),
            4 => self.scoped(),
            5 => self.aliased(),
            6 => self.trapped(),
            7 => self.descriptors(),
            8 => self.read_in_turn(),
            9 => self.parsed_options(),
            10 => self.replaced(),
            11 => self.let_command(),
            12 => self.strict(),
            13 => self.waited(),
            14 => self.patterns(),
            15 => self.recursion(),
            16 => self.nested_substitution(),
            17 => self.exported(),
            18 => self.traced(),
            19 => self.jobs(),
            20 => self.inherited_traps(),
            21 => self.started(),
            22 => self.placed_document(),
            23 => self.long_alias(),
            24 => self.escaped(),
            25 => self.getopts(),
            26 => self.read_options(),
            _ => self.joined(),
        }
    }

    fn formatted(&mut self) -> String {
        let format = self.random.pick(&FORMATS);
        let operands: String = (0..self.random.below(4)).map(|_| format!(" {}", self.random.pick(&OPERANDS))).collect();
        format!("printf '{format}'{operands}; echo \"= $?\"")
    }

    fn double_bracket(&mut self) -> String {
        let (one, other) = (self.random.pick(&CONDITIONS), self.random.pick(&CONDITIONS));
        match self.random.below(3) {
            0 => format!("[[ {one} ]]; echo $?"),
            1 => format!("[[ {one} {} {other} ]]; echo $?", self.random.pick(&["&&", "||"])),
            _ => format!("if [[ {one} ]]; then echo yes; elif [[ {other} ]]; then echo or; fi"),
        }
    }

    fn split(&mut self) -> String {
        let separators = self.random.pick(&SEPARATORS);
        let value =
            self.random.pick(&["' a  b '", "a:b::c:", "':a'", "'a, b,,c '", "'x\ny\n'", "foobar", "$list", "'*:d'"]);
        let use_of = self.random.pick(&[
            "show $v",
            "show $v$v",
            "show \"$v\"",
            "show a$v\"b\"",
            "set -- $v; show \"$*\" \"$@\"",
            "set -- $v; show $*",
            "set -- $v; v=$*; show \"$v\"",
            "for w in $v; do echo \"<$w>\"; done",
            "show ${v#?} ${v%?}",
            "show ${u:-$v}",
            "show $(echo \"$v\")",
            "echo $v | { read -r p q; show \"$p\" \"$q\"; }",
            "case $v in *:*) echo colon;; *) echo none;; esac",
        ]);
        format!("IFS={separators}; v={value}; {use_of}; unset IFS")
    }

    fn two_documents(&mut self) -> String {
        let (one, first) = DELIMITERS[self.random.below(DELIMITERS.len())];
        let line = |maker: &mut Self| {
            maker.random.pick(&[
                "$x",
                "'$x' \"$x\"",
                "\\$x",
                "\t tab",
                "`echo s`",
                "$(echo $i)",
                "a\\\nb",
                "${u:-d}",
                "",
                "*",
            ])
        };
        let (a, b, c) = (line(self), line(self), line(self));
        match self.random.below(4) {
            0 => format!("cat <<{one}; cat <<END\n{a}\n{b}\n{first}\n{c}\nEND"),
            1 => format!("{{ cat; cat <&3; }} <<{one} 3<<-\tEND\n{a}\n{first}\n\t{b}\n\t\tEND"),
            2 => format!("for v in 1 2; do cat <<{one}\n$v {a}\n{first}\ndone"),
            _ => format!("x1=$(cat <<{one}\n{a}\n{b}\n{first}\n); show \"$x1\""),
        }
    }

    fn scoped(&mut self) -> String {
        let value = self.word();
        let body = self.random.pick(&[
            "local x=in y; echo \"$x $y\"; x=changed",
            "local x; echo \"[$x]\"; x=2",
            "local x=$1; shift; show \"$x\" \"$@\"",
            "local IFS=:; show $list",
            "local x=1; unset x; echo \"[$x]\"; x=3",
            "local i=5; echo $((i++)) $i",
            "local a b; a=1 b=2; show $a $b",
            "local x y=2; g1; echo \"$x\"",
            "x=global; local x; echo \"$x\"",
            "export x; local x=7; env | grep ^x=",
            "return $(($#)); echo no",
            "set -- 1 2; show \"$@\"",
        ]);
        format!("g1() {{ x=seen; echo \"g $x\"; }}\ng2() {{ {body}; }}\ng2 {value} two\necho \"$? [$x] [$y] $i $#\"")
    }

    fn aliased(&mut self) -> String {
        let name = self.random.pick(&["al", "ll", "e"]);
        let value = self.random.pick(&[
            "echo",
            "echo ",
            "echo one; echo",
            "ll",
            "al x",
            "if true; then",
            "show '$x'",
            "x=5",
            "cat <in;",
            "echo $x |",
            "{ echo b;",
            "! ",
        ]);
        let call = self.random.pick(&[
            "NAME a",
            "NAME NAME",
            "\\NAME a",
            "x=1 NAME a",
            "NAME | cat",
            "eval NAME b",
            "(NAME c)",
            "$(NAME d)",
            "NAME; }",
            "NAME fi",
            "for NAME in 1; do echo $NAME; done",
            "case NAME in NAME) echo case;; esac",
            "'NAME' x",
        ]);
        format!("alias {name}={}\n{}\nunalias {name}", quote(value), call.replace("NAME", name))
    }

    fn trapped(&mut self) -> String {
        let signal = self.random.pick(&["USR1", "TERM", "HUP", "INT"]);
        match self.random.below(9) {
            0 => format!("trap 'echo got $?' {signal}; false; kill -{signal} $$; echo after $?"),
            1 => format!(
                "trap '' {signal}; (kill -{signal} $$; echo alive); kill -s {signal} $$ 2> /dev/null; trap - {signal}"
            ),
            2 => format!("(trap 'echo sub; exit 3' {signal}; sh -c 'kill -{signal} '$$; echo no $?); trap"),
            3 => format!("trap 'echo {signal}' {signal}; (trap); trap; trap - {signal}; trap"),
            4 => "(trap 'echo bye $?' EXIT; exit 3); echo $?".into(),
            5 => "(trap 'echo bye; exit 7' EXIT; false); echo $?".into(),
            6 => format!(
                "t1() {{ trap 'echo in; return 5' {signal}; kill -{signal} $$; echo rest; }}; t1; echo $?; trap - {signal}"
            ),
            7 => format!(
                "for v in 1 2; do trap 'echo loop; break' {signal}; kill -{signal} $$; echo $v; done; trap - {signal}"
            ),
            _ => format!("sh -c 'kill -{signal} $$'; echo $?; (kill -KILL $(sh -c 'echo $PPID')); echo $?"),
        }
    }

    fn descriptors(&mut self) -> String {
        self.random
            .pick(&[
                "exec 3<in; read -r v <&3; read -r w <&3; exec 3<&-; show \"$v\" \"$w\"",
                "exec 4>out2; echo a >&4; echo b >&4; exec 4>&-; cat out2; echo c >&4",
                "{ echo out; echo err >&2; } 2>&1 >out1 | cat; cat out1",
                "{ echo out; echo err >&2; } >out1 2>&1; cat out1",
                "{ echo one >&3; echo two; } 3>&1 >out2; cat out2",
                "echo a > out1 > out2; cat out1 out2",
                "echo x 1<>out1; cat out1; echo y >> out1; cat < out1",
                "cat < in < d/x.c",
                "n=5; echo q >&$n; eval \"echo r $n>out1 >&$n\"; cat out1",
                "(exec >out1; echo hidden); cat out1",
                "exec 5>&1 >out1; echo file; exec >&5 5>&-; cat out1",
                "f=out1; echo v > $f; cat \"$f\"; echo w > \"$f\"x; cat out1x; rm out1x",
                "set -C; echo 1 > out1; echo 2 > out1; echo 3 >| out1; cat out1; set +C",
                "while read -r v; do echo \"$v\"; read -r w <d/x.c; echo \"$w\"; done < in",
                "echo a | { cat; echo b; } > out1; cat out1",
                "cat <<E | tr a-z A-Z > out1; cat out1\nheredoc $x\nE",
                "echo nope > d; echo $?; : > nodir/x; echo $?; cat < nofile; echo $?",
                "read v < nofile || echo failed; true < nofile; echo $?",
                "> out1; ls -l out1 | wc -l; < in; echo $?",
                "2>out2 nosuchcommand; cat out2",
            ])
            .into()
    }

    fn read_in_turn(&mut self) -> String {
        let options =
            self.random.pick(&["", "-r", "-n 2", "-n 1 -r", "-d x", "-d ''", "-r -d :", "-t 1", "-s", "-n 0"]);
        let text = self.random.pick(&[
            "'a b\\nc d\\n'",
            "'ab:cd:ef'",
            "'a\\\\\\nb\\n'",
            "' lead trail \\n'",
            "'one\\\\ two three\\n'",
            "'\\n\\nx'",
            "'xaxbx'",
            "''",
            "'a\\\\:b:c\\n'",
        ]);
        let separators = self.random.pick(&["", "IFS= ", "IFS=: ", "IFS=' x' "]);
        format!(
            "printf {text} | {{ {separators}read {options} p q; echo \"$? [$p] [$q]\"; {separators}read {options} p; echo \"$? [$p]\"; cat; }}"
        )
    }

    fn parsed_options(&mut self) -> String {
        let spec = self.random.pick(&["ab:", ":ab:", "a:b:", ":", "a", "-a", "ab::"]);
        let words = self.random.pick(&[
            "-a -b v rest",
            "-abv",
            "-b",
            "-x -a",
            "-a -- -b",
            "--",
            "-",
            "rest -a",
            "-ba -a",
            "-a -a -a",
            "-bv -b ''",
        ]);
        match self.random.below(3) {
            0 => format!(
                "OPTIND=1; while getopts {spec} o {words}; do echo \"$o [$OPTARG] $OPTIND\"; done; echo \"$? $o $OPTIND\""
            ),
            1 => format!(
                "o1() {{ local OPTIND=1 o; while getopts {spec} o; do case $o in a) echo A;; b) echo \"B=$OPTARG\";; *) echo \"other $o\";; esac; done; shift $((OPTIND - 1)); show \"$@\"; }}; o1 {words}; o1 {words}"
            ),
            _ => format!(
                "OPTIND=1; getopts {spec} o {words}; echo \"$? $o $OPTARG\"; getopts {spec} o {words}; echo \"$? $o $OPTARG $OPTIND\""
            ),
        }
    }

    fn replaced(&mut self) -> String {
        let value = self.random.pick(&[
            "/usr/local/lib/x.tar.gz",
            "aXbXc",
            "'  sp  '",
            "a/b/c",
            "'$x'",
            "foo.bar.c",
            "\\\\a\\\\b",
        ]);
        let form = self.random.pick(&[
            "${v##*/}",
            "${v%/*}",
            "${v%%.*}",
            "${v#*X}",
            "${v/X/-}",
            "${v//X/-}",
            "${v//\\//_}",
            "${v/#a/A}",
            "${v/%c/C}",
            "${v:1:2}",
            "${v: -2}",
            "${v:2}",
            "${v:0:-1}",
            "${v#\"${v%%[! ]*}\"}",
            "${v%${v#?}}",
            "${#v}",
            "${v:-$(echo d)}",
            "${v+\"${v}\"}",
            "${v//[a-c]/<$i>}",
            "${v/\\./}",
            "${v//./\\.}",
            "${v%\"${v#?}\"}",
            "${v/\"X\"/\"- -\"}",
            "${v//?/x}",
            "${v/X}",
            "${v//[a-c]}",
            "${v/%c}",
        ]);
        format!("v={value}; show {form} \"{form}\"; w={form}; echo \"$w\"")
    }

    fn let_command(&mut self) -> String {
        let (one, other) = (self.expression(), self.expression());
        match self.random.below(3) {
            0 => format!("let {}; echo \"$? $i $j\"", quote(&one)),
            1 => format!("let {} {}; echo \"$? $i $j\"", quote(&one), quote(&other)),
            _ => format!(
                "j=$(({one})); i=$((j {} ({other}))); echo $i $j",
                self.random.pick(&["+", "-", "*", "&", "<", "=="])
            ),
        }
    }

    fn strict(&mut self) -> String {
        let options = self.random.pick(&["-e", "-u", "-eu", "-euo pipefail", "-e -o pipefail", "-f", "-a", "-n", "-x"]);
        let body = self.body();
        format!("( set {options}; {body}echo reached )\necho \"st $?\"")
    }

    fn waited(&mut self) -> String {
        let code = self.random.below(5);
        self.random
            .pick(&[
                "(exit CODE) & wait $!; echo $?",
                "(exit CODE) & p=$!; (exit 9) & wait $p; echo $?; wait; echo $?",
                "(exit CODE) & wait %1; echo $?; wait $!; echo $?",
                "true & wait; echo $?; wait $! ; echo $?",
                "(exit CODE) & sleep 0; wait %%; echo $?; jobs",
                "w1() { return CODE; }; w1 & wait $!; echo $?",
                "{ read v; echo \"[$v]\"; exit CODE; } & wait $!; echo $?",
                "sh -c 'exit CODE' & wait $!; echo $?",
                "(exit CODE) | true; echo $?; true | (exit CODE); echo $?; ! true | (exit CODE); echo $?",
            ])
            .replace("CODE", &code.to_string())
    }

    fn patterns(&mut self) -> String {
        let value =
            self.random.pick(&["abc", "a*c", "''", "'a b'", "[x]", "-", "a]", "\\\\", "$x", "d/x.c", "A1_", "'\n'"]);
        let pattern = self.random.pick(&[
            "a*",
            "a\\*c",
            "'a*'c",
            "[[:upper:]]*",
            "*[[:digit:]]*",
            "?",
            "[!a-z]*",
            "[a-c]*",
            "*\\ *",
            "''",
            "[]x]*",
            "*']'",
            "a??",
            "\"$x\"",
            "$x",
            "*[!_]",
            "[-a]",
            "\\\\\\\\",
            "*/*",
            "[[:space:]]",
            "[[:nosuch:]]",
            "[a-c-e]*",
            "[\\]]*",
            "*?*",
        ]);
        format!(
            "case {value} in {pattern}) echo match;; *) echo other;; esac; v={value}; show \"${{v#{pattern}}}\" \"${{v%%{pattern}}}\""
        )
    }

    fn recursion(&mut self) -> String {
        self.random
            .pick(&[
                "fact() { if [ $1 -le 1 ]; then echo 1; else echo $(( $1 * $(fact $(($1 - 1))) )); fi; }; fact 5",
                "down() { [ $1 -gt 0 ] || return 4; echo $1; down $(($1 - 1)); }; down 3; echo $?",
                "dup() { case $1 in ?*) printf %s \"${1%${1#?}}${1%${1#?}}\"; dup \"${1#?}\";; esac; }; dup abc; echo",
                "loop1() { for v in 1 2 3; do [ $v = 2 ] && return 9; echo $v; done; }; loop1; echo $?",
                "r1() { r1() { echo second; }; echo first; }; r1; r1",
                "u1() { echo one; unset -f u1; u1; }; u1; echo $?",
                "p1() { echo \"$# $1\"; shift; [ $# -eq 0 ] || p1 \"$@\"; }; p1 a 'b c' d; echo $#",
                "echo1() { command echo \"wrapped $*\"; }; echo1 a b; echo() { printf 'mine %s\\n' \"$*\"; }; echo x; unset -f echo; echo y",
            ])
            .into()
    }

    fn nested_substitution(&mut self) -> String {
        let word = self.word();
        self.random
            .pick(&[
                "echo \"$(echo \"$(echo \"WORD\")\")\"",
                "echo `echo \\`echo deep\\``",
                "echo \"`echo \\\"q WORD\\\"`\"",
                "v=$(cat <<E\n$(echo WORD)\nE\n); show \"$v\"",
                "show $(for v in 1 2; do echo $v; done) \"$(for v in 1 2; do echo $v; done)\"",
                "echo $(case a in (a) echo par;; esac)",
                "echo $( # comment )\necho c)",
                "x=$(exit 3); echo $?; y=a$(true)b$(exit 4); echo $? $y",
                "echo $(echo a; exit 2; echo b) $?",
                "echo $(show WORD | cat; echo $?)",
                "set -- $(printf '%s ' a b c); show \"$@\"; echo ${#}",
                "v=\"$(printf 'x\\n\\n')\"; show \"$v\"; v=$(printf 'a\\0b'); show \"$v\"",
            ])
            .replace("WORD", &word.replace('\n', " "))
    }

    fn exported(&mut self) -> String {
        self.random
            .pick(&[
                "E1=a sh -c 'echo \"[$E1]\"'; echo \"[$E1]\"",
                "export E1=b; sh -c 'echo \"[$E1]\"'; unset E1; sh -c 'echo \"[$E1]\"'",
                "E1=c; export E1; E1=d; env | grep ^E1; (E1=e; env | grep ^E1); env | grep ^E1; unset E1",
                "set -a; E1=f; set +a; sh -c 'echo $E1'; unset E1",
                "E1=1 E2=$E1; echo \"[$E1$E2]\"; E1=2 E2=$E1 sh -c 'echo $E1 $E2'; unset E1 E2",
                "e1() { echo \"[$E1]\"; sh -c 'echo \"($E1)\"'; }; E1=g e1; echo \"[$E1]\"",
                "E1=h :; echo \"[$E1]\"; E1=i eval 'echo $E1'; echo \"[$E1]\"; unset E1",
                "readonly R1=1; (R1=2; echo no); (unset R1; echo no); (export R1=3; echo no); echo $R1",
                "sh -c 'echo $0 $# \"$2\"' name one 'two 2'; sh -c 'shift; echo \"$@\"' - a b",
                "echo 'echo $0 $1 $#' > part; sh part x y; . ./part; sh -x part z",
            ])
            .into()
    }

    fn traced(&mut self) -> String {
        let command = self.simple();
        let end = self.line_end();
        format!("set -x; {command}{end}set +x")
    }

    fn joined(&mut self) -> String {
        let word = self.word();
        let text = self.random.pick(&[
            "ec\\\nho WORD",
            "echo WORD # comment",
            "echo a#WORD",
            "echo \\\n WORD",
            "if true\nthen\n\necho WORD\nfi",
            "true &&\n\n  echo WORD",
            "false ||\n# comment\necho WORD",
            "echo a |\n cat",
            "for v\\\n in 1; do echo $v; done",
            "{ echo WORD;}",
            "(echo WORD)",
            "( (echo WORD) )",
            "!  true; echo $?",
            ": ${x\\\n}; echo \"WORD\\\n\"",
            "case x in\n\n(x)\n\necho WORD\n;;\nesac",
            "f9 () { echo WORD; }; f9",
            "f9()\n\n{ echo WORD\n}\nf9",
            "f9() for v in a; do echo $v; done; f9",
            "while false; do echo no; done; echo $?",
            "if false; then echo no; fi; echo $?",
            "echo WORD;",
            "; echo no",
            ";; echo no",
            "& echo no",
        ]);
        text.replace("WORD", &word)
    }
}
