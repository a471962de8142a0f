//! The regression gate: what players do today held against what they did when a baseline was
//! written.
//!
//! The idea to hold: worse is what is worse for sure, corrected for all that was tested, and by
//! more than is tolerated. The same viewers under the same code do the same to the last bit, so
//! whatever differs is the change; how sure it is that it matters is a matter of how many viewers
//! differ.
//!
//! ```text
//!   baseline.rs  the file
//!   verdict.rs   better, same or worse
//!   text.rs      for a terminal
//!   markdown.rs  for a pull request
//!   junit.rs     for whatever shows tests
//!   github.rs    as annotations of a workflow
//! ```

mod baseline;
mod github;
mod junit;
mod markdown;
mod text;
mod verdict;

pub use baseline::{Baseline, Recorded, Unusable};
pub use github::github;
pub use junit::junit;
pub use markdown::markdown;
pub use text::text;
pub use verdict::{Checked, Kind, Verdict, check};
