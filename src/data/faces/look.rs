//! What the factors mean: a [`Look`] in numbers that the painter can use.

use super::card::CARD;
use crate::canvas::{Frame, Rgb, blend, lit, mix, ramp, sin_cos};

/// Places of the factors in [`CARD`].
pub mod at {
    pub const HAIR_COLOUR: usize = 0;
    pub const HAIR_STYLE: usize = 1;
    pub const BANGS: usize = 2;
    pub const SKIN: usize = 3;
    pub const MALE: usize = 4;
    pub const YOUNG: usize = 5;
    pub const CHUBBY: usize = 6;
    pub const SMILING: usize = 7;
    pub const MOUTH_OPEN: usize = 8;
    pub const GLASSES: usize = 9;
    pub const BEARD: usize = 10;
    pub const HAT: usize = 11;
    pub const EYES_OPEN: usize = 12;
    pub const EYE_COLOUR: usize = 13;
    pub const BUSHY_BROWS: usize = 14;
    pub const ARCHED_BROWS: usize = 15;
    pub const MAKEUP: usize = 16;
    pub const YAW: usize = 17;
    pub const TILT: usize = 18;
    pub const LIGHT: usize = 19;
    pub const BACKGROUND: usize = 20;
    pub const CLOTHES: usize = 21;
}

const SKIN: [Rgb; 5] = [[0.99, 0.86, 0.78], [0.95, 0.75, 0.62], [0.83, 0.60, 0.45], [0.62, 0.41, 0.29], [0.42, 0.27, 0.19]];
const HAIR: [Rgb; 5] = [[0.13, 0.11, 0.12], [0.40, 0.24, 0.14], [0.88, 0.69, 0.38], [0.70, 0.70, 0.72], [0.68, 0.30, 0.13]];
const IRIS: [Rgb; 4] = [[0.36, 0.21, 0.10], [0.25, 0.47, 0.68], [0.31, 0.50, 0.30], [0.52, 0.36, 0.14]];
/// Once around the colours, at a brightness that suits a backdrop.
const BACKGROUND: [Rgb; 7] = [
    [0.78, 0.47, 0.42],
    [0.82, 0.68, 0.43],
    [0.58, 0.68, 0.44],
    [0.38, 0.62, 0.60],
    [0.40, 0.55, 0.74],
    [0.56, 0.48, 0.70],
    [0.74, 0.48, 0.60],
];
const CLOTHES: [Rgb; 8] = [
    [0.93, 0.92, 0.88],
    [0.20, 0.24, 0.34],
    [0.70, 0.22, 0.20],
    [0.18, 0.45, 0.42],
    [0.86, 0.62, 0.22],
    [0.45, 0.30, 0.52],
    [0.16, 0.17, 0.19],
    [0.36, 0.52, 0.72],
];

/// Kind of hair.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum HairStyle {
    Bald,
    Short,
    Wavy,
    Straight,
}

/// A face in the painter's numbers. What is called an amount lies in `[0, 1]`.
pub struct Look {
    pub skin: Rgb,
    pub hair: Rgb,
    pub iris: Rgb,
    pub background: Rgb,
    pub clothes: Rgb,
    pub hat_colour: Rgb,
    pub style: HairStyle,
    /// Height of the hairline above the eyes' level, as a coordinate (negative is up).
    pub hairline: f32,
    pub male: f32,
    pub young: f32,
    pub smile: f32,
    /// Gap between the lips at rest and wide open, amount.
    pub open: f32,
    /// 0 none, 1 round, 2 square, 3 dark.
    pub glasses: u8,
    /// 0 none, 1 stubble, 2 moustache, 3 goatee, 4 full.
    pub beard: u8,
    /// 0 none, 1 knitted, 2 brimmed.
    pub hat: u8,
    pub eyes_open: f32,
    pub bushy: f32,
    pub arched: f32,
    pub makeup: f32,
    /// Half width and half height of the head.
    pub width: f32,
    pub height: f32,
    /// How much the jaw narrows.
    pub taper: f32,
    /// Sine and cosine of the turn to the right.
    pub yaw: (f32, f32),
    /// Direction to the light, of length 1; y points down, z to the viewer.
    pub light: [f32; 3],
    pub head: Frame,
}

impl Look {
    /// # Panics
    /// If there are fewer values than factors.
    pub fn new(factors: &[u8]) -> Self {
        let part = |i: usize| f32::from(factors[i]) / f32::from(CARD.factors[i].size - 1);
        let signed = |i: usize| 2.0 * part(i) - 1.0;
        let (male, young, chubby) = (part(at::MALE), part(at::YOUNG), part(at::CHUBBY));
        let hair = HAIR[usize::from(factors[at::HAIR_COLOUR])];
        let (lx, lz) = sin_cos(1.1 * signed(at::LIGHT));
        let ly = -0.45f32;
        let length = (1.0 + ly * ly).sqrt();
        let tilt = 0.16 * signed(at::TILT);
        let clothes = CLOTHES[usize::from(factors[at::CLOTHES])];
        let opposite = CLOTHES[usize::from(factors[at::CLOTHES] + 3) % CLOTHES.len()];
        Self {
            skin: ramp(&SKIN, part(at::SKIN)),
            hair,
            iris: IRIS[usize::from(factors[at::EYE_COLOUR])],
            background: ramp(&BACKGROUND, part(at::BACKGROUND)),
            clothes,
            hat_colour: blend(opposite, lit(opposite, 0.8), 0.5),
            style: [HairStyle::Bald, HairStyle::Short, HairStyle::Wavy, HairStyle::Straight][usize::from(factors[at::HAIR_STYLE])],
            hairline: mix(-0.50, -0.20, part(at::BANGS)),
            male,
            young,
            smile: part(at::SMILING),
            open: part(at::MOUTH_OPEN),
            glasses: factors[at::GLASSES],
            beard: factors[at::BEARD],
            hat: factors[at::HAT],
            eyes_open: mix(1.0, 0.42, part(at::EYES_OPEN)),
            bushy: part(at::BUSHY_BROWS),
            arched: part(at::ARCHED_BROWS),
            makeup: part(at::MAKEUP),
            width: 0.435 + 0.07 * chubby + 0.02 * male,
            height: 0.60 + 0.015 * male - 0.02 * chubby,
            taper: 0.30 - 0.17 * male - 0.10 * chubby,
            yaw: sin_cos(0.42 * signed(at::YAW)),
            light: [lx / length, ly / length, lz / length],
            head: Frame::turned([0.0, 0.02], tilt, [0.0, 0.62]),
        }
    }

    /// Where a feature at `across` (−1 to 1 from ear to ear) on height `y` goes when the head turns, and what becomes of
    /// its width.
    pub fn turn(&self, across: f32, y: f32) -> (f32, f32) {
        let t = y / self.height;
        let depth = (1.0 - across * across).sqrt();
        let (sin, cos) = self.yaw;
        // The head is narrower where it nears its top and its chin, so what is there turns on a smaller circle.
        let radius = (1.0 - 0.8 * t * t).sqrt();
        (self.width * (across * cos + radius * depth * sin), (depth * cos - across * sin) / depth)
    }

    /// How far outside the head a point is, as a part of the head: 0 at its edge, −1 in its middle.
    pub fn outside(&self, x: f32, y: f32) -> f32 {
        let t = y / self.height;
        let below = if t > 0.0 { t } else { 0.0 };
        let narrow = 1.0 - self.taper * below * below;
        let s = x / (self.width * narrow);
        (s * s + t * t).sqrt() - 1.0
    }

    /// Whether long hair falls beside the face.
    pub fn long(&self) -> bool {
        matches!(self.style, HairStyle::Wavy | HairStyle::Straight)
    }
}
