//! What a face wears.

use super::look::Look;
use crate::canvas::{Canvas, LINE, blend, cover, lit, spot, step, unit, wave};

/// Level of the glasses, and where the middle of each is, from ear to ear.
const LEVEL: f32 = 0.005;
const LENS: f32 = 0.44;

pub fn glasses(c: &mut Canvas, look: &Look) {
    if look.glasses == 0 {
        return;
    }
    let (square, dark) = (look.glasses == 2, look.glasses == 3);
    let frame = if dark {
        [0.08, 0.08, 0.09]
    } else if square {
        [0.16, 0.12, 0.11]
    } else {
        [0.55, 0.42, 0.22]
    };
    let thick = if square { 0.030 } else { LINE };
    let [lx, ..] = look.light;
    let (left, right) = (look.turn(-LENS, LEVEL), look.turn(LENS, LEVEL));
    for (at, squeeze) in [left, right] {
        let (a, b) = (if square { 0.175 } else { 0.165 } * squeeze.sqrt(), if square { 0.125 } else { 0.155 });
        c.paint(look.head, [at - a - 0.04, LEVEL - b - 0.04, at + a + 0.04, LEVEL + b + 0.04], |x, y| {
            let (u, v) = ((x - at) / a, (y - LEVEL) / b);
            // A circle, or something between it and a square.
            let (u2, v2) = (u * u, v * v);
            let r = if square || dark { (u2 * u2 + v2 * v2).sqrt().sqrt() } else { (u2 + v2).sqrt() };
            let d = (r - 1.0) * b;
            let ring = cover(d.abs() - 0.5 * thick);
            let lens = cover(d);
            let glare = cover((u + v * 0.6 - 0.25 - 0.2 * lx).abs() * 0.12 - 0.018) * lens;
            let tint = if dark { 0.90 } else { 0.07 };
            let glass = if dark { lit([0.16, 0.14, 0.17], 1.3 - 0.5 * v) } else { [0.80, 0.90, 0.96] };
            let body = lens * tint;
            let alpha = unit(body + 0.22 * glare);
            let colour = blend(glass, [1.0; 3], unit(0.30 * glare));
            (blend(colour, frame, ring), if ring > alpha { ring } else { alpha })
        });
    }
    // The bridge, and the bows back to the ears.
    let (from, to) = (left.0 + 0.15 * left.1.sqrt(), right.0 - 0.15 * right.1.sqrt());
    let near = thick * 0.5;
    c.paint(look.head, [from - 0.02, LEVEL - 0.1, to + 0.02, LEVEL + 0.06], |x, y| {
        let s = (2.0 * x - from - to) / (to - from + 1e-3);
        let line = LEVEL - 0.03 - 0.025 * (1.0 - s * s);
        (frame, cover((y - line).abs() - near) * cover((s.abs() - 1.0) * 0.1))
    });
    for (lens, side) in [(left, -1.0f32), (right, 1.0)] {
        let (start, end) = (lens.0 + side * 0.165 * lens.1.sqrt(), side * look.width);
        let (low, high) = if start < end { (start, end) } else { (end, start) };
        if (end - start) * side <= 0.0 {
            continue;
        }
        c.paint(look.head, [low, LEVEL - 0.08, high, LEVEL + 0.02], |x, y| {
            (frame, cover((y - LEVEL + 0.03).abs() - near) * cover(low - x) * cover(x - high))
        });
    }
}

pub fn hat(c: &mut Canvas, look: &Look) {
    match look.hat {
        1 => beanie(c, look),
        2 => brim(c, look),
        _ => {}
    }
}

/// A knitted cap with a turned-up edge.
fn beanie(c: &mut Canvas, look: &Look) {
    let (w, top, colour) = (look.width + 0.10, look.height + 0.17, look.hat_colour);
    let [lx, ..] = look.light;
    let edge = -0.30;
    c.paint(look.head, [-w, -top, w, edge + 0.14], |x, y| {
        let s = x / w;
        let line = edge + 0.10 * (1.0 - s * s) - 0.06;
        let up = (line - y) / (line + top);
        let dome = ((s * s + up * up.abs()).max(0.0).sqrt() - 1.0) * 0.5;
        let cuff = cover((y - line + 0.075).abs() - 0.075) * cover((s.abs() - 1.0) * w);
        let alpha = (cover(dome) * cover(y - line)).max(cuff);
        let knit = if cuff > 0.5 { 0.07 * wave(13.0 * x) } else { 0.05 * wave(9.0 * x / (1.15 - 0.6 * unit(up))) };
        let brightness =
            0.92 + knit + 0.22 * s * lx - 0.22 * s * s + 0.10 * cuff - 0.12 * spot((y - line + 0.16) * (y - line + 0.16) * 400.0);
        (lit(colour, brightness), alpha)
    });
}

/// A hat with a ribbon and a brim.
fn brim(c: &mut Canvas, look: &Look) {
    let (w, top, colour) = (look.width + 0.02, look.height + 0.20, look.hat_colour);
    let [lx, ..] = look.light;
    let edge = -0.36;
    c.paint(look.head, [-0.9, -top, 0.9, edge + 0.2], |x, y| {
        let s = x / w;
        let side = (s.abs() - 0.98 + 0.10 * unit((edge - y) * 2.0)) * w;
        let dent = top - 0.05 + 0.035 * s.abs() - 0.09 * s * s * s * s;
        let crown = cover(side) * cover(-y - dent) * cover(y - edge);
        let ribbon = cover((y - edge + 0.055).abs() - 0.05) * crown;
        let u = x * 1.25;
        let line = edge + 0.02 + 0.05 * (1.0 - u * u);
        let plate = cover((y - line).abs() - 0.050 * unit(1.0 - u * u).sqrt() - 0.004) * cover((u.abs() - 1.0) * 0.8);
        let brightness = 0.92 + 0.24 * s * lx - 0.16 * s * s - 0.35 * ribbon + 0.10 * plate * step(line + 0.03, line - 0.03, y);
        (lit(colour, brightness), if plate > crown { plate } else { crown })
    });
    // Its shadow on the face.
    c.paint(look.head, [-look.width, edge, look.width, edge + 0.34], |x, y| {
        let d = y - edge - 0.09;
        let soft = step(0.0, 0.02, d) * (1.0 - step(0.04, 0.20, d));
        (lit(look.skin, 0.30), 0.34 * soft * cover(look.outside(x, y) * 0.5 + 0.02))
    });
}
