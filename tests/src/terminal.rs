//! A terminal with somebody at it: types into a running wcr and reads its screen.

use std::fs::File;
use std::io::{Error, Read as _, Write as _};
use std::os::fd::FromRawFd as _;
use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Signal, kill_process};
use rustix::termios::{Termios, Winsize, tcgetattr, tcsetwinsize};

use crate::wcr::Wcr;

/// How long something may take to appear on the screen.
const PATIENCE: Duration = Duration::from_secs(40);

/// A new pseudo-terminal's two sides.
fn pair() -> Result<(File, File), Error> {
    let (mut master, mut slave) = (-1, -1);
    let (name, attributes, size) = (std::ptr::null_mut(), std::ptr::null(), std::ptr::null());
    // SAFETY: the pointers to the two numbers are valid during the call, and the others may be null.
    if unsafe { libc::openpty(&raw mut master, &raw mut slave, name, attributes, size) } != 0 {
        return Err(Error::last_os_error());
    }
    // SAFETY: the descriptors are open and nobody else's.
    let (master, slave) = unsafe { (File::from_raw_fd(master), File::from_raw_fd(slave)) };
    // Copies, which no program that is started gets: the terminal hangs up when they are closed.
    Ok((master.try_clone()?, slave.try_clone()?))
}

/// A pseudo-terminal and the wcr that runs at it.
pub struct Terminal {
    master: File,
    /// Kept open, so that the terminal can be asked how it was left.
    slave: File,
    child: Child,
    screen: Vec<u8>,
    seen: usize,
}

impl Terminal {
    /// Starts a command of wcr at a new terminal of this size, which controls its session.
    ///
    /// # Panics
    /// There are no terminals, or the command cannot be started.
    pub fn start(wcr: Wcr, rows: u16, cols: u16) -> Self {
        Self::start_in_session(wcr, rows, cols, &["--ctty", "--wait"])
    }

    /// The same, but the terminal controls nothing, so that its end is no signal.
    ///
    /// # Panics
    /// As [`Self::start`].
    pub fn start_uncontrolled(wcr: Wcr, rows: u16, cols: u16) -> Self {
        Self::start_in_session(wcr, rows, cols, &["--wait"])
    }

    fn start_in_session(wcr: Wcr, rows: u16, cols: u16, options: &[&str]) -> Self {
        let (master, slave) = pair().expect("a terminal");
        let size = Winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).expect("set the size");
        let wcr = wcr.into_command();
        let mut command = Command::new("setsid");
        command.args(options).arg(wcr.get_program()).args(wcr.get_args()).env_clear();
        command.envs(wcr.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let stream = || slave.try_clone().expect("the terminal once more");
        Terminal {
            child: command.stdin(stream()).stdout(stream()).stderr(stream()).spawn().expect("setsid (util-linux)"),
            master,
            slave,
            screen: Vec::new(),
            seen: 0,
        }
    }

    /// Gives the terminal another size.
    ///
    /// # Panics
    /// The system refuses.
    pub fn resize(&mut self, rows: u16, cols: u16) {
        let size = Winsize { ws_row: rows, ws_col: cols, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.master, size).expect("set the size");
    }

    /// Types.
    ///
    /// # Panics
    /// The terminal is gone.
    pub fn types(&mut self, keys: &str) -> &mut Self {
        self.master.write_all(keys.as_bytes()).expect("type");
        self
    }

    /// Waits until `text` appears behind what was waited for before; what came before it.
    ///
    /// # Panics
    /// It does not appear in time.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let fresh = &self.screen[self.seen..];
            if let Some(at) = fresh.windows(text.len()).position(|window| window == text.as_bytes()) {
                let before = String::from_utf8_lossy(&fresh[..at]).into_owned();
                self.seen += at + text.len();
                return before;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && self.fill(left), "no {text:?} on the screen, but {:?}", self.rest());
        }
    }

    /// Reads what comes within the time; false when nothing does.
    fn fill(&mut self, limit: Duration) -> bool {
        let limit = Timespec::try_from(limit).expect("a time");
        let mut sources = [PollFd::new(&self.master, PollFlags::IN)];
        if poll(&mut sources, Some(&limit)).is_ok_and(|count| count == 0) {
            return false;
        }
        let mut bytes = [0; 4096];
        match self.master.read(&mut bytes) {
            Ok(count) if count > 0 => self.screen.extend_from_slice(&bytes[..count]),
            _ => return false,
        }
        true
    }

    /// What appeared and was not waited for.
    pub fn rest(&self) -> String {
        String::from_utf8_lossy(&self.screen[self.seen..]).into_owned()
    }

    /// How the terminal is set now.
    ///
    /// # Panics
    /// The terminal is gone.
    pub fn attributes(&self) -> Termios {
        tcgetattr(&self.slave).expect("the attributes")
    }

    /// Sends a signal to wcr.
    ///
    /// # Panics
    /// It cannot be sent.
    pub fn signal(&self, signal: Signal) {
        // The leader of the terminal's session is wcr: `setsid` has become it, or has waited for it in a child.
        let session = rustix::termios::tcgetsid(&self.master).expect("the terminal's session");
        kill_process(session, signal).expect("send a signal");
    }

    /// Closes the terminal, as when its window is closed.
    ///
    /// # Panics
    /// There is no null device.
    pub fn hang_up(&mut self) -> &mut Self {
        let nothing = || File::open("/dev/null").expect("the null device");
        (self.master, self.slave) = (nothing(), nothing());
        self
    }

    /// Waits for the end.
    ///
    /// # Panics
    /// It does not end in time.
    #[track_caller]
    pub fn ends(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("wait for the command") {
                while self.fill(Duration::from_millis(1)) {}
                return status;
            }
            assert!(Instant::now() < deadline, "still running; on the screen: {:?}", self.rest());
            self.fill(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that fails leaves nobody at the terminal.
        if let Ok(session) = rustix::termios::tcgetsid(&self.master) {
            let _ = kill_process(session, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
