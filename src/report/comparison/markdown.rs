//! A comparison as Markdown, for a pull request or a wiki.

use std::fmt::Write as _;

use super::text::changed_table;
use super::words::{class_rows, figure_rows, verdict};
use super::{Comparison, Contest};
use crate::report::format::{clean, decimal};

/// Everything that is to be said.
pub fn markdown(comparison: &Comparison<'_>) -> String {
    let mut text = String::from("# Comparison\n\n");
    for side in comparison.sides {
        let _ = writeln!(text, "- **{}**: `{}`", side.letter, clean(&side.asked).replace('`', "'"));
    }
    for note in &comparison.notes {
        let _ = write!(text, "\n> {}\n", cell(note));
    }
    let tested = comparison.contests.iter().map(|contest| contest.rows.len()).sum();
    for contest in &comparison.contests {
        let _ = write!(text, "\n## {}\n\n", cell(&contest.title()));
        let _ = writeln!(text, "{}\n", cell(&verdict(contest, tested)));
        text += &of(contest);
    }
    text
}

fn of(contest: &Contest<'_>) -> String {
    let [old, new] = contest.names();
    let apart = format!("{new} − {old} (95 %)");
    let header = ["", &old, &new, &apart, "viewers with more", "as much", "less"];
    let mut text = table(&header, figure_rows(contest));
    if contest.rows.len() > 1 {
        let header = ["zero-buffer rate, %", "viewers", &old, &new, &apart, "p (Holm)"];
        text += &format!("\n{}", table(&header, class_rows(contest)));
    }
    if !contest.changed.is_empty() {
        let (header, rows) = changed_table(contest);
        text += &format!("\nWho differs most, {} → {}:\n\n", cell(&old), cell(&new));
        text += &table(&header, rows);
    }
    text
}

/// A table: its first column of words, the others of numbers.
pub(in crate::report) fn table(
    header: &[&str],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let rule = header.iter().enumerate().map(|(place, _)| if place == 0 { "---" } else { "--:" });
    let mut text = line(header.iter().map(|name| cell(name)).collect());
    text += &line(rule.map(str::to_owned).collect());
    text + &rows
        .into_iter()
        .map(|row| line(row.iter().map(|text| cell(text)).collect()))
        .collect::<String>()
}

/// A text of which nothing is Markdown.
pub(in crate::report) fn cell(text: &str) -> String {
    let mut safe = String::new();
    for c in clean(text).chars() {
        match c {
            '\\' | '|' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' => {
                safe.push('\\');
                safe.push(c);
            }
            other => safe.push(other),
        }
    }
    safe
}

/// A probability as it is written.
pub(in crate::report) fn p(p: f64) -> String {
    match p {
        small if small < 0.001 => "<0.001".to_owned(),
        p => decimal(p, 3),
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::super::contests::tests::side;
    use super::*;

    #[test]
    fn tables_have_as_many_cells_in_every_line_and_names_stay_names() {
        let name = "bola|<b>_x_";
        let sides = [side('A', &[(name, |v| v < 40)]), side('B', &[(name, |v| v < 10)])];
        let text = markdown(&compare(&sides).unwrap());
        assert!(text.contains("## bola\\|\\<b\\>\\_x\\_: B against A"), "{text}");
        assert!(text.contains("| zero-buffer rate, % | 90.0 | 97.5 | +7.5 \\["), "{text}");
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        for table in text.split("\n\n").filter(|part| part.starts_with('|')) {
            let mut lines = table.lines().map(cells);
            let first = lines.next().unwrap();
            assert!(first > 4 && lines.all(|line| line == first), "{table}");
        }
    }
}
