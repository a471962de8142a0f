//! Colour on a terminal.
//!
//! The idea to hold: colour only repeats what characters say: the star of the best run, the words
//! of what went wrong. The table itself knows nothing of it.

use std::env;
use std::io::{self, IsTerminal};

use clap::ColorChoice;
use clap::builder::styling::{AnsiColor, Style};

/// Whether to print in colour.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct Colour {
    /// Whether to print in colour: unless said, on a terminal, and not where NO_COLOR is set.
    #[arg(long, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    color: ColorChoice,
}

/// Of the best runs.
const BEST: Style = AnsiColor::Green.on_default().bold();

/// Of what went wrong.
const TROUBLE: Style = AnsiColor::Red.on_default();

/// How lines of what went wrong begin.
const TROUBLES: [&str; 3] = ["start failures: ", "partial: ", "Not simulated"];

impl Colour {
    /// The table in colour, if it is wanted where it is printed.
    pub(super) fn paint(self, table: &str) -> String {
        let wanted = match self.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => {
                // https://no-color.org: whatever is set there, unless it is empty.
                let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty());
                let dumb = set("TERM").is_some_and(|term| term == "dumb");
                io::stdout().is_terminal() && set("NO_COLOR").is_none() && !dumb
            }
        };
        if wanted { painted(table) } else { table.to_owned() }
    }
}

fn painted(table: &str) -> String {
    let line = |line: &str| {
        let style = match line {
            // The star is told of below the table, in words.
            _ if line.starts_with("* highest") => Style::new(),
            _ if line.starts_with("* ") => BEST,
            _ if TROUBLES.iter().any(|start| line.starts_with(start)) => TROUBLE,
            _ => Style::new(),
        };
        format!("{style}{line}{style:#}\n")
    };
    table.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "title\n\n  bba-0 93.4\n* bola  97.1\n\n* highest zero-buffer rate; so\n\
                         start failures: 3 (bba-0)\npartial: stopped early\n";

    #[test]
    fn the_best_is_green_and_trouble_is_red() {
        let painted = painted(TABLE);
        assert!(painted.contains("\n  bba-0 93.4\n\u{1b}[1m\u{1b}[32m* bola  97.1\u{1b}[0m\n\n*"));
        assert!(painted.contains("\n\u{1b}[31mstart failures: 3 (bba-0)\u{1b}[0m\n"), "{painted}");
        assert!(painted.contains("\n\u{1b}[31mpartial: stopped early\u{1b}[0m\n"), "{painted}");
    }

    #[test]
    fn without_colour_nothing_is_added() {
        let never = Colour { color: ColorChoice::Never };
        assert_eq!(never.paint(TABLE), TABLE);
        let always = Colour { color: ColorChoice::Always };
        let mut plain = String::new();
        for part in always.paint(TABLE).split('\u{1b}') {
            plain += part
                .split_once('m')
                .filter(|(code, _)| code.starts_with('['))
                .map_or(part, |p| p.1);
        }
        assert_eq!(plain, TABLE, "colour says nothing that characters do not");
    }
}
