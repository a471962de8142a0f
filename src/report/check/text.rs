//! A check for a terminal.

use super::{Checked, Kind, Verdict};
use crate::metrics::{Difference, FIGURES};
use crate::report::comparison::p;
use crate::report::format::{count, decimal, shorten};
use crate::report::layout::{Column, grid, paragraph};

/// A name is no longer, in characters.
const NAME: usize = 30;

/// The verdicts, what is worse first.
pub fn text(checked: &Checked) -> String {
    let mut text = String::new();
    for note in &checked.notes {
        text += &paragraph("note: ", note);
    }
    let columns = [
        Column::words(""),
        Column::words("of"),
        Column::words("figure"),
        Column::numbers("before"),
        Column::numbers("now"),
        Column::words("change [95 %]"),
        Column::numbers("p"),
    ];
    for of in checked.verdicts.chunk_by(|a, b| a.scenario == b.scenario) {
        text += &format!("{}\n", shorten(&of[0].scenario, 78));
        let mut of: Vec<_> = of.iter().collect();
        of.sort_by_key(|verdict| verdict.kind);
        let rows: Vec<_> = of
            .iter()
            .map(|verdict| {
                let [before, now, change] = cells(verdict);
                let name = shorten(&verdict.whose(), NAME);
                let (kind, p) = (verdict.kind.name().to_owned(), p(verdict.p));
                vec![kind, name, name_of(verdict.figure).to_owned(), before, now, change, p]
            })
            .collect();
        text += &grid(&columns, &rows, 2);
        text.push('\n');
    }
    text + &paragraph("", &summary(checked))
}

/// What came of it, in a sentence.
pub(super) fn summary(checked: &Checked) -> String {
    match checked.verdicts.len() {
        0 => "Nothing was compared.".to_owned(),
        _ if checked.passes() => format!("Passed: {}.", checked.tally()),
        _ => format!(
            "Failed: {}. (One check in {} would fail by chance, if nothing had changed.)",
            checked.tally(),
            count(libm::round(1.0 / checked.level) as u64)
        ),
    }
}

/// What a figure is called.
pub(super) fn name_of(key: &str) -> &'static str {
    FIGURES.iter().find(|figure| figure.key == key).map_or("zero-buffer, %", |figure| figure.name)
}

/// Before, now, and the change with its interval.
pub(super) fn cells(verdict: &Verdict) -> [String; 3] {
    let Some(Difference { values, difference, interval, .. }) = verdict.difference else {
        return [const { String::new() }; 3];
    };
    let figure = FIGURES.iter().find(|figure| figure.key == verdict.figure);
    let decimals = figure.map_or(2, |figure| figure.decimals);
    let number = |value: f64| decimal(value, decimals);
    let sign = if difference > 0.0 && !number(difference).starts_with('−') { "+" } else { "" };
    let reach = interval.map(|reach| format!(" [{}, {}]", number(reach.low), number(reach.high)));
    let change = format!("{sign}{}{}", number(difference), reach.unwrap_or_default());
    [number(values[0]), number(values[1]), change]
}

/// What stands before a verdict where pictures say more than words.
pub(super) fn sign(kind: Kind) -> &'static str {
    match kind {
        Kind::Gone | Kind::Worse => "❌",
        Kind::Better => "✅",
        Kind::Same => "➖",
    }
}

#[cfg(test)]
mod tests {
    use super::super::verdict::tests::checked;
    use super::*;

    #[test]
    fn lines_fit_and_what_is_worse_comes_first() {
        let text = text(&checked(4_000, |v| v < 100, |v| v < 120, 0.0));
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        let worse = "worse  bola  zero-buffer, %   97.50  97.00  −0.50 [−0.72, −0.28]  <0.001";
        assert!(text.contains(worse), "{text}");
        assert!(text.contains("Failed: 1 worse. (One check in 100 would fail by chance"), "{text}");
    }
}
