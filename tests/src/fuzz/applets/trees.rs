//! A small random tree for the tools that work on files, with names of what is in it.

use super::quoted;
use crate::fuzz::Random;

const NAMES: &[&str] = &["a", "b.txt", "x y", ".dot", "-n", "c.gz", "Z9", "é", "lib", "t~"];
const CONTENTS: &[&str] = &["", "hi\\n", "one\\ntwo\\nthree\\n", "no end", "\\0\\1\\2\\377"];
const FILE_MODES: &[&str] = &["644", "600", "755", "444", "000", "4755", "2711", "666"];
const FOLDER_MODES: &[&str] = &["755", "700", "1777", "555", "000", "2775"];
/// Before the year 2001, so that they differ from the times of files that the script makes.
const TIMES: &[&str] = &["0", "86399", "315532800", "951782399", "999999999"];

/// A tree as the commands make it that [`Tree::make`] tells, below the folder `t`.
pub(super) struct Tree {
    paths: Vec<String>,
    folders: Vec<String>,
}

impl Tree {
    /// A tree, and the commands that make it.
    pub(super) fn make(random: &mut Random) -> (Tree, String) {
        let mut tree = Tree { paths: vec!["t".into()], folders: vec!["t".into()] };
        let mut text = String::from("mkdir t\n");
        let mut last = String::new();
        for _ in 0..3 + random.below(9) {
            let path = format!("{}/{}", tree.folder(random), random.pick(NAMES));
            if tree.paths.contains(&path) {
                continue;
            }
            let name = quoted(&path);
            let old = quoted(&tree.any(random));
            match random.weighted(&[8, 4, 2, 2, 1, 1]) {
                0 => {
                    text.push_str(&format!("printf {} > {name}\n", quoted(random.pick(CONTENTS))));
                    if random.chance(40) {
                        last.push_str(&format!("chmod {} {name}\n", random.pick(FILE_MODES)));
                    }
                }
                1 => {
                    text.push_str(&format!("mkdir {name}\n"));
                    if random.chance(30) {
                        last.insert_str(0, &format!("chmod {} {name}\n", random.pick(FOLDER_MODES)));
                    }
                    tree.folders.push(path.clone());
                }
                2 => text.push_str(&format!(
                    "ln -s {} {name}\n",
                    random.pick(&["a", "b.txt", "..", "nosuch", ".", "lib/a"])
                )),
                3 => text.push_str(&format!("ln -s /work/{old} {name}\n").replace("/work/'t", "'/work/t")),
                4 => text.push_str(&format!("ln {old} {name} 2>/dev/null || :\n")),
                _ => text.push_str(&format!("mkdir {name} {name}/sub; echo deep > {name}/sub/f\n")),
            }
            tree.paths.push(path);
        }
        for path in tree.paths.iter().rev() {
            last.insert_str(0, &format!("touch -h -d @{} {}\n", random.pick(TIMES), quoted(path)));
        }
        (tree, text + &last)
    }

    fn any(&self, random: &mut Random) -> String {
        self.paths[random.below(self.paths.len())].clone()
    }

    fn folder(&self, random: &mut Random) -> String {
        self.folders[random.below(self.folders.len())].clone()
    }

    /// A path in one of its spellings, mostly of something that is there.
    pub(super) fn path(&self, random: &mut Random) -> String {
        let path = self.any(random);
        quoted(&match random.weighted(&[14, 2, 1, 1, 1, 1, 1, 1, 1]) {
            0 => path,
            1 => format!("{path}/"),
            2 => format!("./{path}"),
            3 => format!("/work/{path}"),
            4 => format!("{path}/."),
            5 => format!("{path}//."),
            6 => format!("{path}.new"),
            7 => format!("{path}/nosuch"),
            _ => random.pick(&["", ".", "nosuch", "-x", "t/"]).to_owned(),
        })
    }

    /// A path for something that a tool makes: often of nothing that is there, never outside the tree.
    pub(super) fn target(&self, random: &mut Random) -> String {
        if random.chance(45) {
            return quoted(&self.any(random));
        }
        if random.chance(40) {
            return quoted(&self.folder(random));
        }
        let name = random.pick(&["new", "made/deep", "a", "n w", "new/"]);
        quoted(&format!("{}/{name}", self.folder(random)))
    }

    /// One to three paths.
    pub(super) fn paths(&self, random: &mut Random) -> String {
        let count = 1 + random.weighted(&[6, 3, 1]);
        let paths: Vec<String> = (0..count).map(|_| self.path(random)).collect();
        paths.join(" ")
    }
}

/// The commands that tell what the tree looks like at the end; times of this run are not the same at the next.
pub(super) const TELL: &str = r"rm -f o.tar o.cpio o.a x/o.a
chmod -R u+rwX t 2>/dev/null
find t -type f -exec md5sum {} + | sort -k 2
find t ! -type d -exec stat -c '%A %h %Y %N' {} + | sed 's/ [0-9]\{10\} / now /' | sort -k 4
find t -type d -exec stat -c '%A %n' {} + | sort -k 2
";
