//! A baseline as a file: scenarios, and what each viewer of each run had.
//!
//! ```text
//!   kind, form, version   what the file is, and who wrote it
//!   level                 how probable a false alarm may be, over all that is tested: 0.01
//!   tolerance             by figure, how much worse may be the same: zbr in percentage points, the
//!                         others in their own units; a figure that is not here is not gated
//!   scenarios[]           path, sets (what was set on top of it), seed, digest
//!     runs[]              name; viewers, zbr: to be read; people, content, networks, devices: what
//!                         must be the same to be compared; panel: the viewers, packed
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};

use crate::metrics::{FIGURES, Panel};
use crate::report::{ClassOf, Results, Run};
use crate::scenario::{Override, nearest};

/// The form that baselines are written in: to be raised whenever what is written changes.
const FORM: u32 = 1;

const KIND: &str = "abrsim baseline";

/// No panel is larger, unpacked.
const MOST: u64 = 16 << 20;

/// What players did when it was written.
#[derive(Debug, Deserialize, Serialize)]
pub struct Baseline {
    kind: String,
    form: u32,
    /// Of abrsim.
    pub version: String,
    /// How probable a false alarm may be, over all that is tested.
    pub level: f64,
    /// By figure, how much worse may be the same.
    pub tolerance: BTreeMap<String, f64>,
    /// What was run.
    pub scenarios: Vec<Recorded>,
}

/// A scenario as it was run.
#[derive(Debug, Deserialize, Serialize)]
pub struct Recorded {
    /// Its file.
    pub path: PathBuf,
    /// What was set on top of it.
    pub sets: Vec<Override>,
    /// The seed.
    pub seed: u64,
    /// SHA-256 of it, in hexadecimal.
    pub digest: String,
    /// What it came to.
    pub(super) runs: Vec<RecordedRun>,
}

#[derive(Debug, Deserialize, Serialize)]
pub(super) struct RecordedRun {
    pub(super) name: String,
    pub(super) viewers: u64,
    pub(super) zbr: f64,
    pub(super) people: u64,
    pub(super) content: u64,
    pub(super) networks: Vec<String>,
    pub(super) devices: Vec<String>,
    #[serde(with = "packed")]
    pub(super) panel: Panel,
}

/// Why a file is no baseline to check against.
#[derive(Debug)]
pub enum Unusable {
    /// It is no JSON of a baseline.
    NotOne(String),
    /// Another version wrote it in another form.
    Other {
        /// Which form.
        form: u64,
        /// And which version.
        version: String,
    },
    /// What somebody wrote into it cannot be.
    Wrong(String),
}

impl std::error::Error for Unusable {}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotOne(why) => write!(f, "not a baseline of abrsim, or cut short: {why}"),
            Self::Other { form, version } => write!(
                f,
                "a baseline of abrsim {version}, in form {form} where this version has form \
                 {FORM}: write it anew with `abrsim check --write`"
            ),
            Self::Wrong(why) => f.write_str(why),
        }
    }
}

impl Baseline {
    /// Of nothing yet: no zero-buffer rate may be worse for sure, with one false alarm in a hundred
    /// checks.
    pub fn new(tolerance: f64) -> Self {
        Self {
            kind: KIND.to_owned(),
            form: FORM,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            level: 0.01,
            tolerance: BTreeMap::from([("zbr".to_owned(), tolerance)]),
            scenarios: Vec::new(),
        }
    }

    /// Writes down what a scenario came to.
    pub fn record(&mut self, path: &Path, results: &Results) {
        self.scenarios.push(Recorded {
            path: path.to_owned(),
            sets: results.sets.clone(),
            seed: results.seed,
            digest: results.digest.clone(),
            runs: results.runs.iter().map(RecordedRun::of).collect(),
        });
    }

    /// The file's text.
    ///
    /// # Errors
    /// Of what cannot be written as JSON.
    pub fn write(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// With what is wrong with it.
    pub fn read(text: &str) -> Result<Self, Unusable> {
        let any: serde_json::Value =
            serde_json::from_str(text).map_err(|error| Unusable::NotOne(error.to_string()))?;
        if any["kind"] != KIND {
            return Err(Unusable::NotOne(format!("its kind is {}", any["kind"])));
        }
        let form = any["form"].as_u64().unwrap_or_default();
        if form != u64::from(FORM) {
            let version = any["version"].as_str().unwrap_or("of another time").to_owned();
            return Err(Unusable::Other { form, version });
        }
        let own: Self =
            serde_json::from_value(any).map_err(|error| Unusable::NotOne(error.to_string()))?;
        if !(own.level > 0.0 && own.level < 1.0) {
            let why = format!("level is {}: it is a probability, 0.01 say", own.level);
            return Err(Unusable::Wrong(why));
        }
        for (key, most) in &own.tolerance {
            if !gated().any(|known| known == key) {
                let near = nearest(key, gated()).map(|near| format!(": did you mean {near}?"));
                let why = format!("tolerance.{key} is no figure{}", near.unwrap_or_default());
                return Err(Unusable::Wrong(why));
            }
            if !(*most >= 0.0 && most.is_finite()) {
                let why =
                    format!("tolerance.{key} is {most}: it is how much worse may be the same");
                return Err(Unusable::Wrong(why));
            }
        }
        Ok(own)
    }
}

/// The figures that can be gated.
fn gated() -> impl Iterator<Item = &'static str> {
    std::iter::once("zbr").chain(FIGURES.iter().map(|figure| figure.key))
}

impl RecordedRun {
    fn of(run: &Run) -> Self {
        let names = |of| run.classes_of(of).map(|class| class.name.clone()).collect();
        Self {
            name: run.name.clone(),
            viewers: run.summary.viewers,
            zbr: run.summary.zbr(),
            people: run.people,
            content: run.content,
            networks: names(ClassOf::Network),
            devices: names(ClassOf::Device),
            panel: run.panel.clone(),
        }
    }
}

/// A panel as one string: JSON, packed.
mod packed {
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserializer, Serializer};

    use super::{
        BASE64, Compression, Deserialize, Engine, GzBuilder, GzDecoder, MOST, Panel, Read, Write,
        io,
    };

    pub(super) fn serialize<S: Serializer>(panel: &Panel, to: S) -> Result<S::Ok, S::Error> {
        let pack = || -> io::Result<Vec<u8>> {
            let mut packed = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
            packed.write_all(&serde_json::to_vec(panel)?)?;
            packed.finish()
        };
        to.serialize_str(&BASE64.encode(pack().map_err(S::Error::custom)?))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Panel, D::Error> {
        let text = String::deserialize(from)?;
        let unpack = || -> Result<Panel, String> {
            let packed = BASE64.decode(text).map_err(|error| error.to_string())?;
            let mut json = Vec::new();
            let read = GzDecoder::new(&packed[..]).take(MOST).read_to_end(&mut json);
            read.map_err(|error| error.to_string())?;
            let panel: Panel = serde_json::from_slice(&json).map_err(|error| error.to_string())?;
            match panel.viewers().len() {
                0..=Panel::MOST => Ok(panel),
                more => Err(format!("{more} viewers, of {} at most", Panel::MOST)),
            }
        };
        unpack().map_err(|why| D::Error::custom(format_args!("a panel was edited: {why}")))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::report::testing::{self, results};

    /// Results of one run of so many viewers, of whom these stall, for 5 s.
    pub(in crate::report::check) fn stalling(
        viewers: u64,
        stalls: impl Fn(u64) -> bool,
    ) -> Results {
        results(vec![testing::stalling("bola", viewers, stalls)])
    }

    #[test]
    fn what_is_read_is_what_was_written() {
        let mut baseline = Baseline::new(0.1);
        baseline.record(Path::new("scenarios/commute.toml"), &stalling(300, |v| v % 7 == 0));
        let text = baseline.write().unwrap();
        let again = Baseline::read(&text).unwrap();
        assert_eq!(again.write().unwrap(), text);
        let run = &again.scenarios[0].runs[0];
        assert_eq!((run.viewers, run.panel.viewers().len()), (300, 300));
        assert!(text.len() < 2_500, "{} bytes for 300 viewers", text.len());
    }

    #[test]
    fn what_cannot_be_is_said() {
        let mut baseline = Baseline::new(0.0);
        baseline.record(Path::new("a.toml"), &stalling(20, |_| false));
        let text = baseline.write().unwrap();
        let error = |from: &str, to: &str| {
            assert!(text.contains(from), "{from}");
            Baseline::read(&text.replacen(from, to, 1)).unwrap_err().to_string()
        };
        assert!(error("abrsim baseline", "another file").contains("not a baseline"));
        assert!(error("\"form\": 1", "\"form\": 0").contains("write it anew"));
        assert!(error("\"level\": 0.01", "\"level\": 5").contains("a probability"));
        assert!(error("\"form\": 1,", "\"form\": 1").contains("line "));
        assert!(error("\"zbr\": 0.0\n", "\"zbt\": 0.0\n").contains("did you mean zbr?"));
        assert!(error("\"zbr\": 0.0\n", "\"zbr\": -1\n").contains("how much worse"));
        assert!(error("\"panel\": \"", "\"panel\": \"AAAA").contains("a panel was edited"));
        let cut = Baseline::read(&text[..text.len() / 2]).unwrap_err().to_string();
        assert!(cut.contains("cut short"), "{cut}");
    }
}
