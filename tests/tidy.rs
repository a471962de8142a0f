//! Properties of the code itself, after TigerBeetle's `tidy.zig`.

use std::fs;
use std::path::Path;

/// The architecture: a module imports from itself and from the rows above its own.
const LAYERS: &[&[&str]] = &[
    &["units", "seed", "distribution", "reference"],
    &["trace", "media"],
    &["abr", "net", "cdn", "alarms"],
    &["player"],
    &["network", "metrics", "person"],
    &["cmcd"],
    &["world"],
    &["fetch"],
    &["conformance"],
    &["scenario"],
    &["characterize"],
    &["report"],
    &["swarm"],
    &["cli"],
];

/// Where the application is, and what drives players in real time. The rest is the core.
const OUTSIDE: &[&str] = &[
    "scenario/",
    "characterize/",
    "report/",
    "swarm/",
    "cli/",
    "main.rs",
    "world/clock",
    "world/real",
    "world/origin",
    "fetch/",
    "conformance/",
];

/// Words that would let in the outside, chance or another platform's rounding, and the doors where
/// they may be said.
const BANNED: &[(&str, &[&str])] = &[
    ("Instant::now", &["world/clock", "cli/", "scenario/study/store/bucket"]),
    ("SystemTime", &["cli/"]),
    (
        "tokio::",
        &["world/real", "world/origin", "cli/", "fetch/", "scenario/real", "scenario/study/store"],
    ),
    ("reqwest::", &["world/real", "cli/", "fetch/"]),
    ("std::env", OUTSIDE),
    ("serde::", OUTSIDE),
    (
        "serde_json",
        &[
            "abr/pensieve/",
            "trace/json.rs",
            "media/movie.rs",
            "world/origin/telling.rs",
            "scenario/",
            "report/",
            "swarm/",
            "cli/",
            "conformance/",
        ],
    ),
    ("HashMap", &[]),
    ("HashSet", &[]),
    ("thread_rng", &[]),
    ("rand::rng", &[]),
    (".ln()", &[]),
    (".log2()", &[]),
    (".log10()", &[]),
    (".exp()", &[]),
    (".powf(", &[]),
    (".powi(", &[]),
    (".sin(", &[]),
    (".cos(", &[]),
    (".unwrap()", &[]),
];

/// Lines of a function that still fits on a screen.
const SCREEN: usize = 70;

#[test]
fn modules_import_only_what_lies_above_them() {
    let row = |module: &str| LAYERS.iter().position(|row| row.contains(&module));
    for Source { path, text } in sources("src") {
        let module = module_of(&path);
        if ["lib", "main"].contains(&module) {
            continue;
        }
        let own = row(module).unwrap_or_else(|| panic!("{path}: {module} has no row in LAYERS"));
        for import in code(&text).flat_map(|line| line.split("crate::").skip(1)) {
            let target = import.split(|c: char| !c.is_alphanumeric() && c != '_').next();
            let target = target.filter(|name| !name.is_empty());
            let target = target.unwrap_or_else(|| panic!("{path}: import one module at a time"));
            let above = row(target).is_some_and(|row| row < own);
            assert!(above || target == module, "{path}: {module} may not import {target}");
        }
    }
}

#[test]
fn the_outside_gets_in_through_one_door() {
    for Source { path, text } in sources("src") {
        let production = || production(&path, &text);
        for (word, doors) in BANNED {
            let open = doors.iter().any(|door| path.starts_with(door));
            let said = production().find(|line| line.contains(word));
            assert!(open || said.is_none(), "{path}: {word} in {said:?} belongs in {doors:?}");
        }
    }
}

#[test]
fn the_core_needs_no_crate_that_is_optional() {
    let manifest = read("Cargo.toml");
    let optional = manifest.lines().filter(|line| line.contains("optional = true"));
    let names = optional.filter_map(|line| line.split_once(" =")).map(|(name, _)| name);
    let paths: Vec<_> = names.map(|name| format!("{}::", name.replace('-', "_"))).collect();
    assert!(!paths.is_empty(), "Cargo.toml is read as it was not written");
    for Source { path, text } in sources("src") {
        if OUTSIDE.iter().any(|door| path.starts_with(door)) {
            continue;
        }
        for line in production(&path, &text) {
            let said = paths.iter().find(|&name| words(line, name));
            assert_eq!(said, None, "{path}: the core does without it");
        }
    }
}

#[test]
fn every_file_begins_with_what_it_is() {
    for Source { path, text } in sources("src").into_iter().chain(sources("tests")) {
        assert!(text.starts_with("//! "), "{path}: no `//!` says what it is");
    }
}

#[test]
fn lines_fit_and_functions_fit_on_a_screen() {
    for Source { path, text } in sources("src").into_iter().chain(sources("tests")) {
        for (number, line) in (1..).zip(text.lines()) {
            assert!(line.chars().count() <= 100, "{path}:{number}: more than 100 columns");
        }
        for (name, length) in functions(&text) {
            assert!(length <= SCREEN, "{path}: {name} has {length} lines, more than {SCREEN}");
        }
    }
}

#[test]
fn functions_are_measured_from_their_name_to_their_brace() {
    let text = "trait T {\n    fn declared(\n        &self,\n    );\n    fn short() {}\n}\n\
                impl T {\n    pub fn long(\n        a: u8,\n    ) -> u8 {\n        a\n    }\n}\n";
    let found: Vec<_> = functions(text).collect();
    assert_eq!(found, [("declared", 3), ("short", 1), ("long", 5)]);
}

#[test]
fn the_map_of_the_code_names_every_module() {
    let lib = read("src/lib.rs");
    let map: Vec<_> = lib.lines().filter_map(|line| line.strip_prefix("//!")).collect();
    for Source { path, .. } in sources("src") {
        let module = module_of(&path);
        let named = map.iter().any(|line| words(line, module));
        assert!(named || module == "lib", "src/lib.rs does not name {module}");
    }
}

struct Source {
    /// From the folder that was asked for.
    path: String,
    text: String,
}

/// The Rust files of a folder and of those in it.
fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let (mut found, mut pending) = (Vec::new(), vec![root.clone()]);
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                // What cargo builds of the fuzz targets is not ours.
                pending.extend((!entry.ends_with("target")).then_some(entry));
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                let parts = entry.strip_prefix(&root).unwrap().iter();
                let parts: Vec<_> = parts.map(|part| part.to_str().unwrap()).collect();
                let text = fs::read_to_string(&entry).unwrap();
                found.push(Source { path: parts.join("/"), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// The top-level module that a file of `src` belongs to.
fn module_of(path: &str) -> &str {
    path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
}

/// Lines that are not comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// Of those, what is there without tests, which stand at the end of a file, or in `tests.rs` or
/// `vectors.rs` with what they share in `testing.rs`.
fn production<'a>(path: &str, text: &'a str) -> impl Iterator<Item = &'a str> {
    let of_tests = ["testing.rs", "tests.rs", "vectors.rs"].iter().any(|name| path.ends_with(name));
    let lines = code(text).take_while(move |line| !of_tests && line.trim() != "#[cfg(test)]");
    // What the core says of itself for those who write it down, but does without.
    lines.filter(|line| !line.trim().starts_with("#[cfg_attr(feature = \"app\","))
}

/// Whether a word stands in a line, and not only as a part of a longer one.
fn words(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let (before, after) = (&line[..at], &line[at + word.len()..]);
        let longer = after.starts_with(part) && word.ends_with(part);
        !before.ends_with(part) && !longer
    })
}

/// Functions by name, and how many lines each has. Goes by the indentation that rustfmt gives.
fn functions(text: &str) -> impl Iterator<Item = (&str, usize)> {
    let lines: Vec<_> = text.lines().collect();
    (0..lines.len()).filter_map(move |from| {
        let line = lines[from];
        let (before, after) = line.split_once("fn ")?;
        let starts = before.split_whitespace().all(|word| {
            ["const", "async", "unsafe", "default"].contains(&word) || word.starts_with("pub")
        });
        let (name, _) = after.split_once(['(', '<']).filter(|_| starts)?;
        let indent = line.len() - line.trim_start().len();
        let ends = |line: &&str| {
            let closing = line.len() - line.trim_start().len() == indent;
            let body = line.trim_start().starts_with('}');
            closing && (body || line.ends_with(';') || line.ends_with('}'))
        };
        let length = 1 + lines[from..].iter().position(ends)?;
        Some((name, length))
    })
}
