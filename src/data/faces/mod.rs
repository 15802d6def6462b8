//! Faces that nobody has: 64 × 64 in colour, drawn from named factors, so that what a code should hold is known exactly.
//!
//! The factors are drawn independently of each other. Where they fit, they and the attributes that follow from them have
//! CelebA's names (Liu et al., "Deep learning face attributes in the wild", 2015).

mod hair;
mod look;
mod paint;
mod things;

use self::look::{Look, at};
use super::canvas::Canvas;
use super::render::Render;
use crate::spec::data::{DataCard, FACES};

/// The painter, with the canvas that it uses for every face.
#[derive(Default)]
pub struct Faces {
    canvas: Canvas,
}

impl Render for Faces {
    fn card(&self) -> &'static DataCard {
        &FACES
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
