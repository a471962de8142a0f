//! A time and a number, written in blocks.
//!
//! The idea to hold: letters are three blocks wide and five high, and made as large as the picture
//! allows. What does not fit is left out: first the hours, then the number, then the time.

use crate::media::Rung;
use crate::units::Span;

/// The digits and a colon, row by row; a colon is one block wide.
const GLYPHS: [[u8; ROWS]; 11] = [
    [0b111, 0b101, 0b101, 0b101, 0b111],
    [0b010, 0b110, 0b010, 0b010, 0b111],
    [0b111, 0b001, 0b111, 0b100, 0b111],
    [0b111, 0b001, 0b111, 0b001, 0b111],
    [0b101, 0b101, 0b111, 0b001, 0b001],
    [0b111, 0b100, 0b111, 0b001, 0b111],
    [0b111, 0b100, 0b111, 0b101, 0b111],
    [0b111, 0b001, 0b010, 0b010, 0b010],
    [0b111, 0b101, 0b111, 0b101, 0b111],
    [0b111, 0b101, 0b111, 0b001, 0b111],
    [0, 1, 0, 1, 0],
];

const ROWS: usize = 5;
const COLON: u8 = 10;

/// Which blocks of a picture are inked.
pub(super) struct Ink {
    columns: usize,
    inked: Vec<bool>,
}

impl Ink {
    /// Nothing, on so many blocks across and down.
    pub(super) fn none(columns: usize, rows: usize) -> Self {
        Self { columns, inked: vec![false; columns * rows] }
    }

    /// A time and below it a rung's number, in the middle of a picture of which so many whole
    /// blocks are seen.
    pub(super) fn new(
        blocks: (usize, usize),
        seen: (usize, usize),
        time: Span,
        rung: Rung,
    ) -> Self {
        let mut ink = Self::none(blocks.0, blocks.1);
        let (whole, short, number) = (clock(time, true), clock(time, false), digits(rung.0.into()));
        let texts: [&[&[u8]]; 5] =
            [&[&whole, &number], &[&short, &number], &[&number], &[&short], &[]];
        let fitting = texts.iter().find_map(|lines| Some((*lines, scale(lines, seen)?)));
        if let Some((lines, scale)) = fitting {
            ink.write(lines, seen, scale);
        }
        ink
    }

    pub(super) fn at(&self, column: usize, row: usize) -> bool {
        self.inked[row * self.columns + column]
    }

    fn write(&mut self, lines: &[&[u8]], seen: (usize, usize), scale: usize) {
        let mut top = (seen.1 - height(lines) * scale) / 2;
        for line in lines {
            let mut left = (seen.0 - width(line) * scale) / 2;
            for &glyph in *line {
                let across = breadth(glyph);
                for (row, bits) in GLYPHS[usize::from(glyph)].into_iter().enumerate() {
                    let set = (0..across).filter(|column| bits >> (across - 1 - column) & 1 == 1);
                    for column in set {
                        self.block(left + column * scale, top + row * scale, scale);
                    }
                }
                left += (across + 1) * scale;
            }
            top += (ROWS + 1) * scale;
        }
    }

    fn block(&mut self, left: usize, top: usize, scale: usize) {
        for row in top..top + scale {
            self.inked[row * self.columns + left..][..scale].fill(true);
        }
    }
}

/// How large lines can be, if they fit: four fifths of the picture, or all of it if they must.
fn scale(lines: &[&[u8]], seen: (usize, usize)) -> Option<usize> {
    let across = lines.iter().map(|line| width(line)).max().unwrap_or(1);
    let down = height(lines).max(1);
    let fits = |columns: usize, rows: usize| (columns / across).min(rows / down);
    let some = fits(seen.0 * 4 / 5, seen.1 * 4 / 5).max(fits(seen.0, seen.1).min(1));
    (some > 0).then_some(some)
}

fn breadth(glyph: u8) -> usize {
    if glyph == COLON { 1 } else { 3 }
}

/// With a column between glyphs.
fn width(line: &[u8]) -> usize {
    (line.iter().map(|&glyph| breadth(glyph) + 1).sum::<usize>()).saturating_sub(1)
}

/// With a row between lines.
fn height(lines: &[&[u8]]) -> usize {
    (lines.len() * (ROWS + 1)).saturating_sub(1)
}

/// `mm:ss`, or `h:mm:ss` where there are hours and they are asked for.
fn clock(time: Span, with_hours: bool) -> Vec<u8> {
    let seconds = time.as_millis() / 1_000;
    let (hours, rest) = (seconds / 3_600, seconds % 3_600);
    let mut text = Vec::new();
    if with_hours && hours > 0 {
        text.extend(digits(hours));
        text.push(COLON);
    }
    let two = |n: u64| [(n / 10) as u8, (n % 10) as u8];
    text.extend(two(rest / 60));
    text.push(COLON);
    text.extend(two(rest % 60));
    text
}

fn digits(number: u64) -> Vec<u8> {
    number.to_string().bytes().map(|digit| digit - b'0').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(columns: usize, rows: usize, seconds: u64) -> Vec<String> {
        let size = (columns, rows);
        let ink = Ink::new(size, size, Span::from_secs(seconds), Rung(2));
        let row = |row| (0..columns).map(|c| if ink.at(c, row) { '#' } else { '.' }).collect();
        (0..rows).map(row).collect()
    }

    #[test]
    fn the_time_is_above_the_number() {
        // 75 s are 01:15, 17 blocks across.
        assert_eq!(
            drawn(17, 11, 75),
            [
                "###..#.....#..###",
                "#.#.##..#.##..#..",
                "#.#..#.....#..###",
                "#.#..#..#..#....#",
                "###.###...###.###",
                ".................",
                ".......###.......",
                ".........#.......",
                ".......###.......",
                ".......#.........",
                ".......###.......",
            ]
        );
    }

    #[test]
    fn what_does_not_fit_is_left_out() {
        let inked = |columns, rows, seconds| {
            drawn(columns, rows, seconds).concat().bytes().filter(|&b| b == b'#').count()
        };
        assert_eq!(inked(17, 11, 3_675), inked(17, 11, 75), "hours");
        assert!(inked(25, 11, 3_675) > inked(25, 11, 75));
        assert_eq!(inked(16, 11, 75), 11, "the number alone: 3 + 1 + 3 + 1 + 3");
        assert_eq!(inked(2, 11, 75), 0);
        // Four fifths of 40 by 30 are 32 by 24: not twice 17, so as large as before.
        assert_eq!(inked(40, 30, 75), inked(17, 11, 75));
        assert_eq!(inked(43, 30, 75), 4 * inked(17, 11, 75));
    }
}
