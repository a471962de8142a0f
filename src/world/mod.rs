//! The worlds a player can live in: whoever owns the clock. They share no trait; they share the
//! player.

#[cfg(feature = "app")]
pub mod clock;
#[cfg(feature = "app")]
pub mod origin;
#[cfg(feature = "app")]
pub mod real;
pub mod sim;
pub mod solo;
pub mod stepped;
