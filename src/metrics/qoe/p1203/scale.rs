//! Opinion scores as quality from 0 to 100, and back: the scale on which impairments add up
//! (ITU-T P.1203.1).
//!
//! The idea to hold: the way back is a table, with straight lines between a quarter of a point.

/// Places of the table: 0, and from 3.25 on every quarter up to 100. Below 3.25 the cubic dips
/// under its own beginning.
const PLACES: usize = 389;

/// The score at each of them.
const TABLE: [f64; PLACES] = {
    let mut table = [0.0; PLACES];
    let mut place = 0;
    while place < PLACES {
        table[place] = score(quality(place));
        place += 1;
    }
    table
};

/// How many parts the scores are cut into to find a place.
const PARTS: usize = 4_096;

/// Of each part, the first place whose score is not below where it begins.
const FIRST: [u16; PARTS] = {
    let mut first = [0; PARTS];
    let (mut part, mut place) = (0, 0);
    while part < PARTS {
        while TABLE[place] < LEAST + part as f64 * (MOST - LEAST) / PARTS as f64 {
            place += 1;
        }
        first[part] = place as u16;
        part += 1;
    }
    first
};

/// The scores that there are.
const LEAST: f64 = 1.05;
const MOST: f64 = 4.9;

const fn quality(place: usize) -> f64 {
    if place == 0 { 0.0 } else { 3.0 + place as f64 / 4.0 }
}

/// The opinion score, 1.05 to 4.9, of a quality of 0 to 100.
pub(super) const fn score(quality: f64) -> f64 {
    let cubic = quality * (quality - 60.0) * (100.0 - quality) * 7e-6;
    (1.05 + 3.85 * quality / 100.0 + cubic).clamp(LEAST, MOST)
}

/// The quality, 0 to 100, of an opinion score.
pub(super) fn of_score(score: f64) -> f64 {
    let part = (score - LEAST) / (MOST - LEAST) * PARTS as f64;
    // Rounding may have taken it one part too far.
    let first = usize::from(FIRST[(part as usize).saturating_sub(1).min(PARTS - 1)]);
    let above = first + TABLE[first..].iter().take_while(|&&known| known < score).count();
    match above {
        0 => 0.0,
        PLACES => 100.0,
        _ => {
            let (low, high) = (quality(above - 1), quality(above));
            let (from, to) = (TABLE[above - 1], TABLE[above]);
            low + (score - from) * (high - low) / (to - from)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_goes_there_and_back() {
        // 1.05 + 3.85/2 + 50·(−10)·50·7e-6 = 1.05 + 1.925 − 0.175.
        assert!((score(50.0) - 2.8).abs() < 1e-12);
        assert!((of_score(2.8) - 50.0).abs() < 1e-9);
        assert_eq!((score(0.0), score(100.0)), (1.05, 4.9));
        assert_eq!((of_score(1.0), of_score(1.05)), (0.0, 0.0));
        assert_eq!((of_score(4.9), of_score(5.0)), (100.0, 100.0));
    }

    #[test]
    fn the_table_rises_and_every_place_of_it_is_found() {
        assert!(TABLE.is_sorted_by(|low, high| low < high));
        for (place, score) in TABLE.iter().enumerate() {
            assert_eq!(of_score(*score), quality(place));
            assert!((of_score(score + 1e-7) - quality(place)).abs() < 1e-2, "{place}");
        }
        assert_eq!((quality(1), quality(PLACES - 1)), (3.25, 100.0));
    }
}
