//! The same random operations on a file system of Linux's and on wcr's: results, errors and all metadata are equal.
//!
//! A sequence is made up from its seed, and when the two differ it is cut down to the operations that it takes. How many
//! operations and from which seed on can be set: `WCR_DIFFERENTIAL_OPERATIONS`, `WCR_DIFFERENTIAL_SEED`, which is what
//! `cargo xtask differential` does.
#![cfg(target_os = "linux")]

mod compare;
mod layers;
mod linux;
mod machine;
mod operation;
mod random;
mod system;

use wcr_tests::scratch::Scratch;
use wcr_tests::skip;

use compare::{Change, difference};
use layers::Entry;
use linux::{Chroots, Linux};
use machine::{Identity, Machine};
use operation::{At, Op, Start};
use random::Random;
use system::System;

/// How many operations a run takes unless it is told otherwise.
const OPERATIONS: usize = 100_000;
/// Operations of one sequence.
const LENGTH: usize = 60;
/// Of so many sequences one waits for the clock's ticks, which tells all changes of timestamps apart.
const TICKING: u64 = 40;
/// How much of a file is compared, in bytes.
const CONTENT_MAX: u64 = 300_000;

/// A sequence of operations, and the world it starts in.
#[derive(Clone)]
struct Sequence {
    identity: Identity,
    layers: Vec<Vec<Entry>>,
    ops: Vec<Op>,
    ticking: bool,
}

impl Sequence {
    fn new(seed: u64, overlay: bool) -> Self {
        let mut random = Random(seed);
        let user = random.rarely(2);
        let identity = match user {
            true => Identity { uid: 1000, gid: 1000, groups: vec![100] },
            false => Identity { uid: 0, gid: 0, groups: Vec::new() },
        };
        let layers = if overlay { layers::random(&mut random) } else { Vec::new() };
        let mut ops = Vec::new();
        if user {
            ops.push(Op::Root(Box::new(Op::Chmod { at: root(), mode: random.pick(&[0o777, 0o1777, 0o2777, 0o755]) })));
        }
        while ops.len() < LENGTH {
            let mut op = match user && random.rarely(5) {
                true => operation::operation_of_root(&mut random),
                false => operation::operation(&mut random),
            };
            if overlay {
                op.set_another_length(ops.len());
            }
            ops.push(op);
        }
        Self { identity, layers, ops, ticking: seed.is_multiple_of(TICKING) }
    }

    /// Runs it on both systems; the first difference, and after how many operations it came.
    fn run(&self, chroots: &Chroots) -> Option<(usize, String)> {
        let overlay = !self.layers.is_empty();
        let mut ours = Machine::new(&self.identity, layers::build(&self.layers));
        let mut linux = Linux::new(chroots, &self.identity, &self.layers);
        let (mut ours_before, mut linux_before) = (ours.snapshot(), linux.snapshot());
        for (done, op) in self.ops.iter().enumerate() {
            // An overlay that has to copy up what has lost its name fails, or does harm to what has the name now.
            let nameless = |slot| ours_before.get(&format!("@{slot}")).is_some_and(|stat| stat.nlink == 0);
            if overlay && op.changes_open_file().is_some_and(nameless) {
                continue;
            }
            if self.ticking {
                ours.tick();
                linux.tick();
            }
            let (ours_start, linux_start) = (ours.now(), linux.now());
            let (result, expected) = (ours.run(op), linux.run(op));
            if result != expected {
                return Some((done + 1, format!("the result is\n  wcr   {result:?}\n  linux {expected:?}")));
            }
            let (ours_after, linux_after) = (ours.snapshot(), linux.snapshot());
            let ours_change =
                Change { before: &ours_before, after: &ours_after, start: ours_start, ticked: self.ticking };
            let linux_change =
                Change { before: &linux_before, after: &linux_after, start: linux_start, ticked: self.ticking };
            if let Some(difference) = difference(&ours_change, &linux_change, overlay) {
                return Some((done + 1, difference));
            }
            (ours_before, linux_before) = (ours_after, linux_after);
        }
        for path in ours_before.iter().filter(|(path, stat)| has_content(path, stat)).map(|(path, _)| path) {
            let (content, expected) = (ours.content(path), linux.content(path));
            if content != expected {
                let at = content.iter().zip(&expected).position(|(a, b)| a != b);
                let lengths = (content.len(), expected.len());
                return Some((self.ops.len(), format!("{path} differs at {at:?}, its lengths are {lengths:?}")));
            }
        }
        None
    }

    /// As few operations and entries as still make a difference.
    fn shrink(mut self, chroots: &Chroots) -> (Self, String) {
        let mut last = String::new();
        if let Some((done, difference)) = self.run(chroots) {
            self.ops.truncate(done);
            last = difference;
        }
        let mut at = self.ops.len();
        while at > 0 {
            at -= 1;
            let mut fewer = self.clone();
            fewer.ops.remove(at);
            if let Some((done, difference)) = fewer.run(chroots) {
                fewer.ops.truncate(done);
                at = at.min(fewer.ops.len());
                (self, last) = (fewer, difference);
            }
        }
        (self, last)
    }
}

fn root() -> At {
    At { start: Start::Cwd, path: "/".into() }
}

fn has_content(path: &str, stat: &wcr_abi::Stat) -> bool {
    use wcr_abi::FileKind::{Regular, Symlink};
    path.starts_with('/') && matches!(stat.mode.kind(), Regular | Symlink)
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().map(|text| text.parse().expect(variable))
}

fn check(overlay: bool) {
    let place = Scratch::new("differential");
    let chroots = match Chroots::start(place.path()) {
        Ok(chroots) => chroots,
        Err(reason) => return skip::note(&reason),
    };
    let operations = number("WCR_DIFFERENTIAL_OPERATIONS").map_or(OPERATIONS, |count| count as usize);
    let first = number("WCR_DIFFERENTIAL_SEED").unwrap_or(1);
    for seed in (first..).take(operations.div_ceil(LENGTH)) {
        let sequence = Sequence::new(seed, overlay);
        if sequence.run(&chroots).is_some() {
            let (least, difference) = sequence.shrink(&chroots);
            let layers = least.layers.iter().map(|layer| format!("  layer {layer:?}\n")).collect::<String>();
            let ops = least.ops.iter().map(|op| format!("  {op:?}\n")).collect::<String>();
            panic!("seed {seed}, as user {}:\n{layers}{ops}{difference}", least.identity.uid);
        }
    }
}

#[test]
fn a_tmpfs_of_linux_and_wcrs_tree_are_alike() {
    check(false);
}

#[test]
fn an_overlay_of_linux_and_wcrs_layers_are_alike() {
    check(true);
}
