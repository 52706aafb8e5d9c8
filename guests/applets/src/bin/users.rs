//! The guest with the applets for passwords and for becoming another user.

fn main() {
    applets::multicall::only(applets::table::USERS)
}
