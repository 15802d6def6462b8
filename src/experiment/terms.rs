//! What the cards say of their objectives, under every setup.

use crate::Setup;
use latent_catalog::CARDS;
use latent_vocabulary::objective::Objective;
use latent_vocabulary::{Family, Kind};

fn objective(link: &str) -> Objective {
    let (setup, notes) = Setup::from_query(link, &[]);
    assert!(notes.is_empty(), "{notes:?}");
    setup.card().unwrap().objective(|under| setup.holds(under))
}

#[test]
fn a_choice_has_its_own_objective() {
    assert_eq!(objective("method=beta-vae").formula(), "−E[log p(x|z)] + γ·|KL − C(t)|");
    assert_eq!(objective("method=beta-vae&objective=fixed").formula(), "−E[log p(x|z)] + β·KL");
    assert_eq!(objective("method=beta-vae&objective=autogen").formula(), "−(1 + m)·E[log p(x|z)] + KL");
    let all = latent_catalog::card("beta-vae").unwrap().objectives();
    let others: Vec<_> = all.iter().map(|(other, objective)| (*other, objective.symbols.len())).collect();
    assert_eq!(others, [(None, 1), (Some(("objective", "fixed")), 0), (Some(("objective", "autogen")), 0)]);
}

/// The codebook's term is in the loss where the gradient moves the codes, and only there.
#[test]
fn codes_that_the_gradient_moves_have_a_term() {
    for (link, has) in [("method=vq-vae", false), ("method=vq-vae&update=gradient", true), ("method=cvq", true)] {
        let Objective { terms, symbols } = objective(link);
        let names: Vec<_> = terms.iter().map(|term| term.name).collect();
        let want: &[&str] =
            if has { &["reconstruction", "codebook", "commitment", "prior"] } else { &["reconstruction", "commitment", "prior"] };
        assert_eq!(names, want, "{link}");
        assert!(symbols[0].starts_with("Σ over places"), "{link}: {symbols:?}");
    }
    assert!(objective("method=vq-vae&prior=none").terms.iter().all(|term| term.name != "prior"));
}

/// What is asked of every place of a grid is summed over the places, as `TokenAutoencoder` does.
#[test]
fn terms_of_places_are_sums() {
    for card in CARDS.iter().filter(|card| card.family == Family::Vq) {
        let of_places: Vec<_> = card.terms.iter().filter(|term| !term.text.contains("log p(")).collect();
        assert!(of_places.iter().all(|term| term.text.contains('Σ')), "{of_places:?}");
        let said = card.symbols.first().is_some_and(|symbols| symbols.text.starts_with("Σ over places"));
        assert_eq!(said, !of_places.is_empty(), "{}", card.id);
    }
}

/// A slider stands with the terms that it moves, or says that it moves none.
#[test]
fn every_live_parameter_has_its_term_or_none() {
    for card in CARDS {
        for p in card.all_params() {
            let of = card.terms.iter().filter(|term| term.weights.contains(&p.key)).count();
            let right = if p.live { (of == 0) == p.of_no_term } else { of == 0 && !p.of_no_term };
            assert!(right, "{}: {} is live: {}, of {of} terms, says of none: {}", card.id, p.key, p.live, p.of_no_term);
        }
        for key in card.terms.iter().flat_map(|term| term.weights) {
            assert!(card.param(key).is_some(), "{}: no parameter {key}", card.id);
        }
        let unders = card.terms.iter().map(|term| term.under).chain(card.symbols.iter().map(|symbols| symbols.under));
        for (key, options) in unders.flatten() {
            let kind = card.param(key).unwrap_or_else(|| panic!("{}: no choice {key}", card.id)).kind;
            let known = matches!(kind, Kind::Choice { names } if options.iter().all(|option| names.contains(option)));
            assert!(known, "{}: {key} is not one of {options:?}", card.id);
        }
    }
}
