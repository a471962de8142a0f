//! Profiles: by pencil, and against the files of reference where those are.

use std::fs;

use serde_json::Value;

use super::*;

fn of(name: &str) -> &'static Profile {
    Profile::named(name).unwrap_or_else(|| panic!("there is no profile {name}"))
}

/// Steps in milliseconds, bits per second and milliseconds.
fn steps(name: &str) -> Vec<(u64, u64, Option<u64>)> {
    let plain = |t: Tread| (t.span.as_millis(), t.rate.as_bps(), t.rtt.map(Span::as_millis));
    of(name).trace().treads().map(plain).collect()
}

#[test]
fn a_profile_is_found_by_its_name_and_says_what_it_is() {
    for profile in PROFILES {
        assert!(std::ptr::eq(of(profile.name), *profile), "{}", profile.name);
        assert!(profile.about.chars().count() <= 76, "{}", profile.name);
        assert_eq!(profile.trace().treads().count(), profile.steps.len());
    }
    assert!(Profile::named("np2").is_none(), "what is not verified is not there");
}

#[test]
fn the_first_profile_of_dash_if_has_delay_and_loss() {
    let steps = steps("np1-high-low-high");
    assert_eq!(steps[0], (30_000, 5_000_000, Some(38)));
    assert_eq!(steps[4], (30_000, 1_500_000, Some(100)));
    let profile = of("np1-high-low-high");
    assert_eq!(profile.losses().nth(4), Some((Span::from_secs(30), 0.0012)));
    // (9 + 8 + 6 + 9 + 12 + 9 + 6 + 8) / 8 = 8.375 of 10,000.
    assert!((profile.loss() - 8.375e-4).abs() < 1e-12, "{}", profile.loss());
    // (5 + 4 + 3 + 2 + 1.5 + 2 + 3 + 4) / 8 = 3.0625 Mbps.
    assert_eq!(profile.trace().mean(), Bitrate::from_bps(3_062_500));
    assert_eq!(of("cadvise-stable").loss(), 0.0);
}

#[test]
fn its_two_variants_are_one_cycle() {
    let (high, mut low) = (steps("np1-high-low-high"), steps("np1-low-high-low"));
    low.rotate_left(4);
    assert_eq!(high, low);
}

#[test]
fn the_challenge_takes_a_kilobit_for_1024_bits() {
    assert_eq!(steps("mmsys20-normal-fast-jitters")[2], (100, 512_000, None));
    // 0.25 + 5 + 0.1 + 1 + 0.25 + 5 s.
    let length = of("mmsys20-normal-fast-jitters").trace().length();
    assert_eq!(length, Span::from_millis(11_600));
}

#[test]
fn the_seven_patterns_last_as_long_as_they_say() {
    let lasts = |name: &str| of(&format!("characterize-{name}")).trace().length();
    let seconds = [120, 180, 100, 225, 180, 350, 135];
    let names = [
        "smooth",
        "steps",
        "transient-shock",
        "startup-caps",
        "downshift-severity",
        "hysteresis-gap",
        "emergency-downshift",
    ];
    assert_eq!(names.map(lasts), seconds.map(Span::from_secs));
    // Seven even steps from 0.5 to 6 Mbps are 11/12 Mbps apart, to the bit.
    let up = steps("characterize-hysteresis-gap");
    for (i, &(_, bps, _)) in up[..7].iter().enumerate() {
        assert_eq!(bps, (500_000.0 + 5_500_000.0 * i as f64 / 6.0_f64).round() as u64);
    }
    assert!(up.iter().eq(up.iter().rev()), "down as up");
}

/// A file of the reference, if it is there.
fn reference(name: &str) -> Option<Value> {
    let file = crate::reference::reference(&format!("profiles/{name}"))?;
    Some(serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap())
}

#[test]
fn the_first_profile_of_dash_if_is_as_published() {
    let Some(file) = reference("dashif_np1.json") else { return };
    for (name, key) in
        [("np1-high-low-high", "NP1_high_low_high"), ("np1-low-high-low", "NP1_low_high_low")]
    {
        let published: Vec<[f64; 3]> = serde_json::from_value(file[key].clone()).unwrap();
        assert_eq!(published.len(), of(name).steps.len());
        let seconds = file["step_s"].as_u64().unwrap();
        for ([kbps, delay, percent], step) in published.into_iter().zip(of(name).steps) {
            assert_eq!(step.span, Span::from_secs(seconds));
            assert_eq!(step.rate, Bitrate::kbps(kbps as u64));
            assert_eq!(step.rtt, Some(Span::from_millis(delay as u64)));
            assert_eq!(f64::from(step.lost), (percent * 100.0).round(), "{name}");
        }
    }
}

#[test]
fn the_profiles_of_the_challenge_are_as_published() {
    let Some(file) = reference("mmsys2020_ll_profiles.json") else { return };
    for ladder in ["normal", "fast"] {
        let profiles = file[ladder].as_object().unwrap();
        assert_eq!(profiles.len(), 5);
        for (key, published) in profiles {
            let word = key.trim_start_matches("PROFILE_").to_lowercase().replace('_', "-");
            let published: Vec<[f64; 2]> = serde_json::from_value(published.clone()).unwrap();
            let right = published
                .into_iter()
                .map(|[kbps, seconds]| ((seconds * 1e3).round() as u64, kbps as u64 * 1_024, None));
            let name = format!("mmsys20-{ladder}-{word}");
            assert_eq!(steps(&name), right.collect::<Vec<_>>(), "{name}");
        }
    }
}
