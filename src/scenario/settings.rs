//! What a scenario sets of an algorithm: in its table, or in a file that the real player's settings
//! were written to.
//!
//! The idea to hold: every name is a parameter's, in full or the last part of it, and a table in a
//! table is a dot in a name, so that a player's own settings can be written or pasted as they are.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::Value as Json;
use toml::Spanned;

use super::file::Setting;
use super::quantity::{parse_rate, parse_span};
use super::setup::known;
use super::source::{ScenarioError, Source};
use super::traces::{Library, Trouble};
use crate::abr::models::{MODELS, Model};
use crate::abr::{self, Algorithm, Parameter, Settings, Value};

/// The largest file of exported settings that is read, in bytes.
const MOST_EXPORT: u64 = 1 << 20;

/// What a table sets of an algorithm; what of an exported file is not modelled, is noted.
pub(super) fn settings(
    source: &Source,
    library: &mut Library,
    algorithm: &Algorithm,
    table: &BTreeMap<Spanned<String>, Spanned<Setting>>,
    notes: &mut Vec<String>,
) -> Result<Settings, ScenarioError> {
    let mut settings = Settings::default();
    let is_model = Model::named(algorithm.name).is_some();
    // What the table itself says goes before what a file does.
    let exported = |key: &str| is_model && key == "settings";
    if let Some((_, path)) = table.iter().find(|(key, _)| exported(key.get_ref())) {
        let wrong = |(error, help): Trouble| source.error(path.span(), error).help(help);
        let given = export(library, algorithm, path.get_ref(), &mut settings).map_err(wrong)?;
        notes.extend(given);
    }
    for (key, setting) in table {
        if key.get_ref() == "use" || exported(key.get_ref()) {
            continue;
        }
        for (name, leaf) in leaves(key.get_ref(), setting.get_ref()) {
            set(source, library, algorithm, (&name, leaf), (key, setting.span()), &mut settings)?;
        }
    }
    Ok(settings)
}

/// Sets one parameter.
fn set(
    source: &Source,
    library: &mut Library,
    algorithm: &Algorithm,
    (name, setting): (&str, &Setting),
    (key, span): (&Spanned<String>, Range<usize>),
    settings: &mut Settings,
) -> Result<(), ScenarioError> {
    let Some(parameter) = named(algorithm, name) else {
        let message = format!("{} has no parameter `{name}`", algorithm.name);
        let names = algorithm.parameters.iter().map(|p| p.name);
        return Err(source.error(key.span(), message).help(known("parameter", name, names)));
    };
    if let (Value::File(_), Setting::Text(path)) = (parameter.default, setting) {
        let wrong = |(error, help): Trouble| source.error(span.clone(), error).help(help);
        let text = library.contents(path, abr::MOST_FILE).map_err(wrong)?;
        let given = settings.give(parameter, &text);
        return given.map_err(|error| source.error(span.clone(), error));
    }
    let value = value(parameter, setting);
    value
        .and_then(|value| settings.set(parameter, value).map_err(|error| error.to_string()))
        .map_err(|error| source.error(span, error))
}

/// A parameter by its name, or by the last part of it where no other ends so.
fn named(algorithm: &Algorithm, name: &str) -> Option<&'static Parameter> {
    let ends = |parameter: &Parameter| {
        parameter.name.strip_suffix(name).is_some_and(|before| before.ends_with('.'))
    };
    let exact = algorithm.parameters.iter().find(|parameter| parameter.name == name);
    exact.or_else(|| {
        let mut alike = algorithm.parameters.iter().filter(|parameter| ends(parameter));
        alike.next().filter(|_| alike.next().is_none())
    })
}

/// What a setting holds: itself, or what stands in its tables, under `a.b`.
fn leaves<'a>(name: &str, setting: &'a Setting) -> Vec<(String, &'a Setting)> {
    match setting {
        Setting::Table(table) => {
            let under =
                |(key, inner): (&String, &'a Setting)| leaves(&format!("{name}.{key}"), inner);
            table.iter().flat_map(under).collect()
        }
        Setting::Flag(_) | Setting::Count(_) | Setting::Number(_) | Setting::Text(_) => {
            vec![(name.to_owned(), setting)]
        }
    }
}

/// Sets what a file says that the real player's settings were written to; returns a note of what
/// of it is not modelled.
fn export(
    library: &mut Library,
    algorithm: &Algorithm,
    path: &Setting,
    settings: &mut Settings,
) -> Result<Option<String>, Trouble> {
    let Setting::Text(path) = path else {
        let help = "settings = \"hls-config.json\", say".to_owned();
        return Err(("`settings` is the path of a file, in quotes".to_owned(), help));
    };
    let text = library.contents(path, MOST_EXPORT)?;
    let own = algorithm.name;
    let right = format!("a JSON object of the settings of {own}, by the names it has for them");
    let given: serde_json::Map<String, Json> = serde_json::from_str(&text)
        .map_err(|error| (format!("{path} holds no settings: {error}"), right.clone()))?;
    let mut unknown = Vec::new();
    let mut known = 0;
    for (name, json) in given.iter().flat_map(|(name, json)| json_leaves(name, json)) {
        // Nothing, an empty list: not set, as the players have it.
        let Some(parameter) = named(algorithm, &name) else {
            unknown.push(name);
            continue;
        };
        known += 1;
        let wrong = |error: String| (format!("{path}: {name}: {error}"), right.clone());
        let Some(setting) = of_json(json) else {
            if json.is_null() {
                continue;
            }
            return Err(wrong(format!("{json} is no number, name, true or false")));
        };
        let value = value(parameter, &setting).map_err(wrong)?;
        settings.set(parameter, value).map_err(|error| wrong(error.to_string()))?;
    }
    if let Some(other) = whose(algorithm, &unknown).filter(|_| known == 0) {
        let message = format!("{path} holds settings of {other}, not of {own}");
        return Err((message, format!("give it to an algorithm with use = {other:?}")));
    }
    Ok((!unknown.is_empty()).then(|| not_modelled(algorithm, path, &unknown)))
}

/// What a note says of settings that change nothing here.
fn not_modelled(algorithm: &Algorithm, path: &str, unknown: &[String]) -> String {
    const SHOWN: usize = 8;
    let more = unknown.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let shown = unknown[..unknown.len().min(SHOWN)].join(", ");
    let own = algorithm.name;
    let modelled = algorithm.parameters.iter().map(|p| p.name).collect::<Vec<_>>().join(", ");
    format!("{path}: of {own} these are not modelled: {shown}{more}; modelled are {modelled}")
}

/// Which other player has settings of such names.
fn whose(algorithm: &Algorithm, names: &[String]) -> Option<&'static str> {
    let knows = |model: &&Model| {
        let has = |name: &&String| named(&model.algorithm, name).is_some();
        model.algorithm.name != algorithm.name && names.iter().any(|name| has(&name))
    };
    MODELS.iter().find(knows).map(|model| model.algorithm.name)
}

fn json_leaves<'a>(name: &str, json: &'a Json) -> Vec<(String, &'a Json)> {
    match json.as_object() {
        Some(inner) => inner
            .iter()
            .flat_map(|(key, json)| json_leaves(&format!("{name}.{key}"), json))
            .collect(),
        None => vec![(name.to_owned(), json)],
    }
}

fn of_json(json: &Json) -> Option<Setting> {
    Some(match json {
        Json::Bool(flag) => Setting::Flag(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Setting::Count(whole),
            None => Setting::Number(number.as_f64()?),
        },
        Json::String(text) => Setting::Text(text.clone()),
        Json::Null | Json::Array(_) | Json::Object(_) => return None,
    })
}

/// A setting as the kind of value its parameter is.
fn value(parameter: &Parameter, setting: &Setting) -> Result<Value, String> {
    let wrong = |right: &str| Err(format!("{} is {right}", parameter.name));
    match (parameter.default, setting) {
        (Value::Flag(_), Setting::Flag(flag)) => Ok(Value::Flag(*flag)),
        (Value::Flag(_), _) => wrong("true or false"),
        (Value::Number(_), Setting::Number(number)) => Ok(Value::Number(*number)),
        (Value::Number(_), Setting::Count(number)) => Ok(Value::Number(*number as f64)),
        (Value::Number(_), _) => wrong("a number"),
        (Value::Count(_), Setting::Count(number)) => {
            u32::try_from(*number).map(Value::Count).or_else(|_| wrong("a whole number"))
        }
        (Value::Count(_), _) => wrong("a whole number"),
        (Value::Span(_), Setting::Text(text)) => parse_span(text).map(Value::Span),
        (Value::Span(_), _) => wrong("a length of time with its unit, in quotes"),
        (Value::Choice(choice), Setting::Text(text)) => match choice.named(text) {
            Some(chosen) => Ok(Value::Choice(chosen)),
            None => {
                let names = choice.among().iter().copied();
                let right = known(&parameter.name.replace('_', " "), text, names);
                Err(format!("{} cannot be {text:?}: {right}", parameter.name))
            }
        },
        (Value::Choice(_), _) => wrong("a name, in quotes"),
        (Value::Bitrate(_), Setting::Text(text)) => parse_rate(text).map(Value::Bitrate),
        (Value::Bitrate(_), _) => wrong("a bitrate with its unit, in quotes"),
        (Value::File(_), _) => wrong("the path of a file, in quotes"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scenario;
    use super::super::testing::told;

    #[test]
    fn a_file_an_algorithm_asks_for_is_looked_for_beside_the_scenario() {
        let folder = tempfile::tempdir().unwrap();
        let told = |weights: &str, rungs: &str| {
            std::fs::write(folder.path().join("w.json"), weights).unwrap();
            let text = format!(
                "title = \"t\"\nabr = \"mine\"\nviewers = 2\ncontent.ladder = [{rungs}]\n\
                 content.duration = \"1m\"\nnetwork.bandwidth = \"3Mbps\"\n\
                 [algorithm.mine]\nuse = \"pensieve\"\nweights = \"w.json\"\n"
            );
            let scenario = Scenario::parse("t", "t.toml", &text, folder.path(), &[]);
            scenario.err().map_or("nothing".to_owned(), |error| told(&error))
        };
        let layer = |rows: usize| {
            let rows = vec!["[1]"; rows].join(",");
            format!("{{\"weights\":[{rows}],\"bias\":[0]}}")
        };
        let weights = format!(
            "{{\"last\":{0},\"buffer\":{0},\"throughput\":{1},\"delay\":{1},\"sizes\":{0},\
             \"left\":{0},\"hidden\":{2},\"rungs\":{0}}}",
            layer(1),
            layer(8),
            layer(6)
        );
        let rung = "{ bitrate = \"1Mbps\" }";
        assert_eq!(told(&weights, rung), "nothing");
        let two = told(&weights, &format!("{rung}, {rung}"));
        assert!(two.contains("for a ladder of 1 rungs, and this one has 2"), "{two}");
        let wrong = told("{", rung);
        assert!(wrong.contains("no weights: EOF while parsing"), "{wrong}");
    }

    /// What is said of a scenario whose algorithm has these lines, beside a file of settings.
    fn with(lines: &str, file: &str) -> (String, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("s.json"), file).unwrap();
        let text = format!(
            "title = \"t\"\nabr = \"mine\"\nviewers = 2\ncontent.ladder = \"five-rung\"\n\
             content.duration = \"1m\"\nnetwork.bandwidth = \"3Mbps\"\n[algorithm.mine]\n{lines}\n"
        );
        match Scenario::parse("t", "t.toml", &text, folder.path(), &[]) {
            Ok(scenario) => ("nothing".to_owned(), scenario.notes.clone()),
            Err(error) => (told(&error), Vec::new()),
        }
    }

    #[test]
    fn a_players_settings_have_the_names_it_has_for_them() {
        let said = |lines: &str| with(lines, "").0;
        assert_eq!(said("use = \"hls.js\"\nabrBandWidthFactor = 0.8"), "nothing");
        let dashed = "use = \"dash.js\"\nstreaming.buffer.bufferTimeDefault = 12";
        assert_eq!(said(dashed), "nothing");
        assert_eq!(said("use = \"shaka\"\nbufferingGoal = 30"), "nothing");
        let wrong = said("use = \"hls.js\"\nabrBandwidthFactor = 0.8");
        assert!(wrong.contains("did you mean \"abrBandWidthFactor\"?"), "{wrong}");
        let wrong = said("use = \"hls.js\"\nabrBandWidthFactor = \"high\"");
        assert!(wrong.contains("abrBandWidthFactor is a number"), "{wrong}");
        let wrong = said("use = \"hls.js\"\nabrBandWidthFactor = -1");
        assert!(wrong.contains("abrBandWidthFactor = -1.0 is out of range"), "{wrong}");
        let wrong = said("use = \"dash.js-4.9\"");
        assert!(wrong.contains("dash.js-4.7"), "{wrong}");
    }

    #[test]
    fn settings_of_the_real_player_are_read_and_what_is_not_modelled_is_told() {
        let hls = "use = \"hls.js\"\nsettings = \"s.json\"";
        let json = r#"{"abrBandWidthFactor": 0.8, "debug": false, "startLevel": null,
                       "fragLoadPolicy": {"default": {"unheardOf": 7}}}"#;
        let (said, notes) = with(hls, json);
        assert_eq!(said, "nothing");
        let [note] = &notes[..] else { panic!("{notes:?}") };
        assert!(note.contains("not modelled: debug, fragLoadPolicy.default.unheardOf;"), "{note}");
        let (said, _) = with(hls, r#"{"abrBandWidthFactor": [1]}"#);
        assert!(said.contains("s.json: abrBandWidthFactor: [1] is no number"), "{said}");
        let (said, _) = with(hls, r#"{"streaming": {"bufferingGoal": 30}}"#);
        assert!(said.contains("s.json holds settings of shaka, not of hls.js"), "{said}");
        let (said, _) = with(hls, "[1]");
        assert!(said.contains("s.json holds no settings"), "{said}");
    }

    #[test]
    fn a_player_that_is_modelled_whole_does_not_heed_what_players_are_told_in_general() {
        let text = "title = \"t\"\nabr = [\"bola\", \"shaka\"]\nviewers = 2\n\
                    content.ladder = \"five-rung\"\ncontent.duration = \"1m\"\n\
                    network.bandwidth = \"3Mbps\"\nplayer.buffer = \"40s\"\n";
        let scenario = Scenario::parse("t", "t.toml", text, std::path::Path::new(""), &[]);
        let notes = scenario.unwrap().notes;
        let right = "shaka: the player is modelled whole, so buffer under [player] is not heeded";
        assert_eq!(notes, [right]);
        let text = text.to_owned() + "player.preset = \"sabre\"\n";
        let scenario = Scenario::parse("t", "t.toml", &text, std::path::Path::new(""), &[]);
        let said = told(&scenario.err().unwrap());
        assert!(said.contains("shaka brings its own player, and so does a preset"), "{said}");
    }
}
