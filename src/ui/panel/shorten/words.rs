//! The words of parts of codes.

use super::told::Told;

/// What differs between tokens and features.
pub struct Words {
    pub id: &'static str,
    pub title: &'static str,
    pub help: &'static str,
    pub slider: &'static str,
    pub axis: &'static str,
    pub name: fn(u32) -> String,
    pub by_logarithm: bool,
    /// What the numbers cost: bits of a sample, not features.
    bits: bool,
}

pub const BY_TOKEN: Words = Words {
    id: "by-token",
    title: "Token by token",
    help: "The vector of a place is a sum: the first token says it roughly, each further one what was left over. Move the slider to decode the first of them alone. The bars and the curve are the share of the variance that stays unexplained.",
    slider: "Tokens of a place",
    axis: "tokens of a place",
    name: tokens,
    by_logarithm: false,
    bits: true,
};

pub const BY_FEATURE: Words = Words {
    id: "by-feature",
    title: "Only the strongest features",
    help: "Of each input the k strongest features are kept and all others set to zero, without any training. A model that was trained for every k loses little on the way; one that was trained for its own k alone falls apart below it. The bars and the curve are the share of the variance that stays unexplained.",
    slider: "Features kept, k",
    axis: "features kept, k",
    name: features,
    by_logarithm: true,
    bits: false,
};

pub const OTHERS: &str = "Other images";
pub const IMAGES: &str = "The images";
pub const CURVE: &str = "Share of the variance unexplained, over how much of the code is kept";
pub const NO_ENGINE: &str = "This needs the engine, which is not running.";

fn tokens(n: u32) -> String {
    if n == 1 { "1 token".into() } else { format!("{n} tokens") }
}

fn features(n: u32) -> String {
    if n == 1 { "1 feature".into() } else { format!("{n} features") }
}

pub fn percent(share: f32) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// What is lost at one length; `pixels` is how many places a picture has.
pub fn said(words: &Words, told: &Told, at: usize, pixels: Option<usize>) -> String {
    let (Some(n), Some(most)) = (told.length_n.get(at), told.length_n.last()) else { return String::new() };
    let (error, fvu, cost) = (told.error_n[at], percent(told.fvu_n[at]), told.cost_n[at]);
    let lost = format!("{fvu} of the variance unexplained, squared error {error:.4} a value; of {} test images.", told.images);
    let kept = match (words.bits, pixels) {
        (true, Some(pixels)) => format!("The first {n} of {most} tokens of a place, {:.3} bits a pixel", cost / pixels as f32),
        (true, None) => format!("The first {n} of {most} tokens of a place, {cost:.1} bits a sample"),
        (false, _) => format!("The {n} strongest features of an input, {cost:.1} of them active on average"),
    };
    format!("{kept}: {lost}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_is_told_with_its_cost() {
        let told =
            Told { images: 64, length_n: vec![1, 2], cost_n: vec![40.0, 78.4], error_n: vec![0.05, 0.025], fvu_n: vec![0.6, 0.3] };
        assert_eq!(
            said(&BY_TOKEN, &told, 1, Some(784)),
            "The first 2 of 2 tokens of a place, 0.100 bits a pixel: 30.0 % of the variance unexplained, squared error 0.0250 a value; of 64 test images."
        );
        assert!(said(&BY_FEATURE, &told, 0, Some(784)).starts_with("The 1 strongest features of an input, 40.0 of them active"));
        assert_eq!(said(&BY_TOKEN, &Told::default(), 0, None), "");
        assert_eq!([tokens(1), features(1), features(3)], ["1 token", "1 feature", "3 features"]);
    }
}
