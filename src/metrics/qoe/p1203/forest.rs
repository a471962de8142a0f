//! The regression trees of O.46 (ITU-T P.1203.3), which a user has to bring: their numbers are the
//! Recommendation's, under its licence.
//!
//! ```text
//! 0, 10, 2.060699941, 1, 46       number, feature, threshold, next if below it, next if not
//! 1, -1, 1.571538391, -1, -1      a leaf: its score
//! ```
//! One tree is a file `….csv` of a folder; the score of all is the mean of theirs.
//!
//! The idea to hold: once read, a tree cannot lead anywhere but to a leaf.

use std::fs;
use std::path::{Path, PathBuf};

/// How many things trees ask for.
pub(super) const FEATURES: usize = 14;

/// No tree has more lines.
const MOST: usize = 10_000;

/// A step of a tree, or what it ends in.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Node {
    Ask { feature: usize, below: f64, yes: usize, no: usize },
    Leaf(f64),
}

/// All trees.
#[derive(Clone, Debug, PartialEq)]
pub struct Trees(Vec<Vec<Node>>);

/// Why a folder has no trees to use.
#[derive(Debug, thiserror::Error)]
pub enum TreesError {
    /// The disk says so.
    #[error("{}: {why}", path.display())]
    Disk {
        /// Of what.
        path: PathBuf,
        /// Its words.
        why: std::io::Error,
    },
    /// There is none.
    #[error(
        "{}: no trees (files ….csv with lines of number, feature, threshold, left, right)",
        .0.display()
    )]
    None(PathBuf),
    /// One is not a tree.
    #[error("{}, line {line}: {why}", path.display())]
    NotATree {
        /// Which.
        path: PathBuf,
        /// From 1.
        line: usize,
        /// Why not.
        why: String,
    },
}

impl Trees {
    /// Reads every file `….csv` of a folder, in the order of their names.
    ///
    /// # Errors
    /// If there is none, or one of them is no tree, saying where.
    pub fn load(folder: &Path) -> Result<Self, TreesError> {
        let disk = |path: &Path| {
            let path = path.to_owned();
            move |why| TreesError::Disk { path, why }
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(disk(folder))? {
            let path = entry.map_err(disk(folder))?.path();
            if Self::is_tree(&path) {
                files.push((path.clone(), fs::read_to_string(&path).map_err(disk(&path))?));
            }
        }
        files.sort();
        Self::of(folder, &files)
    }

    /// Whether a file of that name is taken for one.
    pub fn is_tree(path: &Path) -> bool {
        path.extension().is_some_and(|ending| ending == "csv")
    }

    /// The trees of a folder, of which these are the files with what they hold.
    ///
    /// # Errors
    /// If there is none, or one of them is no tree, saying where.
    pub fn of(folder: &Path, files: &[(PathBuf, String)]) -> Result<Self, TreesError> {
        let read = |(path, text): &(PathBuf, String)| {
            let wrong = |(line, why)| TreesError::NotATree { path: path.clone(), line, why };
            tree(text).map_err(wrong)
        };
        match files.is_empty() {
            true => Err(TreesError::None(folder.to_owned())),
            false => files.iter().map(read).collect::<Result<_, _>>().map(Self),
        }
    }

    /// How many there are; the Recommendation has 20.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The mean of what they say.
    pub(super) fn score(&self, features: &[f64; FEATURES]) -> f64 {
        let sum: f64 = self.0.iter().map(|tree| leaf(tree, features)).sum();
        sum / self.0.len() as f64
    }
}

fn leaf(tree: &[Node], features: &[f64; FEATURES]) -> f64 {
    let mut at = 0;
    loop {
        match tree[at] {
            Node::Leaf(score) => return score,
            Node::Ask { feature, below, yes, no } => {
                at = if features[feature] < below { yes } else { no };
            }
        }
    }
}

/// A tree as it is written, or the line it is none at, and why. What follows a step stands below
/// it, so every way ends.
fn tree(text: &str) -> Result<Vec<Node>, (usize, String)> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let lines: Vec<(usize, &str)> = lines.collect();
    let count = lines.len();
    if count == 0 {
        return Err((1, "empty".to_owned()));
    }
    if count > MOST {
        return Err((count, format!("more than {MOST} lines")));
    }
    let node = |(place, &(number, line)): (usize, &(usize, &str))| {
        node(line, place, count).map_err(|why| (number, why))
    };
    lines.iter().enumerate().map(node).collect()
}

fn node(line: &str, place: usize, count: usize) -> Result<Node, String> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [own, feature, value, yes, no] = fields[..] else {
        let found = fields.len();
        return Err(format!("{found} fields where number, feature, threshold, left, right stand"));
    };
    let whole =
        |field: &str, what| field.parse::<i64>().map_err(|_| format!("{field:?} is no {what}"));
    if whole(own, "number of a step")? != place as i64 {
        return Err(format!("step {own} stands where step {place} does"));
    }
    let score: f64 = value
        .parse()
        .ok()
        .filter(|value: &f64| value.is_finite())
        .ok_or_else(|| format!("{value:?} is no threshold or score"))?;
    let next = |field: &str| match whole(field, "number of a step")? {
        next if (place as i64 + 1..count as i64).contains(&next) => Ok(next as usize),
        next => Err(format!("{next} is no step below this one, of {count}")),
    };
    match whole(feature, "feature")? {
        -1 => Ok(Node::Leaf(score)),
        feature if (0..FEATURES as i64).contains(&feature) => {
            let (yes, no) = (next(yes)?, next(no)?);
            Ok(Node::Ask { feature: feature as usize, below: score, yes, no })
        }
        feature => Err(format!("feature {feature}, where there are 0 to {}", FEATURES - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of these files, which is gone when it is dropped.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    const SMALL: &str = "0, 13, 30.5, 1, 2\n1, -1, 2.5, -1, -1\n2, 0, 1, 3, 4\n\
                         3, -1, 4.5, -1, -1\n4, -1, 1.5, -1, -1\n";

    #[test]
    fn trees_are_asked_one_by_one_and_the_mean_is_taken() {
        let folder = folder(&[("b.csv", "0,-1,3,-1,-1"), ("a.csv", SMALL), ("c.txt", "no tree")]);
        let trees = Trees::load(folder.path()).unwrap();
        assert_eq!(trees.count(), 2);
        let score = |stalls, seconds| {
            let mut features = [0.0; FEATURES];
            (features[0], features[13]) = (stalls, seconds);
            trees.score(&features)
        };
        // The other always says 3.
        assert_eq!(score(9.0, 30.0), (2.5 + 3.0) / 2.0);
        assert_eq!(score(0.0, 30.5), (4.5 + 3.0) / 2.0, "what is not below goes right");
        assert_eq!(score(1.0, 60.0), (1.5 + 3.0) / 2.0);
    }

    #[test]
    fn what_is_no_tree_is_told_with_its_line() {
        let said = |text: &str| {
            let folder = folder(&[("tree1.csv", text)]);
            let said = Trees::load(folder.path()).unwrap_err().to_string();
            let (file, said) = said.split_once(", line ").unwrap();
            assert!(file.ends_with("tree1.csv"), "{file}");
            said.to_owned()
        };
        assert_eq!(said("0,-1,3,-1,-1\n\n1,-1,x,-1,-1"), "3: \"x\" is no threshold or score");
        assert_eq!(said("0,14,3,1,2"), "1: feature 14, where there are 0 to 13");
        assert_eq!(said("0,1,3,0,1\n"), "1: 0 is no step below this one, of 1", "a circle");
        assert_eq!(said("0,1,3,1,2\n1,-1,3,-1,-1"), "1: 2 is no step below this one, of 2");
        assert_eq!(said("1,-1,3,-1,-1"), "1: step 1 stands where step 0 does");
        assert!(said("0;1;3;1;2").starts_with("1: 1 fields where number, feature"));
        assert_eq!(said(""), "1: empty");
    }

    #[test]
    fn a_folder_without_trees_is_named() {
        let empty = folder(&[]);
        let said = Trees::load(empty.path()).unwrap_err().to_string();
        assert!(said.contains("no trees") && said.contains(empty.path().to_str().unwrap()));
        let nowhere = empty.path().join("nowhere");
        let said = Trees::load(&nowhere).unwrap_err().to_string();
        assert!(said.starts_with(nowhere.to_str().unwrap()), "{said}");
    }
}
