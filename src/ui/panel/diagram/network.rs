//! The layers as bars: as high as what they give is large, in a colour as strong as their share of the operations.

use std::sync::Arc;

use latent_exchange::layers::{Layer, Role, Stage, stages};
use leptos::html;
use leptos::prelude::*;

use super::words;
use crate::roving::{focus, neighbour};
use crate::store::desks::Desks;
use crate::views::NETWORK;
use latent_view::{Network, NetworkPrograms, View};

/// Height of the bar of the fewest numbers, and of the most, in percent.
const HEIGHTS: [f64; 2] = [16.0, 100.0];
/// From this share on it stands under its bar.
const WORTH_A_WORD: f64 = 0.01;
/// Columns of bars that have room for numbers.
const ROOM: usize = 7;

/// The network on show.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    stages: Vec<Stage>,
}

impl Shown {
    /// The latest answer; asks for it.
    pub fn watch(desks: Desks) -> Memo<Option<Arc<Result<Self, String>>>> {
        desks.ask(NETWORK, Network);
        Memo::new(move |_| {
            let view = desks.view(NETWORK).get()?;
            let View::NetworkPrograms(NetworkPrograms { bytes }) = &*view else { return None };
            Some(Arc::new(stages(bytes).map(|stages| Self { stages })))
        })
    }

    fn layers(&self) -> impl Iterator<Item = &Layer> {
        self.stages.iter().flat_map(|stage| &stage.layers)
    }

    /// Share of a layer's operations of those of all.
    fn share(&self, layer: &Layer) -> f64 {
        layer.operations as f64 / self.layers().map(|layer| layer.operations).sum::<u64>().max(1) as f64
    }

    /// Height of a layer's bar in percent.
    fn height(&self, layer: &Layer) -> f64 {
        let size = |layer: &Layer| (layer.output.iter().product::<usize>() as f64).max(1.0).ln();
        let most = self.layers().map(size).fold(f64::MIN_POSITIVE, f64::max);
        let least = self.layers().map(size).fold(most, f64::min);
        let at = (size(layer) - least) / (most - least).max(f64::MIN_POSITIVE);
        HEIGHTS[0] + (HEIGHTS[1] - HEIGHTS[0]) * at
    }

    /// Layers of a part by their depth, each with its number among all.
    fn columns(&self, role: Role) -> Vec<Vec<(usize, &Layer)>> {
        let mut columns: Vec<Vec<(usize, &Layer)>> = vec![];
        let all = self.stages.iter().flat_map(|stage| stage.layers.iter().map(|layer| (stage.role, layer)));
        for (number, (_, layer)) in all.enumerate().filter(|(_, (own, _))| *own == role) {
            columns.resize_with(columns.len().max(layer.depth + 1), Vec::new);
            columns[layer.depth].push((number, layer));
        }
        columns
    }

    /// What is said of the layer of that number.
    pub fn words(&self, number: usize) -> Option<String> {
        self.layers().nth(number).map(|layer| words::layer(layer, self.share(layer)))
    }

    /// Whether tokens are drawn by a network of their own.
    pub fn has_prior(&self) -> bool {
        self.stages.iter().any(|stage| stage.role == Role::Prior)
    }
}

/// Where the visitor looks: the layer under the pointer, or else that with the keyboard.
#[derive(Clone, Copy)]
pub struct Pointed {
    pub root: NodeRef<html::Div>,
    under: RwSignal<Option<usize>>,
    focused: RwSignal<Option<usize>>,
}

impl Pointed {
    pub fn new(root: NodeRef<html::Div>) -> Self {
        Self { root, under: RwSignal::new(None), focused: RwSignal::new(None) }
    }

    /// The keyboard has come to a layer: a pointer that rests elsewhere has nothing to say until it moves.
    fn focus(self, number: usize) {
        self.under.set(None);
        self.focused.set(Some(number));
    }

    /// The pointer has moved on a layer. That one has come to lie under a pointer which rests says nothing.
    fn point(self, number: usize) {
        if self.under.get_untracked() != Some(number) {
            self.under.set(Some(number));
        }
    }

    pub fn at(self) -> Option<usize> {
        self.under.get().or_else(|| self.focused.get())
    }
}

fn id(number: usize) -> String {
    format!("layer-{number}")
}

/// The bars of a part of the network.
pub fn bars_of(shown: &Shown, role: Role, pointed: Pointed) -> impl IntoView + use<> {
    let count = shown.layers().count();
    let columns = shown.columns(role);
    let roomy = columns.len() <= ROOM;
    let columns = columns.into_iter().map(|column| {
        let total: f64 = column.iter().map(|(_, layer)| shown.share(layer)).sum();
        let (beside, layers) = (column.len() as f64, column.into_iter());
        let bars = layers.map(|(number, layer)| {
            let style = format!("height:{:.1}%;--share:{:.1}%", shown.height(layer) / beside, 100.0 * shown.share(layer));
            let lit = move || pointed.at() == Some(number);
            // The Tab key stops at the layer that was looked at last, or at the first.
            let stop = move || if pointed.focused.get().filter(|own| *own < count).unwrap_or(0) == number { 0 } else { -1 };
            let key = move |e: web_sys::KeyboardEvent| {
                if let Some(to) = neighbour(&e.key(), number, count, count) {
                    e.prevent_default();
                    focus(pointed.root, &id(to));
                }
            };
            view! {
                <button class="layer" style=style class:lit=lit tabindex=stop data-testid=id(number) aria-label=words::layer(layer, shown.share(layer))
                    on:pointermove=move |_| pointed.point(number) on:pointerleave=move |_| pointed.under.set(None)
                    on:focus=move |_| pointed.focus(number) on:click=move |_| pointed.focused.set(Some(number)) on:keydown=key></button>
            }
        });
        let share = (roomy && total >= WORTH_A_WORD).then(|| words::percent(total));
        view! { <div class="depth"><div class="beside">{bars.collect_view()}</div><small aria-hidden="true">{share}</small></div> }
    });
    view! { <div class="layers">{columns.collect_view()}</div> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_exchange::layers::Kind;

    #[test]
    fn bars_say_how_large_a_layer_is_and_what_it_costs() {
        let layer = |output: usize, operations, depth| Layer {
            name: "a".into(),
            kind: Kind::Dense,
            input: vec![4],
            output: vec![output],
            parameters: 0,
            operations,
            then: vec![],
            depth,
        };
        let encoder = Stage { role: Role::Encoder, layers: vec![layer(100, 30, 0), layer(1, 5, 1), layer(1, 5, 1)] };
        let shown = Shown { stages: vec![encoder, Stage { role: Role::Decoder, layers: vec![layer(10, 60, 0)] }] };
        let heights: Vec<f64> = shown.layers().map(|layer| shown.height(layer)).collect();
        assert_eq!(heights[..3], [100.0, 16.0, 16.0]);
        assert!((heights[3] - 58.0).abs() < 1e-9, "half the digits, half the way: {heights:?}");
        assert_eq!(shown.layers().map(|layer| shown.share(layer)).collect::<Vec<_>>(), [0.3, 0.05, 0.05, 0.6]);
        let numbers = |role| shown.columns(role).iter().map(|c| c.iter().map(|(n, _)| *n).collect::<Vec<_>>()).collect::<Vec<_>>();
        assert_eq!((numbers(Role::Encoder), numbers(Role::Decoder)), (vec![vec![0], vec![1, 2]], vec![vec![3]]));
        assert!(shown.words(3).is_some() && shown.words(4).is_none() && !shown.has_prior());
    }
}
