//! A long run needs no more memory than a short one. Alone in its process, whose memory it measures.
#![cfg(all(feature = "native", target_os = "linux"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::rc::Rc;

use latent_data::Dataset;
use latent_engine::Engine;
use latent_engine::plan::PlanEngine;
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu};
use latent_registry::entry;
use latent_vocabulary::shape::SampleShape;

const IMAGES: usize = 100;

fn engine(gpu: &Rc<Gpu>) -> PlanEngine {
    let setup = Setup::from_query("v=1&data=mnist&method=vae&hidden=16&latent=2&batch=1", &[]).0;
    let images: Vec<u8> = (0..IMAGES * SampleShape::MNIST.len()).map(|i| (i * 37 % 251) as u8).collect();
    let labels = vec![0; IMAGES];
    let data = Dataset::of(SampleShape::MNIST, 10, images, labels);
    let uploaded = Data::upload(gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap();
    pollster::block_on(PlanEngine::new(gpu.clone(), entry("vae").unwrap(), &setup.params().unwrap(), data.data_shape(), &uploaded))
        .unwrap()
}

/// Bytes of this process in memory.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").expect("Linux tells what a process uses");
    let line = text.lines().find(|l| l.starts_with("VmRSS:")).expect("a line VmRSS");
    1024 * line.split_whitespace().nth(1).and_then(|n| n.parse::<u64>().ok()).expect("kilobytes")
}

#[test]
fn twenty_thousand_steps_in_the_memory_of_five_hundred() {
    let gpu = Rc::new(pollster::block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"));
    let mut engine = engine(&gpu);
    let mut train = |steps: u64| {
        while engine.step() < steps {
            engine.run_steps(250).unwrap();
            pollster::block_on(engine.metrics()).unwrap();
        }
    };
    train(500);
    let (resident_before, allocated) = (resident(), gpu.allocated_bytes().expect("Vulkan's allocator reports"));
    assert!(allocated > 0);
    train(20_000);
    assert_eq!(gpu.allocated_bytes(), Some(allocated), "device memory");
    let grown = resident().saturating_sub(resident_before);
    assert!(grown < 2 << 20, "19,500 steps left {grown} bytes behind");
}
