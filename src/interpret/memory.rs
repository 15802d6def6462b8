//! The buffers of a run.

/// Which buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Base {
    /// A leaf of the graph, by its number.
    Leaf(u32),
    /// Recorded data of the graph, by its number.
    Constant(u32),
    /// A buffer of the tape's own; before its memory is planned, a tensor that the tape stores.
    Own(u32),
}

/// What a run draws its noise from, see `latent_compile::rng`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Noise {
    /// The training step, or what tells the runs of another program apart.
    pub step: u32,
    /// The run's seed.
    pub seed: u32,
    /// What is added to the number of each stream.
    pub salt: u32,
}

/// All buffers that a task may name.
pub(crate) struct Memory<'a> {
    pub leaves: &'a mut [Vec<f32>],
    pub constants: &'a [Vec<f32>],
    pub own: &'a mut [Vec<f32>],
}

impl Memory<'_> {
    #[inline(always)]
    pub fn get(&self, base: Base) -> &[f32] {
        match base {
            Base::Leaf(i) => &self.leaves[i as usize],
            Base::Constant(i) => &self.constants[i as usize],
            Base::Own(i) => &self.own[i as usize],
        }
    }

    /// A buffer that is to be written, out of the memory until it is put back.
    pub fn take(&mut self, base: Base) -> Vec<f32> {
        std::mem::take(self.buffer(base))
    }

    pub fn put(&mut self, base: Base, values: Vec<f32>) {
        *self.buffer(base) = values;
    }

    fn buffer(&mut self, base: Base) -> &mut Vec<f32> {
        match base {
            Base::Leaf(i) => &mut self.leaves[i as usize],
            Base::Own(i) => &mut self.own[i as usize],
            Base::Constant(_) => unreachable!("recorded data is never written"),
        }
    }
}
