//! A query argument, four headers or the body of a report into records.
//!
//! The idea to hold: nothing here fails. What cannot be read is counted, and the rest is taken; so
//! much of it at most, as whoever sends it may mean harm. Of bodies the text form is read, a record
//! a line, as CTA-5004-B has it; the JSON of its drafts counts as malformed.

use super::value::{Value, split};
use super::{Cmcd, Taken};
use crate::units::Bytes;

/// A record, and what else was there.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Reading {
    /// What was understood.
    pub cmcd: Cmcd,
    /// Keys that are none of the specification's: newer ones, and those of a player's own.
    pub unknown: u32,
    /// Keys whose value is not what it should be.
    pub malformed: u32,
    /// Keys there were too many of.
    pub left_out: u32,
}

/// The records of a body.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Body {
    /// One for each line that is not empty.
    pub records: Vec<Reading>,
    /// Lines that did not end within the limit.
    pub left_out: u32,
}

/// More keys of a record are left out.
const MOST_KEYS: usize = 64;

/// The record in a query, `CMCD=…` among other arguments, if there is one.
pub fn query(query: &str) -> Option<Reading> {
    let mut arguments = query.split('&');
    let value = arguments.find_map(|argument| argument.strip_prefix("CMCD="))?;
    Some(record(&decoded(value)))
}

/// The record in headers by name and value, whatever the case of their names, if there is one.
pub fn headers<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Reading> {
    let names = ["CMCD-Object", "CMCD-Request", "CMCD-Session", "CMCD-Status"];
    let ours = |name: &str| names.iter().any(|own| own.eq_ignore_ascii_case(name));
    let values: Vec<_> =
        all.into_iter().filter(|(name, _)| ours(name)).map(|(_, value)| value).collect();
    (!values.is_empty()).then(|| record(&values.join(",")))
}

/// The records of a body (`application/cmcd`), of the lines that end within so many bytes.
pub fn body(body: &[u8], limit: Bytes) -> Body {
    let (mut found, mut read) = (Body::default(), 0);
    for line in body.split(|&byte| byte == b'\n') {
        read += line.len() as u64;
        let text = String::from_utf8_lossy(line);
        if !text.trim().is_empty() && read > limit.get() {
            found.left_out += 1;
        } else if !text.trim().is_empty() {
            found.records.push(record(&text));
        }
        read += 1;
    }
    found
}

/// One record: keys and values, with commas between them.
pub fn record(text: &str) -> Reading {
    let mut reading = Reading::default();
    let parts = || split(text, ',').map(str::trim).filter(|part| !part.is_empty());
    let named = |part| match str::split_once(part, '=') {
        Some((key, value)) => (key.trim(), Value::parse(value)),
        None => (part, Some(Value::alone())),
    };
    // The type of the object decides which item of a list is meant, wherever it stands.
    let own = parts().take(MOST_KEYS).map(named).find(|&(key, _)| key == "ot");
    let of = own.and_then(|(_, value)| value?.word());
    for (count, part) in parts().enumerate() {
        if count >= MOST_KEYS {
            reading.left_out += 1;
            continue;
        }
        let (key, value) = named(part);
        let taken = match value {
            Some(value) => reading.cmcd.take(key, &value, of),
            None => Taken::Malformed,
        };
        reading.unknown += u32::from(taken == Taken::Unknown);
        reading.malformed += u32::from(taken == Taken::Malformed);
    }
    reading
}

/// Undoes percent-encoding. What is not encoded as it should be stays as it is.
pub fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    let digit = |byte: u8| char::from(byte).to_digit(16);
    while let [first, after @ ..] = rest {
        let coded = match after {
            [high, low, ..] if *first == b'%' => digit(*high).zip(digit(*low)),
            _ => None,
        };
        let (byte, length) = coded.map_or((*first, 1), |(h, l)| ((h * 16 + l) as u8, 3));
        bytes.push(byte);
        rest = &rest[length..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
