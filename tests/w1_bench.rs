#![cfg(feature = "native")]
use std::rc::Rc;
use latent_lab::gpu::{Data, Gpu};
use latent_lab::nn::ImageShape;
use latent_lab::spec::Setup;
use latent_lab::train::plan::PlanEngine;
use latent_lab::train::{Engine, entry};
#[test]
fn w1() {
    let gpu = Rc::new(pollster::block_on(Gpu::open()).unwrap());
    let images: Vec<u8> = (0..256 * 784u32).map(|i| if (i / 784 + i % 784) % 7 < 2 { 255 } else { 0 }).collect();
    let data = Data::upload(&gpu, &images, 256).unwrap();
    for batch in [128.0, 8.0] {
        let mut setup = Setup::new("mnist", "vae");
        setup.set("batch", batch).unwrap();
        let mut e = pollster::block_on(PlanEngine::new(gpu.clone(), entry("vae").unwrap(), &setup, ImageShape::MNIST, &data)).unwrap();
        e.run_steps(2).unwrap();
        pollster::block_on(e.metrics()).unwrap();
        for _ in 0..3 {
            let t = std::time::Instant::now();
            e.run_steps(10).unwrap();
            let enc = t.elapsed();
            pollster::block_on(e.metrics()).unwrap();
            println!("batch {batch}: {:.2} ms/step (encode {:.3}) dispatches {}", t.elapsed().as_secs_f64() * 100.0, enc.as_secs_f64() * 100.0, e.info().dispatches);
        }
    }
}
