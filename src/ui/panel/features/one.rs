//! One feature by itself: what it adds, what it fires on, what images are without it, what is like it.

use leptos::html;
use leptos::prelude::*;

use super::atom::Atom;
use super::inspector::Inspector;
use super::names::Names;
use super::places::Places;
use super::said::Called;
use super::strongest::Strongest;
use super::table::Example;
use crate::paint;
use crate::paint::Pictures;
use crate::panel::features::words;
use crate::panel::section::Panel;
use crate::picture::Picture;
use crate::react::react;
use crate::store::desks::Desks;
use crate::store::files::Files;
use crate::store::look::Look;
use crate::store::runs::Runs;
use crate::tiles::Tile;
use crate::views::{DESCRIBED, FEATURE, FEATURES, FOUND};
use latent_view::{EXAMPLES, QUARTER_EXAMPLES, TOP_EXAMPLES, View};
use latent_view::{Feature, Originals};

/// Images that are shown without the feature.
const ABLATED: usize = 6;

/// The first `n` images of the examples, each once.
fn images(examples: &[Option<Example>], n: usize) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::with_capacity(n);
    for image in examples.iter().flatten().map(|e| e.image as u32) {
        if out.len() < n && !out.contains(&image) {
            out.push(image);
        }
    }
    out
}

#[component]
pub fn One() -> impl IntoView {
    let (runs, desks) = (Runs::get(), Desks::get());
    let inspector = Inspector::get();
    let feature = Memo::new(move |_| inspector.feature());
    let examples = Memo::new(move |_| {
        let f = feature.get();
        inspector.table.with(|t| t.as_ref().zip(f).map_or_else(Vec::new, |(t, f)| t.examples(f)))
    });
    react(move || {
        let found: Vec<u32> = examples.with(|all| all.iter().flatten().map(|e| e.image as u32).collect());
        if !found.is_empty() {
            desks.ask(FOUND, Originals { indices: found });
        }
    });
    let ablated = Memo::new(move |_| examples.with(|all| images(&all[..TOP_EXAMPLES.min(all.len())], ABLATED)));
    react(move || {
        if let Some(f) = feature.get() {
            desks.ask(FEATURE, Feature { feature: f as u32, images: ablated.get() });
        }
    });
    let fact = move |name: &'static str, testid: &'static str, value: fn(&super::table::Table, usize) -> String| {
        let value = Signal::derive(move || {
            inspector.table.with(|t| t.as_ref().zip(feature.get()).map_or_else(String::new, |(t, f)| value(t, f)))
        });
        view! { <div><dt>{name}</dt><dd data-testid=testid>{value}</dd></div> }
    };
    let files = Files::get();
    let called = move || feature.get().map(|f| words::called(f, &files.names.with(|text| Names::read(text).of(f).0)));
    let favours = move || {
        inspector
            .table
            .with(|t| t.as_ref().zip(feature.get()).map(|(t, f)| words::purity(t.purity_f[f], &runs.class_name(t.label_f[f]))))
    };
    let bars = move || {
        inspector.table.with(|t| {
            let (t, f) = t.as_ref().zip(feature.get())?;
            let counts = t.histogram(f);
            let most = counts.iter().copied().fold(1.0f32, f32::max);
            // Even one input is to be seen.
            let height = |n: f32| if n > 0.0 { (100.0 * n / most).max(2.0) } else { 0.0 };
            Some(counts.iter().map(|n| view! { <li title=words::inputs(*n)><span class="bar" style:height=format!("{:.1}%", height(*n))></span></li> }).collect_view())
        })
    };
    let reach = move || inspector.table.with(|t| t.as_ref().zip(feature.get()).map(|(t, f)| words::amount(t.max_f[f])));
    let row = move |from: usize, n: usize| (from..from + n).map(|e| view! { <Shown e examples /> }).collect_view();
    let quarters = (0..4).map(|q| view! {
        <div class="quarter"><span class="note">{words::QUARTERS[q]}</span><div class="cells">{row(TOP_EXAMPLES + q * QUARTER_EXAMPLES, QUARTER_EXAMPLES)}</div></div>
    });
    let quarters = quarters.collect_view();
    let hold = move |value: fn(&super::table::Table, usize) -> f32| {
        move |_| {
            if let Some((t, f)) = inspector.table.get_untracked().zip(feature.get_untracked()) {
                inspector.hold(f, Some(value(&t, f)));
            }
        }
    };
    view! {
        <Panel id="feature" title=words::ONE help=words::ONE_HELP slots=&[FEATURES, FEATURE, FOUND, DESCRIBED]
            tools=move || view! {
                <button class="small" data-testid="feature-ablate" on:click=hold(|_, _| 0.0)>{words::SWITCH_OFF}</button>
                <button class="small" data-testid="feature-steer" on:click=hold(|t, f| t.max_f[f])>{words::STEER}</button>
            }>
            <div class="portrait">
                <figure><Atom feature=Signal::derive(move || feature.get()) label=words::ATOM testid="feature-atom" />
                    <figcaption data-testid="feature-name">{called}</figcaption></figure>
                <dl class="facts">
                    {fact(words::DENSITY, "fact-density", |t, f| words::percent(t.density_f[f]))}
                    {fact(words::MEAN, "fact-mean", |t, f| words::amount(t.mean_f[f]))}
                    {fact(words::NORM, "fact-norm", |t, f| words::amount(t.norm_f[f]))}
                    <div><dt>{words::CLASS}</dt><dd data-testid="fact-purity">{favours}</dd></div>
                </dl>
                <div class="activations">
                    <ol class="bars" data-testid="feature-histogram" aria-label=words::HISTOGRAM>{bars}</ol>
                    <p class="note span"><span>"0"</span><span>{words::HISTOGRAM}</span><span>{reach}</span></p>
                </div>
            </div>
            <Called feature />
            <h3>{words::STRONGEST}</h3>
            <Strongest examples />
            <div class="cells top-examples" class:absent=inspector.beside data-testid="feature-top">{row(0, TOP_EXAMPLES)}</div>
            <details><summary>{words::BY_QUARTER}</summary><div class="quarters">{quarters}</div></details>
            <h3>{words::WITHOUT}" "<span class="note" data-testid="feature-effect">{move || effect(desks, feature.get())}</span></h3>
            <div class="ablations"><div class="row-names"><span>{words::ORIGINAL}</span><span>{words::REBUILT}</span><span>{words::LEFT_OUT}</span><span>{words::CHANGE}</span></div>
                <div class="cells">{(0..ABLATED).map(|i| view! { <Ablation i feature /> }).collect_view()}</div></div>
            <h3>{words::SIMILAR}</h3>
            <Similar feature />
            <h3>{words::COMES_WITH}</h3>
            <Together feature />
            <Places feature />
        </Panel>
    }
}

/// The answer about the feature in hand.
fn answer(desks: Desks, feature: Option<usize>) -> Option<std::rc::Rc<View>> {
    desks.view(FEATURE).get().filter(|view| matches!(&**view, View::OneFeature(one) if Some(one.feature as usize) == feature))
}

/// How much the images change without the feature, in words.
fn effect(desks: Desks, feature: Option<usize>) -> Option<String> {
    let view = answer(desks, feature)?;
    let pictures = Pictures::of(&view)?;
    let n = pictures.len() / 3;
    let squares = |i: usize| {
        let (a, b) = (pictures.get(n + i)?, pictures.get(2 * n + i)?);
        Some(a.iter().zip(b).map(|(a, b)| (f32::from(*a) - f32::from(*b)).powi(2)).sum::<f32>() / (255.0 * 255.0 * a.len() as f32))
    };
    (n > 0).then(|| words::moved(((0..n).filter_map(squares).sum::<f32>() / n as f32).sqrt()))
}

/// An input on which the feature is active: press to steer it.
#[component]
fn Shown(e: usize, examples: Memo<Vec<Option<Example>>>) -> impl IntoView {
    let inspector = Inspector::get();
    let example = Memo::new(move |_| examples.with(|all| all.get(e).copied().flatten()));
    // Only those that exist were asked for.
    let index = Memo::new(move |_| examples.with(|all| all.iter().take(e.min(EXAMPLES)).flatten().count()));
    let region = move || {
        let (grid, example) = (inspector.grid.get()?, example.get()?);
        (grid.places() > 1 && !grid.layers).then(|| {
            let (w, h) = (100.0 / grid.width as f64, 100.0 / grid.height as f64);
            let (x, y) = ((example.place % grid.width) as f64 * w, (example.place / grid.width) as f64 * h);
            view! { <i class="region" style=format!("left:{x:.2}%;top:{y:.2}%;width:{w:.2}%;height:{h:.2}%")></i> }
        })
    };
    let words = Signal::derive(move || {
        let layers = inspector.grid.get().is_some_and(|grid| grid.layers);
        example.get().map_or_else(String::new, |e| {
            let said = words::example(e.image, e.activation);
            if layers { format!("{said}, {}", words::layer(e.place)) } else { said }
        })
    });
    let take = move |_| {
        if let Some(e) = example.get_untracked() {
            inspector.take(index.get_untracked(), e.image);
        }
    };
    view! {
        <button class="cell example" class:gone=Signal::derive(move || example.get().is_none()) aria-label=words title=words on:click=take>
            <Picture from=FOUND index=index /> {region}
        </button>
    }
}

/// An image, what is rebuilt of it, the same without the feature, and what that changes.
#[component]
fn Ablation(i: usize, feature: Memo<Option<usize>>) -> impl IntoView {
    let (look, desks) = (Look::get(), Desks::get());
    let (canvas, change) = (NodeRef::<html::Canvas>::new(), NodeRef::<html::Canvas>::new());
    let there = Memo::new(move |_| answer(desks, feature.get()).is_some_and(|v| Pictures::of(&v).is_some_and(|p| p.len() / 3 > i)));
    react(move || {
        let theme = look.theme.get();
        let (Some(canvas), Some(change), Some(view)) = (canvas.get(), change.get(), answer(desks, feature.get())) else { return };
        let Some(pictures) = Pictures::of(&view) else { return };
        let n = pictures.len() / 3;
        if let (Some(x), Some(rebuilt), Some(without)) = (pictures.get(i), pictures.get(n + i), pictures.get(2 * n + i))
            && i < n
        {
            paint::tiles(&canvas, &[x, rebuilt, without], pictures.shape, 1, &theme);
            paint::difference(&change, &paint::change(rebuilt, without, pictures.shape.channels), pictures.shape, &theme);
        }
    });
    view! {
        <div class="ablation" class:gone=Signal::derive(move || !there.get())>
            <canvas class="digit" node_ref=canvas width="28" height="84" role="img" aria-label=words::ABLATION data-testid=format!("ablation-{i}")></canvas>
            <canvas class="digit" node_ref=change width="28" height="28" role="img" aria-label=words::CHANGE></canvas>
        </div>
    }
}

/// The features whose atoms point the same way.
#[component]
fn Similar(feature: Memo<Option<usize>>) -> impl IntoView {
    let desks = Desks::get();
    let inspector = Inspector::get();
    let near = Memo::new(move |_| match answer(desks, feature.get()).as_deref() {
        Some(View::OneFeature(one)) => one.near.iter().copied().zip(one.cosine.iter().copied()).collect::<Vec<_>>(),
        _ => Vec::new(),
    });
    let cells = move || {
        near.get().into_iter().map(|(f, cosine)| view! {
            <Tile testid=format!("similar-{f}") tag=words::cosine(cosine) words=words::similar(f, cosine)
                press=move |()| inspector.chosen.set(Some(f as usize)) picture=view! { <Atom feature=Some(f as usize) /> }.into_any() />
        }).collect_view()
    };
    view! { <div class="cells" data-testid="feature-similar">{cells}</div> }
}

/// The features that are active on the same inputs.
#[component]
fn Together(feature: Memo<Option<usize>>) -> impl IntoView {
    let inspector = Inspector::get();
    let near =
        Memo::new(move |_| inspector.table.with(|t| t.as_ref().zip(feature.get()).map_or_else(Vec::new, |(t, f)| t.together(f))));
    let cells = move || {
        near.get()
            .into_iter()
            .map(|(f, phi)| {
                view! {
                    <Tile testid=format!("together-{f}") tag=words::cosine(phi) words=words::together(f, phi)
                        press=move |()| inspector.chosen.set(Some(f)) picture=view! { <Atom feature=Some(f) /> }.into_any() />
                }
            })
            .collect_view()
    };
    view! {
        <p class="note" class:absent=move || near.with(|near| !near.is_empty())>{words::NONE_TOGETHER}</p>
        <div class="cells" data-testid="feature-together">{cells}</div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_image_is_shown_once() {
        let example = |image| Some(Example { image, place: 0, activation: 1.0 });
        assert_eq!(images(&[example(4), None, example(4), example(2), example(9)], 2), [4, 2]);
    }
}
