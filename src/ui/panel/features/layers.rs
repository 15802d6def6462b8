//! Features of a residual stream: in which layers each is active, and in which feature of the next layer it goes on.

use leptos::prelude::*;

use super::atom::Atom;
use super::inspector::Inspector;
use crate::encoded::Encoded;
use crate::panel::features::words;
use crate::panel::section::Panel;
use crate::rank::rank;
use crate::store::desks::Desks;
use crate::tiles::Tile;
use crate::views::{FEATURES, FIRING};

/// Features and ways on show.
const SHOWN: usize = 16;
const WAYS: usize = 10;

/// How evenly some amounts are spread, from 0 to 1.
fn evenness(amounts: &[f32]) -> f32 {
    let sum: f32 = amounts.iter().sum();
    let entropy: f32 = amounts.iter().filter(|a| **a > 0.0).map(|a| -(a / sum) * (a / sum).ln()).sum();
    entropy / (amounts.len() as f32).ln()
}

/// The activity of one feature in each layer of a code.
fn layers_of(code: &[f32], features: usize, f: usize) -> Vec<f32> {
    code.iter().skip(f).step_by(features).map(|a| a.abs()).collect()
}

fn average(values: impl Iterator<Item = f32>) -> Option<f32> {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), v| (sum + v, n + 1.0f32));
    (n > 0.0).then(|| sum / n)
}

#[component]
pub fn Layers() -> impl IntoView {
    let desks = Desks::get();
    let inspector = Inspector::get();
    let layers = Memo::new(move |_| inspector.grid.get().map_or(0, |grid| grid.places()));
    // The code of the image that is steered, where there is one.
    let code = Memo::new(move |_| {
        let (grid, input) = (inspector.grid.get()?, inspector.input.get());
        input?;
        let codes = Encoded::read(&*desks.view(FIRING).get()?)?;
        let code = codes.mean(0)?.to_vec();
        (code.len() == grid.places() * grid.features).then_some(code)
    });
    let order = Memo::new(move |_| {
        inspector.table.with(|t| {
            let Some(t) = t else { return vec![] };
            let living: Vec<usize> = (0..t.features()).filter(|f| t.density_f[*f] > 0.0).collect();
            let order = rank(living.iter().map(|f| -t.density_f[*f] * t.mean_f[*f].abs()));
            order.into_iter().take(SHOWN).map(|i| living[i]).collect::<Vec<usize>>()
        })
    });
    let told = move || {
        let table = inspector.table.get()?;
        let living = (0..table.features()).filter(|f| table.density_f[*f] > 0.0);
        let all = average(living.map(|f| evenness(table.places_of(f))))?;
        let one = code.get().and_then(|code| {
            let own = (0..table.features()).map(|f| layers_of(&code, table.features(), f));
            average(own.filter(|own| own.iter().any(|a| *a > 0.0)).map(|own| evenness(&own)))
        });
        Some(words::spread(all, one))
    };
    let tile = move |f: usize, testid: String, tag: String, said: String| {
        view! {
            <Tile testid tag words=said press=move |()| inspector.chosen.set(Some(f)) pressed=Signal::derive(move || inspector.feature() == Some(f))
                picture=view! { <Atom feature=Some(f) /> }.into_any() />
        }
    };
    let heat = |amounts: Vec<f32>| {
        let most = amounts.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
        let sum = amounts.iter().sum::<f32>().max(f32::MIN_POSITIVE);
        let cell = |(i, a): (usize, f32)| {
            let said = words::at_place(a / sum, &words::layer(i));
            view! { <td style=format!("--heat:{:.0}%", 100.0 * a / most) title=said.clone() aria-label=said></td> }
        };
        amounts.into_iter().enumerate().map(cell).collect_view()
    };
    let head = move || {
        let numbers = || (0..layers.get()).map(|i| view! { <th scope="col">{(i + 1).to_string()}</th> }).collect_view();
        let one = code.with(Option::is_some).then(numbers);
        view! { <tr><th></th>{numbers()}{one.is_some().then(|| view! { <th class="gap"></th> })}{one}</tr> }
    };
    let heads = move || {
        let span = layers.get().to_string();
        let one = code.with(Option::is_some).then(|| view! { <th class="gap"></th><th colspan=span.clone()>{words::ON_ONE}</th> });
        view! { <tr><th></th><th colspan=span.clone()>{words::OVER_ALL}</th>{one}</tr> }
    };
    let rows = move || {
        let Some(table) = inspector.table.get() else { return vec![] };
        let code = code.get();
        let row = |f: usize| {
            let own = code.as_ref().map(|code| heat(layers_of(code, table.features(), f)));
            view! {
                <tr><th scope="row">{tile(f, format!("layered-{f}"), f.to_string(), words::name(f))}</th>{heat(table.places_of(f).to_vec())}
                    {own.is_some().then(|| view! { <td class="gap"></td> })}{own}</tr>
            }
        };
        order.get().into_iter().map(row).collect()
    };
    let ways = Memo::new(move |_| inspector.table.with(|t| t.as_ref().map_or_else(Vec::new, |t| t.ways(WAYS))));
    let flows = move || {
        let Some(table) = inspector.table.get() else { return vec![] };
        let step = |(i, (f, cosine)): (usize, (usize, f32))| {
            let (home, first) = (table.home(f), i == 0);
            let said = if first { words::name(f) } else { words::onward(f, home, cosine) };
            let arrow = (!first).then(|| view! { <span class="note">{words::cosine(cosine)}" →"</span> });
            view! { {arrow}{tile(f, format!("way-{f}"), f.to_string(), said)} }
        };
        let row = |way: Vec<(usize, f32)>| view! { <li>{way.into_iter().enumerate().map(step).collect_view()}</li> };
        ways.get().into_iter().map(row).collect::<Vec<_>>()
    };
    view! {
        <Panel id="layers" title=words::LAYERS help=words::LAYERS_HELP slots=&[FEATURES, FIRING]>
            <p class="note" data-testid="layers-spread">{told}</p>
            <h3>{words::BY_LAYER}</h3>
            <p class="note" class:absent=move || code.with(Option::is_some)>{words::NO_IMAGE}</p>
            <table class="layered" data-testid="layers-map"><thead>{heads}{head}</thead><tbody>{rows}</tbody></table>
            <h3>{words::WAYS}</h3>
            <p class="note" class:absent=move || ways.with(|ways| !ways.is_empty())>{words::NO_WAYS}</p>
            <ol class="ways" data-testid="layers-ways">{flows}</ol>
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_of_one_layer_is_not_spread() {
        let code = [1.0, 2.0, 0.0, 2.0];
        assert_eq!((layers_of(&code, 2, 0), layers_of(&code, 2, 1)), (vec![1.0, 0.0], vec![2.0, 2.0]));
        assert_eq!((evenness(&[1.0, 0.0]), evenness(&[2.0, 2.0])), (0.0, 1.0));
        assert_eq!((average([].into_iter()), average([1.0, 2.0].into_iter())), (None, Some(1.5)));
    }
}
