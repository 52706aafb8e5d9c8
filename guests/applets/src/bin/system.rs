//! The guest with the applets for processes, users and the kernel, and the first process of containers that ask for one.

fn main() {
    if applets::init::is_called() {
        wcr_sys::process::exit(applets::init::main());
    }
    applets::multicall::only(applets::table::SYSTEM)
}
