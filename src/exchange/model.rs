//! A model's file, as those who print it read it.

use latent_compile::stored::given::{LOSS, NO_OBJECTIVE, OBJECTIVE};
use latent_compile::stored::{self, BATCHES, Made, Program, Recorded};
use latent_experiment::Setup;
use latent_player::File;
use latent_vocabulary::Card;
use latent_vocabulary::code::from_note;
use latent_vocabulary::factors::FactorList;
use latent_vocabulary::frames::Frames;
use latent_vocabulary::shape::{DataShape, SampleShape};

use crate::code::Code;
use crate::lower::{Source, lower};

/// A trained model: weights, and programs.
pub struct Model<'a> {
    /// The experiment whose weights these are.
    pub setup: Setup,
    /// What its method says about itself.
    pub card: &'static Card,
    file: File<'a>,
    programs: Vec<Program>,
    step: f32,
    controls: Vec<(&'static str, f32)>,
}

impl<'a> Model<'a> {
    /// Reads a file of weights that carries its programs.
    ///
    /// # Errors
    /// A sentence that names what is missing or does not fit.
    pub fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let file = File::open(bytes)?;
        let (setup, notes) = Setup::from_query(file.note("setup")?, &[]);
        if let Some(note) = notes.first() {
            return Err(format!("the model's setup: {note}"));
        }
        let card = setup.card().map_err(|e| e.to_string())?;
        let programs = file
            .note("programs")
            .map_err(|_| "the file is of before models had their programs: open it in the page and save it again")?;
        let programs = stored::read(&stored::from_text(programs)?)?;
        let step = file.step();
        let controls = card.all_params().filter(|p| p.live).map(|p| (p.key, setup.get(p.key) as f32)).collect();
        Ok(Self { setup, card, file, programs, step, controls })
    }

    /// What its programs are called.
    pub fn programs(&self) -> impl Iterator<Item = &str> {
        self.programs.iter().map(Program::name)
    }

    /// Training steps behind the weights.
    pub fn step(&self) -> f32 {
        self.step
    }

    /// Shape of the images and number of classes; `None` where the images are not ours, and the file does not say.
    pub fn data(&self) -> Option<DataShape> {
        let own = || {
            let [channels, height, width] = self.file.image().ok()?;
            let classes = self.file.note("classes").ok()?.lines().count();
            let factors = FactorList::of_code(&from_note(self.file.note("code").ok()?).ok()?);
            let frames = self.file.note("frames").map_or(Frames::One, Frames::from_note);
            Some(DataShape { image: SampleShape { channels, height, width }, classes, factors, frames })
        };
        own().filter(|data| data.classes > 0).or_else(|| latent_catalog::set(&self.setup.data).map(DataShape::of))
    }

    /// The values of a weight.
    ///
    /// # Errors
    /// If there is no such tensor, or it has another shape.
    pub fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, String> {
        self.file.values(name, shape)
    }

    /// The shape of a weight, if there is one of that name.
    pub fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.file.tensors().into_iter().find(|(own, _)| own == name).map(|(_, shape)| shape)
    }

    /// A program as calls, for any number of rows.
    ///
    /// # Errors
    /// If the model does not have it, or something in it has no counterpart elsewhere.
    pub fn code(&self, name: &str) -> Result<Code, String> {
        let program = self.programs.iter().find(|own| own.name() == name);
        let program = program.ok_or_else(|| {
            format!("the model has no program {name:?}; it has {}", self.programs().collect::<Vec<_>>().join(", "))
        })?;
        let mut why = String::new();
        for rows in BATCHES.map(|rows| program.batch().map_or(rows, |own| [own; 2])) {
            let [a, b] = [program.at(rows[0])?, program.at(rows[1])?];
            let outputs = [&a, &b].map(|made| named(program, made));
            let at = [(&a, &outputs[0], rows[0]), (&b, &outputs[1], rows[1])];
            let at = at.map(|(made, outputs, batch)| Recorded { graph: &made.graph, outputs, batch });
            match self.lower(name, program.leaves().collect(), at) {
                Ok(code) => return Ok(code),
                Err(e) => why = e,
            }
        }
        Err(why)
    }

    /// What a step of training computes as calls, where the file has that: for any number of rows, or else for the batch of training. An error
    /// says why it is not there; `None` where nobody has put it into the file.
    pub fn objective(&self) -> Option<Result<Code, String>> {
        if let Ok(why) = self.file.note(NO_OBJECTIVE) {
            return Some(Err(why.into()));
        }
        let note = self.file.note(OBJECTIVE).ok()?;
        Some(stored::from_text(note).and_then(|bytes| stored::read(&bytes)).and_then(|programs| self.lower_objective(&programs)))
    }

    fn lower_objective(&self, programs: &[Program]) -> Result<Code, String> {
        let [a, b] = programs else { return Err("an objective is recorded at two batch sizes".into()) };
        let mut why = String::new();
        for both in [[a, b], [a, a]] {
            let batch = both.map(|program| program.batch().unwrap_or(1));
            let made = [both[0].at(batch[0])?, both[1].at(batch[1])?];
            let outputs = [named(both[0], &made[0]), named(both[1], &made[1])];
            let at = [0, 1].map(|i| Recorded { graph: &made[i].graph, outputs: &outputs[i], batch: batch[i] });
            match self.lower(LOSS, a.leaves().collect(), at) {
                Ok(code) => return Ok(code),
                Err(e) => why = e,
            }
        }
        Err(why)
    }

    fn lower(&self, name: &str, leaves: Vec<&str>, at: [Recorded<'_>; 2]) -> Result<Code, String> {
        let input = match name {
            "Decode" => "z",
            "SampleStep" => "z_at_by",
            "FromTokens" | "TokenLogits" => "tokens",
            _ => "x",
        };
        lower(&Source { name, leaves, at, input, step: self.step, controls: &self.controls })
    }

    /// What files say about where they are from, a line each.
    pub fn credits(&self) -> [(&'static str, String); 4] {
        let query = self.setup.to_query();
        let licence = "The weights are yours. Latent Lab, which wrote this file, is under MIT OR Apache-2.0.";
        [("method", self.card.label.into()), ("setup", query), ("step", self.step.to_string()), ("licence", licence.into())]
    }
}

fn named<'p>(program: &'p Program, made: &Made) -> Vec<(&'p str, latent_compile::Id)> {
    program.outputs().zip(made.outputs.iter().copied()).collect()
}
