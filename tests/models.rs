//! The players people use, as they ship, in worlds simple enough to know what they ought to do.

mod common;

use abrsim::abr::Settings;
use abrsim::abr::models::{MODELS, Model};
use abrsim::media::{Kind, Object, Presentation, Rung, Segment};
use abrsim::metrics::End;
use abrsim::player::Event;
use abrsim::units::Span;
use common::{KBPS, World, constant, requests, secs, steps, track, video, when};

/// A viewer of that player, as it ships.
fn world(model: &'static Model) -> World {
    let config = (model.config)(&Settings::default());
    World { algorithm: &model.algorithm, config, rtt: Span::from_millis(50), ..World::default() }
}

#[test]
fn on_a_link_of_five_times_the_top_rung_nobody_stalls_and_all_get_the_top() {
    for model in MODELS {
        for content in [video(&KBPS, 50), with_sound(50)] {
            let session = World { content, trace: constant(20_000), ..world(model) }.session();
            let name = model.algorithm.name;
            assert!(session.is_zero_buffer(), "{name} {session:?}");
            assert_eq!((session.end, session.segments), (End::Finished, 50), "{name}");
            let bitrate = session.bitrate().unwrap().as_bps() / 1_000;
            assert!(bitrate > 3_000, "{name} {bitrate}");
        }
    }
}

fn with_sound(segments: usize) -> Presentation {
    let sound = track(Kind::Audio, &[128], secs(4), segments);
    Presentation::new(vec![track(Kind::Video, &KBPS, secs(4), segments), sound])
}

#[test]
fn each_holds_as_much_as_it_means_to() {
    // At the top rung of 4.3 Mbit/s hls.js holds 60 MB, 111.6 s; dash.js 30 s of content shorter
    // than ten minutes, into which the next segment has to fit; Shaka asks below 10 s and Media3
    // below 50 s. A segment of 4 s comes on top where it need not fit.
    let goals =
        [("dash.js", 30), ("dash.js-4.7", 34), ("hls.js", 116), ("shaka", 14), ("media3", 54)];
    for (name, most) in goals {
        let model = Model::named(name).unwrap();
        let content = video(&KBPS, 100);
        let (_, log) = World { content, trace: constant(40_000), ..world(model) }.run();
        let started = when(&log, |event| *event == Event::Started)[0];
        let held = log.iter().filter_map(|(_, at, event)| match event {
            Event::Delivered(request, _) if *at > started + secs(120) => match request.object {
                Object::Segment(Segment { index, .. }) => {
                    let played = (*at - started).as_secs_f64();
                    Some(4.0 * f64::from(index + 1) - played)
                }
                Object::Document(_) => None,
            },
            _ => None,
        });
        let held = held.fold(0.0, f64::max);
        let most = f64::from(most);
        assert!((most - 5.0..=most).contains(&held), "{name} holds {held} s");
    }
}

#[test]
fn a_link_that_falls_to_a_twentieth_makes_each_go_down() {
    for model in MODELS {
        let trace = steps(&[(30_000, 10_000), (300_000, 500)]);
        let (_, log) = World { content: video(&KBPS, 60), trace, ..world(model) }.run();
        let shown = |rung| move |event: &Event| matches!(event, Event::Shown(s) if s.rung == rung);
        let (top, low) = (when(&log, shown(Rung(4))).len(), when(&log, shown(Rung(0))).len());
        let name = model.algorithm.name;
        assert!(top > 0 && low > 5, "{name}: {top} at the top, {low} at the bottom");
    }
}

#[test]
fn dash_js_gives_up_what_media3_waits_for() {
    // The link falls as segments of the top are under way.
    let given_up = |name: &str| {
        let trace = steps(&[(12_000, 9_000), (600_000, 300)]);
        let model = Model::named(name).unwrap();
        let (_, log) = World { content: video(&KBPS, 30), trace, ..world(model) }.run();
        assert!(!requests(&log).is_empty());
        when(&log, |event| matches!(event, Event::Abandoned(..))).len()
    };
    assert!(given_up("dash.js") > 0);
    assert_eq!(given_up("media3"), 0);
}
