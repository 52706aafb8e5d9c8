//! `[[`: conditions in which `==` matches a pattern and `=~` a regular expression.

use crate::core::test::{Dialect, run_bracketed};
use crate::regex::{Regex, Syntax};
use crate::{Applet, Help, glob};

/// The applet.
pub const APPLET: Applet =
    Applet::new("[[", "", |ctx| Ok(run_bracketed(ctx, b"]]", &DIALECT))).with_help(Help::Unavailable);

/// How its conditions differ from those of `test`.
const DIALECT: Dialect =
    Dialect { and: b"&&", or: b"||", equals: |left, right| glob::matches(right, left, false), matches: Some(found) };

/// Whether an extended regular expression matches somewhere in the text; `None` when it is none.
fn found(text: &[u8], expression: &[u8]) -> Option<bool> {
    Regex::new(expression, Syntax::EXTENDED).ok().map(|regex| regex.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn conditions() {
        let code = |args: &str| run(&APPLET, &args.split(' ').collect::<Vec<_>>()).0;
        assert_eq!((code("abc == a* ]]"), code("abc != a* ]]"), code("abc == b* ]]")), (0, 1, 1));
        assert_eq!((code("abc =~ a.c ]]"), code("abc =~ ^b ]]"), code("abc =~ ( ]]")), (0, 1, 2));
        assert_eq!((code("a && b ]]"), code("a && -z b ]]"), code("-z b || a ]]"), code("a -a b ]]")), (0, 1, 0, 2));
        assert_eq!(run(&APPLET, &["a"]).2, "[[: missing ]]\n");
    }
}
