//! Images on their way between the data set, the arena and the page: the kernels that fetch them, and the one that packs pictures.

use std::collections::HashMap;

use crate::plan::layout::InputAt;
use latent_compile::emit::ctl;
use latent_compile::graph::Graph;
use latent_compile::plan::{Job, Special, Updates, When, compile};
use latent_compile::template::fill;
use latent_compile::{Dispatch, Plan, Target};
use latent_vocabulary::shape::{DataShape, SampleShape, Values};

/// Which images are fetched, as the order buffer tells.
#[derive(Clone, Copy)]
pub(super) enum Order {
    /// Those of the step, from its place in the ring on.
    Step,
    /// Those that stand behind the ring, which has so many entries.
    Behind(usize),
}

impl Order {
    /// Where the order has image `row`.
    fn of(self, row: &str) -> String {
        match self {
            Self::Step => format!("(ctl[{}] + {row}) % ctl[{}]", ctl::PLACE, ctl::ORDER),
            Self::Behind(ring) => format!("{ring}u + {row}"),
        }
    }
}

/// The kernel that fetches samples, a word of the data set by each invocation.
pub(super) fn gather(batch: usize, shape: SampleShape, x: usize, order: Order) -> Special {
    let word = |w: usize| w.to_string();
    let (words, unpack) = match shape.values() {
        Values::Unit => (shape.len() / 4, latent_small::shader!("../../../../shaders/gather/unit.wgsl")),
        Values::Half => (shape.len() / 2, latent_small::shader!("../../../../shaders/gather/half.wgsl")),
        Values::Real => (shape.len(), latent_small::shader!("../../../../shaders/gather/real.wgsl")),
    };
    Special {
        name: "gather",
        body: fill(
            latent_small::shader!("../../../../shaders/gather.wgsl"),
            &[
                ("words", word(words)),
                ("at", order.of("row")),
                ("unpack", fill(unpack, &[("x", word(x))])),
                ("step", word(ctl::STEP)),
                ("now", word(ctl::NOW)),
            ],
        ),
        len: batch * words,
        when: When::First,
    }
}

/// The kernel that fetches labels and the step's number.
pub(super) fn labels(batch: usize, input: InputAt, order: Order) -> Special {
    let word = |w: usize| w.to_string();
    Special {
        name: "labels",
        body: fill(
            latent_small::shader!("../../../../shaders/labels.wgsl"),
            &[
                ("at", order.of("i")),
                ("labels", word(ctl::LABELS)),
                ("to", word(input.labels)),
                ("number", word(input.step)),
                ("step", word(ctl::STEP)),
            ],
        ),
        len: batch,
        when: When::First,
    }
}

/// The kernel that fetches factors, where the method is told them.
pub(super) fn factors(batch: usize, data: DataShape, input: InputAt, order: Order) -> Option<Special> {
    let word = |w: usize| w.to_string();
    let each = data.factors.len();
    input.factors.map(|to| Special {
        name: "factors",
        body: fill(
            latent_small::shader!("../../../../shaders/factors.wgsl"),
            &[
                ("each", word(each)),
                ("at", order.of("row")),
                ("labels", word(ctl::LABELS)),
                ("bytes", word(data.image.bytes())),
                ("to", word(to)),
            ],
        ),
        len: batch * each,
        when: When::First,
    })
}

/// Fetches the images whose numbers stand behind the order's `ring` entries, with what is known of them, to where programs for `batch`
/// images expect them.
pub fn fetch(batch: usize, data: DataShape, input: InputAt, ring: usize, target: Target) -> Result<Plan, String> {
    let order = Order::Behind(ring);
    let known = [labels(batch, input, order)].into_iter().chain(factors(batch, data, input, order));
    let job = Job {
        graph: &Graph::default(),
        target,
        leaves: HashMap::new(),
        outputs: vec![],
        updates: Updates::default(),
        specials: [gather(batch, data.image, input.rows, order)].into_iter().chain(known).collect(),
        scratch: input.end,
        training: false,
        half: false,
        salt: 0,
    };
    compile(&job).map_err(|e| e.to_string())
}

/// Packs the `floats` values from `from` on, a multiple of four, into as many bytes from the float `to` on.
pub(super) fn pack(from: usize, floats: usize, to: usize) -> Dispatch {
    const LANES: usize = 64;
    /// Workgroups that WebGPU allows in a row.
    const MOST: usize = 65_535;
    let (words, word) = (floats / 4, |w: usize| w.to_string());
    let groups = words.div_ceil(LANES);
    let width = groups.clamp(1, MOST);
    let wgsl = fill(
        latent_small::shader!("../../../../shaders/pack.wgsl"),
        &[("lanes", word(LANES)), ("row", word(width * LANES)), ("words", word(words)), ("from", word(from)), ("to", word(to))],
    );
    Dispatch { name: "pack".into(), wgsl, grid: [width as u32, groups.div_ceil(width) as u32], flops: 0, bytes: 5 * floats as u64 }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use pollster::block_on;

    use super::*;
    use latent_gpu::{Arena, Data, Gpu};
    use latent_view::{pixels, unit_values};

    #[test]
    fn pictures_are_packed_as_the_processor_rounds_them() {
        let gpu = Rc::new(block_on(Gpu::open()).expect("a GPU adapter; on Debian: mesa-vulkan-drivers"));
        // Every byte, every tie and its neighbours, and what is no picture.
        let mut x = unit_values(&(0..=255).collect::<Vec<u8>>());
        for tie in 0..255u16 {
            let v = (f32::from(tie) + 0.5) / 255.0;
            x.extend([v, v.next_down(), v.next_up()]);
        }
        x.extend([-0.0, -3.0, 1.5, f32::INFINITY, f32::NEG_INFINITY, f32::MIN_POSITIVE]);
        x.resize(x.len().next_multiple_of(4), 0.25);
        let (n, from) = (x.len(), 8);
        let mut arena =
            block_on(Arena::new(gpu.clone(), from + n + n / 4, 0, 0, Data::upload(&gpu, &[], &[], &[]).unwrap())).unwrap();
        arena.write(from, &x);
        let plan = Plan { dispatches: vec![pack(from, n, from + n)], ..Plan::default() };
        let recorded = block_on(arena.record(&plan)).unwrap();
        arena.run(&recorded, 1);
        let words = block_on(arena.read(&[(from + n, n / 4)])).unwrap().remove(0);
        assert_eq!(bytemuck::cast_slice::<f32, u8>(&words), pixels(&x));
    }
}
