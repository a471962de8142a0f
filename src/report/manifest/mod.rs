//! What a manifest tells, as a page for people and as JSON for programs.
//!
//! ```text
//!   edge.rs   where live is, by the manifest and a clock
//!   facts.rs  what both say: kinds, segments, figures
//!   text.rs   the page, 80 columns wide
//!   json.rs   the same with stable keys, which it documents
//! ```

mod edge;
mod facts;
mod json;
mod text;

pub use json::json;
pub use text::text;

use crate::media::manifest::{Advice, Choice, KnownSizes, Manifest, ManifestError, Outline};

/// A manifest, and what is made of it.
pub struct Inspection {
    manifest: Manifest,
    outline: Result<Outline, ManifestError>,
    advice: Vec<Advice>,
    now: i64,
}

impl Inspection {
    /// Looks at a manifest at an instant, in milliseconds since 1970.
    pub fn new(
        manifest: Manifest,
        choice: &Choice,
        sizes: Option<KnownSizes<'_>>,
        now: i64,
    ) -> Self {
        let (outline, advice) = (manifest.outline(choice), manifest.advice(sizes));
        Self { manifest, outline, advice, now }
    }

    /// What was left out or mended: all that reading the manifest and choosing from it noted.
    fn notes(&self) -> &[ManifestError] {
        match &self.outline {
            Ok(outline) => &outline.notes,
            Err(_) => &self.manifest.notes,
        }
    }
}
