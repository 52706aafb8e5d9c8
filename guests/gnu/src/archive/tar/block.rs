//! The blocks that stand for members: reading all dialects, writing GNU's, `ustar`, pax and the old one.

use wcr_sys::abi::Timestamp;

/// The unit that an archive consists of.
pub(super) const BLOCK: usize = 512;
/// One of them.
pub(super) type Block = [u8; BLOCK];

type Field = core::ops::Range<usize>;
const NAME: Field = 0..100;
const MODE: Field = 100..108;
const UID: Field = 108..116;
const GID: Field = 116..124;
const SIZE: Field = 124..136;
const MTIME: Field = 136..148;
const SUM: Field = 148..156;
const KIND: usize = 156;
const LINK: Field = 157..257;
const MAGIC: Field = 257..265;
const UNAME: Field = 265..297;
const GNAME: Field = 297..329;
const MAJOR: Field = 329..337;
const MINOR: Field = 337..345;
const PREFIX: Field = 345..500;

const GNU_MAGIC: &[u8; 8] = b"ustar  \0";
const USTAR_MAGIC: &[u8; 8] = b"ustar\x0000";

/// The kinds of members, by the letters that the format has for them.
pub(super) const FILE: u8 = b'0';
pub(super) const HARD_LINK: u8 = b'1';
pub(super) const SYMLINK: u8 = b'2';
pub(super) const CHAR_DEVICE: u8 = b'3';
pub(super) const BLOCK_DEVICE: u8 = b'4';
pub(super) const DIRECTORY: u8 = b'5';
pub(super) const FIFO: u8 = b'6';
const CONTIGUOUS: u8 = b'7';
/// Those that bring something about the next member.
pub(super) const LONG_NAME: u8 = b'L';
pub(super) const LONG_LINK: u8 = b'K';
pub(super) const RECORDS: u8 = b'x';
pub(super) const GLOBAL_RECORDS: u8 = b'g';

/// The dialect that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Gnu,
    Ustar,
    Pax,
    V7,
}

/// A member of an archive, without its content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) kind: u8,
    pub(super) mode: u32,
    pub(super) uid: u64,
    pub(super) gid: u64,
    pub(super) user: Vec<u8>,
    pub(super) group: Vec<u8>,
    pub(super) size: u64,
    pub(super) mtime: Timestamp,
    /// The times of the last access and of the last change, which pax alone has.
    pub(super) others: Option<(Timestamp, Timestamp)>,
    pub(super) link: Vec<u8>,
    pub(super) device: (u64, u64),
}

impl Member {
    pub(super) fn is_dir(&self) -> bool {
        self.kind == DIRECTORY
    }

    /// Whether content of its own follows.
    pub(super) fn is_file(&self) -> bool {
        self.kind == FILE
    }

    /// How much of the archive its content takes.
    pub(super) fn padded(&self) -> u64 {
        let has_content = !matches!(self.kind, HARD_LINK..=FIFO);
        if has_content { self.size.next_multiple_of(BLOCK as u64) } else { 0 }
    }
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Header {
    Zero,
    Member(Member),
    /// So many bytes about the next member, or about all of them, follow.
    About(u8, u64),
    /// It is no header.
    Wrong,
}

fn text(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

/// A number in octal digits, or in binary where the first bit is set.
fn number(field: &[u8]) -> Option<i64> {
    match field {
        [first, rest @ ..] if first & 0x80 != 0 => {
            let sign = if first & 0x40 != 0 { i64::from(*first) - 256 } else { i64::from(first & 0x3f) };
            Some(rest.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte)))
        }
        _ => {
            let digits = field.trim_ascii_start();
            let len = digits.iter().take_while(|byte| matches!(byte, b'0'..=b'7')).count();
            let (digits, rest) = digits.split_at(len);
            let ends = matches!(rest, [] | [0 | b' ', ..]);
            ends.then(|| digits.iter().fold(0, |number, digit| number << 3 | i64::from(digit - b'0')))
        }
    }
}

fn sum(block: &Block) -> i64 {
    let plain: i64 = block.iter().map(|byte| i64::from(*byte)).sum();
    let own: i64 = block[SUM].iter().map(|byte| i64::from(*byte)).sum();
    plain - own + 8 * i64::from(b' ')
}

/// Reads a block.
pub(super) fn parse(block: &Block) -> Header {
    if block.iter().all(|byte| *byte == 0) {
        return Header::Zero;
    }
    if number(&block[SUM]) != Some(sum(block)) {
        return Header::Wrong;
    }
    let get = |field: Field| number(block.get(field).unwrap_or_default()).unwrap_or(0);
    let size = get(SIZE).max(0).unsigned_abs();
    let kind = match block[KIND] {
        kind @ (LONG_NAME | LONG_LINK | RECORDS | GLOBAL_RECORDS) => return Header::About(kind, size),
        0 | CONTIGUOUS => FILE,
        kind => kind,
    };
    let mut name = text(&block[NAME]).to_vec();
    let magic = &block[MAGIC];
    let has_names = magic.starts_with(b"ustar");
    if magic.starts_with(b"ustar\0") {
        let prefix = text(&block[PREFIX]);
        if !prefix.is_empty() {
            name = [prefix, b"/", &name].concat();
        }
    }
    // Before there were kinds a slash at the end made a directory.
    let kind = if kind == FILE && name.ends_with(b"/") { DIRECTORY } else { kind };
    let names = |field: Field| if has_names { text(block.get(field).unwrap_or_default()).to_vec() } else { Vec::new() };
    Header::Member(Member {
        name,
        kind,
        mode: get(MODE) as u32 & 0o7777,
        uid: get(UID).unsigned_abs(),
        gid: get(GID).unsigned_abs(),
        user: names(UNAME),
        group: names(GNAME),
        size: if matches!(kind, HARD_LINK..=FIFO) { 0 } else { size },
        mtime: Timestamp { sec: get(MTIME), nsec: 0 },
        others: None,
        link: text(&block[LINK]).to_vec(),
        device: (get(MAJOR).unsigned_abs(), get(MINOR).unsigned_abs()),
    })
}

/// Why a member has no header in a dialect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// What is told behind the name.
    Name(&'static str),
    Link(&'static str),
}

/// The headers of a member.
pub(super) fn encode(member: &Member, format: Format) -> Result<Vec<u8>, Unfit> {
    let mut out = Vec::new();
    let mut block = [0; BLOCK];
    let fits = |name: &[u8]| name.len() <= NAME.len();
    match format {
        Format::Gnu => {
            if !fits(&member.link) {
                long(&mut out, LONG_LINK, &member.link);
            }
            if !fits(&member.name) {
                long(&mut out, LONG_NAME, &member.name);
            }
            put_text(&mut block[NAME], &member.name);
        }
        Format::Ustar => {
            let (prefix, name) = split(&member.name).ok_or(Unfit::Name("file name is too long (cannot be split)"))?;
            put_text(&mut block[PREFIX], prefix);
            put_text(&mut block[NAME], name);
            if !fits(&member.link) {
                return Err(Unfit::Link("link name is too long"));
            }
        }
        Format::V7 => {
            if member.name.len() >= NAME.len() {
                return Err(Unfit::Name("file name is too long (max 99)"));
            }
            put_text(&mut block[NAME], &member.name);
        }
        Format::Pax => {
            let split = split(&member.name);
            let (prefix, name) = split.unwrap_or((b"", &member.name));
            put_text(&mut block[PREFIX], prefix);
            put_text(&mut block[NAME], name);
            pax(&mut out, member, split.is_none());
        }
    }
    put_number(&mut block[MODE], member.mode.into());
    put_number(&mut block[UID], member.uid as i64);
    put_number(&mut block[GID], member.gid as i64);
    put_number(&mut block[SIZE], member.size as i64);
    put_number(&mut block[MTIME], member.mtime.sec);
    put_text(&mut block[LINK], &member.link);
    block[KIND] = match member.kind {
        FILE if format == Format::V7 => 0,
        kind => kind,
    };
    if format != Format::V7 {
        block[MAGIC].copy_from_slice(if format == Format::Gnu { GNU_MAGIC } else { USTAR_MAGIC });
        put_text(&mut block[UNAME], &member.user);
        put_text(&mut block[GNAME], &member.group);
    }
    let is_device = matches!(member.kind, CHAR_DEVICE | BLOCK_DEVICE);
    if is_device || format != Format::Gnu {
        put_number(&mut block[MAJOR], member.device.0 as i64);
        put_number(&mut block[MINOR], member.device.1 as i64);
    }
    finish(&mut out, block);
    Ok(out)
}

/// Splits a name at a slash so that both parts have room.
fn split(name: &[u8]) -> Option<(&[u8], &[u8])> {
    if name.len() <= NAME.len() {
        return Some((b"", name));
    }
    let end = name.len().min(PREFIX.len() + 1);
    // A slash at the end belongs to the name.
    let end = if end == name.len() { end - 1 } else { end };
    let at = name.get(..end)?.iter().rposition(|byte| *byte == b'/').filter(|at| *at > 0)?;
    let (prefix, rest) = (name.get(..at)?, name.get(at + 1..)?);
    (!rest.is_empty() && rest.len() <= NAME.len()).then_some((prefix, rest))
}

/// A header that brings a long name, and that name.
fn long(out: &mut Vec<u8>, kind: u8, name: &[u8]) {
    let mut block = [0; BLOCK];
    put_text(&mut block[NAME], b"././@LongLink");
    put_number(&mut block[MODE], 0o644);
    for field in [UID, GID, MTIME] {
        put_number(&mut block[field], 0);
    }
    put_number(&mut block[SIZE], name.len() as i64 + 1);
    block[KIND] = kind;
    block[MAGIC].copy_from_slice(GNU_MAGIC);
    put_text(&mut block[UNAME], b"root");
    put_text(&mut block[GNAME], b"root");
    finish(out, block);
    out.extend_from_slice(name);
    out.push(0);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

/// The extended header of a member: what its own header has no room for.
fn pax(out: &mut Vec<u8>, member: &Member, long_name: bool) {
    let mut records = Vec::new();
    let mut put = |key: &str, value: &[u8]| record(&mut records, key.as_bytes(), value);
    if long_name {
        put("path", &member.name);
    }
    if member.link.len() > NAME.len() {
        put("linkpath", &member.link);
    }
    if member.mtime.nsec != 0 || member.mtime.sec < 0 {
        put("mtime", &decimal_time(member.mtime));
    }
    if let Some((atime, ctime)) = member.others {
        put("atime", &decimal_time(atime));
        put("ctime", &decimal_time(ctime));
    }
    if records.is_empty() {
        return;
    }
    let trimmed = member.name.strip_suffix(b"/").unwrap_or(&member.name);
    let slash = trimmed.iter().rposition(|byte| *byte == b'/');
    let (folder, base) = match slash {
        Some(at) => (trimmed.get(..at).unwrap_or_default(), trimmed.get(at + 1..).unwrap_or_default()),
        None => (&b"."[..], trimmed),
    };
    let mut block = [0; BLOCK];
    put_text(&mut block[NAME], &[folder, b"/PaxHeaders/", base].concat());
    put_number(&mut block[MODE], 0o644);
    put_number(&mut block[UID], 0);
    put_number(&mut block[GID], 0);
    put_number(&mut block[SIZE], records.len() as i64);
    put_number(&mut block[MTIME], member.mtime.sec);
    block[KIND] = RECORDS;
    block[MAGIC].copy_from_slice(USTAR_MAGIC);
    finish(out, block);
    out.extend_from_slice(&records);
    out.resize(out.len().next_multiple_of(BLOCK), 0);
}

/// `LENGTH KEY=VALUE`, where the length counts itself.
fn record(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut len = rest + 1;
    while len != rest + len.to_string().len() {
        len = rest + len.to_string().len();
    }
    out.extend_from_slice(&[len.to_string().as_bytes(), b" ", key, b"=", value, b"\n"].concat());
}

fn decimal_time(time: Timestamp) -> Vec<u8> {
    let whole = if time.sec < 0 && time.nsec > 0 { time.sec + 1 } else { time.sec };
    let part = if time.sec < 0 && time.nsec > 0 { 1_000_000_000 - time.nsec } else { time.nsec };
    let sign = if time.sec < 0 && whole == 0 { "-" } else { "" };
    let text = format!("{sign}{whole}.{part:09}");
    text.trim_end_matches('0').trim_end_matches('.').as_bytes().to_vec()
}

/// Reads a time of a record.
fn parse_time(text: &[u8]) -> Option<Timestamp> {
    let text = core::str::from_utf8(text).ok()?;
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let sec: i64 = whole.parse().ok()?;
    let digits: String = part.chars().chain(core::iter::repeat('0')).take(9).collect();
    let nsec: u32 = digits.parse().ok()?;
    if whole.starts_with('-') && nsec > 0 {
        return Some(Timestamp { sec: sec - 1, nsec: 1_000_000_000 - nsec });
    }
    Some(Timestamp { sec, nsec })
}

/// What the records of an extended header say, as pairs of key and value.
pub(super) fn records(mut data: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut pairs = Vec::new();
    while let Some(space) = data.iter().position(|byte| *byte == b' ') {
        let length = applets::format::parse_decimal(data.get(..space).unwrap_or_default());
        let Some(length) = length.and_then(|length| usize::try_from(length).ok()) else { break };
        let Some(line) = data.get(space + 1..length) else { break };
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        if let Some(at) = line.iter().position(|byte| *byte == b'=') {
            pairs.push((line.get(..at).unwrap_or_default().to_vec(), line.get(at + 1..).unwrap_or_default().to_vec()));
        }
        data = data.get(length..).unwrap_or_default();
    }
    pairs
}

/// Applies records to a member.
pub(super) fn apply(member: &mut Member, pairs: &[(Vec<u8>, Vec<u8>)]) {
    let count = |value: &[u8]| applets::format::parse_decimal(value);
    for (key, value) in pairs {
        match key.as_slice() {
            b"path" => member.name.clone_from(value),
            b"linkpath" => member.link.clone_from(value),
            b"uname" => member.user.clone_from(value),
            b"gname" => member.group.clone_from(value),
            b"uid" => member.uid = count(value).unwrap_or(member.uid),
            b"gid" => member.gid = count(value).unwrap_or(member.gid),
            b"size" => member.size = count(value).unwrap_or(member.size),
            b"mtime" => member.mtime = parse_time(value).unwrap_or(member.mtime),
            _ => {}
        }
    }
}

fn finish(out: &mut Vec<u8>, mut block: Block) {
    let sum = format!("{:06o}\0 ", sum(&block));
    block[SUM].copy_from_slice(sum.as_bytes().get(..SUM.len()).unwrap_or(b"000000\0 "));
    out.extend_from_slice(&block);
}

fn put_text(field: &mut [u8], text: &[u8]) {
    for (place, byte) in field.iter_mut().zip(text) {
        *place = *byte;
    }
}

/// Octal digits with a NUL behind them; in binary where they need more room.
fn put_number(field: &mut [u8], number: i64) {
    let room = field.len() - 1;
    let digits = format!("{number:0room$o}");
    if number >= 0 && digits.len() <= room {
        field[..room].copy_from_slice(digits.as_bytes());
        field[room] = 0;
        return;
    }
    let bytes = number.to_be_bytes();
    let fill = if number < 0 { 0xff } else { 0 };
    field.fill(fill);
    let len = field.len().min(bytes.len());
    let start = field.len() - len;
    field[start..].copy_from_slice(&bytes[bytes.len() - len..]);
    field[0] |= 0x80;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &[u8]) -> Member {
        Member { name: name.to_vec(), kind: FILE, mode: 0o644, size: 7, user: b"root".to_vec(), ..Member::default() }
    }

    #[test]
    fn a_header_is_read_as_it_was_written() {
        for format in [Format::Gnu, Format::Ustar, Format::Pax] {
            let member = member(b"a/file");
            let out = encode(&member, format).unwrap();
            assert_eq!(parse(out.first_chunk().unwrap()), Header::Member(member));
        }
        let mut old = member(b"x");
        old.mtime = Timestamp { sec: -5, nsec: 0 };
        let out = encode(&old, Format::Gnu).unwrap();
        assert_eq!(parse(out.first_chunk().unwrap()), Header::Member(old));
    }

    #[test]
    fn long_names() {
        let name = [&[b'd'; 90][..], b"/", &[b'f'; 60]].concat();
        let out = encode(&member(&name), Format::Gnu).unwrap();
        assert_eq!(parse(out.first_chunk().unwrap()), Header::About(LONG_NAME, 152));
        let out = encode(&member(&name), Format::Ustar).unwrap();
        assert_eq!(parse(out.first_chunk().unwrap()), Header::Member(member(&name)));
        assert!(encode(&member(&[b'n'; 101]), Format::Ustar).is_err());
        let out = encode(&member(&[b'n'; 101]), Format::Pax).unwrap();
        let Header::About(RECORDS, len) = parse(out.first_chunk().unwrap()) else { panic!("records come first") };
        let pairs = records(&out[BLOCK..BLOCK + len as usize]);
        assert_eq!(pairs, [(b"path".to_vec(), vec![b'n'; 101])]);
    }

    #[test]
    fn records_count_themselves() {
        let mut out = Vec::new();
        record(&mut out, b"mtime", b"1577934245.678");
        assert_eq!(out, b"24 mtime=1577934245.678\n");
        for time in [Timestamp { sec: -2, nsec: 250_000_000 }, Timestamp { sec: 5, nsec: 1 }, Timestamp::default()] {
            assert_eq!(parse_time(&decimal_time(time)), Some(time));
        }
    }
}
