//! The contract between the page and the worker that reads a visitor's files. The files themselves travel beside a
//! [`ImportCommand::Inspect`]: they are no plain data.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::frames::Frames;
use crate::plan::{Normalised, Plan, Wishes};

/// Images that are packed before a set can be trained on: a shard.
pub const USABLE: u64 = 1024;

/// What is cut from each picture, and how it is made to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Crop {
    /// The largest part about the middle with the proportions wanted.
    Middle,
    /// A square about the middle, so many pixels wide: 148 is the literature's way with CelebA.
    Square(u32),
    /// Everything, with paper above and below or left and right.
    Whole,
    /// Everything, out of proportion.
    Stretch,
}

/// The shape of a packed image.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Of all frames together, which stand side by side.
    pub width: u32,
    pub height: u32,
    /// 1 or 3.
    pub channels: u32,
    pub crop: Crop,
    /// Grey level behind transparent and beside small pictures.
    pub paper: u8,
    /// What a picture is made of; each part is cut and scaled by itself.
    pub frames: Frames,
}

impl fmt::Debug for Frame {
    /// What imports are told apart by: of one picture as it was before there were strips.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, height, channels, crop, paper, frames } = self;
        let mut text = f.debug_struct("Frame");
        text.field("width", width).field("height", height).field("channels", channels).field("crop", crop).field("paper", paper);
        if !frames.is_one() {
            text.field("frames", frames);
        }
        text.finish()
    }
}

/// Something known about each picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FoundFactor {
    pub name: String,
    pub values: Vec<String>,
}

/// What the files turned out to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found {
    /// In a few words, for the visitor.
    pub what: String,
    pub title: String,
    pub credit: String,
    /// Pictures in it.
    pub items: u64,
    /// Size and channels of the first picture.
    pub width: u32,
    pub height: u32,
    pub channels: u32,
    pub factors: Vec<FoundFactor>,
    /// The factor that suits best as a label.
    pub label: usize,
    /// What is missing or was assumed.
    pub notes: Vec<String>,
    /// What to make of the pictures unless told otherwise.
    pub frame: Frame,
    /// It is one picture with many on it, that must be cut into tiles.
    pub sheet: bool,
    /// What each file is taken for.
    pub plan: Box<Plan>,
}

/// What the visitor wants of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Name of the set in links: letters, digits and `-`.
    pub id: String,
    pub title: String,
    pub frame: Frame,
    /// The factor that gives the labels.
    pub label: usize,
    /// No more images than this.
    pub first: Option<u64>,
    /// Only the images with that value of that factor.
    pub only: Option<(usize, u8)>,
}

/// A set in the browser's storage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stored {
    pub id: String,
    pub title: String,
    pub channels: u32,
    pub height: u32,
    pub width: u32,
    pub images: u64,
    /// Names of the factors; any of them can give the labels.
    pub factors: Vec<String>,
    /// Index of the one that does.
    pub label: usize,
    pub credit: String,
    /// Its samples are vectors.
    #[serde(default)]
    pub vectors: bool,
    /// What was done to them then.
    #[serde(default)]
    pub normalised: Option<Normalised>,
    /// Whether the import came to its end.
    pub done: bool,
    pub bytes: u64,
}

/// How far an import has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Pictures looked at, and how many there are to look at.
    pub looked: u64,
    pub total: u64,
    /// Images in storage, and pictures left out because they cannot be read.
    pub packed: u64,
    pub skipped: u64,
    pub per_second: f64,
    pub seconds_left: f64,
}

/// Page to worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ImportCommand {
    /// Says what the files beside this message are: [`ImportEvent::Found`]. `names` has their names with folders.
    Inspect {
        names: Vec<String>,
        /// What is wanted otherwise than it would be understood.
        wishes: Wishes,
    },
    /// Says what the Parquet table at an address is.
    InspectAddress { address: String },
    /// Shows what becomes of some pictures: [`ImportEvent::Preview`].
    Preview { frame: Frame },
    /// Packs what was found; goes on where an earlier import of the same was interrupted.
    Start { choice: Choice },
    /// Stops packing; what is packed stays.
    Stop,
    /// Asks for [`ImportEvent::Stored`].
    List,
    /// Deletes a set.
    Delete { id: String },
}

/// Worker to page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ImportEvent {
    Found {
        found: Found,
    },
    /// `n` images of the frame last asked for, `[n, channels, height, width]`.
    Preview {
        frame: Frame,
        n: u32,
        pixels: ByteBuf,
    },
    Progress {
        id: String,
        progress: Progress,
    },
    /// A picture was left out, and why.
    Skipped {
        message: String,
    },
    /// The import has ended: at its end, or where it was told to stop.
    Done {
        stored: Stored,
        progress: Progress,
    },
    Stored {
        sets: Vec<Stored>,
    },
    /// What was asked for could not be done; nothing that is stored was lost.
    Failed {
        message: String,
    },
    /// The worker ends here: a library has broken on a file, if it was one.
    Broke {
        file: Option<String>,
        message: String,
    },
}

/// Letters of a name for links: short enough for any storage.
const LONGEST: usize = 40;

/// A name for links from a title: `My cats, 2024` becomes `my-cats-2024`. Links have ASCII letters only; what they cannot
/// spell is told apart by a number, so that `猫` and `犬` are two sets.
pub fn id_of(title: &str) -> String {
    let words = title.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let id = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
    if title.is_ascii() && (1..=LONGEST).contains(&id.len()) {
        return id;
    }
    // FNV-1a: the same in every browser and on the command line.
    let number = title.bytes().fold(0x811c_9dc5u32, |h, byte| (h ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let begin: String = id.chars().take(LONGEST - 9).collect();
    format!("{}-{number:08x}", if begin.is_empty() { "images" } else { begin.trim_end_matches('-') })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_become_names_for_links() {
        assert_eq!(id_of("My cats, 2024"), "my-cats-2024");
        assert_eq!(id_of("img_align_celeba.zip"), "img-align-celeba-zip");
        for (one, other) in [("猫", "犬"), ("Müller", "Möller"), ("the same 1 写真", "the same 1 絵"), ("", "?")] {
            assert_ne!(id_of(one), id_of(other));
        }
        let long = "a long title that differs only where it ends, ";
        assert_ne!(id_of(&format!("{long}one")), id_of(&format!("{long}two")));
        assert!(id_of("猫").starts_with("images-") && id_of("Müller").starts_with("m-ller-"));
        // They stand in links and name folders.
        for title in ["猫", "", "Ünïcödé", long, "-- 🐱 --", "images"] {
            let id = id_of(title);
            assert!(id.len() <= LONGEST, "{id}");
            assert!(crate::data::Own::parse(&format!("own:{id}")).is_some(), "{id}");
        }
    }
}
