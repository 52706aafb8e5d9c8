//! The modes of a terminal: names, bits, and which of them are sane.

use wcr_sys::abi::Termios;

/// The flags that a mode is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Control,
    Input,
    Output,
    Local,
}

/// A mode.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mode {
    pub name: &'static str,
    pub group: Group,
    /// Its bits when it is on.
    bits: u32,
    /// The bits that it is one value of; 0 where it is a bit of its own, that can be on or off.
    mask: u32,
    /// Whether `sane` sets it; `None` when it leaves it.
    pub sane: Option<bool>,
}

impl Mode {
    /// Whether it is one of several values, so that there is no switching it off.
    pub(super) fn fixed(&self) -> bool {
        self.mask != 0
    }

    fn flags(self, state: &mut Termios) -> &mut u32 {
        match self.group {
            Group::Control => &mut state.cflag,
            Group::Input => &mut state.iflag,
            Group::Output => &mut state.oflag,
            Group::Local => &mut state.lflag,
        }
    }

    pub(super) fn set(&self, state: &mut Termios, on: bool) {
        let flags = self.flags(state);
        match (self.mask, on) {
            (0, true) => *flags |= self.bits,
            (0, false) => *flags &= !self.bits,
            (mask, true) => *flags = *flags & !mask | self.bits,
            (_, false) => {}
        }
    }

    pub(super) fn holds(&self, state: &Termios) -> bool {
        let mut copy = *state;
        let flags = *self.flags(&mut copy);
        if self.mask == 0 { flags & self.bits != 0 } else { flags & self.mask == self.bits }
    }
}

const fn flag(name: &'static str, group: Group, bits: u32) -> Mode {
    Mode { name, group, bits, mask: 0, sane: None }
}

const fn on(name: &'static str, group: Group, bits: u32) -> Mode {
    Mode { sane: Some(true), ..flag(name, group, bits) }
}

const fn off(name: &'static str, group: Group, bits: u32) -> Mode {
    Mode { sane: Some(false), ..flag(name, group, bits) }
}

const fn value(name: &'static str, group: Group, bits: u32, mask: u32) -> Mode {
    Mode { mask, ..flag(name, group, bits) }
}

/// A delay of the output: none is sane.
const fn delay(name: &'static str, bits: u32, mask: u32) -> Mode {
    Mode { name, group: Group::Output, bits, mask, sane: Some(bits == 0) }
}

const CSIZE: u32 = 0o60;

/// The modes in the order they are shown.
pub(super) static MODES: [Mode; 66] = {
    use Group::{Control, Input, Local, Output};
    [
        flag("parenb", Control, 0o400),
        flag("parodd", Control, 0o1000),
        flag("cmspar", Control, 0o10_000_000_000),
        value("cs5", Control, 0, CSIZE),
        value("cs6", Control, 0o20, CSIZE),
        value("cs7", Control, 0o40, CSIZE),
        value("cs8", Control, 0o60, CSIZE),
        flag("hupcl", Control, 0o2000),
        flag("cstopb", Control, 0o100),
        on("cread", Control, 0o200),
        flag("clocal", Control, 0o4000),
        flag("crtscts", Control, 0o20_000_000_000),
        off("ignbrk", Input, 0o1),
        on("brkint", Input, 0o2),
        flag("ignpar", Input, 0o4),
        flag("parmrk", Input, 0o10),
        flag("inpck", Input, 0o20),
        flag("istrip", Input, 0o40),
        off("inlcr", Input, 0o100),
        off("igncr", Input, 0o200),
        on("icrnl", Input, 0o400),
        on("ixon", Input, 0o2000),
        off("ixoff", Input, 0o10000),
        off("iuclc", Input, 0o1000),
        off("ixany", Input, 0o4000),
        on("imaxbel", Input, 0o20000),
        off("iutf8", Input, 0o40000),
        on("opost", Output, 0o1),
        off("olcuc", Output, 0o2),
        off("ocrnl", Output, 0o10),
        on("onlcr", Output, 0o4),
        off("onocr", Output, 0o20),
        off("onlret", Output, 0o40),
        off("ofill", Output, 0o100),
        off("ofdel", Output, 0o200),
        delay("nl1", 0o400, 0o400),
        delay("nl0", 0, 0o400),
        delay("cr3", 0o3000, 0o3000),
        delay("cr2", 0o2000, 0o3000),
        delay("cr1", 0o1000, 0o3000),
        delay("cr0", 0, 0o3000),
        delay("tab3", 0o14000, 0o14000),
        delay("tab2", 0o10000, 0o14000),
        delay("tab1", 0o4000, 0o14000),
        delay("tab0", 0, 0o14000),
        delay("bs1", 0o20000, 0o20000),
        delay("bs0", 0, 0o20000),
        delay("vt1", 0o40000, 0o40000),
        delay("vt0", 0, 0o40000),
        delay("ff1", 0o100_000, 0o100_000),
        delay("ff0", 0, 0o100_000),
        on("isig", Local, 0o1),
        on("icanon", Local, 0o2),
        on("iexten", Local, 0o100_000),
        on("echo", Local, 0o10),
        on("echoe", Local, 0o20),
        on("echok", Local, 0o40),
        off("echonl", Local, 0o100),
        off("noflsh", Local, 0o200),
        off("xcase", Local, 0o4),
        off("tostop", Local, 0o400),
        off("echoprt", Local, 0o2000),
        on("echoctl", Local, 0o1000),
        on("echoke", Local, 0o4000),
        off("flusho", Local, 0o10000),
        off("extproc", Local, 0o200_000),
    ]
};

/// Other names of modes.
const ALIASES: [(&str, &str); 6] = [
    ("hup", "hupcl"),
    ("tandem", "ixoff"),
    ("crterase", "echoe"),
    ("crtkill", "echoke"),
    ("ctlecho", "echoctl"),
    ("prterase", "echoprt"),
];

/// The mode of a name.
pub(super) fn named(name: &[u8]) -> Option<&'static Mode> {
    let name = ALIASES.iter().find(|(alias, _)| alias.as_bytes() == name).map_or(name, |(_, mode)| mode.as_bytes());
    MODES.iter().find(|mode| mode.name.as_bytes() == name)
}

/// The names for several at once, and whether they can be reversed.
pub(super) const COMBINATIONS: [(&str, bool); 17] = [
    ("evenp", true),
    ("parity", true),
    ("oddp", true),
    ("nl", true),
    ("ek", false),
    ("sane", false),
    ("cooked", true),
    ("raw", true),
    ("pass8", true),
    ("litout", true),
    ("cbreak", true),
    ("decctlq", true),
    ("tabs", true),
    ("lcase", true),
    ("LCASE", true),
    ("crt", false),
    ("dec", false),
];
