//! How one run differs from another, figure by figure, each with how sure that is.
//!
//! The idea to hold: where both have the same viewers, each is compared with themselves; where they
//! do not, two audiences are. Every difference is the new run's figure less the old one's.

use super::panel::{Panel, Viewed};
use super::statistics::{
    Bootstrap, Interval, Moments, Outcomes, Paired, difference_of_means, difference_of_shares,
    grouped, needed_unpaired, signed_rank,
};

/// A figure of a viewer that runs are compared by, beside the zero-buffer rate.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    /// Its key in JSON.
    pub key: &'static str,
    /// What reports call it.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// How many decimals are worth writing.
    pub decimals: usize,
    /// Whether more of it is better.
    pub more_is_better: bool,
    /// What a viewer adds to it: a part, and what it is a part of. The figure of a run is the sum
    /// of the parts over the sum of the others.
    parts: fn(&Viewed) -> Option<[f64; 2]>,
}

/// The figures.
pub const FIGURES: &[Figure] = &[
    Figure {
        key: "stall_ratio",
        name: "time stalled",
        unit: "%",
        decimals: 2,
        more_is_better: false,
        parts: |v| {
            let [stalled, played] = [v.stalled, v.played].f();
            (stalled + played > 0.0).then_some([100.0 * stalled, stalled + played])
        },
    },
    Figure {
        key: "startup_s",
        name: "startup",
        unit: "s",
        decimals: 2,
        more_is_better: false,
        parts: |v| v.startup.map(|startup| [startup, 1_000].f()),
    },
    Figure {
        key: "bitrate_kbps",
        name: "mean bitrate",
        unit: "kbit/s",
        decimals: 0,
        more_is_better: true,
        parts: |v| v.bitrate.map(|bitrate| [bitrate, 1].f()),
    },
    Figure {
        key: "switches_per_minute",
        name: "switches",
        unit: "/min",
        decimals: 2,
        more_is_better: false,
        parts: |v| (v.played > 0).then(|| [60_000.0 * f64::from(v.switches), v.played as f64]),
    },
    Figure {
        key: "qoe_yin",
        name: "QoE (Yin)",
        unit: "/viewer",
        decimals: 1,
        more_is_better: true,
        parts: |v| v.startup.map(|_| [v.yin as f64, 1_000.0]),
    },
    Figure {
        key: "latency_s",
        name: "latency",
        unit: "s",
        decimals: 2,
        more_is_better: false,
        parts: |v| v.latency.map(|latency| [latency, 1_000].f()),
    },
];

/// Two whole numbers for formulae.
trait AsNumbers {
    fn f(self) -> [f64; 2];
}

impl AsNumbers for [u64; 2] {
    fn f(self) -> [f64; 2] {
        self.map(|number| number as f64)
    }
}

/// One figure of two runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Of the old run, and of the new.
    pub values: [f64; 2],
    /// The new one less the old.
    pub difference: f64,
    /// Its 95 % interval; nothing of too few viewers, or where nobody's differs.
    pub interval: Option<Interval>,
    /// How probable it is to see them as far apart if they are as good, where that can be told.
    pub p: Option<f64>,
    /// How many viewers have more of it in the new run, as much in both, and less; nothing of
    /// different viewers.
    pub sides: Option<[u64; 3]>,
}

/// How two runs differ, over some of their viewers.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// So many of the old run, and of the new.
    pub viewers: [u64; 2],
    /// Their zero-buffer rate, as a share.
    pub zbr: Difference,
    /// How many viewers it takes to tell such a difference of it, at 80 % power and 5 %.
    pub needed: Option<u64>,
    /// In the order of [`FIGURES`]; nothing where nobody has it.
    pub figures: Vec<Option<Difference>>,
}

/// A run as far as it is compared.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    /// Who of its viewers was spared stalls.
    pub outcomes: &'a Outcomes,
    /// What the first of them had.
    pub panel: &'a Panel,
}

/// Which viewers are compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Whom {
    /// All of them.
    All,
    /// Those on a class of networks, by its number.
    Network(usize),
    /// Those with a class of devices, of those in the panel.
    Device(usize),
}

impl Whom {
    fn has(self, viewed: &Viewed) -> bool {
        match self {
            Self::All => true,
            Self::Network(class) => usize::from(viewed.network) == class,
            Self::Device(class) => usize::from(viewed.device) == class,
        }
    }
}

/// How a new run differs from an old one; `same` says that viewers of one number are one person.
/// Nothing if either has nobody of them.
pub fn contrast(old: Party<'_>, new: Party<'_>, whom: Whom, same: bool) -> Option<Contrast> {
    let (zbr, viewers, needed) = rate(old, new, whom, same)?;
    let of = |party: Party<'_>| -> Vec<Viewed> {
        let all = party.panel.viewers().iter().copied();
        all.filter(|viewed| whom.has(viewed)).collect()
    };
    let (old, new) = (of(old), of(new));
    let each = |figure: &Figure| match same {
        true => paired(figure, &old, &new),
        false => unpaired(figure, &old, &new),
    };
    Some(Contrast { viewers, zbr, needed, figures: FIGURES.iter().map(each).collect() })
}

/// How their zero-buffer rates differ, of how many, and how many it would take.
type Rate = (Difference, [u64; 2], Option<u64>);

fn rate(old: Party<'_>, new: Party<'_>, whom: Whom, same: bool) -> Option<Rate> {
    let own;
    let (old, new, class) = match whom {
        Whom::All => (old.outcomes, new.outcomes, None),
        Whom::Network(class) => (old.outcomes, new.outcomes, Some(class)),
        Whom::Device(_) => {
            own = [old, new].map(|party| of_panel(party.panel, whom));
            (&own[0], &own[1], None)
        }
    };
    let seen = [old, new].map(|outcomes| outcomes.seen(class));
    let values = [seen[0].share()?, seen[1].share()?];
    if !same {
        let apart = difference_of_shares(seen[1], seen[0])?;
        let zbr = Difference {
            values,
            difference: apart.difference,
            interval: Some(apart.interval),
            p: Some(apart.p),
            sides: None,
        };
        return Some((zbr, seen.map(|seen| seen.of), needed_unpaired(seen[1], seen[0])));
    }
    let paired = Paired::of(new, old, class)?;
    let apart = paired.only_first + paired.only_second;
    let zbr = Difference {
        values,
        difference: paired.difference,
        interval: Some(paired.interval),
        p: Some(paired.p),
        sides: Some([paired.only_first, paired.viewers - apart, paired.only_second]),
    };
    Some((zbr, [paired.viewers; 2], paired.needed()))
}

fn of_panel(panel: &Panel, whom: Whom) -> Outcomes {
    let mut outcomes = Outcomes::default();
    for viewed in panel.viewers().iter().filter(|viewed| whom.has(viewed)) {
        outcomes.push(viewed.zero_buffer, usize::from(viewed.network), viewed.first);
    }
    outcomes
}

/// Of those who have the figure in both runs.
fn paired(figure: &Figure, old: &[Viewed], new: &[Viewed]) -> Option<Difference> {
    let both = old.iter().zip(new);
    let both: Vec<_> = both
        .filter_map(|(old, new)| {
            let ([a, b], [c, d]) = ((figure.parts)(old)?, (figure.parts)(new)?);
            Some((old.first, [a, b, c, d]))
        })
        .collect();
    let sum = |place: usize| both.iter().map(|(_, parts)| parts[place]).sum::<f64>();
    let values = [sum(0) / sum(1), sum(2) / sum(3)];
    // Rounded, so that what should be equal is.
    let each = both.iter().map(|(_, [a, b, c, d])| libm::round(1e6 * (c / d - a / b)) / 1e6);
    let each: Vec<_> = each.collect();
    let count = |is: &dyn Fn(f64) -> bool| each.iter().filter(|&&apart| is(apart)).count() as u64;
    let sides = [count(&|d| d > 0.0), count(&|d| d == 0.0), count(&|d| d < 0.0)];
    let groups = grouped(both.iter().copied());
    let alone = groups.len() == both.len();
    let groups: Vec<_> = groups.into_iter().map(|[a, b, c, d]| [c, d, a, b]).collect();
    let interval = Bootstrap::default().ratio_difference(&groups);
    // Ranks know nothing of viewers who were drawn together.
    let p = signed_rank(&each).filter(|_| alone).map(|test| test.p);
    let difference = values[1] - values[0];
    (!both.is_empty()).then_some(Difference { values, difference, interval, p, sides: Some(sides) })
}

/// Of those who have it in either.
fn unpaired(figure: &Figure, old: &[Viewed], new: &[Viewed]) -> Option<Difference> {
    let of = |viewers: &[Viewed]| {
        let own = viewers.iter().filter_map(|v| Some((v.first, (figure.parts)(v)?)));
        let groups = grouped(own);
        let sum = |place: usize| groups.iter().map(|parts| parts[place]).sum::<f64>();
        let value = sum(0) / sum(1);
        // A ratio of sums is a mean of these, and varies as they do (the linearised ratio).
        let mut moments = Moments::default();
        let mean = sum(1) / groups.len() as f64;
        groups.iter().for_each(|[part, of]| moments.add(value + (part - value * of) / mean));
        (moments.count() > 0).then_some((value, moments))
    };
    let ((a, old), (b, new)) = (of(old)?, of(new)?);
    let apart = difference_of_means(&new, &old);
    Some(Difference {
        values: [a, b],
        difference: b - a,
        interval: apart.map(|apart| apart.interval),
        p: apart.map(|apart| apart.p),
        sides: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many viewers, all alike but for who stalled and for how many seconds.
    fn panel(viewers: u64, stalled: impl Fn(u64) -> u64) -> (Outcomes, Panel) {
        let (mut outcomes, mut panel) = (Outcomes::default(), Panel::default());
        for viewer in 0..viewers {
            let stalled = 1_000 * stalled(viewer);
            let viewed = Viewed {
                zero_buffer: stalled == 0,
                first: true,
                device: (viewer % 2) as u16,
                startup: Some(500),
                stalled,
                played: 100_000 - stalled,
                bitrate: Some(1_000 + viewer % 7),
                ..Viewed::default()
            };
            outcomes.push(viewed.zero_buffer, 0, true);
            panel.push(viewed);
        }
        (outcomes, panel)
    }

    fn of((outcomes, panel): &(Outcomes, Panel)) -> Party<'_> {
        Party { outcomes, panel }
    }

    fn figure<'a>(contrast: &'a Contrast, key: &str) -> Option<&'a Difference> {
        let place = FIGURES.iter().position(|figure| figure.key == key).unwrap();
        contrast.figures[place].as_ref()
    }

    #[test]
    fn the_same_viewers_are_compared_with_themselves() {
        // Of 200, the first 20 stall in the old run, for 5 s; of those the first 5 in the new.
        let old = panel(200, |v| if v < 20 { 5 } else { 0 });
        let new = panel(200, |v| if v < 5 { 5 } else { 0 });
        let found = contrast(of(&old), of(&new), Whom::All, true).unwrap();
        assert_eq!((found.viewers, found.zbr.values), ([200, 200], [0.9, 0.975]));
        assert_eq!(found.zbr.sides, Some([15, 185, 0]));
        assert!((found.zbr.difference - 0.075).abs() < 1e-12);
        // All 15 who differ are spared by one: 2 / 2^15.
        assert!((found.zbr.p.unwrap() - 2.0 / 32_768.0).abs() < 1e-12);
        // 100 s of 20,000 and 25 s: half of one per cent and an eighth.
        let stalled = figure(&found, "stall_ratio").unwrap();
        assert!(
            (stalled.values[0] - 0.5).abs() < 1e-12 && (stalled.values[1] - 0.125).abs() < 1e-9
        );
        assert!(stalled.interval.unwrap().high < 0.0 && stalled.sides == Some([0, 185, 15]));
        // What is the same for everybody has no interval, and what nobody has no figure.
        assert_eq!(figure(&found, "startup_s").unwrap().interval, None);
        assert_eq!(figure(&found, "startup_s").unwrap().values, [0.5; 2]);
        assert_eq!(figure(&found, "latency_s"), None);
        // Those with an odd number: 10 stall, then 2.
        let odd = contrast(of(&old), of(&new), Whom::Device(1), true).unwrap();
        assert_eq!((odd.viewers, odd.zbr.sides), ([100, 100], Some([8, 92, 0])));
        assert_eq!(contrast(of(&old), of(&new), Whom::Network(3), true), None);
    }

    #[test]
    fn different_viewers_are_two_audiences() {
        let old = panel(1_000, |v| u64::from(v % 10 == 0));
        let new = panel(500, |v| u64::from(v % 20 == 0));
        let found = contrast(of(&old), of(&new), Whom::All, false).unwrap();
        assert_eq!((found.viewers, found.zbr.values), ([1_000, 500], [0.9, 0.95]));
        assert_eq!(found.zbr.sides, None);
        let interval = found.zbr.interval.unwrap();
        assert!(interval.low > 0.0 && interval.high < 0.1, "{interval:?}");
        // √(0.9167 · 0.0833 · (1/1000 + 1/500)) = 0.01514; 0.05 of that is 3.30: p = 0.00096.
        assert!((found.zbr.p.unwrap() - 0.000_96).abs() < 1e-5, "{:?}", found.zbr.p);
        // A tenth of viewers stall 1 s of 100: 0.1 %, and 0.05 %.
        let stalled = figure(&found, "stall_ratio").unwrap();
        assert!((stalled.difference + 0.05).abs() < 1e-9);
        assert!(stalled.interval.unwrap().high < 0.0);
        // Bitrates go round by seven.
        let bitrate = figure(&found, "bitrate_kbps").unwrap();
        assert!(bitrate.interval.unwrap().low < 0.0 && bitrate.interval.unwrap().high > 0.0);
    }
}
