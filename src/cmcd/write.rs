//! Records as players send them.
//!
//! The idea to hold: keys are in alphabetical order, numbers rounded as the specification has it,
//! and what a version does not know is not said in it.

use std::fmt::Write;

use super::{Cmcd, Group, Rate, Written};

/// Behind the question mark: `CMCD=…`, percent-encoded; nothing if there is nothing to say.
pub fn query(cmcd: &Cmcd) -> Option<String> {
    let all = join(said(cmcd).iter().filter(|one| one.group != Group::Report));
    (!all.is_empty()).then(|| format!("CMCD={}", encode(&all)))
}

/// Headers by name and value. Of the four those that have something to say.
pub fn headers(cmcd: &Cmcd) -> Vec<(&'static str, String)> {
    let all = said(cmcd);
    let names = [
        ("CMCD-Object", Group::Object),
        ("CMCD-Request", Group::Request),
        ("CMCD-Session", Group::Session),
        ("CMCD-Status", Group::Status),
    ];
    let of = |group| join(all.iter().filter(|one| one.group == group));
    let each = names.into_iter().map(|(name, group)| (name, of(group)));
    each.filter(|(_, value)| !value.is_empty()).collect()
}

/// A line of the body of a report, without its end.
pub fn line(cmcd: &Cmcd) -> String {
    join(said(cmcd).iter())
}

/// What is there of the version that is spoken. Normal speed and the first version go without
/// saying.
fn said(cmcd: &Cmcd) -> Vec<Written> {
    let pr = cmcd.pr.filter(|&pr| pr != Rate(1_000));
    let v = cmcd.v.filter(|&v| v > 1);
    let mut all = Cmcd { pr, v, ..cmcd.clone() }.written();
    all.retain(|one| one.since <= cmcd.version());
    all
}

fn join<'a>(all: impl Iterator<Item = &'a Written>) -> String {
    let one = |one: &Written| match &one.value {
        Some(value) => format!("{}={value}", one.key),
        None => one.key.to_owned(),
    };
    all.map(one).collect::<Vec<_>>().join(",")
}

/// As `encodeURIComponent` of players does it, and a little more.
fn encode(text: &str) -> String {
    let mut coded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                coded.push(char::from(byte));
            }
            // Writing to a string does not fail.
            _ => drop(write!(coded, "%{byte:02X}")),
        }
    }
    coded
}
