//! Every method on colour images of 64 × 64: it compiles to a plan, it learns, and a step is Burn's. Runs on the native GPU;
//! a software Vulkan adapter will do.

use std::rc::Rc;
use std::sync::Arc;

use burn::tensor::Device;
use latent_catalog::CARDS;
use latent_data::faces::Faces;
use latent_data::{Dataset, Factors, Render};
use latent_engine::Engine;
use latent_engine::plan::PlanEngine;
use latent_engine::verify::step;
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu};
use latent_protocol::VerifyReport;
use latent_registry::entry;
use latent_vocabulary::shape::SampleShape;
use latent_vocabulary::tokens::WIDTH;
use latent_vocabulary::{Card, SOURCE};
use pollster::block_on;

use crate::alike::framed;

/// Images of a batch, and in all: every step sees the same ones.
const IMAGES: usize = 4;
/// Steps after which the loss must have fallen.
const STEPS: u32 = 16;

/// Drawn faces that differ in most factors.
fn faces() -> Arc<Dataset> {
    let mut faces = Faces::default();
    let card = faces.card();
    let shape = SampleShape::of(card);
    let (mut images, mut labels, mut known) = (vec![0; IMAGES * shape.len()], vec![], Factors::of(card));
    for (i, image) in images.chunks_exact_mut(shape.len()).enumerate() {
        let factors: Vec<u8> = card.factors.iter().zip(1..).map(|(f, k)| ((i * k) % usize::from(f.size)) as u8).collect();
        faces.image(&factors, image);
        labels.push(faces.label(&factors));
        known.train_nk.extend(&factors);
        known.test_nk.extend(&factors);
    }
    Arc::new(Dataset { factors: known, ..Dataset::of(shape, card.classes.len(), images, labels) })
}

/// The method as small as it gets, with the network `net`.
fn small(card: &Card, net: &str) -> Setup {
    let mut setup = Setup::new("faces", card.id);
    let batch = IMAGES.to_string();
    let values = [
        ("net", net),
        ("batch", &batch),
        ("channels", "8"),
        ("hidden", "16"),
        ("latent", "4"),
        ("features", "64"),
        // Fewer than there are features: a linear code of the batch whose mean it starts from has no gradient but rounding.
        ("k", "4"),
        ("k_start", "8"),
        ("width", "8"),
        ("codes", "16"),
        ("prior_width", "8"),
        // Where two codes are equally near to a vector, rounding chooses between them, and the engines may differ.
        ("seed", "3"),
    ];
    for (key, text) in values.into_iter().filter(|(key, _)| card.param(key).is_some()) {
        setup.set_text(key, text).unwrap();
    }
    setup
}

/// The setup; for a sparse autoencoder also one that takes patches apart.
fn sources(setup: Setup) -> Vec<Setup> {
    let mut patches = setup.clone();
    let has = patches.set_text(SOURCE.key, "patches").is_ok();
    [setup].into_iter().chain(has.then_some(patches)).collect()
}

#[test]
fn every_method_learns_from_colour_images_as_burn_would() {
    let mut gpu = block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers");
    // One kind of kernels, the one that compiles soonest: which is the quickest to run is not the question.
    gpu.candidates = &gpu.candidates[gpu.candidates.len() - 1..];
    let (gpu, faces) = (Rc::new(gpu), faces());
    // The convolutional net for one vector is the same for all that have it, and not narrow: software compiles it for long, so
    // the first method has it alone.
    let net = |card: &Card| if card.id == CARDS[0].id || card.param(WIDTH.key).is_some() { "conv" } else { "mlp" };
    for setup in CARDS.iter().flat_map(|card| sources(small(card, net(card)))) {
        let (name, data) = (setup.to_query(), framed(&faces, &setup.method));
        let entry = entry(&setup.method).unwrap();
        let uploaded = Data::upload(&gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap();
        let params = setup.params().unwrap();
        let plan = PlanEngine::with_gradients(gpu.clone(), entry, &params, data.data_shape(), &uploaded);
        let mut plan = block_on(plan).unwrap_or_else(|e| panic!("{name}: {}", String::from(e)));
        let (mut burn, mut report) = (entry.eager(&setup.params().unwrap(), Device::flex(), data.clone()), VerifyReport::default());
        let first = block_on(step(&mut plan, &mut burn, &mut report)).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(report.loss < 1e-4, "{name}: terms differ by {}", report.loss);
        // Where each vector is drawn to all codes at once, the gradient is what sums that nearly cancel leave.
        let most = if ["soft-vq", "vq-wae"].contains(&setup.method.as_str()) { 5e-4 } else { 1e-4 };
        assert!(report.gradient < most, "{name}: the gradient of {} differs by {}", report.worst, report.gradient);

        plan.run_steps(STEPS).unwrap();
        // None of them is infinite or no number: that is an error.
        let rows = block_on(plan.metrics()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (first, last) = (first.terms[0], rows[rows.len() - 1].terms[0]);
        println!("{name}: {first} became {last}");
        // A network that was never trained draws nothing that a message could be read in; and a code that is foretold grows as it is learnt.
        let unlike = ["rosteals", "linear-jepa"].contains(&setup.method.as_str());
        assert!(last < first || unlike, "{name}: the loss was {first} and became {last}");
    }
}
