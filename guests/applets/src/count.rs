//! Counts given as option values, checked as BusyBox checks them.

use crate::number::suffixed;
use crate::{Context, Quit};

/// C's `INT_MAX`, the bound of most counts.
pub const INT_MAX: u64 = i32::MAX as u64;

/// Reads a 32-bit decimal number between `min` and `max`.
/// # Errors
/// It is none, or out of the range; the diagnostic has been printed.
pub fn in_range(ctx: &mut Context<'_>, text: &[u8], min: u64, max: u64) -> Result<u64, Quit> {
    let Some(count) = suffixed(text, &[]).filter(|count| *count <= u32::MAX.into()) else {
        return Err(ctx.die(&[b"invalid number '", text, b"'"]));
    };
    if !(min..=max).contains(&count) {
        let range = format!("{min}..{max} range");
        return Err(ctx.die(&[b"number ", text, b" is not in ", range.as_bytes()]));
    }
    Ok(count)
}

/// Reads a count between 0 and [`INT_MAX`].
/// # Errors
/// As [`in_range`].
pub fn natural(ctx: &mut Context<'_>, text: &[u8]) -> Result<usize, Quit> {
    in_range(ctx, text, 0, INT_MAX).map(|count| count as usize)
}
