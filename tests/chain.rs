//! Scenarios with a delivery chain: what must be so whatever the chain.

use std::collections::BTreeMap;
use std::path::Path;

use abrsim::cdn::Stage;
use abrsim::scenario::{Control, Results, Rows, Scenario, run, run_into};
use abrsim::seed::{Purpose, Seed};
use abrsim::units::Time;

/// 40 viewers with short buffers.
const WORLD: &str = r#"
title = "t"
abr = ["bola", "throughput"]
content.ladder = "five-rung"
content.duration = "2m"
audience.arrivals.over = "30s"
player.buffer = "16s"
"#;

const LINK: &str = "network.trace = \"traces/commuter-3g\"\nnetwork.rtt = \"40ms\"\n";

/// The results of these lines, and the rows of viewers.
fn results(lines: &str) -> (Results, String) {
    let (results, sessions, _) = with_requests(lines);
    (results, sessions)
}

/// The same, and the rows of requests.
fn with_requests(lines: &str) -> (Results, String, String) {
    let viewers = if lines.contains("viewers = ") { "" } else { "viewers = 40\n" };
    let text = format!("{WORLD}{viewers}{lines}");
    let scenario = Scenario::parse("t", "t.toml", &text, Path::new("scenarios"), &[]);
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    let (mut sessions, mut requests) = (Vec::new(), Vec::new());
    let rows = Rows { sessions: &mut sessions, requests: &mut requests };
    let results = run_into(&scenario, &Control::default(), rows).unwrap();
    let text = |rows| String::from_utf8(rows).unwrap();
    (results, text(sessions), text(requests))
}

/// Chains of every kind, that make viewers stall.
const CHAINS: &[&str] = &[
    "[origin]\nlatency = { p50 = \"300ms\", p99 = \"8s\" }\nerrors = 0.02",
    "[origin]\nlatency = { p50 = \"300ms\", p99 = \"8s\" }\n[cdn]\nedge.rtt = \"30ms\"",
    "[origin]\nlatency = { median = \"1s\", sigma = 1.5 }\nbandwidth = \"3Mbps\"\nresets = 0.1\n\
     truncated = 0.1\n[cdn]\npops = 3\n[cdn.edge]\ncollapse = false\nrtt = \"50ms\"\n\
     timeout = \"4s\"\nnegative = \"1s\"",
    "[origin]\nlatency = { median = \"1s\", shape = 0.5 }\nservers = 3\nqueue = 4\n[catalogue]\n\
     titles = 5\n[cdn]\npops = 2\n[cdn.edge]\nsize = \"30MB\"\nrtt = \"20ms\"\nttl = \"20s\"\n\
     stale_if_error = \"10s\"\ncollapse_timeout = \"3s\"\n[cdn.shield]\nrtt = \"80ms\"\n\
     reuse = false\nstart = \"warm\"\nsize = \"60MB\"\nstale_while_revalidate = \"5s\"\n\
     ttl = \"15s\"",
    "[origin]\nlatency = \"200ms\"\n[[origin.incident]]\nat = \"30s\"\nfor = \"20s\"\ndown = true\n\
     [[origin.incident]]\nat = \"1m\"\nfor = \"20s\"\nlatency = \"6s\"\n[cdn]\ncdns = 2\n\
     [cdn.edge]\nttl = \"10s\"\nstale_if_error = \"30s\"\nbackoff = \"200ms\"\nattempts = 3",
    "[origin]\nlatency = { p50 = \"500ms\", p99 = \"6s\" }\nerrors = 0.1\n[cdn]\n\
     edge.negative = \"3s\"",
    "[origin]\nlatency = { p50 = \"500ms\", p99 = \"6s\" }\nerrors = 0.1\n[cdn]\n\
     edge.collapse_timeout = \"500ms\"",
    "[origin]\nlatency = \"200ms\"\nerrors = 0.2\n[cdn]\nedge.size = \"20MB\"\n\
     coupling = \"sampled\"\nshield = { hits = 0.4, rtt = \"900ms\" }",
    "[origin]\nlatency = { p50 = \"500ms\", p99 = \"6s\" }\nerrors = 0.1\nservers = 9\nqueue = 3",
];

#[test]
fn an_ideal_chain_equals_no_chain_to_the_byte() {
    let (_, without) = results(LINK);
    for chain in
        ["[cdn]", "[cdn]\nedge.collapse = false", "[cdn]\nshield = {}\nedge.start = \"filled\""]
    {
        let (_, with) = results(&format!("{LINK}{chain}\n"));
        assert!(with == without, "{chain}");
    }
}

#[test]
fn who_watches_again_with_nothing_ideal_stalls_as_they_did_and_shares_add_up() {
    for chain in CHAINS {
        let (results, _) = results(&format!("{LINK}output.causes = 1000\n{chain}\n"));
        for run in &results.runs {
            let (causes, stalled) = (&run.causes, run.summary.total.stalled.as_secs_f64());
            assert!(stalled > 1.0, "{}: nobody stalls in {chain}", run.name);
            assert!(
                (causes.stalled - stalled).abs() < 1e-6,
                "{}: {causes:?} {stalled} {chain}",
                run.name
            );
            let sum: f64 = causes.shares.iter().sum::<f64>() + causes.rest();
            assert!((sum - stalled).abs() < 1e-6, "{chain}");
            // Here all that could be ideal is to blame for all.
            assert!(causes.rest().abs() < 0.05 * stalled, "{chain}: {causes:?}");
        }
    }
}

/// Lines of a chain of any kind.
fn any_chain(seed: u64) -> String {
    let mut draw = Seed(seed).stream(Purpose::Choice, &[]);
    let mut up_to = |most: u64| draw.below(most + 1);
    let cache = |up_to: &mut dyn FnMut(u64) -> u64| {
        let mut lines = format!(
            "collapse = {}\nttl = \"{}ms\"\nrtt = \"{}ms\"\nreuse = {}\nattempts = {}\n\
             backoff = \"{}ms\"\nnegative = \"{}ms\"\nstale_if_error = \"{}ms\"\n\
             stale_while_revalidate = \"{}ms\"\nstart = \"{}\"\npolicy = \"{}\"\nsize = \"{}MB\"\n",
            up_to(2) > 0,
            up_to(1) * up_to(60_000),
            up_to(100),
            up_to(1) > 0,
            1 + up_to(2),
            up_to(1) * up_to(500),
            up_to(1) * up_to(3_000),
            up_to(1) * up_to(20_000),
            up_to(1) * up_to(20_000),
            ["cold", "warm", "filled"][up_to(2) as usize],
            ["lru", "tinylfu"][up_to(1) as usize],
            18 + up_to(100),
        );
        if up_to(1) == 0 {
            lines += &format!("timeout = \"{}ms\"\n", 1_000 + up_to(5_000));
        }
        if up_to(2) == 0 {
            lines += &format!("collapse_timeout = \"{}ms\"\n", up_to(3_000));
        }
        lines
    };
    let share = |n: u64| n as f64 / 100.0;
    let mut lines = format!(
        "[origin]\nlatency = {{ median = \"{}ms\", sigma = {} }}\nerrors = {}\nresets = {}\n\
         truncated = {}\nbandwidth = \"{}Mbps\"\n",
        100 + up_to(1_500),
        share(up_to(150)),
        share(up_to(1) * up_to(10)),
        share(up_to(1) * up_to(10)),
        share(up_to(1) * up_to(10)),
        2 + up_to(50),
    );
    if up_to(1) == 0 {
        lines += &format!("servers = {}\nqueue = {}\n", 1 + up_to(5), 1 + up_to(10));
    }
    if up_to(1) == 0 {
        let what = ["down = true", "latency = \"4s\"", "errors = 0.5"][up_to(2) as usize];
        lines += &format!("[[origin.incident]]\nat = \"40s\"\nfor = \"20s\"\n{what}\n");
    }
    let (pops, cdns) = (1 + up_to(2), 1 + up_to(1));
    lines += &format!("[catalogue]\ntitles = {}\n", 1 + up_to(2));
    lines += &format!("[cdn]\npops = {pops}\ncdns = {cdns}\n[cdn.edge]\n{}", cache(&mut up_to));
    if up_to(1) == 0 {
        lines += &format!("[cdn.shield]\n{}", cache(&mut up_to));
    }
    lines
}

#[test]
fn in_any_world_who_watches_again_with_nothing_ideal_stalls_as_they_did() {
    let mut seconds = 0.0;
    for seed in 0..40 {
        let few = format!("{LINK}viewers = 20\noutput.causes = 1000\n");
        let lines = few + &any_chain(seed);
        let (results, _) = results(&lines);
        for run in &results.runs {
            let (causes, stalled) = (&run.causes, run.summary.total.stalled.as_secs_f64());
            assert!((causes.stalled - stalled).abs() < 1e-6, "{} {seed}: {lines}", run.name);
            seconds += stalled;
        }
    }
    assert!(seconds > 100.0);
}

#[test]
fn what_is_ideal_already_is_to_blame_for_nothing() {
    let of = |lines: &str, stage: Stage| {
        let (results, _) = results(&format!("{lines}\noutput.causes = 1000\n"));
        let shares = results.runs.iter().map(|run| run.causes.shares[stage as usize]);
        let stalled: f64 = results.runs.iter().map(|run| run.causes.stalled).sum();
        assert!(stalled > 1.0);
        shares.map(f64::abs).sum::<f64>()
    };
    assert_eq!(of(&format!("{LINK}cdn.edge.rtt = \"900ms\""), Stage::Origin), 0.0);
    let boundless = "network.bandwidth = \"1000Gbps\"\nnetwork.rtt = \"40ms\"\n";
    let slow = "origin.latency = { p50 = \"300ms\", p99 = \"60s\" }\ncdn.edge.rtt = \"30ms\"";
    assert_eq!(of(&format!("{boundless}{slow}"), Stage::LastMile), 0.0);
    assert!(of(&format!("{boundless}{slow}"), Stage::Origin) > 1.0);
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let lines = format!("{LINK}{}", CHAINS[2]);
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let (results, rows) = pool.install(|| results(&lines));
        (format!("{:?}", abrsim::report::summary(&results)), rows)
    };
    let one = with(1);
    assert!(one == with(3));
}

#[test]
fn bytes_are_conserved_at_each_hop_and_collapsing_saves_fetches() {
    let fetches = |collapse: bool| {
        let edge = format!("[cdn.edge]\ncollapse = {collapse}\nrtt = \"50ms\"\n[cdn.shield]\n");
        let (results, _) = results(&format!("{LINK}origin.latency = \"400ms\"\n{edge}"));
        let mut all = 0;
        for run in &results.runs {
            let (tally, _) = run.chain.as_ref().unwrap();
            assert_eq!(tally.shield.bytes, tally.edge.fetched);
            assert_eq!(tally.origin.bytes, tally.shield.fetched);
            assert_eq!(tally.edge.requests(), run.summary.total.requests);
            all += tally.edge.found[3];
        }
        all
    };
    assert!(fetches(true) < fetches(false));
}

#[test]
fn every_request_has_a_row_that_tells_its_story() {
    for chain in CHAINS {
        let (results, _, rows) = with_requests(&format!("{LINK}output.requests = true\n{chain}\n"));
        let mut rows = csv::Reader::from_reader(rows.as_bytes());
        let names = rows.headers().unwrap().clone();
        let column = |name: &str| names.iter().position(|other| other == name).unwrap();
        let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
        for run in &results.runs {
            let own: Vec<_> = rows.iter().filter(|row| row[column("run")] == run.name).collect();
            let total = &run.summary.total;
            assert_eq!(own.len() as u64, total.requests);
            let bytes = own.iter().map(|row| row[column("bytes")].parse().unwrap_or(0));
            assert_eq!(bytes.sum::<u64>(), total.bytes.get());
            let Some((tally, stores)) = &run.chain else {
                assert!(own.iter().all(|row| row[column("found")].is_empty()));
                continue;
            };
            for (place, name) in
                ["hit", "stale", "collapsed", "miss", "negative"].iter().enumerate()
            {
                let found = own.iter().filter(|row| row[column("found")] == **name).count() as u64;
                assert_eq!(found, tally.edge.found[place], "{name} {chain}");
            }
            for row in &own {
                let held = row[column("from")] == *"edge";
                let named = stores.iter().any(|store| row[column("from")] == **store);
                let shield = row[column("from")] == *"shield";
                // A request that was cancelled on its way, or when all was over, never asked.
                assert!(held || named || shield || row[column("from")].is_empty(), "{row:?}");
                // What is stale is given after attempts, where they fail.
                let stale = row[column("found")] == *"stale";
                assert!(!held || stale || row[column("edge_attempts")] == *"0", "{row:?}");
            }
        }
    }
}

#[test]
fn whoever_is_shown_has_the_requests_of_their_rows_and_the_worst_are_shown_under_every_run() {
    for chain in CHAINS {
        let (results, sessions, rows) =
            with_requests(&format!("{LINK}output.requests = true\n{chain}\n"));
        let rows = table(&rows);
        let sessions = table(&sessions);
        let number = |row: &Row| row["viewer"].parse::<u64>().unwrap();
        let stalled = |row: &Row| row["stall_s"].parse::<f64>().unwrap();
        let mut worst: Vec<_> = sessions.iter().filter(|row| row["stalls"] != "0").collect();
        worst.sort_by(|a, b| stalled(b).total_cmp(&stalled(a)).then(number(a).cmp(&number(b))));
        let mut viewers = vec![worst.iter().map(|row| number(row)).min().unwrap()];
        for viewer in worst.into_iter().map(number) {
            if viewers.len() < 5 && !viewers.contains(&viewer) {
                viewers.push(viewer);
            }
        }
        for run in &results.runs {
            let shown: Vec<_> = run.timelines.iter().map(|(viewer, _)| *viewer).collect();
            assert_eq!(shown, viewers, "{chain}");
            for (viewer, timeline) in &run.timelines {
                let viewer = viewer.to_string();
                let of = |row: &&Row| row["viewer"] == viewer && row["run"] == run.name;
                let session = sessions.iter().find(of).unwrap();
                let arrival: f64 = session["arrival_s"].parse().unwrap();
                let own: Vec<_> = rows.iter().filter(of).collect();
                assert_eq!(timeline.transfers.len(), own.len());
                for (transfer, row) in timeline.transfers.iter().zip(own) {
                    let since = |at: Time| arrival + at.since_start().as_secs_f64();
                    let same = |at: Option<Time>, column: &str| match at {
                        Some(at) => (since(at) - row[column].parse::<f64>().unwrap()).abs() < 1e-6,
                        None => row[column].is_empty(),
                    };
                    assert_eq!(transfer.serial.to_string(), row["request"]);
                    assert!(same(Some(transfer.asked), "asked_s"), "{transfer:?} {row:?}");
                    assert!(same(transfer.first_byte, "first_byte_s"), "{transfer:?} {row:?}");
                    assert!(same(transfer.end, "ended_s"), "{transfer:?} {row:?}");
                    assert_eq!(transfer.fate.name(), row["outcome"]);
                    let found = transfer.told.map_or("", |told| told.found.name());
                    assert_eq!(found, row["found"]);
                }
            }
        }
        // What is told of those who are shown does not depend on what is told of the others.
        let (without, _, _) = with_requests(&format!("{LINK}{chain}\n"));
        for (run, other) in results.runs.iter().zip(&without.runs) {
            assert_eq!(run.timelines, other.timelines);
        }
    }
}

/// A row by the names of its columns.
type Row = BTreeMap<String, String>;

fn table(text: &str) -> Vec<Row> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

#[test]
fn an_edge_that_keeps_playlists_for_too_long_makes_live_viewers_stall() {
    let zbr = |ttl: &str| {
        let text = format!(
            "title = 't'\nviewers = 20\nabr = ['hls.js', 'media3']\nnetwork.bandwidth = '8Mbps'\n\
             [content]\nladder = 'envivio'\nformat = 'hls'\nduration = '2m'\nsegment = '4s'\n\
             [cdn]\nedge.rtt = '30ms'\n[live]\nttl = '{ttl}'\n\
             [audience]\narrivals = {{ over = '20s' }}\n"
        );
        let scenario = Scenario::parse("t", "t.toml", &text, Path::new(""), &[]).unwrap();
        let results = run(&scenario, &Control::default(), std::io::sink()).unwrap();
        results.runs.iter().map(|run| run.summary.zbr()).collect::<Vec<_>>()
    };
    // Players stay three or four segments behind what they are told of; a list that is nearly four
    // segments old is of what they have played.
    assert_eq!((zbr("500ms"), zbr("15s")), (vec![1.0; 2], vec![0.0; 2]));
}
