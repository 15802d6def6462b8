//! What the panels of codebooks and features are told, against the library and the network itself. Runs on the native GPU;
//! a software Vulkan adapter will do.

use std::cell::RefCell;
use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use latent_data::Dataset;
use latent_engine as train;
use latent_engine::plan::PlanEngine;
use latent_engine::{Engine, Program};
use latent_experiment::Setup;
use latent_gpu::{Data, Gpu};
use latent_measure::codebook::Usage;
use latent_measure::{Rows, sparse};
use latent_player::{Asked, Player};
use latent_protocol::{Command, EngineChoice, Event, Export};
use latent_registry::entry;
use latent_session::Session;
use latent_view::{
    Autoencode, Codebook, Decode, DrawTokens, EachCode, Embed, Encode, Feature, Features, Frame, Originals, Paths, Reconstruct,
    Relax, Shorten, Tests, Tokenise, Untokenise, pixels,
};
use latent_view::{BINS, CodebookUse, EXAMPLES, OneFeature, Query, Shortened, TOP_EXAMPLES, View};
use latent_vocabulary::Precision;
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::numbers::{bytes_f32, f32_bytes};
use latent_vocabulary::shape::{DataShape, SampleShape};
use serde_bytes::ByteBuf;

const IMAGES: usize = 40;

/// Bright squares that wander, as many classes as there are digits.
fn squares() -> Dataset {
    let pixel = |image: usize, at: usize| {
        let (x, y) = (at % 28, at / 28);
        let (left, top) = (image * 5 % 20, image * 3 % 20);
        if (left..left + 8).contains(&x) && (top..top + 8).contains(&y) { 230 } else { 5 }
    };
    let images: Vec<u8> = (0..IMAGES).flat_map(|i| (0..784).map(move |at| pixel(i, at))).collect();
    let labels: Vec<u8> = (0..IMAGES).map(|i| (i % 10) as u8).collect();
    Dataset { id: "mnist".into(), ..Dataset::of(SampleShape::MNIST, 10, images, labels) }
}

/// A session with a network that has taken a few steps.
struct Lab {
    session: Session,
    events: Rc<RefCell<Vec<Event>>>,
}

impl Lab {
    fn new(query: &str) -> Self {
        let events: Rc<RefCell<Vec<Event>>> = Rc::default();
        let sink = events.clone();
        let mut session = Session::new(move |e| sink.borrow_mut().push(e));
        assert!(
            pollster::block_on(session.open(EngineChoice::Plan, [None, None])),
            "a GPU adapter; on Debian: mesa-vulkan-drivers"
        );
        pollster::block_on(session.set_data(squares()));
        let (setup, notes) = Setup::from_query(query, &[]);
        assert!(notes.is_empty(), "{notes:?}");
        let mut lab = Self { session, events };
        lab.tell(Command::Start { run: 1, setup, weights: None });
        lab.tell(Command::Step { run: 1, steps: 5 });
        while pollster::block_on(lab.session.turn()) {}
        lab.events.borrow_mut().clear();
        lab
    }

    fn tell(&mut self, command: Command) {
        pollster::block_on(self.session.command(command));
    }

    /// The answer to a query, or why there is none.
    fn ask(&mut self, query: Query) -> Result<View, String> {
        self.tell(Command::Watch { slot: 0, query });
        while pollster::block_on(self.session.turn()) {}
        let events = std::mem::take(&mut *self.events.borrow_mut());
        let answer = events.into_iter().find_map(|e| match e {
            Event::Viewed { view, .. } => Some(Ok(view)),
            Event::Warning { message } | Event::RunFailed { message, .. } => Some(Err(message)),
            _ => None,
        });
        answer.expect("an answer")
    }

    fn pictures(&mut self, query: Query) -> Vec<u8> {
        match self.ask(query).unwrap() {
            View::Images(images) => images.pixels.into_vec(),
            other => panic!("{other:?}"),
        }
    }

    /// Tokens and what they stand for.
    fn tokens(&mut self, query: Query) -> (Vec<f32>, Vec<u8>) {
        match self.ask(query).unwrap() {
            View::Tokens(tokens) => (bytes_f32(&tokens.token_bn), tokens.pixels.into_vec()),
            other => panic!("{other:?}"),
        }
    }

    /// Activations of all test images.
    fn codes(&mut self) -> (usize, Vec<f32>) {
        match self.ask(Embed { from: 0, count: IMAGES as u32 }.into()).unwrap() {
            View::Codes(codes) => (codes.latent as usize, bytes_f32(&codes.mean_nd)),
            other => panic!("{other:?}"),
        }
    }
}

/// The model of the lab on the CPU.
fn on_cpu(lab: &mut Lab) -> Rc<Player> {
    let file = pollster::block_on(lab.session.export(1, Export::Weights(Precision::Full))).unwrap().unwrap().1;
    Rc::new(Player::load(&file).unwrap())
}

/// What a model on the CPU answers, and how often it was asked to go on.
fn cpu(player: &Rc<Player>, query: &Query) -> (Result<View, String>, usize) {
    let (data, mut asked) = (squares(), Asked(player.clone()));
    let (images, labels) = (&data.test_images, &data.test_labels);
    let tests = Tests { shape: data.shape, images, labels, factors: &[], beside: None };
    let mut answer = std::pin::pin!(async {
        if query.comes_later() { query.answer_later(&mut asked, tests).await } else { query.answer(&mut asked, tests).await }
    });
    for polls in 1.. {
        if let Poll::Ready(view) = answer.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return (view, polls);
        }
    }
    unreachable!("it is answered in the end")
}

/// Holds one answer against another: numbers within a thousandth, pictures within a grey level.
fn assert_alike(got: &View, want: &View, why: &str) {
    let numbers = |a: &[u8], b: &[u8]| {
        let (a, b) = (bytes_f32(a), bytes_f32(b));
        assert_eq!(a.len(), b.len(), "{why}");
        a.iter().zip(&b).for_each(|(a, b)| assert!((a - b).abs() <= 1e-3 * (1.0 + b.abs()), "{why}: {a} {b}"));
    };
    match (got, want) {
        (View::Codes(got), View::Codes(want)) => {
            numbers(&got.mean_nd, &want.mean_nd);
            numbers(&got.logvar_nd, &want.logvar_nd);
            assert_eq!(got.labels, want.labels, "{why}");
        }
        (View::Relaxed(got), View::Relaxed(want)) => {
            numbers(&got.z_td, &want.z_td);
            assert!((got.energy - want.energy).abs() < 1e-2 * want.energy.abs(), "{why}: {} {}", got.energy, want.energy);
        }
        (View::CodebookUse(got), View::CodebookUse(want)) => {
            assert_eq!((&got.count_k, &got.age_k), (&want.count_k, &want.age_k), "{why}");
            numbers(&got.vector_kd, &want.vector_kd);
        }
        (View::FeatureTable(table), View::FeatureTable(want)) => {
            numbers(&table.density_f, &want.density_f);
            numbers(&table.max_f, &want.max_f);
        }
        _ => {
            let (got, want) = (got.pictures().expect(why), want.pictures().expect(why));
            assert_eq!((got.size, got.pixels.len()), (want.size, want.pixels.len()), "{why}");
            let far = got.pixels.iter().zip(want.pixels).map(|(a, b)| a.abs_diff(*b)).max();
            assert!(far <= Some(1), "{why}: {far:?} grey levels");
        }
    }
}

#[test]
fn test_images_are_fetched_on_the_device_and_pictures_packed_there() {
    // An odd number of training images: the labels of the others begin within a word.
    let (train, tests) = (37, 600);
    let byte = |i: usize| (i.wrapping_mul(2_654_435_761) >> 13) as u8;
    let (images, labels): (Vec<u8>, Vec<u8>) =
        ((0..(train + tests) * 784).map(byte).collect(), (0..train + tests).map(|i| (i * 3 % 10) as u8).collect());
    let ((own, others), (own_labels, other_labels)) = (images.split_at(train * 784), labels.split_at(train));
    let gpu = Rc::new(pollster::block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"));
    let both = Data::with_tests(&gpu, [own, own_labels, &[]], [others, other_labels, &[]], u64::MAX).unwrap();
    let crowded = Data::with_tests(&gpu, [own, own_labels, &[]], [others, other_labels, &[]], (train * 785) as u64).unwrap();
    assert_eq!((both.images, both.tests, crowded.images, crowded.tests), (train + tests, tests, train, 0));
    for query in ["method=vae&hidden=16&latent=3&batch=8", "method=cvae&hidden=16&latent=2&batch=300"] {
        let (setup, _) = Setup::from_query(query, &[]);
        let mut engines = [&both, &crowded].map(|data| {
            let entry = entry(&setup.method).unwrap();
            let params = setup.params().unwrap();
            let engine = PlanEngine::new(gpu.clone(), entry, &params, DataShape::MNIST, data);
            pollster::block_on(engine).unwrap()
        });
        let all = Tests { shape: SampleShape::MNIST, images: others, labels: other_labels, factors: &[], beside: None };
        // More than one piece, in no order, and one that comes twice.
        let at: Vec<u32> = (0..tests as u32).map(|i| i * 7 % 600).chain([599, 599, 0]).collect();
        let (values, classes) = (latent_view::unit_values(&all.images(&at)), all.labels(&at));
        let (told, given) = (train::Rows::tests(all, &at), train::Rows::labelled(&values, &classes));
        for engine in &mut engines {
            pollster::block_on(engine.ready(3)).unwrap();
            engine.run_steps(3).unwrap();
        }
        let [here, elsewhere] = &mut engines;
        // Both draw the same noise, as long as they are asked the same.
        let want = pollster::block_on(elsewhere.evaluate(given)).unwrap();
        assert_eq!(pollster::block_on(here.evaluate(told)).unwrap(), want, "{query}");
        assert!(want.iter().all(|term| term.is_finite()));
        let want = pollster::block_on(elsewhere.encode(given)).unwrap();
        assert_eq!(pollster::block_on(here.encode(told)).unwrap(), want, "{query}");
        // Where they are not on the device they are told by their bytes.
        assert_eq!(pollster::block_on(elsewhere.encode(told)).unwrap(), want, "{query}");
        let x = pollster::block_on(here.run(Program::Decode, train::Rows::of(&want.0))).unwrap().unwrap().remove(0);
        assert_eq!(pollster::block_on(here.pictures(&want.0)).unwrap(), pixels(&x), "{query}");
        assert!(pollster::block_on(here.pictures(&[])).unwrap().is_empty());
        for engine in &mut engines {
            engine.run_steps(2).unwrap();
        }
        let [here, elsewhere] = engines.map(|mut engine| pollster::block_on(engine.metrics()).unwrap());
        assert_eq!(here, elsewhere, "{query}: training goes on as it would have");
    }
}

#[test]
fn the_processor_answers_as_the_engine_does() {
    let x = || ByteBuf::from(squares().test_images[..784 * 3].to_vec());
    let label_n = ByteBuf::new;
    let z: Vec<f32> = (0..3 * 12).map(|i| ((i * 7 % 11) as f32 - 5.0) / 4.0).collect();
    let mut lab = Lab::new("v=1&data=mnist&method=vae&hidden=16&latent=3&batch=8");
    let player = on_cpu(&mut lab);
    let questions: [Query; 8] = [
        Decode { z_nd: f32_bytes(&z) }.into(),
        Reconstruct { first: 2, count: 30 }.into(),
        Embed { from: 0, count: 25 }.into(),
        Originals { indices: vec![7, 900, 3] }.into(),
        Encode { x_np: x(), label_n: label_n(), factor_nk: ByteBuf::new() }.into(),
        Autoencode { x_np: x(), label_n: label_n(), factor_nk: ByteBuf::new() }.into(),
        Paths { z_nd: f32_bytes(&z), points: 4 }.into(),
        Relax { z_td: f32_bytes(&z), damping: 1e-3 }.into(),
    ];
    for question in questions {
        let why = format!("{question:?}");
        let (answer, polls) = cpu(&player, &question);
        assert_alike(&answer.unwrap(), &lab.ask(question).unwrap(), &why);
        if why.starts_with("Embed") {
            assert_eq!(polls, 3, "25 images, ten at a time");
        }
    }

    let mut lab = Lab::new("v=1&data=mnist&method=vq-vae&codes=16&net=mlp&hidden=16&batch=8&prior=none");
    let player = on_cpu(&mut lab);
    let token_n: Vec<f32> = (0..8).map(|i| i as f32).collect();
    let questions: [Query; 4] = [
        Codebook { count: 5 }.into(),
        Tokenise { x_np: x() }.into(),
        Untokenise { token_bn: f32_bytes(&token_n) }.into(),
        EachCode { token_n: f32_bytes(&token_n), at: vec![1, 5], codes: vec![3, 9, 15] }.into(),
    ];
    for question in questions {
        let why = format!("{question:?}");
        assert_alike(&cpu(&player, &question).0.unwrap(), &lab.ask(question).unwrap(), &why);
    }

    let mut lab = Lab::new("v=1&data=mnist&method=topk-sae&features=64&k=8&batch=8");
    let player = on_cpu(&mut lab);
    for question in [
        Query::from(Features { count: 20 }),
        Shorten { at: vec![3, 1], count: 20 }.into(),
        Feature { feature: 3, images: vec![0, 4] }.into(),
    ] {
        let why = format!("{question:?}");
        assert_alike(&cpu(&player, &question).0.unwrap(), &lab.ask(question).unwrap(), &why);
    }
}

#[test]
fn a_question_knows_the_models_that_it_fits() {
    let grid = CodeKind::Grid { height: 2, width: 3, levels: 2, codes: 8, drawn: false, bits: false };
    let sample = SampleShape { channels: 1, height: 4, width: 4 };
    let frame = |kind, count| Frame::of(sample, &[CodeGroup { kind, count }]);
    let (vector, tokens) = (frame(CodeKind::Gaussian, 3), frame(grid, 24));
    let features = frame(CodeKind::Features { height: 2, width: 1, layers: false }, 10);
    let bytes = |n: usize| ByteBuf::from(vec![0; n]);
    let embedding = frame(CodeKind::Embedding, 3);
    assert!(embedding.undrawn && !vector.undrawn);
    for question in
        [Query::from(Decode { z_nd: bytes(12) }), Autoencode { x_np: bytes(16), label_n: bytes(0), factor_nk: bytes(0) }.into()]
    {
        assert_eq!([&vector, &embedding].map(|frame| question.fits(frame)), [true, false], "{question:?}");
    }
    let fits = |query: Query| [&vector, &tokens, &features].map(|frame| query.fits(frame));
    assert_eq!(fits(Decode { z_nd: bytes(4 * 24) }.into()), [true, true, false]);
    assert_eq!(fits(Decode { z_nd: bytes(0) }.into()), [false; 3]);
    assert_eq!(fits(Encode { x_np: bytes(32), label_n: bytes(0), factor_nk: ByteBuf::new() }.into()), [true; 3]);
    assert_eq!(fits(Encode { x_np: bytes(20), label_n: bytes(0), factor_nk: ByteBuf::new() }.into()), [false; 3]);
    assert_eq!(fits(Tokenise { x_np: bytes(16) }.into()), [false, true, false]);
    assert_eq!(fits(Untokenise { token_bn: bytes(4 * 12) }.into()), [false, true, false]);
    assert_eq!(fits(Untokenise { token_bn: bytes(4 * 13) }.into()), [false; 3]);
    assert_eq!(fits(DrawTokens { n: 1, temperature: 1.0, seed: 0 }.into()), [false; 3], "there is no prior to draw from");
    assert_eq!(fits(Feature { feature: 4, images: vec![] }.into()), [false, false, true]);
    assert_eq!(fits(Feature { feature: 5, images: vec![] }.into()), [false; 3]);
    assert_eq!(fits(Shorten { at: vec![], count: 1 }.into()), [false, true, true]);
    assert_eq!(fits(Embed { from: 0, count: 7 }.into()), [true; 3]);
}

fn all_images() -> ByteBuf {
    ByteBuf::from(squares().test_images)
}

#[test]
fn a_codebook_is_counted_swapped_and_drawn_from() {
    for query in [
        "method=vq-vae&codes=16&net=mlp&hidden=16&batch=8&prior_width=8",
        "method=rvq&codes=8&levels=2&net=mlp&hidden=16&batch=8&prior_width=8",
    ] {
        let mut lab = Lab::new(&format!("v=1&data=mnist&{query}"));
        let View::CodebookUse(book) = lab.ask(Codebook { count: 1000 }.into()).unwrap() else { panic!() };
        let CodebookUse { images, count_k, perplexity, bits, age_k, vector_kd } = book;
        assert!(bits[0] > 0.0 && bits[0] <= bits[1] + 1e-4, "{query}: {bits:?}");
        let (token_bn, pictures) = lab.tokens(Tokenise { x_np: all_images() }.into());
        let mut usage = Usage::new(count_k.len());
        usage.add(&token_bn.iter().map(|t| *t as u32).collect::<Vec<_>>()).unwrap();
        assert_eq!(images as usize, IMAGES, "{query}");
        assert_eq!(usage.count_k(), count_k.iter().map(|n| u64::from(*n)).collect::<Vec<_>>(), "{query}");
        assert!((f64::from(perplexity) - usage.perplexity()).abs() < 1e-4, "{query}");
        assert!(
            age_k.len() == count_k.len()
                && age_k.iter().all(|age| (0.0..=5.0).contains(age) || age.is_infinite())
                && age_k.contains(&0.0),
            "{query}: {age_k:?}"
        );
        assert_eq!(vector_kd.len() % (4 * count_k.len()), 0);

        // Through the tokens and back is what the network makes of the images.
        assert_eq!(
            pictures,
            lab.pictures(Autoencode { x_np: all_images(), label_n: ByteBuf::new(), factor_nk: ByteBuf::new() }.into()),
            "{query}"
        );
        assert_eq!(pictures, lab.pictures(Untokenise { token_bn: f32_bytes(&token_bn) }.into()), "{query}");

        // Each code at the third place; one of them is the token itself.
        let (places, size) = (token_bn.len() / IMAGES, pictures.len() / IMAGES);
        let codes: Vec<u32> = (0..count_k.len() as u32).collect();
        let first = &token_bn[..places];
        let swapped = lab.pictures(EachCode { token_n: f32_bytes(first), at: vec![2], codes: codes.clone() }.into());
        assert_eq!(swapped.len(), size * codes.len(), "{query}");
        let own = first[2] as usize;
        assert_eq!(swapped[own * size..(own + 1) * size], pictures[..size], "{query}");
        let other = usize::from(own == 0);
        let by_hand = first.iter().enumerate().map(|(i, t)| if i == 2 { other as f32 } else { *t }).collect::<Vec<_>>();
        let by_hand = lab.pictures(Untokenise { token_bn: f32_bytes(&by_hand) }.into());
        assert_eq!(swapped[other * size..(other + 1) * size], by_hand, "{query}");

        let draw = |seed| DrawTokens { n: 3, temperature: 1.0, seed }.into();
        let (drawn, _) = lab.tokens(draw(1));
        assert_eq!(drawn, lab.tokens(draw(1)).0, "{query}: the same seed");
        assert_ne!(drawn, lab.tokens(draw(2)).0, "{query}: another seed");
        assert!(drawn.len() == 3 * places && drawn.iter().all(|t| *t >= 0.0 && (*t as usize) < codes.len()), "{query}");

        let mut bad = first.to_vec();
        bad[0] = codes.len() as f32;
        let refused = lab.ask(Untokenise { token_bn: f32_bytes(&bad) }.into()).unwrap_err();
        assert!(refused.contains(&format!("the token {}", codes.len())), "{refused}");
        let refused = lab.ask(EachCode { token_n: f32_bytes(first), at: vec![9999], codes }.into()).unwrap_err();
        assert!(refused.contains("9999"), "{refused}");
    }
}

/// Lengths, costs, errors and what is unexplained.
fn columns(short: &Shortened) -> [Vec<f32>; 4] {
    let all = short.lengths();
    [0, 1, 2, 3].map(|i| all.iter().map(|row| row[i]).collect())
}

#[test]
fn tokens_add_up_one_by_one() {
    let mut lab = Lab::new("v=1&data=mnist&method=rvq&codes=8&levels=3&net=mlp&hidden=16&batch=8&prior=none");
    let at = vec![4, 0, 7];
    let View::Shortened(short) = lab.ask(Shorten { at: at.clone(), count: 1000 }.into()).unwrap() else { panic!() };
    let [length_n, cost_n, error_n, fvu_n] = columns(&short);
    assert_eq!((short.shown, short.images as usize, &length_n[..]), (3, IMAGES, &[1.0, 2.0, 3.0][..]));
    let x = squares().test_images;
    let own: Vec<u8> = at.iter().flat_map(|i| &x[*i as usize * 784..][..784]).copied().collect();
    assert_eq!(short.pixels[..3 * 784], own, "the images themselves");
    let near = |got: &[u8], want: &[u8]| got.len() == want.len() && got.iter().zip(want).all(|(a, b)| a.abs_diff(*b) <= 1);
    let whole =
        lab.pictures(Autoencode { x_np: ByteBuf::from(own.clone()), label_n: ByteBuf::new(), factor_nk: ByteBuf::new() }.into());
    assert!(near(&short.pixels[3 * 3 * 784..], &whole), "all tokens are the code");
    // By hand: what each code of the first token stands for, a third of what it is in all three of a place.
    let View::CodebookUse(book) = lab.ask(Codebook { count: 10 }.into()).unwrap() else { panic!() };
    let (vector_kd, (token_bn, _)) = (bytes_f32(&book.vector_kd), lab.tokens(Tokenise { x_np: ByteBuf::from(own) }.into()));
    let dim = vector_kd.len() / 8;
    let z: Vec<f32> =
        token_bn.iter().step_by(3).flat_map(|code| &vector_kd[*code as usize * dim..][..dim]).map(|v| v / 3.0).collect();
    let first = lab.pictures(Decode { z_nd: f32_bytes(&z) }.into());
    assert!(near(&short.pixels[3 * 784..2 * 3 * 784], &first));
    assert!(!near(&first, &whole), "further tokens do something");
    let all = lab.pictures(Autoencode { x_np: all_images(), label_n: ByteBuf::new(), factor_nk: ByteBuf::new() }.into());
    let error = x.iter().zip(&all).map(|(a, b)| (f64::from(a.abs_diff(*b)) / 255.0).powi(2)).sum::<f64>() / x.len() as f64;
    assert!((f64::from(error_n[2]) - error).abs() < 1e-4, "{error_n:?} {error}");
    assert!(fvu_n.iter().all(|v| v.is_finite() && *v > 0.0));
    // A token of eight codes costs three bits at most.
    assert!(cost_n.windows(2).all(|pair| pair[0] <= pair[1]) && cost_n[2] <= 9.0 * (token_bn.len() / 9) as f32);
}

#[test]
fn the_strongest_features_explain_the_most() {
    for (query, places) in
        [("method=matryoshka&features=64&k=8&batch=8", 1), ("method=topk-sae&features=64&k=8&batch=8&source=patches", 16)]
    {
        let mut lab = Lab::new(&format!("v=1&data=mnist&{query}"));
        let (latent, code) = lab.codes();
        let View::Shortened(short) = lab.ask(Shorten { at: vec![2], count: 1000 }.into()).unwrap() else { panic!() };
        let active = |row: &[f32]| row.iter().filter(|a| **a != 0.0).count();
        let most = code.chunks_exact(latent / places).map(active).max().unwrap();
        let [length_n, cost_n, _, fvu_n] = columns(&short);
        assert_eq!((length_n[0], *length_n.last().unwrap() as usize), (1.0, most), "{query}");
        let mean = code.chunks_exact(latent / places).map(active).sum::<usize>() as f32 / (IMAGES * places) as f32;
        assert!((cost_n.last().unwrap() - mean).abs() < 1e-4, "{query}");
        // All of them are the code, one alone is the code without the others.
        let whole = lab.pictures(Decode { z_nd: f32_bytes(&code[2 * latent..3 * latent]) }.into());
        assert_eq!(short.pixels[length_n.len() * 784..], whole, "{query}");
        let mut alone = code[2 * latent..3 * latent].to_vec();
        for input in alone.chunks_exact_mut(latent / places) {
            let strongest = input.iter().copied().fold(0.0f32, |best, a| if a.abs() > best.abs() { a } else { best });
            input.iter_mut().filter(|a| **a != strongest).for_each(|a| *a = 0.0);
        }
        let alone = lab.pictures(Decode { z_nd: f32_bytes(&alone) }.into());
        assert_eq!(short.pixels[784..2 * 784], alone, "{query}");
        // The library's own number for the whole code.
        let x = latent_view::unit_values(&squares().test_images);
        let y = lab.pictures(Decode { z_nd: f32_bytes(&code) }.into());
        let fvu = sparse::fraction_unexplained(Rows::new(&x, 784), Rows::new(&latent_view::unit_values(&y), 784));
        assert!((f64::from(*fvu_n.last().unwrap()) - fvu).abs() < 0.02 * fvu, "{query}: {fvu_n:?} {fvu}");
    }
}

#[test]
fn a_bit_of_a_code_is_one_number_of_its_vector() {
    let mut lab = Lab::new("v=1&data=mnist&method=bsq&bits=4&net=mlp&hidden=16&batch=8&prior=none");
    let View::CodebookUse(book) = lab.ask(Codebook { count: 1000 }.into()).unwrap() else { panic!() };
    let vector_kd = bytes_f32(&book.vector_kd);
    for (code, bit) in (0..16usize).flat_map(|code| (0..4).map(move |bit| (code, bit))) {
        let of = |code: usize| &vector_kd[code * 4..(code + 1) * 4];
        let (a, b) = (of(code), of(code ^ (1 << bit)));
        assert!((0..4).all(|d| (a[d] == b[d]) == (d != bit)), "bit {bit} of {code}: {a:?} {b:?}");
        assert_eq!(a[bit] > 0.0, code >> bit & 1 == 1, "the bit is on where its number is above zero");
    }
    // Eight places of sixteen codes.
    let [used, plain] = book.bits;
    assert!(used <= plain + 1e-4 && (plain / 4.0).fract() == 0.0, "{used} {plain}");
}

#[test]
fn quantised_numbers_take_few_values() {
    let mut lab = Lab::new("v=1&data=mnist&method=qlae&latent=3&values=4&hidden=16&batch=8");
    let (latent, code) = lab.codes();
    assert_eq!(latent, 3);
    for d in 0..latent {
        let mut own: Vec<f32> = code.iter().skip(d).step_by(latent).copied().collect();
        own.sort_by(f32::total_cmp);
        own.dedup();
        assert!(own.len() <= 4, "{own:?}");
    }
}

#[test]
fn features_are_those_of_the_codes() {
    for (query, places) in
        [("method=topk-sae&features=64&k=8&batch=8&source=patches", 16), ("method=k-sparse&features=64&k=8&batch=8", 1)]
    {
        let mut lab = Lab::new(&format!("v=1&data=mnist&{query}"));
        let (latent, code) = lab.codes();
        let features = latent / places;
        let act_nf = Rows::new(&code, features);
        let View::FeatureTable(table) = lab.ask(Features { count: 1000 }.into()).unwrap() else { panic!() };
        assert_eq!(table.images as usize, IMAGES);
        let density: Vec<f64> = bytes_f32(&table.density_f).into_iter().map(f64::from).collect();
        for (shown, want) in density.iter().zip(sparse::activity(act_nf).density_f) {
            assert!((shown - want).abs() < 1e-6, "{query}: {shown} {want}");
        }
        let (max_f, example_fe, activation_fe) =
            (bytes_f32(&table.max_f), bytes_f32(&table.example_fe), bytes_f32(&table.activation_fe));
        let count_fb = bytes_f32(&table.count_fb);
        for f in 0..features {
            let column: Vec<f32> = act_nf.column(f).collect();
            let active = column.iter().filter(|a| **a != 0.0).count();
            assert_eq!(count_fb[f * BINS..(f + 1) * BINS].iter().sum::<f32>(), active as f32, "{query}: histogram of {f}");
            for e in 0..EXAMPLES {
                let (input, activation) = (example_fe[f * EXAMPLES + e], activation_fe[f * EXAMPLES + e]);
                if input >= 0.0 {
                    assert_eq!(column[input as usize], activation, "{query}: example {e} of {f}");
                }
            }
            assert_eq!(example_fe[f * EXAMPLES..][..TOP_EXAMPLES].iter().filter(|i| **i >= 0.0).count(), active.min(TOP_EXAMPLES));
            if active > 0 {
                assert_eq!(activation_fe[f * EXAMPLES], max_f[f], "{query}: the first example is the strongest");
            }
        }
        assert_eq!((table.width, table.height), if places == 1 { (28, 28) } else { (7, 7) });
        assert_eq!(table.atom_fa.len(), features * (table.width * table.height) as usize);

        // Without its strongest feature an image is what the decoder makes of the code with a zero there.
        let strongest = (0..features).max_by(|a, b| code[*a].total_cmp(&code[*b])).unwrap();
        let answer = lab.ask(Feature { feature: strongest as u32, images: vec![0] }.into()).unwrap();
        let View::OneFeature(OneFeature { near, cosine, pixels, .. }) = answer else { panic!() };
        let mut without = code[..latent].to_vec();
        without.iter_mut().skip(strongest).step_by(features).for_each(|a| *a = 0.0);
        let decoded = lab.pictures(Decode { z_nd: f32_bytes(&[&code[..latent], &without].concat()) }.into());
        assert_eq!(pixels[784..], decoded, "{query}");
        assert_ne!(decoded[..784], decoded[784..], "{query}: the feature does something");
        assert!(cosine.windows(2).all(|w| w[0] >= w[1]) && cosine.iter().all(|c| c.abs() <= 1.0 + 1e-5), "{query}: {cosine:?}");
        // The atoms on show tell the same cosine, as far as a byte can.
        let inputs = table.atom_fa.len() / features;
        let atom = |i: usize| table.atom_fa[i * inputs..(i + 1) * inputs].iter().map(|b| f64::from(*b as i8)).collect::<Vec<_>>();
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let (a, b) = (atom(strongest), atom(near[0] as usize));
        let shown = dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt();
        assert!((shown - f64::from(cosine[0])).abs() < 0.02, "{query}: {shown} {}", cosine[0]);

        let refused = lab.ask(Feature { feature: features as u32, images: vec![] }.into()).unwrap_err();
        assert!(refused.contains(&format!("no feature {features}")), "{refused}");
    }
}

#[test]
fn a_method_without_codebook_or_features_says_so() {
    let mut lab = Lab::new("v=1&data=mnist&method=vae&hidden=16&latent=2&batch=8");
    for query in [
        Codebook { count: 5 }.into(),
        Tokenise { x_np: all_images() }.into(),
        DrawTokens { n: 1, temperature: 1.0, seed: 0 }.into(),
    ] {
        let refused = lab.ask(query).unwrap_err();
        assert!(refused.contains("codebook") || refused.contains("tokens"), "{refused}");
    }
    let refused = lab.ask(Features { count: 5 }.into()).unwrap_err();
    assert!(refused.contains("features"), "{refused}");
}

#[test]
fn a_model_that_is_told_labels_hears_them_and_draws_each_class() {
    let mut lab = Lab::new("v=1&data=mnist&method=cvae&hidden=16&latent=2&batch=8");
    // Encoded with the labels that the test set has, images get the codes that they have there.
    let (latent, known) = lab.codes();
    assert_eq!(latent, 2 + 10);
    let told = |label_n: Vec<u8>| (all_images(), ByteBuf::from(label_n));
    let labels = squares().test_labels;
    let mut codes = |label_n: Vec<u8>| {
        let (x_np, label_n) = told(label_n);
        match lab.ask(Encode { x_np, label_n, factor_nk: ByteBuf::new() }.into()).unwrap() {
            View::Codes(codes) => bytes_f32(&codes.mean_nd),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(codes(labels.clone()), known);
    let threes = codes(vec![3; IMAGES]);
    for (i, (z, own)) in threes.chunks(latent).zip(known.chunks(latent)).enumerate() {
        assert_eq!(z[2..].iter().position(|v| *v == 1.0), Some(3), "image {i}");
        assert_eq!(z[..2] == own[..2], labels[i] == 3, "image {i}: the encoder hears the label");
    }

    // What is left of an image is what its code is decoded to, with the label that it was encoded with.
    let (x_np, label_n) = told(vec![3; IMAGES]);
    let copies = lab.pictures(Autoencode { x_np, label_n, factor_nk: ByteBuf::new() }.into());
    assert_eq!(copies, lab.pictures(Decode { z_nd: f32_bytes(&threes) }.into()));

    // The same numbers with each class, as the panel of samples asks for them.
    let one_hot = |class: usize| (0..10).map(move |i| f32::from(u8::from(i == class)));
    let z: Vec<f32> = (0..10).flat_map(|class| [0.5, -1.0].into_iter().chain(one_hot(class))).collect();
    let drawn = lab.pictures(Decode { z_nd: f32_bytes(&z) }.into());
    for class in 1..10 {
        assert_ne!(drawn[..784], drawn[class * 784..(class + 1) * 784], "class {class} is drawn as class 0");
    }
}
