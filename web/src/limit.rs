//! The limit of a guest's memory. A browser has none of its own, so it is written into the module.

/// The most pages (of 64 KiB) of a guest's memory: 512 MiB, as natively.
const PAGES_MAX: u64 = (512 << 20) >> 16;

/// The section of a module that describes its memories.
const MEMORY_SECTION: u8 = 5;
/// How long a module's header is.
const HEADER: usize = 8;

/// The flag of a memory that has a maximum.
const HAS_MAX: u8 = 1;

/// The size of a page, in bytes.
const PAGE: u64 = 64 << 10;

/// The module with its memory limited to so many bytes, or to what every guest may have. What is no module, or has another kind of memory, stays as it is: whether it
/// runs is the browser's to say.
pub(crate) fn limited(wasm: &[u8], bytes: Option<u64>) -> Vec<u8> {
    let pages = bytes.map_or(PAGES_MAX, |bytes| PAGES_MAX.min(bytes / PAGE));
    rewritten(wasm, pages).unwrap_or_else(|| wasm.to_vec())
}

/// `None` when there is nothing to be rewritten.
fn rewritten(wasm: &[u8], pages: u64) -> Option<Vec<u8>> {
    let mut rest = wasm.get(HEADER..)?;
    loop {
        let at = wasm.len() - rest.len();
        let (id, after) = rest.split_first()?;
        let (length, body) = number(after)?;
        let (content, next) = body.split_at_checked(usize::try_from(length).ok()?)?;
        if *id == MEMORY_SECTION {
            let content = memory(content, pages)?;
            let section = [vec![MEMORY_SECTION], leb128(content.len() as u64), content].concat();
            return Some([wasm.get(..at)?, &section, next].concat());
        }
        rest = next;
    }
}

/// The content of a memory section with a maximum; `None` for anything but one ordinary memory. One that is larger from
/// the start than it may become makes a module that does not run.
fn memory(content: &[u8], pages: u64) -> Option<Vec<u8>> {
    let (count, rest) = number(content)?;
    let (flags, rest) = rest.split_first()?;
    let (min, rest) = number(rest)?;
    let max = if *flags == HAS_MAX { number(rest)?.0 } else { u64::MAX };
    let ordinary = count == 1 && flags | HAS_MAX == HAS_MAX;
    ordinary.then(|| [vec![1, HAS_MAX], leb128(min), leb128(max.min(pages))].concat())
}

/// An unsigned number in LEB128, and what comes after it.
fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (at, byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, bytes.get(at + 1..)?));
        }
    }
    None
}

fn leb128(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(memory: &[u8]) -> Vec<u8> {
        let custom = [0, 3, 1, b'x', 9];
        let section = [&[MEMORY_SECTION, memory.len() as u8], memory].concat();
        [b"\0asm\x01\0\0\0".as_slice(), &custom, &section, &custom].concat()
    }

    #[test]
    fn a_memory_gets_the_limit_or_keeps_a_lower_one() {
        let limit = leb128(PAGES_MAX);
        for (before, after) in [
            (vec![1, 0, 17], [&[1, 1, 17], limit.as_slice()].concat()),
            (vec![1, 1, 17, 18], vec![1, 1, 17, 18]),
            (vec![1, 1, 0, 0xff, 0xff, 3], [&[1, 1, 0], limit.as_slice()].concat()),
        ] {
            assert_eq!(limited(&module(&before), None), module(&after));
        }
    }

    #[test]
    fn a_process_may_have_a_lower_limit() {
        let cases = [(20 << 16, 20), ((21 << 16) - 1, 20), (1 << 62, PAGES_MAX), (5, 0)];
        for (bytes, pages) in cases {
            let expected = module(&[&[1, 1, 17], leb128(pages).as_slice()].concat());
            assert_eq!(limited(&module(&[1, 0, 17]), Some(bytes)), expected, "{bytes}");
        }
    }

    #[test]
    fn anything_else_stays_as_it_is() {
        let shared = module(&[1, 3, 1, 2]);
        let two = module(&[2, 0, 1, 0, 1]);
        let cut = &module(&[1, 0, 17])[..15];
        for bytes in [&shared, &two, cut, b"", b"\0asm", b"\0asm\x01\0\0\0\x05\xff\xff\xff\xff\x0f", &[0xff; 40]] {
            assert_eq!(limited(bytes, Some(0)), bytes);
        }
    }
}
