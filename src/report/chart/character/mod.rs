//! How players choose, as charts: what they ask for by bandwidth, where they go up and back, and
//! what they do when it changes at once.

mod response;
mod scenes;
mod thresholds;

use plotters::style::RGBColor;

use super::{COLOURS, Chart};
use crate::characterize::Character;
use crate::units::Bitrate;

/// The names of charts of all players.
pub(crate) const THRESHOLDS: &str = "thresholds";
pub(crate) const SCENES: &str = "at-once";

/// Every chart there is something to show in.
pub(crate) fn character_charts(players: &[Character]) -> Vec<Chart> {
    let of_all = [thresholds::chart(players), scenes::chart(players)];
    of_all.into_iter().flatten().chain(players.iter().filter_map(response::chart)).collect()
}

/// What the chart of one player's response is called.
pub(crate) fn response_name(player: &Character) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' };
    let name: String = player.name.chars().take(60).map(safe).collect();
    format!("response-{name}{}", if player.real { "-real" } else { "" })
}

/// The colour of a player among all.
fn colour(place: usize) -> RGBColor {
    COLOURS[place % COLOURS.len()]
}

fn mbps(rate: Bitrate) -> f64 {
    rate.as_kbps_f64() / 1e3
}

fn label(player: &Character) -> String {
    match player.real {
        true => format!("{} (real)", player.name),
        false => player.name.clone(),
    }
}
