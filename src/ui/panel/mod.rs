//! The panels. Each is a folder here and a line in the table below.

pub mod section;

use leptos::prelude::*;

use crate::model::Model;
use crate::part::{Make, fetched};
use crate::tab::Tab;

/// What the page knows of a panel before it is made.
pub struct PanelSpec {
    pub tab: Tab,
    /// Whether it has something to say about a model.
    pub applies: fn(&Model) -> bool,
    pub make: Make,
}

const ANY: fn(&Model) -> bool = |_| true;
/// Codes are numbers of one level that the encoder finds out: what is fitted to them can be drawn from.
const FITTED: fn(&Model) -> bool = |model| !model.flows && !model.undrawn && model.upper == 0 && (model.gaussian || model.points());
const CLOUDS: fn(&Model) -> bool = |model| model.clouds;
const FLOWS: fn(&Model) -> bool = |model| model.flows;
const PRIOR: fn(&Model) -> bool = |model| model.prior.is_some();
const VECTOR: fn(&Model) -> bool = |model| model.vector;
// Before the first model is there, nothing is known against a plane.
const PLANE: fn(&Model) -> bool = |model| (model.vector || model.undrawn) && model.latent != 1;
/// Of what draws its codes, and of what does not.
const DRAWN: fn(&Model) -> bool = |model| !model.undrawn;
const UNDRAWN: fn(&Model) -> bool = |model| model.undrawn;

const TOKENS: fn(&Model) -> bool = |model| model.grid.is_some();
/// Places have several tokens.
const LEVELS: fn(&Model) -> bool = |model| model.grid.is_some_and(|grid| grid.levels > 1);
const DRAWN_TOKENS: fn(&Model) -> bool = |model| model.grid.is_some_and(|grid| grid.drawn);
const FEATURES: fn(&Model) -> bool = |model| model.features.is_some();
/// Each number of a code has a few values of its own.
const STEPS: fn(&Model) -> bool = |model| model.steps > 0;
/// Of what can be drawn by hand: no film strip is.
const PICTURES: fn(&Model) -> bool = |model| model.sample.is_picture() && model.shape.width < 3 * model.shape.height;
/// Of places in a plane or in space, which a decoder gives again.
const PLACES: fn(&Model) -> bool = |model| model.sample.is_place() && !model.undrawn;

/// Declares the modules of panels, and makes [`PANELS`] of what is in them: `tab models view`. A panel comes with the page, or
/// with what follows it is [`fetched!`]: `in part as name`, where no two names are the same.
macro_rules! panels {
    ($($module:ident { $($tab:ident $models:ident $view:ident $(in $part:ident as $name:ident)?),+ })*) => {
        $(pub mod $module;)*

        /// All panels, in the order in which they stand.
        pub const PANELS: &[PanelSpec] = &[
            $($(PanelSpec { tab: Tab::$tab, applies: $models, make: panels!(@$module $view $($part $name)?) },)+)*
        ];
    };
    (@$module:ident $view:ident) => {
        Make::Now(|| view! { <$module::$view /> }.into_any())
    };
    (@$module:ident $view:ident $part:ident $name:ident) => {
        fetched!($part, $name, view! { <$module::$view /> })
    };
}

panels! {
    places { Learn PLACES Places in panels as places }
    traversal { Learn VECTOR Traversal, Latents VECTOR Latents }
    map { Learn PLANE Map, Map PLANE Explore in panels as explore }
    objective { Explain ANY Objective in panels as objective }
    chart { Learn ANY Loss, Explain ANY Loss }
    kl { Learn CLOUDS KlBars }
    neighbours { Learn UNDRAWN Neighbours in panels as neighbours }
    reconstructions { Learn DRAWN Reconstructions }
    samples { Learn PRIOR Samples }
    ways { Map FITTED Ways in panels as ways }
    flow { Learn FLOWS Flow in panels as flow }
    spectrum { Map PLANE Spectrum in panels as spectrum }
    positions { Latents STEPS Positions in panels as positions }
    path { Paths VECTOR Paths in panels as path }
    copies { Paths FITTED Copies in panels as copies }
    arithmetic { Paths VECTOR Arithmetic in panels as arithmetic }
    codebook {
        Codebook TOKENS Tokens in codes as tokens,
        Codebook TOKENS Atlas in codes as atlas,
        Codebook DRAWN_TOKENS Samples in codes as token_samples,
        Codebook TOKENS CodeMap in codes as code_map
    }
    features {
        Features FEATURES List in codes as feature_list,
        Features FEATURES One in codes as feature,
        Features FEATURES Kin in codes as feature_kin,
        Features FEATURES Steering in codes as steering
    }
    shorten { Codebook LEVELS ByToken in codes as by_token, Features FEATURES ByFeature in codes as by_feature }
    draw { Draw PICTURES Draw in panels as draw }
    measures { Measure ANY Measures in panels as measures }
    diagram { Explain ANY Diagram in panels as diagram }
}
