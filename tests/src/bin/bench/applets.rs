//! How fast BusyBox's tools are over much text and over many files, beside the programs that they stand in for.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use wcr_tests::busybox;
use wcr_tests::image::Image;
use wcr_tests::lab::Lab;
use wcr_tests::layer::Layer;
use wcr_tests::scratch::Scratch;
use wcr_tests::skip::find;

use crate::memory;
use crate::report::{Ratio, Ratios, Report};
use crate::timing::{Contestant, compare};
use crate::tree;

/// A script, and the ratio to the native program that is aimed at.
type Work = (&'static str, f64);

/// The word that the text has in one line of some thousands.
const RARE: &str = "needle";

/// Over the text: `text` has it all, `part` a tenth, `many` its first words four times, `sorted` those in order.
const TEXT: [Work; 36] = [
    ("wc text", 0.5),
    ("wc -l text", 0.5),
    ("cut -d ' ' -f 2,4 text", 0.5),
    ("cut -c 3-20 text", 0.5),
    ("tr a-z A-Z <text", 0.5),
    ("tr -d aeiou <text", 0.5),
    ("rev text", 1.0),
    ("head -n 1000000 text", 1.0),
    ("tail -n 10000 text", 1.0),
    ("od part", 1.0),
    ("grep -c needle text", 0.1),
    ("grep -cF needle text", 0.1),
    ("grep -cE 'needle|(foo|ba+r)x' text", 0.1),
    ("grep -ci needle text", 0.1),
    ("sed s/the/THE/ text", 0.5),
    ("sed s/e/E/g text", 0.5),
    ("sed -E 's/([a-z]+) ([a-z]+)/\\2 \\1/' text", 0.5),
    ("sed -n /needle/p text", 0.5),
    ("sort text", 0.5),
    ("sort nearly", 0.5),
    ("sort -n numbers", 0.5),
    ("sort -u many", 0.5),
    ("uniq -c sorted", 1.0),
    ("sha256sum text", 1.0),
    ("sha1sum text", 1.0),
    ("sha512sum text", 1.0),
    ("md5sum text", 1.0),
    ("gzip -c text", 1.0),
    ("gunzip -c text.gz", 1.0),
    ("awk '{ s += $1 } END { print s }' text", 1.0),
    ("awk '{ n[$2]++ } END { for (w in n) c++; print c }' text", 1.0),
    ("awk '{ print $2, $1 }' text", 1.0),
    ("cat text | wc -c", 1.0),
    ("expand text", 1.0),
    ("fold -w 40 text", 1.0),
    ("strings text", 1.0),
];

/// Over the tree, which is in the image; then over the same on the host, mounted.
const TREE: [Work; 14] = [
    ("find tree", 0.5),
    ("find tree -type f -name '*7'", 0.5),
    ("ls -R tree", 0.5),
    ("ls -lR tree", 0.5),
    ("du -s tree", 0.5),
    ("grep -rl needle tree", 0.5),
    ("find tree | xargs sha256sum 2>/dev/null || true", 1.0),
    ("tar c tree", 1.0),
    ("tar t <$DATA/tree.tar", 1.0),
    ("cd $MEMORY && tar x <$DATA/tree.tar", 1.0),
    ("cp -a tree $MEMORY", 1.0),
    ("cd $DATA && find tree", 1.0),
    ("cd $DATA && ls -lR tree", 1.0),
    ("cd $DATA && grep -rl needle tree", 1.0),
];

/// Text that is the same every time.
struct Prose {
    state: u64,
    words: Vec<String>,
}

impl Prose {
    fn new() -> Self {
        let mut prose = Prose { state: 0x9e37_79b9_7f4a_7c15, words: Vec::new() };
        for _ in 0..20_000 {
            let length = 2 + prose.below(9);
            let letters = b"etaoinshrdlucmfwypvbgkjqxz";
            let word = (0..length).map(|_| char::from(letters[prose.below(26).min(prose.below(26))])).collect();
            prose.words.push(word);
        }
        prose
    }

    /// A number below `end`, by xorshift.
    fn below(&mut self, end: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 11) as usize % end
    }

    /// A line: a number and three to fourteen words, the first ones of the list most often.
    fn line(&mut self) -> String {
        let mut line = self.below(1_000_000_000).to_string();
        for _ in 0..3 + self.below(12) {
            let end = 1 + self.below(self.words.len());
            let word = self.below(end);
            line.push(' ');
            line.push_str(&self.words[word]);
        }
        if self.below(5000) == 0 {
            line.push(' ');
            line.push_str(RARE);
        }
        line.push('\n');
        line
    }

    fn bytes(&mut self, size: usize) -> Vec<u8> {
        let mut text = Vec::with_capacity(size + 256);
        while text.len() < size {
            text.extend_from_slice(self.line().as_bytes());
        }
        text
    }
}

/// Writes the text files.
fn write_texts(folder: &Path, size: usize) {
    let mut prose = Prose::new();
    let create = |name: &str| BufWriter::new(File::create(folder.join(name)).expect("create a text"));
    let (mut text, mut part, mut numbers) = (create("text"), create("part"), create("numbers"));
    let (mut words, mut lines) = (Vec::new(), Vec::new());
    let mut written = 0;
    while written < size {
        let line = prose.line();
        text.write_all(line.as_bytes()).expect("write text");
        if written < size / 10 {
            part.write_all(line.as_bytes()).expect("write text");
        }
        let (number, rest) = line.split_once(' ').expect("a number and words");
        writeln!(numbers, "{number}").expect("write text");
        if written < size / 4 {
            words.push(rest.split(' ').take(2).collect::<Vec<_>>().join(" ").trim().to_owned());
        }
        written += line.len();
        lines.push(line);
    }
    for file in [&mut text, &mut part, &mut numbers] {
        file.flush().expect("write text");
    }
    let mut many = create("many");
    words.iter().cycle().take(words.len() * 4).for_each(|word| writeln!(many, "{word}").expect("write text"));
    words.sort();
    let mut sorted = create("sorted");
    words.iter().for_each(|word| writeln!(sorted, "{word}").expect("write text"));
    lines.sort();
    let mut nearly = create("nearly");
    for (number, line) in lines.iter().enumerate() {
        let moved = if number % 100 == 99 { "zz" } else { "" };
        write!(nearly, "{moved}{line}").expect("write text");
    }
    for file in [&mut many, &mut sorted, &mut nearly] {
        file.flush().expect("write text");
    }
    let gzip = File::create(folder.join("text.gz")).expect("create text.gz");
    let made = Command::new("gzip").arg("-c").arg(folder.join("text")).stdout(gzip).status().expect("start gzip");
    assert!(made.success(), "gzip: {made}");
}

/// Where the scripts find things.
struct Places {
    /// The native program under the names of its applets, to be found before others.
    bin: PathBuf,
    /// The texts and the tree's archive, and the tree.
    data: Scratch,
    /// A folder in memory.
    memory: Scratch,
}

/// Measures the tools over `megabytes` of text and over the tree.
pub fn run(report: &mut Report, rounds: usize, megabytes: usize) {
    let Some((lab, small)) = Lab::with_busybox() else { return };
    let data = Scratch::new("bench-applets");
    write_texts(data.path(), megabytes * 1_000_000);
    let contents: Vec<Vec<u8>> = {
        let mut prose = Prose::new();
        let mut content = || {
            let size = prose.below(2000);
            prose.bytes(size)
        };
        tree::files().map(|_| content()).collect()
    };
    let content = |number: usize, _: &str| contents[number].clone();
    tree::write(data.path(), content);
    let image = Image::new([busybox::layer(), tree::layer(Layer::new(), content).into()]);
    let reference = lab.provide("bench-applets", &image);
    let tar = Command::new("tar").args(["-cf", "tree.tar", "tree"]).current_dir(data.path()).status();
    assert!(tar.expect("start tar").success(), "tar failed");
    let bin = data.join("bin");
    fs::create_dir(&bin).expect("make a folder");
    let program = find("busybox").expect("busybox is installed");
    for applet in busybox::applets() {
        std::os::unix::fs::symlink(&program, bin.join(applet)).expect("link an applet");
    }
    let shm = Path::new("/dev/shm");
    let memory = if shm.is_dir() { Scratch::within(shm, "bench-applets") } else { Scratch::new("bench-memory") };
    let places = Places { bin, data, memory };
    let measured = |works: &[Work], image: &str, workdir: &str| -> Vec<Ratio> {
        works.iter().map(|work| ratio(&lab, &places, image, workdir, *work, rounds)).collect()
    };
    report.add_ratios(Ratios {
        key: "applets-text",
        title: format!("Applets: {megabytes} MB of text"),
        about: "The text is a file of the host, mounted; the output goes to `/dev/null`.".into(),
        rows: measured(&TEXT, &small, "/data"),
    });
    report.add_ratios(Ratios {
        key: "applets-tree",
        title: "Applets: 60,000 files".into(),
        about: "The files are in the image, or, for what begins with `cd $DATA`, mounted from the host.".into(),
        rows: measured(&TREE, &reference, "/"),
    });
}

/// One comparison.
fn ratio(lab: &Lab, places: &Places, image: &str, workdir: &str, (script, target): Work, rounds: usize) -> Ratio {
    let native = || {
        empty(places.memory.path());
        let mut command = Command::new(places.bin.join("sh"));
        command.args(["-c", script]).current_dir(places.data.path()).env_clear();
        command.env("PATH", &places.bin).env("DATA", places.data.path()).env("MEMORY", places.memory.path());
        command
    };
    let volume = format!("{}:/data", places.data.path().display());
    let wcr = || {
        let args = ["run", "--rm", "-v", &volume, "--tmpfs", "/memory", "-e", "DATA=/data", "-e", "MEMORY=/memory"];
        lab.wcr([&args[..], &["-w", workdir, image, "sh", "-c", script]].concat()).into_command()
    };
    let told = places.data.join("peak");
    let peak = |command| memory::peak(Command::new(places.bin.join("time")), &told, command);
    let memory = [peak(native()), peak(wcr())];
    let outcomes = compare(vec![Contestant::new("native", native), Contestant::new("wcr run", wcr)], rounds, None);
    let Ok(outcomes) = <[_; 2]>::try_from(outcomes) else { unreachable!("as many outcomes as contestants") };
    Ratio { name: format!("`{script}`"), target, outcomes, memory }
}

/// Removes what a folder holds.
fn empty(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        fs::remove_dir_all(entry.path()).expect("remove what the last run left");
    }
}
