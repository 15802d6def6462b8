//! What a few features tell, beside what a few of the inputs' own numbers do.

use super::measure::{Measure, Sheet};
use super::sparse::{Whole, whole_inputs};
use super::subject::{About, Subject};
use super::units::by_image;
use latent_measure::probe;
use latent_measure::probe::LinearProbe;
use latent_measure::{Rows, sparse};

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[
            ("sparse_probe_*", "Sparse probe of features, k = *"),
            ("sparse_probe_inputs_*", "Sparse probe of raw numbers, k = *"),
            ("sparse_probe_pca_*", "Sparse probe of principal components, k = *"),
            ("sparse_probe_random_*", "Sparse probe of directions by chance, k = *"),
        ],
        applies: of_inputs,
        run: |s, sheet| Box::pin(probed(s, sheet)),
    },
    Measure {
        names: &[
            ("binary_macro_f1", "Linear probe of which features are active: macro F1"),
            ("top_macro_f1", "Linear probe of the most telling features: macro F1"),
        ],
        applies: of_inputs,
        run: |s, sheet| Box::pin(classified(s, sheet)),
    },
    Measure {
        names: &[
            ("targeted_perturbation", "Targeted perturbation: harm to the class meant above harm to others"),
            ("perturbation_own", "Recall that a class loses with its features"),
            ("perturbation_others", "Recall that others lose with them"),
        ],
        applies: |about| of_inputs(about) && !about.hosted,
        run: |s, sheet| Box::pin(perturbed(s, sheet)),
    },
];

/// A dictionary whose code is one row of features an input.
fn of_inputs(about: &About) -> bool {
    about.features() && by_image(about)
}

/// Numbers of a sparse probe.
const FEW: [usize; 2] = [1, 5];
/// Principal components that a sparse probe chooses from.
const COMPONENTS: usize = 16;
/// Features of the smallest of the three readers of classes.
const TELLING: usize = 20;
/// Features of a class that are taken away.
const TAKEN: usize = 5;

/// What few numbers tell: of features, of the inputs themselves, of their principal components and of directions by chance.
async fn probed(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, classes) = (s.codes().await?, s.images.classes());
    if classes < 2 {
        return Ok(());
    }
    let (fitted, test) = (&s.images.fitted, &s.images.test);
    let (features, d) = (codes.mean.len() / test.labels.len(), s.images.shape.image.len());
    let (x_nd, x_md) = (Rows::new(&fitted.x, d), Rows::new(&test.x, d));
    let (basis, mean_d) = sparse::principal_in_slices(x_nd, COMPONENTS, &s.pause).await;
    let along = |x: Rows<'_>| -> Vec<f32> {
        let one = |row: &[f32]| -> Vec<f32> {
            let dot = |b: &Vec<f64>| b.iter().zip(row).zip(&mean_d).map(|((b, x), m)| b * (f64::from(*x) - m)).sum::<f64>();
            basis.iter().map(|b| dot(b) as f32).collect()
        };
        x.iter().flat_map(one).collect()
    };
    let principal = [along(x_nd), along(x_md)];
    let random = [x_nd, x_md].map(|x| sparse::along_random(x, features, s.seed));
    let components = basis.len();
    for (id, [fit, other], width, of) in [
        ("sparse_probe", [&codes.mean_fitted, &codes.mean], features, format!("{features} features")),
        ("sparse_probe_inputs", [&fitted.x, &test.x], d, format!("{d} numbers of the input")),
        ("sparse_probe_pca", [&principal[0], &principal[1]], components, format!("the first {components} principal components")),
        ("sparse_probe_random", [&random[0], &random[1]], features, format!("{features} directions by chance")),
    ] {
        for k in FEW.into_iter().filter(|k| *k <= width) {
            let (fit, other) = (Rows::new(fit, width), Rows::new(other, width));
            let value = sparse::sparse_probe_in_slices((fit, &fitted.labels), (other, &test.labels), classes, k, &s.pause).await;
            let how = format!(
                "accuracy of a logistic regression on the {k} of {of} whose means differ most, mean over {classes} classes, each against as many other \
                 inputs (chance: 0.5); chosen and fitted on {} {}, tested on {} test images",
                fitted.labels.len(),
                s.images.whose,
                test.labels.len()
            );
            sheet.add(&format!("{id}_{k}"), value, how);
        }
    }
    Ok(())
}

/// How well classes are read from which features are active, and from a few features.
async fn classified(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, classes) = (s.codes().await?, s.images.classes());
    let (fitted, test) = (&s.images.fitted.labels, &s.images.test.labels);
    let features = codes.mean.len() / test.len();
    let on = |act: &[f32]| act.iter().map(|a| f32::from(u8::from(*a != 0.0))).collect::<Vec<f32>>();
    let telling = sparse::most_telling(Rows::new(&codes.mean_fitted, features), fitted, classes, TELLING);
    let few = |act: &[f32]| {
        let act_nf = Rows::new(act, features);
        act_nf.iter().flat_map(|row| telling.iter().map(|f| row[*f])).collect::<Vec<f32>>()
    };
    for (id, width, [fit, other], of) in [
        (
            "binary_macro_f1",
            features,
            [on(&codes.mean_fitted), on(&codes.mean)],
            format!("which of {features} features are active"),
        ),
        (
            "top_macro_f1",
            telling.len(),
            [few(&codes.mean_fitted), few(&codes.mean)],
            format!("the {} features whose means differ most between a class and others", telling.len()),
        ),
    ] {
        let reader = LinearProbe::fit_in_slices(Rows::new(&fit, width), fitted, classes, &s.pause).await;
        let said: Vec<usize> = Rows::new(&other, width).iter().map(|row| reader.predict(row)).collect();
        let how = format!(
            "logistic regression on {of}; F1 of each class, mean over the classes; fitted to {} {}, tested on {} test images",
            fitted.len(),
            s.images.whose,
            test.len()
        );
        sheet.add(id, probe::macro_f1(&said, test, classes), how);
    }
    Ok(())
}

/// Whether the features of a class are its own.
async fn perturbed(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let classes = s.images.classes();
    let Some(Whole { mut atoms, scale, .. }) = whole_inputs(s).await? else { return Ok(()) };
    if classes < 2 {
        return Ok(());
    }
    // What they add to pixels.
    atoms.iter_mut().for_each(|v| *v *= scale);
    let codes = s.codes().await?;
    let (fitted, test, d) = (&s.images.fitted, &s.images.test, s.images.shape.image.len());
    let atom_fd = Rows::new(&atoms, d);
    let reader = LinearProbe::fit_centred_in_slices(Rows::new(&fitted.x, d), &fitted.labels, classes, &s.pause).await;
    let fitted_nf = Rows::new(&codes.mean_fitted, atom_fd.len());
    let of = |class| sparse::attributed(fitted_nf, &fitted.labels, atom_fd, &reader.direction(class), class, TAKEN);
    let chosen: Vec<Vec<usize>> = (0..classes).map(of).collect();
    s.pause.point().await;
    let found =
        sparse::perturbed(Rows::new(&test.x, d), Rows::new(&codes.mean, atom_fd.len()), atom_fd, &reader, &test.labels, &chosen);
    let how = format!(
        "a linear probe of the inputs, fitted to {} {}, asked again of {} test images when what the {TAKEN} features that carry a class's direction add \
         is taken off them; recall lost, mean over {classes} classes",
        fitted.labels.len(),
        s.images.whose,
        test.labels.len()
    );
    sheet.add("targeted_perturbation", found.own - found.others, format!("lost by the class less what others lose; {how}"));
    sheet.add("perturbation_own", found.own, how.clone());
    sheet.add("perturbation_others", found.others, format!("{how}, of the other classes"));
    Ok(())
}
