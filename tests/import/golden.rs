//! Pictures of every kind against Pillow: see `golden/make_golden.py`.

use latent_import::frame::Framer;
use latent_import::picture::{Picture, is_picture_name};
use latent_vocabulary::frames::Frames;
use latent_vocabulary::import::{Crop, Frame};

use super::golden;

/// Grey levels by which a value may differ.
const LEVELS: u8 = 2;

#[test]
fn pictures_are_those_of_pillow() {
    let mut framer = Framer::default();
    let mut differences = Vec::new();
    for entry in std::fs::read_dir(golden()).unwrap().map(|e| e.unwrap().path()) {
        let name = entry.file_name().unwrap().to_string_lossy().into_owned();
        if !is_picture_name(&name) {
            continue;
        }
        let crop = if name == "faces.jpg" { Crop::Square(148) } else { Crop::Middle };
        let frame = Frame { width: 64, height: 64, channels: 3, crop, paper: 255, frames: Frames::One };
        let ours = framer.frame(Picture::decode(&std::fs::read(&entry).unwrap()).unwrap(), &frame).unwrap();
        let reference = std::fs::read(entry.with_extension("rgb")).unwrap();
        assert_eq!(ours.len(), reference.len(), "{name}");
        let worst = ours.iter().zip(&reference).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        differences.push((name, worst));
    }
    println!("{differences:?}");
    assert!(differences.len() >= 18, "only {} pictures", differences.len());
    assert!(differences.iter().all(|(_, levels)| *levels <= LEVELS), "{differences:?}");
}

#[test]
fn every_truncation_of_a_picture_is_an_error() {
    for name in ["faces.jpg", "progressive.jpg", "colour.png"] {
        let whole = std::fs::read(golden().join(name)).unwrap();
        // A PNG's last bytes say no more than that it ends.
        for n in (0..whole.len() - 24).step_by(whole.len() / 40) {
            assert!(Picture::decode(&whole[..n]).is_err(), "{n} bytes of {name}");
        }
    }
}
