//! Scenarios with a delivery chain: what must be so whatever the chain.

use std::path::Path;

use abrsim::cdn::Stage;
use abrsim::scenario::{Control, Results, Scenario, run};

/// 40 viewers with short buffers.
const WORLD: &str = r#"
title = "t"
abr = ["bola", "throughput"]
viewers = 40
content.ladder = "five-rung"
content.duration = "2m"
audience.arrivals.over = "30s"
player.buffer = "16s"
"#;

const LINK: &str = "network.trace = \"traces/commuter-3g\"\nnetwork.rtt = \"40ms\"\n";

/// The results of these lines, and the rows.
fn results(lines: &str) -> (Results, String) {
    let text = format!("{WORLD}{lines}");
    let scenario = Scenario::parse("t", "t.toml", &text, Path::new("scenarios"), &[]);
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    let mut rows = Vec::new();
    let results = run(&scenario, &Control::default(), &mut rows).unwrap();
    (results, String::from_utf8(rows).unwrap())
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
