//! The files and URLs a scenario names: found, read, and remembered by their digests.
//!
//! The idea to hold: a path in a scenario is looked for beside the scenario, and then in the
//! current folder, which is what a path in `--set` means.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use glob::Pattern;
use sha2::{Digest, Sha256};

use super::file::End;
use super::quantity::nearest;
use super::trace_format::TraceFormat;
use crate::fetch::trace::{self as files, Doubts};
use crate::fetch::{Fetcher, hexadecimal, is_url, siblings, text_at_most};
use crate::media::manifest::{Fetched, Resource};
use crate::media::sizes;
use crate::trace::read::{FORMATS, Format};
use crate::trace::{self, Trace};

/// A trace, and what to call it.
#[derive(Clone, Debug)]
pub struct NamedTrace {
    /// The path of its file as the scenario would write it.
    pub name: String,
    /// The trace.
    pub trace: Arc<Trace>,
}

/// What is wrong, and what would be right.
pub(crate) type Trouble = (String, String);

/// The traces of a file, each with what follows the file's name to name it.
type Parts = Vec<(String, Arc<Trace>)>;

/// Finds and reads files.
pub(crate) struct Library {
    folders: Vec<PathBuf>,
    read: BTreeMap<(PathBuf, &'static str, bool), Parts>,
    digests: BTreeMap<String, String>,
    doubts: Doubts,
    /// What URLs gave.
    fetched: BTreeMap<Resource, Fetched>,
    fetcher: Fetcher,
}

/// The most files one pattern may match.
const MOST_FILES: usize = 100_000;

impl Library {
    /// For a scenario in that folder.
    pub(crate) fn new(beside: &Path) -> Self {
        Self::fetching(beside, Fetcher::default())
    }

    /// The same, of what is on the network by those means.
    pub(crate) fn fetching(beside: &Path, fetcher: Fetcher) -> Self {
        let mut folders = vec![beside.to_owned()];
        if !beside.as_os_str().is_empty() {
            folders.push(PathBuf::new());
        }
        Self {
            folders,
            read: BTreeMap::new(),
            digests: BTreeMap::new(),
            doubts: Doubts::default(),
            fetched: BTreeMap::new(),
            fetcher,
        }
    }

    /// The folder that names are looked for in first.
    pub(super) fn beside(&self) -> &Path {
        &self.folders[0]
    }

    /// SHA-256 of every file read and of all that was fetched, by name, in hexadecimal.
    pub(super) fn digests(self) -> BTreeMap<String, String> {
        self.digests
    }

    /// What traces may mean otherwise than they were read, a line each.
    pub(super) fn doubts(&self) -> impl Iterator<Item = String> + '_ {
        self.doubts.lines()
    }

    /// The traces that a file, a folder or a glob names, in the order of their paths.
    pub(super) fn traces(
        &mut self,
        pattern: &str,
        format: Option<TraceFormat>,
        end: End,
    ) -> Result<Vec<NamedTrace>, Trouble> {
        let (folder, paths) = self.find(pattern)?;
        let mut traces = Vec::new();
        for path in &paths {
            traces.extend(self.file(&folder, path, format, end)?);
        }
        Ok(traces)
    }

    /// The file that a path names.
    pub(super) fn find_one(&self, path: &str) -> Result<PathBuf, Trouble> {
        let candidates = self.folders.iter().map(|folder| folder.join(path));
        candidates.into_iter().find(|path| path.is_file()).ok_or_else(|| self.missing(path))
    }

    /// The folder that a path names, and the files in it whose names begin so, in order.
    pub(super) fn find_folder(&self, path: &str, begin: &str) -> Option<(PathBuf, Vec<PathBuf>)> {
        let candidates = self.folders.iter().map(|folder| folder.join(path));
        let folder = candidates.into_iter().find(|path| path.is_dir())?;
        let names = siblings(&folder.join(begin));
        let files = names.iter().filter(|name| name.starts_with(begin)).map(|n| folder.join(n));
        let files = files.filter(|path| path.is_file()).collect();
        Some((folder, files))
    }

    /// What a resource of a manifest holds: a URL's is fetched, once; else it is a file.
    pub(super) fn fetch(&mut self, resource: &Resource) -> Result<Fetched, String> {
        if !is_url(&resource.url) {
            let fetched = self.fetcher.fetch(resource)?;
            self.remember(resource, &fetched.bytes);
            return Ok(fetched);
        }
        // Every point of a sweep gets the same, and asks nobody again.
        if let Some(known) = self.fetched.get(resource) {
            return Ok(known.clone());
        }
        let fetched = self.fetcher.fetch(resource)?;
        let digest = hexadecimal(&Sha256::digest(&fetched.bytes));
        self.digests.insert(resource.to_string(), digest);
        self.fetched.insert(resource.clone(), fetched.clone());
        Ok(fetched)
    }

    /// The text of the file that a path names, of so many bytes at most.
    pub(super) fn contents(&mut self, path: &str, most: u64) -> Result<String, Trouble> {
        let path = self.find_one(path)?;
        let text = text_at_most(&path, most).map_err(|error| {
            let shown = path.display();
            (format!("cannot read {shown}: {error}"), "name a text of another size".to_owned())
        })?;
        self.remember(&Resource::whole(path.to_string_lossy()), text.as_bytes());
        Ok(text)
    }

    /// The text of a file of sizes.
    pub(super) fn text(&mut self, path: &Path) -> Result<String, String> {
        let text = text_at_most(path, sizes::MAX_FILE.get())?;
        self.remember(&Resource::whole(path.to_string_lossy()), text.as_bytes());
        Ok(text)
    }

    /// Keeps the digest of what was read, under its name beside the scenario.
    fn remember(&mut self, resource: &Resource, bytes: &[u8]) {
        let path = Path::new(&resource.url);
        let within = |folder: &PathBuf| path.strip_prefix(folder).ok();
        let name = self.folders.iter().find_map(within).unwrap_or(path);
        let named = Resource { url: name.display().to_string(), range: resource.range };
        self.digests.insert(named.to_string(), hexadecimal(&Sha256::digest(bytes)));
    }

    /// The folder that a pattern matches something in, and what it matches there.
    pub(crate) fn find(&self, pattern: &str) -> Result<(PathBuf, Vec<PathBuf>), Trouble> {
        if pattern.is_empty() {
            return Err(("an empty name names no trace".to_owned(), GLOBS.to_owned()));
        }
        for folder in &self.folders {
            let path = folder.join(pattern);
            let mut paths = if path.is_file() {
                vec![path]
            } else {
                // Folders mean themselves, whatever is in their names; only the pattern is one.
                let literal = |path: &Path| PathBuf::from(Pattern::escape(&path.to_string_lossy()));
                let within = match path.is_dir() {
                    true => literal(&path).join("*"),
                    false => literal(folder).join(pattern),
                };
                let found = glob::glob_with(&within.to_string_lossy(), AS_A_SHELL);
                let found = found.map_err(|error| {
                    (format!("{pattern:?} is no pattern: {error}"), GLOBS.into())
                })?;
                found.flatten().filter(|path| path.is_file()).take(MOST_FILES + 1).collect()
            };
            paths.sort();
            if paths.len() > MOST_FILES {
                let message = format!("{pattern:?} matches more than {MOST_FILES} files");
                return Err((message, "name fewer".to_owned()));
            }
            if !paths.is_empty() {
                return Ok((folder.clone(), paths));
            }
        }
        Err(self.missing(pattern))
    }

    fn missing(&self, pattern: &str) -> Trouble {
        let mut looked: Vec<_> =
            self.folders.iter().map(|folder| folder.join(pattern).display().to_string()).collect();
        looked.dedup();
        let looked = format!("looked for {}", looked.join(" and "));
        if let Some(found) = self.folders.iter().map(|f| f.join(pattern)).find(|p| p.exists()) {
            let what = if found.is_dir() { "a folder, of no files" } else { "not a file" };
            return (format!("{} is {what}", found.display()), looked);
        }
        let message = format!("no file matches {pattern:?}");
        let near = self.folders.iter().find_map(|folder| {
            let path = folder.join(pattern);
            let names = siblings(&path);
            let word = path.file_name()?.to_string_lossy().into_owned();
            let near = nearest(&word, names.iter().map(String::as_str))?;
            Some(Path::new(pattern).with_file_name(near).display().to_string())
        });
        match near {
            Some(near) => (message, format!("did you mean {near:?}? {looked}")),
            None => (message, looked),
        }
    }

    /// The traces of one file: most have one.
    fn file(
        &mut self,
        folder: &Path,
        path: &Path,
        format: Option<TraceFormat>,
        end: End,
    ) -> Result<Vec<NamedTrace>, Trouble> {
        let name = path.strip_prefix(folder).unwrap_or(path).display().to_string();
        let end = end.meant();
        let format = format.map(|TraceFormat(format)| format);
        let named = |(part, trace): &(String, Arc<Trace>)| NamedTrace {
            name: format!("{name}{part}"),
            trace: trace.clone(),
        };
        let key = (path.to_owned(), format.map_or("", Format::name), end == trace::End::Hold);
        if let Some(known) = self.read.get(&key) {
            return Ok(known.iter().map(named).collect());
        }
        let read = files::traces(path, format, end);
        let (reading, digest) = read.map_err(|error| {
            let names: Vec<_> = FORMATS.iter().map(|facts| facts.name).collect();
            let formats = format!("a trace is read as one of {}", names.join(", "));
            (format!("{}: {error}", path.display()), formats)
        })?;
        self.digests.insert(name.clone(), digest);
        self.doubts.add(reading.hints, &name);
        let parts = reading.parts.into_iter().map(|part| (part.suffix(), Arc::new(part.trace)));
        let parts: Vec<_> = parts.collect();
        let traces = parts.iter().map(named).collect();
        self.read.insert(key, parts);
        Ok(traces)
    }
}

/// A name that begins with a dot is hidden: `*` does not match it.
const AS_A_SHELL: glob::MatchOptions = glob::MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

const GLOBS: &str = "a pattern has *, ? and [abc], as a shell's";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::media::manifest::ByteRange;

    #[test]
    fn a_part_of_a_file_is_those_bytes_and_has_a_digest_of_its_own() {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("a.mp4");
        fs::write(&path, "0123456789").unwrap();
        let mut library = Library::new(folder.path());
        let url = path.to_string_lossy().into_owned();
        let mut part = |first, length| {
            let range = Some(ByteRange { first, length });
            library.fetch(&Resource { url: url.clone(), range }).map(|fetched| fetched.bytes)
        };
        assert_eq!(part(2, 3).unwrap(), b"234");
        assert_eq!(part(8, 5).unwrap(), b"89", "the file ends");
        assert!(part(0, u64::MAX).unwrap_err().contains("above the limit of 16777216"));
        assert_eq!(library.fetch(&Resource::whole(url)).unwrap().bytes.len(), 10);
        let names: Vec<_> = library.digests().into_keys().collect();
        assert_eq!(names, ["a.mp4", "a.mp4 (bytes 2-4)", "a.mp4 (bytes 8-12)"]);
    }
}
