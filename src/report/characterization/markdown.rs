//! How players choose, as a document.
//!
//! The idea to hold: it reads well as it stands, so its tables are padded, and charts are files
//! beside it.

use super::blocks::{Block, blocks};
use super::figures::Table;
use super::{Characterization, words};
use crate::report::chart::Chart;
use crate::report::format::clean;

/// The document, with charts that lie in the folder `charts` beside it.
pub fn markdown(of: &Characterization, charts: &[Chart]) -> String {
    let mut text = format!("# {}\n\n{}\n", escape(&of.title()), escape(&capital(&of.met)));
    text += &words::stairs(&of.players).map_or(String::new(), |stairs| format!("{stairs}\n"));
    for note in &of.notes {
        text += &format!("\n> {}\n", escape(note));
    }
    for Block { title, under, prose, table, charts, .. } in blocks(of, charts) {
        let level = if under { "###" } else { "##" };
        text += &format!("\n{level} {}\n", escape(&title));
        for prose in prose {
            text += &format!("\n{}\n", escape(&prose));
        }
        text += &table.map_or(String::new(), |table| format!("\n{}", rows(&table)));
        for chart in charts {
            let caption = escape(&chart.caption);
            text += &format!("\n![{caption}](charts/{}.svg)\n", chart.name);
        }
    }
    text += "\n## What the words mean\n\n";
    for (word, meaning) in words::DEFINITIONS {
        text += &format!("- **{word}**: {}.\n", escape(meaning));
    }
    text
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).chain(['.']).collect()
}

/// A table, its columns as wide as what is in them.
fn rows(table: &Table) -> String {
    let Table { columns, rows } = table;
    let width = |place: usize| {
        let cells = rows.iter().map(|row| escape(&row[place]).chars().count());
        cells.max().unwrap_or(0).max(columns[place].header.chars().count()).max(3)
    };
    let widths: Vec<_> = (0..columns.len()).map(width).collect();
    let line = |cells: Vec<String>| {
        let padded = cells.iter().zip(&widths).zip(columns).map(|((cell, width), column)| {
            match column.words {
                true => format!("{cell:<width$}"),
                false => format!("{cell:>width$}"),
            }
        });
        format!("| {} |\n", padded.collect::<Vec<_>>().join(" | "))
    };
    let rule = columns.iter().zip(&widths).map(|(column, &width)| match column.words {
        true => "-".repeat(width),
        false => "-".repeat(width - 1) + ":",
    });
    let (header, rule) = (columns.iter().map(|column| column.header.to_owned()), rule.collect());
    let body = rows.iter().map(|row| line(row.iter().map(|cell| escape(cell)).collect()));
    line(header.collect()) + &line(rule) + &body.collect::<String>()
}

/// Text in which nothing is markup, on one line.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for c in clean(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '|' | '#') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
