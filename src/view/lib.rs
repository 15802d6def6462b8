//! What panels ask of a trained model, and how it is answered: a file for each question, the same wherever the model runs.
//!
//! A question's file says what is asked (the fields of a struct), which models it fits, and how a [`Coder`] answers it; the table
//! below makes the enum [`Query`] of all of them, and [`View`] of their answers. The engine answers from the weights of the moment, the page from a model on the
//! CPU.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test fails by panicking"))]

mod answer;
mod choice;
mod coder;
pub mod feature_file;
mod feature_table;
mod question;

pub use self::answer::{Answer, Pictures};
pub use self::choice::draw;
pub use self::coder::{Alphabet, Coder, Frame, Rows, Size, Tests};
pub use self::feature_table::{BINS, EXAMPLES, KIN, QUARTER_EXAMPLES, TOGETHER, TOP_EXAMPLES};
pub use self::offer::OneOf;
pub use self::question::Question;
pub use self::sample::step_rows;
pub use self::spell::Parts;
pub use latent_vocabulary::drawn::{REACH, TURN, drawn, flat, laid_out, pixels};
pub use latent_vocabulary::shape::unit_values;

/// Names the place on the page that a question belongs to: what is asked there replaces what was asked there before.
pub type Slot = u32;

question::questions! {
    // Answers that several questions share.
    shared {
        Images,
        Codes,
        Tokens,
    }
    // What the engine and the page can answer from the beginning.
    first {
        Decode in decode,
        Reconstruct in reconstruct,
        Embed in embed,
        Originals in originals,
        Encode in encode,
        Autoencode in autoencode,
        Paths in paths gives PathPictures,
        Relax in relax gives Relaxed,
        Network in network gives NetworkPrograms,
    }
    // What the code is fetched for when it is first asked.
    later {
        Codebook in codebook gives CodebookUse,
        Tokenise in tokenise,
        Untokenise in untokenise,
        EachCode in each_code,
        DrawTokens in draw_tokens,
        Features in features gives FeatureTable,
        Feature in feature gives OneFeature,
        Locate in places gives Places,
        Sample in sample gives Way,
        Describe in describe gives Described,
        Spell in spell gives Spelt,
        Pair in partners gives Partners,
        DrawCodes in draw_codes gives DrawnCodes,
        Copies in copies gives Copied,
        Shorten in shorten gives Shortened,
    }
    // What the session answers: it has the measures, and takes them in slices.
    apart {
        Measures in measures gives Sheet,
        Offer in offer gives Offered,
    }
}
