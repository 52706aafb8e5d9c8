//! Applets that wait for connections, of which there are none, and what they do besides.

use wcr_sys::{Errno, fs};

use super::refusal::applet;
use crate::options::Spec;
use crate::{Context, Quit};

applet!(
    /// `telnetd`.
    TELNETD, "telnetd", telnetd; "connections"
);
applet!(
    /// `udhcpd`.
    UDHCPD, "udhcpd", udhcpd; "connections"
);
applet!(
    /// `ssl_client`.
    SSL_CLIENT, "ssl_client", ssl_client; "connections"
);
applet!(
    /// `httpd`.
    HTTPD, "httpd", httpd; "connections, and requests on standard input"
);
/// The reason that a container without a network gives.
const NO_NETWORK: Errno = Errno::Afnosupport;

fn telnetd(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("f:l:Kip:b:FSw:").parse(ctx)?;
    match (parsed.has(b'i'), parsed.has(b'F')) {
        // Standard input is no connection, which it says to nobody.
        (true, _) => Ok(1),
        (_, true) => Err(ctx.die_errno(&[b"socket"], NO_NETWORK)),
        _ => Ok(0),
    }
}

fn udhcpd(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("fSI:va:P:").parse(ctx)?;
    if !parsed.has(b'f') {
        return Ok(0);
    }
    let config = parsed.operands.first().map_or(&b"/etc/udhcpd.conf"[..], Vec::as_slice);
    if let Err(error) = fs::stat(config) {
        ctx.perror(&[config], error);
    }
    ctx.complain(&[b"started, v1.35.0"]);
    let leases = b"/var/lib/misc/udhcpd.leases";
    if let Err(error) = fs::stat(leases) {
        ctx.perror(&[b"can't open '", leases, b"'"], error);
    }
    Err(ctx.die_errno(&[b"socket"], Errno::Perm))
}

fn ssl_client(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("s:r:n:e").parse(ctx)?;
    if !parsed.has(b's') && !parsed.has(b'r') {
        return Err(ctx.usage());
    }
    Err(ctx.die_errno(&[b"write error"], Errno::Badf))
}

/// What it does without a connection: encoding and decoding of its arguments.
fn httpd(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("c:d:h:e:r:m:u:p:ifv").parse(ctx)?;
    if let Some(text) = parsed.value(b'd') {
        ctx.put(&url_decode(text));
        return Ok(0);
    }
    if let Some(text) = parsed.value(b'e') {
        ctx.put(&html_encode(text));
        return Ok(0);
    }
    if let Some(text) = parsed.value(b'm') {
        let salt = crate::users::crypt::salt(8).map_err(|error| ctx.die_errno(&[b"getrandom"], error))?;
        ctx.put(&[crate::users::crypt::md5(text, &salt), b"\n".to_vec()].concat());
        return Ok(0);
    }
    if let Some(text) = parsed.value(b'p') {
        let port = text.rsplit(|byte| *byte == b':').next().unwrap_or(text);
        if crate::format::parse_decimal(port).is_none_or(|port| port > 65535) {
            return Err(ctx.die(&[b"bad address '", text, b"'"]));
        }
    }
    if let Some(home) = parsed.value(b'h')
        && let Err(error) = fs::stat(home)
    {
        return Err(ctx.die_errno(&[b"can't change directory to '", home, b"'"], error));
    }
    if parsed.has(b'i') {
        return Err(ctx.die_errno(&[b"getpeername"], Errno::Notsock));
    }
    Err(ctx.die_errno(&[b"socket"], NO_NETWORK))
}

/// The text with all but letters and digits as numbers.
fn html_encode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in text {
        if byte.is_ascii_alphanumeric() {
            out.push(*byte);
        } else {
            out.extend_from_slice(format!("&#{byte};").as_bytes());
        }
    }
    out
}

/// The text with `%XX` and `+` resolved; a wrong `%` stays as it is.
fn url_decode(text: &[u8]) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let (mut out, mut rest) = (Vec::new(), text);
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind) {
            (b'+', _) => out.push(b' '),
            (b'%', [high, low, after @ ..]) if digit(*high).is_some() && digit(*low).is_some() => {
                out.push(digit(*high).unwrap_or(0) << 4 | digit(*low).unwrap_or(0));
                rest = after;
            }
            _ => out.push(*first),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn httpd_encodes_and_decodes() {
        assert_eq!(run(&HTTPD, &["-e", "<a b&\"c>"]).1, "&#60;a&#32;b&#38;&#34;c&#62;");
        assert_eq!(run(&HTTPD, &["-d", "a%20b+c%zz%41%"]).1, "a b c%zzA%");
        assert_eq!(run(&HTTPD, &["-p", "x"]).2, "httpd: bad address 'x'\n");
        assert_eq!(run(&HTTPD, &["-f"]).2, "httpd: socket: Address family not supported by protocol\n");
    }
}
