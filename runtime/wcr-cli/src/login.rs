//! `wcr login` and `wcr logout`.

use std::io::{IsTerminal as _, Read as _, Write as _};

use anyhow::Result;
use wcr_image::Class;
use wcr_registry::{Client, configured, registry_name};

use crate::exit::{Failure, say};
use crate::output;
use crate::remote_args::{LoginArgs, LogoutArgs};

/// The registry that is meant when none is named.
const HUB: &str = "docker.io";
/// The longest password that is read from standard input, in bytes.
const LONGEST: u64 = 64 << 10;

/// Proves a name and a password to a registry, and keeps them.
pub(crate) fn login(args: &LoginArgs) -> Result<u8> {
    let registry = registry(args.registry.as_deref())?;
    let client = Client::new(configured()?)?;
    if args.password.is_some() {
        say("others may see a password on the command line; --password-stdin is safer");
    }
    let user = match &args.username {
        Some(user) => user.clone(),
        None => ask_user(&registry)?,
    };
    let password = match &args.password {
        Some(password) => password.clone(),
        None if args.password_stdin => from_stdin()?,
        None => ask_password()?,
    };
    if user.is_empty() || password.is_empty() || user.contains(':') {
        let message = "a login needs a user name, which has no colon in it, and a password";
        return Err(Failure::new(Class::Usage, message).into());
    }
    let kept = client.login(&registry, &user, &password)?;
    if !kept.starts_with("docker-credential-") {
        say(&format!(
            "the password is kept in {kept}, unencrypted; a credential helper there (credsStore) avoids that"
        ));
    }
    Ok(output::print("Login Succeeded\n"))
}

/// Forgets what is kept for a registry.
pub(crate) fn logout(args: &LogoutArgs) -> Result<u8> {
    let registry = registry(args.registry.as_deref())?;
    let found = Client::new(configured()?)?.logout(&registry)?;
    if !found {
        say(&format!("not logged in to {registry}"));
        return Ok(crate::exit::OK);
    }
    Ok(output::print(&format!("Removed login credentials for {registry}\n")))
}

fn registry(named: Option<&str>) -> Result<String> {
    let named = named.unwrap_or(HUB);
    let known = registry_name(named);
    known.ok_or_else(|| {
        let message = format!("{named:?} names no registry; it needs the form HOST or HOST:PORT, as ghcr.io");
        Failure::new(Class::Usage, message).into()
    })
}

fn on_terminal() -> Result<()> {
    if std::io::stdin().is_terminal() {
        return Ok(());
    }
    let message = "standard input is no terminal to ask at; give --username and --password-stdin";
    Err(Failure::new(Class::Usage, message).into())
}

fn ask_user(registry: &str) -> Result<String> {
    on_terminal()?;
    let mut stderr = std::io::stderr();
    write!(stderr, "User name at {registry}: ")?;
    stderr.flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// Asks without an echo.
fn ask_password() -> Result<String> {
    on_terminal()?;
    let asked = rpassword::prompt_password("Password: ");
    Ok(asked.map_err(|error| Failure::new(Class::Usage, format!("no password could be read: {error}")))?)
}

fn from_stdin() -> Result<String> {
    let mut text = String::new();
    let read = std::io::stdin().take(LONGEST).read_to_string(&mut text);
    read.map_err(|error| Failure::new(Class::Usage, format!("standard input cannot be read: {error}")))?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(text.strip_suffix('\r').unwrap_or(text).to_owned())
}
