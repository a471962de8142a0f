//! One request of a player, and what came of it, for looking at.
//!
//! The idea to hold: the player knows when it asked and what it got, caches how they came to
//! answer; the second is known only where there are caches, and joined to the first when all is
//! over.

use crate::cdn::Told;
use crate::media::Object;
use crate::player::Request;
use crate::units::{Bytes, Time};

/// A request, and what came of it. Instants are those since the viewer pressed play.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub struct Transfer {
    /// How many requests the player had made before.
    pub serial: u32,
    /// What was asked for; rungs are counted among those that the viewer's device shows.
    pub object: Object,
    /// How often it had failed before, in a row.
    pub attempt: u32,
    /// When the player asked.
    pub asked: Time,
    /// When the first byte came, if one did and that is known.
    pub first_byte: Option<Time>,
    /// When it was over, if it was before the session was.
    pub end: Option<Time>,
    /// How much came.
    pub bytes: Bytes,
    /// How it ended.
    pub fate: Fate,
    /// How caches came to answer, where there are caches and they did.
    pub told: Option<Told>,
}

/// How a request ends.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[cfg_attr(feature = "app", derive(serde::Serialize, serde::Deserialize))]
pub enum Fate {
    /// Not before the session.
    Open,
    /// All of it came.
    Delivered,
    /// The player cancelled it.
    Abandoned,
    /// It failed.
    Failed,
}

impl Fate {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Open, Self::Delivered, Self::Abandoned, Self::Failed];

    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Delivered => "delivered",
            Self::Abandoned => "abandoned",
            Self::Failed => "failed",
        }
    }
}

impl Transfer {
    /// A request of which nothing has come yet.
    pub(super) fn asked(at: Time, request: &Request) -> Self {
        Self {
            serial: request.id.serial,
            object: request.object,
            attempt: request.attempt,
            asked: at,
            first_byte: None,
            end: None,
            bytes: Bytes::ZERO,
            fate: Fate::Open,
            told: None,
        }
    }
}
