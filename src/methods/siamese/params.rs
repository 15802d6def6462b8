//! Parameters and counts that methods of this line share by name and meaning.

use latent_vocabulary::ParamSpec;
use latent_vocabulary::objective::Count;

pub const VIEWS: ParamSpec = ParamSpec::float("views", "How far views go", 0.0, 2.0, 1.0,
    "How much the two views of an image differ. Pictures are turned, shifted, made larger or smaller, darker or brighter, noisy, and a square is taken out; other samples get noise. At 0 both are the image itself, and nothing is learnt from them.").live();
pub const PROJECTION: ParamSpec = ParamSpec::int(
    "projection",
    "Projection",
    16,
    512,
    128,
    "Numbers of the space in which the views are compared. Where there is a predictor, it is a quarter as wide inside.",
);
pub const SPREAD: Count =
    Count::new("spread", "of a projection's direction, 1 where it goes all ways and 0 where all images have one");
