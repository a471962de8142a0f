//! A panic caught, and where it was.
//!
//! The idea to hold: two panics are the same where they are of the same line of the code, whatever
//! the numbers in what they say.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

/// What a panic said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Panicked {
    /// A line of the code, if it was on the thread that caught it, and after [`hush`].
    pub place: Option<String>,
    /// What was said there.
    pub what: String,
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{} ({place})", self.what),
            None => f.write_str(&self.what),
        }
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

/// What something comes to, unless it panics.
///
/// # Errors
/// With where it panicked, and what was said.
pub fn caught<T>(what: impl FnOnce() -> T) -> Result<T, Panicked> {
    let outer = CAUGHT.replace(true);
    let came = catch_unwind(AssertUnwindSafe(what));
    CAUGHT.set(outer);
    came.map_err(|panic| Panicked { place: PLACE.take(), what: message(&*panic) })
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
        let told = caught(|| -> u8 { panic!("two is {}", "less") }).unwrap_err().to_string();
        assert!(told.starts_with("two is less (src/scenario/caught.rs:"), "{told}");
        let within = caught(|| -> u8 {
            let inner = caught(|| -> u8 { panic!("inside") });
            assert!(inner.is_err());
            panic!("outside")
        });
        let told = within.unwrap_err().to_string();
        assert!(told.starts_with("outside ("), "{told}");
        assert!(!CAUGHT.get());
    }

    #[test]
    fn a_panic_is_caught_with_its_place() {
        hush();
        let nothing: Vec<u8> = Vec::new();
        assert_eq!(caught(|| 3), Ok(3));
        let panicked = caught(|| assert!(!nothing.is_empty(), "of {} things", 0)).unwrap_err();
        assert_eq!(panicked.what, "of 0 things");
        let place = panicked.place.expect("it was on this thread");
        assert!(place.contains("caught.rs:"), "{place}");
    }
}
