//! What a user asks of one run, over what the image says.

use crate::bind::Bind;
use crate::environment::EnvChange;
use crate::loader::Explain;

/// The options of one run. The default is the image as it is, without standard input.
#[derive(Default)]
pub struct RunOptions {
    /// The command; empty for the image's own.
    pub command: Vec<Vec<u8>>,
    /// The entry point: `None` for the image's own, empty for none.
    pub entrypoint: Option<Vec<u8>>,
    /// Variables to set or remove, in order.
    pub env: Vec<EnvChange>,
    /// The working directory; `None` for the image's own.
    pub workdir: Option<String>,
    /// `USER[:GROUP]`; `None` for the image's own.
    pub user: Option<String>,
    /// Folders and files of the host.
    pub binds: Vec<Bind>,
    /// The host name; `None` for [`DEFAULT_HOSTNAME`].
    pub hostname: Option<String>,
    /// Whether the container reads the host's standard input; else its input is empty.
    pub stdin: bool,
    /// The seed of a run whose clock and randomness are its own, the same every time; `None` for the host's.
    pub seed: Option<u64>,
    /// The process ends right after this run: memory is left to go with it, which saves time.
    pub last: bool,
    /// Is told which program runs for which file.
    pub explain: Option<Explain>,
}

/// The host name of a container that is given none: always the same, so that runs are alike.
pub const DEFAULT_HOSTNAME: &str = "wcr";
