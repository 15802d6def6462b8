//! Samples from the prior.

use leptos::html;
use leptos::prelude::*;

use super::Panel;
use crate::spec::protocol::{Query, View, f32_bytes};
use crate::ui::{paint, state::Lab, text, views::SAMPLES};

const COUNT: usize = 24;

/// `n` standard normal numbers that depend on `seed` alone: SplitMix64 and the Box–Muller transform.
fn normals(seed: u32, n: usize) -> Vec<f32> {
    let mut state = u64::from(seed) << 32 | 0x9e37;
    let mut uniform = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = state;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    };
    (0..n).map(|_| ((-2.0 * (1.0 - uniform()).ln()).sqrt() * (std::f64::consts::TAU * uniform()).cos()) as f32).collect()
}

#[component]
pub fn Samples() -> impl IntoView {
    let lab = Lab::get();
    let seed = RwSignal::new(1u32);
    let latent = Memo::new(move |_| lab.latents.with(|l| l.kl_d.len()));
    let codes = Memo::new(move |_| normals(seed.get(), COUNT * latent.get()));
    Effect::new(move || lab.ask(SAMPLES, Query::Decode { z_nd: codes.with(|z| f32_bytes(z)) }));
    let cells = (0..COUNT).map(|i| {
        let canvas = NodeRef::<html::Canvas>::new();
        Effect::new(move || {
            let theme = lab.theme.get();
            if let (Some(canvas), Some(view)) = (canvas.get(), lab.view(SAMPLES).get())
                && let View::Images { width, height, pixels, .. } = &*view
                && let Some(image) = pixels.chunks_exact((width * height) as usize).nth(i)
            {
                paint::image(&canvas, image, *width, &theme);
            }
        });
        let take = move |_| {
            let n = latent.get_untracked();
            if let Some(z) = codes.with_untracked(|all| all.get(i * n..(i + 1) * n).map(<[f32]>::to_vec)) {
                lab.code.set(z);
            }
        };
        view! { <button class="cell" aria-label=text::sample(i) on:click=take><canvas class="digit" node_ref=canvas width="28" height="28"></canvas></button> }
    });
    let cells = cells.collect_view();
    view! {
        <Panel id="samples" title=text::SAMPLES help=text::SAMPLES_HELP slots=&[SAMPLES]
            tools=move || view! { <button class="small" data-testid="new-samples" on:click=move |_| seed.update(|s| *s += 1)>{text::SAMPLES_NEW}</button> }>
            <div class="cells" data-testid="samples">{cells}</div>
        </Panel>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_standard_normal_and_repeatable() {
        let z = normals(1, 20_000);
        assert_eq!(z[..5], normals(1, 5));
        assert_ne!(z[..5], normals(2, 5));
        let mean = z.iter().sum::<f32>() / 20_000.0;
        let variance = z.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.04, "mean {mean}, variance {variance}");
    }
}
