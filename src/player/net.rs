//! A model's programs with its weights: what runs them, a few rows at a time.

use std::cell::RefCell;

use latent_compile::stored::Program;
use latent_compile::stored::given::{CONTROLS, FACTORS, INPUT, LABEL, STEP};
use latent_interpret::{Noise, Tape};
use latent_view::Rows;

use super::file::File;

/// Rows of one run; what is too much of the last is computed and thrown away.
pub const SLICE: usize = 10;

/// What is added to the noise's streams where nothing is trained: the engine does the same.
const SALT: u32 = 1 << 16;

/// A network on the processor.
pub struct Net {
    programs: Vec<Program>,
    seed: u32,
    state: RefCell<State>,
}

struct State {
    /// Weights and what else programs are given, each in one place for all of them, and their names.
    values: Vec<Vec<f32>>,
    names: Vec<String>,
    /// By program and rows.
    ready: Vec<((usize, usize), Ready)>,
    /// Runs so far.
    draws: u32,
}

/// A program for so many rows.
struct Ready {
    tape: Tape,
    /// Where each leaf's values are.
    leaves: Vec<usize>,
    outputs: usize,
    /// Values of one row of the input; 0 where it is not asked for.
    width: usize,
    /// Factors of one row, likewise.
    factors: usize,
}

impl Net {
    /// The programs with the weights of a file, whose step it may say. `controls` are the live parameters, in the order of the method's card.
    ///
    /// # Errors
    /// Names a tensor that is missing or has another shape.
    pub fn new(file: &File, programs: Vec<Program>, controls: Vec<f32>, seed: u32) -> Result<Self, String> {
        let step = file.step();
        let (mut values, mut names) = (vec![], Vec::<String>::new());
        for program in &programs {
            let rows = program.batch().unwrap_or(1);
            let made = program.at(rows)?;
            for (id, name) in made.graph.ids().zip(program.leaves()) {
                if names.iter().any(|own| own == name) {
                    continue;
                }
                let shape = made.graph.shape(id);
                let own = match name {
                    INPUT | LABEL | FACTORS => vec![],
                    STEP => vec![step],
                    CONTROLS => controls.clone(),
                    _ => file.values(name, shape)?,
                };
                names.push(name.into());
                values.push(own);
            }
        }
        Ok(Self { programs, seed, state: RefCell::new(State { values, names, ready: vec![], draws: 0 }) })
    }

    /// Whether the model has a program.
    pub fn has(&self, name: &str) -> bool {
        self.programs.iter().any(|program| program.name() == name)
    }

    /// What a program gives for rows of `width` values, no more than [`SLICE`]: its outputs under their names.
    ///
    /// # Errors
    /// If the model has no such program, or it is not for such rows.
    pub fn run(&self, name: &str, rows: Rows<'_>, width: usize) -> Result<Outputs, String> {
        let count = rows.count(width)?;
        let at = self.programs.iter().position(|program| program.name() == name);
        let at = at.ok_or_else(|| format!("there is no {} in the model's file", words(name)))?;
        let program = &self.programs[at];
        let batch = program.batch().unwrap_or(if count > 1 { SLICE } else { 1 });
        if count > batch {
            // A program of few rows: one after the other.
            let mut all = self.run(name, rows.some(width, 0..batch), width)?;
            let rest = self.run(name, rows.some(width, batch..count), width)?;
            all.rows.iter_mut().zip(rest.rows).for_each(|((_, all), (_, rest))| all.extend(rest));
            return Ok(all);
        }
        let mut state = self.state.borrow_mut();
        let State { values, names, ready, draws } = &mut *state;
        let known = ready.iter().position(|(of, _)| *of == (at, batch));
        let known = match known {
            Some(known) => known,
            None => {
                ready.push(((at, batch), make(program, batch, values, names)?));
                ready.len() - 1
            }
        };
        let ready = &mut ready[known].1;
        if ready.width != 0 && ready.width != width {
            return Err(format!("the model's {} takes rows of {} numbers: expected {width}", words(name), ready.width));
        }
        let mut leaves: Vec<Vec<f32>> = vec![];
        for (place, leaf) in ready.leaves.iter().zip(program.leaves()) {
            let mut own = std::mem::take(&mut values[*place]);
            match leaf {
                INPUT => {
                    own.clear();
                    own.extend_from_slice(&rows.floats());
                    own.resize(batch * width, 0.0);
                }
                LABEL => {
                    own.clear();
                    own.extend(rows.classes().iter().map(|class| f32::from(*class)));
                    own.resize(batch, 0.0);
                }
                FACTORS => {
                    own.clear();
                    own.extend(rows.factors().iter().map(|value| f32::from(*value)));
                    own.resize(batch * ready.factors, 0.0);
                }
                _ => {}
            }
            leaves.push(own);
        }
        *draws = draws.wrapping_add(1);
        ready.tape.run(&mut leaves, Noise { step: *draws, seed: self.seed, salt: SALT });
        ready.leaves.iter().zip(leaves).for_each(|(place, own)| values[*place] = own);
        let outputs = (0..ready.outputs).map(|i| ready.tape.output(i));
        let whole = |values: &[f32]| values[..values.len() / batch * count].to_vec();
        Ok(Outputs { rows: program.outputs().map(String::from).zip(outputs.map(whole)).collect() })
    }
}

/// Makes a program ready for so many rows.
fn make(program: &Program, batch: usize, values: &[Vec<f32>], names: &[String]) -> Result<Ready, String> {
    let made = program.at(batch)?;
    let tape = Tape::new(&made.graph, &made.outputs, &[]);
    let places = program.leaves().map(|name| names.iter().position(|own| own == name));
    let leaves: Vec<usize> = places.collect::<Option<_>>().ok_or("a model's program is given what nobody knows")?;
    let (mut width, mut factors) = (0, 0);
    for ((name, place), floats) in program.leaves().zip(&leaves).zip(tape.leaves()) {
        let have = match name {
            INPUT => {
                width = floats / batch;
                width * batch
            }
            LABEL => batch,
            FACTORS => {
                factors = floats / batch;
                factors * batch
            }
            _ => values[*place].len(),
        };
        if have != *floats {
            return Err(format!("a model's program is given {have} numbers of {name}: it takes {floats}"));
        }
    }
    Ok(Ready { tape, leaves, outputs: made.outputs.len(), width, factors })
}

/// Rows under their names.
pub struct Outputs {
    rows: Vec<(String, Vec<f32>)>,
}

impl Outputs {
    /// The rows of that name; empty where there are none.
    pub fn take(&mut self, name: &str) -> Vec<f32> {
        self.rows.iter_mut().find(|(own, _)| own == name).map(|(_, rows)| std::mem::take(rows)).unwrap_or_default()
    }

    /// The same, as many as they must be.
    ///
    /// # Errors
    /// If there is another number of them.
    pub fn expect(&mut self, name: &str, len: usize) -> Result<Vec<f32>, String> {
        let rows = self.take(name);
        if rows.len() == len { Ok(rows) } else { Err(format!("the model gives {} numbers of {name}: expected {len}", rows.len())) }
    }
}

/// What a program is to whoever reads a message.
fn words(name: &str) -> &str {
    match name {
        "Encode" => "encoder",
        "Decode" => "decoder",
        "Tokens" | "FromTokens" => "codebook",
        "SampleStep" => "step from noise",
        "TokenLogits" => "learnt prior over its tokens",
        "CodeAges" => "age of each code",
        "Atoms" => "dictionary of features",
        _ => name,
    }
}
