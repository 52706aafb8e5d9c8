//! The built-ins of bash: which there are, and those that are not ash's.

mod control;
mod declare;
mod describe;
mod directory;
mod echo;
mod jobs;
mod mapfile;
mod names;
mod options;
mod printf;
mod read;
mod signals;
mod test;
mod usage;

pub use declare::declared;

use super::{Builtin, directory as shared_directory, getopts, limits, pure, regular, special, ulimit};

/// All built-ins of bash, sorted by name. `special` are those that run commands, whose errors are the commands' own.
pub(super) static TABLE: [Builtin; 56] = [
    special(".", control::source),
    regular(":", |_, _| Ok(0)).within_state(),
    pure("[", test::bracket),
    regular("alias", names::alias),
    regular("bg", jobs::bg),
    special("break", control::leave_loop).within_state(),
    special("builtin", describe::builtin),
    regular("caller", control::caller),
    regular("cd", directory::cd),
    regular("command", describe::command),
    special("continue", control::next_round).within_state(),
    regular("declare", declare::declare).within_state(),
    regular("dirs", directory::dirs),
    regular("disown", jobs::disown),
    pure("echo", echo::echo),
    regular("enable", describe::enable),
    special("eval", control::eval),
    special("exec", control::exec),
    special("exit", control::exit).within_state(),
    regular("export", declare::export).within_state(),
    pure("false", |_, _| Ok(1)),
    regular("fg", jobs::fg),
    regular("getopts", getopts::getopts).within_state(),
    regular("hash", names::hash),
    regular("help", describe::help),
    regular("history", names::history),
    regular("jobs", jobs::jobs),
    regular("kill", signals::kill),
    regular("let", control::evaluate).within_state(),
    regular("local", declare::local).within_state(),
    special("logout", control::exit),
    regular("mapfile", mapfile::mapfile).within_state(),
    regular("popd", directory::popd),
    regular("printf", printf::printf).within_state(),
    regular("pushd", directory::pushd),
    pure("pwd", shared_directory::pwd),
    regular("read", read::read).within_state(),
    regular("readarray", mapfile::mapfile).within_state(),
    regular("readonly", declare::readonly).within_state(),
    special("return", control::leave_function).within_state(),
    regular("set", options::set),
    regular("shift", control::shift).within_state(),
    regular("shopt", options::shopt),
    special("source", control::source),
    regular("suspend", jobs::suspend),
    pure("test", test::test),
    regular("times", limits::times),
    regular("trap", signals::trap),
    pure("true", |_, _| Ok(0)),
    regular("type", describe::describe),
    regular("typeset", declare::declare).within_state(),
    regular("ulimit", ulimit::ulimit),
    regular("umask", options::umask),
    regular("unalias", names::unalias),
    regular("unset", declare::unset).within_state(),
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
