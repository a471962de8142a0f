//! Links: what carries bytes the last mile, and how flows share it.

mod link;

pub use link::{Link, Ticket};
