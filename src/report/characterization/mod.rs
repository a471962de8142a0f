//! How players choose: what `abrsim characterize` says of them.
//!
//! The idea to hold: what there is to say is put together once, in blocks of prose, tables and
//! charts; the terminal shows some of them, Markdown and the page all. JSON has every fact by
//! itself.
//!
//! ```text
//!   blocks.rs     what there is to say, block by block
//!   figures.rs    the tables in them
//!   words.rs      and the sentences
//!   text.rs       for the terminal, 80 columns wide
//!   markdown.rs   for a document
//!   page.rs       for a browser
//!   json.rs       for programs
//!   save.rs       all of it as files in a folder
//! ```

mod blocks;
mod figures;
mod json;
mod markdown;
mod page;
mod save;
mod text;
mod words;

pub use json::json;
pub use markdown::markdown;
pub use save::save;
pub use text::text;

use crate::characterize::Character;

/// Players, and on which links they were put.
pub struct Characterization {
    /// How each chooses, of the same ladder.
    pub players: Vec<Character>,
    /// What they met, in words: the round trip, the scenario that was served.
    pub met: String,
    /// What else is to be said of it.
    pub notes: Vec<String>,
}

impl Characterization {
    /// The heading of everything.
    fn title(&self) -> String {
        match &self.players[..] {
            [one] => format!("How {} chooses", one.name),
            several => {
                let names: Vec<_> = several.iter().map(words::name).collect();
                format!("How {} choose", super::format::list(&names))
            }
        }
    }
}
