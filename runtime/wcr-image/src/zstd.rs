//! Undoing zstd (RFC 8878), in pieces of any size.
//!
//! Natively the format's own library decodes, two to three times as fast as the decoder in Rust that a browser gets.

#[cfg(not(target_family = "wasm"))]
mod native;
#[cfg(any(target_family = "wasm", test))]
mod portable;

#[cfg(not(target_family = "wasm"))]
pub(crate) use native::Native as Zstd;
#[cfg(target_family = "wasm")]
pub(crate) use portable::Portable as Zstd;

/// How a frame begins.
pub(crate) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The largest window that is taken, as a power of two. The format suggests 8 MiB at least; encoders for images go up
/// to 32 MiB.
const WINDOW_LOG: u32 = 25;
/// The largest window that is taken, in bytes.
const WINDOW_MAX: u64 = 1 << WINDOW_LOG;

/// Why data is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is malformed.
    Malformed(&'static str),
    /// It needs more memory than it may have: this many bytes.
    Window(u64),
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::native::Native;
    use super::portable::Portable;
    use super::{Fault, WINDOW_MAX};
    use crate::error::{Class, Limits};
    use crate::inflate::{Inflater, Step};
    use crate::media::Compression;

    /// A decoder under test.
    trait Decoder {
        fn push(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault>;
        fn is_complete(&self) -> bool;
    }

    macro_rules! decoder {
        ($($name:ident)*) => {$(
            impl Decoder for $name {
                fn push(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Fault> {
                    $name::push(self, input, output)
                }
                fn is_complete(&self) -> bool {
                    $name::is_complete(self)
                }
            }
        )*};
    }
    decoder!(Native Portable);

    fn decoders() -> [Box<dyn Decoder>; 2] {
        [Box::new(Native::new()), Box::new(Portable::new())]
    }

    /// Decodes in pieces of some sizes; `None` when the end is missing.
    fn decode(decoder: &mut dyn Decoder, blob: &[u8], piece: usize, room: usize) -> Result<Option<Vec<u8>>, Fault> {
        let (mut out, mut buffer) = (Vec::new(), vec![0; room]);
        for mut input in blob.chunks(piece) {
            loop {
                let step = decoder.push(input, &mut buffer)?;
                out.extend_from_slice(&buffer[..step.produced]);
                input = &input[step.consumed..];
                if step.produced == 0 && step.consumed == 0 {
                    assert!(input.is_empty(), "it stands still");
                    break;
                }
            }
        }
        Ok(decoder.is_complete().then_some(out))
    }

    /// What both decoders say of a blob.
    fn inflate(blob: &[u8]) -> [Result<Option<Vec<u8>>, Fault>; 2] {
        decoders().map(|mut decoder| decode(&mut *decoder, blob, 1 << 20, 1 << 16))
    }

    fn compressed(content: &[u8]) -> Vec<u8> {
        compress_to_vec(content, CompressionLevel::Fastest)
    }

    /// What `zstd --check` 1.5.4 makes of `hello hello hello hello hello\n`.
    const HELLO: &[u8] =
        b"\x28\xb5\x2f\xfd\x04\x58\x6d\x00\x00\x38\x68\x65\x6c\x6c\x6f\x20\x0a\x01\x00\xa9\x4b\x11\x1a\x48\x72\xab";

    /// A frame of blocks that each repeat one byte, with a window of 128 KiB and no checksum.
    fn repeated(blocks: usize, size: u32) -> Vec<u8> {
        let mut blob = b"\x28\xb5\x2f\xfd\x00\x38".to_vec();
        for number in 1..=blocks {
            let header = size << 3 | 1 << 1 | u32::from(number == blocks);
            blob.extend_from_slice(&header.to_le_bytes()[..3]);
            blob.push(b'x');
        }
        blob
    }

    #[test]
    fn frames_are_joined_and_skippable_ones_left_out() {
        let text: Vec<u8> = (0..300_000_u32).flat_map(|n| (n / 3).to_le_bytes()).collect();
        let skipped = [b"\x5a\x2a\x4d\x18\x05\x00\x00\x00table".as_slice(), b"\x50\x2a\x4d\x18\0\0\0\0"].concat();
        let blob = [compressed(&text), skipped.clone(), compressed(b""), compressed(b"tail"), skipped].concat();
        let whole = [&text[..], b"tail"].concat();
        for (piece, room) in [(1, 7), (2, 1000), (4096, 100_000), (140_000, 3), (1 << 20, 1 << 20)] {
            for mut decoder in decoders() {
                let out = decode(&mut *decoder, &blob, piece, room).unwrap();
                assert!(out.as_ref() == Some(&whole), "in pieces of {piece}");
            }
        }
    }

    #[test]
    fn what_the_reference_encoder_makes_is_read() {
        for out in inflate(HELLO) {
            assert_eq!(out.unwrap().unwrap(), b"hello hello hello hello hello\n");
        }
        for at in HELLO.len() - 4..HELLO.len() {
            let mut bad = HELLO.to_vec();
            bad[at] ^= 1;
            assert!(inflate(&bad).iter().all(|out| matches!(out, Err(Fault::Malformed(_)))));
        }
    }

    #[test]
    fn damage_is_noticed() {
        let good = compressed(&(0..50_000_u32).flat_map(|n| (n * n).to_le_bytes()).collect::<Vec<u8>>());
        for length in [0, 1, 3, 4, 5, 6, 100, good.len() - 1] {
            assert!(inflate(&good[..length]).iter().all(|out| *out == Ok(None)), "cut to {length}");
        }
        for at in (0..good.len().min(2000)).step_by(13) {
            let mut bad = good.clone();
            bad[at] ^= 0x55;
            drop(inflate(&bad));
        }
        for bad in
            [[good.as_slice(), b"junk"].concat(), b"junk".to_vec(), b"\x28\xb5\x2f\xfd\x00\x38\xfd\xff\xff".to_vec()]
        {
            assert!(inflate(&bad).iter().all(|out| matches!(out, Err(Fault::Malformed(_)))));
        }
    }

    #[test]
    fn bombs_are_stopped() {
        let blob = repeated(2000, 128 << 10);
        let limits = Limits { ratio_from: 1 << 20, ..Limits::DEFAULT };
        let error = Inflater::whole("a layer", Compression::Zstd, &blob, &limits).unwrap_err();
        assert_eq!(error.class(), Class::Limit, "{error}");
        for out in inflate(&repeated(3, 100_000)) {
            assert_eq!(out.unwrap().unwrap(), vec![b'x'; 300_000]);
        }
        // Windows of 64 MiB and of 3.75 TiB, and as large a content in a single segment.
        let headers = [&b"\x28\xb5\x2f\xfd\x00\x80"[..], b"\x28\xb5\x2f\xfd\x00\xff"];
        for header in headers.into_iter().chain([&b"\x28\xb5\x2f\xfd\xe0\0\0\0\0\x01\0\0\0"[..]]) {
            let refused = inflate(&[header, b"\x01\0\0"].concat());
            assert!(refused.iter().all(|out| *out == Err(Fault::Window(WINDOW_MAX))), "{refused:?}");
        }
    }
}
