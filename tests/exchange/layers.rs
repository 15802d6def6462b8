//! The layers that the page's diagram shows are the network's: for every method, of a file as of the engine.

use latent_compile::graph::Op;
use latent_compile::stored::given::{CONTROLS, FACTORS, INPUT, LABEL, STEP};
use latent_compile::stored::{self, Program};
use latent_engine::stored::{of_one_row, programs};
use latent_exchange::layers::{Kind, Layer, Role, Stage, stages};
use latent_experiment::Setup;
use latent_registry::entry;
use latent_vocabulary::Family;

use crate::alike::framed;
use crate::plan::{setups, stripes};

/// The stages of a setup's network, and its programs.
fn network(setup: &Setup) -> (Vec<Stage>, Vec<Program>) {
    let (entry, params, data) =
        (entry(&setup.method).unwrap(), setup.params().unwrap(), framed(&stripes(20), &setup.method).data_shape());
    let name = setup.to_query();
    let (_, bytes) = programs(entry, &params, data).unwrap();
    let of_file = stages(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
    let of_engine = stages(&of_one_row(entry, &params, data).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_eq!(of_file, of_engine, "{name}");
    (of_file, stored::read(&bytes).unwrap())
}

/// Parameters that a program reads, and what its products and convolutions take for one row.
fn counted(program: &Program) -> (usize, u64) {
    let made = program.at(1).unwrap();
    let g = &made.graph;
    let given = [INPUT, LABEL, STEP, CONTROLS, FACTORS];
    let parameters = program.leaves().zip(g.ids()).filter(|(name, _)| !given.contains(name));
    (parameters.map(|(_, id)| g.shape(id).iter().product::<usize>()).sum(), g.ids().map(|id| g.flops(id)).sum())
}

fn layers_are_the_networks(family: Family) {
    for setup in setups(family) {
        let name = setup.to_query();
        let (stages, programs) = network(&setup);
        let decodes = programs.iter().any(|program| program.name() == "Decode");
        assert_eq!(stages[0].role, Role::Encoder, "{name}");
        assert_eq!(stages.get(1).map(|stage| stage.role), decodes.then_some(Role::Decoder), "{name}");
        for stage in &stages {
            let used: &[&str] = match stage.role {
                Role::Encoder if programs.iter().any(|p| p.name() == "Tokens") => &["Tokens"],
                Role::Encoder => &["Encode"],
                Role::Decoder => &["FromTokens", "Decode"],
                Role::Prior => &["TokenLogits"],
            };
            let of = programs.iter().filter(|program| used.contains(&program.name())).map(counted);
            let (parameters, products) = of.fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
            assert!(!stage.layers.is_empty(), "{name}: no layer in {:?}", stage.role);
            assert_eq!(stage.layers.iter().map(|layer| layer.parameters).sum::<usize>(), parameters, "{name}: {:?}", stage.role);
            let all: u64 = stage.layers.iter().map(|layer| layer.operations).sum();
            assert!(
                all >= products && all < 4 * products + 200_000,
                "{name}: {:?}: {all} operations, {products} in products",
                stage.role
            );
            for Layer { name: layer, input, output, .. } in &stage.layers {
                assert!(!layer.is_empty() && !input.is_empty() && !output.is_empty(), "{name}: {layer}");
            }
        }
        let prior = programs.iter().any(|program| program.name() == "TokenLogits");
        assert_eq!(stages.len(), 1 + usize::from(decodes) + usize::from(prior), "{name}");
        // Every convolution of a program is a layer.
        let convs = |program: &Program| {
            let g = program.at(1).unwrap().graph;
            g.ids().filter(|id| matches!(g.node(*id).op, Op::Conv2d(_) | Op::ConvTranspose2d(_))).count()
        };
        let shown = stages
            .iter()
            .filter(|stage| stage.role == Role::Decoder)
            .flat_map(|stage| &stage.layers)
            .filter(|layer| matches!(layer.kind, Kind::Conv(..) | Kind::ConvTranspose(..)))
            .count();
        assert_eq!(shown, programs.iter().filter(|p| p.name() == "Decode").map(convs).sum::<usize>(), "{name}");
    }
}

#[test]
fn layers_of_autoencoders() {
    layers_are_the_networks(Family::Ae);
}

#[test]
fn layers_of_variational_autoencoders() {
    layers_are_the_networks(Family::Vae);
    let mut setup = Setup::new("mnist", "vae");
    for (key, value) in [("hidden", 400.0), ("latent", 5.0)] {
        setup.set(key, value).unwrap();
    }
    let (stages, _) = network(&setup);
    let told: Vec<(&str, &[usize], &[usize], usize)> =
        stages[0].layers.iter().map(|l| (l.name.as_str(), &l.input[..], &l.output[..], l.depth)).collect();
    assert_eq!(told[0], ("encoder.hidden", &[784][..], &[400][..], 0));
    assert_eq!(told[1..].iter().map(|(_, _, output, depth)| (output[0], *depth)).collect::<Vec<_>>(), [(5, 1); 2], "two heads");
    let last = stages[1].layers.last().unwrap();
    assert_eq!((last.output.as_slice(), last.parameters, last.then.as_slice()), (&[784][..], 400 * 784 + 784, &["sigmoid"][..]));
}

#[test]
fn layers_of_encoders_alone() {
    layers_are_the_networks(Family::Siamese);
}

#[test]
fn layers_of_codebooks() {
    layers_are_the_networks(Family::Vq);
}

#[test]
fn layers_of_sparse_autoencoders() {
    layers_are_the_networks(Family::Sae);
}
