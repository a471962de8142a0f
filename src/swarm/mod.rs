//! Worlds at random, with everything that must be so of any: what testing by hand does not think
//! of.
//!
//! The idea to hold: a world is a scenario file that a seed draws, so whatever is found can be run
//! again by its seed, made smaller by leaving out lines, and kept as a file. What is checked knows
//! nothing of how the simulator works: it is told what happens to each viewer, and plays the media
//! itself.
//!
//! ```text
//!   draw/       a scenario file at random, every feature of one now and then
//!   check.rs    one world: all that must be so of it
//!   witness.rs  of a viewer on demand: buffers, stalls, bytes and waits, worked out again
//!   books.rs    of any viewer: time, requests, what is shown; and of live, how far behind
//!   links.rs    of a link: no more than its trace allows
//!   sums.rs     of results: what the sessions add up to
//!   shrink.rs   the smallest scenario that still fails
//!   features.rs what is drawn, and what happens
//!   roam.rs     world after world, on as many threads as there are
//! ```

mod books;
mod check;
mod draw;
mod features;
mod links;
mod roam;
mod shrink;
mod sums;
mod witness;

pub use books::{Books, Distance};
pub use check::{Checks, Outcome, Question, World, check};
pub use draw::{drawn, setting};
pub use features::{FEATURES, Feature, Features};
pub use links::{Flow, carry};
pub use roam::{Control, Failure, Tally, roam};
pub use shrink::smallest;
pub use witness::{Subject, Witness};

/// What a viewer is doing, as their events tell it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Doing {
    Starting,
    Playing,
    Stalled,
    Seeking,
    Paused,
    Over,
}
