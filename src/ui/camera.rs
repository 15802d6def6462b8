//! What the visitor looks at, behind the `#` of the address: the open tab, and where in the model.
//!
//! `#explore&axes=2,5&pins=3&from=12`: the tab, then what is not as it is by itself. `axes` are the two latents of the map,
//! `pins` the latents kept on top, `from` the test image whose code the traversal shows, `z` the code itself where its
//! sliders have been moved.

use super::plane::Axes;
use super::tab::Tab;
use super::words;
use latent_small::number;

/// Longer codes have no place in a link.
const SHORT: usize = 32;
/// The test image that a page begins with: a digit says more than the blur at the centre of the prior.
const FIRST: usize = 0;

/// Where the traversal stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Standpoint {
    Test(usize),
    /// Rounded to hundredths.
    Code(Vec<f32>),
}

/// What the address says of the view.
#[derive(Clone, Debug, PartialEq)]
pub struct Camera {
    pub tab: Tab,
    pub axes: Axes,
    pub pins: Vec<usize>,
    pub place: Standpoint,
}

impl Default for Camera {
    fn default() -> Self {
        Self { tab: Tab::Learn, axes: Axes::Pca, pins: Vec::new(), place: Standpoint::Test(FIRST) }
    }
}

/// Numbers joined by commas.
fn list<T>(text: &str, read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    text.split(',').map(read).collect()
}

fn joined(numbers: impl Iterator<Item = String>) -> String {
    numbers.collect::<Vec<_>>().join(",")
}

fn hundredths(v: f32) -> f32 {
    // Minus nothing is nothing.
    (100.0 * v).round() / 100.0 + 0.0
}

impl Camera {
    /// Whether a fragment is about the view; an anchor of the page is not.
    pub fn is_in(fragment: &str) -> bool {
        let first = fragment.trim_start_matches('#').split('&').next().unwrap_or_default();
        first.is_empty() || first.contains('=') || Tab::ALL.iter().any(|tab| first == tab.id())
    }

    /// Reads what follows the `#`. What is not understood is reported and ignored.
    pub fn read(fragment: &str) -> (Self, Vec<String>) {
        let (mut camera, mut notes) = (Self::default(), Vec::new());
        for (i, part) in fragment.trim_start_matches('#').split('&').enumerate().filter(|(_, part)| !part.is_empty()) {
            if !camera.take(i == 0, part) {
                notes.push(words::unknown_view(part));
            }
        }
        (camera, notes)
    }

    /// Takes one part in, if it says something.
    fn take(&mut self, first: bool, part: &str) -> bool {
        let Some((key, value)) = part.split_once('=') else {
            let tab = Tab::ALL.into_iter().find(|tab| first && part == tab.id());
            self.tab = tab.unwrap_or(self.tab);
            return tab.is_some();
        };
        match (key, list(value, |part| part.parse::<usize>().ok()), list(value, |part| number(part).map(|v| v as f32))) {
            ("axes", Some(latents), _) if latents.len() == 2 => self.axes = Axes::Latents(latents[0], latents[1]),
            ("level", Some(level), _) if level.len() == 1 && level[0] > 0 => self.axes = Axes::Level(level[0] - 1),
            ("pins", Some(pins), _) => self.pins = pins,
            ("from", Some(image), _) if image.len() == 1 => self.place = Standpoint::Test(image[0]),
            ("z", _, Some(z)) if z.len() <= SHORT && z.iter().all(|v| v.is_finite()) => self.place = Standpoint::Code(z),
            _ => return false,
        }
        true
    }

    /// What stands behind the `#`.
    pub fn write(&self) -> String {
        let mut out = String::from(self.tab.id());
        match self.axes {
            Axes::Pca => {}
            Axes::Level(level) => out.push_str(&format!("&level={}", level + 1)),
            Axes::Latents(a, b) => out.push_str(&format!("&axes={a},{b}")),
        }
        if !self.pins.is_empty() {
            out.push_str(&format!("&pins={}", joined(self.pins.iter().map(usize::to_string))));
        }
        match &self.place {
            Standpoint::Test(FIRST) => {}
            Standpoint::Test(i) => out.push_str(&format!("&from={i}")),
            Standpoint::Code(z) if z.is_empty() || z.len() > SHORT => {}
            Standpoint::Code(z) => out.push_str(&format!("&z={}", joined(z.iter().map(|v| hundredths(*v).to_string())))),
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_travels_in_the_address() {
        let camera = Camera { tab: Tab::Map, axes: Axes::Latents(2, 5), pins: vec![3, 7], place: Standpoint::Test(12) };
        assert_eq!(camera.write(), "explore&axes=2,5&pins=3,7&from=12");
        assert_eq!(Camera::read(&format!("#{}", camera.write())), (camera, vec![]));
        let level = Camera { axes: Axes::Level(1), ..Camera::default() };
        assert_eq!((level.write().as_str(), Camera::read("#learn&level=2").0), ("learn&level=2", level));
        let moved = Camera { place: Standpoint::Code(vec![0.5, -1.25, 0.0]), ..Camera::default() };
        assert_eq!(moved.write(), "learn&z=0.5,-1.25,0");
        assert_eq!(Camera::read(&moved.write()).0, moved);
        let fine = Camera { place: Standpoint::Code(vec![0.123_456, -0.001]), ..Camera::default() };
        assert_eq!(fine.write(), "learn&z=0.12,0");
    }

    #[test]
    fn an_anchor_of_the_page_is_no_view() {
        for view in ["", "#", "#explore", "#learn&from=3", "#axes=2,5"] {
            assert!(Camera::is_in(view), "{view}");
        }
        assert!(!Camera::is_in("#panels") && !Camera::is_in("#map&axes=2,5"));
    }

    #[test]
    fn old_links_open_and_what_is_strange_is_reported() {
        // As the first versions of the page wrote them: the tab alone.
        for tab in Tab::ALL {
            assert_eq!(Camera::read(&format!("#{}", tab.id())), (Camera { tab, ..Camera::default() }, vec![]));
        }
        assert_eq!(Camera::read(""), (Camera::default(), vec![]));
        let (camera, notes) = Camera::read("#attic&axes=1&pins=2&colour=red&z=1,many&from=3");
        assert_eq!(camera, Camera { pins: vec![2], place: Standpoint::Test(3), ..Camera::default() });
        assert_eq!(notes.len(), 4, "{notes:?}");
        assert!(notes[0].contains("attic") && notes[1].contains("axes=1") && notes[3].contains("many"), "{notes:?}");
    }
}
