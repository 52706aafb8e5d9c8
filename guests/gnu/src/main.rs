//! The guest with the programs of GNU coreutils, and those that scripts start as often.

fn main() {
    gnu::dispatch::main(&[
        gnu::terms::PROGRAMS,
        gnu::files::PROGRAMS,
        gnu::text::PROGRAMS,
        gnu::system::PROGRAMS,
        gnu::BESIDE,
    ])
}
