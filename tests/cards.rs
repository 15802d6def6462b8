//! What the step of every method asks of a graphics card, by the listing of its plan. No device is needed.

use crate::alike::digits_for;
use latent_catalog::CARDS;
use latent_engine::plan::listing::{Bound, Kernel, Listing, MACHINES, list};
use latent_experiment::Setup;
use latent_registry::entry;

/// Turns that wait for each other in a dispatch, matrix products aside.
const TURNS: u64 = 256;
/// Operations of a product from which on it must keep cores busy, and workgroups that do.
const LARGE: u64 = 10_000_000;
const WORKGROUPS: usize = 32;

fn listing(setup: &Setup, target: &str) -> Listing {
    let entry = entry(&setup.method).unwrap();
    list(entry, &setup.params().unwrap(), digits_for(&setup.method), target, "train")
        .unwrap_or_else(|e| panic!("{}: {e}", setup.to_query()))
}

fn product(k: &Kernel) -> bool {
    ["matmul", "conv", "conv transpose", "conv weight"].contains(&k.name.as_str())
}

#[test]
fn no_lane_walks_long_and_no_large_product_is_of_few_workgroups() {
    for card in CARDS {
        let setup = Setup::new("mnist", card.id);
        let listing = listing(&setup, "gpu");
        let mut products = 0;
        for (level, k) in listing.dispatches.iter().flat_map(|d| d.kernels.iter().map(move |k| (d.level, k))) {
            let what = format!("{}, level {level}: {} {:?}", setup.to_query(), k.name, k.members);
            if product(k) {
                products += 1;
                let few = k.flops.unwrap() > LARGE && k.workgroups < WORKGROUPS;
                assert!(!few, "{what}: {} workgroups", k.workgroups);
            } else {
                assert!(k.chain.is_none_or(|turns| turns <= TURNS), "{what}: {:?} turns", k.chain);
            }
        }
        assert!(products > 0, "{}: a network multiplies", setup.to_query());
    }
}

/// The plain VAE's step, as `benches/README.md` has it.
#[test]
fn a_small_step_has_few_dispatches() {
    let mut setup = Setup::new("mnist", "vae");
    setup.set_pair("batch=128").unwrap();
    let listing = listing(&setup, "gpu");
    assert!(listing.dispatches.len() <= 13, "{} dispatches", listing.dispatches.len());
    for (d, next) in listing.dispatches.iter().zip(1..) {
        assert_eq!(d.times.len(), MACHINES.len());
        // What is left of a step that small is its launches, on a card that is large.
        assert!(next == 1 || d.times[2].bound == Bound::Launch || d.times[2].us < 2.0 * MACHINES[2].launch_us, "{:?}", d.times);
    }
}
