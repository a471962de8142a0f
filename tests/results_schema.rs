//! summary.json is what its published schema says, key for key.
//!
//! The idea to hold: whoever reads the schema may rely on every key it names, and a key that it
//! does not name is one that nobody can have read about. So the checker here is stricter than JSON
//! Schema: a key must be described, unless the object is a map of names that scenarios choose.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use abrsim::report::{SCHEMA, summary};
use abrsim::scenario::{Control, Override, Scenario, run};
use serde_json::{Map, Value, json};

/// The keywords that are understood. Any other in the schema would go unheeded.
const KEYWORDS: [&str; 14] = [
    "$schema",
    "$defs",
    "$ref",
    "title",
    "description",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "pattern",
    "minimum",
    "maximum",
];

/// What is wrong with a value, and where; and which keys of the schema were met.
#[derive(Default)]
struct Checker {
    wrong: Vec<String>,
    met: BTreeSet<String>,
}

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

/// The schema itself, or the one that it refers to, and where that stands.
fn resolved<'a>(root: &'a Value, schema: &'a Value, at: &str) -> (&'a Value, String) {
    match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => {
            (root.pointer(pointer).unwrap_or_else(|| panic!("{pointer}")), pointer.into())
        }
        None => (schema, at.to_owned()),
    }
}

impl Checker {
    fn check(&mut self, root: &Value, (schema, at): (&Value, &str), value: &Value, path: &str) {
        let (schema, at) = resolved(root, schema, at);
        let mut wrong = |what: String| self.wrong.push(format!("{path}: {what}"));
        let types = match &schema["type"] {
            Value::String(one) => vec![one.as_str()],
            Value::Array(several) => several.iter().map(|one| one.as_str().unwrap()).collect(),
            other => panic!("{at}: type is {other}"),
        };
        let is = |name: &str| match name {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_u64() || value.is_i64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            other => panic!("{at}: no type {other}"),
        };
        if !types.iter().any(|name| is(name)) {
            wrong(format!("{value} is not of {types:?}"));
        }
        if let (Some(number), Some(least)) = (value.as_f64(), schema["minimum"].as_f64())
            && number < least
        {
            wrong(format!("{number} is less than {least}"));
        }
        if let (Some(number), Some(most)) = (value.as_f64(), schema["maximum"].as_f64())
            && number > most
        {
            wrong(format!("{number} is more than {most}"));
        }
        if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
            wrong(format!("{value} is not among {}", schema["enum"]));
        }
        if let Some(pattern) = schema["pattern"].as_str() {
            assert_eq!(pattern, "^[0-9a-f]{64}$", "{at}: no other is understood");
            let text = value.as_str().unwrap_or_default();
            let hexadecimal = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
            if text.len() != 64 || !text.bytes().all(hexadecimal) {
                wrong(format!("{value} is no digest"));
            }
        }
        for (place, item) in value.as_array().into_iter().flatten().enumerate() {
            let items = (&schema["items"], format!("{at}/items"));
            self.check(root, (items.0, &items.1), item, &format!("{path}[{place}]"));
        }
        if let Some(object) = value.as_object() {
            self.object(root, (schema, &at), object, path);
        }
    }

    fn object(
        &mut self,
        root: &Value,
        (schema, at): (&Value, &str),
        object: &Map<String, Value>,
        path: &str,
    ) {
        for key in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(key.as_str().unwrap()) {
                self.wrong.push(format!("{path}: {key} is missing"));
            }
        }
        for (key, value) in object {
            let (known, rest) = (&schema["properties"][key], &schema["additionalProperties"]);
            let own = match (known.is_object(), rest.is_object()) {
                (true, _) => (known, format!("{at}/properties/{key}")),
                (false, true) => (rest, format!("{at}/additionalProperties")),
                (false, false) => {
                    self.wrong.push(format!("{path}: no word of {key}"));
                    continue;
                }
            };
            self.met.insert(own.1.clone());
            self.check(root, (own.0, &own.1), value, &format!("{path}.{key}"));
        }
    }
}

/// What is wrong with a summary, or with a run of one.
fn wrong(value: &Value, pointer: &str) -> Vec<String> {
    let (schema, mut checker) = (schema(), Checker::default());
    let part = schema.pointer(pointer).unwrap();
    checker.check(&schema, (part, pointer), value, "$");
    checker.wrong
}

/// The runs of every example, as they were.
fn snapshots() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| path.to_str().unwrap().contains("scenarios__"));
    let read = |path: std::path::PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        // Its own header stands between two lines of dashes.
        let json = text.splitn(3, "---\n").nth(2).unwrap();
        let runs: Value = serde_json::from_str(json).unwrap();
        (path.file_name().unwrap().to_str().unwrap().to_owned(), runs)
    };
    paths.map(read).collect()
}

#[test]
fn every_example_is_as_the_schema_says() {
    let (schema, mut checker) = (schema(), Checker::default());
    let pointer = "/$defs/run";
    let part = schema.pointer(pointer).unwrap();
    let snapshots = snapshots();
    assert!(snapshots.len() >= 20);
    for (name, runs) in &snapshots {
        for run in runs.as_array().unwrap() {
            checker.check(&schema, (part, pointer), run, name);
        }
    }
    assert!(checker.wrong.is_empty(), "{:#?}", checker.wrong);
    // And nothing is described that no example has.
    let mut described = BTreeSet::new();
    for definition in ["run", "class", "caches", "chain", "causes", "live"] {
        let at = format!("/$defs/{definition}");
        properties(schema.pointer(&at).unwrap(), &at, &mut described);
    }
    let unmet: Vec<_> = described.difference(&checker.met).collect();
    assert!(unmet.is_empty(), "{unmet:#?}");
}

/// Where each key stands that a schema describes.
fn properties(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    for (key, own) in schema["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}/properties/{key}");
        properties(own, &at, found);
        found.insert(at);
    }
    for rest in ["items", "additionalProperties"] {
        if schema[rest].is_object() {
            properties(&schema[rest], &format!("{at}/{rest}"), found);
        }
    }
}

#[test]
fn whole_summaries_are_as_the_schema_says() {
    for name in ["mixed-audience", "live-low-latency", "tune-hlsjs", "sabre"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("scenarios/{name}.toml"));
        let few = Override::new(&["viewers"], 6);
        let scenario = Scenario::load(&path, &[few]).unwrap();
        let mut results = run(&scenario, &Control::default(), std::io::sink()).unwrap();
        assert_eq!(wrong(&summary(&results), ""), [""; 0], "{name}");
        results.runs.clear();
        assert_eq!(wrong(&summary(&results), ""), [""; 0], "{name} without runs");
    }
}

#[test]
fn the_checker_finds_what_is_missing_unheard_of_or_of_another_kind() {
    let (_, runs) = snapshots().swap_remove(0);
    let told = |edit: &dyn Fn(&mut Value)| {
        let mut run = runs[0].clone();
        edit(&mut run);
        wrong(&run, "/$defs/run").join("\n")
    };
    assert_eq!(told(&|_| {}), "");
    assert!(
        told(&|run| drop(run.as_object_mut().unwrap().remove("zbr")))
            .contains("\"zbr\" is missing")
    );
    assert!(told(&|run| run["surprise"] = json!(1)).contains("no word of surprise"));
    assert!(told(&|run| run["viewers"] = json!(1.5)).contains("1.5 is not of"));
    assert!(told(&|run| run["zbr"] = json!(1.5)).contains("more than 1"));
    assert!(told(&|run| run["stall_s"]["total"] = json!(null)).contains("null is not of"));
    assert!(told(&|run| run["qoe"]["yin"]["x"] = json!(null)).contains("no word of x"));
}

#[test]
fn every_key_has_a_description_and_every_keyword_is_heeded() {
    fn walk(schema: &Value, at: &str) {
        for key in schema.as_object().unwrap().keys() {
            assert!(KEYWORDS.contains(&key.as_str()), "{at}: {key}");
        }
        let description = schema["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.'), "{at}: {description:?}");
        for part in ["properties", "$defs"] {
            for (key, own) in schema[part].as_object().into_iter().flatten() {
                walk(own, &format!("{at}/{part}/{key}"));
            }
        }
        for part in ["items", "additionalProperties"] {
            if schema[part].is_object() {
                walk(&schema[part], &format!("{at}/{part}"));
            }
        }
    }
    let schema = schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    walk(&schema, "");
}
