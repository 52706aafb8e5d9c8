//! `tsort`.

use std::collections::BTreeMap;
use std::collections::VecDeque;

use applets::options::Parsed;
use applets::{Context, Quit};

use super::input::content;
use crate::Program;
use crate::dispatch::extra_operand;
use crate::program::STANDARD;
use crate::quote;

/// The program.
pub const PROGRAM: Program =
    Program::new("tsort", "[OPTION] [FILE]", "Brings items into an order in which pairs ascend.", "", STANDARD, run);

/// An item: how many stand before it, and which ones behind it, the last one named first.
#[derive(Debug, Default)]
struct Item {
    before: usize,
    behind: Vec<usize>,
    printed: bool,
}

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let name = match parsed.operands.as_slice() {
        [] => b"-".as_slice(),
        [name] => name,
        [_, second, ..] => return Err(extra_operand(ctx, 1, second)),
    };
    let shown = quote::as_needed(name);
    let text = match content(name) {
        Ok(text) => text,
        // A folder has no text.
        Err(wcr_sys::Errno::Isdir) => Vec::new(),
        Err(error) => return Err(ctx.die_errno(&[&shown], error)),
    };
    let words: Vec<&[u8]> =
        text.split(|byte| matches!(byte, b' ' | b'\t' | b'\n')).filter(|word| !word.is_empty()).collect();
    if words.len() % 2 == 1 {
        return Err(ctx.die(&[&shown, b": input contains an odd number of tokens"]));
    }
    let mut names: BTreeMap<&[u8], usize> = BTreeMap::new();
    words.iter().for_each(|word| {
        names.entry(word).or_default();
    });
    names.values_mut().enumerate().for_each(|(at, number)| *number = at);
    let mut items: Vec<Item> = names.iter().map(|_| Item::default()).collect();
    for pair in words.chunks_exact(2) {
        let number = |at: usize| pair.get(at).and_then(|word| names.get(word)).copied().unwrap_or(0);
        let (from, to) = (number(0), number(1));
        if from != to {
            items[from].behind.insert(0, to);
            items[to].before += 1;
        }
    }
    let names: Vec<&[u8]> = names.into_keys().collect();
    Ok(sort(ctx, &shown, &names, &mut items))
}

fn sort(ctx: &mut Context<'_>, file: &[u8], names: &[&[u8]], items: &mut [Item]) -> u8 {
    let (mut left, mut code) = (items.len(), 0);
    while left > 0 {
        let free =
            |items: &[Item]| (0..items.len()).filter(|at| items[*at].before == 0 && !items[*at].printed).collect();
        let mut ready: VecDeque<usize> = free(items);
        while let Some(at) = ready.pop_front() {
            ctx.put(&[names[at], b"\n"].concat());
            items[at].printed = true;
            left -= 1;
            for next in core::mem::take(&mut items[at].behind) {
                items[next].before -= 1;
                if items[next].before == 0 {
                    ready.push_back(next);
                }
            }
        }
        if left > 0 {
            ctx.complain(&[file, b": input contains a loop:"]);
            code = 1;
            break_loop(ctx, names, items);
        }
    }
    code
}

/// Finds a loop among the items that are left, tells of it, and forgets one of its pairs.
///
/// The way goes backwards, from an item to one that stands before it: each round over the items in order takes one step
/// where it can. The item at which the way comes back to itself loses the pair that leads there.
fn break_loop(ctx: &mut Context<'_>, names: &[&[u8]], items: &mut [Item]) {
    // To which item the way goes on from each one that it came through.
    let mut next: Vec<Option<usize>> = vec![None; items.len()];
    let mut here: Option<usize> = None;
    loop {
        for at in 0..items.len() {
            if items[at].before == 0 {
                continue;
            }
            let Some(current) = here else {
                here = Some(at);
                continue;
            };
            let Some(place) = items[at].behind.iter().position(|behind| *behind == current) else { continue };
            if next[at].is_none() {
                next[at] = Some(current);
                here = Some(at);
                continue;
            }
            // The loop is closed: from the current item on, until the one that leads back.
            let mut step = Some(current);
            while let Some(item) = step {
                ctx.complain(&[names[item]]);
                if item == at {
                    items[at].behind.remove(place);
                    items[current].before -= 1;
                    break;
                }
                step = next[item];
            }
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(pairs: &[(usize, usize)], count: usize) -> (u8, String, String) {
        let names: Vec<Vec<u8>> = (0..count).map(|at| at.to_string().into_bytes()).collect();
        let names: Vec<&[u8]> = names.iter().map(Vec::as_slice).collect();
        let mut items: Vec<Item> = (0..count).map(|_| Item::default()).collect();
        for (from, to) in pairs {
            items[*from].behind.insert(0, *to);
            items[*to].before += 1;
        }
        let applet = applets::Applet::new("tsort", "", |_| Ok(0));
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut ctx = Context::new(&applet, &[], &mut out, &mut err);
        let code = sort(&mut ctx, b"-", &names, &mut items);
        ctx.flush();
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    #[test]
    fn orders_and_loops() {
        assert_eq!(order(&[(2, 1), (1, 0)], 3), (0, "2\n1\n0\n".into(), String::new()));
        let (code, out, err) = order(&[(0, 1), (1, 2), (2, 0)], 3);
        assert_eq!((code, out.as_str()), (1, "0\n1\n2\n"));
        assert_eq!(err, "tsort: -: input contains a loop:\ntsort: 0\ntsort: 1\ntsort: 2\n");
    }
}
