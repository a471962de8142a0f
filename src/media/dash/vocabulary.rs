//! The words of an MPD that are read, and what their values may be.
//!
//! The idea to hold: what is not in these tables is not read, so nothing in it can do harm.

/// What is read: elements, and their attributes. Of attributes of segment information, what the
/// parser loses or cannot hold is kept aside instead ([`Aside`](super::xml::Aside)).
pub(super) const READ: &[(&str, &[&str])] = &[
    (
        "MPD",
        &[
            "type",
            "availabilityStartTime",
            "mediaPresentationDuration",
            "minimumUpdatePeriod",
            "minBufferTime",
            "timeShiftBufferDepth",
            "suggestedPresentationDelay",
        ],
    ),
    ("Location", &[]),
    ("BaseURL", &["serviceLocation", "availabilityTimeOffset", "priority"]),
    ("UTCTiming", &["schemeIdUri", "value"]),
    ("ServiceDescription", &["id"]),
    ("Latency", &["min", "max", "target"]),
    ("PlaybackRate", &["min", "max"]),
    ("ContentSteering", &["defaultServiceLocation"]),
    ("ClientDataReporting", &[]),
    ("CMCDParameters", &["keys"]),
    ("Period", &["href", "id", "start", "duration"]),
    (
        "AdaptationSet",
        &[
            "href",
            "id",
            "contentType",
            "mimeType",
            "codecs",
            "lang",
            "selectionPriority",
            "width",
            "height",
            "frameRate",
        ],
    ),
    ("ContentComponent", &["contentType", "lang"]),
    ("Role", &["schemeIdUri", "value"]),
    ("EssentialProperty", &["schemeIdUri", "value"]),
    ("SupplementalProperty", &["schemeIdUri", "value"]),
    (
        "Representation",
        &["id", "bandwidth", "mimeType", "contentType", "codecs", "width", "height", "frameRate"],
    ),
    ("SegmentBase", &["timescale", "indexRange", "availabilityTimeOffset"]),
    ("SegmentList", &["timescale", "duration", "href"]),
    (
        "SegmentTemplate",
        &[
            "timescale",
            "duration",
            "media",
            "initialization",
            "availabilityTimeOffset",
            "endNumber",
        ],
    ),
    ("SegmentTimeline", &[]),
    ("SegmentURL", &["media", "mediaRange"]),
    ("Initialization", &["sourceURL", "range"]),
];

/// Attributes that hold an `xs:duration`.
pub(super) const DURATIONS: &[&str] = &[
    "duration",
    "mediaPresentationDuration",
    "minBufferTime",
    "minimumUpdatePeriod",
    "start",
    "suggestedPresentationDelay",
    "timeShiftBufferDepth",
];

/// Attributes that hold a whole number of no sign.
pub(super) const NUMBERS: &[&str] =
    &["bandwidth", "endNumber", "height", "priority", "selectionPriority", "timescale", "width"];

/// Those that a player does without.
pub(super) const OPTIONAL: &[&str] = &["height", "priority", "selectionPriority", "width"];

/// Whether it is an `xs:duration` with no number so long that a sum of them could overflow.
pub(super) fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else { return false };
    let (date, time) = rest.split_once('T').map_or((rest, None), |(d, t)| (d, Some(t)));
    (!date.is_empty() || time.is_some())
        && are_amounts(date, "YMWD")
        && time.is_none_or(|t| !t.is_empty() && are_amounts(t, "HMS"))
}

/// Whether it is numbers with these units, in this order; only seconds may have a fraction.
fn are_amounts(mut text: &str, mut units: &str) -> bool {
    while !text.is_empty() {
        let Some(end) = text.find(|c: char| c.is_ascii_alphabetic()) else { return false };
        let (number, unit) = (&text[..end], &text[end..=end]);
        let Some(at) = units.find(unit) else { return false };
        let (whole, fraction) = match number.split_once(['.', ',']) {
            Some((whole, fraction)) if unit == "S" => (whole, fraction),
            _ => (number, "0"),
        };
        let digits = |n: &str| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || whole.len() > 9 {
            return false;
        }
        (text, units) = (&text[end + 1..], &units[at + 1..]);
    }
    true
}
