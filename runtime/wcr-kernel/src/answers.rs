//! Questions of programs that who runs the container answers: how a test is a program of its container.

use wcr_abi::{Errno, Fd, OpenFlags, Pid};
use wcr_vfs::Creds;

use crate::kernel::{Call, Kernel};

/// Answers a question; `None` when nobody can any more.
pub type Answers = Box<dyn FnMut(&[u8]) -> Option<Vec<u8>> + Send>;

impl Kernel {
    /// Has a question answered. The answer is a new file in memory, closed on exec, that is read from its beginning. The
    /// container stands still meanwhile, and its clock, too.
    ///
    /// # Errors
    /// `NOSYS` nobody answers questions of this container; `IO` nobody does any more; `MFILE` no descriptor left; `NOSPC`.
    pub fn ask(&mut self, pid: Pid, question: &[u8]) -> Call<Fd> {
        let answers = self.answers.as_mut().ok_or(Errno::Nosys)?;
        let answer = answers(question).ok_or(Errno::Io)?;
        let fd = self.memory_file(pid, b"answer", OpenFlags::CLOEXEC, false)?;
        let node = self.file_of(pid, fd)?.1.backing.node().ok_or(Errno::Io)?;
        let now = self.now();
        let mut done = 0;
        while let Some(rest) = answer.get(done..).filter(|rest| !rest.is_empty()) {
            done += self.vfs.write_node(Creds::root(), node, done as u64, rest, now)?;
        }
        Ok(fd)
    }
}
