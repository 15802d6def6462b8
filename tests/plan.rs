//! The plan is Burn: from equal weights and noise, both engines give the same terms and the same gradients, step by step.
//! Runs on the native GPU; a software Vulkan adapter will do.

mod unknown;

use std::rc::Rc;
use std::sync::Arc;

use burn::tensor::Device;
use latent_catalog::CARDS;
use latent_compile::Target;
use latent_data::Dataset;
use latent_engine::engine::BuildError;
use latent_engine::entry::{Entry, Of};
use latent_engine::feed::Supply;
use latent_engine::plan::{Given, PlanEngine};
use latent_engine::verify::verify;
use latent_engine::{Engine, Program, Weight};
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu};
use latent_registry::entry;
use latent_vocabulary::card::{COMMON, PRECISION};
use latent_vocabulary::shape::SampleShape;
use latent_vocabulary::{Family, Kind};

use crate::alike::{factors, framed, weights_and_programs};

fn gpu() -> Rc<Gpu> {
    Rc::new(pollster::block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"))
}

/// Stripes, each image others.
pub(crate) fn stripes(n: usize) -> Arc<Dataset> {
    let image = |i: usize| (0..784).map(move |p| if (p % 28 + i) % (3 + i % 5) < 2 { 230u8 } else { (p % 7) as u8 });
    let images: Vec<u8> = (0..n).flat_map(image).collect();
    let labels = (0..n).map(|i| (i % 10) as u8).collect::<Vec<_>>();
    Arc::new(Dataset { factors: factors(n), ..Dataset::of(SampleShape::MNIST, 10, images, labels) })
}

fn engine(gpu: &Rc<Gpu>, setup: &Setup, data: &Dataset) -> PlanEngine {
    let uploaded = Data::upload(gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap();
    let params = setup.params().unwrap();
    let e = PlanEngine::new(gpu.clone(), entry(&setup.method).unwrap(), &params, data.data_shape(), &uploaded);
    pollster::block_on(e).unwrap_or_else(|e| panic!("{}: {e:?}", setup.to_query()))
}

fn with_gradients(gpu: &Rc<Gpu>, setup: &Setup, data: &Dataset) -> PlanEngine {
    let uploaded = Data::upload(gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap();
    let params = setup.params().unwrap();
    let e = PlanEngine::with_gradients(gpu.clone(), entry(&setup.method).unwrap(), &params, data.data_shape(), &uploaded);
    pollster::block_on(e).unwrap_or_else(|e| panic!("{}: {}", setup.to_query(), String::from(e)))
}

/// Small versions of every choice that a family's cards offer. What several of them share is tried on the first alone, and what
/// all methods share on the first of all.
pub(crate) fn setups(family: Family) -> Vec<Setup> {
    let (mut out, mut tried) = (vec![], vec![]);
    for card in CARDS.iter().filter(|c| c.family == family) {
        let mut base = Setup::new("mnist", card.id);
        let small = [
            ("batch", 7.0),
            ("hidden", 33.0),
            ("latent", 5.0),
            ("features", 64.0),
            ("width", 9.0),
            ("codes", 21.0),
            ("bits", 4.0),
            ("prior_width", 8.0),
            ("projection", 24.0),
            ("seed", 3.0),
        ];
        for (key, value) in small {
            if card.param(key).is_some() {
                base.set(key, value).unwrap();
            }
        }
        let common = if card.id == CARDS[0].id { COMMON } else { &[] };
        out.push(base.clone());
        for p in card.params.iter().chain(common) {
            // 16 bits are another tolerance, see `half`.
            if tried.contains(&p) || p.key == PRECISION.key {
                continue;
            }
            if let Kind::Choice { names } = p.kind {
                tried.push(p);
                for i in (0..names.len()).filter(|i| *i as f64 != p.default) {
                    let mut other = base.clone();
                    other.set(p.key, i as f64).unwrap();
                    out.push(other);
                }
            }
        }
    }
    let mut clipped = out[0].clone();
    clipped.set("clip", 0.5).unwrap();
    out.push(clipped);
    out
}

#[test]
fn plan_equals_burn_for_autoencoders() {
    plan_equals_burn(Family::Ae);
}

#[test]
fn plan_equals_burn_for_variational_autoencoders() {
    plan_equals_burn(Family::Vae);
}

#[test]
fn plan_equals_burn_for_encoders_alone() {
    plan_equals_burn(Family::Siamese);
}

#[test]
fn plan_equals_burn_for_codebooks() {
    plan_equals_burn(Family::Vq);
}

#[test]
fn plan_equals_burn_for_sparse_autoencoders() {
    plan_equals_burn(Family::Sae);
}

fn plan_equals_burn(family: Family) {
    let gpu = gpu();
    for setup in setups(family) {
        equals_burn(&gpu, &setup);
    }
}

fn equals_burn(gpu: &Rc<Gpu>, setup: &Setup) {
    let (name, data) = (setup.to_query(), framed(&stripes(20), &setup.method));
    println!("{name}");
    // Four steps cross the end of an epoch: 28 of 20 images.
    let report =
        pollster::block_on(verify(gpu.clone(), Device::flex(), entry(&setup.method).unwrap(), &setup.params().unwrap(), &data, 4))
            .unwrap();
    assert!(report.loss < 1e-4, "{name}: terms differ by {}", report.loss);
    assert!(report.gradient < 1e-4, "{name}: the gradient of {} differs by {}", report.worst, report.gradient);

    let mut plan = with_gradients(gpu, setup, &data);
    let mut burn = entry(&setup.method).unwrap().eager(&setup.params().unwrap(), Device::flex(), data.clone());
    for _ in 0..4 {
        burn.set_weights(&pollster::block_on(plan.weights()).unwrap()).unwrap();
        plan.run_steps(1).unwrap();
        burn.run_steps(1).unwrap();
    }
    for g in pollster::block_on(plan.gradients()).unwrap() {
        assert!(g.values.iter().any(|v| *v != 0.0), "{name}: the gradient of {} is zero, which proves nothing", g.name);
    }
    let programs =
        [Program::Encode, Program::Decode, Program::SampleStep, Program::Tokens, Program::FromTokens, Program::TokenLogits];
    weights_and_programs("plan", setup, &data, &mut plan, &mut burn, programs.into_iter());
}

/// The critic of a FactorVAE moves as many times faster as its control says, and nothing else does; by every engine alike.
#[test]
fn a_second_player_moves_at_a_rate_of_its_own() {
    let (gpu, data) = (gpu(), stripes(20));
    for optimizer in ["sgd", "adam"] {
        let with = |rate: &str| {
            let mut setup = Setup::new("mnist", "factor-vae");
            for pair in ["hidden=16", "latent=3", "critic=16", "batch=8", "lr=0.01", &format!("optimizer={optimizer}"), rate] {
                setup.set_pair(pair).unwrap();
            }
            setup
        };
        let (same, faster) = (with("critic_rate=1"), with("critic_rate=5"));
        equals_burn(&gpu, &faster);
        crate::cpu::equals_burn(&faster, &data);
        // How far each parameter goes in one step from the same beginning; a live control, so both are one engine's.
        let step = |setup: &Setup, live: f32| {
            let mut run = engine(&gpu, setup, &data);
            let before = pollster::block_on(run.weights()).unwrap();
            run.set_live("critic_rate", live);
            run.run_steps(1).unwrap();
            let after = pollster::block_on(run.weights()).unwrap();
            let far = |(a, b): (&Weight, &Weight)| a.values.iter().zip(&b.values).map(|(a, b)| f64::from(b - a).abs()).sum::<f64>();
            before.iter().zip(&after).map(|pair| (pair.0.name.clone(), far(pair))).collect::<Vec<_>>()
        };
        let (slow, fast, live) = (step(&same, 1.0), step(&faster, 5.0), step(&same, 5.0));
        for ((name, slow), (_, fast)) in slow.iter().zip(&fast) {
            let times = if name.starts_with("critic.") { 5.0 } else { 1.0 };
            assert!(*slow > 0.0 && (fast / slow - times).abs() < 0.02 * times, "{optimizer}: {name} moves {slow}, then {fast}");
        }
        assert_eq!(fast, live, "{optimizer}: the control acts on the next step");
    }
}

/// What a graphics card gets, on whatever adapter there is, with products that are large enough for workgroup tiles.
#[test]
fn a_graphics_cards_kernels_equal_burn() {
    let mut gpu = pollster::block_on(Gpu::open()).unwrap();
    gpu.candidates = &[Target::GPU];
    let (gpu, data) = (Rc::new(gpu), stripes(60));
    let mut large = pollster::block_on(Gpu::open()).unwrap();
    large.candidates = &[Target::GPU_LARGE];
    let large = Rc::new(large);
    for (net, gpu) in [("net=mlp", &gpu), ("net=conv", &gpu), ("net=conv", &large)] {
        let mut setup = Setup::new("mnist", CARDS[0].id);
        for pair in [net, "hidden=70", "batch=36", "latent=5"] {
            setup.set_pair(pair).unwrap();
        }
        let name = setup.to_query();
        assert!(engine(gpu, &setup, &data).info().kernels.starts_with("workgroup tiles"), "{name}");
        let report = pollster::block_on(verify(
            gpu.clone(),
            Device::flex(),
            entry(CARDS[0].id).unwrap(),
            &setup.params().unwrap(),
            &data,
            2,
        ))
        .unwrap();
        assert!(report.loss < 1e-4, "{name}: terms differ by {}", report.loss);
        assert!(report.gradient < 1e-4, "{name}: the gradient of {} differs by {}", report.worst, report.gradient);
    }
}

/// A step of the README's VAE costs a card other kernels and fewer dispatches, and comes to the same.
#[test]
fn a_graphics_cards_losses_are_those_of_software() {
    let data = stripes(300);
    let mut setup = Setup::new("mnist", "vae");
    setup.set_pair("batch=128").unwrap();
    let curve = |candidates: &'static [Target]| {
        let mut gpu = pollster::block_on(Gpu::open()).unwrap();
        gpu.candidates = candidates;
        let mut e = engine(&Rc::new(gpu), &setup, &data);
        e.run_steps(6).unwrap();
        pollster::block_on(e.metrics()).unwrap()
    };
    let want = curve(&[Target::SOFTWARE]);
    for candidates in [&[Target::GPU], &[Target::GPU_LARGE]] {
        for (got, want) in curve(candidates).iter().zip(&want) {
            for (got, want) in got.terms.iter().zip(&want.terms) {
                assert!((got - want).abs() < 1e-4 * want.abs().max(1e-2), "{got} for {want}");
            }
        }
    }
}

#[test]
fn storing_gradients_changes_nothing() {
    let (gpu, data) = (gpu(), stripes(20));
    for setup in setups(CARDS[0].family) {
        let data = framed(&data, &setup.method);
        let mut plain = engine(&gpu, &setup, &data);
        let mut storing = with_gradients(&gpu, &setup, &data);
        for e in [&mut plain, &mut storing] {
            e.run_steps(3).unwrap();
        }
        assert!(pollster::block_on(plain.gradients()).unwrap_err().contains("does not keep"));
        let (a, b) = (pollster::block_on(plain.weights()).unwrap(), pollster::block_on(storing.weights()).unwrap());
        assert_eq!(a, b, "{}", setup.to_query());
    }
}

#[test]
fn clipped_gradients_have_the_norm_asked_for() {
    let (gpu, data) = (gpu(), stripes(20));
    let mut setup = setups(CARDS[0].family).remove(0);
    let norm = |setup: &Setup| {
        let mut e = with_gradients(&gpu, setup, &data);
        e.run_steps(1).unwrap();
        let gradients = pollster::block_on(e.gradients()).unwrap();
        gradients.iter().flat_map(|g| &g.values).map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt()
    };
    let free = norm(&setup);
    for (limit, expected) in [(0.5, 0.5), (100.0, free)] {
        assert!(free > 0.5 && free < 100.0, "{free} is no test of clipping");
        setup.set("clip", limit).unwrap();
        let clipped = norm(&setup);
        assert!((clipped - expected).abs() < 1e-4 * expected, "{clipped} in place of {expected}");
    }
}

#[test]
fn initial_weights_have_the_layers_distribution() {
    let data = stripes(20);
    let mut e = engine(&gpu(), &Setup::new("mnist", "vae"), &data);
    for w in pollster::block_on(e.weights()).unwrap() {
        // Burn's and PyTorch's default: uniform within ±1/√inputs.
        let inputs = match w.name.as_str() {
            n if n.starts_with("encoder.hidden") => 784.0f32,
            n if n.starts_with("decoder.hidden") => 20.0,
            _ => 400.0,
        };
        let bound = 1.0 / inputs.sqrt();
        let largest = w.values.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        assert!(largest <= bound * 1.0001 && largest > 0.8 * bound, "{}: {largest} of {bound}", w.name);
        let mean = w.values.iter().sum::<f32>() / w.values.len() as f32;
        assert!(mean.abs() < 4.0 * bound / (3.0 * w.values.len() as f32).sqrt(), "{}: mean {mean}", w.name);
    }
}

/// Weak machines are handed little at once. Whatever it is, the run is the same.
#[test]
fn submissions_may_be_cut_anywhere() {
    let mut setup = Setup::new("mnist", "vae");
    for pair in ["batch=10", "hidden=32"] {
        setup.set_pair(pair).unwrap();
    }
    let data = stripes(50);
    let curve = |most: Option<u64>| {
        let mut gpu = pollster::block_on(Gpu::open()).unwrap();
        gpu.submission = most.unwrap_or(gpu.submission);
        let mut e = engine(&Rc::new(gpu), &setup, &data);
        e.run_steps(12).unwrap();
        pollster::block_on(e.metrics()).unwrap()
    };
    let whole = curve(None);
    assert_eq!(whole.len(), 12);
    for most in [0, 1_000_000] {
        assert_eq!(curve(Some(most)), whole, "submissions of {most} operations");
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let (gpu, data) = (gpu(), stripes(50));
    let mut setup = Setup::new("mnist", "vae");
    for (key, value) in [("batch", 10.0), ("hidden", 32.0), ("lr", 1e-2)] {
        setup.set(key, value).unwrap();
    }
    let curve = |setup: &Setup, pieces: &[u32]| {
        let mut e = engine(&gpu, setup, &data);
        for n in pieces {
            e.run_steps(*n).unwrap();
        }
        pollster::block_on(e.metrics()).unwrap()
    };
    let whole = curve(&setup, &[40]);
    assert_eq!(whole.len(), 40);
    assert_eq!(whole, curve(&setup, &[1, 7, 32]), "how steps are submitted must not matter");
    assert!(whole[39].terms[0] < 0.9 * whole[0].terms[0], "the loss falls from {} to {}", whole[0].terms[0], whole[39].terms[0]);
    setup.set("seed", 1.0).unwrap();
    assert_ne!(whole, curve(&setup, &[40]));
}

#[test]
fn live_controls_act_without_a_new_plan() {
    let (gpu, data) = (gpu(), stripes(50));
    let mut setup = Setup::new("mnist", "vae");
    for (key, value) in [("batch", 10.0), ("hidden", 32.0), ("lr", 1e-5)] {
        setup.set(key, value).unwrap();
    }
    let mut e = engine(&gpu, &setup, &data);
    for beta in [1.0f32, 4.0] {
        e.set_live("beta", beta);
        e.run_steps(1).unwrap();
        let t = pollster::block_on(e.metrics()).unwrap().remove(0).terms;
        assert!((t[0] - (t[1] + beta * t[2])).abs() < 1e-3 * t[0], "β = {beta}: {t:?}");
    }
    let before = pollster::block_on(e.weights()).unwrap();
    e.set_live("lr", 0.0);
    e.run_steps(3).unwrap();
    assert_eq!(before, pollster::block_on(e.weights()).unwrap(), "a learning rate of zero");
}

#[test]
fn weights_travel_or_nothing_changes() {
    let (gpu, data) = (gpu(), stripes(20));
    let mut setup = Setup::new("mnist", "vae");
    setup.set("hidden", 32.0).unwrap();
    let mut e = engine(&gpu, &setup, &data);
    let first = pollster::block_on(e.weights()).unwrap();
    let mut other: Vec<Weight> = first.clone();
    other.iter_mut().for_each(|w| w.values.iter_mut().for_each(|v| *v = 0.5));
    let last = other.last_mut().unwrap();
    last.shape = vec![3];
    assert!(e.set_weights(&other).unwrap_err().contains("decoder.out.bias"));
    assert_eq!(first, pollster::block_on(e.weights()).unwrap());
    other.last_mut().unwrap().shape = first.last().unwrap().shape.clone();
    e.set_weights(&other).unwrap();
    assert_eq!(other, pollster::block_on(e.weights()).unwrap());
}

#[test]
fn a_resumed_run_keeps_the_kernels_that_it_began_with() {
    let (gpu, data) = (gpu(), stripes(20));
    let setup = Setup::new("mnist", "vae");
    let mut state = pollster::block_on(engine(&gpu, &setup, &data).state()).unwrap().expect("the plan knows its state");
    let supply = Supply::Whole(Data::upload(&gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap());
    for target in gpu.candidates {
        state.kernels = target.name();
        let given = Given { weights: true, kernels: Some(&state.kernels) };
        let params = setup.params().unwrap();
        let e = PlanEngine::supplied(gpu.clone(), entry("vae").unwrap(), &params, data.data_shape(), &supply, given);
        let mut e = pollster::block_on(e).unwrap();
        e.set_state(&state).unwrap();
        assert_eq!(e.info().kernels, format!("{}, as before", target.name()));
        assert_eq!(pollster::block_on(e.state()).unwrap().expect("as above"), state);
    }
}

#[test]
fn what_was_compiled_ahead_is_not_compiled_again() {
    let data = stripes(20);
    for setup in ["vae", "vq-vae"].map(|method| Setup::new("mnist", method)) {
        let gpu = gpu();
        let entry = entry(&setup.method).unwrap();
        pollster::block_on(PlanEngine::prepare(&gpu, entry, &setup.params().unwrap(), data.data_shape(), || true)).unwrap();
        let ahead = gpu.pipelines.count();
        let mut other = setup.clone();
        other.set("seed", 7.0).unwrap();
        other.set("lr", 0.01).unwrap();
        let mut e = engine(&gpu, &other, &data);
        e.run_steps(1).unwrap();
        assert_eq!(
            gpu.pipelines.count(),
            ahead,
            "{} from another seed, at another rate, on images that had not come yet",
            setup.method
        );
        assert!(ahead as u32 > e.info().dispatches, "the step, and what comes before the first");
    }
}

#[test]
fn a_network_on_show_compiles_its_training_step_when_it_is_wanted() {
    let (gpu, data, setup) = (gpu(), stripes(20), Setup::new("mnist", "vae"));
    let weights = pollster::block_on(engine(&gpu, &setup, &data).weights()).unwrap();
    let (gpu, given) = (self::gpu(), Given { weights: true, kernels: None });
    let supply = Supply::Whole(Data::upload(&gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap());
    let params = setup.params().unwrap();
    let e = PlanEngine::supplied(gpu.clone(), entry("vae").unwrap(), &params, data.data_shape(), &supply, given);
    let mut e = pollster::block_on(e).unwrap();
    e.set_weights(&weights).unwrap();
    assert_eq!(gpu.pipelines.count(), 0);
    assert!(e.run_steps(1).unwrap_err().contains("not ready"));
    assert_eq!(pollster::block_on(e.ready(1)), Ok(1));
    assert_eq!(gpu.pipelines.count() as u32, e.info().dispatches);
    e.run_steps(1).unwrap();
    assert_eq!(pollster::block_on(e.metrics()).unwrap().len(), 1);
}

#[test]
fn a_run_that_diverges_says_so() {
    let (gpu, data) = (gpu(), stripes(20));
    let mut setup = Setup::new("mnist", "vae");
    for (key, value) in [("batch", 10.0), ("hidden", 32.0)] {
        setup.set(key, value).unwrap();
    }
    let mut e = engine(&gpu, &setup, &data);
    e.set_live("lr", 1e30);
    e.run_steps(10).unwrap();
    let message = pollster::block_on(e.metrics()).unwrap_err();
    assert!(message.contains("at step") && message.contains("learning rate"), "{message}");
}

#[test]
fn a_network_beyond_the_buffer_limit_is_refused_with_both_sizes() {
    let (mut gpu, data) = (pollster::block_on(Gpu::open()).expect("a GPU adapter"), stripes(20));
    gpu.buffer_limit = 200_000;
    let gpu = Rc::new(gpu);
    let uploaded = Data::upload(&gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap();
    let setup = Setup::new("mnist", "vae");
    let params = setup.params().unwrap();
    let e = PlanEngine::new(gpu, entry("vae").unwrap(), &params, data.data_shape(), &uploaded);
    let message = format!("{:?}", pollster::block_on(e).err().expect("two hundred kilobytes are too few"));
    assert!(
        message.contains("the network with its activations needs") && message.contains("the adapter allows 200000"),
        "{message}"
    );
}

#[test]
fn the_plan_of_a_step_is_short() {
    let data = stripes(20);
    let e = engine(&gpu(), &Setup::new("mnist", "vae"), &data);
    assert!(e.info().dispatches <= 24, "{} dispatches", e.info().dispatches);
    // 2 · 3 products of every weight matrix with a batch of 128, but for the first layer's input gradient.
    let (first, rest) = (784 * 400, 2 * 400 * 20 + 20 * 400 + 400 * 784);
    assert_eq!(e.info().flops, 2 * 128 * (2 * first + 3 * rest));
}
