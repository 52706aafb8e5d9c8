//! `seq`: numbers in steps.

use crate::conversion::Conversion;
use crate::number;
use crate::options::Spec;
use crate::{Applet, Context, Quit};

/// The applet.
pub const APPLET: Applet = Applet::new(
    "seq",
    "seq [-w] [-s SEP] [FIRST [INC]] LAST\n\n\
     Print numbers from FIRST to LAST, in steps of INC.\n\
     FIRST, INC default to 1.\n\n\
     \t-w\tPad to last with leading zeros\n\
     \t-s SEP\tString separator",
    main,
)
.on_write_failure(crate::WriteFailure::Code(255));

const SPEC: Spec = Spec::short("+ws:");

/// Whole numbers below this are exact as floating-point numbers.
const EXACT: f64 = (1u64 << 53) as f64;

/// An operand: its value, the length of its text before the point, and how many digits are behind it.
#[derive(Debug, Clone, Copy)]
struct Operand {
    value: f64,
    whole: usize,
    fraction: usize,
}

fn main(ctx: &mut Context<'_>) -> Result<u8, Quit> {
    let parsed = SPEC.parse(ctx)?;
    let mut operands = Vec::new();
    for text in &parsed.operands {
        match Operand::read(text) {
            Some(operand) if operands.len() < 3 => operands.push(operand),
            _ => return Err(ctx.usage()),
        }
    }
    let one = Operand { value: 1.0, whole: 0, fraction: 0 };
    let (first, step, last) = match operands.as_slice() {
        [last] => (one, one, *last),
        [first, last] => (*first, one, *last),
        [first, step, last] => (*first, *step, *last),
        _ => return Err(ctx.usage()),
    };
    let precision = first.fraction.max(step.fraction);
    let width = if parsed.has(b'w') {
        let point = if precision > 0 { precision + 1 } else { 0 };
        first.whole.max(step.whole).max(last.whole) + point
    } else {
        0
    };
    let separator = parsed.value(b's').unwrap_or(b"\n");
    let form = Conversion { zero: true, width, precision: Some(precision), ..Conversion::default() };
    print(ctx, [first.value, step.value, last.value], form, separator);
    Ok(0)
}

impl Operand {
    fn read(text: &[u8]) -> Option<Self> {
        let scanned = number::float(text);
        if scanned.len < text.len() || scanned.overflow {
            return None;
        }
        let whole = text.iter().position(|byte| *byte == b'.');
        let fraction = whole.map_or(0, |at| text.len() - at - 1);
        Some(Self { value: scanned.value, whole: whole.unwrap_or(text.len()), fraction })
    }
}

fn print(ctx: &mut Context<'_>, [first, step, last]: [f64; 3], form: Conversion, separator: &[u8]) {
    let is_exact = |value: f64| value.abs() < EXACT && value.fract() == 0.0;
    let whole =
        form.precision == Some(0) && is_exact(first) && is_exact(step) && (!first.is_sign_negative() || first != 0.0);
    let (mut line, mut count) = (Vec::with_capacity(64), 0u64);
    loop {
        let value = if count == 0 { first } else { first + step * count as f64 };
        let within = if step < 0.0 { value >= last } else { value <= last };
        if !within {
            break;
        }
        if count > 0 {
            line.extend_from_slice(separator);
        }
        count += 1;
        if whole && is_exact(value) {
            let digits = Conversion { precision: None, ..form };
            digits.signed(&mut line, value as i64);
        } else {
            form.float(&mut line, b'f', value);
        }
        if line.len() >= 1 << 12 {
            ctx.put(&line);
            line.clear();
            if ctx.write_error().is_some() {
                return;
            }
        }
    }
    if count > 0 {
        line.push(b'\n');
    }
    ctx.put(&line);
}

#[cfg(test)]
mod tests {
    use super::APPLET;
    use crate::context::testing::run;

    fn seq(line: &str) -> String {
        run(&APPLET, &line.split(' ').collect::<Vec<_>>()).1.replace('\n', " ")
    }

    #[test]
    fn sequences() {
        assert_eq!(seq("3"), "1 2 3 ");
        assert_eq!(seq("5 -2 1"), "5 3 1 ");
        assert_eq!(seq("1.0 0.50 2"), "1.00 1.50 2.00 ");
        assert_eq!(seq("-w 1 .5 10").split(' ').next(), Some("01.0"));
        assert_eq!(seq("-s , 3"), "1,2,3 ");
        assert_eq!(seq("-w -- -1 1"), "-1 00 01 ");
        assert_eq!(seq("3 1"), "");
    }
}
