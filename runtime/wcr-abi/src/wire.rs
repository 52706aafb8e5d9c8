//! Numbers and counted byte strings, as encoded requests are made of them: little-endian, each string behind its length.

use alloc::vec::Vec;

pub(crate) fn put_u32(out: &mut Vec<u8>, word: u32) {
    out.extend_from_slice(&word.to_le_bytes());
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_u32(out, bytes.len() as u32);
    out.extend_from_slice(bytes);
}

pub(crate) fn take_u32(input: &mut &[u8]) -> Option<u32> {
    let (head, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(u32::from_le_bytes(*head))
}

pub(crate) fn take_bytes(input: &mut &[u8]) -> Option<Vec<u8>> {
    let len = take_u32(input)? as usize;
    let (head, rest) = input.split_at_checked(len)?;
    *input = rest;
    Some(head.to_vec())
}

pub(crate) fn take_list(input: &mut &[u8]) -> Option<Vec<Vec<u8>>> {
    (0..take_u32(input)?).map(|_| take_bytes(input)).collect()
}
