//! `pstree`: processes as the tree of their parents.

use std::collections::BTreeMap;

use super::processes::{self, Process};
use crate::core::accounts::Accounts;
use crate::format::{decimal, parse_decimal};
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "pstree",
    "pstree [-p] [PID|USER]\n\n\
     Display process tree, optionally start from USER or PID\n\n\
     \t-p\tShow pids",
    pstree,
);

/// The process whose tree is shown unless another one is asked for.
const INIT: u32 = 1;

/// The children of each process.
type Children<'a> = BTreeMap<u32, Vec<&'a Process>>;

fn pstree(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("p").parse(ctx)?;
    let all = processes::all();
    let roots: Vec<&Process> = match parsed.operands.as_slice() {
        [] => all.iter().filter(|process| process.pid == INIT).collect(),
        [text] => match parse_decimal(text) {
            Some(pid) => all.iter().filter(|process| u64::from(process.pid) == pid).collect(),
            None => of_user(ctx, &all, text)?,
        },
        _ => return Err(ctx.usage()),
    };
    if roots.is_empty() {
        ctx.put(b"No processes found\n");
        return Ok(1);
    }
    let mut children = Children::new();
    for process in &all {
        children.entry(process.ppid).or_default().push(process);
    }
    for (at, root) in roots.iter().enumerate() {
        if at > 0 {
            ctx.put(b"\n");
        }
        for line in tree(root, &children, parsed.has(b'p')) {
            ctx.put(&[line.as_slice(), b"\n"].concat());
        }
    }
    Ok(0)
}

/// The processes of a user whose parents belong to others.
fn of_user<'a>(ctx: &mut Context<'_>, all: &'a [Process], name: &[u8]) -> Result<Vec<&'a Process>, Quit> {
    let Some(uid) = Accounts::default().user_named(name).map(|user| user.uid) else {
        return Err(ctx.die(&[b"unknown user ", name]));
    };
    let own = |pid: u32| all.iter().any(|process| process.pid == pid && process.uid == uid);
    Ok(all.iter().filter(|process| process.uid == uid && !own(process.ppid)).collect())
}

/// The lines of a process and of all below it. Without numbers, children that look the same are shown once, with how
/// many there are.
fn tree(process: &Process, children: &Children<'_>, pids: bool) -> Vec<Vec<u8>> {
    let mut name = process.comm.clone();
    if pids {
        name.extend([b"(", decimal(process.pid.into()).as_slice(), b")"].concat());
    }
    let mut below: Vec<&&Process> = children.get(&process.pid).into_iter().flatten().collect();
    below.sort_by(|left, right| (&left.comm, left.pid).cmp(&(&right.comm, right.pid)));
    let mut branches: Vec<(usize, Vec<Vec<u8>>)> = Vec::new();
    for child in below {
        let lines = tree(child, children, pids);
        match branches.last_mut().filter(|(_, same)| same.len() == 1 && *same == lines) {
            Some((count, _)) => *count += 1,
            None => branches.push((1, lines)),
        }
    }
    for (count, lines) in &mut branches {
        if let (2.., Some(line)) = (*count, lines.first_mut()) {
            *line = [&decimal(*count as u64), b"*[".as_slice(), line, b"]"].concat();
        }
    }
    joined(name, branches.into_iter().map(|(_, lines)| lines).collect())
}

/// A name with its branches at its right.
fn joined(name: Vec<u8>, branches: Vec<Vec<Vec<u8>>>) -> Vec<Vec<u8>> {
    let (pad, last) = (vec![b' '; name.len() + 1], branches.len().saturating_sub(1));
    let mut out = vec![name];
    for (at, lines) in branches.iter().enumerate() {
        for (row, line) in lines.iter().enumerate() {
            let joint: &[u8] = match (at, row) {
                (0, 0) if last == 0 => b"---",
                (0, 0) => b"-+-",
                (_, 0) if at == last => b"`-",
                (_, 0) => b"|-",
                _ if at == last => b"  ",
                _ => b"| ",
            };
            match out.first_mut().filter(|_| at == 0 && row == 0) {
                Some(first) => first.extend([joint, line].concat()),
                None => out.push([&pad, joint, line].concat()),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_hang_on_their_stem() {
        let process = |pid, ppid, name: &str| Process { pid, ppid, comm: name.into(), ..Process::default() };
        let all = [
            process(1, 0, "init"),
            process(2, 1, "sh"),
            process(3, 2, "sleep"),
            process(4, 2, "cat"),
            process(5, 1, "cron"),
            process(6, 1, "cron"),
        ];
        let mut children = Children::new();
        for process in &all {
            children.entry(process.ppid).or_default().push(process);
        }
        let text = |pids| String::from_utf8(tree(&all[0], &children, pids).join(&b'\n')).unwrap();
        assert_eq!(text(false), "init-+-2*[cron]\n     `-sh-+-cat\n          `-sleep");
        assert_eq!(
            text(true),
            "init(1)-+-cron(5)\n        |-cron(6)\n        `-sh(2)-+-cat(4)\n                `-sleep(3)"
        );
        let one = tree(&all[1], &BTreeMap::from([(2, vec![&all[2]])]), false);
        assert_eq!(one, [b"sh---sleep".to_vec()]);
    }
}
