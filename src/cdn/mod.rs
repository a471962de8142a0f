//! The delivery chain behind the last mile: where bytes come from, and how long until the first.

mod origin;
mod tail;

pub use origin::{Answer, Origin};
pub use tail::Tail;
