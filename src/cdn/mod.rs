//! The delivery chain behind the last mile: where bytes come from, and how long until the first.
//!
//! ```text
//!   latency.rs    how long an origin thinks: quantiles and distributions
//!   origin.rs     where everything is: tiers, faults, incidents
//!   script.rs     faults of one request or another
//!   presets.rs    stores whose figures are known
//!   queue.rs      servers with a queue, exactly
//!   catalogue.rs  everything there is to ask for, numbered
//!   cache.rs      what a cache holds: LRU and TinyLFU
//!   hop.rs        how a cache behaves, and the plan of the whole
//!   fetch.rs      what a cache fetches, and its story
//!   node.rs       a cache at work
//!   chain.rs      edges, shield and origin as one machine
//!   ideal.rs      the parts that time is lost on, and which to think away
//!   replay.rs     what viewers would have met without some of them
//!   tally.rs      what they did, counted
//! ```

mod cache;
mod catalogue;
mod chain;
mod fetch;
mod hop;
mod ideal;
mod latency;
mod node;
mod origin;
mod presets;
mod queue;
mod replay;
mod script;
mod tally;
#[cfg(test)]
mod tests;

pub use cache::{Policy, Shelf};
pub use catalogue::{Catalogue, Key};
pub use chain::Chain;
pub use fetch::{Caller, Found, Reply, Source, Told};
pub use hop::{Edge, Hop, Plan, Queue, Start};
pub use ideal::{Ideal, Stage};
pub use latency::{Latency, Tail};
pub use origin::{
    Ask, Fault, Faults, Holds, Incident, Making, Origin, Served, Store, Tier, Trouble,
};
pub use presets::{PRESETS, Preset};
pub use queue::Servers;
pub use replay::{Met, Past, Replay};
pub use script::{Mishap, Of, Script};
pub use tally::{Counts, OriginCounts, Step, Tally};
