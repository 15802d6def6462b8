//! Faces that nobody has: 64 × 64 in colour, drawn from named factors, so that what a code should hold is known exactly.
//!
//! The factors are drawn independently of each other. Where they fit, they and the attributes that follow from them have
//! CelebA's names (Liu et al., "Deep learning face attributes in the wild", 2015).

mod card;
#[cfg(feature = "images")]
mod hair;
#[cfg(feature = "images")]
mod look;
#[cfg(feature = "images")]
mod paint;
#[cfg(feature = "images")]
mod things;

pub use card::CARD;
#[cfg(feature = "images")]
pub use engine::{Faces, MAKE};

#[cfg(feature = "images")]
mod engine {
    use super::card::CARD;
    use super::look::{Look, at};
    use super::paint;
    use crate::canvas::Canvas;
    use crate::make::Make;
    use crate::render::Render;
    use latent_vocabulary::data::DataCard;

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
