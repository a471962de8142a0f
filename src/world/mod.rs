//! The worlds a player can live in: whoever owns the clock. They share no trait; they share the
//! player.

pub mod sim;
pub mod stepped;
