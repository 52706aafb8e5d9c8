//! Which program runs for a file of an image: the ladder, decided by content.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use wcr_abi::Errno;
use wcr_kernel::{Loader, Program, ProgramFile, Refusal};
use wcr_shims::{
    Guest, Identity, KnownProgram, Missing, SHIM_GUEST, debian_program, describe, identify, is_stub, program_of,
    stand_in,
};
use wcr_vfs::layer::TarData;

use crate::shims::{ShimSource, Shims};
use crate::text::shown;

/// The first process of a container that is started with `--init`, as Docker has it.
pub(crate) const INIT: &str = "/sbin/docker-init";
/// The guest that it is.
pub(crate) const INIT_GUEST: Guest = Guest::System;

/// A guest that wcr carries.
#[derive(Debug, Clone, Copy)]
pub struct BundledGuest {
    /// The name that the kernel's programs use.
    pub name: &'static str,
    /// The module.
    pub wasm: GuestModule,
}

/// Where a guest's module is.
#[derive(Clone, Copy)]
pub enum GuestModule {
    /// In memory.
    Plain(&'static [u8]),
    /// In a tar, which may have to unpack it.
    InTar {
        /// The tar.
        tar: &'static dyn TarData,
        /// Where it starts there.
        start: u64,
        /// How long it is.
        len: u64,
    },
}

impl fmt::Debug for GuestModule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("GuestModule").field(&self.len()).finish()
    }
}

impl GuestModule {
    /// The module; `None` when the tar is damaged.
    #[must_use]
    pub fn bytes(&self) -> Option<&'static [u8]> {
        match *self {
            Self::Plain(wasm) => Some(wasm),
            Self::InTar { tar, start, len } => tar.range(start, len),
        }
    }

    fn len(&self) -> u64 {
        match self {
            Self::Plain(wasm) => TarData::len(wasm),
            Self::InTar { len, .. } => *len,
        }
    }

    /// Whether this is the content of a file. Another length tells that it is not, without the module's bytes.
    fn is(&self, content: &[u8]) -> bool {
        self.len() == content.len() as u64 && self.bytes() == Some(content)
    }
}

/// What a file leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<'a> {
    /// A bundled guest itself, as the built-in image has them.
    Bundled(&'static str),
    /// A WebAssembly module of the image.
    Module,
    /// A WebAssembly component of the image.
    Component,
    /// A guest stands in for a known program.
    StandIn {
        /// The program.
        identity: Identity<'a>,
        /// The guest.
        guest: Guest,
    },
    /// A known program that nothing stands in for.
    Missing {
        /// The program.
        identity: Identity<'a>,
        /// What is missing.
        missing: Missing,
    },
    /// A script stands in for it.
    Shim {
        /// The program's name.
        name: Vec<u8>,
        /// Where the script is from.
        source: ShimSource,
        /// What the file is, in words.
        what: String,
    },
    /// Nothing runs it: what it is, in words.
    Unknown(String),
}

/// Decides what a file with this content leads to when it is started with `argv`; `guests` are those that
/// this build carries.
#[must_use]
pub fn judge<'a>(content: &'a [u8], argv: &[impl AsRef<[u8]>], guests: &[BundledGuest]) -> Verdict<'a> {
    if content.starts_with(b"\0asm") {
        if let Some(bundled) = guests.iter().find(|guest| guest.wasm.is(content)) {
            // The same file as that of its applets, which know nothing of it.
            if bundled.name == INIT_GUEST.name() && argv.first().is_some_and(|name| name.as_ref() == INIT.as_bytes()) {
                return Verdict::Bundled(INIT_GUEST.name());
            }
            if bundled.name == SHIM_GUEST {
                return Verdict::Bundled(SHIM_GUEST);
            }
            if bundled.name == Guest::Debian.name() {
                return match debian_program(argv) {
                    Ok(guest) => Verdict::Bundled(guest.name()),
                    Err(missing) => {
                        let identity = Identity { program: KnownProgram::Coreutils, version: None };
                        Verdict::Missing { identity, missing }
                    }
                };
            }
            // Together the guests are one multi-call program, as BusyBox is: each of them stands for all applets. That
            // of coreutils stands apart.
            let is_gnu = bundled.name == Guest::Gnu.name();
            let program = if is_gnu { KnownProgram::Coreutils } else { KnownProgram::BusyBox };
            let identity = Identity { program, version: None };
            return match stand_in(identity.program, argv) {
                Ok(guest) => Verdict::Bundled(guest.name()),
                Err(missing) => Verdict::Missing { identity, missing },
            };
        }
        return match content.get(4..8) {
            Some(&[1, 0, 0, 0]) => Verdict::Module,
            Some(&[0x0d, 0, 1, 0]) => Verdict::Component,
            _ => Verdict::Unknown(describe(content)),
        };
    }
    let Some(identity) = identify(content) else { return Verdict::Unknown(describe(content)) };
    match stand_in(identity.program, argv) {
        Ok(guest) => Verdict::StandIn { identity, guest },
        Err(Missing::Applet(name)) if identity.program.is_several() => {
            // A copy or a link under another name, which on Linux is still the program that it was.
            let own = program_of(content).map(|own| stand_in(identity.program, &[own]));
            match own.unwrap_or(Err(Missing::Applet(name))) {
                Ok(guest) => Verdict::StandIn { identity, guest },
                Err(missing) => Verdict::Missing { identity, missing },
            }
        }
        Err(missing) => Verdict::Missing { identity, missing },
    }
}

/// What a file leads to where some programs are scripts.
pub(crate) fn with_shims<'a>(own: Verdict<'a>, shims: &Shims, file: &ProgramFile<'_>) -> Verdict<'a> {
    match shims.of(file, own.errno().is_some()) {
        Some((name, source)) => {
            let what = if is_stub(file.content) { "the place of a script".into() } else { own.what() };
            Verdict::Shim { name, source, what }
        }
        None => own,
    }
}

impl Verdict<'_> {
    /// What the file is, in a phrase.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::Bundled(name) => format!("the bundled guest `{name}`"),
            Self::Module => "a WebAssembly module".into(),
            Self::Component => "a WebAssembly component".into(),
            Self::StandIn { identity, .. } | Self::Missing { identity, .. } => identity.to_string(),
            Self::Unknown(what) | Self::Shim { what, .. } => what.clone(),
        }
    }

    /// The bundled guest that runs for the file.
    #[must_use]
    pub const fn guest(&self) -> Option<&'static str> {
        match self {
            Self::Bundled(name) => Some(name),
            Self::StandIn { guest, .. } => Some(guest.name()),
            Self::Shim { .. } => Some(SHIM_GUEST),
            _ => None,
        }
    }

    /// The flavour that the guest has then.
    #[must_use]
    pub const fn flavour(&self) -> Option<u32> {
        match self {
            Self::StandIn { identity, .. } => identity.program.flavour(),
            _ => None,
        }
    }

    /// Why the file does not run, in a phrase; `None` when it runs.
    #[must_use]
    pub fn why_not(&self) -> Option<String> {
        match self {
            Self::Bundled(_) | Self::Module | Self::Component | Self::StandIn { .. } | Self::Shim { .. } => None,
            Self::Missing { missing: Missing::Applet(name), identity } => {
                Some(format!("nothing stands in for its {} `{}` yet", identity.program.part(), shown(name)))
            }
            Self::Missing { missing: Missing::Program(_), .. } => {
                Some("nothing stands in for it yet; a WebAssembly build of it would run".into())
            }
            Self::Unknown(what) if what.starts_with("ELF") => Some(
                "it is no program that wcr knows, and machine code does not run here; a WebAssembly build of it would"
                    .into(),
            ),
            Self::Unknown(_) => Some("it is neither WebAssembly nor a program that wcr knows".into()),
        }
    }

    /// The verdict in a sentence about the file at `path`.
    #[must_use]
    pub fn sentence(&self, path: &[u8]) -> String {
        let (path, what) = (shown(path), self.what());
        match (self.why_not(), self) {
            (Some(reason), _) => format!("{path} is {what}: {reason}"),
            (None, Self::Module | Self::Component) => format!("{path} is {what} and runs as it is"),
            (None, Self::StandIn { guest, .. }) => {
                format!("{path} is {what}; the bundled guest `{}` stands in for it", guest.name())
            }
            (None, Self::Shim { name, source, .. }) => {
                format!("{path} is {what}; the script `{}` ({}) runs for it", shown(name), source.words())
            }
            (None, _) => format!("{path} is {what}"),
        }
    }

    /// The error of an attempt to execute the file; `None` when it runs.
    #[must_use]
    pub const fn errno(&self) -> Option<Errno> {
        match self {
            Self::Bundled(_) | Self::Module | Self::Component | Self::StandIn { .. } | Self::Shim { .. } => None,
            // As if the name were not there: a shell then says "not found".
            Self::Missing {
                missing: Missing::Applet(_),
                identity: Identity { program: KnownProgram::BusyBox, .. },
            } => Some(Errno::Noent),
            Self::Missing { .. } | Self::Unknown(_) => Some(Errno::Noexec),
        }
    }
}

/// Is told of every program that is started or refused, in a sentence.
pub type Explain = Box<dyn FnMut(&str) + Send>;

/// The last refusal of a loader, kept for the message at the end.
#[derive(Debug, Clone, Default)]
pub struct LastRefusal(Arc<Mutex<Option<String>>>);

impl LastRefusal {
    fn set(&self, reason: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(reason);
    }

    /// The refusal, which is then forgotten.
    #[must_use]
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The kernel's loader over the guests that this build carries.
pub(crate) struct LadderLoader {
    pub(crate) guests: &'static [BundledGuest],
    /// Whether the engine runs components.
    pub(crate) components: bool,
    /// Which programs are scripts.
    pub(crate) shims: Shims,
    pub(crate) explain: Option<Explain>,
    pub(crate) refusal: LastRefusal,
}

impl LadderLoader {
    fn refuse(&self, errno: Errno, reason: String) -> Refusal {
        self.refusal.set(reason.clone());
        Refusal { errno, reason }
    }
}

impl Loader for LadderLoader {
    fn load(&mut self, file: &ProgramFile<'_>) -> Result<Program, Refusal> {
        let own = judge(file.content, file.argv, self.guests);
        let verdict = with_shims(own, &self.shims, file);
        if verdict == Verdict::Component && !self.components {
            let what = "is a WebAssembly component, which runs in the `wcr` binary and not here";
            return Err(self.refuse(Errno::Noexec, format!("{} {what}", shown(file.path))));
        }
        if let Some(explain) = &mut self.explain {
            explain(&verdict.sentence(file.path));
        }
        match (verdict.guest(), verdict.errno()) {
            (Some(guest), _) => Ok(verdict.flavour().map_or(Program::Guest(guest), |it| Program::Flavoured(guest, it))),
            (None, None) if verdict == Verdict::Component => Ok(Program::Component(file.content.into())),
            (None, None) => Ok(Program::Module(file.content.into())),
            (None, Some(errno)) => Err(self.refuse(errno, verdict.sentence(file.path))),
        }
    }

    /// What only content tells, such as a version for an explanation or a refusal, is left to [`Self::load`].
    fn by_label(&mut self, label: u8, argv: &[Vec<u8>]) -> Option<Program> {
        let plain = self.explain.is_none() && !self.shims.any_given();
        let program = KnownProgram::labelled(label).filter(|_| plain)?;
        let name = stand_in(program, argv).ok()?.name();
        Some(program.flavour().map_or(Program::Guest(name), |flavour| Program::Flavoured(name, flavour)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elf_with(constants: &[u8]) -> Vec<u8> {
        let mut out = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0\x01\0\0\0".to_vec();
        for word in [0x40_0000u64, 64, 0] {
            out.extend(word.to_le_bytes());
        }
        out.extend([0; 4]);
        for half in [64u16, 56, 1, 64, 0, 0] {
            out.extend(half.to_le_bytes());
        }
        out.extend([1, 0, 0, 0, 4, 0, 0, 0]);
        let len = constants.len() as u64;
        for word in [120, 0x40_0078, 0x40_0078, len, len, 1] {
            out.extend(word.to_le_bytes());
        }
        out.extend(constants);
        out
    }

    fn busybox() -> Vec<u8> {
        elf_with(b"BusyBox is a multi-call binary\0BusyBox v1.37.0 (2024)\0")
    }

    fn loader_of(guests: &'static [BundledGuest]) -> LadderLoader {
        let (shims, refusal) = (Shims::default(), LastRefusal::default());
        LadderLoader { guests, components: true, shims, explain: None, refusal }
    }

    fn load(content: &[u8], path: &str, argv: &[&str]) -> Result<Program, (Errno, String)> {
        let mut loader = loader_of(&[]);
        let argv: Vec<Vec<u8>> = argv.iter().map(|&arg| arg.into()).collect();
        let loaded = loader.load(&ProgramFile { path: path.as_bytes(), argv: &argv, content });
        let last = loader.refusal.take();
        loaded.map_err(|refusal| {
            assert_eq!(last.as_ref(), Some(&refusal.reason));
            (refusal.errno, refusal.reason)
        })
    }

    #[test]
    fn known_programs_get_their_guest() {
        assert_eq!(load(&busybox(), "/bin/ls", &["ls"]), Ok(Program::Guest("core")));
        assert_eq!(load(&busybox(), "/bin/busybox", &["busybox", "sh"]), Ok(Program::Guest("sh")));
    }

    #[test]
    fn labels_stand_for_the_content_where_nothing_more_is_asked() {
        let quiet = || loader_of(&[]);
        let label = wcr_shims::label(&busybox());
        let ls = [b"ls".to_vec()];
        assert_eq!(quiet().by_label(label, &ls), Some(Program::Guest("core")));
        assert_eq!(quiet().by_label(0, &ls), None);
        assert_eq!(quiet().by_label(label, &[b"dpkg".to_vec()]), None, "the refusal tells the version");
        let mut explaining = LadderLoader { explain: Some(Box::new(|_| {})), ..quiet() };
        assert_eq!(explaining.by_label(label, &ls), None, "the explanation tells the version");
    }

    #[test]
    fn programs_of_coreutils_are_what_they_are_under_any_name() {
        let proof = b"https://www.gnu.org/software/coreutils/\0%s online help: <%s>\0GNU coreutils\0";
        let ls = elf_with(&[b"List information about the FILEs (the current\0".as_slice(), proof].concat());
        assert_eq!(load(&ls, "/bin/ls", &["ls"]), Ok(Program::Guest("gnu")));
        assert_eq!(load(&ls, "/bin/foo", &["foo"]), Ok(Program::Guest("gnu")));
        let (errno, reason) = load(&elf_with(proof), "/bin/foo", &["foo"]).unwrap_err();
        assert_eq!((errno, reason.contains("its program `foo`")), (Errno::Noexec, true), "{reason}");
        let mut loader = loader_of(&[]);
        let label = wcr_shims::label(&ls);
        assert_eq!(loader.by_label(label, &[b"ls".to_vec()]), Some(Program::Guest("gnu")));
        assert_eq!(loader.by_label(label, &[b"foo".to_vec()]), None, "only the content tells");
    }

    #[test]
    fn modules_run_as_they_are() {
        let module = b"\0asm\x01\0\0\0";
        assert_eq!(load(module, "/app", &["app"]), Ok(Program::Module(Arc::from(&module[..]))));
        let component = b"\0asm\x0d\0\x01\0";
        assert_eq!(load(component, "/app", &["app"]), Ok(Program::Component(Arc::from(&component[..]))));
        assert_eq!(
            judge(component, &["app"], &[]).sentence(b"/app"),
            "/app is a WebAssembly component and runs as it is"
        );
        let (errno, _) = load(b"\0asm\x02\0\0\0", "/app", &["app"]).unwrap_err();
        assert_eq!(errno, Errno::Noexec);
    }

    #[test]
    fn components_are_refused_by_name_where_the_engine_runs_none() {
        let mut loader = LadderLoader { components: false, ..loader_of(&[]) };
        let file = ProgramFile { path: b"/app", argv: &[b"app".to_vec()], content: b"\0asm\x0d\0\x01\0" };
        let refusal = loader.load(&file).unwrap_err();
        assert_eq!(refusal.errno, Errno::Noexec);
        assert!(refusal.reason.starts_with("/app is a WebAssembly component"), "{}", refusal.reason);
    }

    #[test]
    fn a_bundled_guest_has_the_applets_there_are_and_no_others() {
        const WASM: &[u8] = b"\0asm\x01\0\0\0sh";
        let guests = [BundledGuest { name: "sh", wasm: GuestModule::Plain(WASM) }];
        assert_eq!(judge(WASM, &["ls"], &guests).guest(), Some("core"));
        assert_eq!(judge(WASM, &["-sh"], &guests).guest(), Some("sh"));
        let verdict = judge(WASM, &["no-such-applet"], &guests);
        assert_eq!((verdict.guest(), verdict.errno()), (None, Some(Errno::Noent)));
    }

    #[test]
    fn refusals_say_what_the_file_is() {
        for (content, argv0, errno, text) in [
            (busybox(), "dpkg", Errno::Noent, "BusyBox 1.37.0: nothing stands in for its applet `dpkg` yet"),
            (elf_with(b"x"), "x", Errno::Noexec, "is ELF 64-bit x86-64, statically linked: it is no program"),
            (b"hello".to_vec(), "x", Errno::Noexec, "is a text file without a #! line: it is neither"),
        ] {
            let (actual, reason) = load(&content, "/bin/x\x1b", &[argv0]).unwrap_err();
            assert_eq!(actual, errno);
            assert!(reason.starts_with("/bin/x\\u{1b} is ") && reason.contains(text), "{reason}");
        }
    }

    #[test]
    fn explanations_come_for_every_program() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ear = heard.clone();
        let explain: Explain = Box::new(move |text| ear.lock().unwrap().push(text.to_owned()));
        let mut loader = LadderLoader { explain: Some(explain), ..loader_of(&[]) };
        let content = busybox();
        let _ = loader.load(&ProgramFile { path: b"/bin/grep", argv: &[b"grep".to_vec()], content: &content });
        assert_eq!(*heard.lock().unwrap(), ["/bin/grep is BusyBox 1.37.0; the bundled guest `text` stands in for it"]);
    }
}
