//! Texts within texts: here-documents in all places, aliases that reach over lines, quotes with escapes.

use super::Maker;
use super::script::quote;

/// Here-documents in functions, loops and substitutions; `BODY` and `MORE` are lines.
const DOCUMENTS: [&str; 30] = [
    "h1() { cat <<E\n$1 BODY\nE\n}\nh1 a; h1 b",
    "h1() {\ncat <<-'E'\n\tBODY\n\tE\n}; h1",
    "h1() { cat; } <<E\nBODY $x\nE\nh1; x=new; h1",
    "h1() ( cat <<E; cat <<F )\nBODY\nE\nMORE\nF\nh1",
    "while read -r l; do echo \"<$l>\"; done <<E\nBODY\n\nMORE\nE",
    "for v in 1 2; do cat <<E; echo $v\nBODY $v\nE\ndone",
    "until cat <<E; do :; done <<F\nBODY\nE\nMORE\nF",
    "x1=$(cat <<E\nBODY\nE\n)y; show \"$x1\"",
    "x1=`cat <<E\nBODY\nE\n`; show \"$x1\"",
    "echo \"$(cat <<'E'\nBODY\nE\n)\" $(cat <<E\nMORE\nE\n)",
    "case $(cat <<E\nBODY\nE\n) in *a*) echo a;; *) echo other;; esac",
    "if cat <<E; then cat <<F; fi\nBODY\nE\nMORE\nF",
    "cat <<A <<B\nBODY\nA\nMORE\nB",
    "cat <<E | { cat; cat <<F; }\nBODY\nE\nMORE\nF",
    "{ cat <<E; cat; } <<F\nBODY\nE\nMORE\nF",
    "( cat <<E\nBODY\nE\n) | tr a-z A-Z",
    "eval 'cat <<E\nBODY\nE\n'",
    "eval 'cat <<E\nMORE'",
    "sh -c 'cat <<E\nMORE $0\nE\n' name",
    "cat <<E &\nBODY\nE\nwait",
    "! cat <<E\nBODY\nE\necho $?",
    "h1() { cat <<E\n$(cat <<F\nBODY\nF\n)\nE\n}; h1",
    "cat <<E\n${u:-$(cat <<F\nMORE\nF\n)}\nE",
    "cat <<\"\"\nBODY\n\necho after",
    "cat <<E && cat <<F || cat <<G\nBODY\nE\nMORE\nF\nnever\nG",
    "read -r p q <<E; show \"$p\" \"$q\"\nBODY\nE",
    "cat <<E; echo $((1 +\n2))\nBODY\nE",
    "cat <<E 3<<F <&3\nBODY\nE\nMORE\nF",
    "set -- $(cat <<E\nBODY\nMORE\nE\n); show \"$@\"",
    "h1() { h2() { cat <<E\nBODY $1\nE\n}; h2 MORE; }; h1; h2 again",
];

/// Lines of here-documents.
const LINES: [&str; 22] = [
    "plain",
    "$x",
    "'$x' \"$x\"",
    "\\$x \\\\ \\`",
    "\t tab",
    "`echo s`",
    "$(echo $i)",
    "a\\\nb",
    "${u:-d e}",
    "${u:-\"d  e\"}",
    "${x#abc}",
    "",
    "*",
    "~",
    "$((i * 2))",
    "E F",
    " E",
    "\\E",
    "$'a\\tb'",
    "$1 $# \"$@\"",
    "x #y",
    "${list//:/;}",
];

/// Aliases and uses of them; a line's end comes between the two.
const ALIASES: [(&str, &str); 24] = [
    ("for v in 1 2\ndo", "al echo $v; done"),
    ("echo one\necho two", "al three"),
    ("if true\nthen echo yes\nfi", "al; al"),
    ("echo 'open", "al b'"),
    ("echo \"$x", "al $i\""),
    ("cat <<E\nbody $x\nE\n", "al"),
    ("cat <<E", "al\nbody\nE"),
    ("echo $(", "al echo in)"),
    ("{ echo a;\n", "al echo b; }"),
    ("al2 ", "alias al2='echo two '\nal al2 x"),
    ("echo \\", "al\nrest"),
    ("x=1 ", "al show $x"),
    ("(", "al echo sub)"),
    ("fi", "if true; then echo x; al"),
    ("while", "al false; do :; done; echo $?"),
    ("echo a # comment", "al b\necho c"),
    ("echo a;", "al echo b"),
    ("echo a &&", "al\necho b"),
    ("!", "al true; echo $?"),
    ("a3() { echo a3 $1;", "al }; a3 b"),
    ("case x in", "al x) echo x;; esac"),
    ("echo > out1", "al; cat out1"),
    ("2>&1 echo", "al err"),
    ("echo", "a4() { al in; }\nunalias al\na4"),
];

/// What stands in `$'…'`.
const ESCAPES: [&str; 24] = [
    "a\\tb",
    "\\n\\n",
    "\\x",
    "\\xg",
    "\\x4",
    "\\x414",
    "\\0",
    "\\0101",
    "\\777",
    "\\8",
    "\\cA",
    "\\u00e9",
    "\\E",
    "\\\"",
    "\\?",
    "\\'q\\'",
    "\\\\n",
    "a\nb",
    "a\\\nb",
    "$x",
    "`echo`",
    "\\a\\b\\f\\r\\v",
    "\\1",
    "",
];

/// Places for `$'…'`, which is `TEXT`.
const PLACES: [&str; 12] = [
    "show TEXT",
    "show aTEXTb\"$x\"",
    "show \"TEXT\"",
    "v=TEXT; show \"$v\" $v",
    "case TEXT in TEXT) echo same;; *) echo other;; esac",
    "show ${u:-TEXT}",
    "show \"${u:-TEXT}\"",
    "v=aTEXTb; show \"${v#aTEXT}\" \"${v/TEXT/-}\"",
    "IFS=TEXT; show $list; unset IFS",
    "printf TEXT; echo",
    "echo $(echo TEXT) \"$(echo TEXT)\"",
    "cat <<E\nTEXT\nE",
];

/// Uses of `getopts` that go beyond a loop.
const GETOPTS: [&str; 12] = [
    "set -- -a -b v x; OPTIND=1; while getopts ab: o; do show \"$o\" \"$OPTARG\" \"$OPTIND\"; shift; done; show \"$@\"",
    "set -- -ab v; OPTIND=1; getopts ab: o; OPTIND=1; getopts ab: o; echo \"$o $OPTIND\"",
    "set -- -abc; OPTIND=1; getopts abc o; getopts abc o; set -- -x; getopts x o; echo \"$? $o $OPTIND\"",
    "OPTIND=1; getopts :a o -z; echo \"$? $o $OPTARG\"; getopts :a: o -a; echo \"$? $o $OPTARG $OPTIND\"",
    "OPTIND=2; getopts ab o -a -b; echo \"$? $o $OPTIND\"; unset OPTIND; getopts ab o -a; echo \"$? $o $OPTIND\"",
    "o2() { getopts a o -a; echo \"$o $OPTIND\"; }; set -- -b -b; OPTIND=1; getopts b o; o2; getopts b o; echo \"$o $OPTIND\"",
    "OPTIND=x; getopts a o -a; echo \"$? $o\"",
    "readonly o9=1; getopts a o9 -a; echo no",
    "OPTIND=1; (getopts a o -a; echo \"$o $OPTIND\"); echo $OPTIND; getopts a o -a; echo \"$o $OPTIND\"",
    "OPTERR=0; OPTIND=1; getopts a o -b; echo \"$? $o [$OPTARG]\"",
    "OPTIND=1; while getopts a:b o -a -b -b -a x; do case $o in a) A=$OPTARG;; b) break;; esac; done; show \"$A\" $OPTIND",
    "OPTIND=1; getopts 'a b' o '-a b'; echo \"$? $o\"; getopts 'a b' o '-a b'; echo \"$? $o $OPTIND\"",
];

/// `read` with options, in front of which `INPUT` writes.
const READ: [&str; 26] = [
    "read -z x; echo $?",
    "read 1a; echo $?",
    "read a-b; echo $?",
    "read -n x y; echo $?",
    "read -t x y; echo $?",
    "read -u 9 y; echo $?",
    "INPUT | { read -n 3 x; echo \"$? [$x]\"; read -n 3 x; echo \"$? [$x]\"; }",
    "INPUT | { read -n 3 -d b x; echo \"$? [$x]\"; cat; }",
    "INPUT | { read -r -d '' x; echo \"$? [$x]\"; }",
    "INPUT | { read -p ask -r x y; echo \"$? [$x] [$y]\"; }",
    "INPUT | { read -s x; echo \"$? [$x]\"; }",
    "INPUT | { read -t 1 x; echo \"$? [$x]\"; }",
    "INPUT > out1; exec 3<out1; read -u 3 x; echo \"$? [$x]\"; read -u3 x y; echo \"$? [$x] [$y]\"; exec 3<&-",
    "{ sleep 0.2; echo late; } | { read -t 0.1 x; echo \"$? [$x]\"; read x; echo \"$? [$x]\"; }",
    "{ sleep 1.2; echo late; } | { x=old; read -t 1 x; echo \"$? [$x]\"; cat > /dev/null; }",
    "INPUT | while read -r x y; do show \"$x\" \"$y\"; done",
    "INPUT | while IFS=: read x y; do show \"$x\" \"$y\"; done",
    "INPUT | while IFS= read x; do show \"$x\"; done",
    "INPUT | { IFS=$(printf '\\n') read x; show \"$x\"; }",
    "INPUT | { read; show \"$REPLY\"; read -r; show \"$REPLY\"; }",
    "INPUT | (read x; read y; show \"$x\" \"$y\"; cat)",
    "INPUT | { set -u; read x y z; show \"$x\" \"$y\" \"$z\"; }",
    "x=old; read x < /dev/null; echo \"$? [$x]\"",
    "readonly ro9=1; INPUT | { read ro9; echo no; }; echo $?",
    "r2() { local x; read x y; show \"$x\" \"$y\"; }; INPUT | r2; show \"$x\"",
    "INPUT | { read x <<E\ndocument\nE\nread y; show \"$x\" \"$y\"; }",
];

/// What is read.
const INPUTS: [&str; 10] = [
    "printf 'a b c\\nd\\n'",
    "printf ' lead:trail : x\\n\\nlast'",
    "printf 'one\\\\\\ntwo three\\n'",
    "printf 'a\\\\ b c\\\\:d:e\\n'",
    "printf '\\n'",
    "printf ''",
    "printf 'ab'",
    "printf 'x\\0y z\\n'",
    "echo 'a::b: :c'",
    "cat in",
];

impl Maker {
    pub(super) fn placed_document(&mut self) -> String {
        let (body, more) = (self.random.pick(&LINES), self.random.pick(&LINES));
        self.random.pick(&DOCUMENTS).replace("BODY", body).replace("MORE", more)
    }

    pub(super) fn long_alias(&mut self) -> String {
        let (value, call) = ALIASES[self.random.below(ALIASES.len())];
        format!("alias al={}\n{call}\nunalias al", quote(value))
    }

    pub(super) fn escaped(&mut self) -> String {
        let text = format!("$'{}'", self.random.pick(&ESCAPES));
        self.random.pick(&PLACES).replace("TEXT", &text)
    }

    pub(super) fn getopts(&mut self) -> String {
        self.random.pick(&GETOPTS).into()
    }

    pub(super) fn read_options(&mut self) -> String {
        let input = self.random.pick(&INPUTS);
        self.random.pick(&READ).replace("INPUT", input)
    }
}
