//! Names in columns: as many as fit, each as wide as its widest name needs.

/// The least width of a column, its gap included.
const NARROWEST: usize = 3;
/// The gap between columns.
const GAP: usize = 2;

/// How many columns `widths` (gaps not included) take, and each one's width.
pub(super) fn arrange(widths: &[usize], line: usize, down: bool) -> Vec<usize> {
    let most = if line == 0 { widths.len() } else { (line / NARROWEST).max(1) }.min(widths.len()).max(1);
    for columns in (2..=most).rev() {
        let rows = widths.len().div_ceil(columns);
        let mut each = vec![NARROWEST; columns];
        for (at, width) in widths.iter().enumerate() {
            let column = if down { at / rows } else { at % columns };
            let gap = if column == columns - 1 { 0 } else { GAP };
            if let Some(slot) = each.get_mut(column) {
                *slot = (*slot).max(width + gap);
            }
        }
        if line == 0 || each.iter().sum::<usize>() < line {
            return each;
        }
    }
    vec![widths.iter().copied().max().unwrap_or(0)]
}

/// Fills from one column of the screen to another, with tabs where they reach (`tab` is their distance, 0 for none).
pub(super) fn indent(out: &mut Vec<u8>, mut from: usize, to: usize, tab: usize) {
    while from < to {
        if tab != 0 && to / tab > (from + 1) / tab {
            out.push(b'\t');
            from += tab - from % tab;
        } else {
            out.push(b' ');
            from += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_names() {
        assert_eq!(arrange(&[1, 1, 1], 80, true), [3, 3, 3]);
        assert_eq!(arrange(&[10, 2, 3], 17, true), [12, 3]);
        assert_eq!(arrange(&[10, 2, 3], 10, true), [10]);
    }

    #[test]
    fn tabs_reach_their_stops() {
        let mut out = Vec::new();
        indent(&mut out, 1, 10, 8);
        assert_eq!(out, b"\t  ");
        out.clear();
        indent(&mut out, 7, 9, 8);
        assert_eq!(out, b"  ");
    }
}
