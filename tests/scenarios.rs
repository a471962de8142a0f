//! Every example scenario, small, against what it gave before.

use std::path::Path;
use std::sync::atomic::Ordering;

use abrsim::scenario::{Control, Override, Scenario, run};

#[test]
fn every_example_gives_what_it_gave_before() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let mut examples = 0;
    for path in paths.iter().filter(|path| path.extension().is_some_and(|e| e == "toml")) {
        let few = Override::new(&["viewers"], 30);
        let scenario = Scenario::load(path, &[few]).unwrap();
        let control = Control::default();
        let results = run(&scenario, &control, std::io::sink()).unwrap();
        let runs = results.runs.len() as u64;
        assert_eq!(control.done.load(Ordering::Relaxed), 30 * runs);
        // Not the scenario's text or digest: its comments may change.
        let runs = abrsim::report::summary(&results)["runs"].clone();
        insta::assert_json_snapshot!(scenario.name.as_str(), runs);
        examples += 1;
    }
    assert!(examples >= 3);
}
