//! What went wrong with requests, counted by what it was.
//!
//! The idea to hold: the trouble of one player is its own; all of it is told at the end.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io;

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Trouble {
    /// An answer that is no success.
    Status(u16),
    /// The connection was refused, or could not be had in time.
    Connection,
    /// It broke.
    Broken,
    /// There is no secure connection.
    Tls,
    /// The name of the host leads nowhere.
    Name,
    /// It was sent on too often.
    Redirects,
    /// Nothing was heard for too long.
    Silent,
    /// It took too long in all.
    Endless,
    /// More came than could be right.
    TooLarge,
    /// Less or more came than was announced.
    Length,
    /// The manifest does not say where it is.
    NoAddress,
}

impl Trouble {
    /// What an error of the client comes to.
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if error.is_redirect() {
            return Self::Redirects;
        }
        let mut next: Option<&(dyn Error + 'static)> = error.source();
        while let Some(cause) = next {
            if cause.is::<rustls::Error>() {
                return Self::Tls;
            }
            if cause.to_string().contains("dns error") {
                return Self::Name;
            }
            let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            next = match inner {
                Some(inner) => Some(inner as &(dyn Error + 'static)),
                None => cause.source(),
            };
        }
        match (error.is_timeout(), error.is_connect()) {
            (_, true) => Self::Connection,
            (true, false) => Self::Silent,
            (false, false) => Self::Broken,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Status(status) => return write!(f, "answered {status}"),
            Self::Connection => "no connection",
            Self::Broken => "broke off",
            Self::Tls => "no secure connection",
            Self::Name => "no such host",
            Self::Redirects => "sent on too often",
            Self::Silent => "silent for too long",
            Self::Endless => "took too long",
            Self::TooLarge => "too large",
            Self::Length => "not as long as announced",
            Self::NoAddress => "no address in the manifest",
        };
        f.write_str(text)
    }
}

/// How often what went wrong.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Troubles(BTreeMap<Trouble, u64>);

impl Troubles {
    pub(super) fn count(&mut self, trouble: Trouble) {
        *self.0.entry(trouble).or_default() += 1;
    }

    /// Takes in others.
    pub fn merge(&mut self, other: &Self) {
        for (&trouble, count) in &other.0 {
            *self.0.entry(trouble).or_default() += count;
        }
    }

    /// What there was of it.
    pub fn iter(&self) -> impl Iterator<Item = (Trouble, u64)> + '_ {
        self.0.iter().map(|(&trouble, &count)| (trouble, count))
    }

    /// How much in all.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}
