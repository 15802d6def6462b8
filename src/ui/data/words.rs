//! Words about data: the picker, and the dialog in which a visitor adds images.

use crate::number::grouped;
use latent_vocabulary::data::DataCard;
use latent_vocabulary::import::{Crop, Found, Progress, Stored};
use latent_vocabulary::plan::{Counted, Given, Normalise, Part, Piece, Role, Understood};
use latent_vocabulary::shape::SampleShape;

pub const ADD: &str = "Add your own data…";
pub const NEEDS_GPU: &str = "Other images need WebGPU.";
pub const ADD_TITLE: &str = "Your own data";
pub const CLOSE: &str = "Close";
pub const OWN_GROUP: &str = "In this browser";
pub const LABEL: &str = "Label";
pub const LABEL_HELP: &str = "Used for colours on the map and as input to conditional methods.";
pub const STAYS: &str = "Your files are read and kept by this browser. Nothing is sent anywhere.";
pub const DROP: &str = "Drop files or a folder here";
pub const CHOOSE_FILES: &str = "Choose files…";
pub const CHOOSE_FOLDER: &str = "Choose a folder…";
pub const UNDERSTOOD: &str = "Pictures (JPEG, PNG, WebP, GIF, BMP, TIFF), one by one, in folders (each folder a class) or in zips, with a table of labels or without; one picture with many sprites on it; .npy and .npz arrays; IDX files such as MNIST's; Parquet tables with a column of images. Or rows of numbers, such as the activations of another model: .npy, .npz, .safetensors or Parquet, with a CSV or JSONL file beside them for texts (<<this>> is shown marked), labels and names of pictures. Several files together are one set.";
pub const CELEBA: &str = "CelebA";
pub const CELEBA_HELP: &str = "202,599 photographs of faces with forty attributes each. Choose your copy of the three official files together: img_align_celeba.zip, list_attr_celeba.txt and list_eval_partition.txt. The zip is read piece by piece, 148 pixels about the middle are scaled to 64, and the official split is kept. You can train once the first thousand are in.";
pub const MIRROR: &str = "CelebA without a download, from a mirror";
pub const MIRROR_TERMS: &str = "CelebA is for non-commercial research only. Its authors ask that the images are not published, sold or passed on, and that the faces are used for research only; the people in them have rights of their own. The address below is not ours: its server sees your requests. By going on you accept these terms.";
pub const MIRROR_ADDRESS: &str = "Address of a Parquet file with a column “image”";
/// A public copy of the first tenth; the visitor may put any other.
pub const MIRROR_DEFAULT: &str =
    "https://huggingface.co/datasets/flwrlabs/celeba/resolve/main/img_align+identity+attr/train-00000-of-00019.parquet";
pub const MIRROR_GO: &str = "I accept: look at it";
pub const LOOKING: &str = "Reading the files…";
pub const CANCEL: &str = "Cancel";
pub const BACK: &str = "Choose something else";
pub const NAME: &str = "Name";
pub const SIZE: &str = "Size";
pub const COLOURS: &str = "Colours";
pub const IN_COLOUR: &str = "colour";
pub const IN_GREY: &str = "grey";
pub const CROP: &str = "Take";
pub const TILE: &str = "Tiles, pixels wide and high";
pub const TILE_WIDTH: &str = "Width of a tile";
pub const TILE_HEIGHT: &str = "Height of a tile";
pub const FIRST: &str = "How many";
pub const FIRST_HELP: &str = "all";
pub const ONLY: &str = "Only those with";
pub const ONLY_ALL: &str = "no condition";
pub const PREVIEW: &str = "The first pictures, as the network will see them";
pub const PACK: &str = "Add them";
pub const STOP: &str = "Stop";
pub const USE: &str = "Train on them";
pub const USE_NOW: &str = "Train on what is there";
pub const RELOAD: &str = "Load what has been added since";
pub const DELETE: &str = "Delete";
pub const DELETE_SURE: &str = "Really delete";
pub const KEPT: &str = "Kept in this browser";
pub const ENDED: &str = "the importer has stopped; choose the files again to go on from where it was";

/// Said of a file that the importer has broken on, while others are read without it.
pub fn broke_aside(file: &str, why: &str) -> String {
    format!("{file} is damaged and is left aside: reading it broke the importer ({why}).")
}

pub fn broke(file: &str, why: &str) -> String {
    format!(
        "{file} is damaged: reading it broke the importer ({why}). Choose the other files again without it; what was packed is kept."
    )
}

/// The ways to cut a picture.
pub const CROPS: [(Crop, &str); 4] = [
    (Crop::Middle, "the middle"),
    (Crop::Square(148), "148 pixels about the middle (CelebA)"),
    (Crop::Whole, "everything, with a margin"),
    (Crop::Stretch, "everything, stretched"),
];

pub fn found(found: &Found) -> String {
    if let Some(v) = &found.plan.vectors {
        let number = |v: f64| if v.abs() < 1e4 { format!("{v:.3}") } else { format!("{v:.2e}") };
        let texts = if v.texts { " Each has a text." } else { "" };
        let thumb = v.thumb.map_or(String::new(), |[w, h, _]| format!(" Each has a picture, kept with {w} × {h} pixels."));
        return format!(
            "These are {} rows of {} numbers from {} to {}, on average {} long.{texts}{thumb}",
            grouped(found.items as f64),
            v.dims,
            number(v.low),
            number(v.high),
            number(v.norm)
        );
    }
    let colours = if found.channels < 3 { "grey" } else { "colour" };
    format!(
        "This is {}: {} pictures; the first has {} × {} pixels in {colours}.",
        found.what,
        grouped(found.items as f64),
        found.width,
        found.height
    )
}

pub const PLAN: &str = "How the files are read";
pub const PLAN_FILE: &str = "File";
pub const PLAN_KIND: &str = "What it is";
pub const PLAN_ROLE: &str = "Taken for";
pub const SPLIT: &str = "Images to test with";
pub const SPLIT_NAMES: &str = "as names say";
pub const SPLIT_TENTH: &str = "every tenth";
pub const LABELS: &str = "Labels of which file";
pub const LABELS_FOUND: &str = "as found";
pub const LABELS_NONE: &str = "of none";
pub const NORMALISE: &str = "Length of the rows";

/// With the name that SAELens has for it.
pub fn normalise(how: Normalise) -> &'static str {
    match how {
        Normalise::ExpectedAverageOnlyIn => "√d on average (expected_average_only_in)",
        Normalise::ConstantNormRescale => "√d each (constant_norm_rescale)",
        Normalise::LayerNorm => "mean 0, deviation 1 each (layer_norm)",
        Normalise::None => "as it is (none)",
    }
}

pub const VALUES: &str = "Black and white in arrays";
/// The ranges that numbers can be taken for.
pub const VALUES_CHOICES: [&str; 5] = ["as found", "0 and 1", "0 and 255", "−1 and 1", "their least and their largest"];

pub fn more_files(n: usize) -> String {
    format!("{n} more")
}

/// A file, or many of a kind.
pub fn piece_kind(piece: &Piece) -> String {
    if piece.files == 1 { piece.kind.clone() } else { format!("{} files, {}", grouped(piece.files as f64), piece.kind) }
}

pub fn role(role: Role, part: Option<Part>) -> &'static str {
    match (role, part) {
        (Role::Images, None) => "images",
        (Role::Images, Some(Part::Train)) => "images to train on",
        (Role::Images, Some(Part::Valid)) => "images to validate with",
        (Role::Images, Some(Part::Test)) => "images to test with",
        (Role::Labels, _) => "labels",
        (Role::Attributes, _) => "labels by name",
        (Role::Partition, _) => "parts by name",
        (Role::Vectors, _) => "rows of numbers",
        (Role::Beside, _) => "beside the rows",
        (Role::Aside, _) => "left aside",
    }
}

pub fn piece_role(piece: &Piece) -> String {
    let role = role(piece.role, piece.part);
    if matches!(piece.role, Role::Images | Role::Vectors) {
        format!("{} {role}", grouped(piece.images as f64))
    } else {
        role.into()
    }
}

pub fn part_from(given: &Given) -> String {
    let what = match given.part {
        Part::Train => "to train on",
        Part::Valid => "to validate with",
        Part::Test => "to test with",
    };
    format!("{} {what}: {}", grouped(given.images as f64), given.from)
}

/// Classes of a factor that are named.
const CLASSES: usize = 12;

pub fn classes(factor: &Counted) -> String {
    let value = |(name, n): &(String, Option<u64>)| n.map_or_else(|| name.clone(), |n| format!("{name} {}", grouped(n as f64)));
    let named: Vec<String> = factor.values.iter().take(CLASSES).map(value).collect();
    let more = factor.values.len().saturating_sub(CLASSES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}: {}{more}", factor.name, named.join(", "))
}

pub fn values(v: &Understood) -> String {
    let number = |v: f64| if v.fract() == 0.0 { format!("{v}") } else { format!("{v:.3}") };
    let standardised = if v.standardised { ", standardised" } else { "" };
    format!(
        "{}: {} from {} to {}{standardised}; {} becomes black and {} white",
        v.name,
        v.kind,
        number(v.low),
        number(v.high),
        number(v.black),
        number(v.white)
    )
}

pub fn left_out(most: usize, more: usize) -> String {
    let (most, all) = (grouped(most as f64), grouped((most + more) as f64));
    format!("Only {most} of {all} files are taken: this page takes no more at a time. A zip of the folder brings them all.")
}

/// What it costs, and what of it can be trained on at once.
pub fn room(images: u64, bytes: u64, vectors: bool, room: Option<u64>) -> String {
    let all = images * bytes;
    let what = if vectors { "rows" } else { "images" };
    let size = format!("{} {what} of {} take {}.", grouped(images as f64), size(bytes), size(all));
    match room {
        Some(room) if all > room => {
            format!(
                "{size} This adapter has room for about {} of them at a time. Training exchanges them as it goes, and each is seen once an epoch.",
                grouped((room / bytes) as f64)
            )
        }
        _ => size,
    }
}

fn size(bytes: u64) -> String {
    match bytes as f64 {
        b if b < 1e4 => format!("{b} bytes"),
        b if b < 1e6 => format!("{:.0} kB", b / 1e3),
        b if b < 1e9 => format!("{:.0} MB", b / 1e6),
        b => format!("{:.1} GB", b / 1e9),
    }
}

pub fn progress(p: &Progress) -> String {
    let rate = if p.per_second > 0.0 {
        format!(" · {} a second · {} left", grouped(p.per_second), time(p.seconds_left))
    } else {
        String::new()
    };
    let skipped = if p.skipped > 0 { format!(" · {} left out", grouped(p.skipped as f64)) } else { String::new() };
    format!("{} of {}{rate}{skipped}", grouped(p.looked as f64), grouped(p.total as f64))
}

fn time(seconds: f64) -> String {
    match seconds.ceil() {
        s if s < 90.0 => format!("{s} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

pub fn skipped(why: &str) -> String {
    format!("Left out: {why}")
}

pub fn done(p: &Progress, vectors: bool) -> String {
    let skipped =
        if p.skipped > 0 { format!(" {} could not be read and are left out.", grouped(p.skipped as f64)) } else { String::new() };
    let what = if vectors { "rows" } else { "images" };
    format!("{} {what} are ready.{skipped}", grouped(p.packed as f64))
}

pub fn stored(set: &Stored) -> String {
    let state = if set.done { "" } else { ", interrupted: choose the same files again to go on" };
    if set.vectors {
        return format!("{} rows of {} numbers, {}{state}", grouped(set.images as f64), set.channels, size(set.bytes));
    }
    format!("{} images of {} × {}, {}{state}", grouped(set.images as f64), set.width, set.height, size(set.bytes))
}

pub fn own_size(set: &Stored) -> String {
    if set.vectors {
        return format!("{} rows of {} numbers, kept in this browser.", grouped(set.images as f64), set.channels);
    }
    let colours = if set.channels == 1 { "in grey" } else { "in colour" };
    format!("{} images, {} × {} pixels {colours}, kept in this browser.", grouped(set.images as f64), set.width, set.height)
}

/// A link that means images of another computer.
pub fn unknown(name: &str) -> String {
    format!("This link asks for data called {name}, which are not in this browser.")
}

pub const DATA: &str = "Data";
pub const DATA_CHOICE: &str = "Images to learn";

pub fn data_size(card: &DataCard) -> String {
    let colours = if card.channels == 1 { "in grey" } else { "in colour" };
    let (train, test) = (grouped(card.train as f64), grouped(card.test as f64));
    let shape = SampleShape::of(card);
    if !shape.is_picture() {
        return format!("{train} points to train on and {test} to test with, {} numbers each.", shape.len());
    }
    format!("{train} images to train on and {test} to test with, {} × {} pixels {colours}.", card.width, card.height)
}
