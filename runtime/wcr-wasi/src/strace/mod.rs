//! Guest calls in words, for the lines of a trace: what each argument is and how it is shown.
//!
//! Calls of the `wcr` module have the prefix `wcr.`, those of preview1 none. Strings are quoted as strace quotes
//! them, names of files whole and data up to 32 bytes; flags have their names in C; a structure that a call
//! fills is in braces, a single result in brackets, and where there is one that the call is made for, it stands
//! after `=`. What is not decoded, or cannot be read, is an address in hexadecimal.

mod names;
mod shape;
mod structure;

use wcr_abi::{OpenFlags, SpawnRequest};
use wcr_kernel::{CallText, quoted, quoted_list, quoted_whole};

use crate::memory::{GuestMemory, MemoryExt as _};
use shape::{Shape, shape};

/// The most slices, subscriptions or events that are shown.
const ITEMS: u32 = 16;
/// The most bytes of a slice that are looked at.
const LOOKED_AT: u32 = 64;

/// An argument: its name in the table of calls, and its value.
pub(crate) type Argument = (&'static str, u64);

/// The name of a call in the lines of a trace.
fn shown_name(name: &str) -> String {
    match name.split_once('.') {
        Some((wcr_abi::WCR_MODULE, name)) => format!("wcr.{name}"),
        Some((_, name)) => name.to_owned(),
        None => name.to_owned(),
    }
}

/// A call in words; `done` when it has succeeded, so that its results can be looked at. Also what it gives.
pub(crate) fn describe(mem: &impl GuestMemory, call: &str, args: &[Argument], done: bool) -> (CallText, String) {
    let line = Line { mem, args, done };
    let (mut text, mut gives) = (CallText { name: shown_name(call), ..CallText::default() }, None);
    let mut results = false;
    let mut at = 0;
    while let Some(&(name, value)) = args.get(at) {
        let shape = shape(&text.name, name);
        at += if shape.takes_length() { 2 } else { 1 };
        results |= shape.is_result();
        if (text.name.as_str(), name) == ("wcr.path_open", "mode") && !line.value("flags").is_some_and(creates) {
            continue;
        }
        if let Shape::Gives(kind) = shape {
            gives = line.read(value, |mem, ptr| kind.read(mem, ptr));
            continue;
        }
        text.args.push(line.argument(shape, value, args.get(at - 1).map_or(0, |length| length.1)));
        text.known += usize::from(!results);
    }
    (text, gives.unwrap_or_else(|| "0".into()))
}

/// Whether `open` makes a file with these flags, so that its mode matters.
const fn creates(flags: u64) -> bool {
    OpenFlags(flags as u32).contains(OpenFlags::CREAT)
}

/// A call whose arguments are being put into words.
struct Line<'a, M> {
    mem: &'a M,
    args: &'a [Argument],
    done: bool,
}

impl<M: GuestMemory> Line<'_, M> {
    /// What stands at `ptr` when the call is done, if it can be read.
    fn read(&self, ptr: u64, look: impl FnOnce(&M, u32) -> Option<String>) -> Option<String> {
        if self.done { look(self.mem, ptr as u32) } else { None }
    }

    /// The number that the call has put where its argument `name` points; `None` without such an argument.
    fn counted(&self, name: &str) -> Option<u32> {
        self.mem.take_u32(self.value(name)? as u32).ok()
    }

    /// The value of the argument `name`.
    fn value(&self, name: &str) -> Option<u64> {
        self.args.iter().find(|(other, _)| *other == name).map(|(_, value)| *value)
    }

    fn argument(&self, shape: Shape, value: u64, length: u64) -> String {
        let (ptr, length) = (value as u32, length as u32);
        let shown = match shape {
            Shape::Plain(plain) => Some(plain.show(value)),
            Shape::Path => {
                let path = self.mem.take_bytes(ptr, length, wcr_abi::PATH_MAX, wcr_abi::Errno::Nametoolong);
                path.ok().map(|path| quoted_whole(&path))
            }
            Shape::Written => self.slices(ptr, length, None),
            Shape::Read => self.read(value, |_, ptr| self.slices(ptr, length, self.counted("done"))),
            Shape::Filled => self.read(value, |_, ptr| {
                // Where an address is received, too, `used` is its length.
                let counted = self.counted("done").or_else(|| self.counted("used"));
                let text = self.bytes(ptr, counted.unwrap_or(length))?;
                Some(if counted.is_some() { text } else { format!("{text}, {length}") })
            }),
            Shape::Termios => structure::Kind::Termios.read(self.mem, ptr),
            Shape::Bytes => self.bytes(ptr, length),
            Shape::Fds => structure::list(self.mem, ptr, length, 4, structure::descriptor),
            Shape::Groups => structure::list(self.mem, ptr, length, 4, structure::group),
            Shape::Polled => {
                let count = self.value("count").unwrap_or(0) as u32;
                structure::list(self.mem, ptr, count, 8, structure::polled)
            }
            Shape::Request => self.request(ptr, length),
            Shape::Subscriptions => {
                let count = self.value("count").unwrap_or(0);
                structure::list(self.mem, ptr, count as u32, 48, structure::subscription)
            }
            Shape::Events => self.read(value, |mem, ptr| {
                structure::list(mem, ptr, self.counted("done").unwrap_or(0), 32, structure::event)
            }),
            Shape::Out(kind) => {
                self.read(value, |mem, ptr| kind.read(mem, ptr)).map(|shown| match kind.is_structure() {
                    true => shown,
                    false => format!("[{shown}]"),
                })
            }
            Shape::Gives(_) | Shape::Address => None,
        };
        shown.unwrap_or_else(|| match shape {
            shape if shape.takes_length() => format!("{value:#x}, {length}"),
            _ => format!("{value:#x}"),
        })
    }

    /// The beginning of `length` bytes, in quotes.
    fn bytes(&self, ptr: u32, length: u32) -> Option<String> {
        self.mem.view(ptr, length.min(LOOKED_AT), quoted).ok()
    }

    /// The slices of a write; or of a read, of which only so many bytes were filled, all in one slice.
    fn slices(&self, iovs: u32, count: u32, filled: Option<u32>) -> Option<String> {
        let mut shown = Vec::new();
        for at in 0..count.min(ITEMS) {
            let iov = iovs.checked_add(at * 8)?;
            let (ptr, len) = (self.mem.take_u32(iov).ok()?, self.mem.take_u32(iov.checked_add(4)?).ok()?);
            if filled.is_some() && len == 0 {
                continue;
            }
            shown.push(self.bytes(ptr, filled.unwrap_or(len))?);
            if filled.is_some() {
                return Some(format!("[{}]", shown.join(", ")));
            }
        }
        let more = if count > ITEMS { ", ..." } else { "" };
        Some(format!("[{}{more}]", shown.join(", ")))
    }

    fn request(&self, ptr: u32, length: u32) -> Option<String> {
        let bytes = self.mem.take_bytes(ptr, length, wcr_abi::SPAWN_MAX, wcr_abi::Errno::TooBig).ok()?;
        let request = SpawnRequest::decode(&bytes)?;
        let SpawnRequest { path, argv, envp, actions, pgid, default_signals } = request;
        let mut shown = format!("{}, {}, [/* {} vars */]", quoted_whole(&path), quoted_list(&argv), envp.len());
        if !actions.is_empty() {
            let actions: Vec<String> = actions.iter().map(structure::action).collect();
            shown += &format!(", [{}]", actions.join(", "));
        }
        if let Some(pgid) = pgid {
            shown += &format!(", pgid={pgid}");
        }
        if default_signals != 0 {
            shown += &format!(", default={}", names::signal_set(default_signals));
        }
        Some(shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::FlatMemory;

    /// The line of a call that has succeeded, over a memory with `bytes` at 16.
    fn line(bytes: &[u8], call: &str, args: &[Argument]) -> String {
        let mut memory = vec![0; 256];
        memory[16..16 + bytes.len()].copy_from_slice(bytes);
        let (text, value) = describe(&FlatMemory(&mut memory), call, args, true);
        format!("{}({}) = {value}", text.name, text.args.join(", "))
    }

    #[test]
    fn arguments_are_shown_as_what_they_are() {
        let open = [("dirfd", 5), ("path", 16), ("len", 3), ("flags", 0o101), ("mode", 0o600), ("fd", 20)];
        assert_eq!(
            line(b"a\n\"\x07", "wcr_v1.path_open", &open),
            r#"wcr.path_open(5, "a\n\"", O_WRONLY|O_CREAT, 0600) = 0"#
        );
        let open = [("dirfd", 5), ("path", 16), ("len", 1), ("flags", 0), ("mode", 0o600), ("fd", 20)];
        assert_eq!(line(b"a", "wcr_v1.path_open", &open), r#"wcr.path_open(5, "a", O_RDONLY) = 0"#);
        let chmod = [("dirfd", 5), ("path", 16), ("len", 1), ("mode", 0o4700), ("flags", 0)];
        assert_eq!(line(b"a", "wcr_v1.path_chmod", &chmod), r#"wcr.path_chmod(5, "a", 04700, 0) = 0"#);
        let read = [("fd", 0), ("iovs", 32), ("count", 1), ("done", 40)];
        let mut bytes = [0; 40];
        bytes[..2].copy_from_slice(b"hi");
        bytes[16] = 16;
        bytes[20] = 9;
        bytes[24] = 2;
        assert_eq!(line(&bytes, "wasi_snapshot_preview1.fd_read", &read), r#"fd_read(0, ["hi"]) = 2"#);
        let poll = [("subscriptions", 16), ("events", 100), ("count", 1), ("done", 200)];
        let mut bytes = [0; 48];
        (bytes[8], bytes[16]) = (1, 7);
        assert_eq!(line(&bytes, "wasi_snapshot_preview1.poll_oneoff", &poll), "poll_oneoff([{fd=7, READ}], [], 1) = 0");
    }

    #[test]
    fn lists_and_structures_are_shown() {
        let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
        let send = [
            ("fd", 3),
            ("buf", 16),
            ("len", 2),
            ("flags", 0x4000),
            ("addr", 0),
            ("addr_len", 0),
            ("fds", 20),
            ("count", 2),
            ("done", 28),
        ];
        let memory = [b"hi\0\0".to_vec(), words(&[7, 8, 2])].concat();
        assert_eq!(line(&memory, "wcr_v1.sock_send", &send), r#"wcr.sock_send(3, "hi", MSG_NOSIGNAL, "", [7, 8]) = 2"#);
        let poll = [("entries", 16), ("count", 2), ("timeout", u64::MAX), ("ready", 40)];
        let memory = words(&[3, 1, u32::MAX, 0x2004, 0, 0, 1]);
        assert_eq!(
            line(&memory, "wcr_v1.fd_poll", &poll),
            "wcr.fd_poll([{fd=3, events=POLLIN}, {fd=-1, events=POLLOUT|POLLRDHUP}], 2, -1) = 1"
        );
        let allocate = [("fd", 3), ("mode", 3), ("offset", 4096), ("size", u64::MAX)];
        assert_eq!(
            line(b"", "wcr_v1.fd_allocate", &allocate),
            "wcr.fd_allocate(3, FALLOC_FL_KEEP_SIZE|FALLOC_FL_PUNCH_HOLE, 4096, -1) = 0"
        );
        let priority = [("which", 1), ("who", 0), ("priority", 2 << 13 | 4)];
        assert_eq!(
            line(b"", "wcr_v1.io_priority_set", &priority),
            "wcr.io_priority_set(IOPRIO_WHO_PROCESS, 0, IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 4)) = 0"
        );
        let groups = [("groups", 16), ("count", 2)];
        assert_eq!(line(&words(&[0, 1000]), "wcr_v1.groups_set", &groups), "wcr.groups_set([0, 1000]) = 0");
        let seals = [("fd", 3), ("seals", 9)];
        assert_eq!(line(b"", "wcr_v1.fd_add_seals", &seals), "wcr.fd_add_seals(3, F_SEAL_SEAL|F_SEAL_WRITE) = 0");
    }

    #[test]
    fn what_cannot_be_read_is_an_address() {
        let far = [("dirfd", u64::from(wcr_abi::AT_FDCWD)), ("path", 0xffff_fff0), ("len", 99), ("mode", 0)];
        assert_eq!(line(b"", "wcr_v1.path_mkdir", &far), "wcr.path_mkdir(AT_FDCWD, 0xfffffff0, 99, 000) = 0");
        let write = [("fd", 1), ("iovs", 250), ("count", 1 << 31), ("done", 0)];
        assert_eq!(line(b"", "wasi_snapshot_preview1.fd_write", &write), "fd_write(1, 0xfa, 2147483648) = 0");
    }

    #[test]
    fn results_count_only_where_there_are_any() {
        let args = [("dirfd", 3), ("path", 16), ("len", 1), ("flags", 0), ("stat", 100)];
        let (text, _) = describe(&FlatMemory(&mut [b'x'; 32]), "wcr_v1.path_stat", &args, false);
        assert_eq!((text.args.join(", "), text.known), (r#"3, "x", 0, 0x64"#.into(), 3));
    }
}
