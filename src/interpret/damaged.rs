//! Programs that strangers wrote: what is not refused runs.

use latent_compile::graph::{Binary, Conv, Dist, Graph, Id, Unary};
use latent_compile::loops::reduction::Reduction;
use latent_compile::stored::{Program, Recorded, read, write};

use crate::{Noise, Tape};

/// One of every operation that a program may have, on `n` rows.
fn of_all(n: usize) -> (Graph, Vec<(&'static str, Id)>) {
    let mut g = Graph::default();
    let (image, w, up, codes, k) = (g.leaf(&[n, 16]), g.leaf(&[3, 1, 2, 2]), g.leaf(&[3, 1, 2, 2]), g.leaf(&[5, 3]), g.leaf(&[1]));
    let x = g.reshape(image, &[n, 1, 4, 4]);
    let x = g.flip(x, &[2]);
    let geometry = Conv { stride: [2, 2], padding: [0, 0], dilation: [1, 1] };
    let h = g.conv2d(x, w, geometry);
    let h = g.unary(Unary::Relu, h);
    let y = g.conv_transpose2d(h, up, geometry, [4, 4]);
    let dw = g.conv_weight(x, h, geometry, [2, 2]);
    let z = g.permute(h, &[0, 2, 3, 1]);
    let z = g.reshape(z, &[4 * n, 3]);
    let noise = g.random(Dist::Normal, &[4 * n, 3]);
    let chance = g.random(Dist::Uniform, &[4 * n, 3]);
    let some = g.with_scalar(Binary::Lt, chance, 0.5);
    let z = g.where_(some, noise, z);
    let turned = g.swap(codes, 0, 1);
    let far = g.matmul(z, turned).unwrap();
    let nearest = g.arg_reduce(true, far, 1);
    let places = g.broadcast(nearest, &[4 * n, 3]);
    let own = g.gather(codes, places, 0);
    let counts = g.scatter_add(places, own, 0, &[5, 3]);
    let sum = g.cum_sum(far, 1, true);
    let rank = g.rank(far, 1);
    let kth = g.kth_largest(far, k);
    let next = g.binary(Binary::Advance { shift: 3 }, far, rank);
    let all = g.concat(&[sum, rank, kth, next], 1);
    let place = g.iota(&[4 * n, 16], 1);
    let all = g.add(all, place);
    let part = g.slice(all, &[0, 2], &[1, 3], &[4 * n, 4]);
    let wide = g.embed(part, &[0, 1], &[1, 2], &[4 * n, 9]);
    let most = g.reduce(Reduction::Max, wide, &[0, 1]);
    let data = g.constant(vec![1.0, 2.0, 3.0, 4.0], &[1, 4]);
    let last = g.mul(part, data);
    (g, vec![("y", y), ("dw", dw), ("counts", counts), ("most", most), ("last", last)])
}

const LEAVES: [&str; 5] = ["image", "w", "up", "codes", "k"];

fn program() -> Program {
    let ((a, outputs), (b, others)) = (of_all(7), of_all(13));
    let [a, b] = [(&a, &outputs, 7), (&b, &others, 13)].map(|(graph, outputs, batch)| Recorded { graph, outputs, batch });
    Program::between("all", &LEAVES, a, b).unwrap().unwrap()
}

fn values(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 37 % 64) as f32 - 32.0) / 16.0).collect()
}

/// What a program gives for `batch` rows.
fn run(program: &Program, batch: usize) -> Result<Vec<Vec<f32>>, String> {
    let made = program.at(batch)?;
    let mut tape = Tape::new(&made.graph, &made.outputs, &[]);
    let mut leaves: Vec<Vec<f32>> = tape.leaves().iter().map(|n| values(*n)).collect();
    tape.run(&mut leaves, Noise::default());
    Ok((0..made.outputs.len()).map(|i| tape.output(i).to_vec()).collect())
}

#[test]
fn a_stored_program_gives_what_its_recording_gives() {
    let program = &read(&write(&[program()])).unwrap()[0];
    for n in [1, 7, 10] {
        let (g, outputs) = of_all(n);
        let mut tape = Tape::new(&g, &outputs.iter().map(|o| o.1).collect::<Vec<_>>(), &[]);
        let mut leaves: Vec<Vec<f32>> = tape.leaves().iter().map(|n| values(*n)).collect();
        tape.run(&mut leaves, Noise::default());
        for (i, (got, (name, _))) in run(program, n).unwrap().iter().zip(&outputs).enumerate() {
            assert_eq!(got, tape.output(i), "{name} of {n} rows");
        }
    }
}

/// Bytes changed, left out, doubled and put in: each is a sentence, or a program that runs.
#[test]
fn damage_never_panics() {
    let good = write(&[program()]);
    let mut state = 7u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    let (mut ran, mut refused) = (0, 0);
    for _ in 0..20_000 {
        let mut bytes = good.clone();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            match random(5) {
                0 => bytes[at] = random(256) as u8,
                1 => bytes[at] ^= 1 << random(8),
                2 => bytes[at] = bytes[at].wrapping_add(1 + random(3) as u8),
                3 => drop(bytes.remove(at)),
                _ => bytes.insert(at, random(256) as u8),
            }
        }
        match read(&bytes) {
            Err(why) => {
                assert!(!why.is_empty() && why.len() < 400 && !why.contains('\n'), "{why}");
                refused += 1;
            }
            Ok(programs) => {
                for program in programs {
                    // What takes long is allowed, and not waited for here.
                    let made = program.at(program.batch().unwrap_or(1)).unwrap();
                    let floats: usize = made.graph.ids().map(|id| made.graph.shape(id).iter().product::<usize>()).sum();
                    if floats < 1 << 16 {
                        let _ = run(&program, program.batch().unwrap_or(3));
                        ran += 1;
                    }
                }
            }
        }
    }
    assert!(ran > 300 && refused > 5_000, "{ran} ran, {refused} were refused");
}
