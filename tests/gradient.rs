//! A gradient inside a loss: by the rules, by differences, and by hand.

use std::sync::Arc;

use burn::tensor::Device;
use latent_engine::cpu::{CpuEngine, HostSupply};
use latent_engine::{Engine, Rows, Weight};
use latent_experiment::Setup;
use latent_registry::entry;
use pollster::block_on;

use crate::plan::stripes;

const PIXELS: usize = 784;

fn weight<'a>(all: &'a [Weight], name: &str) -> &'a [f32] {
    &all.iter().find(|w| w.name == name).unwrap_or_else(|| panic!("{name} is missing")).values
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `z = W (silu'(b) ∘ V (x − σ(V' silu(b) + c)))`, what the gradient at the origin is on paper for one hidden layer.
#[test]
fn a_gon_encodes_as_its_formula_says() {
    let mut setup = Setup::new("mnist", "gon");
    for (key, value) in [("latent", 3.0), ("hidden", 17.0), ("batch", 4.0)] {
        setup.set(key, value).unwrap();
    }
    let data = stripes(12);
    let images = HostSupply::whole(data.shape, data.train_images.clone(), data.train_labels.clone(), vec![]);
    let (method, params) = (entry("gon").unwrap(), setup.params().unwrap());
    let mut cpu = block_on(CpuEngine::new(method, &params, data.data_shape(), &images)).unwrap();
    cpu.run_steps(3).unwrap();
    let all = block_on(cpu.weights()).unwrap();
    let mut burn = method.eager(&params, Device::flex(), Arc::clone(&data));
    burn.set_weights(&all).unwrap();

    let (w_dh, b_h) = (weight(&all, "hidden.weight"), weight(&all, "hidden.bias"));
    let (v_hp, c_p) = (weight(&all, "out.weight"), weight(&all, "out.bias"));
    let hidden = b_h.len();
    let wide = |v: f32| f64::from(v);
    let silu: Vec<f64> = b_h.iter().map(|b| wide(*b) * sigmoid(wide(*b))).collect();
    let slope: Vec<f64> = b_h.iter().map(|b| (wide(*b), sigmoid(wide(*b)))).map(|(b, s)| s + b * s * (1.0 - s)).collect();
    let x = data.shape.floats(&data.test_images[..2 * PIXELS]);
    let [got, by_differences] = [block_on(cpu.encode(Rows::of(&x))).unwrap().0, block_on(burn.encode(Rows::of(&x))).unwrap().0];
    for (n, x_p) in x.chunks_exact(PIXELS).enumerate() {
        let residual = (0..PIXELS).map(|p| {
            let logit: f64 = (0..hidden).map(|h| silu[h] * wide(v_hp[h * PIXELS + p])).sum::<f64>() + wide(c_p[p]);
            wide(x_p[p]) - sigmoid(logit)
        });
        let residual: Vec<f64> = residual.collect();
        let back = |h: usize| (0..PIXELS).map(|p| wide(v_hp[h * PIXELS + p]) * residual[p]).sum::<f64>() * slope[h];
        let back: Vec<f64> = (0..hidden).map(back).collect();
        for d in 0..3 {
            let want: f64 = (0..hidden).map(|h| wide(w_dh[d * hidden + h]) * back[h]).sum();
            for (engine, got) in [("processor", got[n * 3 + d]), ("differences", by_differences[n * 3 + d])] {
                assert!(
                    (wide(got) - want).abs() < 1e-4 * want.abs().max(1.0),
                    "{engine}: code {d} of image {n}: {got}, not {want}"
                );
            }
        }
    }
}
