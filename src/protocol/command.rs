//! What the page says to the engine.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

#[cfg(doc)]
use super::Event;
use latent_experiment::Setup;
use latent_view::{Query, Slot};
use latent_vocabulary::Precision;
use latent_vocabulary::device::Hints;

/// Counts the runs of a page. A new one starts with every [`Command::Start`].
pub type RunId = u32;

/// Page to engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Opens the device. First command, once.
    Open {
        /// Address of the folder with the data, ending in `/`.
        assets: String,
        engine: EngineChoice,
        hints: Hints,
    },
    /// Fetches or renders the data set of that id, in place of the present one. Answers [`Event::DataReady`] or
    /// [`Event::DataFailed`]; a later one of these supersedes it.
    Load { data: String },
    /// Compiles ahead what training the setup will take, beside everything else. No answer.
    Prepare { setup: Setup },
    /// Builds the setup's network as run `run`. Answers [`Event::Built`] or [`Event::RunFailed`]. Does not train yet.
    Start {
        run: RunId,
        setup: Setup,
        /// Safetensors to begin from: weights, or a checkpoint of the same network, whose run goes on ([`Event::Resumed`]).
        /// `None` starts from the seed's random weights.
        weights: Option<ByteBuf>,
    },
    /// Trains until paused.
    Train { run: RunId },
    /// Stops after the step in flight.
    Pause { run: RunId },
    /// Trains `steps` steps, then pauses.
    Step { run: RunId, steps: u32 },
    /// Moves a live control: of the method's parameters ([`Card::all_params`](latent_vocabulary::Card::all_params)), the one at this place.
    Set { run: RunId, param: u8, value: f64 },
    /// Asks for a view, and again each time the weights have changed; replaces the slot's previous query.
    Watch { slot: Slot, query: Query },
    /// The panel is hidden or gone.
    Unwatch { slot: Slot },
    /// Asks for a file to take home: [`Event::Saved`].
    Save { run: RunId, what: Export },
    /// Asks whether a file of weights fits a network, its own or else that of `setup`: [`Event::Examined`] or [`Event::Unfit`].
    Examine { setup: Setup, safetensors: ByteBuf },
    /// Writes a checkpoint of the run to the browser's storage, in place of the run's last one: [`Event::Kept`] or
    /// [`Event::NotKept`].
    Keep { run: RunId },
    /// Asks for the runs in the browser's storage: [`Event::Runs`].
    Runs,
    /// Goes on with a kept run as run `run`: answers as [`Command::Start`], with [`Event::RunFailed`] where another tab has it.
    Resume { run: RunId, id: String },
    /// Gives a kept run a name. Answers [`Event::Runs`].
    Rename { id: String, name: String },
    /// Deletes a kept run. Answers [`Event::Runs`].
    Delete { id: String },
    /// Times `steps` training steps of a fresh network: [`Event::Benched`].
    Bench { setup: Setup, steps: u32 },
    /// Times what this machine does, in about half a minute: [`Event::Timed`].
    Machine,
    /// Takes `steps` steps of a fresh network on both engines and compares them: [`Event::Verified`]. Only the worker with
    /// eager Burn can.
    Verify { setup: Setup, steps: u32 },
}

/// What can be taken home of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Export {
    /// Parameters, as safetensors.
    Weights(Precision),
    /// Parameters in full, as safetensors, with the objective beside the programs: what PyTorch's module is written of.
    Trainable,
    /// All that the run needs to go on, as safetensors; weights alone where the engine cannot read its optimiser.
    Checkpoint,
    /// Codes of the test images.
    Codes(Table),
}

/// A file of numbers for other programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Table {
    /// Comma-separated values, a row an image.
    Csv,
    /// NumPy's archive of arrays.
    Npz,
}

/// Which engine executes the training step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum EngineChoice {
    /// The plan where there is a graphics card, else the processor.
    #[default]
    Best,
    /// The recorded step as WGSL, on whatever adapter WebGPU has.
    Plan,
    /// The recorded step on the processor.
    Cpu,
    /// Burn, operation by operation. Only the worker with eager Burn can.
    Burn,
}
