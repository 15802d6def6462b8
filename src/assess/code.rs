//! How the code is used, and what it tells.

use std::ops::Range;

use super::images::NEIGHBOURS;
use super::measure::{Measure, Sheet, any};
use super::prior::pooled;
use super::subject::{About, Subject};
use latent_engine::Program;
use latent_measure::probe;
use latent_measure::probe::LinearProbe;
use latent_measure::sampler::Mixture;
use latent_measure::{Rows, cluster, codebook, spectrum, vae};
use latent_vocabulary::code::{CodeGroup, CodeKind};

pub const POSTERIOR: &[Measure] = &[Measure {
    names: &[
        ("active_units", ""),
        ("kl_d", "KL by latent, nats"),
        ("aggregate_mean_d", ""),
        ("aggregate_variance_d", ""),
        ("aggregate_correlation", ""),
    ],
    applies: |about| about.own().all(|kind| kind == CodeKind::Gaussian),
    run: |s, sheet| Box::pin(posterior(s, sheet)),
}];

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[("codebook_perplexity", ""), ("codes_used", ""), ("codes_dead", ""), ("code_shares", "")],
        applies: |about| about.code.iter().any(|group| matches!(group.kind, CodeKind::Grid { .. })),
        run: |s, sheet| Box::pin(usage(s, sheet)),
    },
    Measure {
        names: &[
            ("bits_per_pixel", "Bits per pixel, by how often codes are chosen"),
            ("bits_per_pixel_plain", "Bits per pixel, all codes alike"),
        ],
        applies: |about| about.pictures && about.code.iter().any(|group| matches!(group.kind, CodeKind::Grid { .. })),
        run: |s, sheet| Box::pin(rate(s, sheet)),
    },
    Measure {
        names: &[
            ("effective_rank", "Directions in which codes spread"),
            ("effective_rank_pixels", "Directions in which the samples themselves spread"),
            ("singular_values", "Singular values of the codes"),
        ],
        applies: About::latents,
        run: |s, sheet| Box::pin(directions(s, sheet)),
    },
    Measure {
        names: &[
            ("choice_accuracy", "Choice: share of labels right"),
            ("choice_nmi", "Choice: normalised mutual information"),
            ("choice_ari", "Choice: adjusted Rand index"),
        ],
        applies: |about| chosen(&about.code).is_some(),
        run: |s, sheet| Box::pin(choice(s, sheet)),
    },
    Measure {
        names: &[
            ("kmeans_accuracy", "k-means on codes: share of labels right"),
            ("kmeans_nmi", "k-means on codes: normalised mutual information"),
            ("kmeans_ari", "k-means on codes: adjusted Rand index"),
            ("kmeans_purity", "k-means on codes: purity"),
            ("kmeans_pixels_accuracy", "k-means on the samples themselves: share of labels right"),
            ("vote_purity", "Where three groupings of codes agree: purity"),
            ("vote_kept", "Where three groupings of codes agree: share of all"),
        ],
        applies: |about| about.latents(),
        run: |s, sheet| Box::pin(groups(s, sheet)),
    },
    Measure {
        names: &[
            ("linear_probe_accuracy", "Linear probe: share of labels right"),
            ("linear_probe_macro_f1", "Linear probe: macro F1"),
        ],
        applies: any,
        run: |s, sheet| Box::pin(linear_probe(s, sheet)),
    },
    Measure {
        names: &[("mean_classifier_accuracy", "Nearest mean code of a class: share of labels right")],
        applies: any,
        run: |s, sheet| Box::pin(nearest_mean(s, sheet)),
    },
    Measure {
        names: &[("knn_accuracy", "Nearest neighbours: share of labels right")],
        applies: any,
        run: |s, sheet| Box::pin(neighbours(s, sheet)),
    },
];

/// How the posterior is used.
async fn posterior(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let own = s.about.own();
    let (mean, logvar, without) = (own.columns(&codes.mean), own.columns(&codes.logvar), own.without());
    let mean_nd = Rows::new(&mean, own.width());
    let logvar_nd = (!logvar.is_empty()).then(|| Rows::new(&logvar, own.width()));
    let (n, d) = (mean_nd.len(), mean_nd.width());
    let how = format!("of {d} latents{without}; variance of the mean over {n} test images above {}", vae::ACTIVE);
    sheet.add("active_units", vae::active_units(mean_nd), how);
    if let Some(logvar_nd) = logvar_nd {
        sheet.add("kl_d", vae::kl_d(mean_nd, logvar_nd), format!("nats of each latent, mean over {n} test images"));
    }
    let aggregate = vae::aggregate(mean_nd, logvar_nd);
    sheet.add("aggregate_mean_d", aggregate.mean_d, format!("of q(z) over {n} test images; the prior has 0"));
    sheet.add("aggregate_variance_d", aggregate.variance_d, format!("of q(z) over {n} test images; the prior has 1"));
    let how = format!("mean over pairs of latents, absolute, {n} test images; the prior has 0");
    sheet.add("aggregate_correlation", aggregate.correlation, how);
    Ok(())
}

/// Which codes of a codebook are used, where there is one.
async fn usage(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (engine, images) = (&mut *s.model, s.images);
    let codebook = engine.info().code.iter().find_map(|group| match group.kind {
        CodeKind::Grid { codes, .. } => Some(codes as usize),
        _ => None,
    });
    let (Some(codes), Some(outputs)) = (codebook, engine.run(Program::Tokens, images.fitted.rows()).await?) else { return Ok(()) };
    let mut usage = codebook::Usage::new(codes);
    usage.add(&outputs.iter().flatten().map(|token| *token as u32).collect::<Vec<u32>>())?;
    let (n, whose) = (images.fitted.labels.len(), images.whose);
    let how = format!("of {codes} codes, over {n} {whose}, all places and levels together");
    sheet.add("codebook_perplexity", usage.perplexity(), how.clone());
    sheet.add("codes_used", usage.used(), how.clone());
    sheet.add("codes_dead", usage.dead(), how.clone());
    sheet.add("code_shares", usage.sorted_shares(), format!("{how}, largest first"));
    Ok(())
}

/// What pictures cost in tokens.
async fn rate(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (engine, images) = (&mut *s.model, s.images);
    let grid = engine.info().code.iter().find_map(|group| match group.kind {
        CodeKind::Grid { height, width, levels, codes, .. } => Some([height * width, levels, codes].map(|n| n as usize)),
        _ => None,
    });
    let (Some(grid), Some(outputs)) = (grid, engine.run(Program::Tokens, images.test.rows()).await?) else { return Ok(()) };
    let tokens: Vec<u32> = outputs.iter().flatten().map(|token| *token as u32).collect();
    let ([places, levels, codes], shape) = (grid, images.shape.image);
    let (rate, pixels) = (codebook::rate(&tokens, grid)?, shape.height * shape.width);
    let of = format!("{places} places × {levels} tokens of {codes} codes for {} × {} pixels", shape.width, shape.height);
    let how = format!(
        "entropy of how often codes are chosen, each token of a place by itself, all places together, {} test images; {of}",
        images.test.labels.len()
    );
    sheet.add("bits_per_pixel", rate.used / pixels as f64, how);
    sheet.add("bits_per_pixel_plain", rate.plain / pixels as f64, format!("log₂ of the codes for each token; {of}"));
    Ok(())
}

/// In how many directions codes spread, beside the samples.
async fn directions(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let codes = s.codes().await?;
    let (own, n) = (s.about.own(), s.images.test.labels.len());
    let (z, without) = (own.columns(&codes.mean), own.without());
    let singular = spectrum::singular_values(Rows::new(&z, own.width()));
    let ratio = "(Σσ²)² / Σσ⁴ of the singular values";
    let how = format!("of {} latents{without}: {ratio} of the mean codes of {n} test images about their mean", own.width());
    sheet.add("effective_rank", spectrum::effective_rank(&singular), how);
    let (features, width, what) = pooled(&s.about, s.images);
    let of_pixels = spectrum::singular_values(Rows::new(&features(&s.images.test.x), width));
    sheet.add(
        "effective_rank_pixels",
        spectrum::effective_rank(&of_pixels),
        format!("{ratio} of {what}, {n} test images about their mean"),
    );
    sheet.add(
        "singular_values",
        singular,
        format!("of the mean codes of {n} test images about their mean, divided by √{n}, largest first"),
    );
    Ok(())
}

/// Which numbers of a code are a choice of the encoder's own.
fn chosen(code: &[CodeGroup]) -> Option<Range<usize>> {
    let before = code.iter().position(|group| group.kind == CodeKind::Choice { given: false })?;
    let start: usize = code[..before].iter().map(|group| group.count as usize).sum();
    Some(start..start + code[before].count as usize)
}

/// How far what the encoder chooses is what the images are called.
async fn choice(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(range) = chosen(&s.about.code) else { return Ok(()) };
    let codes = s.codes().await?;
    let (labels, width) = (&s.images.test.labels, s.about.code.iter().map(|group| group.count as usize).sum());
    let most =
        |row: &[f32]| row.iter().enumerate().fold((0, f32::MIN), |best, (i, v)| if *v > best.1 { (i, *v) } else { best }).0 as u8;
    let group_n: Vec<u8> = Rows::new(&codes.mean, width).iter().map(|row| most(&row[range.clone()])).collect();
    let agreement = cluster::agreement(&group_n, labels);
    let how = format!("the most probable of {} kinds, {} test images", range.len(), labels.len());
    let matched = format!("{how}; each kind named after one label, as fits best; {}", classes(s).1);
    sheet.add("choice_accuracy", agreement.accuracy, matched);
    sheet.add("choice_nmi", agreement.nmi, format!("{how}; over the mean of both entropies"));
    sheet.add("choice_ari", agreement.ari, format!("{how}; 0 is chance"));
    Ok(())
}

/// Beginnings of k-means.
pub(super) const TRIES: usize = 10;

/// How far groups of codes that nobody named are what the images are called.
async fn groups(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (kinds, chance) = classes(s);
    if kinds < 2 {
        return Ok(());
    }
    let codes = s.codes().await?;
    let (own, labels) = (s.about.own(), &s.images.test.labels);
    let z = own.columns(&codes.mean);
    let z_nd = Rows::new(&z, own.width());
    let mut found = vec![];
    for seed in 0..2 {
        found.push(cluster::k_means_in_slices(z_nd, kinds, TRIES, s.seed + seed, &s.pause).await);
    }
    found.push(Mixture::fit_in_slices(z_nd, kinds, s.seed, &s.pause).await.groups(z_nd));
    let (features, width, what) = pooled(&s.about, s.images);
    let pixels = features(&s.images.test.x);
    let of_pixels = cluster::k_means_in_slices(Rows::new(&pixels, width), kinds, TRIES, s.seed, &s.pause).await;
    let n = labels.len();
    let (first, without) = (&found[0], own.without());
    let agreement = cluster::agreement(first, labels);
    let how = format!("{kinds} groups of the mean codes{without} of {n} test images, the best of {TRIES} beginnings");
    let matched = "each group named after one label, as fits best";
    sheet.add("kmeans_accuracy", agreement.accuracy, format!("{how}; {matched}; {chance}"));
    sheet.add("kmeans_nmi", agreement.nmi, format!("{how}; over the mean of both entropies"));
    sheet.add("kmeans_ari", agreement.ari, format!("{how}; 0 is chance"));
    sheet.add("kmeans_purity", cluster::purity(first, labels), format!("{how}; share that has the commonest label of its group"));
    let raw = format!("{kinds} groups of {n} test images by {what}, the best of {TRIES} beginnings; {matched}");
    sheet.add("kmeans_pixels_accuracy", cluster::agreement(&of_pixels, labels).accuracy, raw);
    let others: Vec<Vec<u8>> = found[1..].iter().map(|groups| cluster::renamed(groups, first)).collect();
    let kept: Vec<usize> = (0..n).filter(|i| others.iter().all(|groups| groups[*i] == first[*i])).collect();
    let of = |all: &[u8]| kept.iter().map(|i| all[*i]).collect::<Vec<u8>>();
    let how = format!("k-means from two seeds and a mixture of Gaussians, {kinds} groups each, of the codes of {n} test images");
    if !kept.is_empty() {
        sheet.add(
            "vote_purity",
            cluster::purity(&of(first), &of(labels)),
            format!("share that has the commonest label of its group; {how}"),
        );
    }
    sheet.add("vote_kept", kept.len() as f64 / n as f64, how);
    Ok(())
}

/// The labels that are to be read in the codes: how many classes, and what chance finds, for protocols.
pub(super) fn classes(s: &Subject<'_>) -> (usize, String) {
    let test = &s.images.test.labels;
    let classes = s.images.classes();
    let most = (0..classes).map(|class| test.iter().filter(|l| usize::from(**l) == class).count()).max().unwrap_or(0);
    (classes, format!("chance: {:.3}, the share of the largest class", most as f64 / test.len() as f64))
}

/// What classes tell by their mean codes alone.
async fn nearest_mean(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, (classes, chance)) = (s.codes().await?, classes(s));
    let (own, fitted, test) = (s.about.own(), &s.images.fitted.labels, &s.images.test.labels);
    let (fitted_nd, test_nd, without) = (own.columns(&codes.mean_fitted), own.columns(&codes.mean), own.without());
    let accuracy = probe::nearest_mean_accuracy(
        (Rows::new(&fitted_nd, own.width()), fitted),
        (Rows::new(&test_nd, own.width()), test),
        classes,
    );
    let how = format!(
        "the class whose mean code{without}, of {} {}, lies nearest; {} test images; {chance}",
        fitted.len(),
        s.images.whose,
        test.len()
    );
    sheet.add("mean_classifier_accuracy", accuracy, how);
    Ok(())
}

/// What a linear reader finds in the codes.
async fn linear_probe(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, (classes, chance)) = (s.codes().await?, classes(s));
    let (own, fitted, test) = (s.about.own(), &s.images.fitted.labels, &s.images.test.labels);
    let (fitted_nd, test_nd, without) = (own.columns(&codes.mean_fitted), own.columns(&codes.mean), own.without());
    let fit = LinearProbe::fit_in_slices(Rows::new(&fitted_nd, own.width()), fitted, classes, &s.pause).await;
    let how = format!(
        "logistic regression, L2 {}, {} iterations; mean codes{without}, fitted to {} {}, tested on {} test images; {chance}",
        probe::L2,
        probe::ITERATIONS,
        fitted.len(),
        s.images.whose,
        test.len()
    );
    let said: Vec<usize> = Rows::new(&test_nd, own.width()).iter().map(|z| fit.predict(z)).collect();
    sheet.add("linear_probe_accuracy", fit.accuracy(Rows::new(&test_nd, own.width()), test), how.clone());
    sheet.add(
        "linear_probe_macro_f1",
        probe::macro_f1(&said, test, classes),
        format!("F1 of each class, mean over the classes; {how}"),
    );
    Ok(())
}

/// What neighbours say.
async fn neighbours(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, (_, chance)) = (s.codes().await?, classes(s));
    let (own, fitted, test) = (s.about.own(), &s.images.fitted.labels, &s.images.test.labels);
    let (fitted_nd, test_nd, without) = (own.columns(&codes.mean_fitted), own.columns(&codes.mean), own.without());
    let (fitted_nd, test_nd) = (Rows::new(&fitted_nd, own.width()), Rows::new(&test_nd, own.width()));
    let accuracy = probe::knn_accuracy_in_slices((fitted_nd, fitted), (test_nd, test), NEIGHBOURS, &s.pause).await;
    let among = format!("neighbours among {} {}", fitted.len(), s.images.whose);
    let of = format!("mean codes{without}, {among}, tested on {} test images; {chance}", test.len());
    sheet.add("knn_accuracy", accuracy, format!("k = {NEIGHBOURS}, Euclidean; {of}"));
    Ok(())
}
