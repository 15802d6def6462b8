//! What a model costs.

use super::measure::{Measure, Sheet, any};
use super::subject::Subject;

pub const MEASURES: &[Measure] = &[
    Measure {
        names: &[("parameters", "Numbers that are learnt"), ("step_mflop", "Operations of a training step, millions")],
        applies: any,
        run: |s, sheet| Box::pin(cost(s, sheet)),
    },
    Measure {
        names: &[("encoder_parameters", "Numbers that the encoder has learnt")],
        applies: any,
        run: |s, sheet| Box::pin(encoder(s, sheet)),
    },
];

/// The encoder's part, by the names of its weights.
async fn encoder(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let weights = s.model.weights().await?;
    let own = weights.iter().filter(|weight| weight.name.starts_with("encoder."));
    let numbers: usize = own.map(|weight| weight.values.len()).sum();
    if numbers > 0 {
        sheet.add("encoder_parameters", numbers, "everything that is learnt between the sample and its code");
    }
    Ok(())
}

async fn cost(s: &mut Subject<'_>, sheet: &mut Sheet) -> Result<(), String> {
    let info = s.model.info();
    let (parameters, flops, batch) = (info.parameters, info.flops, info.batch);
    sheet.add("parameters", parameters as usize, "everything that is learnt");
    sheet.add(
        "step_mflop",
        flops as f64 / 1e6,
        format!("multiplications and additions of products, a batch of {batch}, forward and backward"),
    );
    Ok(())
}
