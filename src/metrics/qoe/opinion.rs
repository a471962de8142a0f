//! What P.1203 says, as models among the others.
//!
//! The idea to hold: its parts are told one by one. O.35 knows no stalls and O.23 nothing else;
//! only O.46, which needs trees, is about the session.

use super::{Model, Seen};

const FORMULA: &str = "from codec, bitrate, resolution and frame rate of each segment displayed, \
                       and from stalls";
const NEEDS: &str = "H.264 up to 2160p of known resolution; a second of it";

/// Sound and picture over the session.
pub(super) const O35: Model = Model {
    key: "p1203_o35",
    name: "P.1203 O.35, audiovisual",
    source: "ITU-T P.1203.3 (2017), mode 0",
    formula: FORMULA,
    constants: "the Recommendation's",
    unit: "opinion",
    range: "1 to 5; below 1 where adaptation takes off more",
    needs: NEEDS,
    of: |seen| seen.p1203.map(|outcome| outcome.o35),
};

/// Stalls.
pub(super) const O23: Model = Model {
    key: "p1203_o23",
    name: "P.1203 O.23, stalling",
    formula: "1 + 4 e^(−n/9.35) e^(−weighted length/T/0.919) e^(−mean interval/T/11.06), \
              startup being a stall at the beginning",
    range: "1 to 5",
    of: |seen| seen.p1203.map(|outcome| outcome.o23),
    ..O35
};

/// The session.
pub(super) const O46: Model = Model {
    key: "p1203_o46",
    name: "P.1203 O.46, overall",
    formula: "0.02833 + 0.98117 (0.75 (1 + (O.35 − 1) (O.23 − 1) / 4) + 0.25 of the trees)",
    range: "1 to 5",
    needs: "what O.35 needs, three seconds, and a folder of the Recommendation's 20 trees",
    of: |seen: &Seen<'_>| seen.p1203.and_then(|outcome| outcome.o46),
    ..O35
};
