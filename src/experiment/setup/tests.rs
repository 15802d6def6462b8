//! Setups: links, contradictions, and what old ones mean.

use latent_vocabulary::phrase::{Phrase, phrases};

use super::*;
use latent_vocabulary::{Kind, ParamSpec};

#[test]
fn link_round_trips_and_reports_what_it_ignores() {
    let mut setup = Setup::new("mnist", "vae");
    setup.set("beta", 4.0).unwrap();
    setup.set("latent", 7.0).unwrap();
    assert_eq!(Setup::from_query(&setup.to_query(), &[]), (setup.clone(), vec![]));

    let (back, notes) = Setup::from_query("?v=9&method=vae&beta=4&latent=7&colour=red&batch=0", &[]);
    assert_eq!(back, setup);
    assert_eq!(notes.len(), 3, "{notes:?}");
    assert!(notes[0].contains("later version") && notes[1].contains("colour") && notes[2].contains("batch"), "{notes:?}");
}

/// A value of the parameter that is not its default, with pictures or without.
fn another(p: &ParamSpec, pictures: bool) -> f64 {
    match p.kind {
        Kind::Float { min, max, .. } => [min, max, 0.3 * min + 0.7 * max].into_iter().find(|v| *v != p.default).unwrap(),
        Kind::Int { min, max } => [max as f64, min as f64].into_iter().find(|v| *v != p.default).unwrap(),
        Kind::Choice { names } => (p.default_for(pictures) as usize + 1).rem_euclid(names.len()) as f64,
    }
}

#[test]
fn every_parameter_of_every_method_travels() {
    for card in latent_catalog::CARDS {
        for (i, set) in latent_catalog::SETS.iter().enumerate() {
            let mut setup = Setup::new(set.id, card.id);
            // All at once on the first data set, some of them on each of the others.
            let chosen: Vec<_> =
                card.all_params().enumerate().filter(|(k, _)| i == 0 || k % latent_catalog::SETS.len() == i).collect();
            for (_, p) in chosen {
                let value = another(p, setup.of_pictures());
                setup.set(p.key, value).unwrap();
            }
            let link = setup.to_query();
            assert!(link.starts_with("v=1&") && link.is_ascii() && !link.contains([' ', '%', '#', '+']), "{link}");
            assert_eq!(Setup::from_query(&link, &[]), (setup, vec![]), "{link}");
        }
    }
}

/// A link from before inputs had a unit means what it meant: raw inputs, and the price that was the default. A new setup is written out.
#[test]
fn links_from_before_inputs_had_a_unit_mean_what_they_meant() {
    for (method, key, before) in [("relu-sae", "lambda", 0.3), ("gated-sae", "lambda", 0.6), ("jump-relu", "bandwidth", 0.1)] {
        let (old, notes) = Setup::from_query(&format!("v=1&data=mnist&method={method}"), &[]);
        assert_eq!((notes.len(), old.usize("inputs"), old.get(key)), (0, 0, before), "{method}");
        assert_eq!(old.to_query(), format!("v=1&data=mnist&method={method}"));
        let new = Setup::new("mnist", method);
        assert!(new.get(key) > before && new.usize("inputs") == 1, "{method}");
        let link = new.to_query();
        assert!(link.contains("&inputs=unit"), "{link}");
        assert_eq!(Setup::from_query(&link, &[]), (new, vec![]), "{link}");
    }
    // A host of before is what it was, too.
    let (old, _) = Setup::from_query("method=relu-sae&source=code&host=ae", &[]);
    assert_eq!(old.to_query(), "v=1&data=mnist&method=relu-sae&source=code&host=ae");
}

#[test]
fn what_contradicts_the_rest_is_refused_whatever_came_first() {
    let both = |first: (&str, f64), then: (&str, f64)| {
        let mut setup = Setup::new("mnist", "topk-sae");
        setup.set(first.0, first.1).unwrap();
        setup.set(then.0, then.1).unwrap();
        setup
    };
    for setup in [both(("k", 100.0), ("features", 64.0)), both(("features", 64.0), ("k", 100.0))] {
        let why = setup.check().unwrap_err().to_string();
        assert!(why.contains("k = 100") && why.contains("features") && why.contains("64"), "{why}");
    }
    let mut good = both(("features", 64.0), ("k", 64.0));
    assert_eq!((good.check(), good.settle()), (Ok(()), vec![]));
    assert!(good.allows("k", 65.0).is_err() && good.allows("features", 63.0).is_err());
    assert_eq!((good.allows("k", 63.0), good.allows("batch", 1000.0)), (Ok(()), Ok(())));
    // A link that was written before opens with what is possible.
    let (mut old, notes) = Setup::from_query("?v=1&method=batch-topk&k=200&features=128", &[]);
    assert_eq!((notes.len(), old.settle().len(), old.get("k")), (0, 1, 128.0));
    assert_eq!(old.check(), Ok(()));
}

#[test]
fn a_product_chooses_no_more_than_there_are() {
    let both = |k: f64, alpha: f64| {
        let mut setup = Setup::new("mnist", "k-sparse");
        [("features", 64.0), ("k", k), ("alpha", alpha)].into_iter().for_each(|(key, v)| setup.set(key, v).unwrap());
        setup
    };
    assert_eq!((both(32.0, 2.0).check(), both(64.0, 1.0).check()), (Ok(()), Ok(())));
    let words = both(32.0, 3.0).check().unwrap_err().to_string();
    assert!(words.contains("alpha · k = 3 · 32: expected no more than features, of which there are 64"), "{words}");
    assert!(both(32.0, 2.0).allows("k", 33.0).is_err() && both(30.0, 2.0).allows("alpha", 2.5).is_err());
    // k first, and α by what that leaves.
    let mut old = both(100.0, 3.0);
    assert_eq!((old.settle().len(), old.get("k"), old.get("alpha"), old.check()), (2, 64.0, 1.0, Ok(())));
    let mut uneven = both(21.0, 3.9);
    assert_eq!((uneven.settle().len(), uneven.check()), (1, Ok(())));
}

#[test]
fn a_method_that_is_told_factors_needs_some() {
    let words = Setup::new("mnist", "attribute-vae").check().unwrap_err().to_string();
    assert!(words.contains("mnist has none; these have: ") && words.contains("faces") && words.contains("sprites"), "{words}");
    // Whether a visitor's own have any they say themselves.
    for data in ["faces", "sprites", "own:cats"] {
        assert_eq!(Setup::new(data, "attribute-vae").check(), Ok(()), "{data}");
    }
    let (mut link, notes) = Setup::from_query("?v=1&data=mnist&method=attribute-vae&beta=3&latent=7", &[]);
    assert_eq!((notes.len(), link.settle(), link.method.as_str()), (0, vec![words], "vae"));
    assert_eq!((link.get("beta"), link.get("latent"), link.check()), (3.0, 7.0, Ok(())), "what the other method has stays");
    for card in latent_catalog::CARDS {
        assert_eq!(Setup::of_method(card.id).fits_data(), Ok(()), "{}", card.id);
    }
    assert_eq!(Setup::of_method("vae").data, "mnist");
}

#[test]
fn a_method_of_clips_or_pairs_needs_some() {
    for (method, words, set, other) in [
        ("mgp-vae", "learns clips", "digit-clips", "digit-twins"),
        ("mvae", "learns pairs of pictures", "digit-twins", "digit-clips"),
    ] {
        for data in ["mnist", other] {
            let said = Setup::new(data, method).check().unwrap_err().to_string();
            assert!(
                said.contains(words) && said.contains(&format!("{data} has none; these have: ")) && said.contains(set),
                "{said}"
            );
        }
        for data in [set, "own:films"] {
            assert_eq!(Setup::new(data, method).check(), Ok(()), "{data}");
        }
        assert_eq!(Setup::of_method(method).data, set);
        // A clip is a picture as well.
        assert_eq!(Setup::new(set, "vae").check(), Ok(()));
    }
}

#[test]
fn a_parameter_chooses_from_one_that_is_there() {
    for card in latent_catalog::CARDS {
        for p in card.all_params() {
            let param = |key: &str| card.param(key).unwrap_or_else(|| panic!("{}: {key}", card.id)).default;
            let times = p.times.map_or(1.0, param);
            assert!(p.at_most.map(param).is_none_or(|most| p.default * times <= most), "{}: {}", card.id, p.key);
        }
    }
}

#[test]
fn old_links_keep_opening() {
    let opened = |link: &str| {
        let (setup, notes) = Setup::from_query(link, &["theme", "engine"]);
        assert_eq!(notes, Vec::<String>::new(), "{link}");
        setup
    };
    // Links that were written, or given away by hand, before today: they mean what they meant.
    assert_eq!(opened(""), Setup::new("mnist", "vae"));
    assert_eq!(opened("?theme=dark"), Setup::new("mnist", "vae"));
    let beta = opened("?method=beta-vae&objective=fixed&beta=8");
    assert_eq!((beta.data.as_str(), beta.method.as_str(), beta.get("beta")), ("mnist", "beta-vae", 8.0));
    let small = opened("?v=1&data=mnist&method=vae&latent=4&hidden=64&batch=16&engine=burn");
    assert_eq!((small.usize("latent"), small.usize("hidden"), small.usize("batch")), (4, 64, 16));
    let faces = opened("#v=1&data=faces&method=vae&net=conv&latent=64&lr=0.0005&seed=4294967295");
    assert_eq!(
        (faces.data.as_str(), faces.usize("net"), faces.get("lr"), faces.get("seed")),
        ("faces", 1, 0.0005, 4_294_967_295.0)
    );
    assert_eq!(opened("?v=1&method=vq-vae&optimizer=sgd&momentum=0.5").get("momentum"), 0.5);
}

#[test]
fn only_structure_asks_for_a_rebuild() {
    let a = Setup::new("mnist", "vae");
    let mut b = a.clone();
    b.set("beta", 2.0).unwrap();
    b.set("lr", 0.01).unwrap();
    assert!(!a.needs_rebuild(&b));
    b.set("latent", 3.0).unwrap();
    assert!(a.needs_rebuild(&b));
}

#[test]
fn a_host_travels_in_the_link() {
    let mut setup = Setup::new("mnist", "topk-sae");
    let mut host = Setup::new("mnist", "ae");
    host.set("latent", 32.0).unwrap();
    setup.host = Some(Box::new(host.clone()));
    assert_eq!(setup.hosted(), None, "images need no host");
    assert!(!setup.to_query().contains("host"));
    setup.set_text("source", "code").unwrap();
    assert_eq!(setup.hosted(), Some(host.clone()));
    assert!(setup.to_query().ends_with("&host=ae&host.latent=32"), "{}", setup.to_query());
    assert_eq!(Setup::from_query(&setup.to_query(), &[]), (setup.clone(), vec![]));
    assert_eq!(setup.check(), Ok(()));

    // Another learning rate of the host leaves its network as it is, another size does not.
    let mut other = setup.clone();
    other.host.as_mut().unwrap().set("lr", 0.01).unwrap();
    assert!(!setup.needs_rebuild(&other));
    other.host.as_mut().unwrap().set("latent", 8.0).unwrap();
    assert!(setup.needs_rebuild(&other));

    setup.host = Some(Box::new(Setup::new("mnist", "topk-sae")));
    assert!(setup.check().unwrap_err().to_string().starts_with("host = topk-sae"));
    let (_, notes) = Setup::from_query("method=topk-sae&source=code&host=vae&host.colour=3", &[]);
    assert_eq!(notes, ["method vae has no parameter \"colour\""]);
}

#[test]
fn out_of_range_names_the_parameter() {
    let mut a = Setup::new("mnist", "vae");
    for (key, value) in [("beta", f64::NAN), ("latent", 2.5), ("net", 9.0)] {
        let text = a.set(key, value).unwrap_err().to_string();
        assert!(text.starts_with(key), "{text}");
    }
    assert_eq!(a, Setup::new("mnist", "vae"));
}

#[test]
fn every_card_suggests_only_what_its_method_knows() {
    for card in latent_catalog::CARDS {
        for phrase in phrases(card.try_this) {
            let Phrase::Experiment { set, .. } = phrase else { continue };
            for pair in set.split('&') {
                assert_eq!(Setup::new("mnist", card.id).set_pair(pair), Ok(()), "{}: {pair}", card.id);
            }
        }
    }
}
