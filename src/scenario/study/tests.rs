//! Chunks that are kept.
