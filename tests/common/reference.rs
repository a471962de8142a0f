//! Where the published material is that the tests compare with: of the library and beside it.

use std::path::PathBuf;

/// A file or folder of it, or a word to say that it is not at hand.
#[allow(unreachable_pub, dead_code, reason = "not every test that has this file asks for it")]
pub fn reference(path: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/reference");
    let root = std::env::var("ABRSIM_REFERENCE").unwrap_or_else(|_| beside.to_owned());
    let found = PathBuf::from(root).join(path);
    if !found.exists() {
        println!("skipped: there is no {}", found.display());
        return None;
    }
    Some(found)
}
