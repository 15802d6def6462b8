//! The words of the ways of drawing.

use latent_measure::sampler::{COMPONENTS, How};

pub const WAYS: &str = "Other ways to draw";
pub const HELP: &str = "The prior is a promise that the codes of images need not keep. Choose how codes are drawn and see what they decode to. “Measure” scores each way: the Fréchet distance, precision and recall of its samples. Press one to take it to the traversal.";
pub const HOW: &str = "How codes are drawn";
pub const OTHERS: &str = "Draw others";
pub const NO_ENGINE: &str = "This needs the engine, which is not running.";

pub fn name(how: How) -> &'static str {
    match how {
        How::Prior => "prior",
        How::Truncated => "middle of the prior",
        How::Hubs => "hubs of the prior",
        How::Steady => "where the decoder is steady",
        How::Gaussian => "fitted Gaussian",
        How::Mixture => "fitted mixture",
        How::Kernel => "kernel density",
        How::Aggregate => "aggregate posterior",
        How::Riemannian => "geometry of the posteriors",
        How::Flow => "flow to codes",
    }
}

pub fn what(how: How) -> String {
    match how {
        How::Prior => "Codes from the prior, all of them.".into(),
        How::Truncated => "Of four draws from the prior the one nearest to the middle: samples become safer and more alike.".into(),
        How::Hubs => "Of four draws from the prior the one that is most often a near neighbour of others: such hubs lie where codes are dense.".into(),
        How::Steady => "Of four draws from the prior the one where a small step changes the picture least: gaps between classes are steep.".into(),
        How::Gaussian => "One Gaussian with all covariances, fitted to the codes of 1,000 test images: no method needs a prior for that.".into(),
        How::Mixture => format!("A mixture of {COMPONENTS} Gaussians, fitted to the codes of 1,000 test images: it knows of clusters and holes."),
        How::Kernel => "The code of a test image, moved by noise as wide as Silverman’s rule says.".into(),
        How::Aggregate => "A draw from the posterior of a test image: where training has seen codes. What the prior is to match.".into(),
        How::Riemannian => "A walk from the code of a test image through a space in which there is much room where the encoder is sure, and little in gaps.".into(),
        How::Flow => "Random points that flow to the codes of test images along random lines, until their shadows are the same: no network learns anything.".into(),
    }
}

pub fn sample(i: usize) -> String {
    format!("Take drawn code {} to the traversal", i + 1)
}
