//! `help`: lists what can be called without a program file.

use crate::applet_names;
use crate::shell::{Flow, Shell};

pub(super) fn help(shell: &mut Shell, _: &[Vec<u8>]) -> Flow<u8> {
    let mut out = String::from("Built-in commands:\n------------------\n");
    let mut column = 0;
    for name in super::names().chain(applet_names::all()) {
        out.push(if column == 0 { '\t' } else { ' ' });
        out.push_str(name);
        column += 1 + name.len();
        if column > 60 {
            out.push('\n');
            column = 0;
        }
    }
    out.push('\n');
    shell.put(out.as_bytes());
    Ok(0)
}
