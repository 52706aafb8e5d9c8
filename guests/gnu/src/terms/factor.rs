//! `factor`.

use applets::lines::LineReader;
use applets::number::is_space;
use applets::options::Parsed;
use applets::{Context, Quit};
use num_bigint::BigUint;
use wcr_sys::{fd, pace};

use crate::Program;
use crate::program::STANDARD;
use crate::quote;

/// The program.
pub const PROGRAM: Program = Program::new("factor", "[NUMBER]...", "Prints prime factors.", "", STANDARD, run);

/// Up to this number all are tried; what is left then is looked for in another way.
const TRIED: u64 = 1 << 12;

fn run(ctx: &mut Context<'_>, parsed: &Parsed) -> Result<u8, Quit> {
    let mut code = 0;
    for text in &parsed.operands {
        code |= show(ctx, text);
    }
    if parsed.operands.is_empty() {
        let mut reader = LineReader::new(fd::STDIN, b'\n');
        loop {
            match reader.next_line() {
                Ok(Some(line)) => {
                    for word in line.text.split(|byte| is_space(*byte)).filter(|word| !word.is_empty()) {
                        code |= show(ctx, word);
                    }
                }
                Ok(None) => break,
                Err(error) => return Err(ctx.die_errno(&[b"error reading input"], error)),
            }
        }
    }
    Ok(code)
}

fn show(ctx: &mut Context<'_>, text: &[u8]) -> u8 {
    let digits = text.trim_ascii_start();
    let digits = digits.strip_prefix(b"+").unwrap_or(digits);
    let number = BigUint::parse_bytes(digits, 10).filter(|_| digits.iter().all(u8::is_ascii_digit));
    let Some(number) = number else {
        ctx.complain(&[&quote::locale(text), b" is not a valid positive integer"]);
        return 1;
    };
    let mut line = format!("{number}:");
    let mut found = Vec::new();
    factors(number, &mut found);
    found.sort();
    for factor in found {
        line.push(' ');
        line += &factor.to_string();
    }
    line.push('\n');
    ctx.put(line.as_bytes());
    0
}

/// Adds the prime factors of a number to those that were found.
fn factors(mut number: BigUint, found: &mut Vec<BigUint>) {
    let zero = BigUint::ZERO;
    if number == zero {
        return;
    }
    for candidate in core::iter::once(2).chain((3..TRIED).step_by(2)) {
        if let Ok(small) = u64::try_from(&number)
            && candidate * candidate > small
        {
            break;
        }
        while &number % candidate == zero {
            found.push(candidate.into());
            number /= candidate;
        }
    }
    divide(number, found);
}

/// As [`factors`], for a number that no small prime divides.
fn divide(number: BigUint, found: &mut Vec<BigUint>) {
    match u64::try_from(&number) {
        Ok(1) => {}
        Ok(small) if is_prime(small) => found.push(number),
        Ok(small) => {
            let factor = (1..).find_map(|step| pollard(small, step)).unwrap_or(small);
            divide(factor.into(), found);
            divide((small / factor).into(), found);
        }
        Err(_) if is_large_prime(&number) => found.push(number),
        Err(_) => {
            let factor = (1..).find_map(|step| pollard_large(&number, step)).unwrap_or_else(|| number.clone());
            let rest = &number / &factor;
            divide(factor, found);
            divide(rest, found);
        }
    }
}

fn multiply(a: u64, b: u64, modulus: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(modulus)) as u64
}

/// The bases that decide for all numbers of 64 bits whether they are prime; for larger ones, no exception is known.
const BASES: [u32; 20] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71];

/// The test of Miller and Rabin.
fn is_prime(number: u64) -> bool {
    if number < 4 {
        return number > 1;
    }
    let twos = (number - 1).trailing_zeros();
    let odd = (number - 1) >> twos;
    number % 2 == 1
        && BASES.iter().take(12).all(|base| {
            let base = u64::from(*base) % number;
            let (mut power, mut square, mut left) = (1, base, odd);
            while left > 0 {
                if left & 1 == 1 {
                    power = multiply(power, square, number);
                }
                square = multiply(square, square, number);
                left >>= 1;
            }
            let mut passes = base == 0 || power == 1 || power == number - 1;
            for _ in 1..twos {
                power = multiply(power, power, number);
                passes |= power == number - 1;
            }
            passes
        })
}

fn is_large_prime(number: &BigUint) -> bool {
    let less = number - 1u8;
    let twos = less.trailing_zeros().unwrap_or(0);
    let odd = &less >> twos;
    let one = BigUint::from(1u8);
    BASES.iter().all(|base| {
        let mut power = BigUint::from(*base).modpow(&odd, number);
        let mut passes = power == one || power == less;
        for _ in 1..twos {
            power = &power * &power % number;
            passes |= power == less;
        }
        passes
    })
}

/// How many differences are multiplied before their common divisor is looked for.
const GATHERED: u32 = 128;

fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// A factor by the rho method of Pollard; `None` when this step leads to none.
fn pollard(number: u64, step: u64) -> Option<u64> {
    let next = |x: u64| ((u128::from(multiply(x, x, number)) + u128::from(step)) % u128::from(number)) as u64;
    let (mut slow, mut fast) = (2 % number, 2 % number);
    loop {
        let (before_slow, before_fast) = (slow, fast);
        let mut product = 1;
        for _ in 0..GATHERED {
            slow = next(slow);
            fast = next(next(fast));
            product = multiply(product, slow.abs_diff(fast), number);
        }
        pace::steps(GATHERED);
        match common_divisor(product, number) {
            1 => continue,
            factor if factor < number => return Some(factor),
            _ => {}
        }
        // Several came together: one after the other.
        (slow, fast) = (before_slow, before_fast);
        for _ in 0..GATHERED {
            slow = next(slow);
            fast = next(next(fast));
            match common_divisor(slow.abs_diff(fast), number) {
                1 => {}
                factor if factor < number => return Some(factor),
                _ => return None,
            }
        }
    }
}

fn common_divisor_large(a: &BigUint, b: &BigUint) -> BigUint {
    let (mut a, mut b) = (a.clone(), b.clone());
    while b != BigUint::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    a
}

fn pollard_large(number: &BigUint, step: u64) -> Option<BigUint> {
    let next = |x: &BigUint| (x * x + step) % number;
    let distance = |a: &BigUint, b: &BigUint| if a > b { a - b } else { b - a };
    let one = BigUint::from(1u8);
    let (mut slow, mut fast) = (BigUint::from(2u8), BigUint::from(2u8));
    loop {
        let (before_slow, before_fast) = (slow.clone(), fast.clone());
        let mut product = one.clone();
        for _ in 0..GATHERED {
            slow = next(&slow);
            fast = next(&next(&fast));
            product = product * distance(&slow, &fast) % number;
        }
        pace::steps(GATHERED * 16);
        let factor = common_divisor_large(&product, number);
        if factor == one {
            continue;
        }
        if factor < *number {
            return Some(factor);
        }
        (slow, fast) = (before_slow, before_fast);
        for _ in 0..GATHERED {
            slow = next(&slow);
            fast = next(&next(&fast));
            let factor = common_divisor_large(&distance(&slow, &fast), number);
            if factor == *number {
                return None;
            }
            if factor != one {
                return Some(factor);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        let mut found = Vec::new();
        factors(BigUint::parse_bytes(text.as_bytes(), 10).unwrap(), &mut found);
        found.sort();
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn known_factors() {
        assert_eq!((of("0"), of("1"), of("2"), of("97")), (String::new(), String::new(), "2".into(), "97".into()));
        assert_eq!(of("18446744073709551615"), "3 5 17 257 641 65537 6700417");
        assert_eq!(of("18446744073709551557"), "18446744073709551557");
        assert_eq!(of("18446744073709551617"), "274177 67280421310721");
        assert_eq!(of("4295098369"), "65537 65537");
    }
}
