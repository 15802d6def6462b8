//! What is seen of pictures where pixels would be too many: the means of squares of them.

use latent_measure::image;
use latent_vocabulary::shape::SampleShape;

/// Squares of a picture, or the numbers of a sample that is none.
#[derive(Clone, Copy, Debug)]
pub struct Eye {
    shape: SampleShape,
    side: usize,
}

impl Eye {
    /// With `grid` squares along the shorter side at least, or as many as there are pixels.
    pub fn new(shape: SampleShape, grid: usize) -> Self {
        Self { shape, side: (shape.height.min(shape.width) / grid).max(1) }
    }

    fn sides(&self) -> [usize; 3] {
        [self.shape.channels, self.shape.height, self.shape.width]
    }

    /// Numbers that it sees of a picture.
    pub fn inputs(&self) -> usize {
        self.shape.channels * (self.shape.height / self.side) * (self.shape.width / self.side)
    }

    /// What that is, for protocols.
    pub fn what(&self) -> String {
        let side = self.side;
        match (self.shape.is_picture(), side) {
            (false, _) => "the numbers themselves".into(),
            (true, 1) => "pixels".into(),
            (true, _) => format!("means of {side} × {side} pixels"),
        }
    }

    /// Pictures as it sees them, row-major.
    pub fn see(&self, x: &[f32]) -> Vec<f32> {
        image::pool(x, self.sides(), self.side)
    }

    /// A gradient with respect to what it sees as one with respect to the picture.
    pub fn back(&self, slope: &[f32]) -> Vec<f32> {
        image::unpool(slope, self.sides(), self.side)
    }
}
