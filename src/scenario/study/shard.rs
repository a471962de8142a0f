//! Whose part of a study is which.
//!
//! The idea to hold: which chunks are a shard's follows from their numbers and nothing else, so any
//! machine may take any shard, any number of times. They are dealt out as if shuffled: every n-th
//! one could be those of one algorithm.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use crate::seed::{Purpose, Seed};

/// One of so many parts, all about as large.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Shard {
    own: u64,
    of: u64,
}

/// There are no more shards.
const MOST: u64 = 1_000_000;

impl Shard {
    /// Everything.
    pub const WHOLE: Self = Self { own: 0, of: 1 };

    /// Its part of so many chunks.
    pub(super) fn of(self, chunks: u64) -> BTreeSet<u64> {
        let dealt = dealt(chunks).into_iter().enumerate();
        let own = dealt.filter(|&(place, _)| place as u64 % self.of == self.own);
        own.map(|(_, chunk)| chunk).collect()
    }

    /// Which of so many shards these chunks of so many are of.
    pub(super) fn all_of(shards: u64, among: &[u64], chunks: u64) -> BTreeSet<u64> {
        let among: BTreeSet<_> = among.iter().collect();
        let dealt = dealt(chunks).into_iter().enumerate();
        let own = dealt.filter(|(_, chunk)| among.contains(chunk));
        own.map(|(place, _)| place as u64 % shards).collect()
    }
}

/// Chunks in the order in which they are dealt out.
fn dealt(chunks: u64) -> Vec<u64> {
    let mut dealt: Vec<_> = (0..chunks).collect();
    dealt.sort_by_cached_key(|&chunk| (Seed(0).derived(Purpose::Shard, &[chunk]).0, chunk));
    dealt
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| text.parse::<u64>().ok();
        let parts = text.split_once('/').and_then(|(own, of)| Some((number(own)?, number(of)?)));
        match parts {
            None => Err("write I/N, such as 0/3".to_owned()),
            Some((_, of)) if !(1..=MOST).contains(&of) => {
                Err(format!("there are {of} shards: there can be from 1 to {MOST}"))
            }
            Some((own, of)) if own >= of => {
                Err(format!("of {of} shards the last is {}/{of}: they begin with 0", of - 1))
            }
            Some((own, of)) => Ok(Self { own, of }),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.own, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chunk_is_of_one_shard_and_shards_are_as_large_as_each_other() {
        for (chunks, of) in [(0, 1), (1, 3), (240, 7), (1_000, 64), (3, 5)] {
            let shards: Vec<_> = (0..of).map(|own| Shard { own, of }.of(chunks)).collect();
            let all: BTreeSet<_> = shards.iter().flatten().copied().collect();
            let sum: usize = shards.iter().map(BTreeSet::len).sum();
            assert_eq!((all, sum as u64), ((0..chunks).collect(), chunks));
            let most = shards.iter().map(BTreeSet::len).max().unwrap() as u64;
            assert_eq!(most, chunks.div_ceil(of));
        }
    }

    #[test]
    fn no_shard_is_of_one_run_alone() {
        // Of 8 runs in turn, as a plain stride would deal them out to 8 shards.
        for own in 0..8 {
            let runs = Shard { own, of: 8 }.of(160).into_iter().map(|chunk| chunk % 8);
            assert!(runs.collect::<BTreeSet<_>>().len() > 3);
        }
    }

    #[test]
    fn whose_a_chunk_is_is_told() {
        for chunk in (Shard { own: 3, of: 5 }).of(40) {
            assert_eq!(Shard::all_of(5, &[chunk], 40), BTreeSet::from([3]));
        }
        assert!(Shard::all_of(5, &[], 40).is_empty());
    }

    #[test]
    fn what_is_no_shard_is_refused() {
        let told = |text: &str| text.parse::<Shard>().unwrap_err();
        assert_eq!("2/3".parse(), Ok(Shard { own: 2, of: 3 }));
        assert_eq!(told("3/3"), "of 3 shards the last is 2/3: they begin with 0");
        assert!(told("0/0").contains("from 1 to"));
        for text in ["", "3", "-1/3", "a/b", "1/2/3"] {
            assert_eq!(told(text), "write I/N, such as 0/3");
        }
    }
}
