//! The sprites in colour.

use super::sprites::{self, FACTORS};
use latent_vocabulary::data::DataCard;

pub const CARD: DataCard = DataCard {
    id: "sprites-colour",
    label: "Sprites in colour",
    summary: "The sprites, each in one of eight colours: one factor more.",
    channels: 3,
    factors: FACTORS,
    ..sprites::CARD
}
.shown();

#[cfg(feature = "images")]
pub const MAKE: super::make::Make = super::make::Make::Rendered(|| Box::new(sprites::Sprites::new(&CARD)));
