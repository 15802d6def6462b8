//! Faces that nobody has: 64 × 64 in colour, drawn from named factors, so that what a code should hold is known exactly.
//!
//! The factors are drawn independently of each other. Where they fit, they and the attributes that follow from them have
//! CelebA's names (Liu et al., "Deep learning face attributes in the wild", 2015).

#[cfg(feature = "engine")]
mod hair;
#[cfg(feature = "engine")]
mod look;
#[cfg(feature = "engine")]
mod paint;
#[cfg(feature = "engine")]
mod things;

use crate::spec::data::{Attribute, DataCard, Factor, Origin};

#[cfg(feature = "engine")]
pub use engine::{Faces, MAKE};

pub const CARD: DataCard = DataCard {
    id: "faces",
    label: "Drawn faces",
    summary: "Faces that nobody has, drawn from 22 independent factors: smile, glasses, hair, turn of the head, light.",
    channels: 3,
    height: 64,
    width: 64,
    train: 8192,
    test: 1024,
    classes: &["Black_Hair", "Brown_Hair", "Blond_Hair", "Gray_Hair", "Red_Hair"],
    factors: &[
        Factor::kinds("Hair_Color", 5),
        Factor::weighted("Hair_Style", &[1, 3, 3, 3]),
        Factor::new("Bangs", 8),
        Factor::new("Skin", 16),
        Factor::new("Male", 8),
        Factor::new("Young", 8),
        Factor::new("Chubby", 8),
        Factor::new("Smiling", 16),
        Factor::new("Mouth_Slightly_Open", 8),
        Factor::weighted("Eyeglasses", &[6, 2, 2, 1]),
        Factor::weighted("Beard", &[6, 1, 1, 1, 1]),
        Factor::weighted("Wearing_Hat", &[6, 1, 1]),
        Factor::new("Narrow_Eyes", 8),
        Factor::kinds("Eye_Color", 4),
        Factor::new("Bushy_Eyebrows", 8),
        Factor::new("Arched_Eyebrows", 8),
        Factor::new("Heavy_Makeup", 8),
        Factor::new("Yaw", 16),
        Factor::new("Tilt", 16),
        Factor::new("Light", 16),
        Factor::new("Background", 16),
        Factor::kinds("Clothes", 8),
    ],
    attributes: &[
        Attribute::new("Black_Hair", 0, 0, 0),
        Attribute::new("Brown_Hair", 0, 1, 1),
        Attribute::new("Blond_Hair", 0, 2, 2),
        Attribute::new("Gray_Hair", 0, 3, 3),
        Attribute::new("Bald", 1, 0, 0),
        Attribute::new("Wavy_Hair", 1, 2, 2),
        Attribute::new("Straight_Hair", 1, 3, 3),
        Attribute::new("Bangs", 2, 5, 7),
        Attribute::new("Receding_Hairline", 2, 0, 1),
        Attribute::new("Pale_Skin", 3, 0, 3),
        Attribute::new("Male", 4, 4, 7),
        Attribute::new("Young", 5, 4, 7),
        Attribute::new("Chubby", 6, 5, 7),
        Attribute::new("Smiling", 7, 8, 15),
        Attribute::new("Mouth_Slightly_Open", 8, 3, 7),
        Attribute::new("Eyeglasses", 9, 1, 3),
        Attribute::new("No_Beard", 10, 0, 0),
        Attribute::new("5_o_Clock_Shadow", 10, 1, 1),
        Attribute::new("Mustache", 10, 2, 2),
        Attribute::new("Goatee", 10, 3, 3),
        Attribute::new("Wearing_Hat", 11, 1, 2),
        Attribute::new("Narrow_Eyes", 12, 5, 7),
        Attribute::new("Bushy_Eyebrows", 14, 5, 7),
        Attribute::new("Arched_Eyebrows", 15, 5, 7),
        Attribute::new("Heavy_Makeup", 16, 4, 7),
    ],
    planted: 0,
    classifier: None,
    credit: "Faces: drawn by this program; nobody's.",
    origin: Origin::Rendered,
}
.shown();

#[cfg(feature = "engine")]
mod engine {
    use super::CARD;
    use super::look::{Look, at};
    use super::paint;
    use crate::data::canvas::Canvas;
    use crate::data::{Make, Render};
    use crate::spec::data::DataCard;

    pub const MAKE: Make = Make::Rendered(|| Box::new(Faces::default()));

/// The painter, with the canvas that it uses for every face.
#[derive(Default)]
pub struct Faces {
    canvas: Canvas,
}

impl Render for Faces {
    fn card(&self) -> &'static DataCard {
        &CARD
    }

    /// The colour of the hair.
    fn label(&self, factors: &[u8]) -> u8 {
        factors[at::HAIR_COLOUR]
    }

    fn image(&mut self, factors: &[u8], out_p: &mut [u8]) {
        paint::face(&mut self.canvas, &Look::new(factors));
        self.canvas.write(out_p);
    }
}
}
