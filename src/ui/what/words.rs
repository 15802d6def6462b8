//! Words of “What is this?”.

pub const WHAT: &str = "What is this?";
pub const HOW: &str = "Press anything on the page, and read what it is. With keys: Tab and Enter. Escape ends it.";
pub const END: &str = "Done";
pub const NOTHING: &str = "Nothing is known of this. Press something near it.";
pub const ROW: &str = "One latent: its pictures show what it alone changes. Drag the frame to set it.";

/// How much room an answer takes, in pixels.
pub const WIDTH: f64 = 320.0;
pub const HEIGHT: f64 = 170.0;

/// Of parts that say nothing of themselves, by their names.
const PARTS: &[(&str, &str)] = &[
    ("train", "Starts the training, and stops it again. The network learns a little at each step, and all panels follow."),
    ("steps", "How many steps the run has taken. In a step the network sees a few pictures and changes all its weights a little."),
    ("steps-per-second", "How many steps your machine takes in a second, as an average of the last moments."),
    ("images-per-second", "How many pictures the network sees in a second: steps times the pictures of a batch."),
    ("status", "What the page is doing now."),
    ("adapter", "What computes the steps: your graphics card, or your processor."),
    ("on-show", "Which model all panels show: one that was trained beforehand, or your own run."),
    ("gallery", "Models that were trained beforehand. A press opens one."),
    ("method", "The kind of autoencoder that is trained. A choice starts a new run."),
    ("data", "What the network learns from."),
    ("play", "Leads to the model below: drag, and watch."),
    ("bench", "Trains several runs, over values of a parameter or several seeds, and compares them."),
    ("runs", "What is kept in this browser, and files to save and to open."),
    ("copy-link", "Copies a link that opens the page as it stands: model, settings, tab and view."),
    ("embed", "Writes the code that shows this model in a page of your own."),
    ("what", "Says what things on the page are, as it does now."),
    ("verify", "Compares each gradient of the compiled network with those of Burn, the library that the methods are written in."),
    ("tab-learn", "The overview: what the model draws, where its codes lie, and how the loss falls."),
    ("tab-latents", "All numbers of the code, one row each: what it changes, and where in the picture."),
    ("tab-explore", "The codes of all test pictures as a map, with what lies between them."),
    ("tab-paths", "Ways from one picture to another through the space of codes, and sums of codes."),
    ("tab-codebook", "The list of all codes that a token can name, and pictures painted with tokens."),
    ("tab-features", "The dictionary of a sparse autoencoder: what makes each feature fire, and what it does."),
    ("tab-draw", "Draw something yourself, and see what the model makes of it."),
    ("tab-measure", "Numbers that say how good the model is, each with how it was taken."),
    ("tab-explain", "The objective term by term, and the network layer by layer."),
    ("traversal-digit", "The picture that the decoder draws from the code that the sliders show."),
    ("map", "Each dot is a test picture, at the place of its code. Press a place to see what the decoder draws there."),
    ("loss-chart", "The loss and its terms, step by step. Lower is better."),
];

/// What is said of a part of that name.
pub fn of_part(name: &str) -> Option<&'static str> {
    PARTS.iter().find(|(part, _)| *part == name).map(|(_, says)| *says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tab::Tab;

    #[test]
    fn every_tab_is_explained() {
        for tab in Tab::ALL {
            assert!(of_part(&format!("tab-{}", tab.id())).is_some(), "{}", tab.id());
        }
        assert_eq!(of_part("nothing"), None);
    }
}
