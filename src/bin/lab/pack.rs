//! `cargo lab pack`: images packed for training, for `cargo lab train` and for a page of one's own.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use latent_vocabulary::frames::Frames;
use latent_vocabulary::plan::{Normalise, Values, Wanted};

use crate::Failure;

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// CelebA, from its official files.
    Celeba(Celeba),
    /// Your own images: a zip, pictures, .npy, .npz, IDX, Parquet. Or rows of numbers, such as activations: .npy, .npz, .safetensors,
    /// Parquet, with a CSV or JSONL table of texts and labels beside them.
    Images(Images),
}

#[derive(clap::Args)]
struct Celeba {
    /// img_align_celeba.zip.
    #[arg(long, value_name = "ZIP")]
    images: PathBuf,
    /// list_attr_celeba.txt.
    #[arg(long, value_name = "FILE")]
    attr: Option<PathBuf>,
    /// list_eval_partition.txt.
    #[arg(long, value_name = "FILE")]
    partition: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Images {
    /// The files, or folders of them.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Cut a single picture into tiles, for example 32x32.
    #[arg(long, value_name = "WxH", value_parser = size)]
    tile: Option<(u32, u32)>,
    /// What black and white are in arrays: 0..1, 0..255, -1..1, any two numbers, or `own` for the least and the largest.
    #[arg(long, value_name = "RANGE", value_parser = Values::parse, allow_hyphen_values = true)]
    values: Option<Values>,
    /// The file with the labels, or `none`.
    #[arg(long, value_name = "FILE")]
    labels: Option<String>,
    /// Which images are for tests: as names of files and folders say, or every tenth.
    #[arg(long, value_enum)]
    split: Option<SplitArg>,
    /// How rows of numbers are made alike in length, as SAELens calls it: expected_average_only_in, constant_norm_rescale, layer_norm or
    /// none.
    #[arg(long, value_name = "HOW", value_parser = Normalise::parse)]
    normalize: Option<Normalise>,
    /// What a file, an archive or a folder is: train, valid, test, images, labels, attributes, partition, vectors, beside or aside.
    #[arg(long, value_name = "FILE=ROLE", value_parser = Wanted::parse)]
    role: Vec<Wanted>,
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Common {
    /// Folder to pack into; an interrupted run goes on there.
    #[arg(long, value_name = "DIR", required_unless_present = "plan")]
    out: Option<PathBuf>,
    /// Say what each file is taken for, and pack nothing.
    #[arg(long)]
    plan: bool,
    /// With `--plan`: as JSON.
    #[arg(long, requires = "plan")]
    json: bool,
    /// Width and height of the packed images; without it 64, 32 or 28, whichever fits.
    #[arg(long, value_name = "N", value_parser = side)]
    size: Option<u32>,
    /// Each picture is a strip of frames side by side, all of one width: how many moments of a clip, or `pair` for two pictures of one
    /// thing. `--size` and `--crop` are of each frame.
    #[arg(long, value_name = "N|pair", value_parser = frames)]
    frames: Option<Frames>,
    /// What to cut from each picture; without it 148 pixels for CelebA, the middle otherwise.
    #[arg(long, value_enum)]
    crop: Option<CropArg>,
    /// Pack in grey; without it in colour if any of the first pictures is.
    #[arg(long)]
    grey: bool,
    /// Pack in colour whatever the first pictures are.
    #[arg(long, conflicts_with = "grey")]
    colour: bool,
    /// No more images than this.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    first: Option<u64>,
    /// Only images with this attribute.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum SplitArg {
    Names,
    Tenth,
}

#[derive(Clone, Copy, ValueEnum)]
enum CropArg {
    /// The largest square about the middle.
    Middle,
    /// 148 pixels about the middle, as the literature cuts CelebA.
    Celeba,
    /// Everything, with a margin.
    Whole,
    /// Everything, out of proportion.
    Stretch,
}

/// Images fill whole words of the device, so that their sides are even.
fn side(text: &str) -> Result<u32, String> {
    let even = |v: &u32| (8..=256).contains(v) && v.is_multiple_of(2);
    text.parse().ok().filter(even).ok_or_else(|| "expected an even number of pixels from 8 to 256".into())
}

fn frames(text: &str) -> Result<Frames, String> {
    match text.parse() {
        Ok(n @ 2..=32) => Ok(Frames::Clip(n)),
        _ if text == "pair" => Ok(Frames::Pair),
        _ => Err("expected a number of frames from 2 to 32, or `pair`".into()),
    }
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let (w, h) = text.split_once('x').ok_or("expected WIDTHxHEIGHT, for example 32x32")?;
    let side = |t: &str| t.parse::<u32>().ok().filter(|v| *v > 0).ok_or_else(|| format!("{t:?} is no number of pixels"));
    Ok((side(w)?, side(h)?))
}

/// Hands the arguments to the command built with what reads archives and pictures.
#[cfg(not(feature = "pack"))]
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    let files: Vec<&PathBuf> = match &args.what {
        What::Celeba(c) => [Some(&c.images), c.attr.as_ref(), c.partition.as_ref()].into_iter().flatten().collect(),
        What::Images(i) => i.files.iter().collect(),
    };
    if let Some(file) = files.iter().find(|f| !f.exists()) {
        return Err(format!("{}: there is no such file", file.display()));
    }
    crate::native::hand_over("pack")
}

#[cfg(feature = "pack")]
pub fn run(args: &Args) -> Result<ExitCode, Failure> {
    use latent_import::plan::{read, read_celeba};
    use latent_import::read::{Named, OnDisk};

    let (source, common) = match &args.what {
        What::Celeba(Celeba { images, attr, partition, common }) => {
            let images = OnDisk::open(images)?;
            let text = |path: &Option<PathBuf>| path.as_deref().map(OnDisk::open).transpose();
            let (attr, partition): (Option<Named>, Option<Named>) = (text(attr)?, text(partition)?);
            (read_celeba(&images, attr.as_ref(), partition.as_ref())?, common)
        }
        What::Images(images) => {
            let mut files = images.files.iter().map(|f| OnDisk::gather(f)).collect::<Result<Vec<_>, _>>()?.concat();
            let wishes = wishes(images, &mut files)?;
            (read(&files, &wishes)?, &images.common)
        }
    };
    if common.plan { show(&source.about().plan, common.json) } else { pack(source, common) }
}

/// What is wanted otherwise; a file with labels that was not brought is.
#[cfg(feature = "pack")]
fn wishes(args: &Images, files: &mut Vec<latent_import::read::Named>) -> Result<latent_vocabulary::plan::Wishes, Failure> {
    use latent_import::read::OnDisk;
    use latent_vocabulary::plan::{SplitBy, Wishes};

    if let Some(path) = args.labels.as_ref().map(PathBuf::from).filter(|path| path.is_file() && !args.files.contains(path)) {
        let file = OnDisk::open(&path)?;
        if files.iter().all(|f| f.base() != file.base()) {
            files.push(file);
        }
    }
    Ok(Wishes {
        tile: args.tile,
        values: args.values,
        labels: args.labels.as_ref().map(|name| if name == "none" { String::new() } else { name.replace('\\', "/") }),
        split: args.split.map(|split| if matches!(split, SplitArg::Tenth) { SplitBy::Tenth } else { SplitBy::Names }),
        normalise: args.normalize,
        roles: args.role.clone(),
    })
}

/// Prints the plan.
#[cfg(feature = "pack")]
fn show(plan: &latent_vocabulary::plan::Plan, json: bool) -> Result<ExitCode, Failure> {
    use std::io::Write;

    let text = if json { serde_json::to_string_pretty(plan).map_err(|e| e.to_string())? } else { lines(plan).join("\n") };
    // Whoever hears no more, as `head` does, has heard enough.
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(ExitCode::SUCCESS)
}

/// The plan in lines.
#[cfg(feature = "pack")]
fn lines(plan: &latent_vocabulary::plan::Plan) -> Vec<String> {
    let mut lines: Vec<String> = plan.pieces.iter().map(latent_vocabulary::plan::Piece::words).collect();
    if let Some(v) = &plan.vectors {
        let texts = if v.texts { ", with a text each" } else { "" };
        let thumb = v.thumb.map_or(String::new(), |[w, h, c]| format!(", with a picture of {w} × {h} × {c} each"));
        lines.push(format!("{} rows of {} numbers from {} to {}{texts}{thumb}", plan.images, v.dims, v.low, v.high));
        lines.push(format!("mean length {:.4}; normalised by {}, times {:.6}", v.norm, v.normalise.id(), v.scale));
    }
    let sizes: Vec<String> = plan.look.sizes.iter().take(4).map(|s| format!("{} × {}", s.width, s.height)).collect();
    let (grey, colour) = (plan.look.grey, plan.look.colour);
    if plan.vectors.is_none() {
        lines.push(format!(
            "{} images; of {} looked at {grey} grey, {colour} in colour; {}",
            plan.images,
            plan.look.at,
            sizes.join(", ")
        ));
    }
    for part in &plan.parts {
        lines.push(format!("{}: {} images, by {}", part.part.id(), part.images, part.from));
    }
    for factor in &plan.factors {
        let value = |(name, n): &(String, Option<u64>)| n.map_or_else(|| name.clone(), |n| format!("{name} {n}"));
        lines.push(format!("{}: {}", factor.name, factor.values.iter().map(value).collect::<Vec<_>>().join(", ")));
    }
    for v in &plan.values {
        let standardised = if v.standardised { ", standardised" } else { "" };
        lines.push(format!(
            "{}: {} from {} to {}{standardised}; black is {}, white is {}",
            v.name, v.kind, v.low, v.high, v.black, v.white
        ));
    }
    for note in &plan.notes {
        lines.push(format!("note: {note}"));
    }
    lines
}

/// Packs, with a bar, and says at the end what became of it.
#[cfg(feature = "pack")]
fn pack(mut source: Box<dyn latent_import::source::Source>, common: &Common) -> Result<ExitCode, Failure> {
    use std::time::Instant;

    use indicatif::{ProgressBar, ProgressStyle};
    use latent_import::frame::not_divided;
    use latent_import::native;
    use latent_import::native::Folder;
    use latent_import::source::first_frame;
    use latent_vocabulary::import::{Choice, Crop, Progress, id_of};

    let mut frame = first_frame(&mut *source)?;
    let vectors = source.about().vectors.is_some();
    let of_pictures = common.size.is_some() || common.grey || common.colour || common.crop.is_some() || common.frames.is_some();
    if vectors && of_pictures {
        return Err("--size, --crop, --frames, --grey and --colour are for pictures: these are rows of numbers".into());
    }
    if let Some(size) = common.size {
        (frame.width, frame.height) = (size, size);
    }
    if let Some(frames) = common.frames {
        let n = frames.count();
        let wrong = source.about().plan.look.sizes.iter().find(|size| !(size.width as usize).is_multiple_of(n));
        if let Some(size) = wrong {
            return Err(format!(
                "--frames: a picture of {} × {} pixels {}",
                size.width,
                size.height,
                not_divided(size.width as usize, n)
            ));
        }
        (frame.width, frame.frames) = (frame.width * n as u32, frames);
    }
    if common.grey {
        frame.channels = 1;
    } else if common.colour {
        frame.channels = 3;
    }
    if let Some(crop) = common.crop {
        frame.crop = match crop {
            CropArg::Middle => Crop::Middle,
            CropArg::Celeba => Crop::Square(148),
            CropArg::Whole => Crop::Whole,
            CropArg::Stretch => Crop::Stretch,
        };
    }
    let about = source.about();
    let only = common.only.as_ref().map(|name| {
        let found = about.factors.iter().enumerate().find_map(|(i, f)| Some((i, f.values.iter().position(|v| v == name)? as u8)));
        found.ok_or_else(|| format!("--only {name}: the images have no such attribute"))
    });
    let title = about.title.clone();
    let choice = Choice { id: id_of(&title), title, frame, label: about.label, first: common.first, only: only.transpose()? };
    if !common.quiet {
        for piece in &about.plan.pieces {
            eprintln!("{}", piece.words());
        }
    }
    for note in &about.notes {
        eprintln!("note: {note}");
    }
    let out = common.out.as_deref().ok_or("--out DIR is missing")?;
    let bar = if common.quiet { ProgressBar::hidden() } else { ProgressBar::new(about.items) };
    bar.set_style(
        ProgressStyle::with_template("{bar:32} {pos}/{len}  {per_sec}  {eta} left  {msg}").expect("the template is well-formed"),
    );
    let begin = Instant::now();
    let progress = |p: Progress| {
        bar.set_length(p.total);
        bar.set_position(p.looked);
        if p.skipped > 0 {
            bar.set_message(format!("{} left out", p.skipped));
        }
    };
    // A bar that nobody sees, in a pipe, prints nothing.
    let skipped = |why: &str| bar.suspend(|| eprintln!("left out: {why}"));
    let end = native::pack(source, &choice, &Folder::new(out), progress, skipped)?;
    bar.finish_and_clear();
    println!(
        "{} {} in {}, {} left out, {:.0} a second, {:.1} s",
        end.packed,
        if vectors {
            format!("rows of {} numbers", frame.channels)
        } else {
            format!("images of {} × {} × {}", frame.width, frame.height, frame.channels)
        },
        out.display(),
        end.skipped,
        end.per_second,
        begin.elapsed().as_secs_f64()
    );
    Ok(ExitCode::SUCCESS)
}
