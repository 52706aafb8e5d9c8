//! Paths without links, dots and repeated slashes, for `realpath`, `readlink -f` and `ln -r`.

use applets::core::paths::join;
use wcr_sys::abi::FileKind;
use wcr_sys::{Errno, fs};

/// How many symbolic links a path may lead through.
const MAX_LINKS: usize = 40;

/// Which components may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// None.
    None,
    /// The last one.
    Last,
    /// Any.
    Any,
}

/// The absolute path that `path` stands for.
/// # Errors
/// A component is missing, or no directory, or there are too many links.
pub fn resolve(path: &[u8], missing: Missing) -> Result<Vec<u8>, Errno> {
    if path.is_empty() {
        return Err(Errno::Noent);
    }
    let mut done = if path.starts_with(b"/") { b"/".to_vec() } else { fs::getcwd()? };
    let mut rest: Vec<Vec<u8>> = components(path);
    let (mut links, mut gone) = (0, false);
    while let Some(name) = rest.pop() {
        match name.as_slice() {
            b"." => continue,
            b".." => {
                let up = done.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                done.truncate(up.max(1));
                continue;
            }
            _ => {}
        }
        let next = join(&done, &name);
        if gone {
            done = next;
            continue;
        }
        match fs::lstat(&next) {
            Ok(stat) if stat.mode.kind() == FileKind::Symlink => {
                links += 1;
                if links > MAX_LINKS {
                    if missing == Missing::Any {
                        done = next;
                        gone = true;
                        continue;
                    }
                    return Err(Errno::Loop);
                }
                let target = fs::readlink(&next)?;
                if target.starts_with(b"/") {
                    done = b"/".to_vec();
                }
                rest.extend(components(&target));
            }
            Ok(stat) => {
                let dir_wanted = !rest.is_empty();
                if dir_wanted && stat.mode.kind() != FileKind::Directory && missing != Missing::Any {
                    return Err(Errno::Notdir);
                }
                done = next;
            }
            Err(error) => {
                let last = rest.iter().all(|name| name == b".");
                if missing == Missing::None || missing == Missing::Last && (!last || error != Errno::Noent) {
                    return Err(error);
                }
                gone = true;
                done = next;
            }
        }
    }
    Ok(done)
}

/// The components, last first; a slash at the end counts as a dot.
fn components(path: &[u8]) -> Vec<Vec<u8>> {
    let mut parts: Vec<Vec<u8>> =
        path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).map(<[u8]>::to_vec).collect();
    if path.ends_with(b"/") && !parts.is_empty() {
        parts.push(b".".to_vec());
    }
    parts.reverse();
    parts
}

/// The relative path that leads from the directory `from` to `to`, both absolute and resolved.
#[must_use]
pub fn between(from: &[u8], to: &[u8]) -> Vec<u8> {
    let parts = |path: &[u8]| -> Vec<Vec<u8>> {
        path.split(|byte| *byte == b'/').filter(|part| !part.is_empty()).map(<[u8]>::to_vec).collect()
    };
    let (from, to) = (parts(from), parts(to));
    let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
    let ups = core::iter::repeat_n(b"..".to_vec(), from.len() - common);
    let way: Vec<Vec<u8>> = ups.chain(to.into_iter().skip(common)).collect();
    if way.is_empty() { b".".to_vec() } else { way.join(&b'/') }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_between_directories() {
        for (from, to, way) in [("/a/b", "/a/c", "../c"), ("/", "/x", "x"), ("/a", "/a", "."), ("/a/b", "/", "../..")] {
            assert_eq!(between(from.as_bytes(), to.as_bytes()), way.as_bytes());
        }
    }
}
