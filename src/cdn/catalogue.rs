//! Everything there is to ask for, numbered, so that caches are tables and look nothing up.
//!
//! The idea to hold: every title is made of the same presentation, and objects are numbered in the
//! order of popularity: title after title, and each from its beginning.

use std::sync::Arc;

use crate::media::{DocumentId, Object, Presentation, Segment, Track, TrackId};
use crate::units::Bytes;

/// The number of an object.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Key(pub u32);

/// Titles that differ in nothing but how popular they are.
#[derive(Clone, Debug)]
pub struct Catalogue {
    titles: u32,
    /// What a title is made of, and how large each is.
    objects: Vec<(Object, Bytes)>,
    /// By class of devices, by track.
    views: Vec<Vec<View>>,
}

/// A track as a class of devices knows it.
#[derive(Clone, Debug)]
struct View {
    rungs: usize,
    /// The number of each segment within its title, by index, then rung.
    numbers: Vec<u32>,
}

impl Catalogue {
    /// So many titles of this content, of which classes of devices see these parts. Nothing, where
    /// that would be more than can be numbered.
    pub fn new(content: &Presentation, titles: u32, devices: &[Arc<Presentation>]) -> Option<Self> {
        let documents = content.documents.iter().zip(0..);
        let documents = documents.map(|(&size, id)| (Object::Document(DocumentId(id)), size));
        let mut objects: Vec<_> = documents.collect();
        let mut numbers: Vec<_> = content.tracks.iter().map(|_| Vec::new()).collect();
        let longest = content.tracks.iter().map(Track::count).max()?;
        for index in 0..longest {
            for (id, track) in content.tracks.iter().enumerate().filter(|(_, t)| index < t.count())
            {
                for rung in track.ladder.rungs() {
                    numbers[id].push(objects.len() as u32);
                    let segment = Segment { track: TrackId(id as u8), index, rung };
                    objects.push((Object::Segment(segment), track.size(index, rung)));
                }
            }
        }
        let all = (objects.len() as u64).checked_mul(titles.into())?;
        let views = devices.iter().map(|device| views(content, device, &numbers)).collect();
        (all < u64::from(u32::MAX)).then_some(Self { titles, objects, views })
    }

    /// The number of what a viewer asks for.
    pub fn key(&self, title: u32, device: usize, object: Object) -> Key {
        let within = match object {
            Object::Document(id) => id.0,
            Object::Segment(Segment { track, index, rung }) => {
                let view = &self.views[device][usize::from(track.0)];
                view.numbers[index as usize * view.rungs + usize::from(rung.0)]
            }
        };
        Key(title * self.objects.len() as u32 + within)
    }

    /// The title of an object, the object and its size.
    pub fn object(&self, key: Key) -> (u32, Object, Bytes) {
        let each = self.objects.len() as u32;
        let (object, size) = self.objects[(key.0 % each) as usize];
        (key.0 / each, object, size)
    }

    /// How many objects there are.
    pub fn count(&self) -> u32 {
        self.titles * self.objects.len() as u32
    }

    /// How large the largest is.
    pub fn largest(&self) -> Bytes {
        self.objects.iter().map(|&(_, size)| size).max().unwrap_or_default()
    }

    /// How popular an object is, from 0 for the most to 1.
    pub fn place(&self, key: Key) -> f64 {
        f64::from(key.0) / f64::from(self.count())
    }
}

/// What a class of devices knows as the segments of these numbers. It has some of the rungs, in
/// their order.
fn views(whole: &Presentation, device: &Presentation, numbers: &[Vec<u32>]) -> Vec<View> {
    let tracks = whole.tracks.iter().zip(&device.tracks).zip(numbers);
    let view = |((whole, own), numbers): ((&Track, &Track), &Vec<u32>)| {
        let kept = own.ladder.among(&whole.ladder);
        let rows = numbers.chunks(whole.ladder.count());
        let numbers = rows.flat_map(|row| kept.iter().map(|rung| row[usize::from(rung.0)]));
        View { rungs: kept.len(), numbers: numbers.collect() }
    };
    tracks.map(view).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::{Kind, Ladder, Representation, Resolution};
    use crate::units::{Bitrate, Span};

    fn track(kind: Kind, heights: &[u32], count: usize) -> Track {
        let rung = |&height: &u32| Representation {
            bitrate: Bitrate::kbps(height.into()),
            resolution: Some(Resolution { width: 2 * height, height }),
            ..Representation::default()
        };
        let ladder = Ladder::new(heights.iter().map(rung).collect()).unwrap();
        let sizes = (0..count * heights.len()).map(|n| Bytes::new(1_000 + n as u64)).collect();
        Track::new(kind, ladder, &vec![Span::from_secs(4); count], sizes).unwrap()
    }

    #[test]
    fn a_small_screen_asks_for_the_same_objects_by_other_rungs() {
        let tracks =
            vec![track(Kind::Video, &[240, 480, 1_080], 3), track(Kind::Audio, &[1, 2], 2)];
        let mut content = Presentation::new(tracks);
        content.documents = vec![Bytes::new(7)];
        let mut small = content.clone();
        small.tracks[0] = small.tracks[0].clone().within_height(480);
        let catalogue =
            Catalogue::new(&content, 3, &[content.clone().into(), small.clone().into()]).unwrap();
        assert_eq!(catalogue.count(), 3 * (1 + 9 + 4));
        let mut seen = Vec::new();
        for title in 0..3 {
            for (id, track) in content.tracks.iter().enumerate() {
                for (index, rung) in
                    (0..track.count()).flat_map(|i| track.ladder.rungs().map(move |r| (i, r)))
                {
                    let segment = Segment { track: TrackId(id as u8), index, rung };
                    let object = Object::Segment(segment);
                    let key = catalogue.key(title, 0, object);
                    assert_eq!(catalogue.object(key), (title, object, track.size(index, rung)));
                    if usize::from(rung.0) < small.tracks[id].ladder.count() {
                        assert_eq!(catalogue.key(title, 1, object), key);
                    }
                    seen.push(key);
                }
            }
            seen.push(catalogue.key(title, 1, Object::Document(DocumentId(0))));
        }
        seen.sort();
        assert!(seen.iter().enumerate().all(|(n, key)| key.0 as usize == n));
    }

    #[test]
    fn more_than_can_be_numbered_is_refused() {
        let content = Presentation::new(vec![track(Kind::Video, &[240], 1_000)]);
        assert!(Catalogue::new(&content, 4_000_000, &[]).is_some());
        assert!(Catalogue::new(&content, 5_000_000, &[]).is_none());
    }
}
