//! New names with random letters, as `mkstemp(3)` makes them.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, Fd, fs};

/// What the letters stand in for at the end of a template.
pub const PLACEHOLDER: &[u8; 6] = b"XXXXXX";

const LETTERS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// How many names are tried.
const ATTEMPTS: u32 = 10_000;

/// Why there is no new file, and the name that was tried last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The name.
    pub name: Vec<u8>,
    /// The reason.
    pub error: Errno,
}

/// Puts letters behind `stem` until `attempt` takes the name, and returns it with what came of it.
/// # Errors
/// [`Refused`], for another reason than that the name is taken.
pub fn first_free<T>(stem: &[u8], attempt: impl Fn(&[u8]) -> Result<T, Errno>) -> Result<(T, Vec<u8>), Refused> {
    let mut name = [stem, PLACEHOLDER].concat();
    for _ in 0..ATTEMPTS {
        let mut random = [0; PLACEHOLDER.len()];
        if let Err(error) = wcr_sys::random(&mut random) {
            return Err(Refused { name, error });
        }
        name = [stem, &random.map(|byte| LETTERS[usize::from(byte) % LETTERS.len()])].concat();
        match attempt(&name) {
            Ok(made) => return Ok((made, name)),
            Err(Errno::Exist) => {}
            Err(error) => return Err(Refused { name, error }),
        }
    }
    Err(Refused { name, error: Errno::Exist })
}

/// A new file of its own beside `path`, open for reading and writing, and its name.
/// # Errors
/// [`Refused`].
pub fn beside(path: &[u8]) -> Result<(Fd, Vec<u8>), Refused> {
    first_free(path, create)
}

/// Creates a file that nobody else may read.
/// # Errors
/// As `open(2)` with `O_EXCL`.
pub fn create(path: &[u8]) -> Result<Fd, Errno> {
    let flags = OpenFlags::RDWR.with(OpenFlags::CREAT).with(OpenFlags::EXCL).with(OpenFlags::CLOEXEC);
    fs::open(path, flags, 0o600)
}
