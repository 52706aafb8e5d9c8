//! Starts external programs.

use wcr_sys::abi::SpawnRequest;
use wcr_sys::{Errno, fs, process};

use super::Stage;
use super::path::{STANDARD_PATH, search_path};
use crate::options::Opt;
use crate::shell::{Flow, Shell, Unwind};
use crate::{applet_names, flavour};

/// The running program's own file: what a script without `#!` and a built-in applet run in.
const OWN_PROGRAM: &[u8] = b"/proc/self/exe";

/// The program that holds the applets, by the name that makes it take its first argument for one.
const HOLDER: &[u8] = b"busybox";

/// Why a program could not be started: the exit status and the reason.
type Refusal = (u8, Errno);

/// The refusal of a program that replaced this one, which nobody sees.
const NOT_RUN: Refusal = (126, Errno::Noexec);

/// Replaces this process's program; only failure returns.
fn refused(request: &SpawnRequest) -> wcr_sys::Result<()> {
    Err(process::exec(request))
}

/// Whether the path leads to a folder.
fn is_folder(path: &[u8]) -> bool {
    fs::stat(path).is_ok_and(|stat| stat.mode.kind() == wcr_sys::abi::FileKind::Directory)
}

/// Whether the file is a script that names the program it wants to run in.
fn has_interpreter(path: &[u8]) -> bool {
    fs::read_file(path).is_ok_and(|text| text.starts_with(b"#!"))
}

impl Shell {
    /// Runs a program, instead of this shell when nothing comes after it.
    pub(super) fn run_program(&mut self, args: &[Vec<u8>], last: bool, standard_path: bool) -> Flow {
        let Some(name) = args.first() else { return Ok(()) };
        if last && self.may_be_replaced() {
            self.step_out(true);
            let (status, error) = self.each_way(args, None, standard_path, refused).err().unwrap_or(NOT_RUN);
            self.step_out(false);
            return self.refuse_call(args, status, error);
        }
        let started = self.start(args, standard_path);
        // What is not found on the search path costs no process; a path does, whatever is there.
        if started.is_ok() || name.contains(&b'/') {
            self.make_room();
        }
        match started {
            Ok(pid) => {
                self.wait_foreground(&[Stage::Process(pid)]);
                Ok(())
            }
            Err((status, error)) => self.refuse_call(args, status, error),
        }
    }

    /// In bash a program that takes the shell's place is no deeper than that.
    fn step_out(&mut self, out: bool) {
        if !flavour::is_bash() {
            return;
        }
        let level = self.vars.get(b"SHLVL").and_then(|text| crate::builtins::number(&text)).unwrap_or(0);
        let level = if out { level.saturating_sub(1) } else { level + 1 };
        if let Some(value) = &mut self.vars.attributes(b"SHLVL").value {
            *value = level.to_string().into_bytes();
        }
    }

    /// A call that leads nowhere: in bash a function of the script's may have an answer.
    fn refuse_call(&mut self, args: &[Vec<u8>], status: u8, error: Errno) -> Flow {
        const HANDLER: &[u8] = b"command_not_found_handle";
        let Some(name) = args.first() else { return Ok(()) };
        let handled = flavour::is_bash() && error == Errno::Noent && !name.contains(&b'/');
        let handler = self.functions.get(HANDLER).filter(|_| handled).cloned();
        let Some(body) = handler else { return self.refuse(name, status, error) };
        let call = core::iter::once(HANDLER.to_vec()).chain(args.iter().cloned()).collect();
        self.vars.push_scope();
        let flow = self.call_function(HANDLER.into(), &body, call);
        self.vars.pop_scope(false);
        self.settle_variables();
        flow
    }

    /// The name under which a command's place is remembered.
    fn hits_of(&self, name: &[u8]) -> Option<std::rc::Rc<[u8]>> {
        self.locations.has(name).then(|| name.into())
    }

    /// Whether nothing has to be done after the last command.
    fn may_be_replaced(&self) -> bool {
        let stays = self.has(Opt::Interactive) && !self.subshell;
        !self.traps.any() && !stays && self.capture.text.is_none()
    }

    fn refuse(&mut self, name: &[u8], status: u8, error: Errno) -> Flow {
        if error == Errno::Noent && flavour::is_bash() {
            return self.refuse_in_bash(name, status);
        }
        let reason = match error {
            Errno::Noent => flavour::current().not_found(name.contains(&b'/')),
            Errno::Acces if flavour::is_bash() && is_folder(name) => Errno::Isdir.message(),
            error => error.message(),
        };
        self.complain(&[name, b": ", reason.as_bytes()].concat());
        self.status = status;
        Ok(())
    }

    /// What bash says, or a function of the script's does, of a program that is not there.
    fn refuse_in_bash(&mut self, name: &[u8], status: u8) -> Flow {
        self.status = status;
        let is_path = name.contains(&b'/');
        if is_path && has_interpreter(name) {
            self.complain(&[name, b": cannot execute: required file not found"].concat());
            return Ok(());
        }
        self.complain(&[name, b": ", flavour::current().not_found(is_path).as_bytes()].concat());
        self.status = status;
        Ok(())
    }

    /// What a program gets for its environment.
    fn environment(&self) -> Vec<Vec<u8>> {
        let mut environment = self.vars.environment();
        if flavour::is_bash() {
            environment.extend(self.exported_functions());
        }
        environment
    }

    /// `exec`: replaces the shell, giving the program another name if asked; an error ends the shell.
    pub fn exec(&mut self, args: &[Vec<u8>], name: Option<&[u8]>) -> Unwind {
        if !self.subshell {
            self.end_job_control();
            self.options.set(Opt::Monitor, false);
        }
        self.step_out(true);
        let (_, error) = self.each_way(args, name, false, refused).err().unwrap_or(NOT_RUN);
        self.step_out(false);
        let status = if error == Errno::Noent { 127 } else { 126 };
        if let Some(name) = args.first() {
            // The shell is about to end: nobody is spoken to any more.
            self.options.set(Opt::Interactive, false);
            if flavour::is_bash() && !name.contains(&b'/') {
                self.complain(&[&name[..], b": not found"].concat());
                self.status = status;
                return Unwind::Exit;
            }
            let _ = self.refuse(name, status, error);
        }
        Unwind::Exit
    }

    /// Starts a program and returns its process.
    pub(super) fn start(&mut self, args: &[Vec<u8>], standard_path: bool) -> Result<u32, Refusal> {
        self.each_way(args, None, standard_path, process::spawn)
    }

    /// Tries what a command can mean: an applet of the shell's own program, a file, a script without `#!`.
    fn each_way<T>(
        &mut self,
        args: &[Vec<u8>],
        called: Option<&[u8]>,
        standard_path: bool,
        run: impl Fn(&SpawnRequest) -> wcr_sys::Result<T>,
    ) -> Result<T, Refusal> {
        let Some(name) = args.first().filter(|name| !(name.is_empty() && flavour::is_bash())) else {
            return Err((127, Errno::Noent));
        };
        let _ = self.flush();
        let mut request = SpawnRequest {
            path: OWN_PROGRAM.to_vec(),
            argv: args.to_vec(),
            envp: self.environment(),
            pgid: self.controls_jobs().then_some(self.pipeline_group.unwrap_or(0)),
            default_signals: self.traps.caught_set() | self.own_signals(),
            ..SpawnRequest::default()
        };
        let is_applet = flavour::is_ash() && applet_names::contains(name);
        // An applet that runs within the shell has its own name, whatever it is to be called.
        let called = called.filter(|_| !is_applet || applet_names::is_program(name));
        if let (Some(called), Some(zero)) = (called, request.argv.first_mut()) {
            *zero = called.to_vec();
        }
        if is_applet {
            if let Some(called) = called.filter(|called| !applet_names::contains(applet_names::of_path(called))) {
                // The program that holds the applets has none of this name, and says so.
                request.argv.splice(..1, [HOLDER.to_vec(), called.to_vec()]);
            }
            if let Ok(done) = run(&request) {
                return Ok(done);
            }
        }
        // What has another name is looked for by that, in the folders of the search path alone.
        let sought = called.filter(|_| !name.contains(&b'/') && flavour::is_ash()).unwrap_or(name);
        let found = if sought.contains(&b'/') && !name.contains(&b'/') {
            Err(Errno::Noent)
        } else if standard_path {
            search_path(STANDARD_PATH, sought)
        } else {
            self.find(sought).map(|path| path.to_vec())
        };
        request.path = found.map_err(|error| (127, error))?;
        if flavour::is_bash() {
            // The program is told where it is.
            if !request.envp.is_empty() {
                request.envp.push([b"_=", &request.path[..]].concat());
            }
            if let Some(hits) = self.hits_of(name) {
                self.change_bash(|state| *state.hits.entry(hits).or_default() += 1);
            }
        }
        if flavour::is_dash() && !name.contains(&b'/') && fs::access(&request.path, 1).is_err() {
            // What cannot be executed is not found there, though for another reason.
            return Err((127, Errno::Acces));
        }
        let mut result = run(&request);
        if result.as_ref().err() == Some(&Errno::Noexec) && !process::is_machine_code(&request.path) {
            request.argv = vec![self.program.to_vec(), request.path];
            request.argv.extend(args.iter().skip(1).cloned());
            request.path = OWN_PROGRAM.to_vec();
            result = run(&request);
        }
        result.map_err(|error| match error {
            Errno::Noent | Errno::Notdir => {
                self.locations.forget(name);
                (127, Errno::Noent)
            }
            error => (126, error),
        })
    }
}
