//! Samples from the prior.

pub mod words;

use leptos::prelude::*;

use crate::choice::name;
use crate::model::{Choice, Model};
use crate::noise;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::source::Source;
use crate::store::codes::Codes;
use crate::store::desks::Desks;
use crate::store::runs::Runs;
use crate::views::SAMPLES;
use latent_view::Decode;
use latent_vocabulary::numbers::f32_bytes;

/// Samples in all, and of each class or kind where a code has one.
const COUNT: usize = 24;
const EACH: usize = 6;
/// Kinds that get a row; more would be a wall of pictures after each step.
const ROWS: usize = 10;

/// How many kinds have a row.
fn rows(choice: Choice) -> usize {
    choice.count.min(ROWS)
}

/// Codes drawn from a model's prior, row-major `[samples, latent]`: the same numbers once with each kind.
fn drawn(model: &Model, seed: u32) -> Vec<f32> {
    let (Some(shape), latent) = (model.prior, model.latent) else { return Vec::new() };
    if model.upper > 0 {
        return in_rows(model, shape, seed);
    }
    let Some(choice) = model.choice else { return noise::prior(shape, seed, COUNT, latent) };
    let one = noise::prior(shape, seed, EACH, latent);
    let mut all = one.repeat(rows(choice));
    for (i, z) in all.chunks_exact_mut(latent.max(1)).enumerate() {
        choice.make(z, i / EACH);
    }
    all
}

/// Rows of codes that share the upper level: below it each has its own.
fn in_rows(model: &Model, shape: usize, seed: u32) -> Vec<f32> {
    let mut all = noise::prior(shape, seed, COUNT, model.latent);
    for row in all.chunks_mut(EACH * model.latent) {
        let upper = row[..model.upper].to_vec();
        row.chunks_mut(model.latent).for_each(|z| z[..model.upper].copy_from_slice(&upper));
    }
    all
}

#[component]
pub fn Samples() -> impl IntoView {
    let (runs, desks, codes) = (Runs::get(), Desks::get(), Codes::get());
    let seed = RwSignal::new(1u32);
    let model = Memo::new(move |_| runs.model());
    // What is told is what the traversal says.
    let told = Memo::new(move |_| {
        let mut z = vec![0.0; model.get().latent];
        codes.latents.with(|latents| codes.code.with(|code| latents.tell(code, &mut z)));
        z
    });
    let all = Memo::new(move |_| {
        let mut all = drawn(&model.get(), seed.get());
        codes.latents.with_untracked(|latents| told.with(|told| latents.tell(told, &mut all)));
        all
    });
    react(move || desks.ask(SAMPLES, Decode { z_nd: all.with(|z| f32_bytes(z)) }));
    let take = move |i: usize| {
        let n = model.get_untracked().latent;
        if let Some(z) = all.with_untracked(|all| all.get(i * n..(i + 1) * n).map(<[f32]>::to_vec)) {
            codes.start_from(Source::Code(z.into()));
        }
    };
    let cell = move |i: usize| {
        view! {
            <button class="cell" aria-label=words::sample(i) data-testid=format!("sample-{i}") on:click=move |_| take(i)>
                <Picture from=SAMPLES index=i />
            </button>
        }
    };
    let choice = Memo::new(move |_| model.get().choice);
    let cells = move || match choice.get() {
        None => (0..COUNT).map(cell).collect_view().into_any(),
        Some(choice) => (0..rows(choice))
            .map(|kind| {
                view! {
                    <span class="tag">{move || name(runs, choice.given, kind)}</span>
                    {(kind * EACH..(kind + 1) * EACH).map(cell).collect_view()}
                }
            })
            .collect_view()
            .into_any(),
    };
    let help = Signal::derive(move || {
        let levels = if model.get().upper > 0 { words::SAMPLES_LEVELS } else { "" };
        format!("{levels}{}", words::SAMPLES_HELP)
    });
    view! {
        <Panel id="samples" title=words::SAMPLES help slots=&[SAMPLES]
            tools=move || view! { <button class="small" data-testid="new-samples" on:click=move |_| seed.update(|s| *s += 1)>{words::SAMPLES_NEW}</button> }>
            <div class="cells" class:kinds=move || choice.get().is_some() data-testid="samples">{cells}</div>
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_protocol::PlanInfo;
    use latent_vocabulary::code::{CodeGroup, CodeKind};

    #[test]
    fn rows_share_their_upper_level_and_nothing_else() {
        let level = |count| CodeGroup { kind: CodeKind::Gaussian, count };
        let info = PlanInfo { code: vec![level(2), level(3)], ..PlanInfo::default() };
        let z = drawn(&Model::new(Some(&info), None), 9);
        let code = |row: usize, i: usize| &z[(row * EACH + i) * 5..][..5];
        assert_eq!(z.len(), 5 * COUNT);
        assert_eq!(code(1, 0)[..2], code(1, 4)[..2]);
        assert_ne!(code(1, 0)[..2], code(2, 0)[..2]);
        assert_ne!(code(1, 0)[2..], code(1, 4)[2..]);
    }

    #[test]
    fn the_same_numbers_once_with_each_kind() {
        let model = |code: &[CodeGroup]| Model::new(Some(&PlanInfo { code: code.to_vec(), ..PlanInfo::default() }), None);
        let numbers = CodeGroup { kind: CodeKind::Gaussian, count: 2 };
        assert_eq!(drawn(&model(&[numbers]), 5), noise::normals(5, 2 * COUNT));
        let choice = CodeGroup { kind: CodeKind::Choice { given: true }, count: 3 };
        let z = drawn(&model(&[numbers, choice]), 5);
        assert_eq!(z.len(), 3 * EACH * 5);
        let code = |kind: usize, i: usize| &z[(kind * EACH + i) * 5..][..5];
        assert_eq!(code(0, 1)[..2], code(2, 1)[..2]);
        assert_ne!(code(0, 1)[..2], code(0, 2)[..2]);
        assert_eq!([&code(0, 1)[2..], &code(2, 4)[2..]], [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]);
        assert!(drawn(&model(&[CodeGroup { kind: CodeKind::Point, count: 2 }]), 5).is_empty(), "no prior");
    }
}
