//! Data sets, from their files or drawn.

use std::path::Path;
use std::sync::Arc;

use latent_data::own;
use latent_data::own::{Loaded, Room};
use latent_data::{Dataset, Files, Make, Rendering, SETS};
use latent_packed::OnDisk;
use latent_vocabulary::data::Own;

/// Room for packed training images where no adapter says how much.
pub const ROOM: Room = Room { bytes: 2 << 30, paged: false };

/// The data set called `id`, from `folder` where one is given and `id` comes in files.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn load(id: &str, folder: Option<&Path>) -> Result<Dataset, String> {
    Ok(load_into(id, folder, ROOM)?.data)
}

/// [`load`] with `room` for packed training images.
pub fn load_into(id: &str, folder: Option<&Path>, room: Room) -> Result<Loaded, String> {
    if let Some(own) = Own::parse(id) {
        let folder = folder.ok_or_else(|| format!("{id}: where are the packed images? --data {}:DIR says it", own.name))?;
        let files = OnDisk { folder: folder.into() };
        let loaded = pollster::block_on(own::load(files, own, room, |_, _| true))?.expect("nobody says that it is not wanted");
        if let Some(note) = &loaded.note {
            eprintln!("note: {note}");
        }
        return Ok(loaded);
    }
    let set = SETS.iter().find(|set| set.card.id == id).ok_or_else(|| format!("there are no images called {id}"))?;
    let read = |files: Files| {
        let shipped = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("assets").join(files.folder);
        files.from_folder(folder.unwrap_or(&shipped))
    };
    Ok(match set.make {
        Make::Files(files) => read(files)?.into(),
        Make::Rendered(render) => Rendering::new(render()).in_parallel(render).into(),
        Make::RenderedFrom(files, from) => {
            let data = Arc::new(read(files)?);
            let render = || from(data.clone());
            Rendering::new(render()).in_parallel(render).into()
        }
    })
}
