//! abrsim.
pub mod abr;
pub mod media;
pub mod seed;
pub mod trace;
pub mod units;
