//! Appending a few bytes, as programs over lines do all the time.

/// Appends `bytes` as `extend_from_slice` does. Few bytes are moved by instructions of the program itself, where a copy
/// of any length is a call into the engine.
#[inline]
pub fn append(out: &mut Vec<u8>, bytes: &[u8]) {
    match bytes.len() {
        0..8 => out.extend(bytes),
        8..16 => overlapping::<8>(out, bytes),
        16..32 => overlapping::<16>(out, bytes),
        32..64 => overlapping::<32>(out, bytes),
        64..=128 => overlapping::<64>(out, bytes),
        _ => out.extend_from_slice(bytes),
    }
}

/// Appends between `N` and twice as many bytes: the first ones and the last ones, which overlap.
fn overlapping<const N: usize>(out: &mut Vec<u8>, bytes: &[u8]) {
    if let (Some(first), Some(last)) = (bytes.first_chunk::<N>(), bytes.last_chunk::<N>()) {
        out.reserve(2 * N);
        out.extend_from_slice(first);
        out.truncate(out.len() + bytes.len() - 2 * N);
        out.extend_from_slice(last);
    }
}

#[cfg(test)]
mod tests {
    use super::append;

    #[test]
    fn all_lengths() {
        let bytes: Vec<u8> = (0..=200).collect();
        for len in 0..bytes.len() {
            let mut out = b"before".to_vec();
            append(&mut out, &bytes[..len]);
            assert_eq!(out, [b"before", &bytes[..len]].concat(), "{len}");
        }
    }
}
