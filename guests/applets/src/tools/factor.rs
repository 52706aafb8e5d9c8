//! `factor`: prime factors.

use crate::format::{decimal, parse_decimal};
use crate::lines::LineReader;
use crate::number::is_space;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new("factor", "factor [NUMBER]...\n\nPrint prime factors", main)
    .on_write_failure(crate::WriteFailure::Ignore);

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    if !ctx.args.is_empty() {
        let lines: Vec<_> = ctx.args.iter().map_while(|text| line(text)).collect();
        // The usage comes before what was found until then.
        let end = if lines.len() < ctx.args.len() { Err(ctx.usage()) } else { Ok(0) };
        ctx.put(&lines.concat());
        return end;
    }
    let mut reader = LineReader::new(wcr_sys::fd::STDIN, b'\n');
    // What cannot be read ends the input.
    while let Ok(Some(read)) = reader.next_line() {
        for word in read.text.split(|byte| is_space(*byte)).filter(|word| !word.is_empty()) {
            let Some(line) = line(word) else { return Err(ctx.usage()) };
            ctx.put(&line);
        }
    }
    Ok(0)
}

/// What is shown of a number; `None` of what is none.
fn line(text: &[u8]) -> Option<Vec<u8>> {
    let number = parse_decimal(text)?;
    let mut line = decimal(number);
    line.push(b':');
    for factor in factors(number) {
        line.push(b' ');
        line.extend(decimal(factor));
    }
    line.push(b'\n');
    Some(line)
}

/// The prime factors in order, by trial of the numbers that no small prime divides.
fn factors(mut number: u64) -> Vec<u64> {
    let mut found = Vec::new();
    let mut divide = |number: &mut u64, by: u64| {
        while *number > 1 && number.is_multiple_of(by) {
            found.push(by);
            *number /= by;
        }
    };
    for prime in [2, 3, 5] {
        divide(&mut number, prime);
    }
    // The distances between the numbers that neither 2 nor 3 nor 5 divides.
    let steps = [4, 2, 4, 2, 4, 6, 2, 6];
    let (mut candidate, mut step) = (7u64, 0);
    while candidate.checked_mul(candidate).is_some_and(|square| square <= number) {
        wcr_sys::pace::steps(1);
        divide(&mut number, candidate);
        candidate += steps[step % steps.len()];
        step += 1;
    }
    if number > 1 {
        found.push(number);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::factors;

    #[test]
    fn known_factors() {
        assert_eq!(factors(12), [2, 2, 3]);
        assert_eq!(factors(97), [97]);
        assert_eq!(factors(49), [7, 7]);
        assert_eq!(factors(u64::MAX), [3, 5, 17, 257, 641, 65537, 6_700_417]);
        assert!(factors(0).is_empty() && factors(1).is_empty());
    }
}
