//! Hair: what falls behind the head, and what frames the face.

use super::look::{HairStyle, Look};
use crate::canvas::{Canvas, Rgb, blend, cover, lit, mix, spot, step, unit, wave};

/// Strands that run down from a parting, at `across` (a slope) and `along`: brightness about 1.
fn strands(across: f32, along: f32) -> f32 {
    1.0 + 0.10 * wave(1.7 * across + 0.35 * along) + 0.07 * wave(4.3 * across + 0.2 * wave(along))
}

/// Hair of a colour at a brightness, shining where `gloss` is 1.
fn strand_colour(hair: Rgb, brightness: f32, gloss: f32) -> Rgb {
    blend(lit(hair, brightness), [1.0, 0.96, 0.88], 0.22 * gloss)
}

/// Half width of long hair at a height.
fn fall(look: &Look, y: f32) -> f32 {
    let full = look.width + 0.13;
    let down = step(-0.1, 0.9, y);
    match look.style {
        HairStyle::Wavy => full + 0.10 * down + 0.035 * wave(1.9 * y),
        _ => full + 0.02 * down,
    }
}

/// Long hair behind the head.
pub fn back(c: &mut Canvas, look: &Look) {
    if !look.long() {
        return;
    }
    let [lx, ..] = look.light;
    let shift = -0.08 * look.yaw.0;
    let wavy = look.style == HairStyle::Wavy;
    let end = if wavy { 0.72 } else { 0.92 };
    let top = -look.height - 0.10;
    c.paint(look.head, [-0.85, top, 0.85, end + 0.1], |x, y| {
        let x = x - shift;
        let half = fall(look, y);
        let s = x / half;
        let above = if y < 0.0 { y * (1.0 / top) } else { 0.0 };
        let round = (s * s + above * above).sqrt() - 1.0;
        let ragged = end + 0.03 * wave(3.1 * x) - 0.10 * s * s;
        let alpha = cover(round * 0.5) * cover(y - ragged);
        let lock = if wavy { wave(2.2 * x + 0.5 * wave(1.2 * y)) } else { wave(3.4 * x) };
        let brightness = 0.68 + 0.10 * lock + 0.14 * s * lx - 0.12 * step(0.0, 0.9, y);
        (lit(look.hair, brightness), alpha)
    });
}

/// Hair on top and at the sides.
pub fn front(c: &mut Canvas, look: &Look) {
    if look.style == HairStyle::Bald {
        return;
    }
    let [lx, ..] = look.light;
    let (sin, _) = look.yaw;
    let shift = -0.05 * sin;
    let (middle, _) = look.turn(0.0, -0.3);
    // The parting is off the middle, on the lighter side of most portraits.
    let parting = middle + 0.13;
    let up = if look.style == HairStyle::Short { 0.085 } else { 0.10 };
    let wide = match look.style {
        HairStyle::Short => 0.045,
        HairStyle::Wavy => 0.115,
        _ => 0.075,
    };
    let (w, top) = (look.width + wide, look.height + up);
    let end = match look.style {
        HairStyle::Short => 0.02,
        HairStyle::Wavy => 0.60,
        _ => 0.74,
    };
    let falls = look.long();
    let fringe = unit((look.hairline + 0.34) * 7.14);
    // Long hair is wider below, see `fall`.
    let margin = if falls { 0.16 } else { 0.03 };
    c.paint(look.head, [-w - margin, -top, w + margin, end + 0.1], |x, y| {
        // Outline: round above, straight or in waves below.
        let xs = x - shift;
        let half = if falls { fall(look, y) - 0.03 } else { w };
        let s = xs / half;
        let above = if y < 0.0 { y * (1.0 / top) } else { 0.0 };
        let round = ((s * s + above * above).sqrt() - 1.0) * 0.5;
        // The face looks out of an opening whose top is the hairline.
        let from_parting = x - parting;
        let reach = look.width * mix(0.93, 0.80, unit(wide * 8.0));
        let f = (x - 0.6 * middle) * (1.0 / reach);
        let sweep = look.hairline + 0.26 * f * f - 0.05 * spot(from_parting * from_parting * 33.3) * (1.0 - fringe)
            + fringe * 0.022 * wave(2.6 * from_parting);
        let brow = sweep - y;
        let temple = (f.abs() - 1.0) * reach;
        let covers = if brow > temple { brow } else { temple };
        let alpha = cover(round) * cover(-covers) * cover((y - end - 0.04 * wave(2.7 * x)) * 0.6);
        // Strands fan out from the parting.
        let slope = from_parting / (0.22 + unit(y + top) * 0.9);
        let side = if falls { mix(slope, 2.0 * x, step(-0.2, 0.2, y)) } else { slope };
        let curl = if look.style == HairStyle::Wavy { 0.35 * wave(1.5 * y + 0.2) * step(-0.3, 0.2, y) } else { 0.0 };
        let ring = xs * xs * 0.5 + (y + 0.50) * (y + 0.50);
        let gloss = spot(ring * 20.0) * unit(0.6 + 0.6 * s * lx) * (0.7 + 0.3 * wave(3.0 * slope));
        let shadow = 0.20 * spot(covers * covers * 250.0) + 0.16 * step(0.0, 0.7, y);
        let brightness = strands(side + curl, y) * (0.93 + 0.18 * s * lx) - shadow;
        (strand_colour(look.hair, brightness, gloss), alpha)
    });
    // The hair's shadow on the forehead.
    c.paint(look.head, [-look.width, look.hairline - 0.02, look.width, look.hairline + 0.36], |x, y| {
        let f = (x - 0.6 * middle) * (1.0 / look.width);
        let line = look.hairline + 0.22 * f * f;
        let d = y - line;
        let soft = step(0.0, 0.02, d) * (1.0 - step(0.02, 0.12, d));
        (lit(look.skin, 0.45), 0.25 * soft * cover(look.outside(x, y) * 0.5 + 0.02))
    });
}
