//! How players choose, on one page that asks nothing of the network.

use super::blocks::{Block, blocks};
use super::figures::Table;
use super::{Characterization, words};
use crate::report::chart::Chart;
use crate::report::page::{document, escape, figures, wide};

/// The page: HTML, complete in itself.
pub(super) fn page(of: &Characterization, charts: &[Chart]) -> String {
    let title = escape(&of.title());
    let mut body = format!(
        "<header>\n<p class=\"name\">abrsim · characterize</p>\n<h1>{title}</h1>\n\
         <p class=\"facts\">{}. {}</p>\n</header>\n",
        escape(&of.met),
        escape(&words::stairs(&of.players).unwrap_or_default())
    );
    for note in &of.notes {
        body += &format!("<p class=\"partial\">{}</p>\n", escape(note));
    }
    for Block { title, under, prose, table, charts, .. } in blocks(of, charts) {
        let level = if under { "h3" } else { "h2" };
        body += &format!("<{level}>{}</{level}>\n", escape(&title));
        body += &prose.iter().map(|p| format!("<p>{}</p>\n", escape(p))).collect::<String>();
        body += &table.map_or(String::new(), |table| rows(&escape(&title), &table));
        body += &figures(&charts);
    }
    body += "<h2>What the words mean</h2>\n<dl>\n";
    for (word, meaning) in words::DEFINITIONS {
        body += &format!("<dt>{}</dt><dd>{}.</dd>\n", escape(word), escape(meaning));
    }
    document(&of.title(), &format!("{body}</dl>\n"))
}

/// A table, its words to the left.
fn rows(name: &str, Table { columns, rows }: &Table) -> String {
    const LEFT: &str = " style=\"text-align: left; white-space: normal\"";
    let side = |place: usize| match place == 0 || columns[place].words {
        true => LEFT,
        false => "",
    };
    let header = columns.iter().enumerate().map(|(place, column)| {
        format!("<th scope=\"col\"{}>{}</th>", side(place), escape(column.header))
    });
    let header: String = header.collect();
    let row = |row: &Vec<String>| {
        let cells = row.iter().enumerate().map(|(place, cell)| match place {
            0 => format!("<th scope=\"row\">{}</th>", escape(cell)),
            _ => format!("<td{}>{}</td>", side(place), escape(cell)),
        });
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    let body: String = rows.iter().map(row).collect();
    format!(
        "{}<table>\n<thead><tr>{header}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n</div>\n",
        wide(name)
    )
}
