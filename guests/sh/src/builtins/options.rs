//! `set` and `shift`.

use std::rc::Rc;

use crate::flavour;
use crate::options::Opt;
use crate::shell::{Flow, Shell, Unwind};

impl Shell {
    /// Applies option arguments (`-e`, `+x`, `-o name`); returns how many arguments they were, and whether
    /// `--` or the like ended them.
    /// # Errors
    /// A letter that is no option: an error of the shell. A name that is none: the status.
    pub fn apply_options(&mut self, args: &[Vec<u8>]) -> Flow<Result<(usize, bool), u8>> {
        let mut at = 0;
        while let Some(arg) = args.get(at) {
            let (on, letters) = match arg.as_slice() {
                b"--" => return Ok(Ok((at + 1, true))),
                b"-" => {
                    self.options.set(Opt::XTrace, false);
                    self.options.set(Opt::Verbose, false);
                    return Ok(Ok((at + 1, args.len() > at + 1)));
                }
                [b'-', letters @ ..] => (true, letters),
                [b'+', letters @ ..] => (false, letters),
                _ => break,
            };
            at += 1;
            for letter in letters {
                if *letter == b'o' {
                    match args.get(at) {
                        Some(name) => {
                            at += 1;
                            let Some(option) = Opt::from_name(name) else {
                                if flavour::is_dash() {
                                    return Err(self.fail(&[b"Illegal option -o ", name.as_slice()].concat()));
                                }
                                self.complain(&[b"illegal option ", sign(on), b"o ", name].concat());
                                return Ok(Err(1));
                            };
                            self.set_option(option, on);
                        }
                        None => self.list_options(on),
                    }
                    continue;
                }
                match Opt::from_letter(*letter).filter(|option| is_settable(*option)) {
                    Some(option) => {
                        self.set_option(option, on);
                        if let (true, Some(other)) = (on, option.excludes()) {
                            self.options.set(other, false);
                        }
                    }
                    None => return Err(self.illegal_letter(on, *letter)),
                }
            }
        }
        Ok(Ok((at, false)))
    }

    fn set_option(&mut self, option: Opt, on: bool) {
        self.options.set(option, on);
        if option != Opt::Monitor || self.subshell {
            return;
        }
        if !on {
            self.end_job_control();
        } else if !self.begin_job_control() {
            self.options.set(Opt::Monitor, false);
            self.complain(b"can't access tty; job control turned off");
        }
    }

    fn illegal_letter(&mut self, on: bool, letter: u8) -> Unwind {
        let sign = if flavour::is_dash() { b"-" } else { sign(on) };
        self.fail(&flavour::current().illegal_option(&[sign, &[letter]].concat()))
    }

    fn list_options(&mut self, readable: bool) {
        if readable && flavour::is_dash() {
            self.put(b"Current option settings\n");
        }
        for (name, on) in self.options.listed() {
            let line = if readable {
                format!("{name:16}{}\n", if on { "on" } else { "off" })
            } else {
                format!("set {}o {name}\n", if on { '-' } else { '+' })
            };
            self.put(line.as_bytes());
        }
    }
}

const fn sign(on: bool) -> &'static [u8] {
    if on { b"-" } else { b"+" }
}

/// Whether `set` may change the option: not those that say how the shell was started.
fn is_settable(option: Opt) -> bool {
    flavour::is_dash() || !matches!(option, Opt::Interactive | Opt::Stdin | Opt::CommandString)
}

pub(super) fn set(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let args = args.get(1..).unwrap_or_default();
    if args.is_empty() {
        super::variables::list_all(shell);
        return Ok(0);
    }
    match shell.apply_options(args)? {
        Ok((used, ended)) => {
            let operands = args.get(used..).unwrap_or_default();
            if ended || !operands.is_empty() {
                shell.params = Rc::new(operands.to_vec());
                shell.getopts = crate::shell::OptionCursor { offset: 0, index: 1 };
            }
            Ok(0)
        }
        Err(status) => Ok(status),
    }
}

pub(super) fn shift(shell: &mut Shell, args: &[Vec<u8>]) -> Flow<u8> {
    let count = match args.get(1) {
        Some(text) => shell.number_argument(text)? as usize,
        None => 1,
    };
    if count > shell.params.len() {
        if flavour::is_dash() {
            return Err(shell.fail(b"can't shift that many"));
        }
        return Ok(1);
    }
    Rc::make_mut(&mut shell.params).drain(..count);
    shell.getopts = crate::shell::OptionCursor { offset: 0, index: 1 };
    Ok(0)
}
