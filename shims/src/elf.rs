//! ELF headers, read defensively: every offset comes from an image and may be a lie.
//!
//! The layout is that of the System V ABI, chapters 4 and 5, and of elf(5).

/// Whether addresses have 32 or 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// 32 bits.
    Elf32,
    /// 64 bits.
    Elf64,
}

/// The order of the bytes in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endian {
    /// Lowest byte first.
    Little,
    /// Highest byte first.
    Big,
}

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const PT_NOTE: u32 = 4;
const PF_X: u32 = 1;
const PF_W: u32 = 2;
const DT_NEEDED: u64 = 1;
const DT_STRTAB: u64 = 5;
const DT_STRSZ: u64 = 10;
const NT_GNU_BUILD_ID: u32 = 3;

/// The most program headers that are looked at; real programs have about a dozen.
const SEGMENTS_MAX: u16 = 64;
/// The most entries of the dynamic section that are looked at.
const DYNAMIC_MAX: usize = 1024;

/// One program header.
#[derive(Debug, Clone, Copy)]
struct Segment {
    kind: u32,
    flags: u32,
    offset: u64,
    address: u64,
    file_size: u64,
}

/// An ELF file whose header has been checked. Everything else is checked where it is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Elf<'a> {
    content: &'a [u8],
    class: Class,
    endian: Endian,
    kind: u16,
    machine: u16,
    headers: u64,
    header_size: u16,
    header_count: u16,
}

impl<'a> Elf<'a> {
    /// The ELF file in `content`; `None` when the header is not that of an ELF file.
    #[must_use]
    pub fn parse(content: &'a [u8]) -> Option<Self> {
        if content.get(..4)? != b"\x7fELF" {
            return None;
        }
        let class = match content.get(4)? {
            1 => Class::Elf32,
            2 => Class::Elf64,
            _ => return None,
        };
        let endian = match content.get(5)? {
            1 => Endian::Little,
            2 => Endian::Big,
            _ => return None,
        };
        let mut elf = Self { content, class, endian, kind: 0, machine: 0, headers: 0, header_size: 0, header_count: 0 };
        elf.kind = elf.half(16)?;
        elf.machine = elf.half(18)?;
        (elf.headers, elf.header_size, elf.header_count) = match class {
            Class::Elf32 => (u64::from(elf.word(28)?), elf.half(42)?, elf.half(44)?),
            Class::Elf64 => (elf.wide(32)?, elf.half(54)?, elf.half(56)?),
        };
        Some(elf)
    }

    /// Whether addresses have 32 or 64 bits.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// The order of the bytes in a number.
    #[must_use]
    pub const fn endian(&self) -> Endian {
        self.endian
    }

    /// The number of the machine (`e_machine`).
    #[must_use]
    pub const fn machine(&self) -> u16 {
        self.machine
    }

    /// Whether the file is a program or a shared object rather than a relocatable object or a core dump.
    #[must_use]
    pub const fn is_executable(&self) -> bool {
        matches!(self.kind, 2 | 3)
    }

    /// The program interpreter that a dynamically linked program asks for.
    #[must_use]
    pub fn interpreter(&self) -> Option<&'a [u8]> {
        let segment = self.segments().find(|segment| segment.kind == PT_INTERP)?;
        let bytes = self.bytes_of(&segment)?;
        let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
        bytes.get(..end)
    }

    /// Whether the program is linked to shared objects at run time.
    ///
    /// A static position-independent program has a dynamic section too, but neither an interpreter nor a
    /// needed library.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.interpreter().is_some() || !self.needed().is_empty()
    }

    /// The names of the shared objects that the program needs, in their order.
    #[must_use]
    pub fn needed(&self) -> Vec<&'a [u8]> {
        self.needed_or_none().unwrap_or_default()
    }

    fn needed_or_none(&self) -> Option<Vec<&'a [u8]>> {
        let dynamic = self.segments().find(|segment| segment.kind == PT_DYNAMIC)?;
        let size = match self.class {
            Class::Elf32 => 8,
            Class::Elf64 => 16,
        };
        let (mut names, mut table, mut table_len) = (Vec::new(), None, None);
        let count = usize::try_from(dynamic.file_size / size).ok()?.min(DYNAMIC_MAX);
        for index in 0..count as u64 {
            let at = dynamic.offset.checked_add(index * size)?;
            let Some((tag, value)) = self.pair(at) else { break };
            match tag {
                0 => break,
                DT_NEEDED => names.push(value),
                DT_STRTAB => table = Some(value),
                DT_STRSZ => table_len = Some(value),
                _ => {}
            }
        }
        let strings = self.at_address(table?, table_len?)?;
        let name = |offset: u64| {
            let rest = strings.get(usize::try_from(offset).ok()?..)?;
            rest.get(..memchr::memchr(0, rest)?)
        };
        Some(names.into_iter().filter_map(name).collect())
    }

    /// The GNU build id, when the linker left one.
    #[must_use]
    pub fn build_id(&self) -> Option<&'a [u8]> {
        self.segments().filter(|segment| segment.kind == PT_NOTE).find_map(|segment| {
            let mut rest = self.bytes_of(&segment)?;
            while rest.len() >= 12 {
                let field = |at: usize| Some(self.number(*rest.get(at..)?.first_chunk::<4>()?) as usize);
                let (name_len, len, kind) = (field(0)?, field(4)?, field(8)?);
                let body = 12usize.checked_add(name_len.checked_next_multiple_of(4)?)?;
                let end = body.checked_add(len)?;
                if kind == NT_GNU_BUILD_ID as usize && rest.get(12..12 + name_len.min(4)) == Some(b"GNU\0") {
                    return rest.get(body..end);
                }
                rest = rest.get(end.checked_next_multiple_of(4)?..)?;
            }
            None
        })
    }

    /// The loaded parts of the file, those that hold constants first: read-only data, then code (older
    /// linkers put constants there), then writable data.
    pub(crate) fn loaded_parts(&self) -> impl Iterator<Item = &'a [u8]> {
        let rank = |flags: u32| match (flags & PF_X != 0, flags & PF_W != 0) {
            (false, false) => 0,
            (true, _) => 1,
            (false, true) => 2,
        };
        let elf = *self;
        (0..3).flat_map(move |wanted| {
            elf.segments()
                .filter(move |segment| segment.kind == PT_LOAD && rank(segment.flags) == wanted)
                .filter_map(move |segment| elf.bytes_of(&segment))
        })
    }

    fn segments(&self) -> impl Iterator<Item = Segment> + use<'a> {
        let elf = *self;
        let count = elf.header_count.min(SEGMENTS_MAX);
        (0..u64::from(count)).map_while(move |index| {
            let at = elf.headers.checked_add(index * u64::from(elf.header_size))?;
            elf.segment(at)
        })
    }

    fn segment(&self, at: u64) -> Option<Segment> {
        let at = usize::try_from(at).ok()?;
        let wide = |offset: usize| self.wide(at.checked_add(offset)?);
        let word = |offset: usize| self.word(at.checked_add(offset)?);
        Some(match self.class {
            Class::Elf32 => Segment {
                kind: word(0)?,
                flags: word(24)?,
                offset: word(4)?.into(),
                address: word(8)?.into(),
                file_size: word(16)?.into(),
            },
            Class::Elf64 => {
                Segment { kind: word(0)?, flags: word(4)?, offset: wide(8)?, address: wide(16)?, file_size: wide(32)? }
            }
        })
    }

    fn bytes_of(&self, segment: &Segment) -> Option<&'a [u8]> {
        self.range(segment.offset, segment.file_size)
    }

    /// The bytes of the file that are loaded at `address`, as many as there are up to `len`.
    fn at_address(&self, address: u64, len: u64) -> Option<&'a [u8]> {
        let holds = |segment: &Segment| {
            segment.kind == PT_LOAD
                && (segment.address..).contains(&address)
                && address - segment.address < segment.file_size
        };
        let segment = self.segments().find(holds)?;
        let within = address - segment.address;
        self.range(segment.offset.checked_add(within)?, len.min(segment.file_size - within))
    }

    fn range(&self, offset: u64, len: u64) -> Option<&'a [u8]> {
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(len).ok()?)?;
        self.content.get(start..end.min(self.content.len()))
    }

    /// An entry of the dynamic section: its tag and its value.
    fn pair(&self, at: u64) -> Option<(u64, u64)> {
        let at = usize::try_from(at).ok()?;
        match self.class {
            Class::Elf32 => Some((self.word(at)?.into(), self.word(at.checked_add(4)?)?.into())),
            Class::Elf64 => Some((self.wide(at)?, self.wide(at.checked_add(8)?)?)),
        }
    }

    fn number(&self, bytes: [u8; 4]) -> u32 {
        match self.endian {
            Endian::Little => u32::from_le_bytes(bytes),
            Endian::Big => u32::from_be_bytes(bytes),
        }
    }

    fn half(&self, at: usize) -> Option<u16> {
        let bytes = *self.content.get(at..)?.first_chunk()?;
        Some(match self.endian {
            Endian::Little => u16::from_le_bytes(bytes),
            Endian::Big => u16::from_be_bytes(bytes),
        })
    }

    fn word(&self, at: usize) -> Option<u32> {
        Some(self.number(*self.content.get(at..)?.first_chunk()?))
    }

    fn wide(&self, at: usize) -> Option<u64> {
        let bytes = *self.content.get(at..)?.first_chunk()?;
        Some(match self.endian {
            Endian::Little => u64::from_le_bytes(bytes),
            Endian::Big => u64::from_be_bytes(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_dynamic_program_tells_its_interpreter_libraries_and_build_id() {
        let content = sample::dynamic();
        let elf = Elf::parse(&content).unwrap();
        assert_eq!((elf.class(), elf.endian(), elf.machine()), (Class::Elf64, Endian::Little, 62));
        assert!(elf.is_executable() && elf.is_dynamic());
        assert_eq!(elf.interpreter(), Some(&b"/lib64/ld-linux-x86-64.so.2"[..]));
        assert_eq!(elf.needed(), [b"libc.so.6"]);
        assert_eq!(elf.build_id(), Some(&[0xab; 20][..]));
    }

    #[test]
    fn a_cut_or_twisted_file_is_never_a_panic() {
        let content = sample::dynamic();
        let visit = |bytes: &[u8]| {
            if let Some(elf) = Elf::parse(bytes) {
                let _ = (elf.interpreter(), elf.needed(), elf.build_id(), elf.loaded_parts().count());
            }
        };
        for cut in 0..content.len() {
            visit(&content[..cut]);
        }
        for at in 0..content.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut twisted = content.clone();
                twisted[at] = value;
                visit(&twisted);
                if let Some(chunk) = twisted.get_mut(at..at + 8) {
                    chunk.fill(value);
                    visit(&twisted);
                }
            }
        }
    }

    #[test]
    fn what_is_no_elf_is_refused() {
        for (bytes, why) in [
            (&b""[..], "empty"),
            (b"\x7fELF", "magic alone"),
            (b"\0asm\x01\0\0\0", "wasm"),
            (b"\x7fELF\x03\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0", "unknown class"),
            (b"\x7fELF\x02\x05\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0", "unknown byte order"),
        ] {
            assert!(Elf::parse(bytes).is_none(), "{why}");
        }
    }
}
