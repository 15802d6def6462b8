//! Samples that are no pictures, as pictures: so every panel that shows a sample shows these too.

use crate::shape::SampleShape;

/// The plane of places reaches as far on either side.
pub const REACH: f32 = 2.5;
/// Radius of a dot, in pixels.
const DOT: f32 = 1.7;
/// Of other vectors, numbers of this size are black, or white.
const WHITE: f32 = 3.0;
/// How a place in space is turned before one looks at it along the depth: about the upright axis, and towards the onlooker.
pub const TURN: [f32; 2] = [0.6, 0.35];
/// Sines and cosines of these.
const TURNED: [(f32, f32); 2] = [(0.564_642_5, 0.825_335_6), (0.342_897_8, 0.939_372_7)];

/// Values in `[0, 1]` as bytes.
pub fn pixels(values: &[f32]) -> Vec<u8> {
    values.iter().map(|v| (v.clamp(0.0, 1.0) * 255.0).round() as u8).collect()
}

/// The pictures by which samples are shown, one byte a value.
pub fn drawn(shape: SampleShape, x_nd: &[f32]) -> Vec<u8> {
    if shape.is_picture() {
        return pixels(x_nd);
    }
    let rows = x_nd.chunks_exact(shape.len().max(1));
    if shape.is_place() {
        rows.flat_map(|place_d| pixels(&dot(shape, place_d))).collect()
    } else {
        rows.flat_map(|x_d| pixels(&square(shape, x_d.iter().map(|v| 0.5 + 0.5 * v / WHITE), 0.0))).collect()
    }
}

/// What a feature adds to a sample, where its picture has it. Of a picture, or a patch of one, that is as it stands.
pub fn laid_out(shape: SampleShape, atom_a: &[f32]) -> Vec<f32> {
    if shape.is_picture() {
        return atom_a.to_vec();
    }
    if shape.is_place() {
        let length = atom_a.iter().map(|v| v * v).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        return dot(shape, &atom_a.iter().map(|v| 2.0 * v / length).collect::<Vec<_>>());
    }
    square(shape, atom_a.iter().copied(), 0.0)
}

/// A place in the plane: across and up. Of one in space, turned like that; of a number, along the middle.
pub fn flat(place_d: &[f32], turn: [f32; 2]) -> [f32; 2] {
    turned(place_d, turn.map(f32::sin_cos))
}

/// The same with sines and cosines.
fn turned(place_d: &[f32], [(sin, cos), (rise, far)]: [(f32, f32); 2]) -> [f32; 2] {
    match *place_d {
        [x] => [x, 0.0],
        [x, y] => [x, y],
        [x, y, z, ..] => {
            let depth = x * sin + z * cos;
            [x * cos - z * sin, y * far - depth * rise]
        }
        [] => [0.0; 2],
    }
}

/// A dot in the plane.
fn dot(shape: SampleShape, place_d: &[f32]) -> Vec<f32> {
    let SampleShape { height, width, .. } = shape.picture();
    let [x, y] = turned(place_d, TURNED);
    let at = |v: f32, side: usize| (0.5 + 0.5 * v / REACH) * side as f32 - 0.5;
    // Whatever is out of sight is shown at the edge.
    let (across, down) = (at(x.clamp(-REACH, REACH), width), at(-y.clamp(-REACH, REACH), height));
    let value = |i: usize| {
        let (dx, dy) = ((i % width) as f32 - across, (i / width) as f32 - down);
        // About a Gaussian; its own function would be a kilobyte of everybody's download.
        let near = (1.0 - (dx * dx + dy * dy) / (4.0 * DOT * DOT)).max(0.0);
        near * near * near * near
    };
    (0..height * width).map(value).collect()
}

/// Numbers row by row in a square, the rest of it `empty`.
fn square(shape: SampleShape, values: impl Iterator<Item = f32>, empty: f32) -> Vec<f32> {
    let mut all: Vec<f32> = values.collect();
    all.resize(shape.picture().len(), empty);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_come_back_as_bytes() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(pixels(&SampleShape::MNIST.floats(&all)), all);
        assert_eq!(pixels(&[-1.0, 2.0, f32::NAN, 0.5 / 255.0]), [0, 255, 0, 1]);
    }

    #[test]
    fn a_place_is_a_dot_where_it_lies() {
        let plane = SampleShape::vector(2);
        let pictures = drawn(plane, &[-REACH, REACH, 0.0, 0.0, 99.0, -99.0]);
        let brightest = |i: usize| (0..1024).max_by_key(|p| pictures[i * 1024 + p]).unwrap();
        assert_eq!(pictures.len(), 3 * 1024);
        assert_eq!((brightest(0), brightest(2)), (0, 1023), "upper left, and lower right from beyond");
        let middle = brightest(1);
        assert!((15..=16).contains(&(middle % 32)) && (15..=16).contains(&(middle / 32)), "{middle}");
    }

    #[test]
    fn other_vectors_are_squares_of_grey() {
        let pictures = drawn(SampleShape::vector(6), &[0.0, 3.0, -3.0, 9.0, 0.0, 0.0]);
        assert_eq!(pictures, [128, 255, 0, 255, 128, 128, 0, 0, 0]);
        assert_eq!(laid_out(SampleShape::vector(6), &[1.0; 6]).len(), 9);
        assert_eq!(laid_out(SampleShape::MNIST, &[0.5; 49]), [0.5; 49], "a patch");
    }

    #[test]
    fn space_is_seen_from_a_little_above() {
        let [x, y] = flat(&[0.0, 1.0, 0.0], TURN);
        assert!(x.abs() < 1e-6 && y > 0.9, "up is up");
        assert!(flat(&[0.0, 0.0, 1.0], TURN)[1] < 0.0, "what is near is low");
        let place = [0.3, -1.2, 0.7];
        assert!(flat(&place, TURN).iter().zip(turned(&place, TURNED)).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
