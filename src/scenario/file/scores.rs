//! How the models of quality of experience take viewers to watch.

use schemars::JsonSchema;
use serde::Deserialize;
use toml::Spanned;

use crate::media::Resolution;
use crate::scenario::quantity::Pixels;

/// How ITU-T P.1203 takes viewers to watch, and what of it is used.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct P1203 {
    /// The folder of the Recommendation's 20 regression trees, files of lines `number, feature,
    /// threshold, left, right`: then there is its overall score, O.46, too. They are not given
    /// away with this program.
    #[schemars(with = "Option<String>")]
    pub trees: Option<Spanned<String>>,
    /// Whether viewers hold what they watch on in the hand.
    pub mobile: bool,
    /// The size of their screens.
    pub screen: Pixels,
    /// Which parts of Amendment 1 are used.
    pub amendments: Vec<Amendment>,
}

impl Default for P1203 {
    fn default() -> Self {
        let screen = Pixels(Resolution { width: 1_920, height: 1_080 });
        Self { trees: None, mobile: false, screen, amendments: Vec::new() }
    }
}

/// A part of Amendment 1 to ITU-T P.1203.3.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq)]
#[serde(rename_all = "kebab-case")]
pub enum Amendment {
    /// Bad sound takes the picture with it.
    Audiovisual,
    /// Long stalls take off more.
    Stalling,
    /// Nothing is taken off for quality that swings or changes.
    #[serde(rename = "appendix-2")]
    AppendixTwo,
}
