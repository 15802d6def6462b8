//! Plans on the native GPU (a software Vulkan adapter will do).
#![cfg(feature = "native")]

use std::rc::Rc;

use latent_lab::gpu::{Data, Gpu};
use latent_lab::nn::ImageShape;
use latent_lab::spec::Setup;
use latent_lab::train::plan::PlanEngine;
use latent_lab::train::{Engine, entry};

fn gpu() -> Rc<Gpu> {
    Rc::new(pollster::block_on(Gpu::open()).expect("a GPU adapter; on Debian install mesa-vulkan-drivers"))
}

#[test]
fn trains() {
    let gpu = gpu();
    println!("{:?}", gpu.info);
    let images: Vec<u8> = (0..64 * 784u32).map(|i| if (i / 784 + i % 784) % 7 < 2 { 255 } else { 0 }).collect();
    let data = Data::upload(&gpu, &images, 64).unwrap();
    let mut setup = Setup::new("mnist", "vae");
    setup.set("batch", 32.0).unwrap();
    let mut engine = pollster::block_on(PlanEngine::new(gpu, entry("vae").unwrap(), &setup, ImageShape::MNIST, &data)).unwrap();
    println!("{:?}", engine.info());
    engine.run_steps(100).unwrap();
    let rows = pollster::block_on(engine.metrics()).unwrap();
    for r in rows.iter().step_by(10) {
        println!("{} {:?}", r.step, r.terms);
    }
    assert!(rows[99].terms[0] < 0.5 * rows[0].terms[0]);
}
