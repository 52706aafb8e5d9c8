//! `times`.

use wcr_sys::process;

use crate::shell::{Flow, Shell};

pub(super) fn times(shell: &mut Shell, _: &[Vec<u8>]) -> Flow<u8> {
    let times = process::times();
    let show = |nanos: u64| {
        if crate::flavour::is_dash() {
            let micros = nanos / 1000;
            return format!("{}m{}.{:06}s", micros / 60_000_000, micros / 1_000_000 % 60, micros % 1_000_000);
        }
        let millis = nanos / 1_000_000;
        format!("{}m{}.{:03}s", millis / 60_000, millis / 1000 % 60, millis % 1000)
    };
    let text = format!(
        "{} {}\n{} {}\n",
        show(times.user),
        show(times.system),
        show(times.child_user),
        show(times.child_system)
    );
    shell.put(text.as_bytes());
    Ok(0)
}
