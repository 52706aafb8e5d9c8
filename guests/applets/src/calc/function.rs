//! The functions of `bc -l`, worked out with more places than are shown and cut off.

use super::number::{Fault, Number};

/// The places beyond those that are shown.
const GUARD: usize = 12;

fn is_below(term: &Number, scale: usize) -> bool {
    term.with_scale(scale).is_zero()
}

/// e to the power of x.
pub(super) fn exponential(x: &Number, scale: usize) -> Result<Number, Fault> {
    // Halved until it is small, then squared as often.
    let whole = x.absolute().with_scale(0).length();
    let places = scale + GUARD + 2 * whole * whole.max(4);
    let (mut small, mut halvings) = (x.absolute().with_scale(places), 0);
    let two = Number::from(2);
    while small.compare(&Number::from(1)).is_gt() {
        small = small.divide(&two, places)?;
        halvings += 1;
    }
    let (mut sum, mut term, mut count) = (Number::from(1), Number::from(1), 1);
    while !is_below(&term, places) {
        term = term.multiply(&small, places).divide(&Number::from(count), places)?;
        sum = sum.add(&term);
        count += 1;
    }
    for _ in 0..halvings {
        sum = sum.multiply(&sum, places).with_scale(places);
    }
    if x.is_negative() {
        sum = Number::from(1).divide(&sum, places)?;
    }
    Ok(sum.with_scale(scale))
}

/// The natural logarithm of x.
pub(super) fn logarithm(x: &Number, scale: usize) -> Result<Number, Fault> {
    if x.is_negative() || x.is_zero() {
        // The least number that the scale has stands for minus infinity.
        return Ok(Number::from(1).subtract(&Number::from(10).power(&Number::from(scale as i64), 0)?));
    }
    let places = scale + GUARD + x.length();
    let (mut near, mut roots) = (x.with_scale(places), 0u32);
    let (half, two) = (Number::parse(b".5", 10), Number::from(2));
    while near.compare(&two).is_ge() || near.compare(&half).is_le() {
        near = near.square_root(places)?;
        roots += 1;
    }
    // ln x = 2 artanh((x - 1) / (x + 1))
    let one = Number::from(1);
    let ratio = near.subtract(&one).divide(&near.add(&one), places)?;
    let square = ratio.multiply(&ratio, places).with_scale(places);
    let (mut sum, mut power, mut count) = (ratio.clone(), ratio, 3);
    while !is_below(&power, places) {
        power = power.multiply(&square, places).with_scale(places);
        sum = sum.add(&power.divide(&Number::from(count), places)?);
        count += 2;
    }
    let factor = Number::from(2).power(&Number::from(i64::from(roots) + 1), 0)?;
    Ok(sum.multiply(&factor, places).with_scale(scale))
}

/// The arc tangent of x.
pub(super) fn arc_tangent(x: &Number, scale: usize) -> Result<Number, Fault> {
    let places = scale + GUARD + x.length();
    let one = Number::from(1);
    let (mut small, mut halvings) = (x.absolute().with_scale(places), 0);
    let limit = Number::parse(b".2", 10);
    while small.compare(&limit).is_gt() {
        // arctan x = 2 arctan(x / (1 + sqrt(1 + x²)))
        let root = one.add(&small.multiply(&small, places)).square_root(places)?;
        small = small.divide(&one.add(&root), places)?;
        halvings += 1;
    }
    let square = small.multiply(&small, places).with_scale(places);
    let (mut sum, mut power, mut count) = (small.clone(), small, 3);
    while !is_below(&power, places) {
        power = power.multiply(&square, places).with_scale(places).negated();
        sum = sum.add(&power.divide(&Number::from(count), places)?);
        count += 2;
    }
    let factor = Number::from(2).power(&Number::from(halvings), 0)?;
    let result = sum.multiply(&factor, places).with_scale(scale);
    Ok(if x.is_negative() { result.negated() } else { result })
}

/// π with so many places.
fn pi(places: usize) -> Result<Number, Fault> {
    Ok(arc_tangent(&Number::from(1), places + GUARD)?.multiply(&Number::from(4), places).with_scale(places))
}

/// The sine of x.
pub(super) fn sine(x: &Number, scale: usize) -> Result<Number, Fault> {
    let places = scale + GUARD + x.length();
    let turn = pi(places)?.multiply(&Number::from(2), places);
    let turns = x.divide(&turn, 0)?;
    let angle = x.subtract(&turns.multiply(&turn, places)).with_scale(places);
    let square = angle.multiply(&angle, places).with_scale(places);
    let (mut sum, mut term, mut count) = (angle.clone(), angle, 1);
    while !is_below(&term, places) {
        term = term.multiply(&square, places).with_scale(places).negated();
        term = term.divide(&Number::from((count + 1) * (count + 2)), places)?;
        sum = sum.add(&term);
        count += 2;
    }
    Ok(sum.with_scale(scale))
}

/// The cosine of x.
pub(super) fn cosine(x: &Number, scale: usize) -> Result<Number, Fault> {
    let places = scale + GUARD + x.length();
    sine(&x.add(&pi(places)?.divide(&Number::from(2), places)?), scale)
}

/// The Bessel function of integer order n of x.
pub(super) fn bessel(n: &Number, x: &Number, scale: usize) -> Result<Number, Fault> {
    let order = u32::try_from(n.absolute().to_count()?).map_err(|_| Fault::TooLarge)?.into();
    let places = scale + GUARD + 2 * x.length() + order as usize;
    let half = x.with_scale(places).divide(&Number::from(2), places)?;
    let square = half.multiply(&half, places).with_scale(places);
    let mut term = Number::from(1);
    for count in 1..=order {
        term = term.multiply(&half, places).with_scale(places).divide(&Number::from(count), places)?;
    }
    let (mut sum, mut count) = (term.clone(), 1);
    while !is_below(&term, places) {
        term = term.multiply(&square, places).with_scale(places).negated();
        term = term.divide(&Number::from(count * (count + order)), places)?;
        sum = sum.add(&term);
        count += 1;
    }
    let result = sum.with_scale(scale);
    Ok(if n.is_negative() && order % 2 == 1 { result.negated() } else { result })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_are_known() {
        let one = Number::from(1);
        assert_eq!(exponential(&one, 20).unwrap().show(10), "2.71828182845904523536");
        assert_eq!(logarithm(&Number::from(2), 20).unwrap().show(10), ".69314718055994530941");
        assert_eq!(sine(&one, 20).unwrap().show(10), ".84147098480789650665");
        assert_eq!(cosine(&one, 20).unwrap().show(10), ".54030230586813971740");
        assert_eq!(arc_tangent(&one, 20).unwrap().show(10), ".78539816339744830961");
        assert_eq!(bessel(&Number::zero(), &one, 20).unwrap().show(10), ".76519768655796655144");
    }
}
