//! A check as Markdown, for a pull request: what changed on top, everything below a fold.

use super::text::{cells, name_of, sign, summary};
use super::{Checked, Kind, Verdict};
use crate::report::comparison::{cell, p, table};
use crate::report::format::{count, many};

/// The summary.
pub fn markdown(checked: &Checked) -> String {
    let mark = if checked.passes() { "✅" } else { "❌" };
    let mut text = format!("## {mark} abrsim check\n\n{}\n\n", cell(&summary(checked)));
    for note in &checked.notes {
        text += &format!("> {}\n\n", cell(note));
    }
    let changed: Vec<_> =
        checked.verdicts.iter().filter(|verdict| verdict.kind != Kind::Same).collect();
    if !changed.is_empty() {
        text += &rows(&changed);
        text.push('\n');
    }
    let same: Vec<_> =
        checked.verdicts.iter().filter(|verdict| verdict.kind == Kind::Same).collect();
    if !same.is_empty() {
        let title = format!("{} did not change for sure", many(same.len() as u64, "figure"));
        let rows = rows(&same);
        text += &format!("<details>\n<summary>{title}</summary>\n\n{rows}\n</details>\n\n");
    }
    text + "Changes are of the same viewers where they are the same, with 95 % intervals; p is \
            corrected for all that was tested (Holm).\n"
}

fn rows(verdicts: &[&Verdict]) -> String {
    let header = ["", "scenario", "of", "figure", "before", "now", "change (95 %)", "p", "viewers"];
    let row = |verdict: &&Verdict| {
        let [before, now, change] = cells(verdict);
        vec![
            format!("{} {}", sign(verdict.kind), verdict.kind.name()),
            verdict.scenario.clone(),
            verdict.whose(),
            name_of(verdict.figure).to_owned(),
            before,
            now,
            change,
            p(verdict.p),
            count(verdict.viewers),
        ]
    };
    table(&header, verdicts.iter().map(row))
}

#[cfg(test)]
mod tests {
    use super::super::verdict::tests::checked;
    use super::*;

    #[test]
    fn what_changed_is_on_top_and_the_rest_folded() {
        let worse = markdown(&checked(4_000, |v| v < 100, |v| v < 120, 0.0));
        assert!(worse.starts_with("## ❌ abrsim check\n\nFailed: 1 worse."), "{worse}");
        assert!(worse.contains("| ❌ worse | scenarios/commute.toml | bola |"), "{worse}");
        assert!(!worse.contains("<details>"));
        let same = markdown(&checked(400, |v| v < 100, |v| v < 100, 0.0));
        assert!(same.starts_with("## ✅ abrsim check\n\nPassed: 1 same."), "{same}");
        assert!(same.contains("<summary>1 figure did not change for sure</summary>"), "{same}");
    }
}
