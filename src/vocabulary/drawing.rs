//! Points that a visitor has drawn, written in the name of their data set: a link has them, and nothing need be kept.

/// The data set's name without a drawing.
pub const DRAWN: &str = "drawn";
/// Most points: a link of some 1,200 letters.
pub const MOST: usize = 600;
/// Classes that points can be drawn of.
pub const CLASSES: usize = 2;

/// Letters of a coordinate, which links need not rewrite.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// The outermost of the places that have letters.
const EDGE: f32 = 2.2;

/// Points on a grid of 64 × 64, of each class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    pub classes: [Vec<[u8; 2]>; CLASSES],
}

impl Drawing {
    /// Reads a data set's name: `drawn:` and two letters a point, across and up, classes apart by a dot. `None` if it is no such name,
    /// or has no points in it.
    pub fn parse(id: &str) -> Option<Self> {
        let text = id.strip_prefix(DRAWN)?.strip_prefix(':')?;
        let mut drawing = Self::default();
        let mut words = text.split('.');
        for (points, word) in drawing.classes.iter_mut().zip(words.by_ref()) {
            if !word.len().is_multiple_of(2) {
                return None;
            }
            let place = |letter: &u8| LETTERS.iter().position(|known| known == letter).map(|i| i as u8);
            *points = word.as_bytes().chunks_exact(2).map(|c| Some([place(&c[0])?, place(&c[1])?])).collect::<Option<_>>()?;
        }
        (words.next().is_none() && (1..=MOST).contains(&drawing.len())).then_some(drawing)
    }

    /// The name of the data set.
    pub fn id(&self) -> String {
        if self.is_empty() {
            return DRAWN.into();
        }
        let word = |points: &Vec<[u8; 2]>| points.iter().flatten().map(|i| char::from(LETTERS[usize::from(i % 64)])).collect();
        let mut words: Vec<String> = self.classes.iter().map(word).collect();
        while words.last().is_some_and(String::is_empty) {
            words.pop();
        }
        format!("{DRAWN}:{}", words.join("."))
    }

    /// Points of all classes.
    pub fn len(&self) -> usize {
        self.classes.iter().map(Vec::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a point, in so far as there is room; whether there was.
    pub fn add(&mut self, class: usize, place: [f32; 2]) -> bool {
        let snapped = place.map(|v| ((v / EDGE * 0.5 + 0.5) * 63.0).round().clamp(0.0, 63.0) as u8);
        let room = self.len() < MOST;
        if let Some(points) = self.classes.get_mut(class).filter(|points| room && points.last() != Some(&snapped)) {
            points.push(snapped);
        }
        room
    }

    /// All points as places, with their classes.
    pub fn places(&self) -> impl Iterator<Item = (u8, [f32; 2])> {
        let place = |point: &[u8; 2]| point.map(|i| (f32::from(i) / 63.0 * 2.0 - 1.0) * EDGE);
        (0u8..).zip(&self.classes).flat_map(move |(class, points)| points.iter().map(move |point| (class, place(point))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_goes_round_in_its_name() {
        let mut drawing = Drawing::default();
        for (class, place) in [(0, [-EDGE, EDGE]), (0, [0.0, 0.0]), (1, [1.0, -9.0]), (1, [1.0, -9.0])] {
            assert!(drawing.add(class, place));
        }
        assert_eq!(drawing.len(), 3, "the same point twice in a row is one");
        let id = drawing.id();
        assert_eq!((id.as_str(), Drawing::parse(&id)), ("drawn:A_gg.uA", Some(drawing.clone())));
        let places: Vec<(u8, [f32; 2])> = drawing.places().collect();
        assert_eq!((places[0], places[2].0), ((0, [-EDGE, EDGE]), 1));
        assert!(places[1].1.iter().all(|v| v.abs() < 0.04), "{places:?}");
        // Of the second class alone.
        let mut other = Drawing::default();
        other.add(1, [0.0, 0.0]);
        assert_eq!((other.id().as_str(), Drawing::parse(".gg"), Drawing::parse("drawn:.gg")), ("drawn:.gg", None, Some(other)));
        assert_eq!(Drawing::default().id(), DRAWN);
    }

    #[test]
    fn other_names_are_no_drawings() {
        for id in ["drawn", "drawn:", "drawn:A", "drawn:A!", "drawn:AA.AA.AA", "drawn:é", "moons:AA", "own:AA"] {
            assert_eq!(Drawing::parse(id), None, "{id}");
        }
        assert_eq!(Drawing::parse(&format!("drawn:{}", "AB".repeat(MOST + 1))), None);
        let mut full = Drawing::default();
        assert!((0..MOST).all(|i| full.add(0, [i as f32 % 2.0, 0.0])));
        assert_eq!((full.len(), full.add(1, [1.0, 1.0])), (MOST, false));
    }
}
