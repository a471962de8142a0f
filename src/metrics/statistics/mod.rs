//! How sure what was measured is: intervals, tests, and how many viewers it takes.
//!
//! The idea to hold: an interval is honest only if it counts what is independent. Viewers who were
//! drawn together share their luck, so whatever stands here takes groups, or a design effect: so
//! many viewers count as one.
//!
//! ```text
//!   wilson.rs      the uncertainty of a share
//!   clusters.rs    how much less sure it is where viewers share links
//!   paired.rs      two runs compared viewer by viewer, by whether each was spared stalls
//!   unpaired.rs    two shares, or two means, of different viewers
//!   bootstrap.rs   whatever is made of sums over viewers: ratios, means, their differences
//!   watch_time.rs  a stall ratio as Puffer has it: how long people watch is taken from everybody
//!   sign.rs        whether one side wins more often than a coin would
//!   wilcoxon.rs    the same where it counts by how much
//!   holm.rs        several tests at once
//!   needed.rs      how many viewers it takes to tell two runs apart
//!   moments.rs     mean and variance
//!   normal.rs      the normal distribution
//!   student.rs     and Student's
//! ```

mod bootstrap;
mod clusters;
mod holm;
mod moments;
mod needed;
pub mod normal;
mod paired;
mod sign;
pub mod student;
mod unpaired;
mod watch_time;
mod wilcoxon;
mod wilson;

pub use bootstrap::{Bootstrap, grouped};
pub use clusters::Clusters;
pub use holm::holm;
pub use moments::Moments;
pub use needed::{needed_paired, needed_unpaired};
pub use paired::{Outcomes, Paired};
pub use sign::sign_test;
pub use unpaired::{Seen, Unpaired, difference_of_means, difference_of_shares};
pub use watch_time::{Stream, WatchTime, watch_time_intervals};
pub use wilcoxon::{SignedRank, signed_rank};
pub use wilson::{Interval, wilson, wilson_of_fewer};

/// From how few groups nothing is told of how they differ. A choice: of nine, the variance is
/// itself uncertain by half.
const FEWEST: usize = 10;
