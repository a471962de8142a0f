//! What runs leave behind, and what they said.

#[path = "files.rs"]
pub(crate) mod files;

use std::fs;
use std::path::Path;
use std::process::Output;

use files::files;

/// Fails unless two folders have the same files, byte for byte.
pub(crate) fn assert_same(one: &Path, two: &Path) {
    let (one, two) = (files(one), files(two));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (name, bytes) in &one {
        assert!(bytes == &two[name], "{} differs", name.display());
    }
}

/// How many chunks are kept in a folder.
pub(crate) fn kept(study: &Path) -> usize {
    let names = fs::read_dir(study.join("commit")).into_iter().flatten();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".json")).count()
}

/// What a command complained of, its words one blank apart however lines were wrapped.
pub(crate) fn err(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).replace('│', " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
