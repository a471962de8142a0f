//! Columns, paragraphs and addresses that fit on a terminal.
//!
//! The idea to hold: a terminal is 80 columns wide. What says least makes room, and an address
//! loses its middle, since its beginning says whose it is and its end which.

use super::format::{clean, shorten};

/// No line is longer, in characters.
pub(crate) const WIDTH: usize = 80;

/// What is between two columns.
pub(crate) const GAP: &str = "  ";

/// So much of a last column that is of words stays, however narrow it gets.
const WORDS: usize = 8;

/// A column of a grid.
pub(crate) struct Column<'a> {
    /// What stands above it.
    pub(crate) header: &'a str,
    /// Whether it holds words, which begin at its left, or numbers, which end at its right.
    pub(crate) words: bool,
}

impl<'a> Column<'a> {
    /// Of numbers.
    pub(crate) const fn numbers(header: &'a str) -> Self {
        Self { header, words: false }
    }

    /// Of words.
    pub(crate) const fn words(header: &'a str) -> Self {
        Self { header, words: true }
    }
}

/// A header and a line per row, so far in. Columns that are empty throughout are left out, and so
/// are the last where there is no room.
pub(crate) fn grid(columns: &[Column<'_>], rows: &[Vec<String>], indent: usize) -> String {
    let cell =
        |row: &Vec<String>, place: usize| row.get(place).map_or("", String::as_str).to_owned();
    let filled = |place: usize| rows.iter().any(|row| !cell(row, place).is_empty());
    let mut kept: Vec<usize> = (0..columns.len()).filter(|&place| filled(place)).collect();
    let width = |place: usize| {
        let cells = rows.iter().map(|row| clean(&cell(row, place)).chars().count());
        cells.max().unwrap_or(0).max(columns[place].header.chars().count())
    };
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    let width = |place: usize| widths[place];
    let taken = |kept: &[usize]| {
        indent + kept.iter().map(|&place| width(place) + GAP.len()).sum::<usize>() - GAP.len()
    };
    let mut last = usize::MAX;
    while kept.len() > 1 && taken(&kept) > WIDTH {
        let place = kept[kept.len() - 1];
        let room = WIDTH.saturating_sub(taken(&kept[..kept.len() - 1]) + GAP.len());
        if columns[place].words && room >= WORDS {
            last = room;
            break;
        }
        kept.pop();
    }
    let line = |cells: &dyn Fn(usize) -> String| {
        let shown = kept.iter().enumerate().map(|(order, &place)| {
            let most = if order + 1 == kept.len() { last } else { usize::MAX };
            let (width, text) = (width(place).min(most), shorten(&cells(place), most));
            match columns[place].words {
                true => format!("{text:<width$}"),
                false => format!("{text:>width$}"),
            }
        });
        let line = " ".repeat(indent) + &shown.collect::<Vec<_>>().join(GAP);
        shorten(line.trim_end(), WIDTH) + "\n"
    };
    let header = line(&|place| columns[place].header.to_owned());
    header + &rows.iter().map(|row| line(&|place| cell(row, place))).collect::<String>()
}

/// A text in lines that fit: the first begins so, the others that far in.
pub(crate) fn paragraph(first: &str, text: &str) -> String {
    let indent = first.chars().count();
    let (mut lines, mut line) = (String::new(), first.to_owned());
    let mut empty = true;
    for word in clean(text).split_whitespace() {
        // A word that fits on no line, such as an address, is cut.
        let word = middle(word, WIDTH - indent);
        let length = line.chars().count() + usize::from(!empty) + word.chars().count();
        if length > WIDTH && !empty {
            lines += line.trim_end();
            lines.push('\n');
            line = " ".repeat(indent);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line += &word;
        empty = false;
    }
    lines + line.trim_end() + "\n"
}

/// At most so many characters of an address, those in its middle left out.
pub(crate) fn middle(text: &str, most: usize) -> String {
    let text = clean(text);
    let count = text.chars().count();
    if count <= most {
        return text;
    }
    let (head, tail) = (most / 3, most - most / 3 - 1);
    let (begins, ends) = (text.chars().take(head), text.chars().skip(count - tail));
    begins.chain(['…']).chain(ends).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_that_say_nothing_or_do_not_fit_are_left_out() {
        let columns = [Column::numbers("n"), Column::words("empty"), Column::words("words")];
        let row = |n: &str, words: &str| vec![n.to_owned(), String::new(), words.to_owned()];
        let rows = [row("1", "one"), row("10", "ten")];
        assert_eq!(grid(&columns, &rows, 2), "   n  words\n   1  one\n  10  ten\n");
        let long = grid(&columns, &[row("1", &"word ".repeat(30))], 2);
        assert!(long.lines().all(|line| line.chars().count() <= WIDTH), "{long}");
        assert!(long.contains("word…"), "{long}");
        let wide = grid(&columns, &[row(&"9".repeat(70), "a word")], 4);
        assert!(!wide.contains("word"), "no room for it: {wide}");
    }

    #[test]
    fn paragraphs_fit_and_addresses_lose_their_middle() {
        let text = paragraph("  - ", &"some words ".repeat(20));
        assert!(text.starts_with("  - some words"), "{text}");
        assert!(
            text.lines()
                .skip(1)
                .all(|line| line.starts_with("    some") || line.starts_with("    words"))
        );
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert_eq!(middle("https://host/a/very/long/path/1.m4s", 16), "https…path/1.m4s");
        let url = paragraph("first ", &format!("https://host/{}/1.m4s", "x".repeat(100)));
        assert!(url.chars().count() <= WIDTH + 1 && url.ends_with("/1.m4s\n"), "{url}");
    }
}
