//! What the worker's script calls.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};
use wcr_abi::WinSize;
use wcr_kernel::{Clock, Entropy, HostInput, Idle, MemoryInput, Program, SeededEntropy, Start, StartKind, Stdio};
use wcr_machine::{BootError, Explain, Root, Settings, boot};

use crate::container::{self, Fault, status_of};
use crate::limit::limited;
use crate::page::{self, Host, PageClock, PageEntropy, PageInput, PageOutput};
use crate::{bridge, calls, files, images};

/// Makes the script's functions known. Called first, once.
#[wasm_bindgen]
pub fn connect(host: Host) {
    page::connect(host);
}

/// The kernel's memory, for bridges.
#[wasm_bindgen(js_name = kernelMemory)]
pub fn kernel_memory() -> JsValue {
    wasm_bindgen::memory()
}

/// The kernel's table of functions, for bridges.
#[wasm_bindgen(js_name = kernelTable)]
pub fn kernel_table() -> JsValue {
    wasm_bindgen::function_table()
}

/// Takes the files of the built-in image. Its layer is a tar, packed or not.
///
/// # Errors
/// They are damaged or do not belong together.
#[wasm_bindgen(js_name = loadBuiltin)]
pub fn load_builtin(tar: Vec<u8>, index: Vec<u8>, config: Vec<u8>) -> Result<(), JsError> {
    Ok(images::load_builtin(tar, index, config)?)
}

/// The image of an opened archive.
#[wasm_bindgen]
#[derive(Debug)]
pub struct OpenedArchive {
    names: Vec<String>,
    /// The number of its layers.
    pub layers: u32,
}

#[wasm_bindgen]
impl OpenedArchive {
    /// The image's names, as the archive has them.
    #[wasm_bindgen(getter)]
    pub fn names(&self) -> Vec<String> {
        self.names.clone()
    }
}

/// Opens what `docker save` has written; requests can then ask for its image.
///
/// # Errors
/// It is no archive of an image, the image is damaged, or it is for another platform.
#[wasm_bindgen(js_name = openArchive)]
pub fn open_archive(archive: Vec<u8>) -> Result<OpenedArchive, JsError> {
    let images::Opened { names, layers } = images::open_archive(archive)?;
    Ok(OpenedArchive { names, layers: layers as u32 })
}

/// What is to be run.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct Request {
    archive: bool,
    settings: Settings,
    input: Option<Vec<u8>>,
    files: Option<Vec<u8>>,
    written: Option<Vec<u8>>,
    terminal: Option<WinSize>,
    explained: bool,
    deterministic: bool,
}

#[wasm_bindgen]
impl Request {
    /// The built-in image's own command, or that of the open archive.
    #[wasm_bindgen(constructor)]
    pub fn new(archive: bool) -> Self {
        Self { archive, ..Self::default() }
    }

    /// Adds a word to the command.
    pub fn word(&mut self, word: Vec<u8>) {
        self.settings.command.push(word);
    }

    /// Sets the working directory.
    pub fn workdir(&mut self, path: String) {
        self.settings.workdir = Some(path);
    }

    /// Gives all of the standard input at once; without it the page sends it while the container runs.
    pub fn input(&mut self, bytes: Vec<u8>) {
        self.input = Some(bytes);
    }

    /// Adds the files of a tar to the image.
    pub fn files(&mut self, tar: Vec<u8>) {
        self.files = Some(tar);
    }

    /// Goes on from what a container of the image has changed before: the tar of a layer.
    pub fn written(&mut self, tar: Vec<u8>) {
        self.written = Some(tar);
    }

    /// Makes the streams a terminal of this size; its keys are the input.
    pub fn terminal(&mut self, rows: u16, cols: u16) {
        self.settings.tty = true;
        self.terminal = Some(WinSize { rows, cols });
    }

    /// Lets the page know which program runs for which file.
    pub fn explained(&mut self) {
        self.explained = true;
    }

    /// Makes the run the same every time: its clock and randomness are its own, and it is traced.
    pub fn deterministic(&mut self) {
        self.deterministic = true;
        self.settings.trace = true;
    }
}

/// Makes the container, in place of the one before. An answer is an error: the container's exit code and why.
#[wasm_bindgen]
pub fn start(request: Request) -> Result<(), StartError> {
    container::remove();
    files::look_away();
    page::reset_input();
    let image = images::image(request.archive, request.files).map_err(StartError::of_wcr)?;
    let written = request.written.map(images::layer).transpose().map_err(StartError::of_wcr)?;
    let root = written.map(|layer| Root::going_on(&image, Some(layer), None)).transpose()?;
    let (clock, entropy): (Clock, Box<dyn Entropy>) = if request.deterministic {
        (Clock::fixed(wcr_machine::VIRTUAL_START), Box::new(SeededEntropy::new(wcr_machine::VIRTUAL_SEED)))
    } else {
        (Clock::Host(Box::new(PageClock)), Box::new(PageEntropy))
    };
    let input: Box<dyn HostInput> = match request.input {
        Some(bytes) => Box::new(MemoryInput::new(bytes)),
        None => Box::new(PageInput),
    };
    let stdio = Stdio {
        input: Some(input),
        output: Box::new(PageOutput { error: false }),
        error: Box::new(PageOutput { error: true }),
        terminal: request.terminal,
    };
    let explain: Explain = Box::new(page::program);
    let host = wcr_machine::Host {
        root,
        clock,
        entropy,
        stdio,
        guests: images::guests(),
        components: false,
        mounts: Vec::new(),
        explain: request.explained.then_some(explain),
        trace: None,
        persist: None,
        answers: None,
        schedule: None,
    };
    container::install(boot(&image, &request.settings, host)?);
    Ok(())
}

/// Why a container was not started.
#[wasm_bindgen]
#[derive(Debug)]
pub struct StartError {
    /// The exit code that stands for it.
    pub code: u8,
    reason: String,
}

#[wasm_bindgen]
impl StartError {
    /// The reason, in a sentence.
    #[wasm_bindgen(getter)]
    pub fn reason(&self) -> String {
        self.reason.clone()
    }
}

impl StartError {
    fn of_wcr(error: impl std::error::Error) -> Self {
        Self { code: 125, reason: error.to_string() }
    }
}

impl From<BootError> for StartError {
    fn from(error: BootError) -> Self {
        Self { code: error.exit_code(), reason: error.to_string() }
    }
}

/// The number of the process to be resumed; 0 when all wait.
#[wasm_bindgen(js_name = nextReady)]
pub fn next_ready() -> u32 {
    container::with(|container| container.kernel.next_ready()).flatten().unwrap_or_default()
}

/// A process that needs an instance.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy)]
pub struct NewProcess {
    /// Its number.
    pub pid: u32,
    /// Its program's number.
    pub program: u32,
    /// For a copy of its parent: the argument that it starts with.
    pub fork: Option<u32>,
}

/// The processes that need an instance, in their order.
#[wasm_bindgen(js_name = takeStarts)]
pub fn take_starts() -> Vec<NewProcess> {
    container::with(|container| {
        let starts: Vec<Start> = container.kernel.take_starts().collect();
        let new = |Start { pid, program, kind }| NewProcess {
            pid,
            program: container.number(pid, program),
            fork: match kind {
                StartKind::Fresh => None,
                StartKind::Fork { arg } => Some(arg),
            },
        };
        starts.into_iter().map(new).collect()
    })
    .unwrap_or_default()
}

/// The processes that have ended since the last time.
#[wasm_bindgen(js_name = takeDead)]
pub fn take_dead() -> Vec<u32> {
    container::with(|container| container.kernel.take_dead()).unwrap_or_default()
}

/// The number of the program that a process has put in its own place.
#[wasm_bindgen(js_name = takeExec)]
pub fn take_exec(pid: u32) -> Option<u32> {
    container::with(|container| {
        let program = container.kernel.take_exec(pid)?;
        container.take_left(pid);
        Some(container.number(pid, program))
    })
    .flatten()
}

/// Ends a process that has returned from its start.
#[wasm_bindgen]
pub fn returned(pid: u32) {
    container::with(|container| container.kernel.exit(pid, 0));
}

/// Ends a process that the browser has stopped; nothing happens when a call of the process has ended it.
#[wasm_bindgen]
pub fn stopped(pid: u32, fault: Fault, reason: &str) {
    container::with(|container| {
        if !container.take_left(pid) {
            container.fault(pid, status_of(fault), reason);
        }
    });
}

/// What is to be done when no process is ready.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// The container has ended, or cannot go on: see [`finish`].
    Finish,
    /// Somebody has become ready.
    Resume,
    /// Wait for the time, for input, or for both.
    Wait,
}

/// What is to be done now.
#[wasm_bindgen]
#[derive(Debug, Clone, Copy)]
pub struct Waiting {
    /// What.
    pub next: Next,
    /// At most so many milliseconds.
    pub timeout: Option<f64>,
    /// Whether a process reads the standard input.
    pub input: bool,
}

/// Says what to do when nobody is ready.
#[wasm_bindgen]
pub fn idle() -> Waiting {
    let next = |next| Waiting { next, timeout: None, input: false };
    match container::with(|container| container.kernel.idle()) {
        Some(Idle::Ready) => next(Next::Resume),
        Some(Idle::Wait { timeout, input }) => {
            Waiting { next: Next::Wait, timeout: timeout.map(|nanos| nanos as f64 / 1e6), input }
        }
        Some(Idle::Finished(_) | Idle::Deadlock) | None => next(Next::Finish),
    }
}

/// Adds to the standard input.
#[wasm_bindgen(js_name = pushInput)]
pub fn push_input(bytes: &[u8]) {
    page::push_input(bytes);
}

/// Ends the standard input.
#[wasm_bindgen(js_name = endInput)]
pub fn end_input() {
    page::end_input();
}

/// How a container ended.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Outcome {
    /// The exit code.
    pub code: u8,
    notes: Vec<String>,
    digest: Option<String>,
    written: Option<Vec<u8>>,
}

#[wasm_bindgen]
impl Outcome {
    /// What the container has changed of its image's files, as the tar of a layer; none when it has changed nothing.
    #[wasm_bindgen(getter)]
    pub fn written(&self) -> Option<Vec<u8>> {
        self.written.clone()
    }

    /// What the user should know beside the container's own output, a sentence each.
    #[wasm_bindgen(getter)]
    pub fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// The digest of the trace, in hexadecimal.
    #[wasm_bindgen(getter)]
    pub fn digest(&self) -> Option<String> {
        self.digest.clone()
    }
}

/// Takes the container away and says how it ended; with `keep` also what it has changed.
#[wasm_bindgen]
pub fn finish(keep: bool) -> Option<Outcome> {
    let mut container = container::remove()?;
    let written = if keep { files::written(&mut container.kernel) } else { Ok(None) };
    let mut ended = container.ended();
    let written = written.unwrap_or_else(|error| {
        ended.notes.push(format!("what the container has written cannot be kept: {error}"));
        None
    });
    let hex = |digest: [u8; 32]| digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(Outcome { code: ended.code, notes: ended.notes, digest: ended.digest.map(hex), written })
}

/// The name of a bundled guest by its program's number; none for a module of the image, and for a guest whose memory
/// has a limit of its own.
#[wasm_bindgen(js_name = guestName)]
pub fn guest_name(program: u32) -> Option<String> {
    container::with(|container| match container.program(program) {
        Some((program, None)) => program.guest().map(str::to_owned),
        _ => None,
    })
    .flatten()
}

/// The module of a program, its memory limited.
#[wasm_bindgen(js_name = programModule)]
pub fn program_module(program: u32) -> Option<Vec<u8>> {
    container::with(|container| {
        let (program, limit) = container.program(program)?;
        match program {
            Program::Guest(name) | Program::Flavoured(name, _) => {
                let guest = images::guests().iter().find(|guest| guest.name == *name)?;
                Some(limited(guest.wasm.bytes()?, *limit))
            }
            Program::Module(wasm) => Some(limited(wasm, *limit)),
            // Refused by the loader.
            Program::Component(_) => None,
        }
    })
    .flatten()
}

/// The two modules between a guest and the kernel.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Glue {
    trampoline: Vec<u8>,
    bridge: Vec<u8>,
    imports: Vec<String>,
}

#[wasm_bindgen]
impl Glue {
    /// The trampoline's bytes.
    #[wasm_bindgen(getter)]
    pub fn trampoline(&self) -> Vec<u8> {
        self.trampoline.clone()
    }

    /// The bridge's bytes.
    #[wasm_bindgen(getter)]
    pub fn bridge(&self) -> Vec<u8> {
        self.bridge.clone()
    }

    /// What the trampoline's functions are for: module and name in turns.
    #[wasm_bindgen(getter)]
    pub fn imports(&self) -> Vec<String> {
        self.imports.clone()
    }
}

/// Makes the modules for a guest with these imports: module and name in turns.
#[wasm_bindgen]
pub fn glue(imports: Vec<String>) -> Glue {
    let pairs: Vec<(String, String)> = imports.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    let all = calls::all();
    let wanted = calls::wanted(&all, &pairs);
    let names = wanted.iter().flat_map(|call| [call.module.to_owned(), call.name.to_owned()]).collect();
    Glue { trampoline: bridge::trampoline(&wanted), bridge: bridge::bridge(&wanted), imports: names }
}
