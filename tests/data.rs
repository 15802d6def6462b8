//! Rendered data sets: deterministic, of the factors they say, and like what they are drawn after.
#![cfg(feature = "native")]

use latent_lab::data::{Rendering, renderer};
use latent_lab::spec::data::{Origin, SETS};

/// Twelve pictures of dSprites (Matthey, Higgins, Hassabis and Lerchner, github.com/google-deepmind/dsprites-dataset), one
/// bit a pixel.
const ORIGINALS: &[u8] = include_bytes!("golden/dsprites.bits");
/// Their factors: shape, scale, orientation, x, y.
const FACTORS: [[u8; 5]; 12] = [
    [1, 5, 20, 26, 28],
    [0, 3, 16, 10, 7],
    [2, 3, 34, 8, 28],
    [1, 2, 23, 12, 26],
    [1, 1, 16, 22, 11],
    [1, 1, 32, 2, 31],
    [2, 0, 39, 20, 17],
    [1, 2, 13, 17, 8],
    [1, 4, 16, 19, 2],
    [2, 0, 25, 12, 19],
    [2, 2, 0, 9, 17],
    [1, 1, 37, 11, 14],
];

#[test]
fn sprites_are_those_of_dsprites() {
    let mut sprites = renderer("sprites").unwrap();
    let mut ours = vec![0; 64 * 64];
    let mut differences = Vec::new();
    for (factors, original) in FACTORS.iter().zip(ORIGINALS.chunks_exact(64 * 64 / 8)) {
        sprites.image(factors, &mut ours);
        let bit = |i: usize| original[i / 8] >> (7 - i % 8) & 1 == 1;
        differences.push(ours.iter().enumerate().filter(|(i, v)| (**v == 255) != bit(*i)).count());
    }
    // A pixel whose middle lies on the outline may fall on either side.
    assert!(differences.iter().all(|n| *n <= 1) && differences.iter().sum::<usize>() <= 3, "pixels that differ: {differences:?}");
}

#[test]
fn rendering_is_the_same_in_slices_and_in_parallel() {
    for card in SETS.iter().filter(|c| c.origin == Origin::Rendered) {
        let make = || renderer(card.id).unwrap_or_else(|| panic!("{} has no renderer", card.id));
        let whole = Rendering::new(make()).in_parallel(make);
        let mut slices = Rendering::new(make());
        while slices.advance(1000) {}
        assert!(whole == slices.finish(), "{}", card.id);

        assert_eq!((whole.train_labels.len(), whole.test_labels.len()), (card.train, card.test));
        assert!(whole.test_labels.iter().all(|l| usize::from(*l) < card.classes.len()));
        let k = card.factors.len();
        for (i, factor) in card.factors.iter().enumerate() {
            // Every value of every factor comes, and no other: 16 of each are expected at least.
            let mut seen = vec![0; usize::from(factor.size)];
            whole.factors.train_nk.iter().skip(i).step_by(k).for_each(|v| seen[usize::from(*v)] += 1);
            assert!(seen.iter().all(|n| *n > 0), "{}: {}: {seen:?}", card.id, factor.name);
        }
    }
}

#[test]
fn every_factor_of_a_rendered_image_shows() {
    for card in SETS.iter().filter(|c| c.origin == Origin::Rendered) {
        let mut render = renderer(card.id).unwrap();
        let len = card.channels * card.height * card.width;
        let (mut a, mut b) = (vec![0; len], vec![0; len]);
        for (i, factor) in card.factors.iter().enumerate() {
            let mut factors: Vec<u8> = card.factors.iter().map(|f| f.size / 2).collect();
            factors[i] = 0;
            render.image(&factors, &mut a);
            factors[i] = factor.size / 2;
            render.image(&factors, &mut b);
            assert!(a != b, "{}: {} changes nothing", card.id, factor.name);
        }
    }
}
