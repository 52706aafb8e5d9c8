//! The built-ins of dash: which there are, and those that are not ash's.

mod echo;
mod escape;
mod kill;
mod printf;
mod signal_names;
mod test;
mod ulimit;

pub use signal_names::{signal_name, signal_number};

use super::{
    Builtin, control, describe, directory, getopts, jobs, limits, options, pure, read, regular, signals, special,
    umask, variables,
};

/// All built-ins of dash, sorted by name.
pub(super) static TABLE: [Builtin; 39] = [
    special(".", control::source),
    special(":", |_, _| Ok(0)).within_state(),
    pure("[", test::bracket),
    regular("alias", describe::alias),
    regular("bg", jobs::bg),
    special("break", control::leave_loop).within_state(),
    regular("cd", directory::cd),
    regular("chdir", directory::cd),
    regular("command", describe::command),
    special("continue", control::next_round).within_state(),
    pure("echo", echo::echo),
    special("eval", control::eval),
    special("exec", control::exec),
    special("exit", control::exit).within_state(),
    special("export", variables::export).within_state(),
    pure("false", |_, _| Ok(1)),
    regular("fg", jobs::fg),
    regular("getopts", getopts::getopts).within_state(),
    regular("hash", describe::hash),
    regular("jobs", jobs::jobs),
    regular("kill", kill::kill),
    special("local", variables::local).within_state(),
    pure("printf", printf::printf),
    pure("pwd", directory::pwd),
    regular("read", read::read).within_state(),
    special("readonly", variables::readonly).within_state(),
    special("return", control::leave_function).within_state(),
    special("set", options::set),
    special("shift", options::shift).within_state(),
    pure("test", test::test),
    special("times", limits::times),
    special("trap", signals::trap),
    pure("true", |_, _| Ok(0)),
    pure("type", describe::describe),
    regular("ulimit", ulimit::ulimit),
    regular("umask", umask::umask),
    regular("unalias", describe::unalias),
    special("unset", variables::unset).within_state(),
    regular("wait", jobs::wait),
];

#[cfg(test)]
mod tests {
    use super::TABLE;

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.is_sorted_by_key(|builtin| builtin.name));
    }
}
