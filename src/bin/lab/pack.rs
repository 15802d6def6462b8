//! `cargo lab pack`: images packed for training, for `cargo lab train` and for a page of one's own.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};

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
    /// Your own images: a zip, pictures, .npy, .npz, IDX, Parquet.
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
    #[command(flatten)]
    common: Common,
}

#[derive(clap::Args)]
struct Common {
    /// Folder to pack into; an interrupted run goes on there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Width and height of the packed images; without it 64, 32 or 28, whichever fits.
    #[arg(long, value_name = "N", value_parser = side)]
    size: Option<u32>,
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
    use latent_import::celeba::CelebA;
    use latent_import::open;
    use latent_import::read::{Named, OnDisk};
    use latent_import::source::Source;

    let (source, common): (Box<dyn Source>, &Common) = match &args.what {
        What::Celeba(Celeba { images, attr, partition, common }) => {
            let images = OnDisk::open(images)?;
            let text = |path: &Option<PathBuf>| path.as_deref().map(OnDisk::open).transpose();
            let (attr, partition): (Option<Named>, Option<Named>) = (text(attr)?, text(partition)?);
            (Box::new(CelebA::open(&images, attr.as_ref(), partition.as_ref())?), common)
        }
        What::Images(Images { files, tile, common }) => {
            let files = files.iter().map(|f| OnDisk::gather(f)).collect::<Result<Vec<_>, _>>()?.concat();
            (open(&files, *tile)?, common)
        }
    };
    pack(source, common)
}

/// Packs, with a bar, and says at the end what became of it.
#[cfg(feature = "pack")]
fn pack(mut source: Box<dyn latent_import::source::Source>, common: &Common) -> Result<ExitCode, Failure> {
    use std::time::Instant;

    use indicatif::{ProgressBar, ProgressStyle};
    use latent_import::native;
    use latent_import::native::Folder;
    use latent_import::source::first_frame;
    use latent_vocabulary::import::{Choice, Crop, Progress, id_of};

    let mut frame = first_frame(&mut *source)?;
    if let Some(size) = common.size {
        (frame.width, frame.height) = (size, size);
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
    for note in &about.notes {
        eprintln!("note: {note}");
    }
    let bar = if common.quiet { ProgressBar::hidden() } else { ProgressBar::new(about.items) };
    bar.set_style(
        ProgressStyle::with_template("{bar:32} {pos}/{len} images  {per_sec}  {eta} left  {msg}")
            .expect("the template is well-formed"),
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
    let end = native::pack(source, &choice, &Folder::new(&common.out), progress, skipped)?;
    bar.finish_and_clear();
    println!(
        "{} images of {} × {} × {} in {}, {} left out, {:.0} images/s, {:.1} s",
        end.packed,
        frame.width,
        frame.height,
        frame.channels,
        common.out.display(),
        end.skipped,
        end.per_second,
        begin.elapsed().as_secs_f64()
    );
    Ok(ExitCode::SUCCESS)
}
