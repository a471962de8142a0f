//! abrsim.
pub mod abr;
pub mod alarms;
pub mod cdn;
pub mod media;
pub mod metrics;
pub mod net;
pub mod network;
pub mod player;
#[cfg(feature = "app")]
pub mod report;
pub mod seed;
pub mod trace;
pub mod units;
pub mod world;
