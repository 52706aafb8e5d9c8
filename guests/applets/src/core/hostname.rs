//! `hostname`: the system's name.

use wcr_sys::abi::OpenFlags;
use wcr_sys::{Errno, fs, process};

use crate::options::Spec;
use crate::{Applet, Context, Help, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "hostname",
    "hostname [-sidf] [HOSTNAME | -F FILE]\n\n\
     Show or set hostname or DNS domain name\n\n\
     \t-s\tShort\n\
     \t-i\tAddresses for the hostname\n\
     \t-d\tDNS domain name\n\
     \t-f\tFully qualified domain name\n\
     \t-F FILE\tUse FILE's content as hostname",
    main,
)
.on_write_failure(crate::WriteFailure::Ignore);

/// `dnsdomainname`: what `hostname -d` prints.
pub const DNSDOMAINNAME: Applet = Applet::new("dnsdomainname", "", |ctx| {
    SPEC.parse(ctx)?;
    let name = process::uname().nodename.into_bytes();
    about(ctx, b'd', &name)
})
.with_help(Help::Unavailable)
.on_write_failure(crate::WriteFailure::Ignore);

const SPEC: Spec = Spec::short("dfisF:v");

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let name = process::uname().nodename.into_bytes();
    match parsed.last_of(b"dfis") {
        Some(b's') => put_line(ctx, name.split(|byte| *byte == b'.').next().unwrap_or_default()),
        Some(key) => return about(ctx, key, &name),
        None if parsed.operands.is_empty() && !parsed.has(b'F') => put_line(ctx, &name),
        None => {
            if let Some(path) = parsed.value(b'F') {
                let file = fs::open(path, OpenFlags::RDONLY.with(OpenFlags::CLOEXEC), 0)
                    .map_err(|error| ctx.die_errno(&[b"can't open '", path, b"'"], error))?;
                // What cannot be read has nothing in it, and nothing names nobody.
                let content = fs::read_to_end(file).unwrap_or_default();
                let named = |line: &[u8]| !line.is_empty() && !line.starts_with(b"#");
                if !content.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).any(named) {
                    return Ok(0);
                }
            }
            // The name belongs to the container and is fixed while it runs.
            return Err(ctx.die_errno(&[b"sethostname"], Errno::Perm));
        }
    }
    Ok(0)
}

/// What `/etc/hosts` says of the name: addresses, the full name, the domain.
fn about(ctx: &mut Context<'_>, key: u8, name: &[u8]) -> Result<u8, Quit> {
    let Some((addresses, canonical)) = look_up(name) else { return Err(ctx.die(&[name, b": Unknown host"])) };
    match key {
        b'i' => put_line(ctx, &addresses.join(&b' ')),
        b'f' => put_line(ctx, &canonical),
        _ => {
            if let Some(dot) = canonical.iter().position(|byte| *byte == b'.') {
                put_line(ctx, canonical.get(dot + 1..).unwrap_or_default());
            }
        }
    }
    Ok(0)
}

fn put_line(ctx: &mut Context<'_>, line: &[u8]) {
    ctx.put(&[line, b"\n"].concat());
}

/// The addresses and the first name of the lines of `/etc/hosts` that have this name.
#[must_use]
pub fn look_up(name: &[u8]) -> Option<(Vec<Vec<u8>>, Vec<u8>)> {
    let hosts = fs::read_file(b"/etc/hosts").ok()?;
    let (mut addresses, mut canonical) = (Vec::new(), None);
    for line in hosts.split(|byte| *byte == b'\n') {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let Some(address) = words.next() else { continue };
        let names: Vec<&[u8]> = words.collect();
        if names.contains(&name) {
            addresses.push(address.to_vec());
            canonical.get_or_insert_with(|| names.first().copied().unwrap_or_default().to_vec());
        }
    }
    Some((addresses, canonical?))
}
