//! What the README promises holds: its scenario runs, and what it names exists.

use std::fs;
use std::path::Path;
use std::process::Command;

use abrsim::scenario::{Control, Override, Scenario, run};

fn readme() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The blocks of the README in a language.
fn blocks(language: &str) -> Vec<String> {
    let (text, opening) = (readme(), format!("```{language}\n"));
    let blocks = text.split(&opening).skip(1);
    blocks.map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// What a command says for `--help`.
fn help(command: &[&str]) -> String {
    let mut binary = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
    let output = binary.args(command).arg("--help").output().unwrap();
    assert!(output.status.success(), "{command:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn its_scenario_runs() {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let blocks = blocks("toml");
    let [text, networks, viewers, chain, faults, live, players] = &blocks[..] else {
        panic!("{} blocks", blocks.len())
    };
    let few = Override::new(&["viewers"], 3);
    // Its further contender too, who is not under `abr` as it stands.
    let all = Override::new(
        &["abr"],
        "[\"throughput\", \"bba-0\", \"bola\", \"robust-mpc\", \"bola-bold\"]",
    );
    let scenario = Scenario::parse("readme", "README.md", text, &scenarios, &[few, all]);
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    let results = run(&scenario, &Control::default(), std::io::sink()).unwrap();
    assert_eq!(results.runs.len(), 3 * 5);
    assert!(results.runs.iter().all(|run| run.summary.viewers == 3));

    // The others are parts of a scenario.
    let rest = "title = \"parts\"\nviewers = 40\nabr = \"bola\"\ncontent.ladder = \"envivio\"\n\
                content.duration = \"1m\"\n";
    let text = format!("{rest}{networks}\n{viewers}");
    let scenario = Scenario::parse("readme", "README.md", &text, &scenarios, &[]);
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    let results = run(&scenario, &Control::default(), std::io::sink()).unwrap();
    let classes: Vec<_> = results.runs[0].classes.iter().map(|class| &*class.name).collect();
    assert_eq!(classes, ["lte", "home", "phone", "tv"]);

    // What is live, with an event in its first minute.
    let text = format!("{rest}network.bandwidth = \"5Mbps\"\n{live}");
    let scenario = Scenario::parse("readme", "README.md", &text, &scenarios, &[]);
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    let results = run(&scenario, &Control::default(), std::io::sink()).unwrap();
    assert!(results.runs[0].summary.live.as_ref().is_some_and(|live| live.viewers == 40));

    // The delivery chain, with an incident in its third minute.
    let longer = rest.replace("1m", "3m");
    let text = format!("{longer}network.bandwidth = \"5Mbps\"\n{chain}");
    let scenario = Scenario::parse("readme", "README.md", &text, &scenarios, &[]);
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    let results = run(&scenario, &Control::default(), std::io::sink()).unwrap();
    let (tally, stores) = results.runs[0].chain.as_ref().unwrap();
    assert!(tally.shield.requests() > 0 && stores == &["hot", "origin"]);
    assert!(results.runs[0].cost.is_some_and(|cost| cost > 0.0));

    // Faults, which everybody gets over.
    let text = format!("{rest}network.bandwidth = \"5Mbps\"\n{faults}");
    let scenario = Scenario::parse("readme", "README.md", &text, &scenarios, &[]);
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    let results = run(&scenario, &Control::default(), std::io::sink()).unwrap();
    assert_eq!(results.runs[0].summary.viewers, 40);

    // Players, one of them with a file of settings.
    let rest = rest.replace("abr = \"bola\"\n", "");
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("hls-config.json"), "{\"maxBufferLength\": 20}").unwrap();
    let (abr, tables) = players.split_once('\n').unwrap();
    let text = format!("{abr}\n{rest}network.bandwidth = \"3Mbps\"\n{tables}");
    let scenario = Scenario::parse("readme", "README.md", &text, folder.path(), &[]);
    let scenario = scenario.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(run(&scenario, &Control::default(), std::io::sink()).unwrap().runs.len(), 3);
}

#[test]
fn every_command_and_option_it_names_exists() {
    let text = readme();
    // Between backticks, of which a fence has three.
    let code: Vec<_> = text.split('`').skip(1).step_by(2).collect();
    let commands: Vec<_> = code.iter().filter_map(|code| code.strip_prefix("abrsim ")).collect();
    assert!(commands.len() >= 3, "{commands:?}");
    for command in commands {
        let words: Vec<_> = command.split(' ').collect();
        assert!(help(&[]).contains(&format!("\n  {} ", words[0])), "abrsim {command}");
        if let [group @ ("abr" | "manifest" | "sweep" | "trace"), what, ..] = words[..] {
            assert!(help(&[group]).contains(&format!("\n  {what} ")), "abrsim {command}");
        }
    }
    let named: Vec<_> = code.iter().filter(|code| code.starts_with("--")).collect();
    assert!(named.len() >= 3, "{named:?}");
    for option in named {
        let name = option.split(' ').next().unwrap();
        let known = [
            &["run"][..],
            &["trace", "info"],
            &["trace", "generate"],
            &["manifest", "write"],
            &["serve"],
            &["play"],
            &["compare"],
            &["check"],
            &["characterize"],
            &["swarm"],
            &["sweep", "run"],
        ];
        let of = |command: &&[&str]| {
            let help = help(command);
            [' ', '\n'].iter().any(|end| help.contains(&format!("  {name}{end}")))
        };
        assert!(known.iter().any(of), "{option} is no option of {known:?}");
    }
}

#[test]
fn every_file_it_links_to_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = readme();
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    for target in targets.filter(|target| !target.starts_with("http")) {
        // The sample is a report like any other: it is there once it has been made.
        let made = target.starts_with("reports/sample");
        assert!(made || root.join(target).exists(), "{target}");
    }
}
