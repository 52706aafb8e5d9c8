//! Calls of the tools that work on files and folders. What comes in the order of a folder is sorted.

use super::trees::Tree;
use super::{options, quoted};
use crate::fuzz::Random;

/// What follows the arguments of a tool that goes through folders in their order.
const SORTED: &str = "> /tmp/o 2>&1; e=$?; sort /tmp/o; (exit $e)";

const MODES: &[&str] = &[
    "644", "0", "755", "u+x", "go-rwx", "a=rX", "u=g", "+t", "ug+s", "4711", "o=u-w", "=", "-w", "+x,g+w", "u+x,",
    "888", "z", "a", "+", "1777", "g=u,o=g", "u-s,+X",
];

pub(super) fn ls(random: &mut Random, tree: &Tree) -> String {
    // Sizes of folders and their blocks differ between file systems, and so do the times of what the script makes.
    let list = [
        "-a",
        "-A",
        "-1",
        "-C -w #",
        "-x -w 40",
        "-p",
        "-F",
        "-d",
        "-R",
        "-L",
        "-H",
        "-r",
        "-Q",
        "-m",
        "-w 0",
        "-t",
        "-X",
        "-v",
        "-S",
        "--color=always",
        "--group-directories-first",
        "-b",
        "-q",
    ];
    format!("{}{}", options(random, &list), tree.paths(random))
}

pub(super) fn stat(random: &mut Random, tree: &Tree) -> String {
    const FIELDS: &[&str] =
        &["%A", "%a", "%F", "%h", "%N", "%n", "%u", "%g", "%f", "%t", "%T", "%B", "%%", "%q", "%10n", "%-5a|", "%05a"];
    let fields: Vec<&str> = (0..1 + random.below(4)).map(|_| random.pick(FIELDS)).collect();
    format!("{}-c {} {}", options(random, &["-L"]), quoted(&fields.join(" ")), tree.paths(random))
}

pub(super) fn find(random: &mut Random, tree: &Tree) -> String {
    const TESTS: &[&str] = &[
        "-name 'a*'",
        "-name '*.txt'",
        "-iname 'A'",
        "-path '*/lib/*'",
        "-type f",
        "-type d",
        "-type l",
        "-perm 644",
        "-perm -111",
        "-perm /222",
        "-perm +1",
        "-mtime +100",
        "-mtime -2",
        "-mmin +5",
        "-newer t",
        "-empty",
        "-size 0",
        "-size -2",
        "-size +0c",
        "-size 3c",
        "-links 1",
        "-links +1",
        "-maxdepth 1",
        "-mindepth 1",
        "-maxdepth 0",
        "-depth",
        "-prune",
        "-print",
        "-print0",
        "-quit",
        "-regex '.*a.*'",
        "-user 0",
        "-nouser",
        "-true",
        "-false",
        "-executable",
        "-xtype l",
        "-samefile t",
        "-inum 1",
        "-exec echo {} ';'",
        "-exec echo one {} +",
        "-exec false ';'",
        "-exec echo {}x{} ';'",
        "-ok true ';'",
        "-follow",
        "-xdev",
        "-name",
        "-foo",
        "-type x",
        "-size x",
        "-exec",
        "-perm z",
        "-daystart",
        "-group 0",
        "-nogroup",
        "-name '[' ",
    ];
    let mut text = format!("{}{} ", ["", "", "", "-L ", "-H "][random.below(5)], tree.paths(random));
    for number in 0..random.below(5) {
        if number > 0 {
            text.push_str(["", "", "", "-o ", "-a ", ", "][random.below(6)]);
        }
        text.push_str(["", "", "", "! ", "-not "][random.below(5)]);
        text.push_str(random.pick(TESTS));
        text.push(' ');
    }
    if random.chance(15) {
        text = format!("{} '(' -type d -o -name 'b*' ')' -print ", text.trim_end());
    }
    format!("{text}< /dev/null {SORTED}")
}

pub(super) fn cp(random: &mut Random, tree: &Tree) -> String {
    let list = ["-a", "-r", "-R", "-d", "-P", "-p", "-f", "-n", "-s", "-l", "-L", "-H", "-u", "-T", "--parents", "-c"];
    transfer(random, tree, &list)
}

pub(super) fn mv(random: &mut Random, tree: &Tree) -> String {
    transfer(random, tree, &["-f", "-n", "-i", "-T"])
}

pub(super) fn ln(random: &mut Random, tree: &Tree) -> String {
    transfer(random, tree, &["-s", "-s", "-f", "-n", "-b", "-S .old", "-v", "-T"])
}

/// Sources and a target, perhaps a folder given before them.
fn transfer(random: &mut Random, tree: &Tree, list: &[&str]) -> String {
    let flags = options(random, list);
    let (paths, target) = (tree.paths(random), tree.target(random));
    let text = match random.weighted(&[12, 1, 1]) {
        0 => format!("{flags}{paths} {target}"),
        1 => format!("{flags}-t {target} {paths}"),
        _ => format!("{flags}{paths}"),
    };
    format!("{text} < /dev/null {SORTED}")
}

pub(super) fn install(random: &mut Random, tree: &Tree) -> String {
    let list = ["-c", "-d", "-D", "-p", "-m 600", "-m u=rw", "-o 0", "-T", "-s"];
    transfer(random, tree, &list)
}

pub(super) fn rm(random: &mut Random, tree: &Tree) -> String {
    format!("{}{} < /dev/null {SORTED}", options(random, &["-r", "-f", "-i", "-R"]), tree.paths(random))
}

pub(super) fn mkdir(random: &mut Random, tree: &Tree) -> String {
    let mode = if random.chance(30) { format!("-m {} ", random.pick(MODES)) } else { String::new() };
    format!("{}{mode}{} {}", options(random, &["-p"]), tree.target(random), tree.path(random))
}

pub(super) fn rmdir(random: &mut Random, tree: &Tree) -> String {
    format!("{}{}", options(random, &["-p", "--ignore-fail-on-non-empty"]), tree.paths(random))
}

pub(super) fn touch(random: &mut Random, tree: &Tree) -> String {
    let times =
        ["", "-d @5", "-d '2001-02-03 04:05'", "-t 200001020304.05", "-r t", "-d 12:00", "-d x", "-r nosuch", "-t 1"];
    let flags = options(random, &["-c", "-h", "-a", "-m"]);
    format!("{flags}{} {} {}", times[random.below(times.len())], tree.target(random), tree.path(random))
}

pub(super) fn chmod(random: &mut Random, tree: &Tree) -> String {
    let list = ["-R", "-v", "-c", "-f"];
    format!("{}{} {} {SORTED}", options(random, &list), random.pick(MODES), tree.paths(random))
}

pub(super) fn chown(random: &mut Random, tree: &Tree) -> String {
    let owners = ["0", "0:0", ":0", "root", "root.root", "nosuch", "4294967295", ":", "daemon:", "0:nosuch", ""];
    let list = ["-R", "-v", "-c", "-f", "-h", "-L", "-H", "-P"];
    format!("{}'{}' {} {SORTED}", options(random, &list), random.pick(&owners), tree.paths(random))
}

pub(super) fn chgrp(random: &mut Random, tree: &Tree) -> String {
    let list = ["-R", "-v", "-c", "-f", "-h"];
    format!("{}{} {} {SORTED}", options(random, &list), random.pick(&["0", "root", "nosuch", "''"]), tree.paths(random))
}

pub(super) fn readlink(random: &mut Random, tree: &Tree) -> String {
    let list = ["-f", "-n", "-v", "-e", "-m", "-q"];
    format!("{}{}", options(random, &list), tree.paths(random))
}

pub(super) fn realpath(random: &mut Random, tree: &Tree) -> String {
    tree.paths(random)
}

pub(super) fn truncate(random: &mut Random, tree: &Tree) -> String {
    let size = random.pick(&["5", "0", "+3", "-2", "1K", "x", "", "2k", "%4", "<3", ">9"]).to_owned();
    format!("{}-s {} {}", options(random, &["-c"]), quoted(&size), tree.paths(random))
}

pub(super) fn du(random: &mut Random, tree: &Tree) -> String {
    // How many blocks a file takes is the file system's matter.
    let list = ["-a", "-s", "-L", "-H", "-c", "-d #", "-x", "-l", "-k", "-b"];
    format!("{}{} 2>&1 | sed 's/^[0-9]*//' | sort", options(random, &list), tree.paths(random))
}

pub(super) fn tests(random: &mut Random, tree: &Tree) -> String {
    const UNARY: &[&str] =
        &["-f", "-d", "-e", "-r", "-w", "-x", "-L", "-h", "-s", "-p", "-u", "-g", "-k", "-O", "-G", "-b", "-S", "-N"];
    if random.chance(25) {
        return format!("{} {} {}", tree.path(random), random.pick(&["-nt", "-ot", "-ef"]), tree.path(random));
    }
    format!("{} {}", random.pick(UNARY), tree.path(random))
}

/// An archive of the tree, then what is done with it.
pub(super) fn tar(random: &mut Random, tree: &Tree) -> String {
    let make = ["", "-z", "--exclude 'a*'", "-X /dev/null", "--no-recursion", "-j", "-C t"];
    let flags = random.pick(&make);
    let paths = if *flags == *"-C t" { ".".into() } else { tree.paths(random) };
    let read = random.pick(&[
        "-t",
        "-t t/a",
        "-x -C x",
        "-xv -C x",
        "-x -k -C x",
        "-x --strip-components=1 -C x",
        "-x -C x t/a nosuch",
        "-x -p -C x",
        "-tv",
        "-x --exclude '*.txt' -C x",
        "-t -z",
        "-x -m -C x",
        "-x --overwrite -C x",
        "-x -C nosuch",
        "-x -h -C x",
    ]);
    let times = r"sed 's/ 20[23][0-9]-[0-9-]* [0-9:]* / now /'";
    format!(
        "-c {flags} -f o.tar {paths} {SORTED}; mkdir x; tar {read} -f o.tar 2>&1 | {times} | sort; \
         find x ! -type d -exec stat -c '%A %h %n' {{}} + | sort; chmod -R u+rwx x; rm -rf x"
    )
}

pub(super) fn cpio(random: &mut Random, tree: &Tree) -> String {
    let path = tree.path(random);
    let read = random.pick(&["-t", "-i -d", "-i -d -u", "-i", "-tv", "-i -m -d", "-i -d 't/a*'", "-it -v"]);
    let times = r"sed 's/ [A-Z][a-z][a-z] [ 0-9]* [0-9:]* / now /'";
    format!(
        "-o -H newc -F o.cpio < /dev/null; find {path} | sort | cpio {}-H newc > o.cpio; mkdir x; cd x; cpio {read} < ../o.cpio 2>&1 | \
         {times} | sort; cd ..; find x | sort; chmod -R u+rwx x; rm -rf x",
        ["-o ", "-o ", "-L -o ", "-ov "][random.below(4)]
    )
}

pub(super) fn ar(random: &mut Random, tree: &Tree) -> String {
    let paths = tree.paths(random);
    let read = random.pick(&["t", "p", "x", "tv", "xv", "xo", "t a", "x nosuch", "d a"]);
    format!(
        "-rc o.a {paths}; mkdir x; cp o.a x; cd x; ar {read} o.a | sed 's/ [A-Z][a-z][a-z] .* / now /'; cd ..; ls x; rm -rf x"
    )
}

/// The tools that put a file in place of another, packed or unpacked; the packed bytes are those of the real one, too.
pub(super) fn gzip(random: &mut Random, tree: &Tree) -> String {
    let list = ["-c", "-f", "-k", "-v", "-d", "-t", "-n", "-l"];
    format!("{}{} < /dev/null | od -c | head -n 20", options(random, &list), tree.paths(random))
}

pub(super) fn bzip2(random: &mut Random, tree: &Tree) -> String {
    let list = ["-c", "-f", "-k", "-v", "-d", "-t", "-1", "-9"];
    format!("{}{} < /dev/null | od -c | head -n 20", options(random, &list), tree.paths(random))
}

pub(super) fn gunzip(random: &mut Random, tree: &Tree) -> String {
    let (path, list) = (tree.path(random), ["-c", "-f", "-k", "-v", "-t"]);
    format!("-t {path}; gzip -kf {path}; gunzip {}{path}.gz", options(random, &list))
}

pub(super) fn diff(random: &mut Random, tree: &Tree) -> String {
    let flags = options(random, &["-r", "-q", "-s", "-N", "-u", "-a", "-S a"]);
    format!("{flags}{} {} | sed 's/^\\([-+][-+][-+] [^\t]*\\)\t.*/\\1/'", tree.path(random), tree.path(random))
}

pub(super) fn grep(random: &mut Random, tree: &Tree) -> String {
    let list = ["-r", "-l", "-L", "-c", "-q", "-s", "-h", "-H", "-n", "-o", "-v", "-i"];
    format!(
        "{}{} {} {SORTED}",
        options(random, &list),
        random.pick(&["h", "o", "''", "e$", "'^t'"]),
        tree.paths(random)
    )
}

/// Tools that read whole files, of which some cannot be read.
pub(super) fn reading(random: &mut Random, tree: &Tree) -> String {
    tree.paths(random)
}

pub(super) fn checking(random: &mut Random, tree: &Tree) -> String {
    let spoil = ["", "sed -i 's/^./0/' sums; ", "echo >> sums; ", "echo bad >> sums; "][random.below(4)];
    format!("{} > sums; {spoil}md5sum {}-c sums", tree.paths(random), options(random, &["-s", "-w"]))
}

pub(super) fn mkfifo(random: &mut Random, tree: &Tree) -> String {
    let mode = if random.chance(50) { format!("-m {} ", random.pick(MODES)) } else { String::new() };
    format!("{mode}{}; ls -l t/new | cut -c 1-10; rm -f t/new", tree.target(random))
}

pub(super) fn unlink(random: &mut Random, tree: &Tree) -> String {
    tree.paths(random)
}

pub(super) fn link(random: &mut Random, tree: &Tree) -> String {
    format!("{} {}", tree.path(random), tree.target(random))
}

pub(super) fn shred(random: &mut Random, tree: &Tree) -> String {
    format!("-z {}{}; wc -c t/a", options(random, &["-f", "-u", "-n 1", "-v"]), tree.paths(random))
}

pub(super) fn runparts(random: &mut Random, tree: &Tree) -> String {
    format!("{}{}", options(random, &["--test", "-a x", "--reverse", "--exit-on-error", "--list"]), tree.path(random))
}
