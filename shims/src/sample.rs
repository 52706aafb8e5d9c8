//! Small ELF files for the tests, put together by hand.

const BASE: u64 = 0x40_0000;

/// An ELF file for x86-64 whose one read-only segment holds `constants`.
pub fn static_with(constants: &[u8]) -> Vec<u8> {
    build(2, &[(1, 4, constants.to_vec())])
}

/// A dynamically linked ELF file that needs `libc.so.6` and has a build id of twenty 0xab.
pub fn dynamic() -> Vec<u8> {
    let interpreter = b"/lib64/ld-linux-x86-64.so.2\0".to_vec();
    let strings = b"\0libc.so.6\0".to_vec();
    let mut note = [4u32, 20, 3].iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    note.extend_from_slice(b"GNU\0");
    note.extend_from_slice(&[0xab; 20]);
    // The strings come first, so their address is known: right after the header and five program headers.
    let address = BASE + 64 + 4 * 56;
    let dynamic = [1, 1, 5, address, 10, strings.len() as u64, 0, 0];
    let dynamic = dynamic.iter().flat_map(|word: &u64| word.to_le_bytes()).collect();
    build(3, &[(1, 4, strings), (3, 4, interpreter), (4, 4, note), (2, 6, dynamic)])
}

/// An ELF file of `kind` with segments of (type, flags, content), one after the other.
fn build(kind: u16, segments: &[(u32, u32, Vec<u8>)]) -> Vec<u8> {
    let mut out = b"\x7fELF\x02\x01\x01".to_vec();
    out.resize(16, 0);
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&62u16.to_le_bytes());
    out.extend_from_slice(&1u32.to_le_bytes());
    for word in [BASE, 64, 0] {
        out.extend_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(&0u32.to_le_bytes());
    for half in [64, 56, segments.len() as u16, 64, 0, 0] {
        out.extend_from_slice(&half.to_le_bytes());
    }
    let mut offset = 64 + 56 * segments.len() as u64;
    for (kind, flags, content) in segments {
        out.extend_from_slice(&kind.to_le_bytes());
        out.extend_from_slice(&flags.to_le_bytes());
        let len = content.len() as u64;
        for word in [offset, BASE + offset, BASE + offset, len, len, 1] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        offset += len;
    }
    segments.iter().for_each(|(.., content)| out.extend_from_slice(content));
    out
}
