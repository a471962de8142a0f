//! What each of the first viewers of a run had, in figures: what runs are compared by, viewer by
//! viewer.
//!
//! The idea to hold: viewers are numbered at random of the audience, so the first of them are a
//! fair sample of all, and the same of them are in the panel of every run.

use super::Session;
use super::glass::Glass;
use super::qoe::QOE_MODELS;
use super::statistics::{Bootstrap, Interval, grouped};
use crate::units::Span;

/// What one viewer had. Times are in milliseconds, bitrates in kbit/s.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "app", serde(from = "Row", into = "Row"))]
pub struct Viewed {
    /// Whether they watched all they meant to without a stall.
    pub zero_buffer: bool,
    /// Whether they are the first of those who were drawn together, and may affect each other.
    pub first: bool,
    /// Their class of networks, by its number.
    pub network: u16,
    /// And of devices.
    pub device: u16,
    /// From pressing play to the first frame, if there was one.
    pub startup: Option<u64>,
    /// Time stalled.
    pub stalled: u64,
    /// Time played.
    pub played: u64,
    /// The mean bitrate displayed, if anything was.
    pub bitrate: Option<u64>,
    /// Switches.
    pub switches: u32,
    /// The score of the model of Yin et al., in thousandths.
    pub yin: i64,
    /// How far behind live they were on average, of what is live.
    pub latency: Option<u64>,
}

/// The same as it is written down: flags, classes, and the figures in the order above.
#[cfg(feature = "app")]
type Row = (u8, u16, u16, Option<u64>, u64, u64, Option<u64>, u32, i64, Option<u64>);

#[cfg(feature = "app")]
impl From<Row> for Viewed {
    fn from(row: Row) -> Self {
        let (flags, network, device, startup, stalled, played, bitrate, switches, yin, latency) =
            row;
        let (zero_buffer, first) = (flags & 1 != 0, flags & 2 != 0);
        Self {
            zero_buffer,
            first,
            network,
            device,
            startup,
            stalled,
            played,
            bitrate,
            switches,
            yin,
            latency,
        }
    }
}

#[cfg(feature = "app")]
impl From<Viewed> for Row {
    fn from(of: Viewed) -> Self {
        let flags = u8::from(of.zero_buffer) | u8::from(of.first) << 1;
        let Viewed { network, device, startup, stalled, played, bitrate, .. } = of;
        (flags, network, device, startup, stalled, played, bitrate, of.switches, of.yin, of.latency)
    }
}

impl Viewed {
    /// Somebody's session, and how far behind live it was.
    pub fn new(session: &Session, glass: Option<&Glass>) -> Self {
        let yin = QOE_MODELS.iter().find(|model| model.name == "yin");
        let yin = yin.map_or(0.0, |model| model.score(session));
        Self {
            zero_buffer: session.is_zero_buffer(),
            startup: session.startup.map(Span::as_millis),
            stalled: session.stalled.as_millis(),
            played: session.played.as_millis(),
            bitrate: session.bitrate().map(|bitrate| bitrate.as_bps() / 1_000),
            switches: session.switches(),
            yin: libm::round(1_000.0 * yin) as i64,
            latency: glass.and_then(|glass| glass.latency.mean()).map(Span::as_millis),
            ..Self::default()
        }
    }
}

/// The first viewers of a run.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Panel(Vec<Viewed>);

impl Panel {
    /// No more viewers are kept.
    pub const MOST: usize = 20_000;

    /// Adds a viewer, unless there are enough.
    pub fn push(&mut self, viewed: Viewed) {
        if self.0.len() < Self::MOST {
            self.0.push(viewed);
        }
    }

    /// Adds later viewers.
    pub fn append(&mut self, later: &Self) {
        let room = Self::MOST - self.0.len();
        self.0.extend_from_slice(&later.0[..later.0.len().min(room)]);
    }

    /// The 95 % interval of their stall ratio, by the bootstrap over those who were drawn together;
    /// nothing of too few, or where none or all stalled for as long.
    pub fn stall_ratio(&self) -> Option<Interval> {
        let parts = self.0.iter().filter_map(|viewed| {
            let (stalled, played) = (viewed.stalled as f64, viewed.played as f64);
            let whole = stalled + played;
            (whole > 0.0).then_some((viewed.first, [stalled, whole]))
        });
        Bootstrap::default().ratio(&grouped(parts))
    }

    /// All of them, in the order of their numbers from 0 on.
    pub fn viewers(&self) -> &[Viewed] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_are_kept_than_there_is_room_for() {
        let mut panel = Panel::default();
        (0..15_000).for_each(|n| panel.push(Viewed { stalled: n, ..Viewed::default() }));
        panel.append(&panel.clone());
        assert_eq!(panel.viewers().len(), Panel::MOST);
        assert_eq!(panel.viewers()[15_000].stalled, 0);
        panel.push(Viewed::default());
        assert_eq!(panel.viewers().len(), Panel::MOST);
    }

    #[test]
    fn a_stall_ratio_is_as_sure_as_its_viewers_are_many() {
        // A tenth of 400 viewers stall for 10 s of 100. Drawn again, 29 to 52 of them do in the
        // middle 95 % (the binomial's quantiles): 0.725 % to 1.3 %; one viewer is 0.025 %.
        let viewed = |n: u64| {
            let stalled = if n.is_multiple_of(10) { 10_000 } else { 0 };
            Viewed { first: true, stalled, played: 100_000 - stalled, ..Viewed::default() }
        };
        let mut panel = Panel::default();
        (0..400).for_each(|n| panel.push(viewed(n)));
        let found = panel.stall_ratio().unwrap();
        let near = |end: f64, is: f64| (end - is).abs() <= 2.0 * 0.000_25;
        assert!(near(found.low, 0.007_25) && near(found.high, 0.013), "{found:?}");
        assert_eq!(Panel::default().stall_ratio(), None);
    }

    #[cfg(feature = "app")]
    #[test]
    fn what_is_written_down_is_what_it_was() {
        let viewed = Viewed {
            first: true,
            network: 300,
            bitrate: Some(2_500),
            yin: -12_345,
            latency: Some(0),
            ..Viewed::default()
        };
        let zero_buffer = Viewed { zero_buffer: true, first: false, ..viewed };
        for viewed in [viewed, zero_buffer] {
            assert_eq!(Viewed::from(Row::from(viewed)), viewed);
        }
    }
}
