//! The page about the guest calls, made from the table of calls and from what the functions say of themselves.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// The variable that lets the test write the page.
const BLESS: &str = "WCR_BLESS";

/// A call of the table.
struct Entry {
    module: &'static str,
    rust: &'static str,
    name: &'static str,
    waits: bool,
    params: &'static [(&'static str, &'static str)],
}

macro_rules! list {
    ($($module:literal in $rust:ident { $($kind:ident $name:ident($($arg:ident: $ty:ty),* $(,)?);)* })*) => {
        const CALLS: &[Entry] = &[$($(
            Entry {
                module: $module,
                rust: stringify!($rust),
                name: stringify!($name),
                waits: matches!(stringify!($kind).as_bytes(), b"wait"),
                params: &[$((stringify!($arg), stringify!($ty))),*],
            },
        )*)*];
    };
}

wcr_wasi::calls!(list);

/// The calls that engines make without the table: their functions are in `entry.rs`.
const OWN: [Entry; 2] = [
    Entry {
        module: "wasi_snapshot_preview1",
        rust: "entry",
        name: "proc_exit",
        waits: false,
        params: &[("code", "u32")],
    },
    Entry { module: "wcr_v1", rust: "entry", name: "fork", waits: false, params: &[("arg", "u32"), ("out", "u32")] },
];

const HEAD: &str = "\
# Guest calls

All that a guest can ask of the kernel: the modules that it imports from, and their functions. This page is made from the
table in `src/table.rs` and the comments of the functions, by a test that fails when it is old; `WCR_BLESS=1` makes it
anew.

Each call gives an error number, that of preview1's `errno`, and 0 for success; a result is written to an address. So
each call that is given an address can fail with `FAULT`, when what is there is not wholly within the guest's memory.
A path is given as its address and its length, at most 4,095 bytes (`NAMETOOLONG`), without a NUL (`INVAL`).
*The way to a name* fails with `NOENT` or `NOTDIR` (a part of it is missing or no directory), `ACCES` (a part of it may
not be searched, or the last one not be used so), `LOOP` (over 40 symbolic links), `NAMETOOLONG` (a part over 255 bytes)
and `BADF` (the descriptor that it starts at is not open). A process that is ended by a signal does not come back.

A call that *waits* may suspend its process. What is *in part* says so; everything else is there in full.
";

/// What the comment of a function says.
#[derive(Default)]
struct Comment {
    what: String,
    partial: String,
    errors: String,
}

impl Comment {
    /// Takes a comment apart: paragraphs, of which one may say what is partial, and the section about errors.
    fn parse(text: &str) -> Self {
        let (body, errors) = text.split_once("# Errors\n").unwrap_or((text, ""));
        let mut comment = Self { errors: one_line(errors), ..Self::default() };
        for paragraph in body.split("\n\n") {
            match paragraph.trim().strip_prefix("Partial: ") {
                Some(partial) => comment.partial = one_line(partial),
                None => comment.what = format!("{} {}", comment.what, one_line(paragraph)).trim().to_owned(),
            }
        }
        comment
    }
}

fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace("[`", "`").replace("`]", "`").replace('|', "\\|")
}

/// The comments of the public functions of some files.
fn comments(files: &[PathBuf]) -> BTreeMap<String, Comment> {
    let mut found = BTreeMap::new();
    for file in files {
        let mut comment = String::new();
        for line in fs::read_to_string(file).unwrap().lines() {
            if let Some(text) = line.strip_prefix("///") {
                comment += &format!("{}\n", text.trim());
            } else if let Some(name) = line.strip_prefix("pub fn ") {
                let name = name.split(['<', '(']).next().unwrap().to_owned();
                found.insert(name, Comment::parse(&core::mem::take(&mut comment)));
            } else if !line.starts_with('#') {
                comment.clear();
            }
        }
    }
    found
}

fn files(rust: &str) -> Vec<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    if rust == "entry" {
        return vec![source.join("entry.rs")];
    }
    let entries = fs::read_dir(source.join(rust)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn page() -> String {
    let known: BTreeMap<&str, BTreeMap<String, Comment>> =
        ["preview1", "linux", "entry"].into_iter().map(|rust| (rust, comments(&files(rust)))).collect();
    let mut page = HEAD.to_owned();
    let mut module = "";
    let of = |name| OWN.iter().filter(move |entry| entry.module == name);
    let modules = [CALLS[0].module, "wcr_v1"];
    let all =
        modules.into_iter().flat_map(|name| CALLS.iter().filter(move |entry| entry.module == name).chain(of(name)));
    for entry in all {
        if module != entry.module {
            module = entry.module;
            let _ = write!(page, "\n## `{module}`\n\n| call | what it does | errors | state |\n|---|---|---|---|\n");
        }
        let Some(comment) = known[entry.rust].get(entry.name) else { panic!("{} has no comment", entry.name) };
        assert!(!comment.what.is_empty() && !comment.errors.is_empty(), "{} does not say its errors", entry.name);
        let params: Vec<String> = entry.params.iter().map(|(name, ty)| format!("{name}: {ty}")).collect();
        let waits = if entry.waits { " *Waits.*" } else { "" };
        let Comment { what, partial, errors } = comment;
        let state = if partial.is_empty() { "full".to_owned() } else { format!("in part: {partial}") };
        let _ = writeln!(page, "| `{}({})` | {what}{waits} | {errors} | {state} |", entry.name, params.join(", "));
    }
    page
}

#[test]
fn the_page_about_the_calls_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("CALLS.md");
    let page = page();
    if std::env::var_os(BLESS).is_some() {
        fs::write(&path, &page).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    let line = there.lines().zip(page.lines()).find(|(there, page)| there != page);
    assert!(there == page, "CALLS.md is old; {BLESS}=1 makes it anew. First difference: {line:#?}");
}

#[test]
fn preview1_is_there_as_a_whole() {
    let own = OWN.iter().filter(|entry| entry.module == CALLS[0].module).count();
    assert_eq!(CALLS.iter().filter(|entry| entry.module == CALLS[0].module).count() + own, 46);
}
