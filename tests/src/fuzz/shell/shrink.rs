//! Makes a script that shows a difference smaller.

use super::Script;

/// The smallest script found by leaving out lines, then words, of which `differs` still holds.
/// It is asked `most` times at the most.
pub fn shrink(script: &Script, most: usize, mut differs: impl FnMut(&Script) -> bool) -> Script {
    let mut best = script.clone();
    let mut asked = 0;
    for split in [lines, words] {
        let mut size = split(&best.text).len() / 2;
        while size >= 1 {
            let mut at = 0;
            loop {
                let pieces = split(&best.text);
                if at >= pieces.len() {
                    break;
                }
                if asked == most {
                    return best;
                }
                let end = (at + size).min(pieces.len());
                let text = [pieces[..at].concat(), pieces[end..].concat()].concat();
                let smaller = Script { mode: best.mode, text };
                asked += 1;
                if differs(&smaller) {
                    best = smaller;
                } else {
                    at += size;
                }
            }
            size /= 2;
        }
    }
    best
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn words(text: &str) -> Vec<&str> {
    text.split_inclusive([' ', ';', '\n']).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Mode;
    use super::*;

    #[test]
    fn what_matters_stays() {
        let script = Script { mode: Mode::File, text: "one\ntwo x y z\nthree\n".into() };
        let small = shrink(&script, 1000, |script| script.text.contains('y'));
        assert_eq!(small.text, "y ");
    }
}
