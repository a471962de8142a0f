//! How a cache behaves, and what it is between viewers and the origin.

use std::sync::Arc;

use super::{Catalogue, Origin, Policy};
use crate::media::{DocumentId, Object};
use crate::units::{Bytes, Span};

/// The way from the edges to the origin.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What there is to ask for.
    pub catalogue: Arc<Catalogue>,
    /// The caches that viewers ask.
    pub edges: Vec<Edge>,
    /// The one that these ask instead of the origin, if there is one.
    pub shield: Option<Hop>,
    /// Where everything is.
    pub origin: Origin,
    /// How many requests the origin can serve at once, and how many more may wait.
    pub queue: Option<Queue>,
    /// Whether there are no caches, and what there is for edges only passes requests on: then draws
    /// are keyed by viewers, and nothing is said of edges.
    pub direct: bool,
    /// Of the viewers with numbers below this it is told how each request was answered.
    pub tells: u64,
    /// For how long requests are counted together.
    pub step: Span,
}

/// A cache that viewers ask.
#[derive(Clone, Debug)]
pub struct Edge {
    /// What draws are keyed by; no other edge of the run has it.
    pub number: u64,
    /// How it behaves.
    pub hop: Hop,
}

/// What an origin can do at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Queue {
    /// So many requests at a time.
    pub servers: u32,
    /// How long each keeps a server; as long as it is thought about and sent, if nothing is said.
    pub service: Option<Span>,
    /// How many may wait; who comes then is refused.
    pub room: u32,
}

/// How a cache behaves. The default keeps nothing and adds nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Hop {
    /// How many bytes it holds.
    pub room: Bytes,
    /// Who has to go when there is no room.
    pub policy: Policy,
    /// What it holds before anybody asks.
    pub start: Start,
    /// How long who asks for what is being fetched waits for that before it is fetched for them
    /// alone; if nothing is said they never wait.
    pub collapse: Option<Span>,
    /// How long a segment is fresh.
    pub ttl: Span,
    /// How long a manifest, a playlist or an initialisation segment is.
    pub ttl_documents: Span,
    /// What of these is made anew all the time, and how long that is fresh.
    pub refreshed: Option<(Arc<[DocumentId]>, Span)>,
    /// How long after that it is still given to whoever asks, while it is fetched anew.
    pub stale_while_revalidate: Span,
    /// How long after that it is given where fetching it fails.
    pub stale_if_error: Span,
    /// How long an error is given to whoever asks.
    pub negative: Span,
    /// The round trip to what is behind it.
    pub rtt: Span,
    /// Round trips before a request can leave: none where connections are kept, two for a new one
    /// with TLS 1.3.
    pub connect: u32,
    /// How long it waits for a first byte.
    pub timeout: Span,
    /// How often it tries.
    pub attempts: u8,
    /// How long it waits before it tries again.
    pub backoff: Span,
    /// Instead of what it holds: the share of requests that it has the answer to.
    pub sampled: Option<f64>,
}

/// What a cache holds at the beginning.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Start {
    /// Nothing.
    #[default]
    Cold,
    /// The most popular objects, as many as there is room for.
    Warm,
}

impl Default for Hop {
    fn default() -> Self {
        Self {
            room: Bytes::ZERO,
            policy: Policy::Lru,
            start: Start::Cold,
            collapse: None,
            ttl: Span::MAX,
            ttl_documents: Span::MAX,
            refreshed: None,
            stale_while_revalidate: Span::ZERO,
            stale_if_error: Span::ZERO,
            negative: Span::ZERO,
            rtt: Span::ZERO,
            connect: 0,
            timeout: Span::MAX,
            attempts: 1,
            backoff: Span::ZERO,
            sampled: None,
        }
    }
}

impl Hop {
    /// How long an object stays fresh.
    pub(super) fn fresh(&self, object: Object) -> Span {
        match object {
            Object::Document(_) => match &self.refreshed {
                Some((_, ttl)) if self.is_refreshed(object) => *ttl,
                Some(_) | None => self.ttl_documents,
            },
            Object::Segment(_) => self.ttl,
        }
    }

    /// Whether an object is made anew all the time: what is held of it is never still so.
    pub(super) fn is_refreshed(&self, object: Object) -> bool {
        let Object::Document(id) = object else { return false };
        self.refreshed.as_ref().is_some_and(|(documents, _)| documents.contains(&id))
    }

    /// How long a request is on its way to what is behind.
    pub(super) fn way_there(&self) -> Span {
        self.rtt * u64::from(self.connect) + self.rtt / 2
    }

    /// How long an answer is.
    pub(super) fn way_back(&self) -> Span {
        self.rtt - self.rtt / 2
    }
}
