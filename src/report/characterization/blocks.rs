//! What there is to say of players, block by block.

use super::figures::{self, Table};
use super::{Characterization, words};
use crate::characterize::Character;
use crate::report::chart::Chart;
use crate::report::chart::character::{SCENES, THRESHOLDS, response_name};

/// A part of what is said.
pub(super) struct Block<'a> {
    /// What it is about.
    pub(super) title: String,
    /// Whether that is under the title of the last that is not.
    pub(super) under: bool,
    /// Whether a terminal has room for it.
    pub(super) brief: bool,
    /// Its sentences.
    pub(super) prose: Vec<String>,
    /// Its figures.
    pub(super) table: Option<Table>,
    /// Its charts.
    pub(super) charts: Vec<&'a Chart>,
}

/// Everything, with these charts.
pub(super) fn blocks<'a>(of: &Characterization, charts: &'a [Chart]) -> Vec<Block<'a>> {
    let named = |name: &str| charts.iter().filter(|chart| chart.name == name).collect();
    let mut blocks = Vec::new();
    if of.players.len() > 1 {
        blocks.push(Block {
            title: "Side by side".to_owned(),
            under: false,
            brief: true,
            prose: vec![words::side_by_side(&of.players)],
            table: Some(figures::side_by_side(&of.players)),
            charts: named(THRESHOLDS),
        });
    }
    let scenes = named(SCENES);
    if !scenes.is_empty() {
        blocks.push(Block {
            title: "A rise, a drop and an outage".to_owned(),
            under: false,
            brief: false,
            prose: Vec::new(),
            table: None,
            charts: scenes,
        });
    }
    for player in &of.players {
        let several = of.players.len() > 1;
        blocks.extend(of_player(player, several, named(&response_name(player))));
    }
    blocks
}

/// What there is to say of one.
fn of_player<'a>(player: &Character, several: bool, response: Vec<&'a Chart>) -> Vec<Block<'a>> {
    let part = |title: &str, prose: Option<String>, table: Option<Table>| Block {
        title: title.to_owned(),
        under: true,
        brief: false,
        prose: prose.into_iter().collect(),
        table: table.filter(|table| !table.rows.is_empty()),
        charts: Vec::new(),
    };
    let first = Block {
        title: match several {
            true => words::name(player),
            false => "Where it goes up, and back".to_owned(),
        },
        under: false,
        brief: true,
        prose: words::swings(player).into_iter().collect(),
        table: Some(figures::boundaries(player)).filter(|table| !table.rows.is_empty()),
        charts: response,
    };
    let parts = [
        first,
        part("How it begins", words::startup(player), Some(figures::startups(player))),
        part("At once", words::jumps(player), Some(figures::jumps(player))),
        part("An outage", words::outage(player), None),
        part("To and fro", words::waves(player), Some(figures::waves(player))),
        part("Published patterns", words::patterns(player), Some(figures::patterns(player))),
    ];
    let says = |block: &Block<'_>| !block.prose.is_empty() || block.table.is_some();
    parts.into_iter().filter(says).collect()
}
