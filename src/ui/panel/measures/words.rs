//! What the measures are called.

pub const TAB: &str = "Measure";
pub const TITLE: &str = "What the model is worth";
pub const HELP: &str = "Each number stands with its protocol, so that it can be compared. On the command line, “cargo lab measure” takes the same measures on all test images and fits probes on training images.";
pub const IMAGES: &str = "Images measured";
pub const MEASURE: &str = "Measure the model on show";
pub const AGAIN: &str = "Measure again";
pub const MEASURING: &str = "Measuring …";
pub const NO_ENGINE: &str = "Measuring needs the engine, which is not running.";
pub const NOTHING: &str = "Likelihood, reconstructions, samples, use of the code, probes: every measure that applies to the model on show. Takes seconds on a graphics card.";

/// Of which weights the numbers on show are.
pub fn taken(step: u64, same: bool, past: bool) -> String {
    match (same, past) {
        (false, _) => format!("Taken from a different network, at its step {step}. Measure again for the one on show."),
        (true, true) => format!("Taken at step {step}; the network has learnt since. Measure again for its present weights."),
        _ => format!("Taken at step {step}."),
    }
}

pub fn images(n: u32) -> String {
    format!("{n} images")
}

/// Measures that are not called by the words of their ids.
const NAMES: &[(&str, &str)] = &[
    ("mse", "Squared error of a pixel"),
    ("psnr", "Peak signal-to-noise ratio, dB"),
    ("ssim", "Structural similarity"),
    ("kl", "KL"),
    ("kl_d", "KL by latent, nats"),
    ("loss_recovered", "Share of the host's quality that the features keep"),
    ("l0", "Active features (L0)"),
    ("fvu", "Fraction of variance unexplained"),
    ("fraction_unexplained", "Fraction of the pixels' variance unexplained"),
    ("mig", "Mutual information gap"),
    ("sap", "Separated attribute predictability"),
    ("dci_disentanglement", "DCI: disentanglement"),
    ("dci_completeness", "DCI: completeness"),
    ("dci_informativeness", "DCI: informativeness"),
    ("factor_vae_score", "FactorVAE score"),
    ("mmd_imq", "MMD² to the prior, inverse multiquadratic"),
    ("mmd_rbf", "MMD² to the prior, Gaussian"),
    ("knn_accuracy", "Nearest neighbours: share of labels right"),
    ("linear_probe_accuracy", "Linear probe: share of labels right"),
    ("frechet_prior", "Fréchet distance of codes to the prior"),
    ("frechet_pooled", "Fréchet distance of samples, pooled pixels"),
];

/// A measure's name for people.
pub fn name(id: &str) -> String {
    for (prefix, of) in [("nll_k", "p(x)"), ("nll_given_label_k", "p(x | y)")] {
        if let Some(k) = id.strip_prefix(prefix) {
            return format!("−ln {of} by importance sampling, k = {k}");
        }
    }
    if let Some(of) = id.strip_suffix("_null") {
        return format!("{}, for comparison", name(of));
    }
    if let Some((_, name)) = NAMES.iter().find(|(known, _)| *known == id) {
        return (*name).into();
    }
    // One number a latent.
    let words = id.strip_suffix("_d").unwrap_or(id).replace('_', " ");
    let mut letters = words.chars();
    letters.next().into_iter().map(|first| first.to_ascii_uppercase()).chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The sources in a folder.
    fn sources(folder: &str) -> String {
        let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("the sources are readable");
        files.map(|file| fs::read_to_string(file.expect("a file").path()).expect("the sources are UTF-8")).collect()
    }

    #[test]
    fn no_name_is_garbled() {
        // Whatever stands in quotes where measures are taken, and looks like an id; and the terms of all objectives.
        let taken = sources("src/train/assess");
        let like_an_id = |word: &&str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        let mut ids: Vec<&str> = taken.split('"').filter(like_an_id).collect();
        let methods = ["src/vae", "src/ae", "src/vq", "src/sae", "src/nn"].map(sources).concat();
        ids.extend(methods.split(".show(\"").skip(1).filter_map(|rest| rest.split('"').next()));
        for id in &ids {
            let by_words = !NAMES.iter().any(|(known, _)| known == id) && !id.ends_with("_null");
            if by_words {
                assert_eq!(name(id).to_lowercase(), id.strip_suffix("_d").unwrap_or(id).replace('_', " ").to_lowercase());
            }
        }
        for id in
            ["codes_dead", "ultra_dense_features", "aggregate_mean_d", "nuclear norm"].iter().chain(NAMES.iter().map(|(id, _)| id))
        {
            assert!(ids.iter().any(|known| known == id), "no measure is called {id}");
        }
        assert_eq!(
            ["codes_dead", "ultra_dense_features", "aggregate_mean_d"].map(name),
            ["Codes dead", "Ultra dense features", "Aggregate mean"]
        );
        assert_eq!(name("nll_k50"), "−ln p(x) by importance sampling, k = 50");
        assert_eq!(name("nll_given_label_k1"), "−ln p(x | y) by importance sampling, k = 1");
        assert_eq!(name("mmd_rbf_null"), "MMD² to the prior, Gaussian, for comparison");
    }
}
