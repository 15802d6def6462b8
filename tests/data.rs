//! Data sets: those that are rendered are deterministic, of the factors they say, and like what they are drawn after; packed
//! ones are read back as they were packed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use latent_data::clips;
use latent_data::clips::Clips;
use latent_data::edges::Edges;
use latent_data::moving;
use latent_data::moving::Moving;
use latent_data::own;
use latent_data::own::{Loaded, Room};
use latent_data::sprites;
use latent_data::sprites::Sprites;
use latent_data::twins::Twins;
use latent_data::{Dataset, Make, Render, Rendering, SETS, mnist};
use latent_packed::{FORMAT, META, Meta, OnDisk, PackedFactor, ShardBuilder, Split, shard_name};
use latent_vocabulary::data::{DataCard, Origin, Own};
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::SampleShape;
use pollster::block_on;

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
    let mut sprites = Sprites::new(&sprites::CARD);
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

type Makes = Box<dyn Fn() -> Box<dyn Render>>;

/// The sets that are rendered from nothing.
fn rendered() -> impl Iterator<Item = (&'static DataCard, Makes)> {
    SETS.iter().filter_map(|set| {
        let make: Makes = match set.make {
            Make::Rendered(make) => Box::new(make),
            Make::Named(make) => Box::new(move || make(set.card.id)),
            Make::Files(_) | Make::RenderedFrom(..) => return None,
        };
        Some((set.card, make))
    })
}

/// What a card says of how its images come about, and of features planted in them, is so.
#[test]
fn a_card_is_right_about_how_its_images_are_made() {
    assert!(rendered().any(|(card, _)| card.planted > 0));
    assert!(SETS.iter().all(|set| (set.card.origin == Origin::Rendered) == matches!(set.make, Make::Rendered(_) | Make::Named(_))));
    for (card, make) in rendered() {
        let render = make();
        let (pixels, planted_kp) = (card.channels * card.height * card.width, render.planted_kp());
        assert_eq!(planted_kp.len(), card.planted * pixels, "{}", card.id);
        assert!(planted_kp.chunks_exact(pixels).all(|d| (d.iter().map(|v| v * v).sum::<f32>() - 1.0).abs() < 1e-5), "{}", card.id);
    }
}

/// MNIST.
fn digits() -> Arc<Dataset> {
    Arc::new(mnist::FILES.from_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mnist")).unwrap())
}

#[test]
fn rendering_is_the_same_in_slices_and_in_parallel() {
    let digits = digits();
    for set in SETS {
        let card = set.card;
        let make = || match set.make {
            Make::Rendered(make) => Some(make()),
            Make::RenderedFrom(_, make) => Some(make(digits.clone())),
            Make::Named(make) => Some(make(card.id)),
            Make::Files(_) => None,
        };
        if make().is_none() {
            continue;
        }
        let make = || make().unwrap();
        let whole = Rendering::new(make()).in_parallel(make);
        let mut slices = Rendering::new(make());
        while slices.advance(1000) {}
        assert!(whole == slices.finish(), "{}", card.id);

        assert_eq!(whole.frames, card.frames, "{}", card.id);
        assert!(SampleShape::of(card).holds(card.frames), "{}", card.id);
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
    for (card, make) in rendered() {
        let mut render = make();
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

#[test]
fn moving_digits_are_digits_moved() {
    let digits = digits();
    let make = || -> Box<dyn Render> { Box::new(Moving::new(digits.clone())) };
    let whole = Rendering::new(make()).in_parallel(make);

    let k = moving::CARD.factors.len();
    for (image_p, factors_k) in whole.test_images.chunks_exact(32 * 32).zip(whole.factors.test_nk.chunks_exact(k)) {
        // The middle of the ink lies where the factors say, within what a digit is off its own middle.
        let ink: f32 = image_p.iter().map(|v| f32::from(*v)).sum();
        let mean = |axis: &dyn Fn(usize) -> usize| {
            image_p.iter().enumerate().map(|(i, v)| f32::from(*v) * axis(i) as f32).sum::<f32>() / ink
        };
        for (at, position) in [(mean(&|i| i % 32), factors_k[1]), (mean(&|i| i / 32), factors_k[2])] {
            assert!((at - (f32::from(position) + 9.5)).abs() < 3.0, "{factors_k:?}: {at}");
        }
    }
    // Turned by nothing, a digit is its own, only smaller: nearly as much ink, times the area.
    let mut moving = Moving::new(digits.clone());
    let mut image_p = [0; 32 * 32];
    moving.image(&[digits.train_labels[5], 6, 6, 0, 5, 0, 0], &mut image_p);
    let sum = |x: &[u8]| x.iter().map(|v| f32::from(*v)).sum::<f32>();
    let ratio = sum(&image_p) / sum(&digits.train_images[5 * 784..6 * 784]);
    assert!((ratio / (0.75 * 0.75) - 1.0).abs() < 0.1, "{ratio}");
}

/// Where the ink of a picture has its middle, in pixels: across and down.
fn middle(picture_p: &[u8], width: usize) -> [f32; 2] {
    let ink: f32 = picture_p.iter().map(|v| f32::from(*v)).sum();
    let mean = |axis: fn(usize, usize) -> usize| {
        picture_p.iter().enumerate().map(|(i, v)| f32::from(*v) * axis(i, width) as f32).sum::<f32>() / ink
    };
    [mean(|i, width| i % width), mean(|i, width| i / width)]
}

#[test]
fn digits_fly_straight_and_bounce() {
    let mut clips = Clips::new(digits());
    let (frames, side) = (clips::CARD.frames.count(), clips::CARD.height);
    let mut film = |x: u8, y: u8, way: u8, speed: u8| -> Vec<[f32; 2]> {
        let mut image_p = vec![0; frames * side * side];
        clips.image(&[0, x, y, way, speed, 5, 0, 0], &mut image_p);
        let frame =
            |t: usize| image_p.chunks_exact(frames * side).flat_map(|line| &line[t * side..][..side]).copied().collect::<Vec<u8>>();
        (0..frames).map(|t| middle(&frame(t), side)).collect()
    };
    // To the right from the middle at a pixel a frame: four frames on it is at the wall, and comes back.
    let flight = film(4, 4, 0, 1);
    for (t, [x, y]) in flight.iter().enumerate() {
        let want = [0.0, 1.0, 2.0, 3.0, 4.0, 3.0, 2.0, 1.0][t];
        assert!((x - flight[0][0] - want).abs() < 0.1 && (y - flight[0][1]).abs() < 0.1, "frame {t}: {x} {y}, {flight:?}");
    }
    // What each of the others changes.
    let moved = |other: &[[f32; 2]], t: usize| [other[t][0] - flight[t][0], other[t][1] - flight[t][1]];
    let near = |[a, b]: [f32; 2], [x, y]: [f32; 2]| (a - x).abs() < 0.1 && (b - y).abs() < 0.1;
    assert!(near(moved(&film(2, 4, 0, 1), 0), [-2.0, 0.0]) && near(moved(&film(4, 7, 0, 1), 0), [0.0, 3.0]), "where it begins");
    assert!(near(moved(&film(4, 4, 4, 1), 1), [-1.0, 1.0]), "downwards");
    assert!(near(moved(&film(4, 4, 0, 3), 1), [1.0, 0.0]), "twice as fast");
}

#[test]
fn pairs_are_of_one_digit() {
    let digits = digits();
    let side = 28;
    let known: std::collections::HashMap<&[u8], u8> =
        digits.test_images.chunks_exact(side * side).zip(digits.test_labels.iter().copied()).collect();
    let sides = |image_p: &[u8]| {
        [0, side].map(|from| image_p.chunks_exact(2 * side).flat_map(|line| &line[from..from + side]).copied().collect::<Vec<u8>>())
    };
    let make = || -> Box<dyn Render> { Box::new(Twins::new(digits.clone())) };
    let twins = Rendering::new(make()).in_parallel(make);
    let mut alike = 0;
    for (image_p, label) in twins.test_images.chunks_exact(2 * side * side).zip(&twins.test_labels) {
        let [left, right] = sides(image_p);
        assert_eq!([known[&left[..]], known[&right[..]]], [*label; 2]);
        alike += usize::from(left == right);
    }
    assert!(alike < 20, "{alike} of {} are twice the same image", twins.test_labels.len());
    // A square has edges on both sides of its outline, and none inside.
    let mut square = vec![0; side * side];
    (8..20).for_each(|y| square[y * side + 8..y * side + 20].fill(255));
    let one = Dataset::of(SampleShape::MNIST, 10, square.clone(), vec![0]);
    let mut image_p = vec![0; 2 * side * side];
    Edges::new(Arc::new(one)).image(&[0; 4], &mut image_p);
    let [left, edges] = sides(&image_p);
    assert_eq!(left, square);
    let at = |y: usize, x: usize| edges[y * side + x];
    assert_eq!([at(14, 7), at(14, 8), at(14, 9), at(14, 14), at(7, 14), at(2, 2)], [255, 255, 0, 0, 255, 0]);
}

/// Packs 40 images of one value each, whose number gives two factors, 30 of them to train on; returns the folder.
fn packed(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let factor = |name: &str, n: usize| PackedFactor { name: name.into(), values: (0..n).map(|v| format!("{name} {v}")).collect() };
    let meta = Meta {
        format: FORMAT,
        title: "Forty".into(),
        credit: String::new(),
        channels: 1,
        height: 4,
        width: 8,
        factors: vec![factor("Parity", 2), factor("Rest", 3)],
        label: 1,
        source: "made".into(),
        items: 40,
        frames: Frames::One,
        vectors: None,
    };
    std::fs::write(folder.join(META), meta.to_json()).unwrap();
    for (index, part) in [(0..25u8), (25..40)].into_iter().enumerate() {
        let (mut builder, end) = (ShardBuilder::default(), u64::from(part.end));
        for i in part {
            let split = [Split::Train, Split::Train, Split::Train, Split::Test][usize::from(i % 4)];
            builder.push(split, &[i % 2, i % 3], &[i; 32]);
        }
        std::fs::write(folder.join(shard_name(index as u32)), builder.finish(&meta, index == 1, end, 0)).unwrap();
    }
    folder
}

fn load(folder: &Path, id: &str, bytes: u64, paged: bool) -> Result<Loaded, String> {
    let files = OnDisk { folder: folder.into() };
    let loaded = block_on(own::load(files, Own::parse(id).unwrap(), Room { bytes, paged }, |_, _| true));
    loaded.map(|loaded| loaded.expect("it is wanted"))
}

#[test]
fn packed_images_come_back_with_the_labels_asked_for() {
    let folder = packed("packed");
    let Loaded { data, pages, note } = load(&folder, "own:forty", 1 << 20, true).unwrap();
    assert_eq!((data.train_labels.len(), data.test_labels.len(), data.classes, note), (30, 10, 3, None));
    assert!(pages.is_none(), "everything fits");
    let train: Vec<u8> = (0..40).filter(|i| i % 4 != 3).collect();
    assert_eq!(data.train_images.chunks_exact(32).map(|x| x[0]).collect::<Vec<_>>(), train);
    assert_eq!(data.train_labels, train.iter().map(|i| i % 3).collect::<Vec<_>>());
    assert_eq!(data.factors.test_nk, (0..40).filter(|i| i % 4 == 3).flat_map(|i| [i % 2, i % 3]).collect::<Vec<_>>());
    let data = load(&folder, "own:forty:Parity", 1 << 20, true).unwrap().data;
    assert_eq!((data.classes, data.class_names[1].as_str(), data.id.as_str()), (2, "Parity 1", "own:forty:Parity"));
    assert_eq!(data.test_labels, [1; 10]);
    // Nobody waits for what is not wanted.
    let files = OnDisk { folder: folder.clone() };
    let stopped = own::load(files, Own::parse("own:forty").unwrap(), Room { bytes: 1 << 20, paged: true }, |_, _| false);
    assert!(block_on(stopped).unwrap().is_none());
}

#[test]
fn what_does_not_fit_is_left_out_or_read_in_pages() {
    let folder = packed("paged");
    // Room for twenty images, their labels and two factors.
    let Loaded { data, note, .. } = load(&folder, "own:forty", 20 * 35, false).unwrap();
    assert_eq!((data.train_images.len(), data.train_labels.len()), (20 * 32, 20));
    assert!(note.is_some_and(|n| n.starts_with("20 of 30 training images")));

    let Loaded { data, pages, note } = load(&folder, "own:forty", 20 * 35, true).unwrap();
    let train: Vec<u8> = (0..40).filter(|i| i % 4 != 3).collect();
    assert!(data.train_images.is_empty(), "they are not in memory");
    assert_eq!(data.train_labels, train.iter().map(|i| i % 3).collect::<Vec<_>>());
    assert_eq!((data.info().train, data.test_labels.len()), (30, 10));
    assert!(note.is_some_and(|n| n.contains("about 20 are there at a time")));
    let pages = pages.unwrap();
    // Within a shard, across both, and nothing.
    for range in [0..30, 3..7, 17..22, 29..30, 5..5] {
        let images = block_on(pages.read(range.clone())).unwrap();
        assert_eq!(images, train[range].iter().flat_map(|i| [*i; 32]).collect::<Vec<_>>());
    }
    // A shard that was cut short since.
    let shard = folder.join(shard_name(1));
    let bytes = std::fs::read(&shard).unwrap();
    std::fs::write(&shard, &bytes[..bytes.len() - 100]).unwrap();
    assert!(block_on(pages.read(0..30)).unwrap_err().contains("shard-0001.bin: ends before"));
}

#[test]
fn damaged_packed_images_are_named() {
    let folder = packed("damaged");
    let error = load(&folder, "own:forty:Colour", 1 << 20, true).err().unwrap();
    assert!(error.contains("no factor Colour"), "{error}");
    let shard = folder.join(shard_name(0));
    let bytes = std::fs::read(&shard).unwrap();
    std::fs::write(&shard, &bytes[..100]).unwrap();
    let error = load(&folder, "own:forty", 1 << 20, true).err().unwrap();
    assert!(error.contains("shard-0000.bin") && error.contains("100 bytes"), "{error}");
    // One that was never finished ends the set: there is nothing before it.
    std::fs::write(&shard, [0; 100]).unwrap();
    assert!(load(&folder, "own:forty", 1 << 20, true).err().unwrap().contains("no images to train on"));
    std::fs::write(folder.join(META), "{}").unwrap();
    assert!(load(&folder, "own:forty", 1 << 20, true).err().unwrap().contains("meta.json: is no description"));
}

/// Every set of places: what its card says of it.
#[test]
fn clouds_are_where_they_are_looked_at_and_of_all_classes() {
    let sets = SETS.iter().filter(|set| SampleShape::of(set.card).is_place());
    let mut seen = 0;
    for set in sets {
        let render = match set.make {
            Make::Rendered(render) => render(),
            Make::Named(render) => render(set.card.id),
            Make::Files(_) | Make::RenderedFrom(..) => panic!("{}", set.card.id),
        };
        let data = Rendering::new(render).finish();
        let x = data.shape.floats(&data.train_images);
        assert_eq!(x.len(), data.shape.len() * set.card.train, "{}", set.card.id);
        let reach = x.iter().fold(0f32, |most, v| most.max(v.abs()));
        assert!((1.2..=2.6).contains(&reach), "{}: {reach}", set.card.id);
        for d in 0..data.shape.len() {
            let of: Vec<f32> = x.iter().skip(d).step_by(data.shape.len()).copied().collect();
            let mean = of.iter().sum::<f32>() / of.len() as f32;
            assert!(mean.abs() < 0.4, "{}: mean of coordinate {d} is {mean}", set.card.id);
        }
        for class in 0..set.card.classes.len() as u8 {
            let share = data.train_labels.iter().filter(|l| **l == class).count() as f32 / set.card.train as f32;
            let even = 1.0 / set.card.classes.len() as f32;
            assert!((share / even - 1.0).abs() < 0.3, "{}: class {class} has {share}", set.card.id);
        }
        seen += 1;
    }
    assert_eq!(seen, 8);
}
