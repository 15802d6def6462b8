//! What a dictionary leaves over, and how its directions lie.

use super::measure::{Measure, Sheet};
use super::sparse::{Whole, whole_inputs};
use super::subject::{About, Subject};
use latent_measure::{Rows, sparse};

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[
            ("error_predicted", "Share of the error that a linear map foretells"),
            ("error_length_predicted", "Share of the error's size that a linear map foretells"),
        ],
        applies: |about| about.features() && !about.hosted,
        run: |s, sheet| Box::pin(foretold(s, sheet)),
    },
    Measure {
        names: &[("length_gap", "How far the features' length is from the input's")],
        applies: About::features,
        run: |s, sheet| Box::pin(lengths(s, sheet)),
    },
    Measure {
        names: &[("together", "Whether features that are active together point alike")],
        applies: About::features,
        run: |s, sheet| Box::pin(together(s, sheet)),
    },
];

/// Values of an input whose linear map is fitted, at most: it takes memory for the square of them.
const FITTED: usize = 1024;

/// What of the error follows from the input.
async fn foretold(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    if s.images.shape.image.len() > FITTED {
        return Ok(());
    }
    let codes = s.codes().await?;
    let fitted = s.model.decode(&codes.mean_fitted).await?;
    let d = s.images.shape.image.len();
    let left = |x: &[f32], y: &[f32]| -> Vec<f32> { x.iter().zip(y).map(|(x, y)| x - y).collect() };
    let (test, training) = (&s.images.test, &s.images.fitted);
    let (e_fitted, e_test) = (left(&training.x, &fitted), left(&test.x, &codes.reconstruction));
    let [x_nd, e_nd, x_md, e_md] = [&training.x, &e_fitted, &test.x, &e_test].map(|v| Rows::new(v, d));
    let found = sparse::predicted_error_in_slices((x_nd, e_nd), (x_md, e_md), &s.pause).await;
    let how = format!(
        "ridge regression on the pixels, {} of their mean variance, fitted to {} {}; share of the variance over {} test images",
        sparse::RIDGE,
        x_nd.len(),
        s.images.whose,
        x_md.len()
    );
    sheet.add("error_predicted", found.vector, format!("error of each pixel; {how}"));
    sheet.add("error_length_predicted", found.length, format!("squared length of the error; {how}"));
    Ok(())
}

/// The length of the features beside that of the input.
async fn lengths(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(Whole { x, atoms, .. }) = whole_inputs(s).await? else { return Ok(()) };
    let codes = s.codes().await?;
    let d = s.images.shape.image.len();
    let (x_nd, atom_fd) = (Rows::new(&x, d), Rows::new(&atoms, d));
    let gap = sparse::length_gap(x_nd, Rows::new(&codes.mean, atom_fd.len()), atom_fd);
    let how = format!(
        "|length of the activations / length of the input − 1|, mean over {} test images, both without the decoder's bias",
        x_nd.len()
    );
    sheet.add("length_gap", gap, how);
    Ok(())
}

/// Whether activity and direction go together.
async fn together(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let Some(Whole { atoms, .. }) = whole_inputs(s).await? else { return Ok(()) };
    let codes = s.codes().await?;
    let atom_fd = Rows::new(&atoms, s.images.shape.image.len());
    let act_nf = Rows::new(&codes.mean, atom_fd.len());
    let how = format!(
        "correlation, over pairs of at most {} features, of how often they are active together (φ over {} test images) and the cosine of their \
         directions; 0 for shuffled directions",
        sparse::COMPARED,
        act_nf.len()
    );
    sheet.add("together", sparse::together(act_nf, atom_fd), how);
    Ok(())
}
