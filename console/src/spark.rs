//! Sparklines: ten minutes in a line or more of braille, or of digits where there is only ASCII (console.md 8).

/// Seconds that a line shows.
pub const SECONDS: usize = 600;

/// Dots of a braille cell, from the bottom up: left and right column.
const LEFT: [u32; 4] = [0x40, 0x04, 0x02, 0x01];
const RIGHT: [u32; 4] = [0x80, 0x20, 0x10, 0x08];

/// The lines, top first. `values` are one a second, oldest first, the last one at `until` (Unix time). `size` is how many
/// cells and lines there are. The full height means the largest value, or `top` if that is more.
///
/// A dot stands for the largest value of its time, so that no peak is lost. The times of the dots stand still while the
/// clock goes on: only the newest changes from second to second, and little has to be sent to the terminal.
#[must_use]
pub fn lines(values: &[u64], until: u64, size: (usize, usize), top: u64, ascii: bool) -> Vec<String> {
    let (width, height) = size;
    let per_cell = if ascii { 1 } else { 2 };
    let columns = buckets(values, until, width * per_cell);
    let top = columns.iter().flatten().copied().max().unwrap_or(0).max(top);
    if ascii {
        return vec![columns.iter().map(|value| digit(*value, top)).collect()];
    }
    let levels = height as u64 * 4;
    let filled = |value: Option<u64>| value.map_or(0, |value| level(value, top, levels));
    let row = |row: usize| {
        let below = (height - 1 - row) as u64 * 4;
        let cell = |pair: &[Option<u64>]| {
            let side = |value: Option<&Option<u64>>, dots: [u32; 4]| {
                let dots_on = filled(value.copied().flatten()).saturating_sub(below);
                dots.iter()
                    .zip(0..)
                    .filter(|(_, at): &(_, u64)| *at < dots_on)
                    .map(|(dot, _)| dot)
                    .sum::<u32>()
            };
            let bits = side(pair.first(), LEFT) | side(pair.get(1), RIGHT);
            char::from_u32(0x2800 + bits).unwrap_or(' ')
        };
        columns.chunks(2).map(cell).collect()
    };
    (0..height).map(row).collect()
}

/// What is there and not nothing has at least the lowest dot, and nothing has it too: the line shows that it was looked at.
fn level(value: u64, top: u64, levels: u64) -> u64 {
    match value {
        0 => 1,
        _ => 1 + (u128::from(value) * u128::from(levels - 1)).div_ceil(u128::from(top.max(1))) as u64,
    }
}

fn digit(value: Option<u64>, top: u64) -> char {
    let Some(value) = value else { return ' ' };
    let tenth = (u128::from(value) * 9).div_ceil(u128::from(top.max(1)));
    char::from_digit(u32::try_from(tenth).unwrap_or(9), 10).unwrap_or('9')
}

/// The largest value of each dot's time; `None` = nobody looked yet.
fn buckets(values: &[u64], until: u64, columns: usize) -> Vec<Option<u64>> {
    let mut dots = vec![None; columns];
    if columns == 0 {
        return dots;
    }
    let seconds = SECONDS.div_ceil(columns).max(1) as u64;
    for (back, value) in values.iter().rev().enumerate() {
        let Some(at) = until.checked_sub(back as u64) else {
            break;
        };
        let behind = (until / seconds - at / seconds) as usize;
        let Some(dot) = columns
            .checked_sub(1 + behind)
            .and_then(|column| dots.get_mut(column))
        else {
            break;
        };
        *dot = Some(dot.unwrap_or(0).max(*value));
    }
    dots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_is_at_the_right() {
        let mut values = vec![0; 600];
        values[599] = 9;
        let line = &lines(&values, 1199, (10, 1), 0, true)[0];
        assert_eq!(line, "0000000009");
        let braille = &lines(&values, 1199, (3, 1), 0, false)[0];
        assert_eq!(braille.chars().last(), Some('\u{28f8}'));
        assert_eq!(braille.chars().count(), 3);
    }

    #[test]
    fn what_nobody_saw_is_blank() {
        assert_eq!(lines(&[5, 5], 599, (4, 1), 0, true)[0], "   9");
        assert_eq!(lines(&[], 599, (2, 2), 0, false), ["\u{2800}\u{2800}"; 2]);
    }

    #[test]
    fn the_full_height_may_have_a_meaning() {
        assert_eq!(lines(&[30; 600], 1199, (3, 1), 0, true)[0], "999");
        assert_eq!(lines(&[30; 600], 1199, (3, 1), 100, true)[0], "333");
    }

    #[test]
    fn dots_stand_still() {
        let mut values: Vec<u64> = (0..600).map(|n| n % 50).collect();
        let before = lines(&values, 1200, (10, 1), 0, true)[0].clone();
        values.remove(0);
        values.push(3);
        let after = lines(&values, 1201, (10, 1), 0, true)[0].clone();
        assert_eq!(before[..9], after[..9]);
    }
}
