//! Names of segments (ISO/IEC 23009-1, 5.3.9.4.4): a template and what fills it.
//!
//! The idea to hold: what is the same for all segments of a Representation is filled in once, when
//! the template is compiled; what is left are places for a number and a time.

use std::fmt::Write;

use crate::media::manifest::{Cut, Problem};

/// The longest URL of a segment, in bytes.
const MAX_URL: usize = 8_192;

/// A template in which only what differs between segments is open.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template {
    /// As it stands in the MPD.
    text: String,
    /// What stands before the first open place.
    head: String,
    /// Each open place, and what stands after it.
    rest: Vec<(Open, String)>,
}

/// A place that a segment fills, with at least so many digits.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Open {
    Number(usize),
    Time(usize),
}

impl Template {
    /// Fills in what a Representation is called and how many bits per second it needs.
    pub(super) fn new(
        text: &str,
        id: Option<&str>,
        bandwidth: Option<u64>,
    ) -> Result<Self, Problem> {
        let wrong = |right: &str| Problem::Wrong {
            what: "the template".into(),
            found: text.chars().take(80).collect(),
            right: right.into(),
        };
        let mut template = Self { text: text.to_owned(), head: String::new(), rest: Vec::new() };
        // Split at its dollars, every other piece is an identifier.
        let mut pieces = text.split('$');
        template.head += pieces.next().unwrap_or_default();
        while let Some(identifier) = pieces.next() {
            let Some(literal) = pieces.next() else {
                return Err(wrong("a $ has to be closed by another, or doubled"));
            };
            let (name, format) = match identifier.split_once('%') {
                Some((name, format)) => (name, Some(format)),
                None => (identifier, None),
            };
            let width = width(format).ok_or_else(|| wrong("a width is written %05d"))?;
            match name {
                "" => template.tail().push('$'),
                "RepresentationID" => {
                    let missing = || wrong("$RepresentationID$ needs a Representation@id");
                    *template.tail() += id.ok_or_else(missing)?;
                }
                "Bandwidth" => {
                    let missing = || wrong("$Bandwidth$ needs a Representation@bandwidth");
                    let bandwidth = bandwidth.ok_or_else(missing)?;
                    *template.tail() += &format!("{bandwidth:0width$}");
                }
                "Number" => template.rest.push((Open::Number(width), String::new())),
                "Time" => template.rest.push((Open::Time(width), String::new())),
                _ => {
                    return Err(wrong(
                        "known are $RepresentationID$, $Bandwidth$, $Number$ and $Time$",
                    ));
                }
            }
            *template.tail() += literal;
        }
        let length = |rest: &(Open, String)| rest.1.len() + 20;
        match template.head.len() + template.rest.iter().map(length).sum::<usize>() {
            0..=MAX_URL => Ok(template),
            _ => Err(wrong("a URL of 8192 bytes at most is expected")),
        }
    }

    /// The template as it stands in the MPD.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the last literal is added to.
    fn tail(&mut self) -> &mut String {
        match self.rest.last_mut() {
            Some((_, literal)) => literal,
            None => &mut self.head,
        }
    }

    /// Whether segments differ in it.
    pub(super) fn is_open(&self) -> bool {
        !self.rest.is_empty()
    }

    /// The name of a segment.
    pub fn fill(&self, cut: &Cut) -> String {
        let mut url = self.head.clone();
        for (open, literal) in &self.rest {
            // Writing to a string does not fail.
            let _ = match *open {
                Open::Number(width) => write!(url, "{:0width$}", cut.number),
                Open::Time(width) => write!(url, "{:0width$}", cut.time),
            };
            url += literal;
        }
        url
    }

    /// The name of what is the same for all segments.
    pub(super) fn fixed(self) -> Option<String> {
        self.rest.is_empty().then_some(self.head)
    }
}

/// The width that a format such as `05d` asks for; none is one digit.
fn width(format: Option<&str>) -> Option<usize> {
    let Some(format) = format else { return Some(1) };
    let digits = format.strip_prefix('0')?.strip_suffix(['d', 'u', 'i', 'x', 'X', 'o'])?;
    digits.parse().ok().filter(|&width: &usize| width <= 20)
}
