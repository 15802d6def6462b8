//! What the features of a sparse autoencoder are worth.

use super::images::Images;
use super::measure::{Measure, Sheet};
use super::pictures::CLAMPED;
use super::subject::{About, Subject};
use latent_data::test_factors;
use latent_engine::{Program, Weight};
use latent_measure::pause::Pause;
use latent_measure::probe::LinearProbe;
use latent_measure::{Rows, image, sparse};
use latent_registry::renderer;
use latent_vocabulary::code::CodeGroup;

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[("l0", "Active features (L0)"), ("dead_features", ""), ("ultra_dense_features", ""), ("density_histogram", "")],
        applies: About::features,
        run: |s, sheet| Box::pin(activity(s, sheet)),
    },
    Measure {
        names: &[("fraction_unexplained", "Fraction of the pixels' variance unexplained")],
        applies: About::features,
        run: |s, sheet| Box::pin(unexplained(s, sheet)),
    },
    Measure {
        names: &[
            ("loss_recovered", "Share of the host's quality that the features keep, against zeros"),
            ("loss_recovered_mean", "Share of it that they keep, against the layer's mean"),
        ],
        applies: About::features,
        run: |s, sheet| Box::pin(recovered(s, sheet)),
    },
    Measure {
        names: &[("description_bits", ""), ("dictionary_bits", "")],
        applies: About::features,
        run: |s, sheet| Box::pin(description(s, sheet)),
    },
    Measure {
        names: &[("planted_cosine", ""), ("planted_recovered", "")],
        applies: |about| about.features() && planted(about),
        run: |s, sheet| Box::pin(recovery(s, sheet)),
    },
    Measure {
        names: &[("absorption", "")],
        applies: |about| about.features() && !planted(about),
        run: |s, sheet| Box::pin(absorbed(s, sheet)),
    },
    Measure {
        names: &[("planted_absorption", "Absorption of planted parents")],
        applies: |about| about.features() && about.data.is_some_and(|card| card.planted > 0),
        run: |s, sheet| Box::pin(parents_absorbed(s, sheet)),
    },
];

/// Whether the features behind the samples are known.
fn planted(about: &About) -> bool {
    about.planted || about.data.is_some_and(|card| card.planted > 0)
}

/// Values of an activation are written down as finely as costs this share of the squared error.
const EXCESS: f64 = 0.01;
/// Bits of a dictionary's value.
const WEIGHT_BITS: u32 = 16;

/// Features of one input: a code holds those of each place of a grid in turn, and each place is an input of its own.
fn width(s: &Subject<'_>) -> usize {
    let latent = s.model.info().latent as usize;
    s.about.code.iter().find_map(CodeGroup::features).map_or(latent, |grid| grid.features)
}

/// What is done to reconstructions, for protocols.
fn clamping(s: &Subject<'_>) -> String {
    if s.about.clamped() { format!("; {CLAMPED}") } else { String::new() }
}

/// How often features are active.
async fn activity(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let act_nf = Rows::new(&codes.mean, width(s));
    let (n, f) = (act_nf.len(), act_nf.width());
    let activity = sparse::activity(act_nf);
    let histogram = activity.histogram(4, 2);
    sheet.add("l0", activity.l0, format!("active features, mean over {n} inputs"));
    sheet.add("dead_features", activity.dead, format!("of {f}; active on none of {n} inputs"));
    sheet.add(
        "ultra_dense_features",
        activity.ultra_dense,
        format!("of {f}; active on more than {} of {n} inputs", sparse::ULTRA_DENSE),
    );
    let counts = histogram.count_b.iter().map(|c| *c as f64).collect::<Vec<f64>>();
    sheet.add("density_histogram", counts, format!("features by log₁₀ of their density, 8 bins from −4 to 0; {n} inputs"));
    Ok(())
}

/// What reconstructions leave out.
async fn unexplained(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let (d, test) = (s.images.shape.image.len(), &s.images.test);
    let fvu = sparse::fraction_unexplained(Rows::new(&test.x, d), Rows::new(&codes.reconstruction, d));
    let how =
        format!("of the variance of the pixels, each about its own mean, over {} test images{}", test.labels.len(), clamping(s));
    sheet.add("fraction_unexplained", fvu, how);
    Ok(())
}

/// The bits in which the images can be told.
async fn description(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let atoms = s.atoms().await?;
    let (x, features) = (&s.images.test.x, width(s));
    let inputs = atoms.as_ref().as_ref().map_or(s.images.shape.image.len(), |atom_fa| atom_fa.len() / features);
    let act_nf = Rows::new(&codes.mean, features);
    let error = image::mse(x, &codes.reconstruction);
    let (mut step, mut worst) = (act_nf.values().iter().fold(0.0f64, |m, a| m.max(f64::from(a.abs()))), f64::INFINITY);
    while worst > error * (1.0 + EXCESS) && step > f64::from(f32::EPSILON) {
        step *= 0.5;
        let rounded = sparse::round_to(act_nf.values(), step);
        worst = image::mse(x, &s.model.decode(&rounded).await?);
    }
    if worst <= error * (1.0 + EXCESS) {
        let length = sparse::description_length(act_nf, step, inputs, WEIGHT_BITS);
        let how = format!(
            "Σ H(feature) over {} inputs, activations rounded to {step:.2e}, which costs at most {EXCESS} of the squared error of \
             the pixels{}",
            act_nf.len(),
            clamping(s)
        );
        sheet.add("description_bits", length.input, how);
        sheet.add(
            "dictionary_bits",
            length.dictionary,
            format!("{WEIGHT_BITS} bits a value of each living feature's direction, once"),
        );
    }
    Ok(())
}

/// Whether where the features point can be read: only where whole images are what is taken apart.
fn in_pixels(s: &Subject<'_>, atom_fa: &[f32]) -> bool {
    atom_fa.len() / width(s) == s.images.shape.image.len()
}

/// Names of a dictionary's parts among the weights.
const DIRECTIONS: &str = "sae.dictionary.w_dec";
const ORIGIN: &str = "sae.dictionary.b_dec";
/// What pixels are divided by before they are taken apart, where they are.
const UNIT: &str = "sae.source.unit";

/// The directions of a trained dictionary, of any length, shape `[features, inputs]` with `inputs` beside them; `None` if
/// there are none.
pub(super) fn dictionary(weights: &[Weight]) -> Option<(&[f32], usize)> {
    let w_fa = weights.iter().find(|w| w.name == DIRECTIONS)?;
    Some((&w_fa.values, *w_fa.shape.last()?))
}

/// How many of the features that were planted in the images have been found.
async fn recovery(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let atoms = s.atoms().await?;
    let Some(atom_fa) = atoms.as_ref().as_ref().filter(|atom_fa| in_pixels(s, atom_fa)) else { return Ok(()) };
    // A visitor's own come with them.
    let render = if s.images.planted_kd.is_empty() { renderer(&s.images.id).await? } else { None };
    let planted_kp = render.as_ref().map_or(&s.images.planted_kd[..], |render| render.planted_kp());
    if planted_kp.is_empty() {
        return Err("nothing knows what was planted in the samples".into());
    }
    let d = s.images.shape.image.len();
    let (planted_kp, atom_fa) = (Rows::new(planted_kp, d), Rows::new(atom_fa, d));
    let found = sparse::recovery(planted_kp, atom_fa);
    let of = format!("{} planted features, {} learnt ones", planted_kp.len(), atom_fa.len());
    sheet.add("planted_cosine", found.mean_max_cosine, format!("largest cosine to a learnt direction, mean over {of}"));
    sheet.add("planted_recovered", found.recovered, format!("share with a cosine of at least {}; {of}", sparse::RECOVERED));
    Ok(())
}

/// Whole images as what is taken apart.
pub struct Whole {
    /// Test images in the dictionary's unit, without what the decoder adds as a bias.
    pub x: Vec<f32>,
    /// The features' directions.
    pub atoms: Vec<f32>,
    /// The dictionary's unit in units of pixels.
    pub scale: f32,
}

/// See [`Whole`]; `None` where something else is taken apart.
pub async fn whole_inputs(s: &mut Subject<'_>) -> Result<Option<Whole>, String> {
    let atoms = s.atoms().await?;
    let Some(atom_fa) = atoms.as_ref().as_ref().filter(|atom_fa| in_pixels(s, atom_fa)) else { return Ok(None) };
    let weights = s.model.weights().await?;
    let Some(origin_a) = weights.iter().find(|w| w.name == ORIGIN) else { return Ok(None) };
    let scale = weights.iter().find(|w| w.name == UNIT).map_or(1.0, |scale| scale.values[0]);
    let (x, inputs) = (&s.images.test.x, s.images.shape.image.len());
    let x = x.chunks_exact(inputs).flat_map(|row| row.iter().zip(&origin_a.values).map(|(x, b)| x / scale - b)).collect();
    Ok(Some(Whole { x, atoms: atom_fa.clone(), scale }))
}

/// [`absorption`], where it can be told.
async fn absorbed(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(Whole { x, atoms: atom_fa, .. }) = whole_inputs(s).await? else { return Ok(()) };
    let codes = s.codes().await?;
    let activations = [&codes.mean_fitted, &codes.mean].map(|f| Rows::new(f, width(s)));
    let inputs = s.images.shape.image.len();
    absorption(sheet, Rows::new(&atom_fa, inputs), Rows::new(&x, inputs), activations, s.images, &s.pause).await;
    Ok(())
}

/// How often a feature that stands for a class gives way to another that has swallowed it. The two matrices of activations are of
/// the images for what is fitted and of the test images; `x_na` are the latter without the decoder's bias.
async fn absorption(
    sheet: &mut Sheet,
    atom_fa: Rows<'_>,
    x_na: Rows<'_>,
    [fitted_nf, test_nf]: [Rows<'_>; 2],
    images: &Images,
    pause: &Pause,
) {
    let (fitted, test, inputs) = (&images.fitted, &images.test, atom_fa.width());
    let classes = images.classes();
    let probe = LinearProbe::fit_centred_in_slices(Rows::new(&fitted.x, inputs), &fitted.labels, classes, pause).await;
    let said_n: Vec<usize> = Rows::new(&test.x, inputs).iter().map(|x| probe.predict(x)).collect();
    let mut candidates = 0;
    let mut rate = |class: usize| {
        let is = |label: &u8| usize::from(*label) == class;
        let main = sparse::main_features(fitted_nf, &fitted.labels.iter().map(is).collect::<Vec<bool>>());
        let found_n: Vec<bool> = test.labels.iter().zip(&said_n).map(|(label, said)| is(label) && *said == class).collect();
        candidates += found_n.iter().filter(|found| **found).count();
        sparse::absorption(x_na, test_nf, atom_fa, &probe.direction(class), &found_n, &main).rate
    };
    let mut rates = vec![];
    for class in 0..classes {
        pause.point().await;
        rates.push(rate(class));
    }
    rates.retain(|rate: &f64| rate.is_finite());
    let how = format!(
        "share of a class's images whose main features are silent while another carries its direction; mean over {} classes, of the \
         {candidates} of {} test images that a linear probe calls right; its directions and the main features are of {} {}, pixels \
         centred and not scaled",
        rates.len(),
        test.labels.len(),
        fitted.labels.len(),
        images.whose
    );
    sheet.add("absorption", rates.iter().sum::<f64>() / rates.len() as f64, how);
}

/// How often a planted parent is silent where its child comes, if any were planted so.
async fn parents_absorbed(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    /// Cases that the protocol lists.
    const LISTED: usize = 5;
    let Some(render) = renderer(&s.images.id).await?.filter(|render| !render.parent_k().is_empty()) else { return Ok(()) };
    let (Some(Whole { x, atoms, .. }), Some(at)) = (whole_inputs(s).await?, s.images.test.at.clone()) else { return Ok(()) };
    let codes = s.codes().await?;
    let d = s.images.shape.image.len();
    let (x_nd, atom_fd, planted_kd) = (Rows::new(&x, d), Rows::new(&atoms, d), Rows::new(render.planted_kp(), d));
    let active_nk: Vec<Vec<bool>> =
        at.iter().map(|i| test_factors(&*render, *i as usize).into_iter().map(|strength| strength > 0).collect()).collect();
    let act_nf = Rows::new(&codes.mean, atom_fd.len());
    let found = sparse::planted_absorption(x_nd, act_nf, atom_fd, planted_kd, &active_nk, render.parent_k());
    let case = |case: &sparse::Swallowed| {
        let with = case.child.map_or_else(|| "alone".into(), |child| format!("with child {child}"));
        format!("parent {} {with} by feature {} on {}", case.parent, case.feature, case.inputs)
    };
    let cases: Vec<String> = found.cases.iter().take(LISTED).map(case).collect();
    let how = format!(
        "share of the {} times that one of {} planted parents is in the second half of {} test images, and its main features are silent while another carries \
         its direction; main features are of the first half. The commonest: {}",
        found.candidates,
        found.parents,
        active_nk.len(),
        if cases.is_empty() { "none".into() } else { cases.join("; ") }
    );
    sheet.add("planted_absorption", found.rate, how);
    Ok(())
}

/// Share of the host's performance that survives when its layer is replaced by what the features stand for; nothing where
/// no network is taken apart.
async fn recovered(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let test = &s.images.test;
    let Some(outputs) = s.model.run(Program::HostImages, test.rows()).await? else { return Ok(()) };
    let [whole, silent, average] = &outputs[..] else {
        return Err(format!("{} outputs of the host, expected three", outputs.len()));
    };
    let [whole, spliced, silent, average] =
        [&whole[..], &codes.reconstruction, &silent[..], &average[..]].map(|y| image::mse(&test.x, y));
    let layers = s.about.layers();
    let each = if layers { ", one layer at a time and the mean of the logits" } else { "" };
    for (id, nothing, set_to) in
        [("loss_recovered", silent, "zero"), ("loss_recovered_mean", average, "its mean over the images of the start")]
    {
        let protocol = format!(
            "(L₀ − L̂) / (L₀ − L) with the squared error of the pixels of {} test images: L = {whole:.3e} by the host itself, \
             L̂ = {spliced:.3e} with the layer replaced by its reconstruction, L₀ = {nothing:.3e} with the layer set to {set_to}{each}",
            test.labels.len()
        );
        sheet.add(id, sparse::loss_recovered(whole, spliced, nothing), protocol);
    }
    Ok(())
}
