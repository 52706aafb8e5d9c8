//! The shell's invocation: its arguments, environment and start-up files.

use std::rc::Rc;

use wcr_sys::abi::{OpenFlags, Pid};
use wcr_sys::{fd, fs, process};

use crate::exec::descriptors::{PRIVATE, out_of_the_way};
use crate::exec::path::STANDARD_PATH;
use crate::flavour::{self, Flavour};
use crate::options::Opt;
use crate::shell::{Flow, Shell, Unwind};
use crate::syntax::input::Input;
use crate::syntax::is_name;
use crate::vars::Dynamic;

/// Where the commands come from.
pub(crate) enum Commands {
    /// `-c`
    Text(Vec<u8>),
    /// A script at this path.
    File(Vec<u8>),
    /// Standard input.
    Stdin,
}

/// Runs the shell with these arguments and this environment, and ends the process.
pub fn main(args: Vec<Vec<u8>>, env: Vec<Vec<u8>>) -> ! {
    flavour::learn();
    let zero = args.first().cloned().unwrap_or_else(|| b"sh".to_vec());
    let login_name = zero.strip_prefix(b"-");
    let name = login_name.unwrap_or(&zero);
    let program = name.rsplit(|byte| *byte == b'/').next().unwrap_or(name);
    // `busybox sh` is `sh`; elsewhere the shell is called what the caller called it, and its applets by the base name.
    let (program, called, operands) = match args.get(1) {
        Some(applet) if program.starts_with(b"busybox") && flavour::is_ash() => {
            (applet.as_slice(), applet.as_slice(), args.get(2..))
        }
        _ => (program, zero.as_slice(), args.get(1..)),
    };
    // Dash and bash name themselves as they were called.
    let mut shell = Shell::new(if flavour::is_ash() { program } else { called });
    shell.arg0 = called.into();
    if flavour::is_bash() {
        shell.arg0 = name.into();
        shell.import_as_bash(env);
        shell.run_bash(operands.unwrap_or_default(), login_name.is_some(), program);
    }
    shell.import(env);
    let mut login = login_name.is_some();
    match shell.parse_arguments(operands.unwrap_or_default(), &mut login) {
        Ok(commands) => shell.run_commands(commands, login, called),
        Err(status) => shell.status = status,
    }
    shell.leave()
}

impl Shell {
    /// Takes over the environment and sets the variables that the shell keeps.
    fn import(&mut self, env: Vec<Vec<u8>>) {
        let identity = process::ids();
        if flavour::is_dash() {
            // These are there first, which shows in the order of the environment.
            for name in [&b"OPTIND"[..], b"PS4", b"PS2", b"PS1", b"PATH", b"IFS"] {
                self.vars.attributes(name);
            }
        }
        for line in env {
            let Some(equals) = line.iter().position(|byte| *byte == b'=') else { continue };
            let (name, value) = line.split_at(equals);
            if is_name(name) {
                self.vars.force(name, value.get(1..).unwrap_or_default());
                self.vars.attributes(name).exported = true;
            }
        }
        if flavour::is_dash() {
            return self.import_as_dash(identity.ppid);
        }
        let defaults: [(&[u8], &[u8]); 6] = [
            (b"IFS", b" \t\n"),
            (b"OPTIND", b"1"),
            (b"PS2", b"> "),
            (b"PS4", b"+ "),
            (b"PS1", b"\\w \\$ "),
            (b"PATH", STANDARD_PATH),
        ];
        for (name, value) in defaults {
            let inherits = matches!(name, b"PATH" | b"PS1" | b"PS2" | b"PS4");
            if !inherits || self.vars.variable(name).is_none() {
                self.vars.force(name, value);
                self.vars.attributes(name).exported |= name == b"PATH";
            }
        }
        self.vars.force(b"PPID", identity.ppid.to_string().as_bytes());
        if self.vars.variable(b"HOSTNAME").is_none() {
            self.vars.force(b"HOSTNAME", process::uname().nodename.as_bytes());
        }
        let level = self.vars.get(b"SHLVL").and_then(|text| crate::builtins::number(&text)).unwrap_or(0);
        self.vars.force(b"SHLVL", (level + 1).to_string().as_bytes());
        self.vars.attributes(b"SHLVL").exported = true;
        for (name, dynamic) in [
            (&b"LINENO"[..], Dynamic::LineNumber),
            (b"RANDOM", Dynamic::Random),
            (b"EPOCHSECONDS", Dynamic::Epoch),
            (b"EPOCHREALTIME", Dynamic::EpochReal),
            (b"FUNCNAME", Dynamic::FunctionName),
        ] {
            self.vars.define_dynamic(name, dynamic);
        }
        self.find_directory();
        self.settle_variables();
    }

    /// Sets the variables that dash keeps: fewer.
    fn import_as_dash(&mut self, parent: Pid) {
        let prompt: &[u8] = if process::user_ids().euid == 0 { b"# " } else { b"$ " };
        let defaults: [(&[u8], &[u8]); 6] = [
            (b"IFS", b" \t\n"),
            (b"OPTIND", b"1"),
            (b"PATH", Flavour::Dash.default_path()),
            (b"PS1", prompt),
            (b"PS2", b"> "),
            (b"PS4", b"+ "),
        ];
        for (name, value) in defaults {
            let inherits = !matches!(name, b"IFS" | b"OPTIND");
            if !inherits || self.vars.get(name).is_none() {
                self.vars.force(name, value);
            }
        }
        self.vars.force(b"PPID", parent.to_string().as_bytes());
        self.find_directory();
        self.settle_variables();
    }

    /// Reads the arguments; the error is the status to end with, its reason has been printed.
    fn parse_arguments(&mut self, args: &[Vec<u8>], login: &mut bool) -> Result<Commands, u8> {
        let mut rest = args;
        let (mut command_string, mut stdin, mut interactive) = (false, false, false);
        while let Some((arg, after)) = rest.split_first() {
            let (on, letters) = match arg.as_slice() {
                // Where two dashes begin an option, there is none such.
                [b'-', b'-', _, ..] if flavour::is_dash() => {
                    self.complain(&Flavour::Dash.illegal_option(b"--"));
                    return Err(2);
                }
                b"-" | b"--" => {
                    rest = after;
                    break;
                }
                // Of the long options one means something.
                [b'-', b'-', ..] => {
                    *login |= arg == b"--login";
                    rest = after;
                    continue;
                }
                [b'-', letters @ ..] => (true, letters),
                [b'+', letters @ ..] => (false, letters),
                _ => break,
            };
            rest = after;
            for letter in letters {
                match letter {
                    b'c' => command_string = true,
                    b's' => stdin = on,
                    b'i' => interactive = on,
                    b'l' if on => *login = true,
                    b'o' => {
                        let Some((name, after)) = rest.split_first() else {
                            let _ = self.apply_options(&[if on { b"-o".to_vec() } else { b"+o".to_vec() }]);
                            let _ = self.flush();
                            continue;
                        };
                        rest = after;
                        match Opt::from_name(name) {
                            Some(option) => self.options.set(option, on),
                            None => {
                                let sign: &[u8] = if on { b"-" } else { b"+" };
                                if flavour::is_dash() {
                                    self.complain(&Flavour::Dash.illegal_option(&[b"-o ", name.as_slice()].concat()));
                                    return Err(2);
                                }
                                self.complain(&[b"illegal option ", sign, b"o ", name].concat());
                                // Observed: this is no failure.
                                return Err(0);
                            }
                        }
                    }
                    letter => match Opt::from_letter(*letter) {
                        Some(option) => self.options.set(option, on),
                        None => {
                            let sign: &[u8] = if on || flavour::is_dash() { b"-" } else { b"+" };
                            let option = [sign, &[*letter]].concat();
                            self.complain(&flavour::current().illegal_option(&option));
                            return Err(2);
                        }
                    },
                }
            }
        }
        let commands = if command_string {
            let Some((text, after)) = rest.split_first() else {
                self.complain(b"-c requires an argument");
                return Err(2);
            };
            rest = after;
            if let Some((name, after)) = rest.split_first() {
                self.arg0 = name.as_slice().into();
                self.command_name = Some(self.arg0.to_vec().into());
                rest = after;
            }
            self.options.set(Opt::CommandString, true);
            self.options.set(Opt::Stdin, stdin);
            Commands::Text(text.clone())
        } else if let Some((path, after)) = rest.split_first().filter(|_| !stdin) {
            rest = after;
            self.arg0 = path.as_slice().into();
            self.command_name = Some(self.arg0.to_vec().into());
            Commands::File(path.clone())
        } else {
            self.options.set(Opt::Stdin, true);
            interactive |= fd::is_tty(fd::STDIN) && fd::is_tty(fd::STDERR);
            Commands::Stdin
        };
        self.options.set(Opt::Interactive, interactive);
        self.params = Rc::new(rest.to_vec());
        Ok(commands)
    }

    /// Runs all commands; `called` is the name that the shell was called by.
    fn run_commands(&mut self, commands: Commands, login: bool, called: &[u8]) {
        self.begin_signals();
        let mut input = match commands {
            // Dash begins with line 1.
            Commands::Text(text) => Some(Input::text(text, u32::from(flavour::is_dash()))),
            Commands::Stdin => None,
            Commands::File(path) => match self.open_script(&path, called) {
                Some(input) => Some(input),
                None => return,
            },
        };
        let from_text = input.as_ref().is_some_and(|input| !input.is_script);
        self.in_file = input.is_some() && !from_text;
        if self.has(Opt::Interactive) {
            self.begin_interactive(from_text);
        } else if self.has(Opt::Monitor) && !self.begin_job_control() {
            self.options.set(Opt::Monitor, false);
            self.complain(b"can't access tty; job control turned off");
        }
        if self.run_start_files(login).is_err() {
            return;
        }
        let flow = match &mut input {
            // Dash does not leave its process to the last command.
            Some(input) => self.run_input(input, from_text && !flavour::is_dash()),
            None => {
                if self.has(Opt::Interactive) {
                    self.run_interactive();
                    return;
                }
                let mut input = Input::fd(fd::STDIN);
                input.is_script = true;
                self.run_input(&mut input, false)
            }
        };
        if !self.has(Opt::Interactive) {
            return;
        }
        match flow {
            Ok(()) | Err(Unwind::Error) if self.in_file => _ = fd::write_all(fd::STDERR, b"\n"),
            Err(Unwind::Error) => self.run_interactive(),
            _ => {}
        }
    }

    /// Opens a script. `None` when it cannot be opened, which has been reported.
    fn open_script(&mut self, path: &[u8], called: &[u8]) -> Option<Input> {
        let opened = match fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0) {
            Ok(opened) => opened,
            Err(error) => {
                if flavour::is_dash() {
                    self.arg0 = self.program.clone();
                    self.command_name = None;
                    self.complain_plainly(&Flavour::Dash.cannot_read(path, error));
                } else {
                    let reason = error.message().as_bytes();
                    let text = [called, b": can't open '", path, b"': ", reason, b"\n"].concat();
                    let _ = fd::write_all(fd::STDERR, &text);
                }
                self.status = 2;
                return None;
            }
        };
        let script = out_of_the_way(opened, PRIVATE - 1).unwrap_or(opened);
        let mut input = Input::fd(script);
        input.is_script = true;
        Some(input)
    }

    /// Runs the start-up files: those of a login, and that of interactive shells.
    fn run_start_files(&mut self, login: bool) -> Flow {
        if login {
            self.run_start_file(b"/etc/profile")?;
            let home = self.vars.get(b"HOME").map(std::borrow::Cow::into_owned).unwrap_or_default();
            self.run_start_file(&[&home, &b"/.profile"[..]].concat())?;
        }
        if self.has(Opt::Interactive)
            && let Some(path) = self.vars.get(b"ENV").map(std::borrow::Cow::into_owned)
        {
            let path = self.expand_prompt(path);
            self.run_start_file(&path)?;
        }
        Ok(())
    }

    /// Runs a start-up file, if there is one.
    /// # Errors
    /// It ends the shell: by `exit`, or by an error in a shell that nobody sits at.
    fn run_start_file(&mut self, path: &[u8]) -> Flow {
        let Ok(text) = fs::read_file(path) else { return Ok(()) };
        let _ = self.flush();
        let within = core::mem::replace(&mut self.in_file, true);
        let flow = self.run_input(&mut Input::text(text, 1), false);
        self.in_file = within;
        match flow {
            Err(Unwind::Error) if self.has(Opt::Interactive) => {
                self.unwind_to_top();
                Ok(())
            }
            Err(unwind @ (Unwind::Error | Unwind::Exit)) => Err(unwind),
            _ => Ok(()),
        }
    }
}
