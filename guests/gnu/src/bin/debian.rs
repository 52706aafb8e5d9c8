//! The guest with the programs that Debian has beside coreutils, those of the guest `gnu` apart.

fn main() {
    gnu::dispatch::main(&[gnu::DEBIAN])
}
