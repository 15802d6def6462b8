//! What a code with levels keeps where only some of them are kept.

use super::measure::{Measure, Sheet};
use super::subject::Subject;
use latent_measure::image;
use latent_measure::rng::Rng;
use latent_vocabulary::code::levels;

pub const MEASURES: &[Measure] = &[Measure {
    names: &[
        ("mse_upper", "Squared error of a value from the upper level, the lower drawn anew"),
        ("mse_drawn", "Squared error of a value from a code that is drawn anew"),
    ],
    applies: |about| about.decodes() && !levels(&about.code).is_empty(),
    run: |s, sheet| Box::pin(kept(s, sheet)),
}];

async fn kept(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let (codes, d) = (s.codes().await?, s.model.info().latent as usize);
    let Some(upper) = levels(&s.about.code).into_iter().next() else { return Ok(()) };
    let n = s.images.test.labels.len();
    for (id, kept, whose) in [
        (
            "mse_upper",
            upper.end,
            format!("the {} numbers of the upper level at their mean, the others drawn from the prior", upper.len()),
        ),
        ("mse_drawn", 0, "all numbers drawn from the prior: what a picture that has nothing to do with the image comes to".into()),
    ] {
        let (mut rng, mut z_nd) = (Rng::new(s.seed), codes.mean.clone());
        z_nd.chunks_exact_mut(d).for_each(|z| z[kept..].iter_mut().for_each(|v| *v = rng.normal()));
        let copy = s.model.decode(&z_nd).await?;
        sheet.add(id, image::mse(&s.images.test.x, &copy), format!("{n} test images decoded from codes of which {whose}"));
    }
    Ok(())
}
