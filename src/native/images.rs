//! Data sets, from their files or drawn.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use latent_data::own;
use latent_data::own::{Loaded, Room};
use latent_data::{Dataset, Files, Make, Rendering, SETS};
use latent_experiment::Setup;
use latent_packed::{OnDisk, Sum};
use latent_vocabulary::data::{FOLDER_ALONE, Own};
use latent_vocabulary::shape::SampleShape;
use latent_vocabulary::world::PlantedVectors;

/// Room for packed training images where no adapter says how much.
pub const ROOM: Room = Room { bytes: 2 << 30, paged: false };

/// The data set called `id`, from `folder` where one is given and `id` comes in files.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn load(id: &str, folder: Option<&Path>) -> Result<Dataset, String> {
    Ok(load_into(id, folder, ROOM)?.data)
}

/// Tells images from others of the same shape.
fn sum_of(data: &Dataset) -> String {
    let parts = [&data.train_images, &data.train_labels, &data.test_images, &data.test_labels];
    parts.into_iter().fold(Sum::default(), |sum, part| sum.with(part)).to_string()
}

/// What `--data` names: a set, and the folder with its files where they are not the shipped ones.
pub type Given = (String, Option<PathBuf>);

/// The images for weights of `setup`: its own, or others that are given.
///
/// # Errors
/// Names the file and what is wrong with it, or says that the weights are of other shapes.
pub fn load_for(setup: &Setup, given: Option<&Given>) -> Result<Dataset, String> {
    let Some((name, folder)) = given else { return load(&setup.data, None) };
    let data = load(&labelled(&setup.data, name), folder.as_deref())?;
    match latent_catalog::set(&setup.data).map(SampleShape::of) {
        Some(wanted) if wanted != data.shape => {
            let words = |s: SampleShape| format!("{} × {} × {}", s.width, s.height, s.channels);
            Err(format!("--data {name}: its images are of {} values, the weights are for {}", words(data.shape), words(wanted)))
        }
        _ => Ok(data),
    }
}

/// The name of a packed set that is given for a setup: a folder alone, or the same name without a label, leaves the label as it was.
pub fn labelled(setup: &str, given: &str) -> String {
    match (Own::parse(setup), Own::parse(given)) {
        (Some(its), Some(Own { name, label: None, vectors }))
            if vectors == its.vectors && (name == its.name || name == FOLDER_ALONE) =>
        {
            its.id()
        }
        _ => given.to_owned(),
    }
}

/// [`load`] with `room` for packed training images.
pub fn load_into(id: &str, folder: Option<&Path>, room: Room) -> Result<Loaded, String> {
    if let Some(world) = PlantedVectors::parse(id) {
        return Ok(latent_data::planted::drawn(id, world).into());
    }
    if let Some(own) = Own::parse(id) {
        let folder = folder.ok_or_else(|| format!("{id}: where are the packed images? --data {}:DIR says it", own.name))?;
        let files = OnDisk { folder: folder.into() };
        let loaded = pollster::block_on(own::load(files, own, room, |_, _| true))?.expect("nobody says that it is not wanted");
        if let Some(note) = &loaded.note {
            eprintln!("note: {note}");
        }
        return Ok(loaded);
    }
    let card = latent_catalog::set(id);
    let set = SETS.iter().find(|set| card.is_some_and(|card| card.id == set.card.id));
    let set = set.ok_or_else(|| format!("there are no images called {id}"))?;
    let read = |files: Files| {
        let shipped = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("assets").join(files.folder);
        let Some(folder) = folder else { return files.from_folder(&shipped) };
        let data = files.from_folder(folder)?;
        // The same files in another place are the same images.
        let same = files.from_folder(&shipped).is_ok_and(|shipped| shipped == data);
        Ok(Dataset { sums: if same { Vec::new() } else { vec![sum_of(&data)] }, ..data })
    };
    Ok(match set.make {
        Make::Files(files) => read(files)?.into(),
        Make::Rendered(render) => Rendering::new(render()).in_parallel(render).into(),
        Make::Named(render) => Rendering::new(render(id)).called(id).in_parallel(|| render(id)).into(),
        Make::RenderedFrom(files, from) => {
            let data = Arc::new(read(files)?);
            let render = || from(data.clone());
            Rendering::new(render()).in_parallel(render).into()
        }
    })
}
