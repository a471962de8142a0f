//! A comparison on one page, with both timelines of the viewers who differ most.
//!
//! The idea to hold: the page is one file, as a report's is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::text::changed_table;
use super::words::{class_rows, figure_rows, verdict};
use super::{Comparison, Contest, Pair};
use crate::report::chart::timeline;
use crate::report::format::count;
use crate::report::page::{document, drawings, escape, wide};

/// The page: HTML, complete in itself. `seen` has, by contest and viewer, what both runs were for
/// those who differ most, as far as that is known.
pub fn page(comparison: &Comparison<'_>, seen: &BTreeMap<(usize, u64), Pair>) -> String {
    let tested = comparison.contests.iter().map(|contest| contest.rows.len()).sum();
    let mut body = String::from("<header>\n<p class=\"name\">abrsim · comparison</p>\n");
    let title = match comparison.sides {
        [one] => one.results.title.clone(),
        [old, new] => format!("{} against {}", new.asked, old.asked),
        _ => "Runs held against each other".to_owned(),
    };
    let _ = writeln!(body, "<h1>{}</h1>", escape(&title));
    for contest in &comparison.contests {
        let whose = match comparison.contests.len() {
            1 => String::new(),
            _ => format!("<strong>{}</strong> · ", escape(&contest.title())),
        };
        let verdict = escape(&verdict(contest, tested));
        let _ = writeln!(body, "<p class=\"answer\">{whose}{verdict}</p>");
    }
    for side in comparison.sides {
        let asked = escape(&side.asked);
        let about = escape(&side.results.title);
        let _ = writeln!(body, "<p class=\"facts\">{}: {asked} ({about})</p>", side.letter);
    }
    for note in &comparison.notes {
        let _ = writeln!(body, "<p class=\"partial\">{}</p>", escape(note));
    }
    body += "</header>\n";
    for (number, contest) in comparison.contests.iter().enumerate() {
        let title = escape(&contest.title());
        let _ = writeln!(body, "<section>\n<h2>{title}</h2>\n{}", tables(contest));
        body += &changed(number, contest, seen);
        body += "</section>\n";
    }
    body += "<section>\n<h2>What the numbers mean</h2>\n<p>Differences are the later run's figure \
             less the earlier one's, with their 95 % intervals: of zero-buffer rates Agresti and \
             Min's of paired shares, or Newcombe's where the viewers are not the same; of the \
             others the bootstrap's over viewers, or Welch's. p is that of the sign test, or of \
             two shares, corrected for all rows (Holm). Whoever shared a link counts as one \
             group; whoever shared caches only is taken for a stranger.</p>\n</section>\n";
    document(&title, &format!("<main>\n{body}</main>\n"))
}

fn tables(contest: &Contest<'_>) -> String {
    let [old, new] = contest.names();
    let apart = format!("{new} − {old}");
    let header = ["", &old, &new, &apart, "viewers with more", "as much", "less"];
    let rows = figure_rows(contest).into_iter();
    let mut html = table("All figures", &header, rows);
    if contest.rows.len() > 1 {
        let header = ["zero-buffer rate, %", "viewers", &old, &new, &apart, "p (Holm)"];
        html += "<h3>By class</h3>\n";
        html += &table("By class", &header, class_rows(contest).into_iter());
    }
    html
}

/// The viewers who differ most, each with both timelines one above the other.
fn changed(number: usize, contest: &Contest<'_>, seen: &BTreeMap<(usize, u64), Pair>) -> String {
    if contest.changed.is_empty() {
        return String::new();
    }
    let [old, new] = contest.names();
    let (header, rows) = changed_table(contest);
    let mut html = format!(
        "<h3>Who differs most, {} → {}</h3>\n{}",
        escape(&old),
        escape(&new),
        table("Who differs most", &header, rows.into_iter())
    );
    for changed in &contest.changed {
        let Some((Some(before), Some(after))) = seen.get(&(number, changed.viewer)) else {
            continue;
        };
        let both = [(contest.old.run, &*old, before), (contest.new.run, &*new, after)];
        let charts = timeline::of_viewer(changed.viewer, &both);
        let charts: Vec<_> = charts.iter().collect();
        let _ = write!(
            html,
            "<details>\n<summary>Viewer {} under both</summary>\n{}</details>\n",
            count(changed.viewer),
            drawings(&charts)
        );
    }
    html
}

fn table(name: &str, header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let names = header[1..].iter().map(|name| format!("<th scope=\"col\">{}</th>", escape(name)));
    let row = |row: Vec<String>| {
        let mut cells = row.iter().map(|cell| escape(cell));
        let first = cells.next().unwrap_or_default();
        let cells: String = cells.map(|cell| format!("<td>{cell}</td>")).collect();
        format!("<tr><th scope=\"row\">{first}</th>{cells}</tr>\n")
    };
    format!(
        "{}<table>\n<thead>\n<tr><th scope=\"col\">{}</th>{}</tr>\n</thead>\n<tbody>\n{}</tbody>\n\
         </table>\n</div>\n",
        wide(name),
        escape(header[0]),
        names.collect::<String>(),
        rows.map(row).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use super::super::compare;
    use super::super::contests::tests::side;
    use super::*;

    #[test]
    fn the_page_has_the_verdict_the_tables_and_both_timelines() {
        let sides = [side('A', &[("bo<la", |v| v < 40)]), side('B', &[("bo<la", |v| v < 10)])];
        let found = compare(&sides).unwrap();
        let timeline = sides[0].results.runs[0].timelines[0].1.clone();
        let pair = (Some(timeline.clone()), Some(timeline));
        let seen = BTreeMap::from([((0, found.contests[0].changed[0].viewer), pair)]);
        let html = page(&found, &seen);
        assert!(html.contains("<p class=\"answer\">B keeps 97.5 % free of stalls"), "{html}");
        assert!(html.contains("bo&lt;la: B against A") && !html.contains("bo<la"));
        assert_eq!(html.matches("<details>").count(), 1);
        assert_eq!(html.matches("<svg ").count(), 2);
    }
}
