//! The shell guest: stands in for BusyBox's `ash`, for `dash`, and for `bash`.
//!
//! Text becomes a syntax tree (`syntax`), words become fields (`expand`), trees are evaluated by a
//! recursive walk (`exec`). All state is in one [`shell::Shell`] in linear memory, so that a subshell can be
//! a forked copy of the instance that enters at `fork` and goes on with a part of the tree.

mod accounts;
mod applet_names;
mod bash;
mod builtins;
mod edit;
mod exec;
mod expand;
mod flavour;
mod fork;
mod interactive;
mod invoke;
mod options;
mod order;
mod run;
mod shell;
mod syntax;
mod vars;

fn main() {
    invoke::main(wcr_sys::args(), wcr_sys::env())
}
