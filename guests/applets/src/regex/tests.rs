//! What glibc's matcher does, as observed through `sed` and `grep`.

use super::{Error, Regex, Syntax};

/// The match marked in the text, then each subexpression; or the error's text, or `-` without a match.
fn show(syntax: Syntax, pattern: &str, text: &str) -> String {
    let regex = match Regex::new(pattern.as_bytes(), syntax) {
        Ok(regex) => regex,
        Err(error) => return error.to_string(),
    };
    let captures = regex.captures_at(text.as_bytes(), 0, false);
    assert_eq!(regex.is_match(text.as_bytes()), captures.is_some(), "{pattern} on {text}");
    let Some(captures) = captures else { return "-".into() };
    let (start, end) = captures[0].unwrap();
    let mut out = format!("{}<{}>{}", &text[..start], &text[start..end], &text[end..]);
    for capture in &captures[1..] {
        out += &capture.map_or_else(|| "[]".into(), |(start, end)| format!("[{}]", &text[start..end]));
    }
    out
}

fn check(syntax: Syntax, cases: &[(&str, &str, &str)]) {
    for (pattern, text, result) in cases {
        assert_eq!(show(syntax, pattern, text), *result, "{pattern} on {text}");
    }
}

#[test]
fn matches_are_leftmost_and_longest() {
    check(
        Syntax::EXTENDED,
        &[
            ("a|ab|abc", "xabcd", "x<abc>d"),
            ("(a|ab)(c|bcd)(d*)", "abcd", "<abcd>[a][bcd][]"),
            ("abcd|bc", "abcx", "a<bc>x"),
            ("((a)|b)*", "abab", "<abab>[b][a]"),
            ("(a*)*", "abab", "<a>bab[a]"),
            ("(a*)(ab)*(b*)", "ab", "<ab>[a][][b]"),
            ("(^|b)a", "bab", "<ba>b[b]"),
            ("x{0}", "ab", "<>ab"),
            ("a{,2}", "aaa", "<aa>a"),
            ("a{1}{2}", "aaa", "<aa>a"),
            ("(a)(b)?\\1", "aba", "<aba>[a][b]"),
            ("(a*)b\\1", "aaba", "a<aba>[a]"),
            ("(a*)*b\\1", "aab", "<aab>[]"),
        ],
    );
}

#[test]
fn basic_and_extended_read_their_own_operators() {
    check(
        Syntax::BASIC,
        &[
            ("*a", "*a", "<*a>"),
            ("\\(*a\\)", "*a", "<*a>[*a]"),
            ("^*a", "*a", "<*a>"),
            ("a\\|b*", "bbb", "<bbb>"),
            ("a\\+\\?", "aaa", "<aaa>"),
            ("a^b$c", "a^b$c", "<a^b$c>"),
            ("\\(^a\\)", "ba", "-"),
            ("a{1}(b)", "a{1}(b)", "<a{1}(b)>"),
            ("\\+a", "+a", "<+a>"),
            ("a**", "a", "Invalid preceding regular expression"),
            ("\\{1\\}", "a", "Invalid preceding regular expression"),
            ("\\(a", "a", "Unmatched ( or \\("),
            ("a\\)", "a", "Unmatched ( or \\("),
            ("a\\{1", "a", "Unmatched \\{"),
            ("a\\{1a\\}", "a", "Invalid content of \\{\\}"),
            ("a\\{2,1\\}", "a", "Invalid content of \\{\\}"),
            ("a\\{32768\\}", "a", "Regular expression too big"),
            ("\\(a\\1\\)", "a", "Invalid back reference"),
            ("\\(a\\)\\|b\\1", "a", "Invalid back reference"),
            ("a\\", "a", "Trailing backslash"),
        ],
    );
    check(
        Syntax::EXTENDED,
        &[
            ("a)", "a)", "<a)>"),
            ("a||b", "b", "<b>"),
            ("^*a", "a", "Invalid preceding regular expression"),
            ("a|*b", "a", "Invalid preceding regular expression"),
            ("a{", "a", "Unmatched \\{"),
            ("\\{1\\}", "{1}", "<{1}>"),
        ],
    );
    check(
        Syntax::EGREP,
        &[
            ("*a", "*a", "*<a>"),
            ("{1}a", "x{1}a", "x{<1}a>"),
            ("a{1x", "a{1x", "<a{1x>"),
            ("a{,x}*", "a{,x}}", "<a{,x}}>"),
            ("a{}", "a", "Invalid content of \\{\\}"),
            ("a\nb", "b", "<b>"),
        ],
    );
    check(
        Syntax::GNU_EGREP,
        &[
            ("{1}a", "ba", "b<a>"),
            ("^*a", "ba", "b<a>"),
            ("^+a", "ba", "-"),
            ("^{2}a", "ab", "<a>b"),
            ("(*)", "a", "Unmatched ( or \\("),
            ("({1})b", "b", "<b>[]"),
            ("{x", "{x", "<{x>"),
            ("x$*", "x", "<x>"),
            ("(x\\<*)a", "xa", "Unmatched ( or \\("),
            ("x\\<{0}a", "xa", "<xa>"),
        ],
    );
    check(Syntax::GNU_GREP, &[("b\\<*a", "ba", "<ba>"), ("\\(b\\<*\\)", "b", "<b>[b]"), ("^*a", "*a", "<*a>")]);
    check(Syntax::GNU_EXTENDED, &[("(a)", "a", "<a>[a]")]);
    let refused = Regex::new(b"a)", Syntax::GNU_EXTENDED).unwrap_err();
    assert_eq!([refused.message(), refused.gnu_message()], ["Unmatched ( or \\(", "Unmatched ) or \\)"]);
    let outline = Regex::outline(b"*a|^+{2}b", Syntax::GNU_EGREP).unwrap();
    assert_eq!(outline.leading_repetitions, b"*+{");
    check(Syntax::GREP, &[("\\{1\\}a", "x{1}a", "x<{1}a>"), ("a**", "aa", "<aa>")]);
}

#[test]
fn brackets() {
    check(
        Syntax::BASIC,
        &[
            ("[]a]*", "]a", "<]a>"),
            ("[^]a]", "]ab", "]a<b>"),
            ("[a-]*", "-a", "<-a>"),
            ("[%--]", "-", "<->"),
            ("[[.a.]-c]", "b", "<b>"),
            ("[[=a=]b]*", "ab", "<ab>"),
            ("[\\]]", "\\]", "<\\]>"),
            ("[a[.].]b]", "]", "<]>"),
            ("[[:alpha:][:digit:]]*", "a1-", "<a1>-"),
            ("[z-a]", "a", "Invalid range end"),
            ("[a-c-e]", "a", "Invalid range end"),
            ("[[:alpha:]-z]", "a", "Invalid range end"),
            ("[[:foo:]]", "a", "Invalid character class name"),
            ("[[.ab.]]", "a", "Invalid collation character"),
            ("[[:alpha:]", "a", "Unmatched [, [^, [:, [., or [="),
            ("[]", "a", "Unmatched [, [^, [:, [., or [="),
        ],
    );
    let folded = Syntax { ignore_case: true, ..Syntax::BASIC };
    check(folded, &[("[^a]", "Ab", "A<b>"), ("[[:upper:]]*", "aB", "<aB>"), ("\\(a\\)\\1", "aA", "<aA>[a]")]);
    assert_eq!(Regex::new(b"[Z-a]", folded).err(), Some(Error::Range));
}

#[test]
fn conditions_look_at_both_sides() {
    check(
        Syntax::BASIC,
        &[
            ("\\<b", "ab b", "ab <b>"),
            ("a\\>", "ab a", "ab <a>"),
            ("\\Ba", "aa", "a<a>"),
            ("\\`a\\'", "a", "<a>"),
            ("b$", "ab", "a<b>"),
            ("\\w\\W", "a.", "<a.>"),
        ],
    );
    let regex = Regex::new(b"^a\\|\\<b", Syntax::BASIC).unwrap();
    assert_eq!(regex.find_at(b"ab", 1, false), None);
    assert_eq!(regex.find_at(b"a", 0, true), None);
    let lines = Syntax { multi_line: true, newline_sensitive: true, ..Syntax::BASIC };
    check(lines, &[("^b.*$", "a\nbc\nd", "a\n<bc>\nd"), ("[^x]*", "ab\nc", "<ab>\nc")]);
}

#[test]
fn many_starts_take_linear_time() {
    let mut text = vec![b'x'; 200_000];
    text.push(b'z');
    let regex = Regex::new(b"x*y|z", Syntax::EXTENDED).unwrap();
    assert_eq!(regex.find(&text), Some((200_000, 200_001)));
}

#[test]
fn large_programs_and_tables_are_bounded() {
    assert_eq!(Regex::new(b"(((a{999}){999}){999}){999}", Syntax::EXTENDED).err(), Some(Error::Memory));
    assert_eq!(Regex::new(&b"(".repeat(10_000), Syntax::EXTENDED).err(), Some(Error::Memory));
    // Such a pattern has more states than the table has room for.
    let regex = Regex::new(b"(a|b)*a(a|b){18}c", Syntax::EXTENDED).unwrap();
    let mut text: Vec<u8> =
        (0..60_000u32).map(|n| if n.wrapping_mul(2_654_435_761) >> 31 == 0 { b'a' } else { b'b' }).collect();
    assert!(!regex.is_match(&text));
    text.extend_from_slice(b"aaaaaaaaaaaaaaaaaaac");
    assert!(regex.is_match(&text));
}

#[test]
fn required_text_is_found() {
    let required = |pattern: &str| {
        let regex = Regex::new(pattern.as_bytes(), Syntax::EXTENDED).unwrap();
        (String::from_utf8_lossy(regex.required_literal()).into_owned(), regex.is_literal())
    };
    assert_eq!(required("abc"), ("abc".into(), true));
    assert_eq!(required("a(bc)d+e"), ("abcd".into(), false));
    assert_eq!(required("ab?cd|x"), (String::new(), false));
    assert_eq!(required("^ab*cde$"), ("cde".into(), false));
}

#[test]
fn lines_without_a_match_are_passed_over() {
    let text = b"abc\nxbx\n\nfoo bar\nlast b";
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    for pattern in ["b", "^b", "c$", "^$", "foo|last", "\\<bar\\>", "", "o+ ", "z", "[^a-z]b", "b$", "^[^a]*$"] {
        let regex = Regex::new(pattern.as_bytes(), Syntax::EGREP).unwrap();
        assert!(regex.scans_lines());
        let (mut start, mut found) = (0, Vec::new());
        while let Some(at) = text.get(start..).and_then(|rest| regex.first_matching_line(rest, b'\n')) {
            let line = text[..start + at].iter().filter(|byte| **byte == b'\n').count();
            found.push(line);
            start = lines.iter().take(line + 1).map(|line| line.len() + 1).sum();
        }
        let wanted: Vec<usize> = (0..lines.len()).filter(|line| regex.is_match(lines[*line])).collect();
        assert_eq!(found, wanted, "{pattern}");
    }
}

#[test]
fn long_texts_are_passed_over_as_short_ones() {
    let line = |number: usize| match number {
        700 | 701 | 1500 => format!("{number} foox\n"),
        _ => format!("{number} fo bar baz o x {}\n", "ab".repeat(number % 40)),
    };
    let text: String = (0..2000).map(line).collect();
    for pattern in ["needle|(foo|ba+r)x", "oox$", "^(700|1500|701) f", "fo{2}\\>|foox"] {
        let regex = Regex::new(pattern.as_bytes(), Syntax::EGREP).unwrap();
        let (mut start, mut found) = (0, Vec::new());
        while let Some(at) = text.as_bytes().get(start..).and_then(|rest| regex.first_matching_line(rest, b'\n')) {
            let line = text[..start + at].rfind('\n').map_or(0, |end| end + 1);
            found.push(text[line..].split(' ').next().unwrap());
            start = line + text[line..].find('\n').unwrap() + 1;
        }
        assert_eq!(found, ["700", "701", "1500"], "{pattern}");
    }
}

#[test]
fn text_that_is_required_in_lower_case() {
    let folded = |pattern: &str, ignore_case| {
        let regex = Regex::new(pattern.as_bytes(), Syntax { ignore_case, ..Syntax::EGREP }).unwrap();
        String::from_utf8_lossy(regex.required_folded()).into_owned()
    };
    assert_eq!(folded("a.Needle+s", true), "needle");
    assert_eq!(folded("x1[yY]2", false), "x1y2");
    assert_eq!(folded("[ab]|c", true), "");
}
