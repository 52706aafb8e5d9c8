//! What only a Unix can be asked: free space and sockets.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;

use super::Check;
use crate::text::size;

/// Room for a program or two, in bytes; less is a warning.
const MUCH_ROOM: u64 = 1 << 30;
/// With less than this nothing can be pulled.
const LITTLE_ROOM: u64 = 64 << 20;

/// How much this user may still write to the store.
pub(super) fn room(root: &Path) -> Check {
    let folder = super::existing(root);
    match rustix::fs::statvfs(&folder) {
        Ok(system) => about_room(system.f_bavail.saturating_mul(system.f_frsize)),
        Err(error) => Check::warn(
            "free space",
            format!("{} cannot be asked: {error}", folder.display()),
            "see whether the file system is mounted and sound",
        ),
    }
}

fn about_room(bytes: u64) -> Check {
    let advice = "`wcr prune --all` removes images that nothing uses; WCR_ROOT names another folder";
    match bytes {
        ..LITTLE_ROOM => Check::fail("free space", size(bytes), advice),
        LITTLE_ROOM..MUCH_ROOM => Check::warn("free space", size(bytes), advice),
        MUCH_ROOM.. => Check::ok("free space", size(bytes)),
    }
}

/// Whether sockets can be made in the store's folder, by which containers are spoken to.
pub(super) fn socket(root: &Path) -> Check {
    let folder = super::existing(root);
    // As long as the names that sockets of containers have.
    let path = folder.join(format!(".wcr-doctor-socket.{:010}", std::process::id()));
    let made = UnixListener::bind(&path).map(drop);
    let removed = fs::remove_file(&path);
    match made.and(removed) {
        Ok(()) => Check::ok("sockets", "can be made in the store"),
        Err(error) => Check::fail(
            "sockets",
            format!("{}: {error}", path.display()),
            "the path may be too long (107 bytes), or the file system knows none; set WCR_ROOT to another folder",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn room_has_three_degrees() {
        assert_eq!([0, 1 << 27, 1 << 40].map(|bytes| about_room(bytes).state), [State::Fail, State::Warn, State::Ok]);
    }

    #[test]
    fn a_path_too_long_for_a_socket_is_told() {
        let folder = std::env::temp_dir().join(format!("wcr-{:0>120}", std::process::id()));
        fs::create_dir(&folder).unwrap();
        let found = socket(&folder);
        fs::remove_dir(&folder).unwrap();
        assert_eq!(found.state, State::Fail, "{found:?}");
        assert_eq!(socket(&std::env::temp_dir()).state, State::Ok);
    }
}
