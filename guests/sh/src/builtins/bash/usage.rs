//! How the built-ins are called, and their options.

use crate::shell::{Flow, Shell};

/// The name of each built-in that has options or operands, with what may follow it.
const USAGES: &[&str] = &[
    "alias [-p] [name[=value] ... ]",
    "builtin [shell-builtin [arg ...]]",
    "caller [expr]",
    "cd [-L|[-P [-e]] [-@]] [dir]",
    "command [-pVv] command [arg ...]",
    "declare [-aAfFgiIlnrtux] [name[=value] ...] or declare -p [-aAfFilnrtux] [name ...]",
    "dirs [-clpv] [+N] [-N]",
    "disown [-h] [-ar] [jobspec ... | pid ...]",
    "enable [-a] [-dnps] [-f filename] [name ...]",
    "exec [-cl] [-a name] [command [argument ...]] [redirection ...]",
    "export [-fn] [name[=value] ...] or export -p",
    "getopts optstring name [arg ...]",
    "hash [-lr] [-p pathname] [-dt] [name ...]",
    "help [-dms] [pattern ...]",
    "history [-c] [-d offset] [n] or history -anrw [filename] or history -ps arg [arg...]",
    "kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]",
    "let arg [arg ...]",
    "local [option] name[=value] ...",
    "mapfile [-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]",
    "popd [-n] [+N | -N]",
    "printf [-v var] format [arguments]",
    "pushd [-n] [+N | -N | dir]",
    "pwd [-LP]",
    "read [-ers] [-a array] [-d delim] [-i text] [-n nchars] [-N nchars] [-p prompt] [-t timeout] [-u fd] [name ...]",
    "readarray [-d delim] [-n count] [-O origin] [-s count] [-t] [-u fd] [-C callback] [-c quantum] [array]",
    "readonly [-aAf] [name[=value] ...] or readonly -p",
    "set [-abefhkmnptuvxBCEHPT] [-o option-name] [--] [-] [arg ...]",
    "shopt [-pqsu] [-o] [optname ...]",
    "source filename [arguments]",
    "suspend [-f]",
    "trap [-lp] [[arg] signal_spec ...]",
    "type [-afptP] name [name ...]",
    "typeset [-aAfFgiIlnrtux] name[=value] ... or typeset -p [-aAfFilnrtux] [name ...]",
    "umask [-p] [-S] [mode]",
    "unalias [-a] name [name ...]",
    "unset [-f] [-v] [-n] [name ...]",
    "wait [-fn] [-p var] [id ...]",
];

/// How a built-in is called.
pub(super) fn usage(name: &str) -> &'static str {
    let found = USAGES.iter().find(|usage| usage.split(' ').next() == Some(name));
    found.copied().unwrap_or_default()
}

/// The options of a call, with the argument of those that have one, and the operands.
pub(super) type Taken<'a> = (Vec<(u8, &'a [u8])>, &'a [Vec<u8>]);

impl Shell {
    /// Takes the options off a built-in's arguments, as letters with the argument for those that `spec` marks with a
    /// colon. The error is the status where one is wrong, which has been told.
    pub(super) fn bash_options<'a>(&mut self, args: &'a [Vec<u8>], spec: &[u8]) -> Flow<Result<Taken<'a>, u8>> {
        let name = args.first().map(|name| String::from_utf8_lossy(name).into_owned()).unwrap_or_default();
        let mut found = Vec::new();
        let mut rest = args.get(1..).unwrap_or_default();
        while let Some((arg, after)) = rest.split_first() {
            let Some(letters) = arg.strip_prefix(b"-").filter(|letters| !letters.is_empty()) else { break };
            rest = after;
            if letters == b"-" {
                break;
            }
            let mut letters = letters;
            while let Some((letter, tail)) = letters.split_first() {
                let place = spec.iter().position(|known| known == letter && *letter != b':');
                let Some(place) = place else {
                    return Ok(Err(self.misused(&[b"-", &[*letter][..], b": invalid option"].concat(), usage(&name))));
                };
                letters = tail;
                if spec.get(place + 1) != Some(&b':') {
                    found.push((*letter, &b""[..]));
                    continue;
                }
                if letters.is_empty() {
                    let Some((value, after)) = rest.split_first() else {
                        let message = [b"-", &[*letter][..], b": option requires an argument"].concat();
                        return Ok(Err(self.misused(&message, usage(&name))));
                    };
                    found.push((*letter, value));
                    rest = after;
                } else {
                    found.push((*letter, letters));
                }
                break;
            }
        }
        Ok(Ok((found, rest)))
    }
}
