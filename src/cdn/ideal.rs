//! The parts of the way that time is lost on, and which of them to think away.

use std::sync::Arc;

use crate::cdn::{Faults, Incident, Latency, Origin, Store, Tier};

/// Where time is lost between a decision and its last byte, or by the decision.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Stage {
    /// The bandwidth of the last mile. Ideal, it is without bound; its round trips stay.
    LastMile,
    /// The round trips of an edge to what is behind it.
    Edge,
    /// Those of the shield.
    Shield,
    /// Waiting at the origin to be served, or being refused for want of room.
    Queue,
    /// How long the origin thinks and sends.
    Origin,
    /// Errors, resets, bodies cut short and outages, with the waits before trying again.
    Errors,
    /// The algorithm. Ideal, it takes the cheapest rung of everything.
    Choice,
}

impl Stage {
    /// All, from the viewer on.
    pub const ALL: [Self; 7] = [
        Self::LastMile,
        Self::Edge,
        Self::Shield,
        Self::Queue,
        Self::Origin,
        Self::Errors,
        Self::Choice,
    ];

    /// As reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::LastMile => "last mile",
            Self::Edge => "edge",
            Self::Shield => "shield",
            Self::Queue => "origin queue",
            Self::Origin => "origin latency",
            Self::Errors => "errors and retries",
            Self::Choice => "choice of rung",
        }
    }
}

/// The stages that are ideal.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Ideal(u8);

impl Ideal {
    /// Those that a number names bit by bit, of these.
    pub fn of(stages: &[Stage], bits: usize) -> Self {
        let chosen = stages.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
        Self(chosen.map(|(_, stage)| 1 << *stage as u8).sum())
    }

    /// Whether a stage is.
    pub fn has(self, stage: Stage) -> bool {
        self.0 >> stage as u8 & 1 == 1
    }

    /// An origin without what is ideal.
    pub fn origin(self, origin: &Origin) -> Origin {
        let latency = |of: &Latency| match self.has(Stage::Origin) {
            true => Latency::default(),
            false => of.clone(),
        };
        let store = |of: &Store| match self.has(Stage::Origin) {
            true => Store::default(),
            false => of.clone(),
        };
        let tier = |tier: &Tier| Tier { store: store(&tier.store), ..tier.clone() };
        let incident = |incident: &Incident| {
            let mut incident = incident.clone();
            incident.what.latency = incident.what.latency.as_ref().map(latency);
            if self.has(Stage::Errors) {
                (incident.what.errors, incident.what.down) = (None, false);
            }
            incident
        };
        Origin {
            store: store(&origin.store),
            tiers: origin.tiers.iter().map(tier).collect(),
            faults: if self.has(Stage::Errors) { Faults::default() } else { origin.faults },
            incidents: origin.incidents.iter().map(incident).collect(),
            scripts: match self.has(Stage::Errors) {
                true => Arc::default(),
                false => origin.scripts.clone(),
            },
            seed: origin.seed,
            making: origin.making.clone(),
        }
    }
}
