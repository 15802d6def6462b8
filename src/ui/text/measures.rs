//! What the measures are called.

pub const TAB: &str = "Measure";
pub const TITLE: &str = "What the model is worth";
pub const HELP: &str = "A number without its protocol cannot be compared: each says how it was taken. On the command line “cargo lab measure” takes the same on all test images, with training images for what is fitted.";
pub const IMAGES: &str = "Images measured";
pub const MEASURE: &str = "Measure the model on show";
pub const AGAIN: &str = "Measure again";
pub const MEASURING: &str = "Measuring …";
pub const NO_ENGINE: &str = "Measuring needs the engine, which is not running.";
pub const NOTHING: &str = "Likelihood, reconstructions, samples, use of the code, what simple readers find in it: whatever applies to the model on show. Takes seconds on a graphics card.";

pub fn images(n: u32) -> String {
    format!("{n} images")
}

/// A measure's name for people.
pub fn name(id: &str) -> String {
    if let Some(k) = id.strip_prefix("nll_k") {
        return format!("−ln p(x) by importance sampling, k = {k}");
    }
    if let Some(of) = id.strip_suffix("_null") {
        return format!("{}, for comparison", name(of));
    }
    match id {
        "mse" => "Squared error of a pixel".into(),
        "psnr" => "Peak signal-to-noise ratio, dB".into(),
        "ssim" => "Structural similarity".into(),
        "kl" => "KL".into(),
        "kl_d" => "KL by latent, nats".into(),
        "loss_recovered" => "Share of the host's quality that the features keep".into(),
        "l0" => "Active features (L0)".into(),
        "fvu" => "Fraction of variance unexplained".into(),
        "mig" => "Mutual information gap".into(),
        "sap" => "Separated attribute predictability".into(),
        "dci_disentanglement" => "DCI: disentanglement".into(),
        "dci_completeness" => "DCI: completeness".into(),
        "dci_informativeness" => "DCI: informativeness".into(),
        "factor_vae_score" => "FactorVAE score".into(),
        "mmd_imq" => "MMD² to the prior, inverse multiquadratic".into(),
        "mmd_rbf" => "MMD² to the prior, Gaussian".into(),
        "knn_accuracy" => "Nearest neighbours: share of labels right".into(),
        "linear_probe_accuracy" => "Linear probe: share of labels right".into(),
        "frechet_prior" => "Fréchet distance of codes to the prior".into(),
        "frechet_pooled" => "Fréchet distance of samples, pooled pixels".into(),
        _ => {
            let words = id.replace('_', " ").replace(" d", "");
            let mut letters = words.chars();
            letters.next().into_iter().map(|first| first.to_ascii_uppercase()).chain(letters).collect()
        }
    }
}
