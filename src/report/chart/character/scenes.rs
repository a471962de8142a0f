//! What players do when bandwidth changes at once: the largest rise, the largest drop, an outage.

use plotters::style::Color;

use super::{SCENES, colour, label, mbps};
use crate::characterize::{Character, Jump, Scene};
use crate::report::chart::Chart;
use crate::report::chart::axis::Axis;
use crate::report::chart::canvas::{
    Canvas, Drawn, GRID, INK, MUTED, PAD, Plot, TEXT, WIDTH, area, block, ending, line, text,
    title, write,
};
use crate::report::chart::panels::{self, Panels};
use crate::units::Bitrate;

/// How thick the bar of a stall is.
const BAR: i32 = 4;

/// One change, and what each player did there, by their number.
struct Panel<'a> {
    name: &'static str,
    scenes: Vec<(usize, &'a Scene)>,
}

pub(super) fn chart(players: &[Character]) -> Option<Chart> {
    let of = |scene: &dyn Fn(&Character) -> Option<&Scene>| -> Vec<(usize, _)> {
        let scenes = players.iter().enumerate();
        scenes.filter_map(|(place, player)| Some((place, scene(player)?))).collect()
    };
    let panels = [
        Panel { name: "a rise", scenes: of(&|player| largest(player, true)) },
        Panel { name: "a drop", scenes: of(&|player| largest(player, false)) },
        Panel {
            name: "an outage",
            scenes: of(&|player| player.outages.first().map(|outage| &outage.scene)),
        },
    ];
    let panels: Vec<_> = panels.into_iter().filter(|panel| !panel.scenes.is_empty()).collect();
    let caption = "The bitrate that is asked for when bandwidth (grey) changes at once. Bars at \
                   the bottom: playback stands still.";
    let height = Panels::of(panels.len()).height();
    let draw = |canvas: &Canvas<'_>| draw(canvas, players, &panels);
    (!panels.is_empty()).then(|| Chart::new(SCENES, caption, height, draw))
}

/// What was around the largest jump in a direction.
fn largest(player: &Character, rises: bool) -> Option<&Scene> {
    let ratio = |jump: &Jump| {
        let (from, to) = (jump.from.as_f64(), jump.to.as_f64());
        if rises { to / from } else { from / to }
    };
    let jumps = player.jumps.iter().filter(|jump| jump.rises() == rises);
    let largest = jumps.max_by(|a, b| ratio(a).total_cmp(&ratio(b)));
    largest.map(|jump| &jump.scene)
}

fn draw(canvas: &Canvas<'_>, players: &[Character], shown: &[Panel<'_>]) -> Drawn {
    title(canvas, "When bandwidth changes at once")?;
    write(canvas, "Mbit/s, by seconds", &ending(text(TEXT, MUTED)), (WIDTH - PAD, PAD + 8))?;
    let names: Vec<_> = players.iter().map(label).collect();
    let names = names.iter().enumerate().map(|(place, name)| (&**name, colour(place)));
    panels::key(canvas, &names.collect::<Vec<_>>())?;
    let panels = Panels::of(shown.len());
    let all = || shown.iter().flat_map(|panel| &panel.scenes);
    let most = all().flat_map(|(_, scene)| &scene.link).map(|(_, rate)| mbps(*rate));
    let most = most.fold(0.0, f64::max);
    for (panel, n) in shown.iter().zip(0..) {
        let scenes = || panel.scenes.iter().map(|(_, scene)| *scene);
        let first = scenes().flat_map(|scene| scene.link.first()).map(|(at, _)| *at);
        let first = first.fold(0.0, f64::min);
        let end = scenes().map(|scene| scene.end).fold(1.0, f64::max);
        let x = Axis::exactly(first, end);
        let plot = Plot::new(canvas, panels.frame(n), (x, ""), (Axis::up_to(most), panel.name))?;
        if let Some((_, scene)) = panel.scenes.first() {
            let rates = scene.link.iter().map(|(at, rate)| (*at, mbps(*rate)));
            let mut under = plot.stairs(canvas, rates, scene.end);
            under.extend([plot.at(scene.end, 0.0), plot.at(first, 0.0)]);
            area(canvas, under, INK.mix(GRID))?;
        }
        for (place, scene) in &panel.scenes {
            player(canvas, &plot, &players[*place], (*place, scene))?;
        }
    }
    Ok(())
}

fn player(
    canvas: &Canvas<'_>,
    plot: &Plot,
    player: &Character,
    (place, scene): (usize, &Scene),
) -> Drawn {
    let bitrate = |rung: crate::media::Rung| {
        player.rungs.get(usize::from(rung.0)).map_or(Bitrate::ZERO, |rung| rung.bitrate)
    };
    let asked = scene.asked.iter().map(|(at, rung)| (*at, mbps(bitrate(*rung))));
    line(canvas, plot.stairs(canvas, asked, scene.end), colour(place).stroke_width(2))?;
    for (from, to) in &scene.stalls {
        let bottom = plot.frame.bottom - BAR * place as i32;
        let (left, right) = (plot.across(*from), plot.across(*to));
        block(canvas, (left, bottom - BAR), (right.max(left + 2), bottom), colour(place))?;
    }
    Ok(())
}
