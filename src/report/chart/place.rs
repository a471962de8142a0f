//! Where labels go so that none covers another, or a dot.
//!
//! The idea to hold: the first place that is free, of a few in the order of how well they read.

use std::ops::Range;

use super::canvas::{Frame, Pixel};

/// What is taken already, and the frame that nothing may leave.
pub(super) struct Free {
    within: Frame,
    taken: Vec<Frame>,
}

/// How far a label is from the middle of its dot.
const AWAY: i32 = 12;

/// How far apart are the places that stand for a line.
const STEP: i32 = 8;

impl Free {
    /// A frame with these dots in it.
    pub(super) fn new(within: Frame, dots: &[Pixel]) -> Self {
        let around =
            |&(x, y): &Pixel| Frame { left: x - 7, top: y - 7, right: x + 7, bottom: y + 7 };
        Self { within, taken: dots.iter().map(around).collect() }
    }

    /// Takes the line between two places.
    pub(super) fn take_line(&mut self, from: Pixel, to: Pixel) {
        let steps = (to.0 - from.0).abs().max((to.1 - from.1).abs()) / STEP + 1;
        for step in 0..=steps {
            let x = from.0 + (to.0 - from.0) * step / steps;
            let y = from.1 + (to.1 - from.1) * step / steps;
            self.take(Frame { left: x - 1, top: y - 1, right: x + 1, bottom: y + 1 });
        }
    }

    /// Takes a frame, wherever it is.
    pub(super) fn take(&mut self, frame: Frame) {
        self.taken.push(frame);
    }

    /// Takes a place beside a dot for a label of this size, if one is free within so many steps of
    /// it: where its left end is, in the middle of its height.
    pub(super) fn beside(&mut self, dot: Pixel, (w, h): (i32, i32), steps: i32) -> Option<Pixel> {
        let place = (1..=steps).flat_map(|step| around(dot, (w, h), step * AWAY));
        let frame = |(left, middle): Pixel| Frame {
            left,
            top: middle - h / 2,
            right: left + w,
            bottom: middle + h / 2,
        };
        let place = place.into_iter().find(|place| self.is_free(frame(*place)))?;
        self.take(frame(place));
        Some(place)
    }

    fn is_free(&self, it: Frame) -> bool {
        let Frame { left, top, right, bottom } = self.within;
        let inside = left <= it.left && it.right <= right && top <= it.top && it.bottom <= bottom;
        let apart = |other: &Frame| {
            it.right < other.left
                || other.right < it.left
                || it.bottom < other.top
                || other.bottom < it.top
        };
        inside && self.taken.iter().all(apart)
    }
}

/// The places for a label of this size so far away from a dot, those that read best first.
fn around((x, y): Pixel, (w, h): (i32, i32), away: i32) -> [Pixel; 8] {
    let (right, left, centre) = (x + away, x - away - w, x - w / 2);
    let (above, below) = (y - away - h / 2, y + away + h / 2);
    [
        (right, y),
        (left, y),
        (centre, above),
        (centre, below),
        (right, above),
        (right, below),
        (left, above),
        (left, below),
    ]
}

/// Labels of a height beside these places, moved apart as little as keeps them from overlapping,
/// within the range if they fit there. They come back in the order of the places.
pub(super) fn apart(places: &[i32], height: i32, range: Range<i32>) -> Vec<i32> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by_key(|&i| places[i]);
    let mut moved = places.to_vec();
    let mut free = range.start;
    for &i in &order {
        moved[i] = moved[i].max(free);
        free = moved[i] + height;
    }
    let mut free = range.end;
    for &i in order.iter().rev() {
        moved[i] = moved[i].min(free);
        free = moved[i] - height;
    }
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_goes_to_the_first_side_that_is_free() {
        let within = Frame { left: 0, top: 0, right: 200, bottom: 100 };
        let mut free = Free::new(within, &[(50, 50), (80, 50)]);
        assert_eq!(
            free.beside((50, 50), (30, 10), 1),
            Some((8, 50)),
            "the right is taken by a dot"
        );
        assert_eq!(free.beside((80, 50), (30, 10), 1), Some((92, 50)));
        assert_eq!(free.beside((50, 50), (30, 10), 1), Some((35, 33)), "and the left by a label");
        assert_eq!(free.beside((50, 50), (30, 10), 1), Some((35, 67)));
        assert_eq!(free.beside((50, 50), (300, 10), 9), None);
    }

    #[test]
    fn labels_that_would_overlap_are_moved_apart() {
        assert_eq!(apart(&[50, 10, 52], 20, 0..100), [50, 10, 70]);
        assert_eq!(apart(&[95, 98], 20, 0..100), [80, 100]);
        assert!(apart(&[], 20, 0..100).is_empty());
    }
}
