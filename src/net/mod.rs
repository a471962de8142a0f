//! Links: what carries bytes the last mile, how flows share it, and how connections fill it.

mod link;
mod path;
pub mod tcp;

pub use link::{Link, Ticket};
pub use path::{Http, Model, Path, Sharing, Tcp};
