//! What the parts of a map share.

use leptos::prelude::*;

use crate::panel::map::draw::{Ground, Marks};
use crate::panel::map::points::Points;
use crate::plane::Axes;
use crate::store::look::Look;
use crate::store::runs::Runs;

/// What a map shows; made by its panel, shared with the chart and the buttons.
#[derive(Clone, Copy)]
pub struct MapState {
    pub axes: RwSignal<Axes>,
    pub points: RwSignal<Points>,
    /// The one label on show.
    pub only: RwSignal<Option<u8>>,
    pub marks: RwSignal<Marks>,
    pub ground: RwSignal<Ground>,
    pub ellipses: RwSignal<bool>,
    /// The pointer draws a lasso instead of moving the traversal.
    pub lasso: RwSignal<bool>,
    /// Images inside of it.
    pub selected: RwSignal<Vec<usize>>,
}

impl MapState {
    pub fn new() -> Self {
        let (look, runs) = (Look::get(), Runs::get());
        let (points, only, selected) = (RwSignal::new(Points::default()), RwSignal::new(None), RwSignal::new(Vec::new()));
        runs.on_other_data(move || {
            points.set(Points::default());
            only.set(None);
            selected.set(Vec::new());
        });
        Self {
            axes: look.axes,
            points,
            only,
            marks: RwSignal::new(Marks::Dots),
            ground: RwSignal::new(Ground::Plain),
            ellipses: RwSignal::new(false),
            lasso: RwSignal::new(false),
            selected,
        }
    }
}
