//! Will your viewers buffer? One streaming player, written as a state machine with no clock and no
//! socket, driven through a model of the delivery chain in virtual time, or over HTTP in real time.
//!
//! # The map
//! A module imports only from those above it (`tests/tidy.rs` holds the table).
//!
//! ```text
//!   units      time, media time, bytes, bitrates: the only file that knows 8 and 1e9
//!   seed       random streams keyed by purpose and viewer, never by the order of drawing
//!   distribution  whole numbers remembered for their quantiles
//!   alarms     who is due first, of a fixed number of machines
//!   trace      scripted bandwidth, integrated once; one file per format; generators
//!   media      presentation, ladder, segment sizes, and what is live of them when; DASH and HLS
//!              manifests read and written; footage that browsers play
//!   abr        the trait, the one list, estimators; ONE FILE PER ALGORITHM; in `models`, the
//!              players people use, a folder for each
//!   net        links, how flows share them, and TCP over them
//!   cdn        edges, shield and origin: caches as promises, tiers, tails, faults; the same again
//!              without some of them
//!   player     the state machine: judgement, playback facts, the live edge
//!   person     what a viewer does: watches so much, seeks, pauses, loses patience
//!   network    cdn and net as one machine
//!   metrics    folds of events: one session, a mergeable summary, models of QoE, statistics
//!   cmcd       what real players say of themselves, and what a server can tell of their sessions
//!   world      whoever owns the clock: virtual time; Sabre's and Pensieve's steps; real time, with
//!              players over real HTTP (`real`) and an origin for real players (`origin`)
//!   fetch      documents, of files and over HTTP       } with the feature `app`, which is on
//!   scenario   as written, as meant, run, and kept     } unless turned off, as are the worlds of
//!   conformance  other simulators' sessions run again  } real time; the core above needs none of
//!                                                      } what they need
//!   characterize  how players choose, on links made to find that out
//!   report     table, charts, the HTML page, JSON      }
//!   swarm      worlds at random, each checked          }
//!   cli        one file per command                    }
//!   main       parse, run, print
//! ```
//!
//! Every moving part is the same kind of machine: told things with `now`, asked for its `deadline`,
//! polled for what it wants. To add an algorithm, write a file in `abr` and its line in the list
//! there. To measure something new, fold [`player::Event`]s.
//!
//! Where building taught better than the design: what plays in real time is `world/real`, as `live`
//! is what is played while it is made; a real origin answers by the simulation's own network, only
//! that the clock is the wall's; a link shares by a heap of finishing tags, and the
//! table of transfers is by lane, so that nothing is allocated per segment; what a cancelled
//! transfer had received is told by the world, which alone knows; readers of formats
//! (`abr::pensieve`, `media::dash`, `media::hls`, `media::movie`, `trace::json`, `trace::ucc`) use
//! their libraries in the core.
//!
//! # The paved path
//! ```
//! # #[cfg(feature = "app")] {
//! use abrsim::scenario::{Control, Scenario, run};
//!
//! let few = "viewers=20".parse().expect("a key and a value");
//! let path = "scenarios/first-look.toml".as_ref();
//! let scenario = Scenario::load(path, &[few]).expect("a scenario");
//! let results = run(&scenario, &Control::default(), std::io::sink()).expect("nothing to write");
//! println!("{}", abrsim::report::table(&results));
//! # }
//! ```

pub mod abr;
pub mod alarms;
pub mod cdn;
#[cfg(feature = "app")]
pub mod characterize;
#[cfg(feature = "app")]
pub mod cli;
pub mod cmcd;
#[cfg(feature = "app")]
pub mod conformance;
pub mod distribution;
#[cfg(feature = "app")]
pub mod fetch;
pub mod media;
pub mod metrics;
pub mod net;
pub mod network;
pub mod person;
pub mod player;
#[cfg(test)]
#[path = "../tests/common/reference.rs"]
mod reference;
#[cfg(feature = "app")]
pub mod report;
#[cfg(feature = "app")]
pub mod scenario;
pub mod seed;
#[cfg(feature = "app")]
pub mod swarm;
pub mod trace;
pub mod units;
pub mod world;
