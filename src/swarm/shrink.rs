//! The smallest scenario that still fails.
//!
//! The idea to hold: whatever can be left out without the failure going away has nothing to do with
//! it. So keys and items are left out, and numbers made plainer, one after the other and as often
//! as that comes to anything; always in the same order, so that it always comes to the same.

use toml::{Table, Value};

use super::check::{Outcome, Question, World, check};
use crate::scenario::Panicked;

/// So often something is tried at most.
const MOST_TRIES: usize = 4_000;

/// A place in a scenario.
type Path = Vec<Step>;

#[derive(Clone, Debug)]
enum Step {
    Key(String),
    Item(usize),
}

/// The smallest world found that fails as this one does; `go_on` says whether there is time.
pub fn smallest(
    world: &World,
    broken: &Panicked,
    also: Question<'_>,
    go_on: &dyn Fn() -> bool,
) -> World {
    let fails = |scenario: Table| {
        let world = World { scenario, checks: world.checks };
        let same = match check(&world, also) {
            Outcome::Fails(found) => found.place == broken.place,
            Outcome::Holds(..) | Outcome::Refused(_) => false,
        };
        same.then_some(world.scenario)
    };
    let (mut best, mut tries) = (world.scenario.clone(), 0);
    loop {
        let before = best.clone();
        for change in [left_out, plainer] {
            let mut from = 0;
            while let Some(candidate) = change(&best, from)
                && tries < MOST_TRIES
                && go_on()
            {
                tries += 1;
                match candidate.and_then(&fails) {
                    Some(smaller) => best = smaller,
                    None => from += 1,
                }
            }
        }
        if best == before || tries >= MOST_TRIES || !go_on() {
            return World { scenario: best, checks: world.checks };
        }
    }
}

/// A candidate, or nothing where a place has none.
type Candidate = Option<Table>;

/// The scenario without its n-th part, larger ones before those in them.
fn left_out(scenario: &Table, nth: usize) -> Option<Candidate> {
    let mut all = Vec::new();
    places(&Value::Table(scenario.clone()), &mut Vec::new(), &mut all);
    all.sort_by_key(Vec::len);
    let path = all.get(nth)?;
    let mut tree = Value::Table(scenario.clone());
    let (last, before) = path.split_last()?;
    let within = at(&mut tree, before)?;
    match (within, last) {
        (Value::Table(table), Step::Key(key)) => drop(table.remove(key)),
        (Value::Array(list), Step::Item(item)) => drop(list.remove(*item)),
        _ => return Some(None),
    }
    Some(as_table(tree))
}

/// The scenario with its n-th value plainer.
fn plainer(scenario: &Table, nth: usize) -> Option<Candidate> {
    let mut all = Vec::new();
    places(&Value::Table(scenario.clone()), &mut Vec::new(), &mut all);
    let (place, how) = (nth / HOWS, nth % HOWS);
    let path = all.get(place)?;
    let mut tree = Value::Table(scenario.clone());
    let value = at(&mut tree, path)?;
    let Some(other) = simpler(value, how).filter(|other| other != value) else { return Some(None) };
    *value = other;
    Some(as_table(tree))
}

/// Ways of being plainer.
const HOWS: usize = 4;

fn simpler(value: &Value, how: usize) -> Option<Value> {
    Some(match (value, how) {
        // A list of one is one, where that may stand for it.
        (Value::Array(list), 0) if list.len() == 1 => list.first()?.clone(),
        (Value::Integer(number), 0) => Value::Integer((*number).min(1)),
        (Value::Integer(number), 1) => Value::Integer(number / 2),
        (Value::Integer(number), 2) => Value::Integer(number - number.signum()),
        (Value::Float(number), 0) => Value::Float(number.round()),
        (Value::Float(number), 1) => Value::Float((number * 10.0).round() / 10.0),
        (Value::Float(number), 2) => Value::Float((number * 100.0).round() / 100.0),
        (Value::String(text), how) => Value::String(quantity(text, how)?),
        (Value::Boolean(_) | Value::Datetime(_) | Value::Array(_) | Value::Table(_), _) => None?,
        (Value::Integer(_) | Value::Float(_), _) => None?,
    })
}

/// A number and a unit, fewer and rounder.
fn quantity(text: &str, how: usize) -> Option<String> {
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(split);
    let number: f64 = number.parse().ok()?;
    let larger = match unit {
        "ms" => Some("s"),
        "kbps" => Some("Mbps"),
        _ => None,
    };
    match (how, larger) {
        (0, Some(larger)) => Some(format!("{}{larger}", (number / 1e3).ceil())),
        (1, _) => Some(format!("{}{unit}", (number / 2.0).ceil())),
        (2, _) if number > 100.0 => Some(format!("{}{unit}", (number / 100.0).ceil() * 100.0)),
        (3, _) if number > 10.0 => Some(format!("{}{unit}", (number / 10.0).floor() * 10.0)),
        _ => None,
    }
}

/// Every place in a value, those in tables by their keys.
fn places(value: &Value, here: &mut Path, all: &mut Vec<Path>) {
    let mut inner = |step: Step, value: &Value| {
        here.push(step);
        all.push(here.clone());
        places(value, here, all);
        here.pop();
    };
    match value {
        Value::Table(table) => {
            table.iter().for_each(|(key, value)| inner(Step::Key(key.clone()), value));
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(item, value)| inner(Step::Item(item), value));
        }
        Value::String(_) | Value::Integer(_) | Value::Float(_) => {}
        Value::Boolean(_) | Value::Datetime(_) => {}
    }
}

fn at<'a>(value: &'a mut Value, path: &[Step]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key),
        Step::Item(item) => value.get_mut(*item),
    })
}

fn as_table(value: Value) -> Option<Table> {
    match value {
        Value::Table(table) => Some(table),
        _ => None,
    }
}
