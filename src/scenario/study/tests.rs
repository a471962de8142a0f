//! Chunks that are kept: whatever happens between, the same comes of them.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::super::testing::scenario;
use super::super::{Results, Rows, run_into};
use super::*;
use crate::abr::{Abr, Context, Decision};
use crate::media::Rung;
use crate::seed::{Purpose, Seed};

/// Of 1,000 viewers, four to a link, under two algorithms.
fn made(lines: &str) -> Scenario {
    let mut made = scenario(&format!(
        "{lines}[network]\nbandwidth = \"4Mbps\"\nplayers = 4\n\
         [sweep]\nabr = [\"bola\", \"throughput\"]\n"
    ));
    if let Ok(made) = &mut made {
        made.points.iter_mut().for_each(|point| point.setup.viewers = 1_000);
    }
    made.unwrap_or_else(|error| panic!("{error}"))
}

/// What comes of a scenario, as JSON, with its rows.
type Came = (String, Vec<u8>, Vec<u8>);

fn came(results: &Results, sessions: Vec<u8>, requests: Vec<u8>) -> Came {
    (serde_json::to_string(results).unwrap(), sessions, requests)
}

fn plainly(scenario: &Scenario) -> Came {
    let (mut sessions, mut requests) = (Vec::new(), Vec::new());
    let rows = Rows { sessions: &mut sessions, requests: &mut requests };
    let results = run_into(scenario, &Control::default(), rows).unwrap();
    came(&results, sessions, requests)
}

fn study<'a>(scenario: &'a Scenario, folder: &Path) -> Study<'a> {
    Study::new(scenario, Unfinished::within(folder).unwrap(), Some(256)).unwrap()
}

fn merged(study: &Study<'_>) -> Came {
    let (mut sessions, mut requests) = (Vec::new(), Vec::new());
    let mut rows = Rows { sessions: &mut sessions, requests: &mut requests };
    let results = study.merge(&mut rows).unwrap();
    came(&results, sessions, requests)
}

/// What comes of it chunk by chunk, in one go.
fn in_one_go(scenario: &Scenario) -> Came {
    let folder = TempDir::new().unwrap();
    let mut study = study(scenario, folder.path());
    assert!(study.simulate(Shard::WHOLE, &Control::default()).unwrap());
    merged(&study)
}

#[test]
fn what_is_kept_and_put_together_is_what_a_run_is_that_keeps_nothing() {
    let made = made("[output]\nrequests = true\n");
    let folder = TempDir::new().unwrap();
    let unfinished = Unfinished::within(folder.path()).unwrap();
    let mut study = Study::new(&made, unfinished, None).unwrap();
    assert!(study.simulate(Shard::WHOLE, &Control::default()).unwrap());
    // Each of two runs of 1,000 viewers is a chunk.
    assert_eq!(study.done(), (2, 2));
    assert!(merged(&study) == plainly(&made));
    assert_eq!(study.store.names(COMMIT).unwrap().len(), 2);
    study.close().unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
}

#[test]
fn what_is_stopped_goes_on_to_the_same_end() {
    for chain in ["", "[cdn]\npops = 3\n[cdn.edge]\nsize = \"1GB\"\n"] {
        let made = made(chain);
        let (folder, whole) = (TempDir::new().unwrap(), in_one_go(&made));
        let mut rounds = 0;
        loop {
            let mut study = study(&made, folder.path());
            let control = Control::default();
            let all = std::thread::scope(|scope| {
                let watcher = scope.spawn(|| {
                    let begun = control.done.load(Ordering::Relaxed);
                    // After more and more viewers, so that there is an end.
                    let most = begun + 300 * rounds;
                    while control.done.load(Ordering::Relaxed) < most {
                        if control.lasting.load(Ordering::Relaxed) {
                            return;
                        }
                        std::thread::yield_now();
                    }
                    control.stop.store(true, Ordering::Relaxed);
                });
                let all = study.simulate(Shard::WHOLE, &control).unwrap();
                control.lasting.store(true, Ordering::Relaxed);
                watcher.join().unwrap();
                all
            });
            if all {
                assert!(merged(&study) == whole, "after {rounds} rounds");
                break;
            }
            let mut sessions = Vec::new();
            let mut rows = Rows { sessions: &mut sessions, requests: std::io::sink() };
            let results = study.merge_partly(&mut rows).unwrap();
            let viewers: u64 = results.runs.iter().map(|run| run.summary.viewers).sum();
            let lines = sessions.iter().filter(|&&byte| byte == b'\n').count() as u64;
            assert_eq!(lines, viewers + 1, "rows are those of the viewers, and a header");
            study.leave().unwrap();
            rounds += 1;
        }
    }
}

#[test]
fn what_is_kept_is_refused_to_another_plan_which_is_told_apart() {
    let first = made("");
    let folder = TempDir::new().unwrap();
    let mut kept = study(&first, folder.path());
    assert!(kept.simulate(Shard::WHOLE, &Control::default()).unwrap());
    kept.leave().unwrap();
    let mut other = made("time_limit = \"1h\"\n");
    other.inputs.insert("a.csv".to_owned(), String::new());
    let unfinished = Unfinished::within(folder.path()).unwrap();
    assert_eq!(unfinished.done(), Some((8, Some(8))));
    let error = Study::new(&other, unfinished, None).err().unwrap().to_string();
    assert!(error.contains("is \"[network]\" there, and \"time_limit"), "{error}");
    assert!(error.contains("a.csv has changed since"), "{error}");
}

#[test]
fn what_is_missing_damaged_or_otherwise_is_told_by_its_name() {
    let made = made("");
    let folder = TempDir::new().unwrap();
    let mut kept = study(&made, folder.path());
    assert!(kept.simulate(Shard::WHOLE, &Control::default()).unwrap());
    kept.leave().unwrap();
    let at = |name: &str| folder.path().join(UNFINISHED).join(name);
    let told = || {
        let study = study(&made, folder.path());
        let mut rows = Rows { sessions: std::io::sink(), requests: std::io::sink() };
        study.merge(&mut rows).err().unwrap().to_string()
    };
    let rows = fs::read(at("data/000003.csv")).unwrap();
    fs::write(at("data/000003.csv"), &rows[1..]).unwrap();
    assert!(told().contains("data/000003.csv: its rows are not those written"), "{}", told());
    fs::write(at("data/000003.csv"), &rows).unwrap();
    let commit = fs::read_to_string(at("commit/000002.json")).unwrap();
    fs::copy(at("commit/000001.json"), at("commit/000002.json")).unwrap();
    assert!(told().contains("commit/000002.json: it is of chunk 1"), "{}", told());
    fs::write(at("commit/000002.json"), &commit[..100]).unwrap();
    assert!(told().contains("commit/000002.json: it was cut short or edited: EOF"), "{}", told());
    fs::remove_file(at("commit/000002.json")).unwrap();
    assert_eq!(told(), "1 of 8 chunks are missing: 2");
    // Whoever says something else of a chunk is told that it was said.
    let mut again = study(&made, folder.path());
    fs::write(at("commit/000002.json"), commit).unwrap();
    let rows = [again.store.upload(), again.store.upload()];
    let (whole, wholes) = sync_channel(1);
    whole.send(Simulated { chunk: 2, tally: again.runs[0].nobody(), rows }).unwrap();
    drop(whole);
    let Study { store, done, hash, .. } = &mut again;
    let error = keep(&mut **store, done, hash, &Control::default(), &wholes).unwrap_err();
    assert!(matches!(error, StudyError::Differs(_)), "{error}");
}

/// Panics for one viewer.
struct Bad {
    bad: bool,
    whom: Seed,
}

impl Abr for Bad {
    fn seed(&mut self, seed: Seed) {
        self.bad = seed == self.whom;
    }

    fn choose(&mut self, cx: &Context<'_>) -> Decision {
        assert!(!self.bad || cx.segment < 3, "no rung for segment {}", cx.segment);
        Decision::Fetch(Rung(0))
    }
}

#[test]
fn who_panics_is_left_out_and_told_and_shows_it_again_alone() {
    super::super::hush();
    let mut made = made("");
    let setup = &mut made.points[0].setup;
    let whom = setup.seed.derived(Purpose::Choice, &[517]);
    setup.contenders[0].factories = vec![Box::new(move || Box::new(Bad { bad: false, whom }))];
    let folder = TempDir::new().unwrap();
    let mut study = study(&made, folder.path());
    let control = Control::default();
    assert!(study.simulate(Shard::WHOLE, &control).unwrap());
    assert_eq!(control.done.load(Ordering::Relaxed), 2_000, "all are accounted for");
    let mut sessions = Vec::new();
    let mut rows = Rows { sessions: &mut sessions, requests: std::io::sink() };
    let results = study.merge(&mut rows).unwrap();
    let run = &results.runs[0];
    // Those on the link of viewer 517 are the four from 516 on.
    assert_eq!((run.summary.viewers, run.mishaps.viewers), (996, 4));
    let mishap = &run.mishaps.first[0];
    assert_eq!((mishap.viewer, mishap.together, mishap.seed), (516, 4, 0));
    assert!(mishap.message.starts_with("no rung for segment 3 (src/"), "{}", mishap.message);
    assert_eq!((results.runs[1].summary.viewers, results.runs[1].mishaps.viewers), (1_000, 0));
    assert_eq!(sessions.iter().filter(|&&byte| byte == b'\n').count(), 1 + 996 + 1_000);

    let mut events = 0;
    let log = |viewer, _, _: &_| {
        assert!((516..520).contains(&viewer));
        events += 1;
    };
    let came = made.replay(0, 518, || false, log).unwrap();
    assert_eq!(came.map_err(|panicked| panicked.to_string()), Err(mishap.message.clone()));
    assert!(events > 10, "{events}");
    assert_eq!(made.replay(0, 515, || false, |_, _, _| ()).unwrap(), Ok(()));
    assert_eq!(made.replay(1, 518, || false, |_, _, _| ()).unwrap(), Ok(()));
    assert!(made.replay(0, 1_000, || false, |_, _, _| ()).is_err());
}

#[test]
fn as_many_viewers_as_it_took_are_not_looked_for_again() {
    let until = |made: &mut Scenario, viewers| {
        for point in &mut made.points {
            (point.setup.until, point.setup.viewers) = (Some(0.01), viewers);
        }
    };
    let (mut first, mut second) = (made(""), made(""));
    until(&mut first, 900);
    let folder = TempDir::new().unwrap();
    let mut kept = study(&first, folder.path());
    assert!(kept.simulate(Shard::WHOLE, &Control::default()).unwrap());
    kept.leave().unwrap();
    until(&mut second, 1_000);
    Unfinished::within(folder.path()).unwrap().settle(&mut second);
    assert_eq!((second.points[0].setup.viewers, second.points[0].setup.until), (900, None));
}

#[test]
fn what_was_done_is_not_thrown_away_where_its_plan_is_not_to_be_read() {
    let (folder, scenario) = (TempDir::new().unwrap(), made(""));
    let mut begun = study(&scenario, folder.path());
    assert!(begun.simulate(Shard::WHOLE, &Control::default()).unwrap());
    begun.leave().unwrap();
    let (done, _) = begun.done();
    let unfinished = folder.path().join(UNFINISHED);
    fs::write(unfinished.join(PLAN), "{").unwrap();
    let again = Study::new(&scenario, Unfinished::within(folder.path()).unwrap(), Some(256));
    let error = again.err().expect("a plan that is not to be read").to_string();
    assert!(error.contains(&format!("{done} chunks are kept")), "{error}");
    assert_eq!(fs::read_dir(unfinished.join(COMMIT)).unwrap().count() as u64, done);
}
