//! Words of the codebook's tab.

use crate::model::TokenGrid;

pub const TAB: &str = "Codebook";

pub const TOKENS: &str = "An image in tokens";
pub const TOKENS_HELP: &str = "Each number is a code of the codebook; the picture is what the decoder makes of all of them. Press a place, then a code: it is decoded at once. Drag to paint with the code chosen last. By keyboard, arrows move, Page Up and Page Down change the code. In an MLP every token describes the whole image.";
pub const BITS: &str = "Bits of the code";
pub const GRID: &str = "Tokens by place";
pub const LEVELS: &str = "Which token of a place";
pub const UNDO: &str = "Undo";
pub const RESET: &str = "As encoded";
pub const ORIGINAL: &str = "The image";
pub const ENCODED: &str = "As encoded";
pub const COMPOSED: &str = "What the tokens stand for";
pub const OWN: &str = "Take your drawing";

pub const ATLAS: &str = "The codebook";
pub const ATLAS_HELP: &str = "Every code as a picture: put in all places, or in the place chosen on the left. The bar is its share of the tokens of test images; struck-out codes were chosen by none of them. Age is the training steps since a code was last chosen.";
pub const MODE: &str = "What the pictures show";
pub const EVERYWHERE: &str = "everywhere";
pub const EVERYWHERE_HELP: &str =
    "The code in all places; if a place has several tokens, the others are those of the selected place";
pub const IN_PLACE: &str = "in place";
pub const IN_PLACE_HELP: &str = "The image on the left with the code in the selected place";
pub const SORT: &str = "Order of the codes";
pub const BY_USAGE: &str = "by use";
pub const BY_AGE: &str = "by age";
pub const BY_NUMBER: &str = "by number";

pub const SAMPLES: &str = "Drawn from the learnt prior";
pub const SAMPLES_HELP: &str = "The prior predicts each token from those before it. These images were drawn token by token and decoded. Temperature 0 always takes the likeliest token; above 1 the draws are bolder than the data. Press one to take its tokens to the grid.";
pub const SAMPLES_NEW: &str = "Draw others";
pub const TEMPERATURE: &str = "Temperature";

pub const MAP: &str = "Codes by similarity";
pub const MAP_HELP: &str = "The code vectors on their plane of largest variance. Larger discs are used more, empty ones never. Press one to put it in the selected place.";
pub const MAP_WORDS: &str = "Map of the code vectors. By keyboard, choose a code in the codebook.";

/// Test id, name and hint of each token of a place.
pub const LEVEL_NAMES: [(&str, &str, &str); 8] = [
    ("level-0", "1st", ""),
    ("level-1", "2nd", ""),
    ("level-2", "3rd", ""),
    ("level-3", "4th", ""),
    ("level-4", "5th", ""),
    ("level-5", "6th", ""),
    ("level-6", "7th", ""),
    ("level-7", "8th", ""),
];

pub fn pick(i: u32) -> String {
    format!("Write test image {i} in tokens")
}

pub fn take_sample(i: usize) -> String {
    format!("Take the tokens of drawn image {}", i + 1)
}

pub fn cell(row: usize, column: usize, token: Option<u32>) -> String {
    let token = token.map_or_else(|| "no token yet".into(), |t| format!("token {t}"));
    format!("Row {}, column {}: {token}", row + 1, column + 1)
}

/// What is in hand, and how much was changed.
pub fn place(grid: Option<TokenGrid>, cell: usize, level: usize, token: Option<u32>, edits: usize) -> String {
    let (Some(grid), Some(token)) = (grid, token) else { return "Press an image to write it in tokens.".into() };
    let which = if grid.levels > 1 { format!(", token {} of {}", level + 1, grid.levels) } else { String::new() };
    let edits = match edits {
        0 => String::new(),
        1 => " One change.".into(),
        n => format!(" {n} changes."),
    };
    let (row, column) = (cell / grid.width + 1, cell % grid.width + 1);
    format!("Selected: row {row}, column {column}{which}, code {token}.{edits}")
}

pub fn code(code: usize, share: f32, age: f32) -> String {
    let used = if share > 0.0 { format!("{:.1} % of the tokens", 100.0 * share) } else { "chosen by no test image".into() };
    let age = match age as u64 {
        _ if age.is_infinite() => "never chosen".into(),
        0 => "last chosen in the latest step".into(),
        1 => "last chosen a step ago".into(),
        n => format!("last chosen {n} steps ago"),
    };
    format!("Code {code}: {used}; in training {age}")
}

pub fn usage(used: usize, codes: usize, perplexity: f32, images: u32) -> String {
    let dead = if used < codes { format!(", {} dead", codes - used) } else { String::new() };
    format!("{used} of {codes} codes in use{dead} · perplexity {perplexity:.1} · on {images} test images")
}

/// What a picture costs in tokens: bits of a sample, by how often codes are chosen and all alike.
pub fn rate([used, plain]: [f32; 2], pixels: usize, images: u32) -> String {
    let [used, plain] = [used, plain].map(|bits| bits / pixels as f32);
    format!("{used:.3} bits a pixel by how often codes are chosen, {plain:.3} with all codes alike; on {images} test images")
}

pub fn bit(bit: u32) -> String {
    format!("Bit {}", bit + 1)
}

pub fn first_of(shown: usize, codes: usize) -> String {
    format!("The first {shown} of {codes} in this order.")
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn a_code_that_was_never_chosen_has_no_age() {
        assert_eq!(code(3, 0.0, f32::INFINITY), "Code 3: chosen by no test image; in training never chosen");
        assert_eq!(code(3, 0.25, 1.0), "Code 3: 25.0 % of the tokens; in training last chosen a step ago");
    }
}
