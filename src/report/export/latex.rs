//! `tables.tex`: the tables for a paper, with the rules of the package booktabs.
//!
//! The idea to hold: `\input{tables.tex}` compiles in any encoding of fonts, whatever of ASCII the
//! scenario calls its runs by. Letters beyond it are written as they are, for fonts that have them.

use std::fmt::Write as _;

use super::sheet::{Sheet, ZBR, notes, sheets};
use crate::report::Results;
use crate::report::format::clean;

/// All of them.
pub(crate) fn latex(results: &Results) -> String {
    let tables: Vec<_> = sheets(results).iter().map(|sheet| table(sheet, results)).collect();
    format!("% In the preamble: \\usepackage{{booktabs}}\n\n{}", tables.join("\n"))
}

fn table(sheet: &Sheet, results: &Results) -> String {
    let zbr = sheet.columns.iter().position(|column| column.name == ZBR);
    let aligned: String = sheet.columns.iter().map(|c| if c.words { 'l' } else { 'r' }).collect();
    let line = |cells: Vec<String>| format!("  {} \\\\\n", cells.join(" & "));
    let header = sheet.columns.iter().map(|column| escaped(&column.name)).collect();
    let mut text = format!(
        "\\begin{{table*}}\n  \\centering\n  \\caption{{{}}}\n  \\label{{{}}}\n  \\small\n  \
         \\begin{{tabular}}{{{aligned}}}\n  \\toprule\n{}  \\midrule\n",
        escaped(&sheet.caption),
        sheet.label,
        line(header)
    );
    for row in &sheet.rows {
        let cell = |(place, cell): (usize, &String)| match row.best && Some(place) == zbr {
            true => format!("\\textbf{{{}}}", escaped(cell)),
            false => escaped(cell),
        };
        // A line that begins with a bracket would be an option of the \\ before it.
        let cells = row.cells.iter().enumerate().map(cell).collect();
        text += &line(cells).replacen("  [", "  {}[", 1);
    }
    let _ = write!(
        text,
        "  \\bottomrule\n  \\end{{tabular}}\n\n  \\medskip\n  \\footnotesize {}\n\\end{{table*}}\n",
        escaped(&notes(results))
    );
    text
}

/// With what LaTeX takes for its own written as it wants it.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in clean(text).chars() {
        match c {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', c]),
            '\\' => escaped += "\\textbackslash{}",
            '~' => escaped += "\\textasciitilde{}",
            '^' => escaped += "\\textasciicircum{}",
            '<' => escaped += "\\textless{}",
            '>' => escaped += "\\textgreater{}",
            '|' => escaped += "\\textbar{}",
            // The sign itself has a name only where the encoding is T1.
            '"' => escaped += "''",
            '−' => escaped += "$-$",
            '–' => escaped += "--",
            '…' => escaped += "\\ldots{}",
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::testing::{classed, results, run};

    #[test]
    fn a_table_stands_between_the_rules_of_booktabs() {
        let runs = vec![run("throughput", 1_000, 934), run("bola", 1_000, 971)];
        let found = latex(&results(runs));
        for part in [
            "\\caption{Who stalls on the way home? (1,000 viewers)}\n  \\label{tab-commute}\n",
            "\\begin{tabular}{lrrrrrrrrr}\n  \\toprule\n  algorithm & viewers & zero-buffer",
            "  \\midrule\n  throughput & 1,000 & 93.4 & [91.7, 94.8] & 0.08 & ",
            "  bola & 1,000 & \\textbf{97.1} & [95.9, 98.0] & 0.04 & ",
            "\\\\\n  \\bottomrule\n  \\end{tabular}\n",
        ] {
            assert!(found.contains(part), "{found}\n{part}");
        }
    }

    #[test]
    fn whatever_runs_are_called_compiles() {
        let found = escaped("100 % & $5_000 #1 {a} \\b ~c ^d <e> |f| \"g\" − – …");
        let expected = "100 \\% \\& \\$5\\_000 \\#1 \\{a\\} \\textbackslash{}b \\textasciitilde{}c \
            \\textasciicircum{}d \\textless{}e\\textgreater{} \\textbar{}f\\textbar{} ''g'' \
            $-$ -- \\ldots{}";
        assert_eq!(found, expected);
        let found = latex(&results(vec![run("[x]", 10, 10)]));
        assert!(found.contains("\n  {}[x] & "), "{found}");
    }

    #[test]
    fn classes_have_a_table_with_a_label_of_its_own() {
        let networks = [("3g", 200, 150), ("wifi", 300, 297)];
        let found = latex(&results(vec![classed("bola", &networks, &[])]));
        assert!(
            found.contains("\\label{tab-commute-network}") && found.contains("wifi & bola & 300")
        );
        assert_eq!(
            found.matches("\\begin{table*}").count(),
            found.matches("\\end{table*}").count()
        );
    }
}
