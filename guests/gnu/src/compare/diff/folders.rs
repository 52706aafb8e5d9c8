//! `diff` of folders: their files by name.

use std::collections::BTreeSet;

use applets::core::folder;
use applets::core::paths::join;
use applets::{Context, Quit, glob};
use wcr_sys::Errno;

use super::super::{DIFFERENT, TROUBLE};
use super::options::Options;
use super::{File, files, look};

/// Compares what is in two folders, of which one may not be there.
pub(super) fn compare(ctx: &mut Context<'_>, left: &File, right: &File, options: &Options) -> Result<u8, Quit> {
    let mut code = 0;
    let mut names = BTreeSet::new();
    for file in [left, right] {
        if file.stat.is_none() {
            continue;
        }
        match folder::entries(&file.path) {
            Ok(entries) => {
                let wanted = |name: &Vec<u8>| {
                    let excluded = options.excluded.iter().any(|pattern| glob::matches(pattern, name, false));
                    !excluded && options.start.as_ref().is_none_or(|start| name >= start)
                };
                names.extend(entries.into_iter().map(|entry| entry.name).filter(wanted));
            }
            Err(error) => {
                ctx.perror(&[&file.path], error);
                code = TROUBLE;
            }
        }
    }
    if code == TROUBLE {
        return Ok(code);
    }
    for name in names {
        code = code.max(one(ctx, (left, right), &name, options)?);
    }
    Ok(code)
}

fn one(ctx: &mut Context<'_>, (left, right): (&File, &File), name: &[u8], options: &Options) -> Result<u8, Quit> {
    let mut found = Vec::new();
    let mut failed = false;
    for folder in [left, right] {
        let path = join(&folder.path, name);
        let there = folder.stat.is_some();
        let is_listed = there && wcr_sys::fs::lstat(&path).is_ok();
        match if is_listed { look(&path, options).map(Some) } else { Ok(None) } {
            Ok(stat) => found.push(File { path, stat }),
            Err(error) => {
                tell(ctx, &path, error);
                failed = true;
            }
        }
    }
    if failed {
        return Ok(TROUBLE);
    }
    let [one, other] = found.as_slice() else { return Ok(0) };
    let only = |ctx: &mut Context<'_>, folder: &File| {
        ctx.put(&[b"Only in ", folder.path.as_slice(), b": ", name, b"\n"].concat());
        Ok(DIFFERENT)
    };
    let is_special = |file: &File| {
        file.kind()
            .is_some_and(|kind| !matches!(kind, wcr_sys::abi::FileKind::Regular | wcr_sys::abi::FileKind::Directory))
    };
    match (&one.stat, &other.stat) {
        (None, None) => Ok(0),
        (Some(_), None) => {
            let shows = options.new_file && (!one.is_folder() || options.recursive) && !is_special(one);
            if !shows && options.new_file && one.is_folder() {
                return files(ctx, one, other, options, true);
            }
            if shows { files(ctx, one, other, options, true) } else { only(ctx, left) }
        }
        (None, Some(_)) => {
            let wanted = options.new_file || options.first_new_file;
            if wanted && other.is_folder() && !options.recursive {
                return files(ctx, one, other, options, true);
            }
            if wanted && !is_special(other) { files(ctx, one, other, options, true) } else { only(ctx, right) }
        }
        _ => files(ctx, one, other, options, true),
    }
}

fn tell(ctx: &mut Context<'_>, path: &[u8], error: Errno) {
    ctx.perror(&[path], error);
}
