//! The results for papers, wikis and other programs.
//!
//! The idea to hold: what a table says is decided once, in `sheet`; Markdown and LaTeX only write
//! it, each with the characters escaped that it takes for its own.
//!
//! ```text
//!   sheet.rs      the tables: of runs, and of classes
//!   markdown.rs   tables.md
//!   latex.rs      tables.tex, for booktabs
//!   parquet.rs    sessions.parquet, with the feature of that name
//! ```

mod latex;
mod markdown;
#[cfg(feature = "parquet")]
mod parquet;
mod sheet;

pub(super) use latex::latex;
pub(super) use markdown::markdown;
#[cfg(feature = "parquet")]
pub use parquet::Sessions;
