//! The head and its features, from the back to the front.

use super::look::Look;
use super::{hair, things};
use crate::canvas::{Canvas, Frame, Rgb, blend, cover, lit, mix, spot, step, unit, wave};

/// Level of the eyes, of the tip of the nose, and of the mouth, in the head's frame.
const EYES: f32 = -0.02;
const NOSE: f32 = 0.20;
const MOUTH: f32 = 0.36;
/// Where the middle of an eye is, from ear to ear.
const EYE: f32 = 0.42;

/// Draws a face over whatever is on the canvas.
pub fn face(c: &mut Canvas, look: &Look) {
    backdrop(c, look);
    hair::back(c, look);
    body(c, look);
    ears(c, look);
    head(c, look);
    beard(c, look);
    nose(c, look);
    mouth(c, look);
    for side in [-1.0, 1.0] {
        eye(c, look, side);
        brow(c, look, side);
    }
    hair::front(c, look);
    things::glasses(c, look);
    things::hat(c, look);
}

/// Brightness of skin whose surface looks to `(nx, ny, nz)`.
fn shine(look: &Look, nx: f32, ny: f32, nz: f32) -> f32 {
    let [lx, ly, lz] = look.light;
    let d = nx * lx + ny * ly + nz * lz;
    let lambert = if d > 0.0 { d } else { 0.0 };
    0.62 + 0.50 * lambert
}

/// Skin at a brightness: shadows of skin are redder than its lights.
fn skin_at(skin: Rgb, brightness: f32) -> Rgb {
    let dark = unit(1.0 - brightness);
    [skin[0] * (brightness + 0.10 * dark), skin[1] * (brightness - 0.06 * dark), skin[2] * (brightness - 0.10 * dark)]
}

fn backdrop(c: &mut Canvas, look: &Look) {
    let [lx, ..] = look.light;
    let (near, far) = (blend(look.background, [1.0; 3], 0.35), lit(look.background, 0.62));
    c.paint(Frame::CANVAS, [-1.0, -1.0, 1.0, 1.0], |x, y| {
        // The lamp also lights the wall.
        let (dx, dy) = (x - 0.6 * lx, y + 0.35);
        let away = 0.42 * (dx * dx + dy * dy);
        (blend(near, far, unit(away)), 1.0)
    });
}

fn body(c: &mut Canvas, look: &Look) {
    let half = 0.175 + 0.065 * look.male;
    let skin = look.skin;
    let [lx, ..] = look.light;
    // The neck, in the shadow of the chin.
    c.paint(Frame::CANVAS, [-0.4, 0.3, 0.4, 1.0], |x, y| {
        let wide = half + 0.10 * step(0.70, 1.0, y);
        let s = x / wide;
        let shadow = step(0.52, 0.86, y);
        let brightness = 0.58 + 0.28 * shadow + 0.16 * s * lx - 0.16 * s * s;
        (skin_at(skin, brightness), cover(x.abs() - wide))
    });
    let shoulders = 0.72 + 0.16 * look.male;
    let cloth = look.clothes;
    c.paint(Frame::CANVAS, [-1.0, 0.62, 1.0, 1.0], |x, y| {
        let s = x / shoulders;
        let top = 0.76 + 0.20 * s * s;
        let neckline = 0.84 - 3.2 * x * x;
        let inside = cover(top - y).min(cover(s.abs() - 1.06)) * (1.0 - cover(y - neckline - 0.1));
        let collar = cover((y - neckline - 0.13).abs() - 0.018);
        let fold = 0.04 * wave(1.3 * x + 0.7 * y);
        let brightness = 0.92 + 0.22 * s * lx - 0.22 * s * s + fold - 0.16 * collar;
        (lit(cloth, brightness), inside)
    });
}

fn ears(c: &mut Canvas, look: &Look) {
    let (sin, _) = look.yaw;
    for side in [-1.0f32, 1.0] {
        // The ear on the far side goes behind the head.
        let out = look.width * (0.99 - 0.16 * unit(side * sin * 2.2));
        let [lx, ..] = look.light;
        let skin = look.skin;
        let at = side * out;
        c.paint(look.head, [at - 0.12, -0.16, at + 0.12, 0.22], |x, y| {
            let (u, v) = ((x - at) * 11.8, (y - 0.02) * 6.9);
            let q = u * u + v * v;
            let hollow = spot(((u - 0.1 * side) * (u - 0.1 * side) + v * v) * 2.6);
            let brightness = 0.84 + 0.14 * side * lx - 0.24 * hollow;
            (skin_at(skin, brightness), cover((q.sqrt() - 1.0) * 0.1))
        });
    }
}

fn head(c: &mut Canvas, look: &Look) {
    let (skin, w, h) = (look.skin, look.width, look.height);
    let [lx, ..] = look.light;
    let (cheek_l, cheek_r) = (look.turn(-0.50, 0.2).0, look.turn(0.50, 0.2).0);
    let (eye_l, eye_r) = (look.turn(-EYE, EYES).0, look.turn(EYE, EYES).0);
    let rosy = 0.10 + 0.30 * look.makeup + 0.12 * look.smile;
    let old = 1.0 - look.young;
    let cheek_y = 0.20 - 0.02 * look.smile;
    let middle = look.turn(0.0, -0.3).0;
    let lipstick = [0.86, 0.36, 0.36];
    c.paint(look.head, [-w, -h, w, h], |x, y| {
        let t = y * (1.0 / h);
        let below = if t > 0.0 { t } else { 0.0 };
        let s = x / (w * (1.0 - look.taper * below * below));
        let q = s * s + t * t;
        let alpha = cover((q.sqrt() - 1.0) * 0.5);
        let flat = unit(1.0 - 0.92 * q);
        let nz = flat.sqrt();
        let mut brightness = shine(look, 0.96 * s, 0.80 * t, nz);
        // Sockets of the eyes, and the folds of age and laughter.
        let v = (y - EYES + 0.03) * 5.88;
        let (a, b) = ((x - eye_l) * 5.0, (x - eye_r) * 5.0);
        brightness -= 0.11 * (spot(a * a + v * v) + spot(b * b + v * v));
        let lines = spot(((y + 0.31) * (y + 0.31)) * 22.2) * spot((x - middle) * (x - middle) * 14.3);
        brightness -= 0.07 * old * lines * (0.5 + 0.5 * wave((y + 0.012 * wave(2.0 * x)) * 11.8));
        let u = (y - EYES - 0.105) * 33.3;
        brightness -= 0.10 * old * (spot(u * u + 4.0 * a * a) + spot(u * u + 4.0 * b * b));
        // Cheeks catch light when they rise.
        let u = (y - cheek_y) * 5.88;
        let (a, b) = ((x - cheek_l) * 5.88, (x - cheek_r) * 5.88);
        let cheeks = spot(a * a + u * u) + spot(b * b + u * u);
        brightness += 0.05 * look.smile * cheeks;
        // Under the lower lip, and the chin below it.
        let chin = (y - 0.50) * 11.1;
        let cx = (x - 0.9 * middle) * 6.67;
        brightness += 0.05 * spot(chin * chin + cx * cx);
        let gloss = spot(((x - middle - 0.16 * lx) * (x - middle - 0.16 * lx) + (y + 0.28) * (y + 0.28)) * 16.7);
        brightness += 0.07 * gloss;
        let colour = skin_at(skin, brightness);
        (
            blend(
                colour,
                [
                    lipstick[0] * brightness * skin[0],
                    lipstick[1] * brightness * skin[1] * 1.3,
                    lipstick[2] * brightness * skin[2] * 1.4,
                ],
                rosy * unit(cheeks),
            ),
            alpha,
        )
    });
}

fn nose(c: &mut Canvas, look: &Look) {
    let (root, _) = look.turn(0.0, EYES);
    let (sin, _) = look.yaw;
    // The tip stands out and so moves farther than the face.
    let tip = look.turn(0.0, NOSE).0 + 0.12 * sin;
    let wide = 0.075 + 0.02 * look.male;
    let [lx, ..] = look.light;
    let skin = look.skin;
    c.paint(look.head, [tip.min(root) - 0.2, EYES - 0.14, tip.max(root) + 0.2, NOSE + 0.12], |x, y| {
        let down = unit((y - EYES + 0.06) / (NOSE - EYES + 0.06));
        let axis = mix(root, tip, down);
        let half = mix(0.045, wide + 0.012, down * down);
        let s = (x - axis) / half;
        // The flank away from the light is in shadow, the ridge shines.
        let flank = spot((s + 0.9 * sign(lx)) * (s + 0.9 * sign(lx)) / 1.4) * (0.16 * lx.abs() + 0.03);
        let ridge = spot((s - 0.2 * sign(lx)) * (s - 0.2 * sign(lx)) * 2.2) * 0.09;
        let length = step(EYES - 0.12, EYES + 0.08, y) * (1.0 - step(NOSE + 0.0, NOSE + 0.07, y));
        // Ball of the nose, and its shadow on the lip.
        let (u, v) = ((x - tip) / wide, (y - NOSE + 0.005) * 16.7);
        let ball = spot((u * u + v * v) * 0.8);
        let (u, w) = ((x - tip) / (wide * 1.5), (y - NOSE - 0.065) * 25.0);
        let under = spot(u * u + w * w);
        let brightness = 1.0 + length * (ridge - flank) + 0.07 * ball;
        let alpha = unit(0.9 * length * (ridge + flank) * 4.0 + 0.5 * ball + 0.7 * under);
        let colour = skin_at(skin, brightness * 0.98 - 0.34 * under);
        (colour, alpha * 0.8)
    });
    for side in [-1.0, 1.0] {
        let at = tip + side * 0.55 * wide;
        c.paint(look.head, [at - 0.05, NOSE - 0.01, at + 0.05, NOSE + 0.07], |x, y| {
            let (u, v) = ((x - at) * 27.8, (y - NOSE - 0.034) * 45.5);
            (lit(skin, 0.33), 0.85 * spot((u * u + v * v) * 0.6))
        });
    }
}

fn sign(v: f32) -> f32 {
    if v < 0.0 { -1.0 } else { 1.0 }
}

fn mouth(c: &mut Canvas, look: &Look) {
    let (at, _) = look.turn(0.0, MOUTH);
    let (_, cos) = look.yaw;
    let half = (0.135 + 0.065 * look.smile + 0.01 * look.male) * mix(0.75, 1.0, cos * cos);
    let lift = 0.085 * look.smile - 0.012;
    let gap = 0.10 * look.open + 0.012 * look.smile * look.open;
    let (upper, lower) = (0.034 - 0.006 * look.male - 0.010 * look.smile, 0.050 - 0.010 * look.male - 0.012 * look.smile);
    let natural = [look.skin[0] * 0.88, look.skin[1] * 0.60, look.skin[2] * 0.60];
    let lip = blend(natural, [0.78, 0.16, 0.22], 0.75 * look.makeup);
    let [lx, ..] = look.light;
    let bounds = [at - half - 0.06, MOUTH - 0.16, at + half + 0.06, MOUTH + 0.24];
    c.paint(look.head, bounds, |x, y| {
        let s = (x - at) / half;
        let q = s * s;
        let round = unit(1.0 - q);
        let line = MOUTH + lift * 0.35 - lift * q;
        // The upper lip dips in the middle.
        let bow = 1.0 - 0.35 * spot(q * 14.0);
        let top = line - upper * round.sqrt() * bow - 0.35 * gap * round;
        let bottom = line + lower * round + 0.65 * gap * round;
        let (inner_top, inner_bottom) = (line - 0.35 * gap * round, line + 0.65 * gap * round);
        let lips = cover(top - y).min(cover(y - bottom)) * cover((s.abs() - 1.0) * half);
        let above = step(inner_bottom, inner_top, y);
        let gloss = spot((s - 0.3 * lx) * (s - 0.3 * lx) * 3.0 + (y - inner_bottom - 0.02) * (y - inner_bottom - 0.02) * 2500.0);
        let colour = lit(lip, 0.98 - 0.16 * above);
        let colour = blend(colour, [1.0, 0.93, 0.90], 0.30 * gloss);
        // Inside: dark, teeth above, tongue below.
        let inside = cover(inner_top - y).min(cover(y - inner_bottom)) * unit(gap * 22.0);
        let depth = (y - inner_top) / (gap + 0.02);
        let teeth = cover((y - inner_top) - 0.45 * gap - 0.010) * unit(round * 3.0);
        let tongue = step(0.60, 0.95, depth);
        let cavity = blend([0.26, 0.08, 0.09], [0.72, 0.32, 0.34], tongue);
        let cavity = blend(cavity, [0.95, 0.93, 0.90], teeth);
        let colour = blend(colour, cavity, inside);
        // Closed lips meet in a line that ends in the corners.
        let seam = cover((y - line).abs() - 0.006) * (1.0 - unit(gap * 30.0)) * cover((s.abs() - 1.08) * half);
        let colour = blend(colour, lit(lip, 0.42), 0.8 * seam);
        (colour, if lips > 0.8 * seam { lips } else { 0.8 * seam })
    });
    // Folds from the nose to the corners of a laughing or an ageing mouth.
    let depth = 0.14 * look.smile + 0.14 * (1.0 - look.young);
    for side in [-1.0, 1.0] {
        let (from, to) = (at + side * 0.12, at + side * (half + 0.045));
        c.paint(look.head, [from.min(to) - 0.05, NOSE - 0.02, from.max(to) + 0.05, MOUTH + 0.04], |x, y| {
            let t = unit((y - NOSE) / (MOUTH - NOSE));
            let d = (x - mix(from, to, t * (1.4 - 0.4 * t))) * 33.3;
            (skin_at(lit(look.skin, 0.55), 1.0), depth * 2.2 * spot(d * d) * step(0.0, 0.35, t) * (1.0 - step(0.8, 1.0, t)))
        });
    }
}

fn eye(c: &mut Canvas, look: &Look, side: f32) {
    let (at, squeeze) = look.turn(side * EYE, EYES);
    let a = (0.122 - 0.008 * look.male) * squeeze;
    let h = (0.080 - 0.006 * look.male) * look.eyes_open * (1.0 - 0.22 * look.smile);
    let lash = 0.020 + 0.014 * (1.0 - look.male) + 0.012 * look.makeup;
    // The irises look to the viewer when the head turns.
    let gaze = at - 0.05 * look.yaw.0;
    let iris = look.iris;
    let shadow = blend(look.skin, [0.42, 0.26, 0.40], 0.55);
    let [lx, ..] = look.light;
    c.paint(look.head, [at - a - 0.05, EYES - 0.17, at + a + 0.05, EYES + 0.12], |x, y| {
        let s = (x - at) / a;
        let q = s * s;
        let arch = 1.0 - q;
        // The outer corner is a little higher.
        let level = EYES - 0.012 * s * side;
        let (top, bottom) = (level - h * arch, level + 0.72 * h * arch);
        let open = cover(top - y).min(cover(y - bottom));
        let white = lit([0.97, 0.96, 0.95], 0.80 + 0.20 * step(top, top + 0.07, y) - 0.06 * q);
        let (u, v) = ((x - gaze) / mix(1.0, squeeze, 0.5), y - EYES + 0.006);
        let r = (u * u + v * v).sqrt();
        let rim = 1.0 - 0.45 * step(0.035, 0.066, r) + 0.35 * step(-0.01, 0.05, v);
        let colour = blend(white, lit(iris, rim), cover(r - 0.066));
        let colour = blend(colour, [0.04, 0.03, 0.04], cover(r - 0.031));
        let (gx, gy) = (x - gaze - 0.024 * sign(lx), v + 0.026);
        let colour = blend(colour, [1.0; 3], cover((gx * gx + gy * gy).sqrt() - 0.019));
        // Lashes along the upper lid, a thin line along the lower, a crease and a shadow above.
        let reach = cover((s.abs() - 1.06) * a);
        let lid = cover((y - top + 0.3 * lash).abs() - 0.5 * lash * (0.7 + 0.3 * s * side)) * reach;
        let lower = 0.35 * cover((y - bottom).abs() - 0.004) * reach;
        let crease = 0.30 * cover((y - top + 0.045).abs() - 0.004) * unit(arch * 2.0);
        let above = unit((top - y) * 83.3) * spot((y - top) * (y - top) * 83.3 + 0.7 * q) * 0.55 * look.makeup;
        let mut colour = colour;
        let mut alpha = open;
        for (ink, over) in [(shadow, above), (lit(look.skin, 0.5), crease.max(lower)), ([0.11, 0.07, 0.06], 0.92 * lid)] {
            let total = over + alpha * (1.0 - over);
            colour = blend(colour, ink, over / (total + 1e-6));
            alpha = total;
        }
        (colour, alpha)
    });
}

fn brow(c: &mut Canvas, look: &Look, side: f32) {
    let (at, squeeze) = look.turn(side * (EYE + 0.02), EYES - 0.15);
    let a = 0.145 * squeeze;
    let thick = 0.018 + 0.026 * look.bushy + 0.006 * look.male;
    let y0 = EYES - 0.155 - 0.03 * look.arched + 0.012 * look.male;
    let ink = blend(lit(look.hair, 0.62), lit(look.skin, 0.45), 0.30);
    c.paint(look.head, [at - a - 0.03, y0 - 0.12, at + a + 0.03, y0 + 0.12], |x, y| {
        // From −1 beside the nose to 1 at the temple.
        let s = side * (x - at) / a;
        let bend = s - 0.05;
        let line = y0 - 0.012 + (0.026 + 0.042 * look.arched) * bend * bend;
        let taper = thick * (0.95 - 0.35 * s);
        let ends = cover((s.abs() - 1.0) * a);
        (ink, 0.9 * cover(((y - line).abs() - taper * 0.5) * 0.8) * ends)
    });
}

fn beard(c: &mut Canvas, look: &Look) {
    if look.beard == 0 {
        return;
    }
    let (at, _) = look.turn(0.0, MOUTH);
    let hair = blend(lit(look.hair, 0.80), lit(look.skin, 0.5), 0.15);
    let (stubble, moustache, goatee, full) = (look.beard == 1, look.beard >= 2, look.beard >= 3, look.beard == 4);
    let lift = 0.05 * look.smile;
    let drop = 0.07 * look.open;
    c.paint(look.head, [-look.width, -0.05, look.width, look.height + 0.06], |x, y| {
        let out = look.outside(x, y - if stubble { 0.0 } else { 0.03 });
        let s = (x - at) / look.width;
        let q = s * s;
        // Along the jaw, up to the ears.
        let line = mix(0.30, 0.02, step(0.25, 0.95, q.sqrt())) - 0.02;
        let jaw = step(line - 0.05, line + 0.05, y);
        let u = (x - at) * 5.0;
        let lip = cover(((y - MOUTH + 0.075 - 0.10 * u * u * u * u + lift * u * u * 0.6).abs() - 0.038 * unit(1.35 - u * u)) * 0.8)
            * unit((1.0 - u * u) * 5.0);
        let (du, dv) = ((x - 0.95 * at) * 6.45, (y - 0.56 - drop * 0.5) * 6.67);
        let chin = cover((du * du + dv * dv).sqrt() * 0.14 - 0.14);
        let amount = if stubble { 0.30 * jaw } else { 0.0 };
        let amount = if full { amount.max(0.94 * jaw) } else { amount };
        let amount = if goatee { amount.max(0.92 * chin) } else { amount };
        let amount = if moustache { amount.max(0.92 * lip) } else { amount };
        let curl = 0.90 + 0.07 * wave(6.0 * x + 0.8 * wave(2.5 * y)) + 0.05 * wave(9.0 * y + 0.5 * wave(4.0 * x)) + 0.10 * y;
        let shade = 0.86 + 0.22 * s * look.light[0];
        let edge = if stubble { 0.008 } else { -0.02 };
        (lit(hair, curl * shade), amount * cover(out * 0.5 + edge))
    });
}
