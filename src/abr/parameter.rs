//! What can be set of an algorithm: names, kinds, defaults and ranges, declared once beside it.
//!
//! The idea to hold: `parameters!` turns one declaration into a struct with units for the algorithm
//! and a table for the scenario reader and `abr show`, so the two cannot differ.

use std::fmt;
use std::sync::Arc;

use crate::units::{Bitrate, Span};

/// Something that can be set of an algorithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter {
    /// What scenarios call it.
    pub name: &'static str,
    /// What it means.
    pub meaning: &'static str,
    /// What a bare number of it counts; nothing if it says so itself.
    pub unit: &'static str,
    /// What it is unless set.
    pub default: Value,
    /// The least it may be.
    pub least: Value,
    /// The most it may be.
    pub most: Value,
}

/// A setting, of one of the kinds there are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A plain number or a share.
    Number(f64),
    /// A whole number.
    Count(u32),
    /// A length of time.
    Span(Span),
    /// A rate.
    Bitrate(Bitrate),
    /// Yes or no.
    Flag(bool),
    /// A file.
    File(File),
    /// One of a few names.
    Choice(Choice),
}

/// A name out of a list.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Choice {
    index: usize,
    among: &'static [&'static str],
}

impl Choice {
    /// The first of a list.
    ///
    /// # Panics
    /// If there is none.
    pub const fn first(among: &'static [&'static str]) -> Self {
        assert!(!among.is_empty(), "nothing to choose from");
        Self { index: 0, among }
    }

    /// One of a list, by its place.
    ///
    /// # Panics
    /// If it has no such place.
    pub const fn nth(among: &'static [&'static str], index: usize) -> Self {
        assert!(index < among.len(), "there is no such place");
        Self { index, among }
    }

    /// The last of a list.
    ///
    /// # Panics
    /// If there is none.
    pub const fn last(among: &'static [&'static str]) -> Self {
        assert!(!among.is_empty(), "nothing to choose from");
        Self { index: among.len() - 1, among }
    }

    /// Another name of the same list, if it is on it.
    pub fn named(self, name: &str) -> Option<Self> {
        let index = self.among.iter().position(|&known| known == name)?;
        Some(Self { index, ..self })
    }

    /// What was chosen.
    pub fn name(self) -> &'static str {
        self.among[self.index]
    }

    /// What there is to choose from.
    pub fn among(self) -> &'static [&'static str] {
        self.among
    }
}

/// A file that a user gives: its place among those of the [`Settings`], which have the text.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct File(Option<usize>);

impl File {
    /// None was given.
    pub const NONE: Self = Self(None);
}

/// The largest file that is read for an algorithm, in bytes.
pub const MOST_FILE: u64 = 8 << 20;

impl Value {
    /// Whether it lies in a range of its own kind.
    pub fn is_within(self, least: Self, most: Self) -> bool {
        match (least, self, most) {
            (Self::Number(a), Self::Number(x), Self::Number(b)) => a <= x && x <= b,
            (Self::Count(a), Self::Count(x), Self::Count(b)) => a <= x && x <= b,
            (Self::Span(a), Self::Span(x), Self::Span(b)) => a <= x && x <= b,
            (Self::Bitrate(a), Self::Bitrate(x), Self::Bitrate(b)) => a <= x && x <= b,
            (Self::Flag(_), Self::Flag(_), Self::Flag(_)) => true,
            (Self::File(_), Self::File(_), Self::File(_)) => true,
            (Self::Choice(a), Self::Choice(x), Self::Choice(_)) => a.among == x.among,
            (..) => false,
        }
    }
}

macro_rules! kinds {
    ($($kind:ident($inner:ty)),*) => {$(
        impl TryFrom<Value> for $inner {
            type Error = Value;
            fn try_from(value: Value) -> Result<Self, Value> {
                match value {
                    Value::$kind(inner) => Ok(inner),
                    other => Err(other),
                }
            }
        }
    )*};
}

kinds!(
    Number(f64),
    Count(u32),
    Span(Span),
    Bitrate(Bitrate),
    Flag(bool),
    File(File),
    Choice(Choice)
);

impl fmt::Display for Value {
    /// As a scenario would write it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(x) => write!(f, "{x:?}"),
            Self::Count(n) => write!(f, "{n}"),
            Self::Span(span) => write!(f, "\"{span}\""),
            Self::Bitrate(rate) => write!(f, "\"{}\"", rate.to_string().replace(' ', "")),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::File(_) => f.write_str("\"FILE\""),
            Self::Choice(choice) => write!(f, "\"{}\"", choice.name()),
        }
    }
}

/// What a user set of an algorithm; everything else is at its default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    values: Vec<(String, Value)>,
    files: Vec<Arc<str>>,
}

impl Settings {
    /// Sets a parameter.
    ///
    /// # Errors
    /// With the range that would be right, if the value is of another kind or outside it.
    pub fn set(&mut self, parameter: &Parameter, value: Value) -> Result<(), OutOfRange> {
        let Parameter { name, least, most, .. } = *parameter;
        if !value.is_within(least, most) {
            return Err(OutOfRange { name, value, least, most });
        }
        self.values.retain(|(set, _)| set != name);
        self.values.push((name.to_owned(), value));
        Ok(())
    }

    /// Sets a parameter to a file of that text.
    ///
    /// # Errors
    /// With what would be right, if the parameter is no file.
    pub fn give(&mut self, parameter: &Parameter, text: &str) -> Result<(), OutOfRange> {
        self.set(parameter, Value::File(File(Some(self.files.len()))))?;
        self.files.push(text.into());
        Ok(())
    }

    /// The text of a file, if one was given.
    pub fn text(&self, file: File) -> Option<&str> {
        file.0.and_then(|place| self.files.get(place)).map(|text| &**text)
    }

    /// What a parameter is: as set, or its default.
    pub fn value(&self, parameter: &Parameter) -> Value {
        let set = self.values.iter().find(|(name, _)| name == parameter.name);
        set.map_or(parameter.default, |(_, value)| *value)
    }
}

/// A setting that its parameter does not allow.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{name} = {value} is out of range: it may be from {least} to {most}")]
pub struct OutOfRange {
    name: &'static str,
    value: Value,
    least: Value,
    most: Value,
}

/// The same parameters with other defaults, by the places of those that differ: an older version.
pub(super) const fn with_defaults<const N: usize>(
    list: &[Parameter],
    others: &[(&str, Value)],
) -> [Parameter; N] {
    assert!(list.len() == N, "as many as there are");
    let mut made = [list[0]; N];
    let mut at = 0;
    while at < N {
        made[at] = list[at];
        let mut other = 0;
        while other < others.len() {
            if alike(list[at].name.as_bytes(), others[other].0.as_bytes()) {
                made[at].default = others[other].1;
            }
            other += 1;
        }
        at += 1;
    }
    made
}

const fn alike(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// Declares the parameters of an algorithm: `name: kind = default, least..=most;` each; or, where
/// its users know it by another name, `name (as "theName", "unit of a bare number"): …`.
macro_rules! parameters {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident $((as $own:literal, $unit:literal))?: $kind:ident
            = $default:expr, $least:expr => $most:expr;
    )*) => {
        /// What can be set, with units.
        #[derive(Clone, Copy, Debug)]
        struct Parameters {
            $($(#[doc = $doc])+ $name: $kind,)*
        }

        impl Parameters {
            const LIST: &[$crate::abr::Parameter] = &[$($crate::abr::Parameter {
                name: parameters!(@own $name $($own)?),
                meaning: concat!($($doc),+),
                unit: parameters!(@unit $($unit)?),
                default: parameters!(@ $kind)($default),
                least: parameters!(@ $kind)($least),
                most: parameters!(@ $kind)($most),
            }),*];

            fn from_settings(settings: &$crate::abr::Settings) -> Self {
                Self::of(Self::LIST, settings)
            }

            /// With the defaults of a list: this one, or a copy with some changed.
            fn of(list: &[$crate::abr::Parameter], settings: &$crate::abr::Settings) -> Self {
                let mut list = list.iter();
                let mut next = || list.next().map(|parameter| settings.value(parameter));
                Self {
                    $($name: next()
                        .and_then(|value| value.try_into().ok())
                        .expect("a parameter is of its own kind"),)*
                }
            }
        }
    };
    (@own $name:ident) => { stringify!($name) };
    (@own $name:ident $own:literal) => { $own };
    (@unit) => { "" };
    (@unit $unit:literal) => { $unit };
    (@ f64) => { $crate::abr::Value::Number };
    (@ u32) => { $crate::abr::Value::Count };
    (@ Span) => { $crate::abr::Value::Span };
    (@ Bitrate) => { $crate::abr::Value::Bitrate };
    (@ bool) => { $crate::abr::Value::Flag };
    (@ File) => { $crate::abr::Value::File };
    (@ Choice) => { $crate::abr::Value::Choice };
}
