//! `tree`: shows folders as a tree.

use wcr_sys::abi::FileKind;
use wcr_sys::fs;

use crate::core::paths::join;
use crate::{Applet, Context, Quit};

/// The applet. Debian's BusyBox lacks it; this is as its documentation has it.
pub const APPLET: Applet =
    Applet::new("tree", "tree [DIR]...\n\nList content of directories in a tree-like format", main);

/// How many of each kind have been shown.
#[derive(Debug, Default)]
struct Counts {
    folders: usize,
    files: usize,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let roots = if ctx.args.is_empty() { vec![b".".to_vec()] } else { ctx.args.to_vec() };
    let mut counts = Counts::default();
    for root in &roots {
        ctx.put(root);
        match fs::read_dir(root) {
            Ok(_) => {
                ctx.put(b"\n");
                show(ctx, root, &mut Vec::new(), &mut counts);
            }
            Err(_) => ctx.put(b" [error opening dir]\n"),
        }
    }
    let plural = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
    let folders = plural(counts.folders, "directory", "directories");
    let files = plural(counts.files, "file", "files");
    ctx.put(format!("\n{folders}, {files}\n").as_bytes());
    Ok(0)
}

/// Shows what is in a folder; `above` says of each level whether more follows there.
fn show(ctx: &mut Context<'_>, folder: &[u8], above: &mut Vec<bool>, counts: &mut Counts) {
    let mut entries = fs::read_dir(folder).unwrap_or_default();
    entries.retain(|entry| !entry.name.starts_with(b"."));
    let count = entries.len();
    for (at, entry) in entries.into_iter().enumerate() {
        let (path, more) = (join(folder, &entry.name), at + 1 < count);
        let mut line: String = above.iter().map(|more| if *more { "│   " } else { "    " }).collect();
        line.push_str(if more { "├── " } else { "└── " });
        ctx.put(line.as_bytes());
        ctx.put(&entry.name);
        let kind = fs::lstat(&path).map_or(FileKind::Regular, |stat| stat.mode.kind());
        match kind {
            FileKind::Symlink => {
                let target = fs::readlink(&path).unwrap_or_default();
                ctx.put(&[b" -> ", target.as_slice(), b"\n"].concat());
                counts.files += 1;
            }
            FileKind::Directory => {
                ctx.put(b"\n");
                counts.folders += 1;
                above.push(more);
                show(ctx, &path, above, counts);
                above.pop();
            }
            _ => {
                ctx.put(b"\n");
                counts.files += 1;
            }
        }
    }
}
