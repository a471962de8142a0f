//! What came of a contest, in a sentence made from its numbers.
//!
//! The idea to hold: it claims no more than the interval and the corrected test do.

use super::{Contest, Row};
use crate::metrics::{Difference, FIGURES, Figure, Interval};
use crate::report::format::{count, decimal, many, percent};

/// Below this, two are said to differ.
const SURE: f64 = 0.05;

/// Who keeps more viewers free of stalls, by how much, and how surely.
pub(super) fn verdict(contest: &Contest<'_>, tested: usize) -> String {
    let [old, new] = contest.names();
    let row = contest.whole();
    let zbr = &row.contrast.zbr;
    let [before, after] = zbr.values.map(|share| format!("{} %", percent(share, 1)));
    let reach = zbr.interval.map(range).unwrap_or_default();
    let whose = match contest.same {
        true => format!("of the same {}", many(row.contrast.viewers[0], "viewer")),
        false => {
            let [old, new] = row.contrast.viewers.map(count);
            format!("of {new} viewers against {old} others")
        }
    };
    let sure = row.p.is_some_and(|p| p < SURE) && zbr.interval.is_some_and(clear);
    let sides = match zbr.sides {
        Some([new_alone, _, old_alone]) if new_alone + old_alone > 0 => format!(
            "; {} spared stalls by {new} alone, {} by {old} alone",
            are(new_alone),
            count(old_alone)
        ),
        Some(_) | None => String::new(),
    };
    let p = row.p.map(|p| probability(p, tested)).unwrap_or_default();
    if zbr.sides.is_some_and(|[new_alone, _, old_alone]| new_alone + old_alone == 0) {
        return format!("{new} and {old} spare the same viewers stalls: {before}, {whose}.");
    }
    if !sure {
        let needed = match row.contrast.needed {
            Some(viewers) => format!(
                " It would take about {} to tell so small a difference from none.",
                many(round(viewers), "viewer")
            ),
            None => String::new(),
        };
        return format!(
            "{new} and {old} cannot be told apart: {after} and {before} are free of stalls, \
             {whose}, {} points apart {reach}{sides}{p}.{needed}",
            points(zbr.difference)
        );
    }
    let more = if zbr.difference > 0.0 { "more" } else { "fewer" };
    format!(
        "{new} keeps {after} free of stalls and {old} {before}, {whose}: {} points {more} \
         {reach}{sides}{p}.",
        points(zbr.difference.abs())
    )
}

/// Whether an interval leaves no doubt which is larger.
fn clear(interval: Interval) -> bool {
    interval.low > 0.0 || interval.high < 0.0
}

/// Of a difference of shares: `(0.4 to 2.1)`.
fn range(interval: Interval) -> String {
    let (low, high) = (interval.low, interval.high);
    // Of what is fewer, the fewest first.
    let (low, high) = if high < 0.0 { (-high, -low) } else { (low, high) };
    format!("({} to {})", points(low), points(high))
}

fn points(share: f64) -> String {
    decimal(100.0 * share, 1)
}

fn are(viewers: u64) -> String {
    match viewers {
        1 => "1 is".to_owned(),
        several => format!("{} are", count(several)),
    }
}

/// To two digits: more are not known.
fn round(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    number.div_ceil(unit).saturating_mul(unit)
}

/// `; p = 0.003` or `; p < 0.001`, and for how many it is corrected.
fn probability(p: f64, tested: usize) -> String {
    let p = match p {
        small if small < 0.001 => "p < 0.001".to_owned(),
        p => format!("p = {}", decimal(p, 3)),
    };
    match tested {
        1 => format!("; {p}"),
        several => format!("; {p}, corrected for {several} tests"),
    }
}

/// The zero-buffer rate of both, in per cent, and how far they are apart: `+1.2 [0.4, 2.1]`.
fn rates(zbr: &Difference) -> [String; 3] {
    let [old, new] = zbr.values.map(|share| percent(share, 1));
    [old, new, signed(zbr.difference, zbr.interval, 100.0, 1)]
}

/// The same of another figure.
fn figures(figure: &Figure, of: &Difference) -> [String; 3] {
    let [old, new] = of.values.map(|value| decimal(value, figure.decimals));
    [old, new, signed(of.difference, of.interval, 1.0, figure.decimals)]
}

fn signed(difference: f64, interval: Option<Interval>, scale: f64, decimals: usize) -> String {
    let number = |value: f64| decimal(scale * value, decimals);
    let sign = if number(difference).starts_with('−') || difference <= 0.0 { "" } else { "+" };
    let reach = interval.map(|reach| format!(" [{}, {}]", number(reach.low), number(reach.high)));
    format!("{sign}{}{}", number(difference), reach.unwrap_or_default())
}

/// A figure's name with its unit: `startup, s` or `switches per min`.
fn label(figure: &Figure) -> String {
    match figure.unit.strip_prefix('/') {
        Some(per) => format!("{} per {per}", figure.name),
        None => format!("{}, {}", figure.name, figure.unit),
    }
}

/// Every figure over all viewers: its name, old, new, how far they are apart, and how many viewers
/// have more of it, as much, and less.
pub(super) fn figure_rows(contest: &Contest<'_>) -> Vec<Vec<String>> {
    let contrast = &contest.whole().contrast;
    let row = |name: String, figures: [String; 3], of: &Difference| {
        std::iter::once(name).chain(figures).chain(sides(of)).collect::<Vec<_>>()
    };
    let zbr = row("zero-buffer rate, %".into(), rates(&contrast.zbr), &contrast.zbr);
    let rest = FIGURES.iter().zip(&contrast.figures);
    let rest = rest.filter_map(|(figure, of)| {
        let of = of.as_ref()?;
        Some(row(label(figure), figures(figure, of), of))
    });
    std::iter::once(zbr).chain(rest).collect()
}

/// The zero-buffer rate by class: its name, viewers, old, new, how far apart, p.
pub(super) fn class_rows(contest: &Contest<'_>) -> Vec<Vec<String>> {
    let row = |row: &Row| {
        let [before, after, apart] = rates(&row.contrast.zbr);
        let p = row.p.map(super::p).unwrap_or_default();
        vec![row.whom(), count(row.contrast.viewers[1]), before, after, apart, p]
    };
    contest.rows[1..].iter().map(row).collect()
}

/// Of how many viewers the new one has more, as much, and less: `12 980 8`.
fn sides(of: &Difference) -> [String; 3] {
    match of.sides {
        Some(sides) => sides.map(count),
        None => [String::new(), String::new(), String::new()],
    }
}

/// Milliseconds as seconds.
pub(super) fn seconds(millis: u64) -> String {
    decimal(millis as f64 / 1e3, 1)
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::super::contests::tests::side;
    use super::*;

    fn said(old: fn(u64) -> bool, new: fn(u64) -> bool) -> String {
        let sides = [side('A', &[("bola", old)]), side('B', &[("bola", new)])];
        verdict(&compare(&sides).unwrap().contests[0], 1)
    }

    #[test]
    fn it_says_who_is_better_only_where_that_is_sure() {
        // 40 of 400 against 10: 30 are spared by B alone.
        let better = said(|v| v < 40, |v| v < 10);
        let begins = "B keeps 97.5 % free of stalls and A 90.0 %, of the same 400 viewers: 7.5 \
                      points more (";
        assert!(better.starts_with(begins), "{better}");
        assert!(better.contains("30 are spared stalls by B alone, 0 by A alone; p < 0.001."));
        let worse = said(|v| v < 10, |v| v < 40);
        assert!(worse.contains("7.5 points fewer (4.8 to"), "{worse}");
        let level = said(|v| v < 10, |v| (2..13).contains(&v));
        assert!(level.starts_with("B and A cannot be told apart: 97.2 % and 97.5 %"), "{level}");
        assert!(level.contains("1 is") || level.contains("3 by A alone"), "{level}");
        assert!(level.contains("It would take about"), "{level}");
        let same = said(|v| v < 10, |v| v < 10);
        assert_eq!(same, "B and A spare the same viewers stalls: 97.5 %, of the same 400 viewers.");
    }

    #[test]
    fn no_more_viewers_are_asked_for_than_to_two_digits() {
        assert_eq!([0, 7, 99, 101, 12_345].map(round), [0, 7, 99, 110, 13_000]);
    }
}
