//! The guest with the programs of GNU coreutils.

fn main() {
    gnu::dispatch::main()
}
