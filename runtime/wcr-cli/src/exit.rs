//! Exit codes, and the one place where failures become messages.

use std::io::Write as _;

use anyhow::Error;
use wcr_container::RunError;
use wcr_container::life::LifeError;
use wcr_image::{Class, ImageError, PlatformError, ReferenceError};
use wcr_registry::RegistryError;
use wcr_store::StoreError;

use crate::colour::{self, Colour, paint};
use crate::filter::FilterError;
use crate::format::FormatError;
use crate::refusal;
use crate::text::safe;

/// Success.
pub(crate) const OK: u8 = 0;
/// A bug in wcr.
pub(crate) const BUG: u8 = 70;
/// A file in a container, or one of the host that the user names, cannot be read or written.
const PATH: u8 = 1;
/// `run` failed, not the program in the container.
pub(crate) const RUN_FAILED: u8 = 125;

/// A failure that the command line itself finds.
#[derive(Debug)]
pub(crate) struct Failure {
    class: Class,
    message: String,
}

impl Failure {
    /// A failure of `class`; `message` says what failed, on what, why, and what to do next.
    pub(crate) fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }

    /// What kind of failure it is.
    pub(crate) const fn class(&self) -> Class {
        self.class
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// Prints a failure and gives the exit code that it means. `run` has 125 for all that is not the
/// container's own doing.
pub(crate) fn report(error: &Error, is_run: bool) -> u8 {
    say(&sentence(error));
    if let Some(error) = error.downcast_ref::<RunError>() {
        return error.exit_code();
    }
    match error.downcast_ref::<LifeError>() {
        Some(LifeError::Start { code, .. }) => return *code,
        Some(error @ LifeError::Run(_)) => return error.run_code(),
        Some(LifeError::Path { .. }) if !is_run => return PATH,
        _ => {}
    }
    if let Some(error) = error.downcast_ref::<FormatError>() {
        return error.exit_code();
    }
    if is_run {
        return RUN_FAILED;
    }
    let is_file = error.chain().any(|cause| cause.is::<std::io::Error>());
    class(error).map_or(if is_file { PATH } else { BUG }, Class::exit_code)
}

/// A failure and its causes, each said once: many failures name their cause themselves.
pub(crate) fn sentence(error: &Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

fn class(error: &Error) -> Option<Class> {
    error.chain().find_map(|cause| {
        let known = cause.downcast_ref::<Failure>().map(|failure| failure.class);
        known
            .or_else(|| cause.downcast_ref().map(LifeError::class))
            .or_else(|| cause.downcast_ref().map(RegistryError::class))
            .or_else(|| cause.downcast_ref().map(StoreError::class))
            .or_else(|| cause.downcast_ref().map(ImageError::class))
            .or_else(|| cause.downcast_ref().map(ReferenceError::class))
            .or_else(|| cause.downcast_ref().map(PlatformError::class))
            .or_else(|| cause.downcast_ref().map(|_: &FilterError| Class::Usage))
    })
}

/// Prints what the parser has to say of a command line of `command`: help on standard output, errors on standard error.
pub(crate) fn usage(error: &clap::Error, command: &str, is_run: bool) -> u8 {
    if !error.use_stderr() {
        return crate::output::print(&colour::help(&error.to_string(), colour::on(&std::io::stdout())));
    }
    match refusal::sentence(error, command) {
        Some(sentence) => say(&sentence),
        None => {
            let text = safe(&error.to_string());
            let on = colour::on(&std::io::stderr());
            say_raw(&match text.strip_prefix("error:") {
                Some(rest) => format!("{}{rest}", paint("error:", Colour::Red, on)),
                None => colour::help(&text, on),
            });
        }
    }
    if is_run { RUN_FAILED } else { Class::Usage.exit_code() }
}

/// Prints one message of wcr on standard error.
pub(crate) fn say(message: &str) {
    say_raw(&format!("wcr: {}\n", safe(message)));
}

/// When nobody reads standard error, there is nobody to tell.
fn say_raw(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    fn code(error: impl Into<Error>) -> Option<u8> {
        class(&error.into()).map(Class::exit_code)
    }

    #[test]
    fn each_cause_is_said_once() {
        let inner = std::io::Error::other("the disk is full");
        let named = Err::<(), _>(inner).context("layer x: the disk is full").unwrap_err();
        assert_eq!(sentence(&named), "layer x: the disk is full");
        let unnamed = named.context("cannot pull");
        assert_eq!(sentence(&unnamed), "cannot pull: layer x: the disk is full");
    }

    #[test]
    fn every_class_has_its_code() {
        assert_eq!(code(Failure::new(Class::Conflict, "x")), Some(16));
        assert_eq!(code(StoreError::NoHome), Some(15));
        assert_eq!(code("B".parse::<wcr_image::Reference>().unwrap_err()), Some(2));
        let wrapped = Err::<(), _>(StoreError::NoHome).context("while listing").unwrap_err();
        assert_eq!(class(&wrapped).map(Class::exit_code), Some(15));
        assert_eq!(code(std::io::Error::other("x")), None);
    }
}
