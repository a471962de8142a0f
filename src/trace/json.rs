//! A JSON array, read one of its values at a time.
//!
//! The idea to hold: where a value ends is found by counting brackets, in no more than a line's
//! worth of bytes; only then is it parsed. Neither a large file nor deep nesting takes memory.

use serde_json::{Map, Value};

use super::problem::{Problem, Unit};
use super::text::{MAX_LINE, Text};

/// One value of the array, an object.
pub(super) type Period = Map<String, Value>;

/// The values of an array, which are called periods in every format that has them.
pub(super) struct Periods<'t, 'a> {
    text: &'t mut Text<'a>,
    /// How many have been read.
    count: usize,
}

impl<'t, 'a> Periods<'t, 'a> {
    /// The periods of a text.
    pub(super) fn of(text: &'t mut Text<'a>) -> Self {
        Self { text, count: 0 }
    }

    /// The next one that is an object, and its number, counted from 1.
    pub(super) fn object(&mut self) -> Result<Option<(Period, usize)>, Problem> {
        match self.next()? {
            Some(Value::Object(period)) => Ok(Some((period, self.count))),
            Some(other) => Err(not_a_period(&other.to_string(), "an object")),
            None => Ok(None),
        }
    }

    /// The next one that is a list.
    pub(super) fn list(&mut self) -> Result<Option<Vec<Value>>, Problem> {
        match self.next()? {
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(other) => Err(not_a_period(&other.to_string(), "a list")),
            None => Ok(None),
        }
    }

    fn next(&mut self) -> Result<Option<Value>, Problem> {
        let right: &[u8] = if self.count == 0 { b"[" } else { b",]" };
        let sign = self.sign(right)?;
        self.text.pass_white()?;
        let ends = sign == b']' || (self.count == 0 && self.text.peek()? == Some(b']'));
        if ends {
            if sign != b']' {
                self.sign(b"]")?;
                self.text.pass_white()?;
            }
            return match self.text.peek()? {
                None => Ok(None),
                Some(_) => {
                    let more = self.text.ahead()?;
                    Err(Problem::Syntax(format!("{more:?} after the end of the array")))
                }
            };
        }
        self.count += 1;
        let value = self.balanced()?;
        let value = serde_json::from_slice(&value).map_err(|error| {
            // The position the error ends with is counted from the beginning of the period.
            let said = error.to_string();
            let what = said.split_once(" at line ").map_or(&*said, |(what, _)| what);
            Problem::Syntax(format!("not a period: {what}"))
        })?;
        Ok(Some(value))
    }

    /// Passes white space and one of these signs.
    fn sign(&mut self, right: &[u8]) -> Result<u8, Problem> {
        self.text.pass_white()?;
        let signs: Vec<_> = right.iter().map(|&sign| char::from(sign)).collect();
        match self.text.peek()? {
            Some(sign) if right.contains(&sign) => {
                self.text.pass(sign);
                Ok(sign)
            }
            Some(_) => {
                let ahead = self.text.ahead()?;
                Err(Problem::Syntax(format!("{ahead:?}, where one of {signs:?} should be")))
            }
            None => Err(Problem::Syntax(format!("the file ends where one of {signs:?} should be"))),
        }
    }

    /// The bytes of an object or a list, up to the bracket that ends it.
    fn balanced(&mut self) -> Result<Vec<u8>, Problem> {
        let mut value = Vec::new();
        let (mut depth, mut quoted, mut escaped) = (0, false, false);
        loop {
            let Some(byte) = self.text.peek()? else {
                return Err(Problem::Syntax("the file ends where a period should be".to_owned()));
            };
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' if depth > 0 => quoted = !quoted,
                b'{' | b'[' if !quoted => depth += 1,
                b'}' | b']' if !quoted && depth > 0 => depth -= 1,
                _ if depth == 0 => {
                    return Err(not_a_period(&self.text.ahead()?, "an object or a list"));
                }
                _ => {}
            }
            self.text.pass(byte);
            value.push(byte);
            if depth == 0 {
                return Ok(value);
            }
            if value.len() > MAX_LINE {
                let problem = format!("a period of more than {MAX_LINE} bytes");
                return Err(Problem::Syntax(problem));
            }
        }
    }
}

fn not_a_period(found: &str, right: &str) -> Problem {
    let found = super::field::clip(found);
    Problem::Syntax(format!("not a period: {found:?}, where {right} should be"))
}

/// A member of a period, as it is written.
pub(super) fn member(
    (period, count): (&Period, usize),
    member: &'static str,
    unit: Unit,
) -> Result<String, Problem> {
    match period.get(member) {
        Some(value) => Ok(value.to_string()),
        None => Err(Problem::NoMember { period: count, member, unit }),
    }
}
