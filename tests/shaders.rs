//! Every kernel of every method is valid WGSL without any optional capability, and keeps to the limits that every WebGPU
//! device has. No device is needed.

use std::collections::HashSet;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::alike::digits_for;
use latent_catalog::CARDS;
use latent_compile::emit::ctl;
use latent_compile::{Dispatch, Target};
use latent_engine::plan::all_dispatches;
use latent_experiment::Setup;
use latent_nn::method::live_keys;
use latent_registry::entry;
use latent_vocabulary::card::COMMON;
use latent_vocabulary::{Card, Kind, ParamSpec};
use naga::valid::{Capabilities, ValidationFlags, Validator};

fn validate(what: &str, d: &Dispatch) {
    let context = |e: String| format!("{what}, {}: {e}\n{}", d.name, d.wgsl);
    let module = naga::front::wgsl::parse_str(&d.wgsl).unwrap_or_else(|e| panic!("{}", context(e.emit_to_string(&d.wgsl))));
    // Floats of 16 bits alone are something that a device may lack, and then nobody asks for them.
    let halves = d.wgsl.starts_with("enable f16;");
    let capabilities = if halves { Capabilities::SHADER_FLOAT16 } else { Capabilities::empty() };
    if let Err(e) = Validator::new(ValidationFlags::all(), capabilities).validate(&module) {
        panic!("{}", context(format!("{e:?}")));
    }
    assert_eq!(module.entry_points.len(), 1, "{what}: one entry point a module");
    let size = module.entry_points[0].workgroup_size;
    assert!(size.iter().product::<u32>() <= 256, "{what}: workgroup {size:?}");
    assert!(d.grid.iter().all(|n| (1..=65_535).contains(n)), "{what}: grid {:?}", d.grid);
    let workgroup = module.global_variables.iter().filter(|(_, v)| v.space == naga::AddressSpace::WorkGroup);
    let shared: u32 = workgroup.map(|(_, v)| module.types[v.ty].inner.size(module.to_ctx())).sum();
    assert!(shared <= 16_384, "{what}: {shared} bytes of workgroup memory");
    let buffers = module.global_variables.iter().filter(|(_, v)| matches!(v.space, naga::AddressSpace::Storage { .. })).count();
    assert!(buffers <= 4 + usize::from(halves), "{what}: {buffers} storage buffers");
}

#[test]
fn generated_kernels() {
    let mut jobs = vec![];
    for card in CARDS {
        let mut setups = vec![Setup::new("mnist", card.id)];
        for p in card.all_params() {
            if let Kind::Choice { names } = p.kind {
                for i in 0..names.len() {
                    let mut s = Setup::new("mnist", card.id);
                    s.set(p.key, i as f64).unwrap();
                    setups.push(s);
                }
            }
        }
        for mut setup in setups {
            for batch in [128.0, 8.0, 1.0] {
                setup.set("batch", batch).unwrap();
                // Larger tiles differ from the card's others where batches are large.
                let large = (batch > 100.0).then_some(Target::GPU_LARGE);
                for target in [Target::SOFTWARE, Target::GPU, Target::GPU_REGISTERS].into_iter().chain(large) {
                    jobs.push((setup.clone(), target));
                }
            }
        }
    }
    // By as many threads as there are cores: this is the longest of all tests. Setups share most kernels: each is read once.
    let (next, known) = (AtomicUsize::new(0), Mutex::new(HashSet::new()));
    let work = || {
        while let Some((setup, target)) = jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let what = setup.to_query();
            let (entry, shape) = (entry(&setup.method).unwrap(), digits_for(&setup.method));
            let all = all_dispatches(entry, &setup.params().unwrap(), shape, *target);
            for d in all.unwrap_or_else(|e| panic!("{what}: {e}")) {
                if known.lock().unwrap().insert((d.wgsl.clone(), d.grid)) {
                    validate(&what, &d);
                }
            }
        }
    };
    thread::scope(|scope| (0..thread::available_parallelism().map_or(1, NonZero::get)).for_each(|_| drop(scope.spawn(work))));
    let known = known.into_inner().unwrap();
    assert!(known.len() > 100, "{} kernels", known.len());
    let halves = known.iter().filter(|(text, _)| text.contains("h16[")).count();
    assert!(halves > 100, "{halves} kernels with values of 16 bits");
}

/// All kernels of a setup with small batches.
fn kernels(setup: &Setup) -> Vec<String> {
    let all = all_dispatches(entry(&setup.method).unwrap(), &setup.params().unwrap(), digits_for(&setup.method), Target::SOFTWARE);
    all.unwrap_or_else(|e| panic!("{}: {e}", setup.to_query())).into_iter().map(|d| d.wgsl).collect()
}

/// The setup with another value of a parameter.
fn moved(setup: &Setup, spec: &ParamSpec) -> Setup {
    let (low, high) = match spec.kind {
        Kind::Float { min, max, .. } => (min, max),
        Kind::Int { min, max } => (min as f64, max as f64),
        Kind::Choice { names } => (0.0, names.len() as f64 - 1.0),
    };
    let mut other = setup.clone();
    other.set(spec.key, if setup.get(spec.key) == low { high } else { low }).unwrap();
    other
}

/// What the page hides, because another choice leaves it without meaning, has none; what it shows in its place has one.
#[test]
fn a_parameter_matters_under_the_choices_that_it_names_and_no_others() {
    for card in CARDS {
        // What all methods share is tried on the first alone.
        let common = if card.id == CARDS[0].id { COMMON } else { &[] };
        for spec in card.params.iter().chain(common) {
            let Some((key, options)) = spec.under else { continue };
            let choice =
                card.param(key).unwrap_or_else(|| panic!("{}: {} depends on {key}, which is not there", card.id, spec.key));
            let Kind::Choice { names } = choice.kind else { panic!("{}: {key} is no choice", card.id) };
            assert!(!choice.live && options.iter().all(|o| names.contains(o)), "{}: {} under {options:?}", card.id, spec.key);
            for name in names {
                let mut setup = Setup::new("mnist", card.id);
                setup.set("batch", 4.0).unwrap();
                setup.set_text(key, name).unwrap();
                let what = format!("{} under {}", spec.key, setup.to_query());
                let before = kernels(&setup);
                let matters = if spec.live {
                    let word = ctl::LIVE + live_keys(card).iter().position(|k| *k == spec.key).expect("it is live");
                    before.iter().any(|text| text.contains(&format!("ctl[{word}]")) || text.contains(&format!("ctl[{word}u]")))
                } else {
                    kernels(&moved(&setup, spec)) != before
                };
                assert_eq!(matters, options.contains(name), "{what}");
                assert_eq!(setup.applies(spec), options.contains(name), "{what}");
            }
        }
    }
}

/// Mesa's driver for AMD cards, where it is installed.
fn radv() -> Option<std::path::PathBuf> {
    let folder = std::fs::read_dir("/usr/share/vulkan/icd.d").ok()?;
    folder
        .flatten()
        .map(|file| file.path())
        .find(|path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with("radeon_icd")))
}

/// A card's own compiler takes every training step, and keeps every kernel in registers. The card need not be there.
#[test]
#[ignore = "takes minutes: `cargo lab test --full`"]
fn no_kernel_of_any_method_spills_on_a_card() {
    spills_nothing(CARDS);
}

/// The same of two methods.
#[test]
fn no_kernel_spills_on_a_card() {
    let two: Vec<_> = CARDS.iter().copied().filter(|card| ["vae", "topk-sae"].contains(&card.id)).collect();
    assert_eq!(two.len(), 2);
    spills_nothing(&two);
}

fn spills_nothing(cards: &[&Card]) {
    let Some(driver) = radv() else {
        println!("skipped: Mesa's Vulkan driver for AMD is not installed");
        return;
    };
    let mut dispatches = 0;
    for card in cards {
        let lab = std::process::Command::new(env!("CARGO_BIN_EXE_lab"))
            .args(["plan", "--registers", "--json", "--method", card.id])
            .env("VK_DRIVER_FILES", &driver)
            .env("VK_ICD_FILENAMES", &driver)
            .env("RADV_FORCE_FAMILY", "navi21")
            .output()
            .unwrap();
        assert!(lab.status.success(), "{}: {}", card.id, String::from_utf8_lossy(&lab.stderr));
        let listing: serde_json::Value = serde_json::from_slice(&lab.stdout).unwrap();
        assert!(listing["card"].as_str().unwrap().contains("NAVI21"), "{}", listing["card"]);
        for d in listing["dispatches"].as_array().unwrap() {
            let of: latent_native::isa::Statistics = serde_json::from_value(d["compiled"].clone()).unwrap();
            assert!(of["VGPRs"] > 0, "{of:?}");
            assert_eq!(latent_native::isa::spilled(&of), 0, "{}, {}: {of:?}", card.id, d["name"]);
            dispatches += 1;
        }
    }
    assert!(dispatches > 7 * cards.len(), "only {dispatches} dispatches");
}
