//! Programs as ONNX: standard operators alone, for any number of rows.

mod build;
mod calls;
mod proto;

use prost::Message;

use crate::code::{Code, Do, Drawn, Size};
use crate::model::Model;
use build::{Build, element};

/// Version of the format itself that has [`OPSET`].
const IR_VERSION: i64 = 10;

/// Operators are those of this version (2024): new enough for all that is needed, old enough for what runs in products.
pub const OPSET: i64 = 21;

/// One of the model's programs as a file, with its weights.
///
/// Inputs are `x` `[batch, pixels]` from 0 to 1, `z` `[batch, latent]`, `z_at_by` `[batch, latent + 2]` (a code on its way from noise, how far it
/// has come and how much further it goes, of 1 in all) or `tokens` `[batch, places]`, where the method asks for it
/// `label` `[batch]` or `factors` `[batch, factors]`, whole numbers, and `noise` where it draws. Weights have their names in the Burn module.
///
/// # Errors
/// If the model does not have the program, or something in it has no standard operator.
pub fn write(model: &Model<'_>, program: &str) -> Result<Vec<u8>, String> {
    let code = model.code(program)?;
    let mut build = Build::new(&code);
    for of in 0..code.values.len() {
        calls::call(&mut build, &code, model, of)?;
    }
    let outputs = code.outputs.iter().map(|(name, of)| {
        build.result(name, *of);
        info(name, &code, *of)
    });
    let outputs = outputs.collect();
    let inputs = code.given().into_iter().map(|of| info(&build.names[of], &code, of)).collect();
    let text = |text: &str| Some(text.to_string());
    let credits = model.credits();
    let entry = |(key, value): &(&str, String)| proto::Entry { key: text(key), value: Some(value.clone()) };
    let file = proto::Model {
        ir_version: Some(IR_VERSION),
        opset_import: vec![proto::Opset { domain: text(""), version: Some(OPSET) }],
        producer_name: text("Latent Lab"),
        producer_version: text(env!("CARGO_PKG_VERSION")),
        doc_string: Some(format!("{} of {}.\n{}", code.name, model.card.label, model.setup.to_query())),
        graph: Some(proto::Graph {
            node: build.nodes,
            name: Some(code.name.clone()),
            initializer: build.initializers,
            input: inputs,
            output: outputs,
        }),
        metadata_props: credits.iter().map(entry).collect(),
    };
    Ok(file.encode_to_vec())
}

/// What is said of an input or an output.
fn info(name: &str, code: &Code, of: usize) -> proto::ValueInfo {
    let value = &code.values[of];
    let dims = value.dims.iter().map(|dim| dimension(*dim)).collect();
    let words = match &value.of {
        Do::Noise(_, Drawn::Normal) => Some("Draws of a standard normal distribution.".to_string()),
        Do::Noise(_, Drawn::Uniform) => Some("Draws from 0 to 1, all as likely.".to_string()),
        _ => None,
    };
    let tensor = proto::TensorType { elem_type: Some(element(value.kind)), shape: Some(proto::Shape { dim: dims }) };
    proto::ValueInfo { name: Some(name.into()), r#type: Some(proto::Type { tensor_type: Some(tensor) }), doc_string: words }
}

fn dimension(size: Size) -> proto::Dimension {
    let named = |name: String| proto::Dimension { dim_value: None, dim_param: Some(name) };
    match size {
        Size { at, each: 0 } => proto::Dimension { dim_value: Some(at as i64), dim_param: None },
        Size { at: 0, each: 1 } => named("batch".into()),
        Size { at: 0, each } => named(format!("{each}*batch")),
        Size { at, each } => named(format!("{each}*batch+{at}")),
    }
}
