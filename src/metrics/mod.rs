//! What is measured: folds of events, the same in every world.
//!
//! ```text
//!   session.rs    one viewer's events into one Session
//!   summary.rs    many Sessions into one Summary that merges in any order
//!   sum.rs        time added up over many viewers
//!   glass.rs      how far behind its capture a live presentation is displayed, and by what
//!   timeline.rs   one session as curves over time, for charts
//!   transfer.rs   one request, and what came of it
//!   qoe/          quality of experience, by the published models
//!   panel.rs      what each of the first viewers had
//!   contrast.rs   how two runs differ, figure by figure
//!   fairness.rs   how evenly those on one link get what it carries
//!   statistics/   how sure all that is, and what can be told apart
//! ```

mod causes;
mod contrast;
pub mod fairness;
pub mod glass;
mod panel;
pub mod qoe;
mod session;
mod stalling;
pub mod statistics;
mod sum;
mod summary;
mod timeline;
mod transfer;

pub use causes::Causes;
pub use contrast::{Contrast, Difference, FIGURES, Figure, Party, Whom, contrast};
pub use fairness::Fairness;
pub use glass::{Glass, GlassMeter, OnAir};
pub use panel::{Panel, Viewed};
pub use qoe::{QOE_MODELS, QoeModel};
pub use session::{End, Meter, Session};
pub use stalling::{Stalling, Watching};
pub use statistics::{Clusters, Interval, Outcomes, Paired, holm, wilson, wilson_of_fewer};
pub use sum::TotalTime;
pub use summary::Summary;
pub use timeline::{Behind, Timeline};
pub use transfer::{Fate, Transfer};
