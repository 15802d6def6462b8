//! What a file carries of a method: its programs, for whoever has neither Burn nor its code.

use latent_compile::Id;
use latent_compile::stored::given::{LOSS, SET};
use latent_compile::stored::{self, BATCHES, Recorded};
use latent_vocabulary::Params;
use latent_vocabulary::code::CodeGroup;
use latent_vocabulary::shape::DataShape;

use crate::entry::Entry;
use crate::network::{import_program, node};
use crate::program::Program;

/// Rows where the program depends on their number in another way.
const FIXED: usize = 16;

/// What a method's code is, and all its programs that map rows to rows, as bytes: the same for the same network.
///
/// # Errors
/// Names the operation that cannot be recorded or is not known.
pub fn programs(entry: &dyn Entry, params: &Params, data: DataShape) -> Result<(Vec<CodeGroup>, Vec<u8>), String> {
    let code = entry.record(params, data, Program::Encode, 1)?.code;
    let mut all = vec![];
    for what in Program::ALL.into_iter().filter(|what| what.gives_rows()) {
        all.extend(program(entry, params, data, what)?);
    }
    Ok((code, stored::write(&all)))
}

/// The programs for one row alone, which are half the work: for who looks at the network.
///
/// # Errors
/// As there.
pub fn of_one_row(entry: &dyn Entry, params: &Params, data: DataShape) -> Result<Vec<u8>, String> {
    let mut all = vec![];
    for what in Program::ALL.into_iter().filter(|what| what.gives_rows()) {
        all.extend(record(entry, params, data, what, 1)?.map(|of| of.fixed(what.id())).transpose()?);
    }
    Ok(stored::write(&all))
}

/// One of them; `None` if the method does not have it.
///
/// # Errors
/// As there.
pub fn program(entry: &dyn Entry, params: &Params, data: DataShape, what: Program) -> Result<Option<stored::Program>, String> {
    for [few, more] in BATCHES {
        let (Some(a), Some(b)) = (record(entry, params, data, what, few)?, record(entry, params, data, what, more)?) else {
            return Ok(None);
        };
        let leaves: Vec<&str> = a.leaves.iter().map(String::as_str).collect();
        let (outputs, others) = (a.outputs(), b.outputs());
        let made = stored::Program::between(what.id(), &leaves, a.recorded(&outputs), b.recorded(&others))?;
        if made.is_some() {
            return Ok(made);
        }
    }
    record(entry, params, data, what, FIXED)?.ok_or("a method has lost a program")?.fixed(what.id()).map(Some)
}

/// A recorded program without Burn.
pub struct Made {
    graph: latent_compile::Graph,
    leaves: Vec<String>,
    outputs: Vec<(String, Id)>,
    batch: usize,
}

impl Made {
    /// Names of the graph's first nodes.
    pub fn leaves(&self) -> Vec<&str> {
        self.leaves.iter().map(String::as_str).collect()
    }

    /// Results with their names.
    pub fn outputs(&self) -> Vec<(&str, Id)> {
        self.outputs.iter().map(|(name, id)| (name.as_str(), *id)).collect()
    }

    /// What was recorded, with results under some of its names.
    pub fn recorded<'a>(&'a self, outputs: &'a [(&'a str, Id)]) -> Recorded<'a> {
        Recorded { graph: &self.graph, outputs, batch: self.batch }
    }

    /// As a program of that name, for as many rows as it was recorded with.
    ///
    /// # Errors
    /// Names what a file cannot have.
    pub fn fixed(&self, name: &str) -> Result<stored::Program, String> {
        let outputs = self.outputs();
        stored::Program::fixed(name, &self.leaves(), self.recorded(&outputs))
    }
}

/// How many rows more an objective is recorded at, besides the setup's batch: what differs is the batch.
const MORE: usize = 4;

/// The objective at the batch of training and at a larger one, as bytes: for whoever trains elsewhere.
///
/// # Errors
/// Names the operation that cannot be recorded or is not known, or what a file cannot have.
pub fn objectives(entry: &dyn Entry, params: &Params, data: DataShape) -> Result<Vec<u8>, String> {
    let batch = params.usize("batch");
    let both = [batch, batch + MORE].map(|batch| {
        let made = objective(entry, params, data, batch)?;
        let outputs = made.outputs();
        stored::Program::trained(LOSS, &made.leaves(), made.recorded(&outputs))
    });
    let [a, b] = both;
    Ok(stored::write(&[a?, b?]))
}

/// What a step of training computes, for batches of `batch`: the terms that are numbers, the loss first, then new values of state, each called
/// [`SET`] and the parameter's name. Gradients stop where the method says so.
///
/// # Errors
/// Names the operation that cannot be recorded or is not known.
pub fn objective(entry: &dyn Entry, params: &Params, data: DataShape, batch: usize) -> Result<Made, String> {
    let recording = entry.record(params, data, Program::Train, batch)?;
    let imported = import_program(&recording)?;
    let terms = recording.outputs.iter().filter(|o| o.shape == [1]).map(|o| (o.name.clone(), o.id));
    let set = recording.set.iter().map(|o| (format!("{SET}{}", o.name), o.id));
    let outputs = terms.chain(set).map(|(name, id)| Ok((name, node(&imported, id)?))).collect::<Result<_, String>>()?;
    let leaves = recording.leaves().map(|leaf| leaf.name.clone()).collect();
    Ok(Made { graph: imported.graph, leaves, outputs, batch })
}

fn record(entry: &dyn Entry, params: &Params, data: DataShape, what: Program, batch: usize) -> Result<Option<Made>, String> {
    let recording = entry.record(params, data, what, batch)?;
    if recording.outputs.is_empty() {
        return Ok(None);
    }
    let imported = import_program(&recording)?;
    let outputs = recording.outputs.iter().map(|o| Ok((o.name.clone(), node(&imported, o.id)?)));
    let outputs = outputs.collect::<Result<_, String>>()?;
    let leaves = recording.leaves().map(|leaf| leaf.name.clone()).collect();
    Ok(Some(Made { graph: imported.graph, leaves, outputs, batch }))
}
