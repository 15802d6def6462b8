//! What is known of the model on show. Panels decide by this whether they apply, never by a method's name.

use super::paint::Shape;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Model {
    /// Numbers in a code.
    pub latent: usize,
    /// Codes are clouds with a mean and a variance.
    pub gaussian: bool,
    /// Size of a picture.
    pub shape: Shape,
}

impl Model {
    /// Size of the pictures of the model that comes with the page.
    pub const PRETRAINED: Shape = Shape { width: 28, height: 28, channels: 1 };
}
