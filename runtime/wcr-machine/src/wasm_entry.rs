//! The program of an image that is for WebAssembly, where its runtimes are less strict than Linux is.

use wcr_abi::{FileKind, Timestamp};
use wcr_vfs::{Creds, Vfs, Walk};

use crate::path::clean;

/// The bytes that a WebAssembly program begins with.
const MAGIC: &[u8] = b"\0asm";

/// Finds the first program as those runtimes do: its name is a path, too, when it has no slash, and nobody asks whether
/// the file is executable. The file is made executable, and the name is given a slash, so that it is found.
pub(crate) fn prepare(vfs: &mut Vfs, argv: &mut [Vec<u8>], workdir: &str, now: Timestamp) {
    let Some(name) = argv.first_mut() else { return };
    let Ok(text) = core::str::from_utf8(name) else { return };
    let path = if text.starts_with('/') { clean(text) } else { clean(&format!("{workdir}/{text}")) };
    let creds = Creds::root();
    let walk = Walk::new(vfs.root(), creds, 0);
    let Ok(node) = vfs.resolve_node(&walk, None, path.as_bytes(), true) else { return };
    let Ok(stat) = vfs.stat_node(node) else { return };
    let mut head = [0; MAGIC.len()];
    if stat.mode.kind() != FileKind::Regular || vfs.read_node(node, 0, &mut head) != Ok(MAGIC.len()) || head != MAGIC {
        return;
    }
    let permissions = stat.mode.permissions();
    // Should that fail, starting it says why.
    let executable = permissions & 0o111 == 0o111 || vfs.chmod_node(creds, node, permissions | 0o111, now).is_ok();
    if executable && !name.contains(&b'/') {
        *name = path.into_bytes();
    }
}
