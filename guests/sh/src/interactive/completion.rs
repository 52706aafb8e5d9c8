//! What words can become: files, folders, commands.

use wcr_sys::abi::FileKind;
use wcr_sys::fs;

use crate::accounts;
use crate::edit::{Candidates, Completion, command_part, is_command, unescaped, word_start};

/// What completion knows of the shell.
#[derive(Debug, Default)]
pub struct Words {
    /// `PATH`.
    pub path: Vec<u8>,
    /// `HOME`.
    pub home: Vec<u8>,
    /// Built-ins and applets.
    pub commands: Vec<Vec<u8>>,
}

impl Completion for Words {
    fn candidates(&mut self, line: &[u8]) -> Candidates {
        let start = word_start(line);
        let word = unescaped(line.get(start..).unwrap_or_default());
        let mut names = if is_command(line, start) && !word.contains(&b'/') {
            self.matching_commands(&word)
        } else {
            let folders_only = matches!(first_word(line.get(..start).unwrap_or_default()), b"cd" | b"chdir");
            self.files(&word, folders_only)
        };
        names.sort();
        names.dedup();
        Candidates { start, names }
    }
}

impl Words {
    fn matching_commands(&self, word: &[u8]) -> Vec<Vec<u8>> {
        let known = self.commands.iter().filter(|name| name.starts_with(word)).cloned();
        let folders = self.path.split(|byte| *byte == b':').filter(|folder| !folder.is_empty());
        let programs = folders.flat_map(|folder| fs::read_dir(folder).unwrap_or_default());
        let programs = programs.map(|entry| entry.name).filter(|name| name.starts_with(word));
        known.chain(programs).collect()
    }

    /// The folder that the words of a path lead to.
    fn place(&self, folder: &[u8]) -> Vec<u8> {
        let Some(rest) = folder.strip_prefix(b"~") else {
            return if folder.is_empty() { b".".to_vec() } else { folder.to_vec() };
        };
        let name = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
        let home = if name.is_empty() { Some(self.home.clone()) } else { accounts::home(name) };
        match home {
            Some(home) => [&home, rest.get(name.len()..).unwrap_or_default()].concat(),
            None => folder.to_vec(),
        }
    }

    fn files(&self, word: &[u8], folders_only: bool) -> Vec<Vec<u8>> {
        let slash = word.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
        let (folder, begin) = word.split_at(slash);
        if let Some(user) = begin.strip_prefix(b"~").filter(|_| folder.is_empty()) {
            let names = accounts::names().into_iter().filter(|name| name.starts_with(user));
            let names: Vec<_> = names.map(|name| [b"~", &name[..], b"/"].concat()).collect();
            if !names.is_empty() {
                return names;
            }
        }
        let place = self.place(folder);
        let entries = fs::read_dir(&place).unwrap_or_default();
        let shown = entries
            .into_iter()
            .filter(|entry| entry.name.starts_with(begin) && !matches!(&entry.name[..], b"." | b".."))
            .filter(|entry| !entry.name.iter().any(u8::is_ascii_control));
        let named = shown.filter_map(|entry| {
            let is_folder = match entry.stat.mode.kind() {
                FileKind::Directory => true,
                FileKind::Symlink => {
                    let path = [&place, &b"/"[..], &entry.name].concat();
                    fs::stat(&path).is_ok_and(|stat| stat.mode.kind() == FileKind::Directory)
                }
                _ => false,
            };
            let end: &[u8] = if is_folder { b"/" } else { b"" };
            (is_folder || !folders_only).then(|| [folder, &entry.name, end].concat())
        });
        let dots = [&b"./"[..], b"../"].into_iter().filter(|dots| !begin.is_empty() && dots.starts_with(begin));
        named.chain(dots.map(|dots| [folder, dots].concat())).collect()
    }
}

/// The command's name in the part of a line before a word.
fn first_word(before: &[u8]) -> &[u8] {
    command_part(before).split(|byte| matches!(byte, b' ' | b'\t')).next().unwrap_or_default()
}
