//! Sessions that could not be simulated, since something in them panicked.
//!
//! The idea to hold: a panic is a bug, and one viewer's bug is no reason to lose a million others.
//! So it is caught where nobody else is affected, and told with what brings it about again.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use serde::{Deserialize, Serialize};

/// Viewers of a run who could not be simulated.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Mishaps {
    /// How many there are.
    pub viewers: u64,
    /// The first of what happened.
    pub first: Vec<Mishap>,
}

/// What happened to viewers who affect each other.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Mishap {
    /// The first of them.
    pub viewer: u64,
    /// How many they are.
    pub together: u64,
    /// The seed of every draw.
    pub seed: u64,
    /// What the panic said, and where.
    pub message: String,
}

impl Mishaps {
    /// Of no more is told what happened.
    const MOST: usize = 20;

    /// Adds one.
    pub(super) fn add(&mut self, mishap: Mishap) {
        self.viewers += mishap.together;
        if self.first.len() < Self::MOST {
            self.first.push(mishap);
        }
    }

    /// Adds those of later viewers.
    pub(super) fn merge(&mut self, later: &Self) {
        self.viewers += later.viewers;
        let room = Self::MOST - self.first.len();
        self.first.extend(later.first.iter().take(room).cloned());
    }
}

thread_local! {
    /// Whether somebody catches what panics on this thread.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
    /// Where the last of it did.
    static PLACE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Lets panics that are caught here say nothing of their own, and remember where they were; others
/// are told as before.
pub fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = take_hook();
        set_hook(Box::new(move |panic| match CAUGHT.get() {
            true => PLACE.set(panic.location().map(ToString::to_string)),
            false => others(panic),
        }));
    });
}

/// What something comes to, or what it said when it panicked.
pub(super) fn caught<T>(what: impl FnOnce() -> T) -> Result<T, String> {
    let outer = CAUGHT.replace(true);
    let came = catch_unwind(AssertUnwindSafe(what));
    CAUGHT.set(outer);
    came.map_err(|panic| match (message(&*panic), PLACE.take()) {
        (message, Some(place)) => format!("{message} ({place})"),
        (message, None) => message,
    })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it panicked without a word").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_panics_says_why_and_where() {
        hush();
        assert_eq!(caught(|| 3), Ok(3));
        let told = caught(|| -> u8 { panic!("two is {}", "less") }).unwrap_err();
        assert!(told.starts_with("two is less (src/scenario/mishap.rs:"), "{told}");
        let within = caught(|| -> u8 {
            let inner = caught(|| -> u8 { panic!("inside") });
            assert!(inner.is_err());
            panic!("outside")
        });
        let told = within.unwrap_err();
        assert!(told.starts_with("outside ("), "{told}");
        assert!(!CAUGHT.get());
    }

    #[test]
    fn so_many_are_told_and_all_are_counted() {
        let one = |viewer| Mishap { viewer, together: 2, seed: 5, message: "why".to_owned() };
        let mut mishaps = Mishaps::default();
        (0..15).for_each(|viewer| mishaps.add(one(viewer)));
        mishaps.merge(&mishaps.clone());
        assert_eq!((mishaps.viewers, mishaps.first.len()), (60, Mishaps::MOST));
        assert_eq!(mishaps.first[15].viewer, 0);
    }
}
