//! Which run is held against which.

use super::{Changed, Comparison, Contest, Contestant, Row, Side};
use crate::metrics::{Party, Whom, contrast, holm};
use crate::report::format::{count, list};
use crate::report::{ClassOf, Run};

/// Compares the runs of one side with its first, or those of all sides with those of the same name
/// in the first; two sides of one run each are compared whatever those are called.
///
/// # Errors
/// If there is nothing to compare with anything, in words.
pub fn compare(sides: &[Side]) -> Result<Comparison<'_>, String> {
    let mut notes = Vec::new();
    let pairs = pairs(sides, &mut notes)?;
    let mut contests: Vec<_> = pairs.into_iter().filter_map(contest).collect();
    if contests.is_empty() {
        return Err("no two runs have viewers to be compared".to_owned());
    }
    let p: Vec<_> = contests.iter().flat_map(|contest| &contest.rows).collect();
    let p: Vec<_> = p.iter().map(|row| row.contrast.zbr.p.unwrap_or(1.0)).collect();
    let rows = contests.iter_mut().flat_map(|contest| &mut contest.rows);
    for (row, p) in rows.zip(holm(&p)) {
        row.p = row.contrast.zbr.p.map(|_| p);
    }
    notes.extend(doubts(sides, &contests));
    Ok(Comparison { sides, contests, notes })
}

type Against<'a> = (Contestant<'a>, Contestant<'a>);

fn pairs<'a>(sides: &'a [Side], notes: &mut Vec<String>) -> Result<Vec<Against<'a>>, String> {
    let of = |side: &'a Side| side.results.runs.iter().map(move |run| Contestant { side, run });
    let names = |side: &Side| {
        let names: Vec<_> = side.results.runs.iter().map(|run| run.name.clone()).collect();
        list(&names)
    };
    let [first, others @ ..] = sides else { return Err("nothing to compare".to_owned()) };
    if others.is_empty() {
        let mut runs = of(first);
        let old = runs.next().ok_or_else(|| format!("{} has no run", first.asked))?;
        let pairs: Vec<_> = runs.map(|new| (old, new)).collect();
        return match pairs.is_empty() {
            true => Err(format!("{} has one run only: {}", first.asked, old.run.name)),
            false => Ok(pairs),
        };
    }
    let mut pairs = Vec::new();
    for side in others {
        let before = pairs.len();
        let known = |old: &Contestant<'a>| of(side).find(|new| new.run.name == old.run.name);
        pairs.extend(of(first).filter_map(|old| Some((old, known(&old)?))));
        if let ([_], [_], true) =
            (&first.results.runs[..], &side.results.runs[..], pairs.len() == before)
        {
            pairs.extend(of(first).zip(of(side)));
        }
        match pairs.len() - before {
            0 => {
                return Err(format!(
                    "{} and {} have no run of the same name: {} against {}",
                    first.asked,
                    side.asked,
                    names(first),
                    names(side)
                ));
            }
            met => {
                let left = first.results.runs.len().max(side.results.runs.len()) - met;
                if left > 0 {
                    let (a, b) = (first.letter, side.letter);
                    notes.push(format!(
                        "Only runs of the same name are compared: {a} has {}; {b} has {}.",
                        names(first),
                        names(side)
                    ));
                }
            }
        }
    }
    Ok(pairs)
}

/// Nothing where either has no viewers.
fn contest<'a>((old, new): Against<'a>) -> Option<Contest<'a>> {
    let seeds = old.side.results.seed == new.side.results.seed;
    // Points of presence come one after the other, and not with the same viewers in both.
    let apart = old.run.chain.is_none() && new.run.chain.is_none();
    let same = seeds && apart && old.run.people == new.run.people;
    let party = |of: Contestant<'a>| Party { outcomes: &of.run.outcomes, panel: &of.run.panel };
    let row = |class: Option<(ClassOf, String)>, whom| {
        let contrast = contrast(party(old), party(new), whom, same)?;
        Some(Row { class, contrast, p: None })
    };
    let whole = row(None, Whom::All)?;
    let classes = ClassOf::ALL.into_iter().flat_map(|of| {
        let [before, after] = [old.run, new.run].map(|run| names(run, of));
        // Classes of other names are other people.
        let names = if before == after { before } else { Vec::new() };
        names.into_iter().enumerate().map(move |(number, name)| match of {
            ClassOf::Network => (of, name, Whom::Network(number)),
            ClassOf::Device => (of, name, Whom::Device(number)),
        })
    });
    let classes = classes.filter_map(|(of, name, whom)| row(Some((of, name.to_owned())), whom));
    let rows = std::iter::once(whole).chain(classes).collect();
    let changed = if same { Changed::most(old.run, new.run) } else { Vec::new() };
    Some(Contest { old, new, same, rows, changed })
}

fn names(run: &Run, of: ClassOf) -> Vec<&str> {
    run.classes_of(of).map(|class| class.name.as_str()).collect()
}

/// What makes figures hard to compare.
fn doubts(sides: &[Side], contests: &[Contest<'_>]) -> Vec<String> {
    let mut notes = Vec::new();
    let mut note = |text: String| {
        if !notes.contains(&text) {
            notes.push(text);
        }
    };
    for Contest { old, new, same, .. } in contests {
        let (a, b) = (old.side.letter, new.side.letter);
        if old.run.content != new.run.content {
            note(format!(
                "What is watched is not the same in {a} and {b}: other rungs, or segments of other \
                 lengths. Bitrates and scores of different content cannot be compared; stalls and \
                 startup can."
            ));
        }
        if !same {
            let viewers = [old, new].map(|of| count(of.run.summary.viewers));
            let why = match old.side.results.seed == new.side.results.seed {
                true => "their networks, devices or numbers differ, or they share caches",
                false => "their seeds differ",
            };
            note(format!(
                "{b} and {a} do not have the same viewers ({} and {}; {why}): two audiences are \
                 compared, which takes more of them to tell as small a difference.",
                viewers[1], viewers[0]
            ));
        }
    }
    for side in sides.iter().filter(|side| side.results.partial) {
        note(format!("{} was stopped early: it is of the viewers until then.", side.letter));
    }
    notes
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::metrics::{Outcomes, Panel};
    use crate::report::testing::{results, stalling};

    /// A run's name, and who of 400 viewers stalls in it.
    type Stalls<'a> = (&'a str, fn(u64) -> bool);

    /// A side of these runs; whoever stalls does for 5 s.
    pub(in crate::report::comparison) fn side(letter: char, runs: &[Stalls<'_>]) -> Side {
        let made = runs.iter().map(|&(name, stalls)| stalling(name, 400, stalls));
        let results = results(made.collect());
        Side { letter, asked: format!("reports/{letter}"), results }
    }

    #[test]
    fn runs_of_the_same_name_are_compared_and_others_are_named() {
        let a = side('A', &[("bola", |v| v < 40), ("mpc", |v| v < 8), ("bba-0", |_| false)]);
        let b = side('B', &[("mpc", |v| v < 8), ("bola", |v| v < 10)]);
        let sides = [a, b];
        let found = compare(&sides).unwrap();
        let names: Vec<_> = found.contests.iter().map(Contest::title).collect();
        assert_eq!(names, ["bola: B against A", "mpc: B against A"]);
        assert_eq!(found.notes.len(), 1, "{:?}", found.notes);
        assert!(found.notes[0].contains("A has bola, mpc and bba-0; B has mpc and bola"));
        let zbr = found.contests[0].whole().contrast.zbr;
        assert_eq!((zbr.values, zbr.sides), ([0.9, 0.975], Some([30, 370, 0])));
        // 2 / 2^30, twice for the two that were tested.
        assert!((found.contests[0].whole().p.unwrap() - 4.0 / 1_073_741_824.0).abs() < 1e-15);
        assert_eq!(found.contests[1].whole().p, Some(1.0));
    }

    #[test]
    fn the_runs_of_one_side_are_compared_with_its_first() {
        let sides = [side('A', &[("bola", |v| v < 40), ("mpc", |v| v < 8), ("x", |_| true)])];
        let found = compare(&sides).unwrap();
        let names: Vec<_> = found.contests.iter().map(Contest::title).collect();
        assert_eq!(names, ["mpc against bola", "x against bola"]);
        let one = [side('A', &[("bola", |_| true)])];
        assert!(compare(&one).unwrap_err().contains("one run only: bola"));
    }

    #[test]
    fn two_of_one_run_each_are_compared_whatever_they_are_called() {
        let mut sides = [side('A', &[("bola", |_| true)]), side('B', &[("mpc", |_| false)])];
        let title = |sides: &[Side]| compare(sides).unwrap().contests[0].title();
        assert_eq!(title(&sides), "B (mpc) against A (bola)");
        sides[1].results.seed += 1;
        sides[1].results.runs[0].content = 7;
        let found = compare(&sides).unwrap();
        assert!(!found.contests[0].same && found.contests[0].changed.is_empty());
        assert!(found.notes.iter().any(|note| note.contains("their seeds differ")));
        assert!(found.notes.iter().any(|note| note.contains("cannot be compared")));
        sides[0] = side('A', &[("bola", |_| true), ("x", |_| true)]);
        let error = compare(&sides).unwrap_err();
        assert!(error.contains("no run of the same name: bola and x against mpc"), "{error}");
    }

    #[test]
    fn without_viewers_there_is_nothing_to_compare() {
        let mut sides = [side('A', &[("bola", |_| true)]), side('B', &[("bola", |_| false)])];
        sides[0].results.runs[0].outcomes = Outcomes::default();
        sides[0].results.runs[0].panel = Panel::default();
        assert!(compare(&sides).unwrap_err().contains("no two runs have viewers"));
    }
}
