//! Numbers and names as people read them.
//!
//! The idea to hold: rounding must not lie. A share that is not quite all, or not quite nothing, is
//! never written as if it were.

use super::Run;
use crate::media::Representation;
use crate::metrics::Interval;
use crate::units::Bitrate;

/// A whole number with its thousands apart: `1,234,567`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of things: `1 viewer`, `2,000 viewers`.
pub(crate) fn many(number: u64, thing: &str) -> String {
    format!("{} {thing}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A share in per cent, without the sign. Only all of it is `100.0`, and only none of it `0.0`.
pub(super) fn percent(share: f64, decimals: usize) -> String {
    let last = (0..decimals).fold(1.0, |unit, _| unit / 10.0);
    let percent = share * 100.0;
    let shown = match share {
        _ if share <= 0.0 || share >= 1.0 => percent,
        _ => percent.clamp(last, 100.0 - last),
    };
    format!("{shown:.decimals$}")
}

/// An interval of shares, in per cent: `[96.0, 97.9]`.
pub(super) fn interval(Interval { low, high }: Interval) -> String {
    format!("[{}, {}]", percent(low, 1), percent(high, 1))
}

/// A number with so many decimals, and no sign before a zero.
pub(super) fn decimal(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    match text.strip_prefix('-') {
        Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.into(),
        Some(rest) => format!("−{rest}"),
        None => text,
    }
}

/// A bitrate to three digits: `235 kbit/s`, `2.35 Mbit/s`, `16.8 Mbit/s`.
pub(crate) fn bitrate(rate: Bitrate) -> String {
    let kbps = rate.as_kbps_f64();
    match kbps {
        _ if kbps < 999.5 => format!("{kbps:.0} kbit/s"),
        _ => {
            let mbps = kbps / 1e3;
            let decimals = if mbps < 9.995 { 2 } else { usize::from(mbps < 99.95) };
            let text = format!("{mbps:.decimals$}");
            let short =
                if decimals > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
            format!("{short} Mbit/s")
        }
    }
}

/// A rung: `720p 2.35 Mbit/s`.
pub(super) fn rung(rung: &Representation) -> String {
    match rung.resolution {
        Some(resolution) => format!("{}p {}", resolution.height, bitrate(rung.bitrate)),
        None => bitrate(rung.bitrate),
    }
}

/// At most so many characters of a text, the last of them … if some are missing; control
/// characters, which no terminal and no SVG should meet, become spaces.
pub(super) fn shorten(text: &str, most: usize) -> String {
    let text = clean(text);
    if text.chars().count() <= most {
        return text;
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept.trim_end().chars().chain(['…']).take(most).collect()
}

/// The text with a space for each character that XML does not allow.
pub(super) fn clean(text: &str) -> String {
    let allowed = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    text.chars().map(|c| if allowed(c) { c } else { ' ' }).collect()
}

/// A run by its algorithm and the values of the swept keys: `bola 2s`.
pub(super) fn short(run: &Run) -> String {
    let parts: Vec<_> = [&run.abr].into_iter().chain(&run.point).map(|part| clean(part)).collect();
    parts.join(" ")
}

/// The last part of a dotted key: `segment` of `content.segment`.
pub(super) fn last_part(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_that_is_not_all_is_never_written_as_all() {
        assert_eq!(percent(1.0, 1), "100.0");
        assert_eq!(percent(0.99999, 1), "99.9");
        assert_eq!(percent(0.000_001, 2), "0.01");
        assert_eq!(percent(0.0, 2), "0.00");
        assert_eq!(percent(0.971, 1), "97.1");
    }

    #[test]
    fn numbers_are_written_as_people_write_them() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([many(1, "viewer"), many(2, "viewer")], ["1 viewer", "2 viewers"]);
        assert_eq!([-0.001, -1.25, 2.0].map(|n| decimal(n, 2)), ["0.00", "−1.25", "2.00"]);
        let rates = [235, 999, 1_000, 2_350, 16_800, 120_000].map(|k| bitrate(Bitrate::kbps(k)));
        let written =
            ["235 kbit/s", "999 kbit/s", "1 Mbit/s", "2.35 Mbit/s", "16.8 Mbit/s", "120 Mbit/s"];
        assert_eq!(rates, written);
        let names = ["a", "b", "c"].map(String::from);
        assert_eq!([list(&names[..1]), list(&names)], ["a", "a, b and c"]);
    }

    #[test]
    fn long_texts_are_cut_and_say_so() {
        assert_eq!(shorten("throughput", 10), "throughput");
        assert_eq!(shorten("throughput", 6), "throu…");
        assert_eq!(shorten("one two", 5), "one…");
        assert_eq!(shorten("one\ntwo\u{1b}", 9), "one two ");
        assert_eq!(shorten("ab", 0), "");
    }
}
