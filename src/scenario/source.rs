//! The text of a scenario, what was set on top of it, and errors that point into either.
//!
//! The idea to hold: the file and every `--set` are laid end to end in one imaginary text, so that
//! one span says both which of them is meant and where in it.

use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::quantity::nearest;

/// A scenario that cannot be run, and where in it the reason is.
#[derive(Debug)]
pub struct ScenarioError {
    message: String,
    help: Option<String>,
    /// The text it is in, and where.
    place: Option<Box<(NamedSource<String>, LabeledSpan)>>,
}

impl ScenarioError {
    /// Of something that is nowhere in particular.
    pub fn new(message: impl ToString) -> Self {
        Self { message: message.to_string(), help: None, place: None }
    }

    /// With advice on what would be right.
    #[must_use]
    pub fn help(self, help: impl ToString) -> Self {
        Self { help: Some(help.to_string()), ..self }
    }
}

impl std::fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ScenarioError {}

impl Diagnostic for ScenarioError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.0 as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = self.place.as_ref().map(|place| place.1.clone());
        label.map(|label| Box::new(std::iter::once(label)) as _)
    }
}

/// One key set from the command line.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Override {
    path: Vec<String>,
    value: String,
}

impl std::str::FromStr for Override {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((path, value)) = text.split_once('=') else {
            return Err(format!("{text:?} sets nothing: write KEY.PATH=VALUE"));
        };
        // Quoted as TOML has them, sweep."content.segment", keys mean what they do bare.
        let bare = |key: &str| key.trim_matches(['"', '\'', ' ']).to_owned();
        let path: Vec<_> = path.split('.').map(bare).collect();
        if path.iter().any(String::is_empty) {
            return Err(format!("{text:?} has an empty key: write KEY.PATH=VALUE"));
        }
        Ok(Self { path, value: value.trim().to_owned() })
    }
}

impl std::fmt::Display for Override {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}={}", self.path.join("."), self.value)
    }
}

impl Override {
    /// Whether it sets that key.
    pub fn is(&self, path: &[&str]) -> bool {
        self.path == path
    }

    /// Sets a key to a value written as TOML.
    pub fn new(path: &[&str], value: impl ToString) -> Self {
        let path = path.iter().map(|&key| key.to_owned()).collect();
        Self { path, value: value.to_string() }
    }
}

/// What is put before a value from the command line to read it.
const KEY: &str = "value=";

/// A scenario's text and what was set on top of it.
#[derive(Clone, Debug)]
pub(super) struct Source {
    name: String,
    /// The file, then each override's value, with some room before it.
    text: String,
    /// Where in the text the file ends.
    file: usize,
    overrides: Vec<Placed>,
}

/// An override, and where in the text its value stands.
#[derive(Clone, Debug)]
struct Placed {
    set: Override,
    span: Range<usize>,
    /// The value as TOML, with blanks before it that put the parser's spans where it stands.
    padded: String,
}

impl Source {
    /// A file of that name, with these keys set.
    pub(super) fn new(name: &str, file: &str, overrides: &[Override]) -> Self {
        let mut text = file.to_owned();
        let place = |set: &Override| {
            // Room for a key, which a value has to have before it to be TOML.
            text.push_str(&" ".repeat(KEY.len()));
            let start = text.len();
            text.push_str(&set.value);
            let padded = " ".repeat(start - KEY.len()) + KEY + &set.value;
            Placed { set: set.clone(), span: start..text.len(), padded }
        };
        let overrides = overrides.iter().map(place).collect();
        Self { name: name.to_owned(), text, file: file.len(), overrides }
    }

    /// The file and the overrides as one document, for the record.
    pub(super) fn for_the_record(&self) -> String {
        let file = self.text[..self.file].trim_end();
        let sets = self.overrides.iter().map(|Placed { set, .. }| {
            format!("\n# --set {}", set.to_string().replace('\n', "\n#       "))
        });
        let sets: String = sets.collect();
        // What was on record already is so once.
        match file.strip_suffix(sets.trim_end()).filter(|_| !sets.is_empty()) {
            Some(file) => format!("{}\n{sets}", file.trim_end()),
            None => format!("{file}\n{sets}"),
        }
    }

    /// What was set, in its order.
    pub(super) fn sets(&self) -> Vec<Override> {
        self.overrides.iter().map(|Placed { set, .. }| set.clone()).collect()
    }

    /// The text at a span.
    pub(super) fn at(&self, span: Range<usize>) -> &str {
        self.text.get(span).unwrap_or_default()
    }

    /// Whether a key that stands there is set by an override that comes after it.
    pub(super) fn sets_over(&self, path: &[String], start: usize) -> bool {
        self.overrides.iter().any(|Placed { set, span, .. }| start < span.start && set.path == path)
    }

    /// The tree of keys, overrides applied. Its spans are of the imaginary text.
    pub(super) fn tree(&self) -> Result<Spanned<DeTable<'_>>, ScenarioError> {
        let parsed = DeTable::parse(&self.text[..self.file]);
        let mut tree = parsed.map_err(|error| self.parse_error(&error))?;
        for Placed { set, span, padded } in &self.overrides {
            let parsed = DeTable::parse(padded).ok().map(Spanned::into_inner);
            let value = parsed.filter(|t| t.len() == 1).and_then(|mut t| t.remove("value"));
            // What is not TOML is meant as a string.
            let string = || DeValue::String(set.value.as_str().into());
            let value = value.unwrap_or_else(|| Spanned::new(span.clone(), string()));
            let put = put(tree.get_mut(), &set.path, value);
            put.map_err(|key| {
                let message = format!("{key:?} is not a table, so nothing in it can be set");
                self.error(span.clone(), message)
            })?;
        }
        Ok(tree)
    }

    /// Reads a tree as a type that refuses what it does not know.
    pub(super) fn read<T: serde::de::DeserializeOwned>(
        &self,
        tree: Spanned<DeTable<'_>>,
    ) -> Result<T, ScenarioError> {
        T::deserialize(tree.into_deserializer()).map_err(|error| self.parse_error(&error))
    }

    /// An error at a span of the imaginary text; at the whole file where the span is empty.
    pub(super) fn error(&self, span: Range<usize>, message: impl ToString) -> ScenarioError {
        if span.is_empty() && span.start == 0 {
            return ScenarioError::new(format!("{}: {}", self.name, message.to_string()));
        }
        let inside = |p: &&Placed| p.span.start <= span.start && span.start <= p.span.end;
        let (name, text, start) = match self.overrides.iter().find(inside) {
            Some(Placed { set, span, .. }) => {
                (format!("--set {}", set.path.join(".")), self.at(span.clone()), span.start)
            }
            None => (self.name.clone(), &self.text[..self.file], 0),
        };
        let length = span.len().clamp(1, 200);
        let offset = (span.start - start).min(text.len());
        let label = LabeledSpan::new(Some("here".to_owned()), offset, length);
        let source = NamedSource::new(name, text.to_owned());
        ScenarioError { place: Some(Box::new((source, label))), ..ScenarioError::new(message) }
    }

    /// An error of the parser's, with the nearest of the names it says it knows.
    fn parse_error(&self, error: &toml::de::Error) -> ScenarioError {
        let message = error.message();
        let told = match error.span() {
            Some(span) => self.error(span, plainly(message)),
            None => ScenarioError::new(plainly(message)),
        };
        let mut quoted = message.split('`').skip(1).step_by(2);
        let unknown = message.starts_with("unknown ");
        let found = quoted.next().filter(|_| unknown);
        match found.and_then(|found| nearest(found, quoted)) {
            Some(near) => told.help(format!("did you mean `{near}`?")),
            None => told,
        }
    }
}

/// The parser's words for kinds of values as a scenario's author would say them.
fn plainly(message: &str) -> String {
    const WORDS: &[(&str, &str)] = &[
        ("expected u64", "expected a whole number from 0 to 9223372036854775807"),
        ("expected f64", "expected a number"),
        ("expected a map", "expected a table"),
        ("expected struct File", "expected a table"),
        (" as i128, expected any value", ", which is too large a number"),
    ];
    let replaced = |text: String, (word, plain): &(&str, &str)| text.replace(word, plain);
    WORDS.iter().fold(message.to_owned(), replaced)
}

/// Puts a value into a tree, making the tables on its way; on failure, the key that is no table.
pub(super) fn put<'a>(
    table: &mut DeTable<'a>,
    path: &[String],
    value: Spanned<DeValue<'a>>,
) -> Result<(), String> {
    let Some((first, rest)) = path.split_first() else { return Ok(()) };
    let key = Spanned::new(value.span(), first.clone().into());
    if rest.is_empty() {
        table.remove(first.as_str());
        table.insert(key, value);
        return Ok(());
    }
    if !table.contains_key(first.as_str()) {
        table.insert(key, Spanned::new(value.span(), DeValue::Table(DeTable::new())));
    }
    match table.get_mut(first.as_str()).map(Spanned::get_mut) {
        Some(DeValue::Table(inner)) => put(inner, rest, value),
        Some(DeValue::Array(list)) => {
            put_in_each(list, rest, value).ok_or_else(|| first.clone())?
        }
        Some(_) | None => Err(first.clone()),
    }
}

/// The same in every table of a list such as `[[network]]`, or, where the path begins with the
/// `name` of one, in that alone; nothing if it is no list of tables.
fn put_in_each<'a>(
    list: &mut toml::de::DeArray<'a>,
    path: &[String],
    value: Spanned<DeValue<'a>>,
) -> Option<Result<(), String>> {
    let named = |table: &DeTable<'_>| {
        let name = table.get("name").and_then(|name| name.get_ref().as_str().map(str::to_owned));
        path.len() > 1 && name.as_ref() == path.first()
    };
    let mut tables = Vec::new();
    for entry in list.iter_mut() {
        match entry.get_mut() {
            DeValue::Table(table) => tables.push(table),
            _ => return None,
        }
    }
    if tables.is_empty() {
        return None;
    }
    let one = tables.iter().position(|table| named(table));
    let (tables, path) = match one {
        Some(one) => (vec![tables.swap_remove(one)], &path[1..]),
        None => (tables, path),
    };
    Some(tables.into_iter().try_for_each(|table| put(table, path, value.clone())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Override {
        text.parse().unwrap()
    }

    #[test]
    fn an_override_is_toml_or_else_a_string() {
        let file = "a = 1\n";
        let sets = [set("b=[\"x\", 2]"), set("c.d=3Mbps"), set("a=2")];
        let source = Source::new("file.toml", file, &sets);
        let tree = source.tree().unwrap();
        println!("{tree:?}");
        let tree = tree.get_ref();
        assert_eq!(tree["b"].get_ref().as_array().unwrap().len(), 2);
        let d = &tree["c"].get_ref().as_table().unwrap()["d"];
        assert_eq!((d.get_ref().as_str(), source.at(d.span())), (Some("3Mbps"), "3Mbps"));
        assert_eq!(source.at(tree["a"].span()), "2");
    }
}
