//! A panic caught, and where it was.
//!
//! The idea to hold: two failures are the same where they are of the same line of the code,
//! whatever the numbers in what is said.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

/// Something does not hold.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Broken {
    /// Where that was found: a line of the code.
    pub place: String,
    /// What was said there.
    pub what: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.what, self.place)
    }
}

thread_local! {
    /// Whether this thread is in something guarded.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    /// What its last panic said there.
    static LAST: RefCell<Option<Broken>> = const { RefCell::new(None) };
}

/// Does something, and says where it panicked if it did. Of what is guarded nothing is printed.
///
/// # Errors
/// With where, and what was said.
pub(super) fn guarded<T>(what: impl FnOnce() -> T) -> Result<T, Broken> {
    static HOOKED: Once = Once::new();
    HOOKED.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| match GUARDED.get() {
            true => LAST.set(Some(Broken::of(info))),
            false => usual(info),
        }));
    });
    let before = GUARDED.replace(true);
    let done = panic::catch_unwind(AssertUnwindSafe(what));
    GUARDED.set(before);
    done.map_err(|_| {
        let elsewhere = || Broken { place: "another thread".to_owned(), what: String::new() };
        LAST.take().unwrap_or_else(elsewhere)
    })
}

impl Broken {
    fn of(info: &PanicHookInfo<'_>) -> Self {
        let place =
            info.location().map(|at| format!("{}:{}:{}", at.file(), at.line(), at.column()));
        let what = info.payload_as_str().unwrap_or("a panic that says nothing");
        Self { place: place.unwrap_or_default(), what: what.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_with_its_place() {
        let nothing: Vec<u8> = Vec::new();
        assert_eq!(guarded(|| 3), Ok(3));
        let broken = guarded(|| assert!(!nothing.is_empty(), "of {} things", 0)).unwrap_err();
        assert_eq!(broken.what, "of 0 things");
        assert!(broken.place.contains("guard.rs:"), "{}", broken.place);
    }
}
