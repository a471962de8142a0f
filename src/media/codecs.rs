//! Codecs by their names (RFC 6381, 3.3).
//!
//! The idea to hold: what a codec is for is told by what stands before its first dot, its family.

/// Families of sound. Those of DTS begin alike.
const SOUND: &[&str] =
    &["mp4a", "ac-3", "ac-4", "ec-3", "opus", "flac", "vorbis", "alac", "mha1", "mhm1"];

/// Families of subtitles and captions.
const TEXT: &[&str] = &["stpp", "wvtt", "tx3g", "c608", "c708"];

/// Names that differ in where parameters are kept, and the one they go by.
const SAME: &[(&str, &str)] =
    &[("avc3", "avc1"), ("hev1", "hvc1"), ("dvhe", "dvh1"), ("dvav", "dva1"), ("vp9", "vp09")];

/// The codecs of a list, as `@codecs` and `CODECS` have it.
pub(super) fn each(codecs: &str) -> impl Iterator<Item = &str> {
    codecs.split(',').map(str::trim).filter(|codec| !codec.is_empty())
}

/// What a codec is called up to its profile.
pub(super) fn family(codec: &str) -> String {
    let name = codec.trim().split('.').next().unwrap_or_default().to_ascii_lowercase();
    match SAME.iter().find(|(other, _)| *other == name) {
        Some((_, same)) => (*same).to_owned(),
        None => name,
    }
}

/// Whether a codec is one of sound.
pub(super) fn is_sound(codec: &str) -> bool {
    let family = family(codec);
    SOUND.contains(&family.as_str()) || family.starts_with("dts")
}

/// Whether a codec is one of subtitles or captions.
pub(super) fn is_text(codec: &str) -> bool {
    TEXT.contains(&family(codec).as_str())
}

/// The family of the first of these codecs that is one of pictures; empty if there is none.
pub(super) fn family_of_pictures<'a>(mut codecs: impl Iterator<Item = &'a str>) -> String {
    let pictures = codecs.find(|codec| !is_sound(codec) && !is_text(codec));
    family(pictures.unwrap_or_default())
}

/// Whether codecs can stand in a manifest as they are.
pub(super) fn plain(codecs: &str) -> bool {
    !codecs.is_empty() && codecs.chars().all(|c| c.is_ascii_graphic() && c != '"')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_codec_is_known_by_its_family() {
        assert_eq!(family("AVC3.640028"), "avc1");
        assert!(is_sound("mp4a.40.2") && is_sound("dtsx") && !is_sound("avc1.4d401e"));
        assert!(is_text(" wvtt") && is_text("stpp.ttml.im1t") && !is_text("hvc1.1"));
        let listed = |codecs| family_of_pictures(each(codecs));
        assert_eq!(listed("stpp.ttml, mp4a.40.2, hev1.1.6.L93"), "hvc1");
        assert_eq!(listed("mp4a.40.2"), "");
    }
}
