//! Questions of programs that who runs the container answers: how a test is a program of its container.

use wcr_abi::{Errno, Fd, OpenFlags, Pid};
use wcr_vfs::Creds;

use crate::kernel::{Call, Kernel};

/// Answers a question; `None` when nobody can any more. Who cannot answer while being asked gives nothing, lets nobody of
/// the container go on, and adds the answer with [`Kernel::add_answer`].
pub type Answers = Box<dyn FnMut(&[u8]) -> Option<Vec<u8>> + Send>;

impl Kernel {
    /// Has a question answered. The answer is a new file in memory, closed on exec, that is read from its beginning. The
    /// container stands still meanwhile, and its clock, too.
    ///
    /// # Errors
    /// `NOSYS` nobody answers questions of this container; `IO` nobody does any more; `MFILE` no descriptor left; `NOSPC`.
    pub fn ask(&mut self, pid: Pid, question: &[u8]) -> Call<Fd> {
        if self.answers.is_none() {
            return Err(Errno::Nosys.into());
        }
        // Before anybody is asked, so that nobody is for a program that cannot hear the answer.
        let fd = self.memory_file(pid, b"answer", OpenFlags::CLOEXEC, false)?;
        let node = self.file_of(pid, fd)?.1.backing.node().ok_or(Errno::Io)?;
        self.answered = Some(node);
        let Some(answer) = self.answers.as_mut().and_then(|answers| answers(question)) else {
            self.close(pid, fd)?;
            return Err(Errno::Io.into());
        };
        self.add_answer(&answer)?;
        Ok(fd)
    }

    /// Writes the answer to the last question into its file, before the program that has asked goes on.
    ///
    /// # Errors
    /// `NOENT` nobody has asked; `NOSPC`.
    pub fn add_answer(&mut self, answer: &[u8]) -> Result<(), Errno> {
        let node = self.answered.ok_or(Errno::Noent)?;
        let now = self.now();
        let mut done = 0;
        while let Some(rest) = answer.get(done..).filter(|rest| !rest.is_empty()) {
            done += self.vfs.write_node(Creds::root(), node, done as u64, rest, now)?;
        }
        Ok(())
    }
}
