//! What is measured: folds of events, the same in every world.
//!
//! ```text
//!   session.rs    one viewer's events into one Session
//!   summary.rs    many Sessions into one Summary that merges in any order
//!   sum.rs        time added up over many viewers
//!   glass.rs      how far behind its capture a live presentation is displayed, and by what
//!   timeline.rs   one session as curves over time, for charts
//!   transfer.rs   one request, and what came of it
//!   qoe.rs        quality of experience, by the published formulae
//!   wilson.rs     the uncertainty of a share
//!   paired.rs     two runs compared viewer by viewer
//!   clusters.rs   how much less sure it is where viewers share links
//!   fairness.rs   how evenly those on one link get what it carries
//! ```

mod causes;
mod clusters;
pub mod fairness;
pub mod glass;
mod paired;
mod qoe;
mod session;
mod stalling;
mod sum;
mod summary;
mod timeline;
mod transfer;
mod wilson;

pub use causes::Causes;
pub use clusters::Clusters;
pub use fairness::Fairness;
pub use glass::{Glass, GlassMeter, OnAir};
pub use paired::{Outcomes, Paired};
pub use qoe::{QOE_MODELS, QoeModel};
pub use session::{End, Meter, Session};
pub use stalling::{Stalling, Watching};
pub use sum::TotalTime;
pub use summary::{Distribution, Summary};
pub use timeline::{Behind, Timeline};
pub use transfer::{Fate, Transfer};
pub use wilson::{Interval, wilson, wilson_of_fewer};
