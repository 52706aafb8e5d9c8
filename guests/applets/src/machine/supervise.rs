//! `svc` and `svok`: what is said to a `runsv` that watches over a service.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fd, fs};

use super::refusal::applet;
use crate::options::Spec;
use crate::{Context, Quit};

applet!(
    /// `svc`.
    SVC, "svc", svc
);
applet!(
    /// `svok`.
    SVOK, "svok", svok
);

/// Where services are that are named without a slash at the front.
const SERVICES: &[u8] = b"/var/service";
/// The bytes of a `supervise/status`.
const STATUS: usize = 20;
const WRITE: OpenFlags = OpenFlags::WRONLY;

/// Why a service cannot be told: what it is called, and the rest of the line.
type Trouble = (&'static str, Vec<u8>);

fn svc(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("udopchaitkx").parse(ctx)?;
    if parsed.operands.is_empty() || parsed.options.is_empty() {
        return Err(ctx.usage());
    }
    let commands: Vec<u8> = parsed.options.iter().map(|(key, _)| *key).collect();
    let mut code = 0u8;
    for service in &parsed.operands {
        if let Err((kind, text)) = tell(service, &commands) {
            ctx.put(&[kind.as_bytes(), b": ", service, b": ", &text, b"\n"].concat());
            code = code.saturating_add(1);
        }
    }
    Ok(code)
}

/// Writes the commands to the service's control.
fn tell(service: &[u8], commands: &[u8]) -> Result<(), Trouble> {
    let reason = |text: &str, error: Errno| [text.as_bytes(), b": ", error.message().as_bytes()].concat();
    let warning = |text: &'static str| move |error: Errno| ("warning", reason(text, error));
    enter(service).map_err(|error| ("fail", reason("can't change to service directory", error)))?;
    let quick = WRITE.with(OpenFlags::NONBLOCK).with(OpenFlags::CLOEXEC);
    let ok = fs::open(b"supervise/ok", quick, 0).map_err(warning("can't open supervise/ok"))?;
    fd::close(ok).map_err(warning("can't open supervise/ok"))?;
    let status = fs::read_file(b"supervise/status").map_err(warning("can't open supervise/status"))?;
    if status.len() < STATUS {
        return Err(("warning", b"can't read supervise/status: bad format".to_vec()));
    }
    let control = fs::open(b"supervise/control", quick, 0).map_err(warning("can't open supervise/control"))?;
    fd::write_all(control, commands).map_err(warning("can't write to supervise/control"))?;
    fd::close(control).map_err(warning("can't write to supervise/control"))
}

fn enter(service: &[u8]) -> Result<(), Errno> {
    if matches!(service.first(), Some(b'/' | b'.')) {
        return fs::chdir(service);
    }
    fs::chdir(&[SERVICES, b"/", service].concat())
}

fn svok(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let Some(service) = ctx.args.first() else { return Err(ctx.usage()) };
    let trouble = Quit(111);
    if let Err(error) = fs::chdir(service) {
        ctx.perror(&[b"can't change directory to '", service, b"'"], error);
        return Err(trouble);
    }
    match fs::open(b"supervise/ok", WRITE.with(OpenFlags::NONBLOCK).with(OpenFlags::CLOEXEC), 0) {
        Ok(_) => Ok(0),
        Err(Errno::Noent | Errno::Nxio) => Ok(100),
        Err(error) => {
            ctx.perror(&[b"can't open 'supervise/ok'"], error);
            Err(trouble)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn commands_and_services_are_wanted() {
        assert_eq!(run(&SVC, &["-u"]).0, 1);
        assert_eq!(run(&SVC, &["/x"]).0, 1);
        let (code, out, _) = run(&SVC, &["-u", "/x"]);
        assert_eq!(code, 1);
        assert!(out.starts_with("fail: /x: can't change to service directory: "), "{out}");
    }
}
