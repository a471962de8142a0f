//! How players choose, for the terminal.

use super::blocks::{Block, blocks};
use super::{Characterization, words};
use crate::report::layout::{grid, paragraph};

/// What fits on a screen or two: the figures by rung, and a sentence on all else.
pub fn text(of: &Characterization) -> String {
    let mut text = paragraph("", &format!("{} · {}", of.title(), of.met));
    text += &words::stairs(&of.players).map_or(String::new(), |stairs| paragraph("", &stairs));
    for note in &of.notes {
        text += &paragraph("note: ", note);
    }
    for Block { title, prose, table, .. } in blocks(of, &[]).into_iter().filter(|block| block.brief)
    {
        text += &format!("\n{title}\n");
        text += &table.map_or(String::new(), |table| grid(&table.columns, &table.rows, 2));
        text += &prose.iter().map(|prose| paragraph("  ", prose)).collect::<String>();
        let player =
            of.players.iter().find(|player| of.players.len() == 1 || words::name(player) == title);
        let more = player.into_iter().flat_map(|player| {
            [
                words::startup(player),
                words::jumps(player),
                words::outage(player),
                words::waves(player),
            ]
        });
        text += &more.flatten().map(|prose| paragraph("  ", &prose)).collect::<String>();
    }
    text + "\n" + &paragraph("", words::LEGEND)
}
