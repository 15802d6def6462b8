//! The models that ship are what the files beside them say, and the player shows what Burn shows.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use burn::tensor::Device;
use latent_catalog::CARDS;
use latent_data::{Dataset, unit};
use latent_engine::eager::EagerEngine;
use latent_engine::{Engine, Rows};
use latent_experiment::{PRESETS, Preset, Setup};
use latent_model::weights;
use latent_native as native;
use latent_player::{Examples, Kind, Player};
use latent_protocol::{Command, EngineChoice, Event, Export};
use latent_registry::entry;
use latent_session::Session;
use latent_view::Measures;
use latent_view::View;
use latent_vocabulary::Precision;
use latent_vocabulary::code::{CodeKind, decodes};
use latent_vocabulary::shape::SampleShape;
use pollster::block_on;
use serde_json::Value;

use crate::alike::framed;

fn file(preset: &Preset, end: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("assets/presets/{}{end}", preset.id))
}

#[test]
fn the_table_has_every_file() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/presets");
    let names = fs::read_dir(folder).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    let strangers: Vec<String> =
        names.filter(|name| !name.ends_with(".md") && Preset::find(name.split('.').next().unwrap()).is_none()).collect();
    assert!(strangers.is_empty(), "no line of the table has {strangers:?}");
}

#[test]
fn models_are_worth_what_is_recorded() {
    for preset in PRESETS {
        let bytes = fs::read(file(preset, ".safetensors")).unwrap();
        assert!(bytes.len() < 1_000_000, "{} has {} bytes: nobody should wait for it", preset.id, bytes.len());
        let player = Player::load(&bytes).unwrap();
        let setup = preset.setup();
        assert_eq!(player.setup, setup.to_query(), "{}", preset.id);
        let data = Arc::new(native::load(&setup.data, None).unwrap());
        let test: Vec<f32> = unit(&data.test_images).collect();
        let labelled = Rows::labelled(&test, &data.test_labels);
        let mut burn = entry(&setup.method).unwrap().eager(&setup.params().unwrap(), Device::flex(), data.clone());
        burn.set_weights(&weights::read(&bytes).unwrap()).unwrap();

        let record: Value = serde_json::from_slice(&fs::read(file(preset, ".json")).unwrap()).unwrap();
        let recorded =
            |when: &str| record["test"][when]["loss"].as_f64().unwrap_or_else(|| panic!("{}: no loss {when}", preset.id));
        let (trained, shipped) = (recorded("as_trained"), recorded("as_shipped"));
        let got = f64::from(block_on(burn.evaluate(labelled)).unwrap()[0]);
        // One draw of each posterior: draws of these losses have a standard deviation of 0.0003 of them.
        assert!((got / shipped - 1.0).abs() < 2e-3, "{}: test loss {got}, recorded {shipped}", preset.id);
        assert!((shipped / trained - 1.0).abs() < 5e-3, "{}: fewer bits make {shipped} of {trained}", preset.id);

        if player.is_cloud() {
            let (mean, logvar) = block_on(burn.encode(labelled)).unwrap();
            for (d, recorded) in player.kl_d.iter().enumerate() {
                let of = |values: &[f32]| values.iter().skip(d).step_by(player.latent()).map(|v| f64::from(*v)).collect::<Vec<_>>();
                let terms = of(&mean).into_iter().zip(of(&logvar)).map(|(m, l)| 0.5 * (m * m + l.exp() - l - 1.0));
                let kl = terms.sum::<f64>() / data.test_labels.len() as f64;
                assert!((kl - f64::from(*recorded)).abs() < 0.01, "{}: KL of latent {d} is {kl}, recorded {recorded}", preset.id);
            }
        }
        the_player_agrees(preset.id, &player, &mut burn, &test);
    }
}

fn same(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-4 * (1.0 + b.abs()))
}

/// Codes and images of the first test images.
fn the_player_agrees(name: &str, player: &Player, burn: &mut EagerEngine, test: &[f32]) {
    const IMAGES: usize = 10;
    let images = &test[..IMAGES * player.pixels()];
    let latent = player.latent();
    assert_eq!(player.code(), burn.info().code, "{name}");
    let labels: Vec<u8> = (0..IMAGES as u8).map(|i| i % 3 / 2).collect();
    let (mean, logvar) = block_on(burn.encode(Rows::labelled(images, &labels))).unwrap();
    let draws = decodes(player.code());
    let decoded = if draws { block_on(burn.decode(&mean)).unwrap() } else { vec![] };
    for (i, x) in images.chunks_exact(player.pixels()).enumerate() {
        let (m, l) = player.encode(Rows::labelled(x, &labels[i..=i])).unwrap();
        let row = i * latent..(i + 1) * latent;
        let want = logvar.get(row.clone()).unwrap_or_default();
        assert!(same(&m, &mean[row.clone()]) && same(&l, want), "{name}: the player encodes image {i} otherwise");
        if !draws {
            continue;
        }
        let want = &decoded[i * player.pixels()..(i + 1) * player.pixels()];
        assert!(same(&player.decode(&mean[row]).unwrap(), want), "{name}: the player decodes image {i} otherwise");
    }
}

#[test]
fn examples_go_with_their_models() {
    for preset in PRESETS {
        let player = Player::load(&fs::read(file(preset, ".safetensors")).unwrap()).unwrap();
        let bytes = fs::read(file(preset, ".examples.safetensors")).unwrap();
        let examples = Examples::load(&bytes, player.pixels(), player.latent()).unwrap();
        assert!(examples.labels_n.len() >= 8, "{}", preset.id);
        let is_vector = player.kind() == Kind::Vector;
        assert_eq!(examples.code_labels_n.len(), if is_vector { 1000 } else { 0 }, "{}", preset.id);
        // The first image is the first of its class in the test set; its code is the player's own.
        let data = native::load(&preset.setup().data, None).unwrap();
        let first = data.test_labels.iter().position(|l| *l == examples.labels_n[0]).unwrap();
        let image = &data.test_images[first * player.pixels()..(first + 1) * player.pixels()];
        assert_eq!(&examples.images_np[..player.pixels()], image, "{}", preset.id);
        if is_vector {
            let got = &examples.codes_nd[first * player.latent()..(first + 1) * player.latent()];
            let want = player.encode(Rows::of(&unit(image).collect::<Vec<_>>())).unwrap().0;
            assert!(got.iter().zip(&want).all(|(a, b)| (a - b).abs() < 2e-3 * (1.0 + b.abs())), "{}: {got:?}, {want:?}", preset.id);
        }
        assert!(Examples::load(&bytes, player.pixels() + 1, player.latent()).is_err());
        assert!(Examples::load(&bytes[..bytes.len() / 2], player.pixels(), player.latent()).is_err());
        let still = fs::read(file(preset, ".png")).unwrap();
        assert!(still.starts_with(b"\x89PNG") && still.len() < 100_000, "{}: {} bytes", preset.id, still.len());
    }
}

/// Images that nobody else knows.
fn cats() -> Dataset {
    let shape = SampleShape { channels: 3, height: 16, width: 16 };
    let image = |i: usize| (0..shape.len()).map(move |p| if (p % 16 + i) % (3 + i % 5) < 2 { 230u8 } else { (p % 7) as u8 });
    let images = (0..60).flat_map(image).collect();
    let data = Dataset::of(shape, 2, images, (0..60).map(|i| (i % 3 / 2) as u8).collect());
    Dataset { id: "own:cats".into(), class_names: vec!["Tom".into(), "Felix, the cat".into()], ..data }
}

fn small(method: &str) -> Setup {
    let mut setup = Setup::new("own:cats", method);
    let card = setup.card().unwrap();
    for (key, value) in [("batch", 8.0), ("hidden", 33.0), ("latent", 5.0), ("features", 64.0), ("width", 9.0), ("codes", 21.0)] {
        if card.param(key).is_some() {
            setup.set(key, value).unwrap();
        }
    }
    setup
}

/// Opens a file of weights as a figure does, and holds it against Burn with the same weights.
fn opens_as_a_figure(name: &str, file: &[u8], data: &Arc<Dataset>) {
    let player = Player::load(file).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!((player.image, &player.classes), ([3, 16, 16], &data.class_names), "{name}");
    let (setup, _) = Setup::from_query(&player.setup, &[]);
    let mut burn = entry(&setup.method).unwrap().eager(&setup.params().unwrap(), Device::flex(), data.clone());
    burn.set_weights(&weights::read(file).unwrap_or_else(|e| panic!("{name}: {e}"))).unwrap();
    let test: Vec<f32> = unit(&data.test_images).collect();
    the_player_agrees(name, &player, &mut burn, &test);

    let shelf = player.examples.as_ref().unwrap_or_else(|| panic!("{name} has no examples"));
    assert_eq!(shelf.labels_n[..4], [0, 1, 0, 1], "{name}: classes take turns");
    let image = |i: usize| &data.test_images[i * player.pixels()..(i + 1) * player.pixels()];
    assert_eq!(shelf.images_np[player.pixels()..2 * player.pixels()], *image(2), "{name}: the first of the second class");
    if player.kl_d.iter().any(|kl| *kl > 0.0) {
        assert_eq!(shelf.code_labels_n, data.test_labels, "{name}");
        let (mean, _) = block_on(burn.encode(Rows::labelled(&test, &data.test_labels))).unwrap();
        assert!(shelf.codes_nd.iter().zip(&mean).all(|(a, b)| (a - b).abs() < 2e-2 * (1.0 + b.abs())), "{name}: other codes");
        let numbers: usize =
            player.code().iter().filter(|g| !matches!(g.kind, CodeKind::Choice { .. })).map(|g| g.count as usize).sum();
        assert!(player.kl_d.len() == player.latent(), "{name}: {:?}", player.kl_d);
        assert_eq!(player.kl_d.iter().filter(|kl| **kl > 0.0).count(), numbers, "{name}: {:?}", player.kl_d);
    }
}

#[test]
fn what_training_saves_is_all_that_a_figure_needs() {
    let cats = cats();
    // Of cats no factors are known; `saved` has figures of those that are told some.
    for card in CARDS.iter().filter(|card| !card.factors) {
        let data = framed(&cats, card.id);
        for net in 0..2 {
            let mut setup = small(card.id);
            if net == 1 && (card.param("net").is_none() || setup.set("net", 1.0).is_err()) {
                continue;
            }
            let mut burn = entry(card.id).unwrap().eager(&setup.params().unwrap(), Device::flex(), data.clone());
            block_on(burn.start()).unwrap();
            burn.run_steps(2).unwrap();
            block_on(burn.metrics()).unwrap();
            let file = block_on(latent_model::examples::Examples::of(&data).write(
                entry(card.id).unwrap(),
                &mut burn,
                &setup,
                60,
                Precision::Full,
            ))
            .unwrap();
            opens_as_a_figure(&setup.to_query(), &file, &data);
        }
    }
}

#[test]
fn the_page_saves_figures_in_every_precision_and_says_what_it_measures_on() {
    let saved: Rc<RefCell<Vec<Vec<u8>>>> = Rc::default();
    let sink = saved.clone();
    let protocols: Rc<RefCell<Vec<String>>> = Rc::default();
    let said = protocols.clone();
    let mut session = Session::new(move |event| match event {
        Event::Saved { bytes, .. } => sink.borrow_mut().push(bytes.into_vec()),
        Event::Viewed { view: View::Sheet(sheet), .. } => said.borrow_mut().extend(sheet.into_iter().map(|m| m.protocol)),
        Event::RunFailed { message, .. } | Event::Warning { message } => panic!("{message}"),
        _ => {}
    });
    assert!(block_on(session.open(EngineChoice::Plan, [None, None])), "a GPU adapter; on Debian: mesa-vulkan-drivers");
    block_on(session.set_data(cats()));
    let mut tell = |command| block_on(session.command(command));
    tell(Command::Start { run: 1, setup: small("vae"), weights: None });
    Precision::ALL.into_iter().for_each(|precision| tell(Command::Save { run: 1, what: Export::Weights(precision) }));
    // The page has no training images at hand, and no protocol may say that it has.
    tell(Command::Watch { slot: 1, query: Measures { images: 20, press: 1, only: vec![], of_training: false }.into() });
    // In slices: how many depends on the machine.
    let mut turns = 0;
    while protocols.borrow().is_empty() && turns < 10_000 {
        block_on(session.turn());
        turns += 1;
    }
    assert!(turns > 1, "what takes long is done in slices");
    let protocols = protocols.borrow();
    assert!(protocols.iter().any(|how| how.contains("20 other test images against 20 test images")), "{protocols:?}");
    assert!(!protocols.iter().any(|how| how.contains("training")), "{protocols:?}");

    let files = saved.borrow();
    assert_eq!(files.len(), 3);
    assert!(files.is_sorted_by(|a, b| a.len() > b.len()), "fewer bits make a smaller file");
    let data = Arc::new(cats());
    for (precision, file) in Precision::ALL.iter().zip(files.iter()) {
        opens_as_a_figure(&format!("{} bits", precision.bits()), file, &data);
    }
}
