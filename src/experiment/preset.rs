//! The models that ship trained: what each is, and how it was made. Plain data, no weights.

use crate::setup::Setup;
use latent_vocabulary::Precision;
use latent_vocabulary::data::DataCard;

/// A trained model in `assets/presets`: `ID.safetensors`, with `ID.examples.safetensors` (images for figures), `ID.png` (a
/// still) and `ID.json` (what it is worth) beside it. `cargo lab presets` makes them all from this table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Preset {
    /// Name of its files, and in the attribute `preset` of an embedded figure.
    pub id: &'static str,
    /// Name on the page.
    pub label: &'static str,
    /// One sentence for a newcomer.
    pub summary: &'static str,
    /// The experiment, as in a link.
    pub setup: &'static str,
    /// Passes over the training images.
    pub epochs: u32,
    /// Of the weights in its file: as few bits as its pictures bear, see `ID.json`.
    pub precision: Precision,
}

/// Every model, in the order of the gallery; the first is on show when the page opens.
pub const PRESETS: &[Preset] = &[
    Preset {
        id: "mnist-vae",
        label: "Ten numbers a digit",
        summary: "A variational autoencoder: drag a slider and the digit morphs.",
        setup: "v=1&data=mnist&method=vae&latent=10&hidden=200",
        epochs: 30,
        precision: Precision::Quarter,
    },
    Preset {
        id: "faces-beta",
        label: "Sliders for a face",
        summary: "A β-VAE of drawn faces: 16 numbers for hair, background, mouth and the shape of a head.",
        setup: "v=1&data=faces&method=beta-vae&objective=fixed&latent=16&net=conv&channels=16&hidden=128&likelihood=gaussian&lr=0.002&batch=32",
        epochs: 60,
        precision: Precision::Quarter,
    },
    Preset {
        id: "mnist-map",
        label: "Digits on a plane",
        summary: "Two numbers a digit: all of them lie on one map.",
        setup: "v=1&data=mnist&method=vae&latent=2&hidden=200",
        epochs: 30,
        precision: Precision::Quarter,
    },
    Preset {
        id: "mnist-vq",
        label: "Digits as 49 tokens",
        summary: "A VQ-VAE: 7 × 7 tokens from an alphabet of 64, to paint with.",
        setup: "v=1&data=mnist&method=vq-vae&prior=none&batch=64",
        epochs: 3,
        precision: Precision::Quarter,
    },
    Preset {
        id: "faces-vq",
        label: "Faces as 64 tokens",
        summary: "A VQ-VAE: 8 × 8 tokens from an alphabet of 512, to paint with.",
        setup: "v=1&data=faces&method=vq-vae&codes=512&width=64&prior=none&lr=0.002&batch=16",
        epochs: 60,
        precision: Precision::Quarter,
    },
    Preset {
        id: "mnist-sae",
        label: "A dictionary of strokes",
        summary: "A sparse autoencoder: each digit is a sum of 16 of 256 strokes.",
        setup: "v=1&data=mnist&method=topk-sae&k=16&features=256",
        epochs: 20,
        precision: Precision::Quarter,
    },
    Preset {
        id: "faces-sae",
        label: "Patches of a face",
        summary: "A sparse autoencoder: every patch of a face is a sum of 8 features.",
        setup: "v=1&data=faces&method=topk-sae&k=8&features=256&source=patches&batch=32",
        epochs: 1,
        precision: Precision::Quarter,
    },
    Preset {
        id: "mnist-beta",
        label: "Half the nats",
        summary: "A β-VAE: at β = 4 a digit must do with 9 nats, not 18, and sliders turn width, slant, a loop.",
        setup: "v=1&data=mnist&method=beta-vae&objective=fixed&latent=10&hidden=200",
        epochs: 30,
        precision: Precision::Quarter,
    },
    Preset {
        id: "mnist-dae",
        label: "Made whole again",
        summary: "A denoising autoencoder, shown digits with 40 % of their pixels gone.",
        setup: "v=1&data=mnist&method=dae&latent=16&hidden=200",
        epochs: 20,
        precision: Precision::Quarter,
    },
    Preset {
        id: "faces-dae",
        label: "A face through snow",
        summary: "A denoising autoencoder, shown faces with 40 % of their values gone.",
        setup: "v=1&data=faces&method=dae&latent=32&net=conv&channels=8&hidden=128&batch=32",
        epochs: 12,
        precision: Precision::Quarter,
    },
];

impl Preset {
    /// The preset called `id`.
    pub fn find(id: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|p| p.id == id)
    }

    /// Its weights, from the page's folder.
    pub fn weights(&self) -> String {
        format!("assets/presets/{}.safetensors", self.id)
    }

    /// The experiment.
    ///
    /// # Panics
    /// If the table is wrong, which a test excludes.
    pub fn setup(&self) -> Setup {
        let (setup, notes) = Setup::from_query(self.setup, &[]);
        assert!(notes.is_empty(), "{}: {notes:?}", self.id);
        setup
    }

    /// Which data set it was trained on.
    pub fn data(&self) -> &'static DataCard {
        latent_catalog::set(&self.setup().data).expect("a setup names a data set")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_vocabulary::Family;

    #[test]
    fn the_table_is_sound_and_has_every_family_on_digits_and_faces() {
        let mut families = Vec::new();
        for preset in PRESETS {
            assert_eq!(Preset::find(preset.id), Some(preset), "{} twice", preset.id);
            assert_eq!(
                preset.setup().to_query().split('&').count(),
                preset.setup.split('&').count(),
                "{}: a value is the default",
                preset.id
            );
            assert!(preset.id.starts_with(preset.data().id), "{}", preset.id);
            families.push((preset.data().id, preset.setup().card().unwrap().family));
        }
        for data in ["mnist", "faces"] {
            for family in [Family::Ae, Family::Vae, Family::Vq, Family::Sae] {
                assert!(families.contains(&(data, family)), "{data}: {family:?}");
            }
        }
    }
}
