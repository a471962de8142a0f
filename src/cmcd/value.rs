//! How CMCD writes values: a dialect of structured fields (RFC 8941).
//!
//! The idea to hold: version 2 may give a value for each type of object, as a list whose items are
//! marked `;v` or `;a`. One of them is meant by whoever asks, so a list is read as one item.

use super::{Format, Happening, ObjectType, State, StreamType};
use crate::units::{Bitrate, Span};

/// How fast media is played, in thousandths; 0 is not at all.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Rate(pub u32);

/// One item.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Item<'a> {
    /// A key alone.
    True,
    /// A number or a word.
    Bare(&'a str),
    /// What was in quotation marks.
    Text(String),
}

/// The items of a value, with what each is marked by.
pub(super) struct Value<'a> {
    items: Vec<(Item<'a>, &'a str)>,
}

/// More items of a list are left out.
const MOST_ITEMS: usize = 16;

impl<'a> Value<'a> {
    /// A key alone.
    pub(super) const fn alone() -> Self {
        Self { items: Vec::new() }
    }

    /// What stands behind a key and `=`; nothing if it cannot be read.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        let Some(list) = text.strip_prefix('(') else {
            return Some(Self { items: vec![item(text)?] });
        };
        let (list, _) = list.rsplit_once(')')?;
        let items: Option<Vec<_>> =
            split(list, ' ').filter(|part| !part.is_empty()).take(MOST_ITEMS).map(item).collect();
        items.filter(|items| !items.is_empty()).map(|items| Self { items })
    }

    /// The item for a type of object; of others that of pictures, or else the first.
    pub(super) fn of(&self, of: Option<&str>) -> &Item<'a> {
        let marked = |mark: &str| self.items.iter().find(|(_, marked)| *marked == mark);
        let found = of.and_then(marked).or_else(|| marked("v")).or_else(|| marked("av"));
        found.or(self.items.first()).map_or(&Item::True, |(item, _)| item)
    }

    /// The word it is, if it is one.
    pub(super) fn word(&self) -> Option<&'a str> {
        match self.items.first() {
            Some(&(Item::Bare(word), _)) => Some(word),
            Some((Item::True | Item::Text(_), _)) | None => None,
        }
    }
}

/// An item, and what it is marked by.
fn item(text: &str) -> Option<(Item<'_>, &str)> {
    let mut parts = split(text, ';');
    let (value, mark) = (parts.next()?.trim(), parts.next().unwrap_or("").trim());
    let Some(rest) = value.strip_prefix('"') else {
        let strange = value.is_empty() || value.contains(['"', '(', ')']);
        return (!strange).then_some((Item::Bare(value), mark));
    };
    let (mut content, mut chars) = (String::new(), rest.chars());
    loop {
        match chars.next()? {
            '\\' => content.push(chars.next()?),
            '"' => break,
            other => content.push(other),
        }
    }
    chars.as_str().is_empty().then_some((Item::Text(content), mark))
}

/// The parts between separators that stand neither in quotation marks nor in a list.
pub(super) fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let whole = rest?;
        let (mut quoted, mut escaped, mut inside) = (false, false, false);
        let end = whole.char_indices().find(|&(_, c)| {
            if quoted {
                (quoted, escaped) = (escaped || c != '"', !escaped && c == '\\');
                return false;
            }
            quoted = c == '"';
            inside = if inside { c != ')' } else { c == '(' };
            c == separator && !inside
        });
        let Some((end, _)) = end else {
            rest = None;
            return Some(whole);
        };
        rest = Some(&whole[end + separator.len_utf8()..]);
        Some(&whole[..end])
    })
}

/// What a field writes.
pub(super) enum Out {
    /// The key alone.
    True,
    /// This behind it.
    Value(String),
}

impl Out {
    /// What stands behind the key.
    pub(super) fn text(self) -> Option<String> {
        match self {
            Self::True => None,
            Self::Value(text) => Some(text),
        }
    }
}

/// A type a key may have.
pub(super) trait Field: Sized {
    /// From an item, if it is one of these.
    fn read(item: &Item<'_>) -> Option<Self>;

    /// As it is written, numbers to the nearest `step`; nothing of what is as good as not said.
    fn write(&self, step: u64) -> Option<Out>;
}

/// No number is larger: so many milliseconds are three centuries.
const MOST: f64 = 1e13;

/// A number, to the nearest whole one; the specification has only those, players do not.
fn number(item: &Item<'_>) -> Option<u64> {
    let Item::Bare(text) = item else { return None };
    let number: f64 = text.parse().ok()?;
    (0.0..=MOST).contains(&number).then(|| libm::round(number) as u64)
}

fn rounded(number: u64, step: u64) -> Option<Out> {
    Some(Out::Value(((number + step / 2) / step * step).to_string()))
}

impl Field for u64 {
    fn read(item: &Item<'_>) -> Option<Self> {
        number(item)
    }

    fn write(&self, step: u64) -> Option<Out> {
        rounded(*self, step)
    }
}

impl Field for Bitrate {
    fn read(item: &Item<'_>) -> Option<Self> {
        number(item).map(Self::kbps)
    }

    fn write(&self, step: u64) -> Option<Out> {
        rounded(libm::round(self.as_kbps_f64()) as u64, step)
    }
}

impl Field for Span {
    fn read(item: &Item<'_>) -> Option<Self> {
        number(item).map(Self::from_millis)
    }

    fn write(&self, step: u64) -> Option<Out> {
        rounded(libm::round(self.as_millis_f64()) as u64, step)
    }
}

impl Field for bool {
    fn read(item: &Item<'_>) -> Option<Self> {
        match item {
            Item::True | Item::Bare("?1" | "true" | "1") => Some(true),
            Item::Bare("?0" | "false" | "0") => Some(false),
            Item::Bare(_) | Item::Text(_) => None,
        }
    }

    fn write(&self, _: u64) -> Option<Out> {
        self.then_some(Out::True)
    }
}

impl Field for String {
    fn read(item: &Item<'_>) -> Option<Self> {
        match item {
            Item::Text(text) => Some(text.clone()),
            // Some forget the quotation marks.
            Item::Bare(text) => Some((*text).to_owned()),
            Item::True => None,
        }
    }

    fn write(&self, _: u64) -> Option<Out> {
        let mut text = Self::from("\"");
        for c in self.chars().filter(|c| !c.is_control()) {
            text.extend(matches!(c, '"' | '\\').then_some('\\'));
            text.push(c);
        }
        text.push('"');
        Some(Out::Value(text))
    }
}

impl Field for Rate {
    fn read(item: &Item<'_>) -> Option<Self> {
        let Item::Bare(text) = item else { return None };
        let rate: f64 = text.parse().ok()?;
        (0.0..=1e3).contains(&rate).then(|| Self(libm::round(rate * 1e3) as u32))
    }

    /// To the hundredth.
    fn write(&self, _: u64) -> Option<Out> {
        let hundredths = self.0.saturating_add(5) / 10;
        let (whole, part) = (hundredths / 100, hundredths % 100);
        Some(Out::Value(match (part, part % 10) {
            (0, _) => whole.to_string(),
            (_, 0) => format!("{whole}.{}", part / 10),
            _ => format!("{whole}.{part:02}"),
        }))
    }
}

macro_rules! token_fields {
    ($($name:ident),*) => {$(
        impl Field for $name {
            fn read(item: &Item<'_>) -> Option<Self> {
                match item {
                    Item::Bare(token) => Self::parse(token),
                    Item::Text(token) => Self::parse(token),
                    Item::True => None,
                }
            }

            fn write(&self, _: u64) -> Option<Out> {
                Some(Out::Value(self.token().to_owned()))
            }
        }
    )*};
}

token_fields!(ObjectType, Format, StreamType, State, Happening);
