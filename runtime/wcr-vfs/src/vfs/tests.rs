//! Paths, permissions and mounts.

use super::*;
use crate::tree::{Tree, TreeLimits};
use wcr_abi::{OpenFlags, Timestamp};

const NOW: Timestamp = Timestamp { sec: 1_000, nsec: 5 };

fn vfs() -> Vfs {
    Vfs::new(Box::new(Tree::new(TreeLimits::default(), NOW)), MountOptions::default())
}

#[test]
fn a_file_is_made_written_and_read_by_path() {
    let mut vfs = vfs();
    let walk = Walk::new(vfs.root(), Creds::root(), 7);
    vfs.mkdir(&walk, None, b"/tmp/", 0o1777, NOW).unwrap();
    let flags = OpenFlags::CREAT.with(OpenFlags::WRONLY);
    let Ok(Found::Here(opened)) = vfs.open(&walk, None, b"tmp/x", flags, 0o644, NOW) else { panic!() };
    assert!(opened.created);
    assert_eq!(vfs.path_at(&opened.place.unwrap()).unwrap(), b"/tmp/x");
    assert_eq!(vfs.write_node(Creds::root(), opened.node, 0, b"hello", NOW), Ok(5));
    let mut buf = [0; 10];
    assert_eq!(vfs.read_node(opened.node, 1, &mut buf), Ok(4));
    assert_eq!(vfs.view(opened.node, 0, 9), Some(&b"hello"[..]));
}
