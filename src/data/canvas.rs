//! A small colour canvas for rendered data sets: soft-edged shapes from signed distances, no allocation per image.
//!
//! Everything here and in the renderers is built from additions, products, quotients and square roots of `f32`, which IEEE 754
//! fixes to the bit: the same seed gives the same bytes natively and in a browser. (`sin` and `exp` of the platforms differ.)

/// A colour, each part in `[0, 1]`.
pub type Rgb = [f32; 3];

/// Width and height of the canvas in pixels.
pub const SIDE: usize = 64;
/// Pixels.
const AREA: usize = SIDE * SIDE;
/// The canvas' coordinates run from −`REACH` to `REACH`, to the right and down.
pub const REACH: f32 = 0.9;
/// Width of a pixel in these coordinates.
pub const PIXEL: f32 = 2.0 * REACH / SIDE as f32;
/// The smallest useful width of a line.
pub const LINE: f32 = 0.6 * PIXEL;

/// Where a shape may be: left, top, right, bottom, in the coordinates of its [`Frame`].
pub type Bounds = [f32; 4];

/// A frame of coordinates turned about a point.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    /// Where the frame's origin lies on the canvas.
    origin: [f32; 2],
    cos: f32,
    sin: f32,
}

impl Frame {
    /// The canvas itself.
    pub const CANVAS: Self = Self { origin: [0.0, 0.0], cos: 1.0, sin: 0.0 };

    /// A frame whose origin goes to `origin` and which is then turned by the small `angle`, in radians, about `pivot`.
    pub fn turned(origin: [f32; 2], angle: f32, pivot: [f32; 2]) -> Self {
        let (sin, cos) = sin_cos(angle);
        let (dx, dy) = (origin[0] - pivot[0], origin[1] - pivot[1]);
        Self { origin: [pivot[0] + cos * dx - sin * dy, pivot[1] + sin * dx + cos * dy], cos, sin }
    }

    fn to_canvas(self, [x, y]: [f32; 2]) -> [f32; 2] {
        [self.origin[0] + self.cos * x - self.sin * y, self.origin[1] + self.sin * x + self.cos * y]
    }
}

/// Sine and cosine of an angle of at most a right one, in radians, to within 2e-4.
pub fn sin_cos(x: f32) -> (f32, f32) {
    let q = x * x;
    let sin = x * (1.0 - q * (1.0 / 6.0 - q * (1.0 / 120.0 - q / 5040.0)));
    (sin, 1.0 - q * (0.5 - q * (1.0 / 24.0 - q * (1.0 / 720.0 - q / 40320.0))))
}

/// A wave of period 1 between −1 and 1, close to a sine (two parabolas).
pub fn wave(x: f32) -> f32 {
    // Adding and taking away 1.5 · 2²³ rounds to a whole number.
    const ROUND: f32 = 12_582_912.0;
    let r = x - ((x + ROUND) - ROUND);
    8.0 * r - 16.0 * r * r.abs()
}

/// `v` within `[0, 1]`.
pub fn unit(v: f32) -> f32 {
    // In this order a comparison is one instruction, and loops become vectors.
    let v = if v > 0.0 { v } else { 0.0 };
    if v < 1.0 { v } else { 1.0 }
}

/// Smooth step from 0 at `a` to 1 at `b`.
pub fn step(a: f32, b: f32, v: f32) -> f32 {
    // The quotient does not depend on the pixel, or is known to the compiler.
    let t = unit((v - a) * (1.0 / (b - a)));
    t * t * (3.0 - 2.0 * t)
}

/// Coverage of a pixel at signed distance `d` from an edge, negative inside.
pub fn cover(d: f32) -> f32 {
    unit(0.5 - d * (1.0 / PIXEL))
}

/// A soft spot: 1 in the middle, 0 from distance 1 on; takes the squared distance.
pub fn spot(squared: f32) -> f32 {
    let t = unit(1.0 - squared);
    t * t
}

/// From `a` to `b` by `t`.
pub fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + t * (b - a)
}

/// From colour `a` to colour `b` by `t`.
pub fn blend(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [mix(a[0], b[0], t), mix(a[1], b[1], t), mix(a[2], b[2], t)]
}

/// A colour times a brightness.
pub fn lit(c: Rgb, by: f32) -> Rgb {
    [c[0] * by, c[1] * by, c[2] * by]
}

/// The colour at `t` in `[0, 1]` along evenly spaced `stops`.
pub fn ramp(stops: &[Rgb], t: f32) -> Rgb {
    let at = unit(t) * (stops.len() - 1) as f32;
    let i = (at as usize).min(stops.len() - 2);
    blend(stops[i], stops[i + 1], at - i as f32)
}

/// Red, green and blue of [`SIDE`] × [`SIDE`] pixels.
pub struct Canvas {
    planes: [Box<[f32; AREA]>; 3],
}

impl Default for Canvas {
    fn default() -> Self {
        Self { planes: [(); 3].map(|()| Box::new([0.0; AREA])) }
    }
}

impl Canvas {
    /// Lays `shade(x, y)`, a colour and its opacity, over the pixels in `bounds`.
    #[inline(always)]
    pub fn paint(&mut self, frame: Frame, bounds: Bounds, shade: impl Fn(f32, f32) -> (Rgb, f32)) {
        let [left, top, right, bottom] = bounds;
        let corners = [[left, top], [right, top], [left, bottom], [right, bottom]].map(|p| frame.to_canvas(p));
        let pixels = |axis: usize| {
            let low = corners.iter().fold(f32::MAX, |m, c| m.min(c[axis]));
            let high = corners.iter().fold(f32::MIN, |m, c| m.max(c[axis]));
            // Half a pixel more on each side for the soft edge; a cast never goes below zero.
            let from = ((low + REACH) / PIXEL - 0.5) as usize;
            (from, (((high + REACH) / PIXEL + 1.5) as usize).min(SIDE))
        };
        let ((x0, x1), (y0, y1)) = (pixels(0), pixels(1));
        if x0 >= x1 {
            return;
        }
        let [reds, greens, blues] = &mut self.planes;
        for y in y0..y1 {
            let row = y * SIDE + x0..y * SIDE + x1;
            let (reds, greens, blues) = (&mut reds[row.clone()], &mut greens[row.clone()], &mut blues[row]);
            let dx = (x0 as f32 + 0.5) * PIXEL - REACH - frame.origin[0];
            let dy = (y as f32 + 0.5) * PIXEL - REACH - frame.origin[1];
            let (u, v) = (frame.cos * dx + frame.sin * dy, frame.cos * dy - frame.sin * dx);
            let (du, dv) = (frame.cos * PIXEL, -frame.sin * PIXEL);
            for (i, ((red, green), blue)) in reds.iter_mut().zip(greens).zip(blues).enumerate() {
                let i = i as f32;
                let ([r, g, b], a) = shade(u + i * du, v + i * dv);
                *red += a * (r - *red);
                *green += a * (g - *green);
                *blue += a * (b - *blue);
            }
        }
    }

    /// Writes the picture as bytes, one plane after the other.
    ///
    /// # Panics
    /// If `out` is not `3 · SIDE · SIDE` long.
    pub fn write(&self, out: &mut [u8]) {
        assert_eq!(out.len(), 3 * AREA);
        for (plane, out) in self.planes.iter().zip(out.chunks_exact_mut(AREA)) {
            for (v, byte) in plane.iter().zip(out) {
                *byte = (unit(*v) * 255.0 + 0.5) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disc_has_its_area_wherever_the_frame_is() {
        for (angle, at) in [(0.0, [0.0, 0.0]), (0.3, [0.21, -0.13]), (-0.2, [-0.4, 0.3])] {
            let mut canvas = Canvas::default();
            let frame = Frame::turned(at, angle, [0.0, 0.5]);
            canvas.paint(frame, [-0.3, -0.3, 0.3, 0.3], |x, y| ([1.0, 0.5, 0.0], cover((x * x + y * y).sqrt() - 0.3)));
            let sum = |plane: &[f32; AREA]| plane.iter().sum::<f32>() * PIXEL * PIXEL;
            let area = std::f32::consts::PI * 0.09;
            assert!((sum(&canvas.planes[0]) - area).abs() < 2e-3, "{}", sum(&canvas.planes[0]));
            assert!((sum(&canvas.planes[1]) - area / 2.0).abs() < 1e-3);
            assert_eq!(sum(&canvas.planes[2]), 0.0);
        }
    }

    #[test]
    fn shapes_may_reach_over_the_edge() {
        let mut canvas = Canvas::default();
        for bounds in [[-3.0, -3.0, 3.0, 3.0], [1.5, 0.0, 2.0, 1.0], [-2.0, -2.0, -1.5, -1.5]] {
            canvas.paint(Frame::CANVAS, bounds, |_, _| ([0.2, 0.2, 0.2], 1.0));
        }
        let mut bytes = vec![0; 3 * AREA];
        canvas.write(&mut bytes);
        assert!(bytes.iter().all(|b| *b == 51));
    }

    #[test]
    fn own_functions_are_close_to_the_real_ones() {
        for i in -157..=157 {
            let x = i as f32 / 100.0;
            let (sin, cos) = sin_cos(x);
            assert!((sin - x.sin()).abs() < 2e-4 && (cos - x.cos()).abs() < 2e-4, "{x}: {sin}, {cos}");
            assert!((wave(x) - (std::f32::consts::TAU * x).sin()).abs() < 0.06, "{x}: {}", wave(x));
        }
    }
}
