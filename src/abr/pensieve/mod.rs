//! Pensieve: a small neural network, trained to play, says which rung.
//!
//! The network is the actor of Mao, Netravali, Alizadeh, "Neural adaptive video streaming with
//! Pensieve", SIGCOMM 2017, as its code has it (`sim/a3c.py`, `test/rl_no_training.py` at commit
//! 1120bb1). Its weights are the user's, in a file whose shape `network.rs` states; none come with
//! abrsim. It sees
//! - the bitrate of the rung before, over that of the dearest;
//! - the buffer, in tens of seconds;
//! - of the last eight segments, the throughput in MB/s and the time they took in tens of seconds,
//!   both from the request on, nothing where there were fewer;
//! - the size of the next segment on each rung, in MB;
//! - what is left to fetch, the next segment included, as a share of 48 segments.
//!
//! The idea to hold: what is published differs from the paper, and weights trained with it expect
//! what it does. The branch of what is left reads the last column of the row of sizes instead
//! (`inputs[:, 4:5, -1]`), where a turn of the state has left the size on the cheapest rung that
//! was asked about before: so `quirk` feeds it that. Convolutions over a row of one place are dense
//! layers. And the published code draws a rung by the network's odds; here the likeliest is taken,
//! so that the same viewer does the same twice.
//!
//! The first segment is fetched on rung 1 (`DEFAULT_QUALITY`). The network is of one track, the
//! main one, and of as many rungs as it was trained for; on other tracks the cheapest rung is
//! fetched.

mod network;

use std::sync::Arc;

use super::{
    Abr, Algorithm, Context, Decision, Factory, File, Outcome, Settings, Transfer, Unfit, copies_of,
};
use crate::media::{Presentation, Rung, TrackId};
use crate::units::Bitrate;
use network::{Network, PAST, Room, State};

pub(super) const ALGORITHM: Algorithm = Algorithm {
    name: "pensieve",
    summary: "Pensieve: a neural network chooses; its weights are a file of yours",
    source: "Mao, Netravali, Alizadeh, Neural adaptive video streaming with Pensieve, SIGCOMM \
             2017 (sim/a3c.py, test/rl_no_training.py)",
    parameters: Parameters::LIST,
    new: made,
};

parameters! {
    /// the weights of the network, as JSON: {"last": {"weights": [[0.1, 0.2]], "bias": [0.3, 0.4]},
    /// ...}, with a row of weights for each input of a layer and a column, and a bias, for each
    /// output. Layers and their inputs: last (1, bitrate), buffer (1, tens of seconds), throughput
    /// (8, MB/s), delay (8, tens of seconds), sizes (as many as rungs, MB), left (1), then hidden
    /// (all outputs of those, in that order) and rungs (all outputs of hidden, with an output for
    /// each rung). Of a convolution of the published network, take the second of its four taps.
    weights: File = File::NONE, File::NONE => File::NONE;
    /// feed `left`, as the published code does, with the size in MB on the cheapest rung of the
    /// segment before, not with the share of segments left
    quirk: bool = true, false => true;
}

fn made(settings: &Settings, content: &Presentation) -> Result<Factory, Unfit> {
    let Parameters { weights, quirk } = Parameters::from_settings(settings);
    let Some(text) = settings.text(weights) else {
        let right = "weights = \"FILE\" under [algorithm.pensieve]; `abrsim abr show pensieve`";
        return Err(Unfit(format!("pensieve has no weights: it needs {right} tells their shape")));
    };
    let network = Network::read(text).map_err(|why| Unfit(format!("no weights: {why}")))?;
    let rungs = content.track(content.main()).ladder.count();
    if network.count() != rungs {
        let trained = network.count();
        return Err(Unfit(format!(
            "these weights are for a ladder of {trained} rungs, and this one has {rungs}"
        )));
    }
    copies_of(Pensieve {
        room: network.room(),
        network: Arc::new(network),
        quirk,
        main: content.main(),
        state: State {
            last: 0.0,
            buffer: 0.0,
            throughput: [0.0; PAST],
            delay: [0.0; PAST],
            sizes: vec![0.0; rungs],
            left: 0.0,
        },
        latest: None,
    })
}

/// Bytes in a megabyte.
const MB: f64 = 1e6;

/// Seconds of the unit of buffer and delay (`BUFFER_NORM_FACTOR`).
const TENS: f64 = 10.0;

/// Segments of the video it was trained on (`CHUNK_TIL_VIDEO_END_CAP`).
const WHOLE: u32 = 48;

#[derive(Clone)]
struct Pensieve {
    network: Arc<Network>,
    room: Room,
    quirk: bool,
    main: TrackId,
    state: State,
    /// The throughput of the last segment.
    latest: Option<Bitrate>,
}

impl Abr for Pensieve {
    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        if cx.id != self.main {
            return Decision::Fetch(Rung(0));
        }
        let ladder = &cx.track.ladder;
        let top = Rung((ladder.count() - 1) as u8);
        let Some(last) = cx.last else { return Decision::Fetch(Rung(1).min(top)) };
        let left = (cx.track.count() - cx.segment).min(WHOLE);
        let state = &mut self.state;
        state.left = match self.quirk {
            true => state.sizes[0],
            false => f64::from(left) / f64::from(WHOLE),
        };
        state.last = ladder.bitrate(last).as_f64() / ladder.bitrate(top).as_f64().max(1.0);
        state.buffer = cx.buffer.as_secs_f64() / TENS;
        for (slot, size) in state.sizes.iter_mut().zip(cx.track.sizes(cx.segment)) {
            *slot = size.as_f64() / MB;
        }
        Decision::Fetch(Rung(self.network.best(state, &mut self.room) as u8))
    }

    fn observe(&mut self, transfer: &Transfer) {
        if transfer.track != self.main || transfer.outcome != Outcome::Done {
            return;
        }
        // What comes in no time at all says nothing of the link.
        let Some(throughput) = transfer.overall() else { return };
        let seconds = (transfer.now - transfer.requested).as_secs_f64();
        let State { throughput: rates, delay, .. } = &mut self.state;
        rates.rotate_left(1);
        delay.rotate_left(1);
        rates[PAST - 1] = transfer.size.as_f64() / MB / seconds;
        delay[PAST - 1] = seconds / TENS;
        self.latest = Some(throughput);
    }

    fn estimate(&self) -> Option<Bitrate> {
        self.latest
    }
}

#[cfg(test)]
mod tests {
    use super::super::Value;
    use super::super::testing::{Question, fetched};
    use super::*;

    /// A branch of one output that adds up what it sees, times `weight`.
    fn sum(inputs: usize, weight: f64) -> String {
        let rows = vec![format!("[{weight}]"); inputs].join(", ");
        format!("{{\"weights\": [{rows}], \"bias\": [0]}}")
    }

    /// Three rungs. Each branch's weight is given; hidden adds all six up, and the rungs score
    /// 1, `2·hidden − 1` and `3·hidden − 4`: from a sum of 1 on the second is the best, from 3 on
    /// the third.
    fn weights(branches: [f64; 6]) -> String {
        let names = [("last", 1), ("buffer", 1), ("throughput", 8), ("delay", 8), ("sizes", 3)];
        let names = names.into_iter().chain([("left", 1)]);
        let branches = names
            .zip(branches)
            .map(|((name, inputs), weight)| format!("\"{name}\": {}, ", sum(inputs, weight)));
        let rungs = "{\"weights\": [[0, 2, 3]], \"bias\": [1, -1, -4]}";
        let hidden = sum(6, 1.0);
        let branches: String = branches.collect();
        format!("{{{branches}\"hidden\": {hidden}, \"rungs\": {rungs}}}")
    }

    fn settings(text: &str) -> Settings {
        let mut settings = Settings::default();
        settings.give(&ALGORITHM.parameters[0], text).unwrap();
        settings
    }

    fn ask(question: &Question, settings: &Settings) -> Box<dyn Abr> {
        (ALGORITHM.new)(settings, &question.content).unwrap_or_else(|error| panic!("{error}"))()
    }

    fn question() -> Question {
        Question { last: Some(Rung(1)), ..Question::of(&[1_000, 2_000, 4_000]) }
    }

    #[test]
    fn each_branch_sees_what_it_is_for() {
        let question = question();
        let chosen = |branches, buffer| {
            let mut abr = ask(&question, &settings(&weights(branches)));
            // 1.5 MB in 3 s and 1 MB in 2 s: 0.5 MB/s each, 0.3 and 0.2 tens of seconds.
            abr.observe(&fetched(1_500_000, 3_000));
            abr.observe(&fetched(1_000_000, 2_000));
            let Decision::Fetch(rung) = abr.choose(&question.context(buffer)) else { panic!() };
            rung.0
        };
        // The rung before has half the bitrate of the dearest: 0.5 times 1.9, 2.1, 5.9, 6.1.
        let last = [1.9, 2.1, 5.9, 6.1].map(|w| chosen([w, 0.0, 0.0, 0.0, 0.0, 0.0], 0));
        assert_eq!(last, [0, 1, 1, 2]);
        // Buffers of 9, 11, 29 and 31 s are 0.9, 1.1, 2.9 and 3.1.
        let buffer = [9, 11, 29, 31].map(|b| chosen([0.0, 1.0, 0.0, 0.0, 0.0, 0.0], b));
        assert_eq!(buffer, [0, 1, 1, 2]);
        // Throughputs add up to 1, delays to 0.5.
        let throughput = [0.9, 1.1, 2.9, 3.1].map(|w| chosen([0.0, 0.0, w, 0.0, 0.0, 0.0], 0));
        assert_eq!(throughput, [0, 1, 1, 2]);
        let delay = [1.9, 2.1, 5.9, 6.1].map(|w| chosen([0.0, 0.0, 0.0, w, 0.0, 0.0], 0));
        assert_eq!(delay, [0, 1, 1, 2]);
        // Segments of 4 s at 1, 2 and 4 Mbit/s are 0.5, 1 and 2 MB.
        let sizes = [0.9, 1.1, 2.9, 3.1].map(|w| chosen([0.0, 0.0, 0.0, 0.0, w / 3.5, 0.0], 0));
        assert_eq!(sizes, [0, 1, 1, 2]);
    }

    #[test]
    fn what_is_left_is_seen_as_published_or_as_it_is_meant() {
        let question = question();
        // By the published code: nothing at first, and then the 0.5 MB of the segment before.
        let mut as_published = settings(&weights([0.0, 0.0, 0.0, 0.0, 0.0, 2.1]));
        let mut abr = ask(&question, &as_published);
        assert_eq!(abr.choose(&question.context(0)), Decision::Fetch(Rung(0)));
        assert_eq!(abr.choose(&question.context(0)), Decision::Fetch(Rung(1)));
        // As meant: 40 of 50 segments are left, 40/48, times 2.1 is 1.75.
        as_published.set(&ALGORITHM.parameters[1], Value::Flag(false)).unwrap();
        let mut abr = ask(&question, &as_published);
        assert_eq!(abr.choose(&question.context(0)), Decision::Fetch(Rung(1)));
    }

    #[test]
    fn without_a_segment_before_it_begins_on_the_rung_it_was_trained_with() {
        let question = Question { last: None, ..question() };
        let mut abr = ask(&question, &settings(&weights([9.0; 6])));
        assert_eq!(abr.choose(&question.context(0)), Decision::Fetch(Rung(1)));
    }

    #[test]
    fn what_is_wrong_with_weights_is_said_with_its_place() {
        let good = weights([1.0; 6]);
        let told = |settings: &Settings, kbps: &[u64]| {
            (ALGORITHM.new)(settings, &Question::of(kbps).content).err().unwrap().to_string()
        };
        assert!(told(&Settings::default(), &[1, 2, 3]).contains("[algorithm.pensieve]"));
        let said = told(&settings(&good), &[1_000, 2_000]);
        assert!(said.contains("a ladder of 3 rungs, and this one has 2"), "{said}");
        let wrong = [
            (good.replace("\"left\"", "\"lift\""), "there is no layer `left`"),
            (good.replace("[[0, 2, 3]]", "[[0, 2]]"), "rungs.weights[0] has 2 numbers: 3, as bias"),
            (good.replace("[0, 2, 3]", "[0, 2, \"3\"]"), "rungs.weights[0][2] is \"3\": a number"),
            (good.replace("[[0, 2, 3]]", "[[0, 2, 3], [0, 0, 0]]"), "has 2 rows: 1 are expected"),
            (good.replace("\"bias\": [1, -1, -4]", "\"bias\": []"), "rungs.bias is empty"),
            (good.replace("[[0, 2, 3]]", "7"), "rungs.weights is expected, a list"),
            ("[]".to_owned(), "an object is expected"),
            ("{".to_owned(), "line 1"),
        ];
        for (text, right) in wrong {
            let said = told(&settings(&text), &[1_000, 2_000, 4_000]);
            assert!(said.contains(right), "{said} has not {right}");
        }
    }
}
