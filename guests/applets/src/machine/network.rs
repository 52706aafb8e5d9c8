//! Applets for networks. A container without one has the loopback device, and nobody to talk to.

use std::net::Ipv4Addr;

use wcr_sys::{Errno, fs};

use super::refusal::{Answer, Device, applet, arguments, form, open, refused};
use crate::options::Spec;
use crate::{Context, Quit};

const ANY: usize = usize::MAX;

const LOOPBACK: &[u8] = b"lo        Link encap:Local Loopback  \n          \
    inet addr:127.0.0.1  Mask:255.0.0.0\n          \
    inet6 addr: ::1/128 Scope:Host\n          \
    UP LOOPBACK RUNNING  MTU:65536  Metric:1\n          \
    RX packets:0 errors:0 dropped:0 overruns:0 frame:0\n          \
    TX packets:0 errors:0 dropped:0 overruns:0 carrier:0\n          \
    collisions:0 txqueuelen:1000 \n          \
    RX bytes:0 (0.0 B)  TX bytes:0 (0.0 B)\n\n";

const ROUTES: &str =
    "Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface\n";

refused!(
    /// `arping`.
    ARPING, "arping", form("fqbDUAc:w:I:s:", 1, 1), Answer::NotPermitted("socket")
);
refused!(
    /// `ipneigh`.
    IPNEIGH, "ipneigh", arguments(0, ANY), Answer::Output("")
);
refused!(
    /// `traceroute`.
    TRACEROUTE, "traceroute", form("46Flnrdvf:i:m:p:q:s:t:w:z:I", 1, 2), Answer::NotPermitted("socket")
);
refused!(
    /// `traceroute6`.
    TRACEROUTE6, "traceroute6", form("46Flnrdvf:i:m:p:q:s:t:w:z:I", 1, 2), Answer::NotPermitted("socket")
);
refused!(
    /// `tunctl`.
    TUNCTL, "tunctl", form("d:f:t:", 0, ANY), Answer::Device(Device::Named("/dev/net/tun"), "TUNSETIFF")
);
refused!(
    /// `tc`.
    TC, "tc", arguments(1, ANY), Answer::Output("")
);
refused!(
    /// `udhcpc`.
    UDHCPC, "udhcpc", form("CV:F:x:r:fi:np:qRs:T:t:SvA:O:oba::BP:", 0, ANY), Answer::NotPermitted("socket")
);
refused!(
    /// `dumpleases`.
    DUMPLEASES, "dumpleases", form("rf:ad", 0, 0), Answer::Device(Device::Named("/var/lib/misc/udhcpd.leases"), "")
);
applet!(
    /// `arp`.
    ARP, "arp", arp
);
applet!(
    /// `brctl`.
    BRCTL, "brctl", brctl
);
applet!(
    /// `ifconfig`.
    IFCONFIG, "ifconfig", ifconfig
);
applet!(
    /// `ipaddr`.
    IPADDR, "ipaddr", |ctx| ip_object(ctx, Object::Address)
);
applet!(
    /// `iplink`.
    IPLINK, "iplink", |ctx| ip_object(ctx, Object::Link)
);
applet!(
    /// `iproute`.
    IPROUTE, "iproute", |ctx| ip_object(ctx, Object::Other)
);
applet!(
    /// `iprule`.
    IPRULE, "iprule", |ctx| ip_object(ctx, Object::Rule)
);
applet!(
    /// `iptunnel`.
    IPTUNNEL, "iptunnel", |ctx| ip_object(ctx, Object::Other)
);
applet!(
    /// `ip`.
    IP, "ip", ip
);
applet!(
    /// `route`.
    ROUTE, "route", route
);
applet!(
    /// `netstat`.
    NETSTAT, "netstat", netstat
);
applet!(
    /// `ping`.
    PING, "ping", ping
);
applet!(
    /// `ping6`.
    PING6, "ping6", ping
);
applet!(
    /// `nslookup`.
    NSLOOKUP, "nslookup", nslookup; "connections"
);
applet!(
    /// `nc`.
    NC, "nc", |ctx| connect(ctx, "+lp:i:w:f:e:n", 1, Unreachable::Connect); "connections"
);
applet!(
    /// `telnet`.
    TELNET, "telnet", |ctx| connect(ctx, "al:", 1, Unreachable::Connect); "connections"
);
applet!(
    /// `ftpget`.
    FTPGET, "ftpget", |ctx| connect(ctx, "cvu:p:P:", 2, Unreachable::Connect); "connections"
);
applet!(
    /// `ftpput`.
    FTPPUT, "ftpput", |ctx| connect(ctx, "vu:p:P:", 2, Unreachable::Connect); "connections"
);
applet!(
    /// `rdate`.
    RDATE, "rdate", |ctx| connect(ctx, "sp", 1, Unreachable::Connect); "connections"
);
applet!(
    /// `tftp`.
    TFTP, "tftp", |ctx| connect(ctx, "l:r:gpb:", 1, Unreachable::Send); "connections"
);
applet!(
    /// `wget`.
    WGET, "wget", wget; "connections"
);
applet!(
    /// `nameif`.
    NAMEIF, "nameif", nameif; "renaming"
);
applet!(
    /// `vconfig`.
    VCONFIG, "vconfig", vconfig
);
applet!(
    /// `ifup`.
    IFUP, "ifup", interfaces
);
applet!(
    /// `ifdown`.
    IFDOWN, "ifdown", interfaces
);

/// The address that a host's name has here: one in digits, or one of `/etc/hosts`.
fn address(host: &[u8]) -> Option<Ipv4Addr> {
    let text = core::str::from_utf8(host).ok()?;
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let hosts = fs::read_file(b"/etc/hosts").ok()?;
    hosts.split(|byte| *byte == b'\n').find_map(|line| {
        let mut words = line.split(|byte| *byte == b'#').next()?.split(u8::is_ascii_whitespace);
        let address = core::str::from_utf8(words.next()?).ok()?.parse().ok()?;
        words.any(|word| word == host).then_some(address)
    })
}

/// As [`address`]; a name that has none is told.
fn resolve(ctx: &mut Context<'_>, host: &[u8]) -> Result<Ipv4Addr, Quit> {
    address(host).ok_or_else(|| ctx.die(&[b"bad address '", host, b"'"]))
}

/// What a host that cannot be reached shows at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unreachable {
    Connect,
    Send,
}

fn connect(ctx: &mut Context<'_>, options: &'static str, least: usize, shows: Unreachable) -> Result<u8, Quit> {
    let parsed = Spec::short(options).parse(ctx)?;
    if parsed.operands.len() < least || parsed.has(b'l') && options.starts_with('+') {
        return Err(ctx.usage());
    }
    let host = parsed.operands.first().map(Vec::as_slice).unwrap_or_default();
    let address = resolve(ctx, host)?;
    Err(fail(ctx, address, shows))
}

fn fail(ctx: &mut Context<'_>, address: Ipv4Addr, shows: Unreachable) -> Quit {
    let reason = if address.is_loopback() { Errno::Connrefused } else { Errno::Netunreach };
    match shows {
        Unreachable::Send => ctx.die_errno(&[b"sendto"], reason),
        Unreachable::Connect => {
            ctx.die_errno(&[b"can't connect to remote host (", address.to_string().as_bytes(), b")"], reason)
        }
    }
}

fn wget(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    use crate::options::Takes::{Nothing, Value};
    let spec = Spec::new(
        "cqSO:o:P:Y:U:T:t:nE",
        &[
            ("continue", Nothing, b'c'),
            ("quiet", Nothing, b'q'),
            ("server-response", Nothing, b'S'),
            ("output-document", Value, b'O'),
            ("output-file", Value, b'o'),
            ("directory-prefix", Value, b'P'),
            ("proxy", Value, b'Y'),
            ("user-agent", Value, b'U'),
            ("timeout", Value, b'T'),
            ("tries", Value, b't'),
            ("header", Value, 1),
            ("post-data", Value, 2),
            ("post-file", Value, 3),
            ("spider", Nothing, 4),
            ("no-check-certificate", Nothing, 5),
            ("no-verbose", Nothing, 6),
            ("no-clobber", Nothing, 7),
        ],
    );
    let parsed = spec.parse(ctx)?;
    let Some(url) = parsed.operands.first() else { return Err(ctx.usage()) };
    let Some((scheme, host, port)) = split(url) else { return Err(ctx.die(&[b"not an http or ftp url: ", url])) };
    let address = resolve(ctx, host)?;
    if !parsed.has(b'q') {
        let shown = match port {
            Some(port) => [host, b":", port].concat(),
            None => host.to_vec(),
        };
        let default: &[u8] = match scheme {
            b"https" => b"443",
            b"ftp" => b"21",
            _ => b"80",
        };
        let at = [address.to_string().as_bytes(), b":", port.unwrap_or(default)].concat();
        ctx.put_err(&[b"Connecting to ", shown.as_slice(), b" (", &at, b")\n"].concat());
    }
    Err(fail(ctx, address, Unreachable::Connect))
}

/// Scheme, host and port of a URL; one without a scheme is of http.
fn split(url: &[u8]) -> Option<(&[u8], &[u8], Option<&[u8]>)> {
    let (scheme, rest) = match url.windows(3).position(|window| window == b"://") {
        Some(at) => (url.get(..at)?, url.get(at + 3..)?),
        None => (&b"http"[..], url),
    };
    if ![&b"http"[..], b"https", b"ftp"].contains(&scheme) {
        return None;
    }
    let place = rest.split(|byte| b"/?#".contains(byte)).next()?;
    let place = place.rsplit(|byte| *byte == b'@').next()?;
    let mut parts = place.splitn(2, |byte| *byte == b':');
    Some((scheme, parts.next()?, parts.next()))
}

fn ping(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("qvAc:+s:t:w:W:I:np:i:46").parse(ctx)?;
    let [host] = parsed.operands.as_slice() else { return Err(ctx.usage()) };
    let six = ctx.name == b"ping6" || parsed.has(b'6');
    let address = if six && host.contains(&b':') {
        String::from_utf8_lossy(host).into_owned()
    } else {
        resolve(ctx, host)?.to_string()
    };
    let size = parsed.value(b's').unwrap_or(b"56");
    ctx.put(&[b"PING ", host.as_slice(), b" (", address.as_bytes(), b"): ", size, b" data bytes\n"].concat());
    Err(ctx.die(&[b"permission denied (are you root?)"]))
}

fn nslookup(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let operands: Vec<Vec<u8>> = ctx.args.iter().filter(|arg| !arg.starts_with(b"-")).cloned().collect();
    if operands.is_empty() || operands.len() > 2 {
        return Err(ctx.usage());
    }
    let server = match operands.get(1) {
        Some(server) => resolve(ctx, server)?,
        None => name_server().unwrap_or(Ipv4Addr::LOCALHOST),
    };
    if server.is_loopback() {
        let server = server.to_string();
        ctx.perror(&[b"write to '", server.as_bytes(), b"'"], Errno::Connrefused);
        ctx.put(b";; connection timed out; no servers could be reached\n\n");
        return Ok(1);
    }
    Err(fail(ctx, server, Unreachable::Connect))
}

/// The first name server of `/etc/resolv.conf`.
fn name_server() -> Option<Ipv4Addr> {
    let text = fs::read_file(b"/etc/resolv.conf").ok()?;
    text.split(|byte| *byte == b'\n').find_map(|line| {
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        (words.next()? == b"nameserver").then_some(())?;
        core::str::from_utf8(words.next()?).ok()?.parse().ok()
    })
}

fn arp(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("A:p:H:t:i:adnDsv").parse(ctx)?;
    if parsed.has(b'd') {
        return Err(ctx.die_errno(&[b"SIOCDARP(priv)"], Errno::Perm));
    }
    if parsed.has(b's') || parsed.has(b'D') {
        return Err(ctx.die_errno(&[b"SIOCSARP"], Errno::Perm));
    }
    if !parsed.operands.is_empty() {
        ctx.put(b"No match found in 0 entries\n");
    }
    Ok(0)
}

fn brctl(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let Some(command) = ctx.args.first() else { return Err(ctx.usage()) };
    let known: [&[u8]; 9] =
        [b"addbr", b"delbr", b"addif", b"delif", b"stp", b"setageing", b"setfd", b"sethello", b"setmaxage"];
    if !known.contains(&command.as_slice()) {
        return Err(ctx.die(&[b"invalid argument '", command, b"' to 'brctl'"]));
    }
    let Some(bridge) = ctx.args.get(1) else { return Err(ctx.usage()) };
    Err(ctx.die_errno(&[b"bridge ", bridge], Errno::Perm))
}

fn ifconfig(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let args: Vec<Vec<u8>> = ctx.args.iter().filter(|arg| *arg != b"-a").cloned().collect();
    let Some((name, settings)) = args.split_first() else {
        ctx.put(LOOPBACK);
        return Ok(0);
    };
    let setting = settings.first().map(Vec::as_slice);
    if name != b"lo" && setting.is_none() {
        ctx.complain(&[name, b": error fetching interface information: Device not found"]);
        return Ok(1);
    }
    match setting {
        None => {
            ctx.put(LOOPBACK);
            Ok(0)
        }
        Some(b"up" | b"down") => Err(ctx.die_errno(&[b"SIOCSIFFLAGS"], Errno::Perm)),
        Some(_) => Err(ctx.die_errno(&[b"SIOCSIFADDR"], Errno::Perm)),
    }
}

const LINK: &[u8] = b"1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n";
const ETHER: &[u8] = b"    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n";
const INET: &[u8] = b"    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n";
const INET6: &[u8] = b"    inet6 ::1/128 scope host \n       valid_lft forever preferred_lft forever\n";
const RULES: &[u8] = b"0:\tfrom all lookup local \n32766:\tfrom all lookup main \n32767:\tfrom all lookup default \n";

/// What `ip` is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Object {
    Address,
    Link,
    Rule,
    /// Routes and tunnels, of which a container has none.
    Other,
}

impl Object {
    /// The objects that a word may mean, as far as it was written.
    fn named(word: &[u8]) -> Option<Self> {
        const NAMES: [(&[u8], Object); 7] = [
            (b"address", Object::Address),
            (b"link", Object::Link),
            (b"rule", Object::Rule),
            (b"route", Object::Other),
            (b"neigh", Object::Other),
            (b"tunnel", Object::Other),
            (b"tunl", Object::Other),
        ];
        let found = NAMES.into_iter().find(|(name, _)| !word.is_empty() && name.starts_with(word));
        found.map(|(_, object)| object)
    }
}

fn ip(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let (families, args) = families(ctx)?;
    let Some((word, rest)) = args.split_first() else { return Err(ctx.usage()) };
    let object = Object::named(word).ok_or_else(|| ctx.usage())?;
    show(ctx, object, rest, families)
}

/// An applet of its own for one of `ip`'s objects.
fn ip_object(ctx: &mut Context<'_>, object: Object) -> Result<u8, Quit> {
    let (families, args) = families(ctx)?;
    show(ctx, object, args, families)
}

/// Whether the families 4 and 6 are wanted, and the arguments behind the options.
fn families<'a>(ctx: &mut Context<'a>) -> Result<([bool; 2], &'a [Vec<u8>]), Quit> {
    let (mut wanted, mut args) = ([true; 2], ctx.args);
    while let Some((option, rest)) = args.split_first().filter(|(option, _)| option.starts_with(b"-")) {
        match option.as_slice() {
            b"-4" => wanted = [wanted[0], false],
            b"-6" => wanted = [false, wanted[1]],
            b"-o" | b"-0" | b"-oneline" => {}
            _ => return Err(ctx.usage()),
        }
        args = rest;
    }
    Ok((wanted, args))
}

fn show(ctx: &mut Context<'_>, object: Object, args: &[Vec<u8>], [four, six]: [bool; 2]) -> Result<u8, Quit> {
    let verb = args.first().map(Vec::as_slice).unwrap_or(b"show");
    if !([&b"show"[..], b"list", b"ls"].iter().any(|known| known.starts_with(verb))) {
        let sets = object == Object::Link && verb == b"set";
        ctx.perror(&[if sets { &b"SIOCSIFFLAGS"[..] } else { b"RTNETLINK answers" }], Errno::Perm);
        return Err(Quit(2));
    }
    match object {
        Object::Address => {
            let parts: [&[u8]; 4] = [
                LINK,
                if four && six { ETHER } else { b"" },
                if four { INET } else { b"" },
                if six { INET6 } else { b"" },
            ];
            ctx.put(&parts.concat());
        }
        Object::Link => ctx.put(&[LINK, ETHER].concat()),
        Object::Rule => ctx.put(RULES),
        Object::Other => {}
    }
    Ok(0)
}

fn route(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("+enA:").parse(ctx)?;
    match parsed.operands.first().map(Vec::as_slice) {
        None => {
            ctx.put(ROUTES.as_bytes());
            Ok(0)
        }
        Some(b"add") => Err(ctx.die_errno(&[b"SIOCADDRT"], Errno::Perm)),
        Some(b"del" | b"delete") => Err(ctx.die_errno(&[b"SIOCDELRT"], Errno::Perm)),
        Some(_) => Err(ctx.usage()),
    }
}

fn netstat(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("laentuwxr").parse(ctx)?;
    if parsed.has(b'r') {
        ctx.put(b"Kernel IP routing table\n");
        ctx.put(b"Destination     Gateway         Genmask         Flags   MSS Window  irtt Iface\n");
        return Ok(0);
    }
    let which: &[u8] = match (parsed.has(b'a'), parsed.has(b'l')) {
        (true, _) => b"(servers and established)",
        (false, true) => b"(only servers)",
        (false, false) => b"(w/o servers)",
    };
    let one = parsed.last_of(b"tuwx").is_some();
    if !one || parsed.last_of(b"tuw").is_some() {
        ctx.put(&[b"Active Internet connections ", which, b"\n"].concat());
        ctx.put(b"Proto Recv-Q Send-Q Local Address           Foreign Address         State       \n");
    }
    if !one || parsed.has(b'x') {
        ctx.put(&[b"Active UNIX domain sockets ", which, b"\n"].concat());
        ctx.put(b"Proto RefCnt Flags       Type       State         I-Node Path\n");
    }
    Ok(0)
}

fn nameif(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("sc:").parse(ctx)?;
    if !parsed.operands.is_empty() {
        return if parsed.operands.len() % 2 == 0 { Ok(0) } else { Err(ctx.usage()) };
    }
    let path = parsed.value(b'c').unwrap_or(b"/etc/mactab");
    if let Err(error) = fs::stat(path) {
        ctx.perror(&[path], error);
    }
    Ok(0)
}

fn vconfig(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let Some(command) = ctx.args.first().filter(|_| ctx.args.len() > 1) else { return Err(ctx.usage()) };
    Err(ctx.die_errno(&[b"ioctl error for ", command], Errno::Perm))
}

fn interfaces(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = Spec::short("anvfmi:").parse(ctx)?;
    if parsed.operands.is_empty() != parsed.has(b'a') {
        return Err(ctx.usage());
    }
    open(ctx, parsed.value(b'i').unwrap_or(b"/etc/network/interfaces"))?;
    let name = parsed.operands.first().map(Vec::as_slice).unwrap_or_default();
    if name.is_empty() { Ok(0) } else { Err(ctx.die(&[b"ignoring unknown interface ", name])) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::testing::run;

    #[test]
    fn nobody_is_reached() {
        assert_eq!(
            run(&NC, &["127.0.0.1", "1"]).2,
            "nc: can't connect to remote host (127.0.0.1): Connection refused\n"
        );
        assert_eq!(
            run(&NC, &["10.0.0.1", "1"]).2,
            "nc: can't connect to remote host (10.0.0.1): Network is unreachable\n"
        );
        let err = run(&WGET, &["http://127.0.0.1:81/x"]).2;
        assert!(err.starts_with("Connecting to 127.0.0.1:81 (127.0.0.1:81)\nwget: can't connect"), "{err}");
        let ping = run(&PING, &["-c", "1", "10.0.0.1"]);
        assert_eq!(ping.1, "PING 10.0.0.1 (10.0.0.1): 56 data bytes\n");
        assert_eq!(ping.2, "ping: permission denied (are you root?)\n");
    }

    #[test]
    fn the_loopback_is_shown() {
        assert!(run(&IFCONFIG, &["lo"]).1.starts_with("lo        Link encap:Local Loopback  \n"));
        assert_eq!(run(&IP, &["-4", "a"]).1.lines().count(), 3);
        assert_eq!(run(&IP, &["l"]).1.lines().count(), 2);
        assert_eq!(run(&IP, &["addr", "add", "1.2.3.4/8", "dev", "lo"]).0, 2);
    }
}
