//! Every kernel of every method is valid WGSL without any optional capability, and keeps to the limits that every WebGPU
//! device has. No device is needed.
#![cfg(feature = "native")]

use latent_lab::catalog::CARDS;
use latent_lab::compile::{Dispatch, Target};
use latent_lab::nn::DataShape;
use latent_lab::spec::{Kind, Setup};
use latent_lab::train::entry;
use latent_lab::train::plan::all_dispatches;
use naga::valid::{Capabilities, ValidationFlags, Validator};

fn validate(what: &str, d: &Dispatch) {
    let context = |e: String| format!("{what}, {}: {e}\n{}", d.name, d.wgsl);
    let module = naga::front::wgsl::parse_str(&d.wgsl).unwrap_or_else(|e| panic!("{}", context(e.emit_to_string(&d.wgsl))));
    if let Err(e) = Validator::new(ValidationFlags::all(), Capabilities::empty()).validate(&module) {
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
    assert!(buffers <= 8, "{what}: {buffers} storage buffers");
}

#[test]
fn generated_kernels() {
    let mut count = 0;
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
                for target in [Target::SOFTWARE, Target::GPU, Target::GPU_REGISTERS] {
                    let what = setup.to_query();
                    let all = all_dispatches(entry(card.id).unwrap(), &setup, DataShape::MNIST, target);
                    for d in all.unwrap_or_else(|e| panic!("{what}: {e}")) {
                        validate(&what, &d);
                        count += 1;
                    }
                }
            }
        }
    }
    assert!(count > 100, "{count} dispatches");
}
