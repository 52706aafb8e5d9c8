//! Packing a tar.

use std::ops::Range;

use zstd_safe::{CCtx, CParameter};

use super::MAGIC;
use crate::error::{ImageError, Result};

/// The level at which the format's own library packs best: it takes seconds, once a build.
const LEVEL: i32 = 22;

/// Packs a tar: the files of each list share a frame, in the order in which they are there. All that is between files is
/// in the first one.
///
/// # Errors
/// [`ImageError::Packed`] when files overlap or are not in the tar, or the tar is too long for the format.
pub fn pack_tar(tar: &[u8], files: &[Vec<Range<usize>>]) -> Result<Vec<u8>> {
    let mut frames = files.to_vec();
    if frames.is_empty() {
        frames.push(Vec::new());
    }
    if let Some(first) = frames.first_mut() {
        let gaps = gaps(tar.len(), files)?;
        first.splice(0..0, gaps);
    }
    let (mut head, mut body) = (MAGIC.to_vec(), Vec::new());
    let mut number = |number: usize| {
        let number = u32::try_from(number).map_err(|_| ImageError::Packed("it is too long"))?;
        head.extend_from_slice(&number.to_le_bytes());
        Ok::<(), ImageError>(())
    };
    number(frames.len())?;
    for ranges in &frames {
        let content: Vec<u8> =
            ranges.iter().flat_map(|range| tar.get(range.clone()).unwrap_or_default()).copied().collect();
        let packed = packed(&content).map_err(|code| ImageError::Packed(zstd_safe::get_error_name(code)))?;
        number(packed.len())?;
        number(ranges.len())?;
        for range in ranges {
            number(range.start)?;
            number(range.len())?;
        }
        body.extend_from_slice(&packed);
    }
    head.extend_from_slice(&body);
    Ok(head)
}

/// What is between files, before the first one and behind the last one.
fn gaps(len: usize, files: &[Vec<Range<usize>>]) -> Result<Vec<Range<usize>>> {
    let mut sorted: Vec<&Range<usize>> = files.iter().flatten().collect();
    sorted.sort_by_key(|range| range.start);
    let (mut gaps, mut end) = (Vec::new(), 0);
    for range in sorted.into_iter().chain([&(len..len)]) {
        if range.start < end || range.end < range.start {
            return Err(ImageError::Packed("files overlap or lie outside of the tar"));
        }
        if range.start > end {
            gaps.push(end..range.start);
        }
        end = range.end;
    }
    Ok(gaps)
}

/// A frame with a check sum.
fn packed(content: &[u8]) -> Result<Vec<u8>, zstd_safe::ErrorCode> {
    let mut context = CCtx::create();
    context.set_parameter(CParameter::CompressionLevel(LEVEL))?;
    context.set_parameter(CParameter::ChecksumFlag(true))?;
    let mut packed = Vec::with_capacity(zstd_safe::compress_bound(content.len()));
    context.compress2(&mut packed, content)?;
    Ok(packed)
}
