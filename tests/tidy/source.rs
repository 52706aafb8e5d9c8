//! The Rust sources of the workspace, with what is test code and what is only text told apart.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders with the project's own sources.
const FOLDERS: [&str; 5] = ["runtime", "shims", "guests", "tests", "web"];

/// Folders that hold what is made, not written.
const MADE: [&str; 3] = ["target", "node_modules", "dist"];

/// A Rust file.
pub struct Source {
    /// The path from the workspace's root, with forward slashes.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// The text with comments and the insides of literals blanked out, line for line.
    pub code: String,
    /// The code that is compiled outside tests: `code` with the items under `#[cfg(test)]` blanked out; empty for a
    /// file that is all tests.
    pub product: String,
}

/// All Rust files, sorted by path.
pub fn all() -> Vec<Source> {
    let root = super::root();
    let mut paths = Vec::new();
    for folder in FOLDERS {
        collect(&root.join(folder), &mut paths);
    }
    paths.sort();
    let mut test_files = BTreeSet::new();
    let mut sources: Vec<(PathBuf, Source)> = paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let code = blank_text(&text);
            let (product, modules) = without_tests(&code);
            test_files.extend(modules.iter().flat_map(|module| module_files(&path, module)));
            let relative = path.strip_prefix(&root).expect("below the root").to_string_lossy().replace('\\', "/");
            (path, Source { path: relative, text, code, product })
        })
        .collect();
    for (path, source) in &mut sources {
        let is_test = test_files.iter().any(|file| path == file || path.starts_with(file.with_extension("")));
        if is_test || is_test_folder(&source.path) {
            source.product.clear();
        }
    }
    sources.into_iter().map(|(_, source)| source).collect()
}

fn is_test_folder(path: &str) -> bool {
    path.starts_with("tests/") || path.split('/').any(|part| matches!(part, "tests" | "examples" | "benches"))
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if !MADE.iter().any(|made| name == *made) {
                collect(&path, paths);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

/// Where `mod NAME;` in the file at `path` may lie.
fn module_files(path: &Path, name: &str) -> [PathBuf; 2] {
    let parent = path.parent().unwrap_or(Path::new(""));
    let stem = path.file_stem().unwrap_or_default();
    let folder =
        if stem == "lib" || stem == "main" || stem == "mod" { parent.to_path_buf() } else { parent.join(stem) };
    [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")]
}

/// Blanks comments and the insides of string and character literals; line breaks stay.
fn blank_text(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = match chars[at] {
            '/' if chars.get(at + 1) == Some(&'/') => line_end(&chars, at),
            '/' if chars.get(at + 1) == Some(&'*') => block_comment_end(&chars, at),
            '"' => string_end(&chars, at + 1),
            'r' if !ends_in_word(&out) => raw_string_end(&chars, at).unwrap_or(at),
            '\'' => char_end(&chars, at).unwrap_or(at),
            _ => at,
        };
        if end == at {
            out.push(chars[at]);
            at += 1;
        } else {
            out.extend(chars[at..end].iter().map(|&character| if character == '\n' { '\n' } else { ' ' }));
            at = end;
        }
    }
    out
}

/// Whether the character before belongs to a name, so that an `r` here does not begin a raw string (`b` may precede).
fn ends_in_word(out: &str) -> bool {
    let mut last = out.chars().rev();
    match last.next() {
        Some('b' | 'c') => last.next().is_some_and(|before| before.is_alphanumeric() || before == '_'),
        Some(before) => before.is_alphanumeric() || before == '_',
        None => false,
    }
}

fn line_end(chars: &[char], at: usize) -> usize {
    (at..chars.len()).find(|&index| chars[index] == '\n').unwrap_or(chars.len())
}

fn block_comment_end(chars: &[char], at: usize) -> usize {
    let (mut depth, mut index) = (0, at);
    while index + 1 < chars.len() {
        match (chars[index], chars[index + 1]) {
            ('/', '*') => (depth, index) = (depth + 1, index + 2),
            ('*', '/') => (depth, index) = (depth - 1, index + 2),
            _ => index += 1,
        }
        if depth == 0 {
            return index;
        }
    }
    chars.len()
}

fn string_end(chars: &[char], mut at: usize) -> usize {
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    chars.len()
}

fn raw_string_end(chars: &[char], at: usize) -> Option<usize> {
    let hashes = chars[at + 1..].iter().take_while(|&&character| character == '#').count();
    let start = at + 1 + hashes;
    if chars.get(start) != Some(&'"') {
        return None;
    }
    (start + 1..chars.len())
        .find(|&index| {
            chars[index] == '"' && chars[index + 1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes
        })
        .map(|index| index + 1 + hashes)
}

/// The end of a character literal; `None` for a lifetime.
fn char_end(chars: &[char], at: usize) -> Option<usize> {
    match chars.get(at + 1)? {
        '\\' => (at + 3..chars.len().min(at + 14)).find(|&index| chars[index] == '\'').map(|index| index + 1),
        _ => (chars.get(at + 2) == Some(&'\'')).then_some(at + 3),
    }
}

/// Blanks the items under `#[cfg(test)]`, and lists the modules in other files among them.
fn without_tests(code: &str) -> (String, Vec<String>) {
    const MARK: &str = "#[cfg(test)]";
    let mut out = code.to_owned();
    let mut modules = Vec::new();
    let mut from = 0;
    while let Some(found) = out[from..].find(MARK) {
        let start = from + found;
        let end = item_end(&out, start + MARK.len());
        let item = out[start + MARK.len()..end].to_owned();
        if let Some(name) = item.trim_end().strip_suffix(';').and_then(|item| item.trim().strip_prefix("mod ")) {
            modules.push(name.trim().to_owned());
        }
        let blank: String = out[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        out.replace_range(start..end, &blank);
        from = start + blank.len();
    }
    (out, modules)
}

/// Where the item that begins at `at` ends: after its `;`, or after the brace that closes its first one.
fn item_end(code: &str, at: usize) -> usize {
    let mut depth = 0;
    for (offset, character) in code[at..].char_indices() {
        match character {
            ';' if depth == 0 => return at + offset + 1,
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                if depth == 0 {
                    return at + offset + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

#[test]
fn text_is_blanked_and_code_is_not() {
    let code =
        blank_text("let a = \"x.unwrap()\"; // unsafe\nb.unwrap(); /* a /* b */ c */ r#\"\"q\"\"# 'x' '\\'' &'a str");
    assert!(code.contains("b.unwrap();"), "{code}");
    assert_eq!(code.matches("unwrap").count(), 1, "{code}");
    assert!(!code.contains("unsafe") && !code.contains('q') && code.contains("&'a str"), "{code}");
}

#[test]
fn test_items_are_left_out() {
    let (product, modules) =
        without_tests("fn a() {}\n#[cfg(test)]\nmod tests { fn b() { {} } }\n#[cfg(test)] mod more;\nfn c() {}");
    assert!(product.contains("fn a") && product.contains("fn c") && !product.contains("fn b"), "{product}");
    assert_eq!(modules, ["more"]);
}
