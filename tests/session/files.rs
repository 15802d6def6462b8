//! What a run leaves in files, and how it goes on from them.

use super::*;

/// Every kind of thing that a step leaves to the next: moments, velocities, clipping, schedules, turns between two
/// networks, running means, counts of use, frozen tensors.
const CONTINUED: &[&str] = &[
    "method=vae&hidden=32&optimizer=adamw&clip=1",
    "method=beta-vae&hidden=32&capacity=5&ramp=20",
    "method=factor-vae&hidden=32&optimizer=sgd&lr=0.0001",
    "method=dae&hidden=32",
    "method=cvq&hidden=32",
    "method=batch-topk",
];

#[test]
fn a_checkpoint_goes_on_bit_by_bit_in_a_fresh_engine() {
    const N: u32 = 13;
    for query in CONTINUED {
        let (mut setup, notes) = Setup::from_query(&format!("{query}&data=mnist&batch=8"), &[]);
        assert_eq!(notes, Vec::<String>::new(), "{query}");
        let mut whole = Bench::open();
        whole.start(1, setup.clone(), None);
        whole.steps(1, N);
        // A live control that has moved since the start belongs to the state as well.
        setup.set("lr", 0.5 * setup.get("lr")).unwrap();
        let lr = setup.get("lr");
        whole.tell(Command::Set { run: 1, param: param(&setup, "lr"), value: lr });
        let checkpoint = whole.save(1, Export::Checkpoint);
        let expected = whole.steps(1, N);

        let mut fresh = Bench::open();
        let events = fresh.start(5, setup.clone(), Some(checkpoint));
        let [Event::Resumed { run: 5, step: 13, history }, Event::Built { run: 5, .. }] = &events[..] else {
            panic!("{query}: {events:?}")
        };
        assert_eq!(history.train.iter().map(|b| b.step).collect::<Vec<_>>(), (1..=u64::from(N)).collect::<Vec<_>>());
        assert_eq!(fresh.steps(5, N), expected, "{query}: the metrics");
        let (whole, fresh) = (whole.save(1, Export::Checkpoint), fresh.save(5, Export::Checkpoint));
        let (mut whole, mut fresh) = (Checkpoint::read(&whole).unwrap().unwrap(), Checkpoint::read(&fresh).unwrap().unwrap());
        assert_eq!(whole.history.train, fresh.history.train, "{query}: the curve");
        // How often views and tests were drawn is no business of the steps.
        (whole.state.draws, fresh.state.draws) = (0, 0);
        assert_eq!(whole.state, fresh.state, "{query}: weights and moments");
        assert!(whole.state.moments[0].iter().any(|w| w.values.iter().any(|v| *v != 0.0)), "{query}: the moments are there");
    }
}

#[test]
fn a_checkpoint_of_another_network_gives_its_weights_or_is_refused() {
    let mut b = Bench::open();
    b.start(1, small(), None);
    b.steps(1, 3);
    let checkpoint = b.save(1, Export::Checkpoint);
    let mut other = small();
    other.set("batch", 16.0).unwrap();
    assert!(
        matches!(&b.start(2, other, Some(checkpoint.clone()))[..], [Event::Built { run: 2, .. }]),
        "the same shapes, from step 0"
    );
    let mut other = small();
    other.set("latent", 4.0).unwrap();
    assert!(
        matches!(&b.start(3, other, Some(checkpoint))[..], [Event::RunFailed { run: 3, message }] if message.contains("has shape"))
    );
    assert_eq!(b.steps(2, 1).len(), 0, "run 2 has made room for it");
}

#[test]
fn a_file_is_examined_before_anything_changes() {
    let mut b = Bench::open();
    b.start(1, small(), None);
    b.steps(1, 3);
    let file = b.save(1, Export::Weights(Precision::Full));
    let examine = |b: &mut Bench, setup: Setup, file: ByteBuf| {
        b.tell(Command::Examine { setup, safetensors: file });
        b.take().pop().unwrap()
    };
    // What the file says of itself counts.
    let other = Setup::new("mnist", "vq-vae");
    let event = examine(&mut b, other.clone(), file.clone());
    assert!(matches!(&event, Event::Examined { setup, step: Some(3) } if *setup == small()), "{event:?}");
    let tensors = weights::read(&file).unwrap();
    let foreign = |tensors: &[Weight]| ByteBuf::from(weights::write(tensors, &[]).unwrap());
    let event = examine(&mut b, small(), foreign(&tensors));
    assert!(matches!(&event, Event::Examined { step: None, .. }), "{event:?}");

    let first = tensors[0].name.clone();
    let mut narrow = tensors.clone();
    (narrow[0].shape, narrow[0].values) = (vec![1], vec![0.0]);
    for (file, words) in [
        (foreign(&tensors[1..]), format!("no tensor {first}")),
        (foreign(&narrow), format!("{first} has shape [1]")),
        (ByteBuf::from(file[..file.len() - 1].to_vec()), "not a whole safetensors file".into()),
        (ByteBuf::from(b"<!doctype html>".to_vec()), "not a whole safetensors file".into()),
    ] {
        let event = examine(&mut b, small(), file);
        assert!(matches!(&event, Event::Unfit { message } if message.contains(&words)), "{words}: {event:?}");
    }
    let setup = ("setup", "v=1&data=mnist&method=sorcery".to_string());
    let event = examine(&mut b, small(), ByteBuf::from(weights::write(&tensors, &[setup]).unwrap()));
    assert!(matches!(&event, Event::Unfit { message } if message.contains("sorcery")), "{event:?}");
    assert_eq!(b.steps(1, 1)[0].step, 4, "run 1 has not noticed");
}

#[test]
fn codes_come_as_a_table_of_the_test_images() {
    let mut b = Bench::open();
    b.start(1, small(), None);
    let table = String::from_utf8(b.save(1, Export::Codes(Table::Csv)).into_vec()).unwrap();
    assert_eq!(table.lines().count(), 41);
    assert_eq!(table.lines().next(), Some("image,label,mean_0,mean_1,mean_2,logvar_0,logvar_1,logvar_2"));
    assert!(table.lines().nth(14).is_some_and(|row| row.starts_with("13,3,")), "{table}");
}

#[test]
fn saved_weights_come_back() {
    let mut b = Bench::open();
    b.start(1, small(), None);
    b.steps(1, 10);
    let picture = |b: &mut Bench| {
        b.tell(Command::Watch { slot: 1, query: Decode { z_nd: f32_bytes(&[0.3, -1.0, 0.7]) }.into() });
        b.turns(5)
            .into_iter()
            .find_map(|e| if let Event::Viewed { view: View::Images(Images { pixels, .. }), .. } = e { Some(pixels) } else { None })
            .unwrap()
    };
    let before = picture(&mut b);
    let whole = b.save(1, Export::Weights(Precision::Full));
    assert!(matches!(b.start(2, small(), Some(whole.clone()))[..], [Event::Built { .. }]));
    assert_eq!(picture(&mut b), before);
    assert_eq!(b.steps(2, 1)[0].step, 1, "weights alone begin a new run");

    let half = b.save(1, Export::Weights(Precision::Half));
    assert!(half.is_empty(), "run 1 is gone");
    b.start(3, small(), Some(whole.clone()));
    let half = b.save(3, Export::Weights(Precision::Half));
    assert!(half.len() < whole.len() * 6 / 10, "{} bytes instead of {}", half.len(), whole.len());
    assert!(matches!(b.start(4, small(), Some(half))[..], [Event::Built { .. }]));
    let near = picture(&mut b);
    assert!(near.iter().zip(before.iter()).all(|(a, b)| a.abs_diff(*b) <= 2), "16 bits are enough to look at");
    let quarter = b.save(4, Export::Weights(Precision::Quarter));
    assert!(matches!(b.start(5, small(), Some(quarter))[..], [Event::Built { .. }]));
    let near = picture(&mut b);
    assert!(near.iter().zip(before.iter()).all(|(a, b)| a.abs_diff(*b) <= 4), "8 bits are as well");
}
