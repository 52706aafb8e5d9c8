//! From an image and what the user asks to a kernel with its first process.

use wcr_abi::{ARGUMENTS_MAX, Disposition, Errno, FileKind, Pid, Signal, Timestamp, Uname, WinSize};
use wcr_image::{Platform, RunConfig};
use wcr_kernel::{
    Answers, Clock, Entropy, InitRequest, Kernel, KernelOptions, Persist, ProcTable, Session, Stdio, Trace, TraceSink,
};
use wcr_vfs::{Creds, Found, Vfs, Walk};

use crate::environment::environment;
use crate::error::BootError;
use crate::image::ContainerImage;
use crate::loader::{BundledGuest, Explain, INIT, INIT_GUEST, LadderLoader, LastRefusal};
use crate::path::clean;
use crate::root::Root;
use crate::rootfs::{self, Mount};
use crate::settings::{DEFAULT_HOSTNAME, FileIn, Settings};
use crate::shims::Shims;
use crate::text::shown;
use crate::user::User;
use crate::{command, system_files, user, wasm_entry};

/// The kernel release that `uname` names: a long-term one whose interfaces programs may count on.
const RELEASE: &str = "6.6.0-wcr";
/// When the clock of a deterministic container starts, unless the user says otherwise:
/// 2024-01-01T00:00:00Z, in nanoseconds since the epoch.
pub const VIRTUAL_START: u64 = 1_704_067_200_000_000_000;
/// The seed of a deterministic container's randomness, unless the user says otherwise.
pub const VIRTUAL_SEED: u64 = 0;

/// What the host gives a container.
pub struct Host {
    /// The clock.
    pub clock: Clock,
    /// The source of randomness.
    pub entropy: Box<dyn Entropy>,
    /// The standard streams.
    pub stdio: Stdio,
    /// The guests that this build carries.
    pub guests: &'static [BundledGuest],
    /// Whether the engine runs WebAssembly components; where it does not, they are refused by name.
    pub components: bool,
    /// The root file system as an earlier run of a container of the image left it; `None` for the image's own.
    pub root: Option<Root>,
    /// File systems to be mounted.
    pub mounts: Vec<Mount>,
    /// Is told which program runs for which file.
    pub explain: Option<Explain>,
    /// Takes the lines of a trace of all guest calls.
    pub trace: Option<TraceSink>,
    /// Keeps the root file system when a program asks for that (fsync(2)).
    pub persist: Option<Persist>,
    /// Answers questions of programs, if anybody does.
    pub answers: Option<Answers>,
    /// The seed of another legal order in which processes run.
    pub schedule: Option<u64>,
}

/// A container whose first process is ready to run.
pub struct Machine {
    /// The kernel, for an engine.
    pub kernel: Kernel,
    refusal: LastRefusal,
}

impl Machine {
    /// The kernel, and what will know why the last program was refused.
    #[must_use]
    pub fn into_parts(self) -> (Kernel, LastRefusal) {
        (self.kernel, self.refusal)
    }
}

/// Puts a container together and makes its first process.
///
/// # Errors
/// [`BootError`]: the settings or the image make no container, or its program cannot be run.
pub fn boot(image: &ContainerImage, settings: &Settings, host: Host) -> Result<Machine, BootError> {
    let now = Timestamp::from_nanos(host.clock.realtime());
    let root = host.root.map_or_else(|| Root::new(image, settings.writable_bytes), Ok)?;
    let init = if settings.init { Some(init_program(host.guests)?) } else { None };
    let Prepared { vfs, proc_table, uname, shims, request } = prepare(image, settings, root, init, host.mounts, now)?;
    let refusal = LastRefusal::default();
    let loader = LadderLoader {
        guests: host.guests,
        components: host.components,
        shims,
        explain: host.explain,
        refusal: refusal.clone(),
    };
    let kernel_options = KernelOptions {
        vfs,
        clock: host.clock,
        entropy: host.entropy,
        loader: Box::new(loader),
        uname,
        stdio: host.stdio,
        limits: settings.limits.clone(),
        trace: Trace::new(settings.trace, host.trace),
        persist: host.persist,
        answers: host.answers,
        schedule: host.schedule,
    };
    let mut kernel = Kernel::new(kernel_options, proc_table);
    let wanted = Wanted::from(&request);
    match kernel.start(request) {
        Ok(pid) => {
            if settings.init {
                catch_early(&mut kernel, pid);
            }
            Ok(Machine { kernel, refusal })
        }
        Err(errno) => Err(wanted.not_started(kernel.vfs(), errno, refusal.take())),
    }
}

/// Signals that come before the first process of `--init` has made itself ready wait for it, where another's would get lost.
fn catch_early(kernel: &mut Kernel, pid: Pid) {
    for signal in [Signal::HUP, Signal::INT, Signal::QUIT, Signal::USR1, Signal::USR2, Signal::ALRM, Signal::TERM] {
        // Each of them can be caught.
        let _ = kernel.sig_action(pid, u32::from(signal.0), Some(Disposition::Catch));
    }
}

/// All that a kernel needs to know of a container.
struct Prepared {
    vfs: Vfs,
    proc_table: ProcTable,
    uname: Uname,
    shims: Shims,
    request: InitRequest,
}

/// The program that is the first process of a container with `--init`.
fn init_program(guests: &'static [BundledGuest]) -> Result<&'static [u8], BootError> {
    let guest = guests.iter().find(|guest| guest.name == INIT_GUEST.name());
    guest.and_then(|guest| guest.wasm.bytes()).ok_or(BootError::Rootfs { what: INIT, errno: Errno::Noent })
}

/// Puts together what the image and the user say.
fn prepare(
    image: &ContainerImage,
    settings: &Settings,
    root: Root,
    init: Option<&[u8]>,
    mounts: Vec<Mount>,
    now: Timestamp,
) -> Result<Prepared, BootError> {
    let config = &image.config;
    let mut argv = command::argv(&config.entrypoint, &config.cmd, settings.entrypoint.as_deref(), &settings.command);
    check_program(&argv)?;
    let workdir = workdir(&config.working_dir, settings.workdir.as_deref())?;
    let hostname = hostname(settings.hostname.as_deref())?;
    let hosts = system_files::host_lines(&settings.hosts)?;
    let proc_table = ProcTable::default();
    let mut root = root;
    let times = root.times_of(if init.is_some() { &INIT_FOLDERS } else { &SYSTEM_FOLDERS });
    let mut vfs = rootfs::assemble(root, &proc_table, now)?;
    let user = find_user(config, settings, &mut vfs)?;
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    let written = system_files::write(&mut vfs, &walk, hostname, &hosts, now);
    written.map_err(|errno| BootError::Rootfs { what: "/etc", errno })?;
    if let Some(program) = init {
        let file = FileIn { path: INIT.into(), content: program.to_vec(), mode: 0o755 };
        rootfs::put_file(&mut vfs, &file, now)?;
    }
    rootfs::put_back_times(&mut vfs, &times, now);
    for file in &settings.files {
        rootfs::put_file(&mut vfs, file, now)?;
    }
    let tmpfs = settings.tmpfs.iter().map(|tmpfs| tmpfs.mount(now));
    rootfs::mount_all(&mut vfs, mounts.into_iter().chain(tmpfs).collect(), now)?;
    rootfs::make_workdir(&mut vfs, &workdir, now)?;
    if image.platform.is_wasm() {
        wasm_entry::prepare(&mut vfs, &mut argv, &workdir, now);
    }
    if init.is_some() {
        argv.splice(0..0, [INIT, "--"].map(|word| word.as_bytes().to_vec()));
    }
    let envp = environment(&config.env, &settings.env, hostname, settings.tty, &user.home);
    check_size(&argv, &envp)?;
    let shims = Shims::install(&mut vfs, &settings.shims, path_of(&envp), now)?;
    if settings.read_only {
        vfs.seal_root();
    }
    let uname = uname(&image.platform, hostname.to_owned());
    proc_table.describe(rootfs::mounts_text(&mut vfs), rootfs::mountinfo_text(&mut vfs), &uname);
    let User { uid, gid, groups, .. } = user;
    let request = InitRequest { argv, envp, cwd: workdir.into_bytes(), uid, gid, groups };
    Ok(Prepared { vfs, proc_table, uname, shims, request })
}

/// The folders in which every container gets something.
const SYSTEM_FOLDERS: [&[u8]; 2] = [b"/", b"/etc"];
/// Those in which one with `--init` gets something.
const INIT_FOLDERS: [&[u8]; 3] = [b"/", b"/etc", b"/sbin"];

fn find_user(config: &RunConfig, settings: &Settings, vfs: &mut Vfs) -> Result<User, BootError> {
    let [passwd, group] = [&b"/etc/passwd"[..], b"/etc/group"].map(|path| rootfs::read_accounts(vfs, path));
    Ok(user::look_up(settings.user.as_deref().unwrap_or(&config.user), &passwd, &group)?)
}

/// Starts a program beside the first process of a container that runs: `settings` say what it is, as they do for the first
/// one, over what the image says.
///
/// # Errors
/// [`BootError`]: the settings make no process, or the program cannot be run.
pub fn enter(
    kernel: &mut Kernel,
    config: &RunConfig,
    settings: &Settings,
    refusal: &LastRefusal,
    input: bool,
    terminal: Option<WinSize>,
) -> Result<Session, BootError> {
    let argv = settings.command.clone();
    check_program(&argv)?;
    let workdir = workdir(&config.working_dir, settings.workdir.as_deref())?;
    let hostname = hostname(settings.hostname.as_deref())?;
    rootfs::check_workdir(kernel.vfs(), &workdir)?;
    let user = find_user(config, settings, kernel.vfs())?;
    let envp = environment(&config.env, &settings.env, hostname, settings.tty, &user.home);
    check_size(&argv, &envp)?;
    let User { uid, gid, groups, .. } = user;
    let request = InitRequest { argv, envp, cwd: workdir.into_bytes(), uid, gid, groups };
    let wanted = Wanted::from(&request);
    let opened = kernel.open_session(request, input, terminal);
    opened.map_err(|errno| wanted.not_started(kernel.vfs(), errno, refusal.take()))
}

/// Makes sure that a program is named.
fn check_program(argv: &[Vec<u8>]) -> Result<(), BootError> {
    match argv.first() {
        None => Err(BootError::NoCommand),
        Some(program) if program.is_empty() => {
            Err(BootError::NotFound { program: "\"\"".into(), reason: "no file has an empty name".into() })
        }
        Some(_) => Ok(()),
    }
}

/// The working directory: absolute and without `.` and `..`.
fn workdir(image: &str, asked: Option<&str>) -> Result<String, BootError> {
    let path = match asked {
        Some(path) if !path.starts_with('/') => {
            let reason = "it must be an absolute path".into();
            return Err(BootError::Workdir { path: shown(path.as_bytes()), reason });
        }
        Some(path) => path,
        None => image,
    };
    if path.contains('\0') {
        return Err(BootError::Nul("the working directory"));
    }
    Ok(clean(path))
}

/// The host name: one that `sethostname(2)` takes and that does no harm in `/etc/hosts`.
fn hostname(asked: Option<&str>) -> Result<&str, BootError> {
    let Some(name) = asked else { return Ok(DEFAULT_HOSTNAME) };
    let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if name.is_empty() || name.len() > 64 || !name.bytes().all(good) {
        return Err(BootError::Hostname(name.to_owned()));
    }
    Ok(name)
}

fn check_size(argv: &[Vec<u8>], envp: &[Vec<u8>]) -> Result<(), BootError> {
    for (list, what) in [(argv, "an argument"), (envp, "the environment")] {
        if list.iter().any(|item| item.contains(&0)) {
            return Err(BootError::Nul(what));
        }
    }
    let size: usize = argv.iter().chain(envp).map(|item| item.len() + 8).sum();
    if size > ARGUMENTS_MAX { Err(BootError::TooLong(size)) } else { Ok(()) }
}

fn uname(platform: &Platform, hostname: String) -> Uname {
    let machine = match platform.architecture.as_str() {
        "" | "amd64" => "x86_64",
        "386" => "i686",
        "arm64" => "aarch64",
        "arm" => "armv7l",
        other => other,
    };
    Uname {
        sysname: "Linux".into(),
        nodename: hostname,
        release: RELEASE.into(),
        version: "#1 SMP wcr".into(),
        machine: machine.into(),
    }
}

/// The first program, and what it was looked for by.
struct Wanted {
    program: Vec<u8>,
    workdir: Vec<u8>,
    path: Vec<u8>,
}

/// Where programs are looked for.
fn path_of(envp: &[Vec<u8>]) -> &[u8] {
    envp.iter().find_map(|entry| entry.strip_prefix(b"PATH=")).unwrap_or_default()
}

impl From<&InitRequest> for Wanted {
    fn from(request: &InitRequest) -> Self {
        let path = path_of(&request.envp);
        let program = request.argv.first().cloned().unwrap_or_default();
        Self { program, workdir: request.cwd.clone(), path: path.to_vec() }
    }
}

impl Wanted {
    /// Why it was not started, in words.
    fn not_started(&self, vfs: &mut Vfs, errno: Errno, refusal: Option<String>) -> BootError {
        let program = shown(&self.program);
        match (errno, refusal) {
            (Errno::Noent, Some(reason)) => BootError::NotFound { program, reason },
            (_, Some(reason)) => BootError::NotRunnable { program, reason },
            (Errno::Noent | Errno::Notdir, None) => BootError::NotFound { program, reason: self.not_found(vfs) },
            (Errno::Acces, None) => BootError::NotRunnable { program, reason: self.not_allowed(vfs) },
            (errno, None) => BootError::NotRunnable { program, reason: errno.to_string() },
        }
    }

    fn not_found(&self, vfs: &mut Vfs) -> String {
        let found = self.places().into_iter().find(|place| kind(vfs, place).is_some());
        match found {
            Some(place) => format!("{} is there, but the interpreter that its #! line names is not", shown(&place)),
            None if self.program.contains(&b'/') => "not found in the image: No such file or directory".into(),
            None => format!("not found in the PATH of the container ({})", shown(&self.path)),
        }
    }

    fn not_allowed(&self, vfs: &mut Vfs) -> String {
        let is_dir = |place: &Vec<u8>| kind(vfs, place) == Some(FileKind::Directory);
        let what =
            if self.places().iter().any(is_dir) { "it is a directory" } else { "it is not executable for this user" };
        format!("Permission denied: {what}")
    }

    /// The absolute paths it was looked for at.
    fn places(&self) -> Vec<Vec<u8>> {
        let below = |dir: &[u8]| {
            let dir = if dir.is_empty() { &self.workdir } else { dir };
            let slash: &[u8] = if dir.ends_with(b"/") { b"" } else { b"/" };
            [dir, slash, &self.program].concat()
        };
        match self.program.first() {
            Some(b'/') => vec![self.program.clone()],
            _ if self.program.contains(&b'/') => vec![below(&self.workdir)],
            _ => self.path.split(|byte| *byte == b':').map(below).collect(),
        }
    }
}

/// What is at a path, as root sees it.
fn kind(vfs: &mut Vfs, path: &[u8]) -> Option<FileKind> {
    let walk = Walk::new(vfs.root(), Creds::root(), 0);
    match vfs.resolve(&walk, None, path, true) {
        Ok(Found::Here(node)) => vfs.perm(node).ok().map(|perm| perm.mode.kind()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_working_directory_is_absolute_and_clean() {
        for (image, asked, expected) in [
            ("", None, "/"),
            ("/srv/", None, "/srv"),
            ("srv", None, "/srv"),
            ("/srv", Some("/a/../b/./c"), "/b/c"),
            ("../../x", None, "/x"),
        ] {
            assert_eq!(workdir(image, asked).unwrap(), expected);
        }
        assert!(workdir("", Some("relative")).is_err_and(|error| error.exit_code() == 125));
    }

    #[test]
    fn a_host_name_fits_into_a_file() {
        assert_eq!(hostname(None).unwrap(), DEFAULT_HOSTNAME);
        assert_eq!(hostname(Some("a-B.c_9")).unwrap(), "a-B.c_9");
        for bad in ["", "a b", "a\n127.0.0.1 b", "ü", &"a".repeat(65)] {
            assert!(matches!(hostname(Some(bad)), Err(BootError::Hostname(_))), "{bad}");
        }
    }

    #[test]
    fn what_no_program_can_be_given_is_refused() {
        let long = vec![vec![b'x'; ARGUMENTS_MAX]];
        assert!(matches!(check_size(&long, &[]), Err(BootError::TooLong(_))));
        assert!(matches!(check_size(&[b"a\0b".to_vec()], &[]), Err(BootError::Nul("an argument"))));
        assert!(check_size(&[b"a".to_vec()], &[b"A=1".to_vec()]).is_ok());
    }

    #[test]
    fn an_image_without_a_command_is_an_error() {
        let image = ContainerImage { layers: Vec::new(), config: Default::default(), platform: Platform::default() };
        let now = Timestamp::from_nanos(VIRTUAL_START);
        let error = prepare(&image, &Settings::default(), Root::new(&image, None).unwrap(), None, Vec::new(), now)
            .err()
            .unwrap();
        assert!(matches!(error, BootError::NoCommand) && error.exit_code() == 125);
        assert!(check_program(&[Vec::new()]).is_err_and(|error| error.exit_code() == 127));
    }
}
