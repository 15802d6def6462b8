//! Groups that nobody named, found in other ways than by k-means on the codes.

use super::code::{TRIES, classes};
use super::measure::{Measure, Sheet};
use super::prior::pooled;
use super::subject::Subject;
use latent_measure::graph::{NEIGHBOURS, louvain_in_slices};
use latent_measure::sparse::principal_in_slices;
use latent_measure::{Rows, cluster};

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[
            ("graph_ari", "Groups of the graph of nearest codes: adjusted Rand index"),
            ("graph_groups", "Groups of the graph of nearest codes: how many"),
        ],
        applies: |about| about.latents(),
        run: |s, sheet| Box::pin(graph(s, sheet)),
    },
    Measure {
        names: &[
            ("kmeans_pca_accuracy", "k-means on as many principal components: share of labels right"),
            ("kmeans_pca_ari", "k-means on as many principal components: adjusted Rand index"),
        ],
        applies: |about| about.latents(),
        run: |s, sheet| Box::pin(components(s, sheet)),
    },
];

async fn graph(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    if s.images.classes() < 2 {
        return Ok(());
    }
    let codes = s.codes().await?;
    let own = s.about.own();
    let z = own.columns(&codes.mean);
    let groups = louvain_in_slices(Rows::new(&z, own.width()), s.seed, &s.pause).await;
    let labels = &s.images.test.labels;
    let how = format!(
        "mean codes{} of {} test images, each joined to its {NEIGHBOURS} nearest; groups of highest modularity (Louvain), whose number is not given",
        own.without(),
        labels.len()
    );
    sheet.add("graph_ari", cluster::agreement(&groups, labels).ari, format!("{how}; 0 is chance"));
    sheet.add("graph_groups", usize::from(groups.iter().copied().max().unwrap_or(0)) + 1, how);
    Ok(())
}

async fn components(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (kinds, chance) = classes(s);
    if kinds < 2 {
        return Ok(());
    }
    let (features, width, what) = pooled(&s.about, s.images);
    let (test, d) = (&s.images.test, s.about.own().width().min(width));
    let x = features(&test.x);
    let x_nf = Rows::new(&x, width);
    let (basis, mean) = principal_in_slices(x_nf, d, &s.pause).await;
    let along = |x: &[f32], b: &[f64]| x.iter().zip(&mean).zip(b).map(|((x, m), b)| (f64::from(*x) - m) * b).sum::<f64>() as f32;
    let z: Vec<f32> = x_nf.iter().flat_map(|x| basis.iter().map(move |b| along(x, b)).collect::<Vec<f32>>()).collect();
    let groups = cluster::k_means_in_slices(Rows::new(&z, d), kinds, TRIES, s.seed, &s.pause).await;
    let agreement = cluster::agreement(&groups, &test.labels);
    let how = format!(
        "{kinds} groups of the first {d} principal components of {} test images, by {what}, the best of {TRIES} beginnings",
        test.labels.len()
    );
    let matched = "each group named after one label, as fits best";
    sheet.add("kmeans_pca_accuracy", agreement.accuracy, format!("{how}; {matched}; {chance}"));
    sheet.add("kmeans_pca_ari", agreement.ari, format!("{how}; 0 is chance"));
    Ok(())
}
