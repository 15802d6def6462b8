//! Long answers come in slices, which everything else interrupts.

use super::*;

/// Test images on which measures take many slices.
const MANY: usize = 1200;

#[test]
fn measuring_is_interrupted_by_whatever_else_is_asked() {
    let mut b = Bench::open_with(EngineChoice::Plan, MANY);
    b.start(1, small(), None);
    b.tell(Command::Train { run: 1 });
    b.turns(5);
    b.tell(Command::Watch {
        slot: 1,
        query: Measures { images: MANY as u32 / 2, press: 1, only: vec![], of_training: false }.into(),
    });
    let events = b.turns(2);
    assert!(measured(&events).is_empty(), "it takes more than two slices");

    // A view is answered with the next turn, a pause at once, and neither ends what is being measured.
    b.tell(Command::Watch { slot: 8, query: Decode { z_nd: f32_bytes(&[0.5; 3]) }.into() });
    let events = b.turns(1);
    assert!(events.iter().any(|e| matches!(e, Event::Viewed { slot: 8, .. })), "{events:?}");
    b.tell(Command::Pause { run: 1 });
    let events = b.take();
    let Some(Event::Paused { run: 1, step: paused }) = events.last() else { panic!("{events:?}") };
    assert!(measured(&events).is_empty());
    let events = b.turns(10_000);
    let [(step, sheet)] = measured(&events)[..] else { panic!("{events:?}") };
    assert_eq!((step, events.len()), (*paused, 1), "the weights stood still meanwhile");
    let names: Vec<&str> = sheet.iter().map(|m| m.name.as_str()).collect();
    assert!(["loss", "ssim", "mmd_imq", "linear_probe_accuracy"].iter().all(|name| names.contains(name)), "{names:?}");
    assert!(b.turns(3).is_empty(), "asked once, answered once");
}

#[test]
fn a_newer_question_ends_what_an_older_one_measures() {
    let mut b = Bench::open_with(EngineChoice::Plan, MANY);
    b.start(1, small(), None);
    b.steps(1, 3);
    let ask = |press| Command::Watch {
        slot: 1,
        query: Measures { images: MANY as u32 / 2, press, only: vec![], of_training: false }.into(),
    };
    for press in 1..4 {
        b.tell(ask(press));
        assert!(measured(&b.turns(2)).is_empty());
    }
    // A moved control: the objective is another, and is measured anew.
    b.tell(Command::Set { run: 1, param: param(&small(), "beta"), value: 3.0 });
    let events = b.turns(10_000);
    let [(3, sheet)] = measured(&events)[..] else { panic!("{events:?}") };
    let term = |name: &str| match sheet.iter().find(|m| m.name == name).map(|m| &m.value) {
        Some(Quantity::Number(v)) => *v,
        other => panic!("{name}: {other:?}"),
    };
    let (loss, parts) = (term("loss"), term("reconstruction") + 3.0 * term("kl"));
    assert!((loss - parts).abs() < 1e-3 * loss, "{loss} and {parts}");

    // Nobody looks any more, or looks at another run.
    b.tell(ask(5));
    b.turns(2);
    b.tell(Command::Unwatch { slot: 1 });
    assert!(b.turns(10_000).is_empty());
    b.tell(ask(6));
    b.turns(2);
    b.tell(Command::Unwatch { slot: 1 });
    b.start(2, small(), None);
    assert!(b.turns(10_000).is_empty());
    assert_eq!(b.steps(2, 2).len(), 2, "training goes on");
}

#[test]
fn timings_and_comparisons_are_interrupted_too() {
    for (engine, command) in [
        (EngineChoice::Plan, Command::Bench { setup: small(), steps: 1500 }),
        (EngineChoice::Burn, Command::Verify { setup: small(), steps: 12 }),
    ] {
        let mut b = Bench::open_on(engine);
        b.start(1, small(), None);
        b.steps(1, 1);
        b.tell(command.clone());
        assert!(b.turns(1).is_empty(), "{command:?} takes more than a slice");
        b.tell(Command::Pause { run: 1 });
        b.tell(Command::Watch { slot: 8, query: Decode { z_nd: f32_bytes(&[0.5; 3]) }.into() });
        let events = b.turns(1);
        assert!(matches!(&events[..], [Event::Paused { step: 1, .. }, Event::Viewed { slot: 8, .. }]), "{command:?}: {events:?}");
        // Whoever asked before hears that somebody else has asked since.
        b.tell(command.clone());
        let events = b.turns(10_000);
        let given_up = matches!(&events[0],
            Event::Benched { report: Err(message) } | Event::Warning { message } if message.contains("another one was asked for"));
        assert!(given_up, "{command:?}: {events:?}");
        assert!(matches!(&events[1..], [Event::Benched { report: Ok(_) } | Event::Verified { .. }]), "{command:?}: {events:?}");
    }
}
