//! The same scenario, the same bytes: on any number of threads, and on a processor that knows less.
//!
//! The idea to hold: libc chooses its `exp` and `pow` by what the processor knows, and they differ
//! in their last bits; nothing of ours may go through them. Where libc takes no such orders the
//! test has nothing to tell, and passes.

#[path = "common/files.rs"]
mod files;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use files::files;

/// Takes the newer instructions away from libc.
const OLDER: (&str, &str) = ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4,-AVX512F");

/// Scenarios that between them draw, share, cache, stream live and optimise.
const SCENARIOS: [&str; 5] =
    ["first-look", "mixed-audience", "shield", "live-low-latency", "characterize"];

#[test]
fn any_number_of_threads_and_any_processor_give_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    for scenario in SCENARIOS {
        let run = |name: &str, jobs: &str, with: Option<(&str, &str)>| {
            let out = folder.path().join(format!("{scenario}-{name}"));
            let file = format!("scenarios/{scenario}.toml");
            let mut command = Command::new(assert_cmd::cargo::cargo_bin!("abrsim"));
            command.current_dir(env!("CARGO_MANIFEST_DIR")).envs(with).arg("run").arg(file);
            command.args(["--viewers", "40", "--quiet", "--jobs", jobs, "--out"]).arg(&out);
            let output = command.output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            files(&out)
        };
        let one = run("one", "1", None);
        assert!(one.len() > 5, "{scenario} leaves little: {one:?}");
        assert_same(&one, &run("two", "2", None), "two threads");
        assert_same(&one, &run("older", "2", Some(OLDER)), "an older processor");
    }
}

fn assert_same(one: &BTreeMap<PathBuf, Vec<u8>>, other: &BTreeMap<PathBuf, Vec<u8>>, with: &str) {
    let names = |files: &BTreeMap<PathBuf, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(one), names(other), "with {with}");
    for (name, bytes) in one {
        assert!(*bytes == other[name], "{} differs with {with}", name.display());
    }
}
