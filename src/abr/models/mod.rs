//! The players people really use, as they ship: each judges, schedules and gives up as the real one
//! does, and its settings have the names that its users know.
//!
//! The idea to hold: a model is an [`Algorithm`] whose questions about what to fetch are answered
//! with "nothing yet" for as long as the real player's scheduler would, and a [`Config`] with what
//! that player needs to start, to go on after a stall and to try again. The player that asks is the
//! same for all.
//!
//! ```text
//!   dash_js   dash.js 5.1, and 4.7 by what differs
//!   hls_js    hls.js 1.7
//!   shaka     Shaka Player 5.2
//!   media3    AndroidX Media3 (ExoPlayer) 1.11
//! ```

pub mod dash_js;
pub mod hls_js;
mod mean;
pub mod media3;
pub mod shaka;

use super::{Algorithm, Config, Settings};

pub use mean::Mean;

/// A player people use.
#[derive(Clone, Copy, Debug)]
pub struct Model {
    /// How it is named, explained, set and made.
    pub algorithm: Algorithm,
    /// How it behaves otherwise. Its buffer goals are its scheduler's: `target` is out of reach.
    pub config: fn(&Settings) -> Config,
}

/// All of them.
pub const MODELS: &[Model] =
    &[dash_js::V5, dash_js::V4, hls_js::MODEL, shaka::MODEL, media3::MODEL];

impl Model {
    /// The one of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        MODELS.iter().find(|model| model.algorithm.name == name)
    }
}

#[cfg(test)]
mod vectors;
