//! Convolutions as products: the patches that a kernel sees become the columns of a matrix.

use latent_compile::graph::Conv;

use crate::product::{Matrix, Packs, product};
use crate::threads;

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `x [n, ci, h, w]` with `w [co, ci, kh, kw]`.
    Forward,
    /// `x [n, ci, h, w]` with `w [ci, co, kh, kw]`.
    Transposed,
    /// `x [n, ci, h, w]` and `dy [n, co, oh, ow]` to `[co, ci, kh, kw]`.
    Weight,
}

/// A convolution: its geometry, and the images on both sides of the kernel. The *inner* images are those that a kernel is laid over: the
/// arguments of a convolution, the results of a transposed one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Convolve {
    pub kind: Kind,
    pub conv: Conv,
    pub images: usize,
    /// Channels, height, width.
    pub inner: [usize; 3],
    /// Channels, height, width of the images with a value for each place of the kernel.
    pub outer: [usize; 3],
    pub kernel: [usize; 2],
}

/// What a thread computes in.
#[derive(Debug, Default)]
pub(crate) struct Bench {
    columns: Vec<f32>,
    packs: Packs,
}

impl Convolve {
    fn patch(&self) -> usize {
        self.inner[0] * self.kernel[0] * self.kernel[1]
    }

    fn places(&self) -> usize {
        self.outer[1] * self.outer[2]
    }

    /// Results of `a` and `b`, in the order that [`Kind`] says.
    pub fn run(&self, a: &[f32], b: &[f32], out: &mut [f32], benches: &mut Vec<Bench>) {
        let cores = threads::cores().min(self.images.max(1));
        benches.resize_with(cores.max(1), Bench::default);
        let (inner, outer) = (self.inner.iter().product::<usize>(), self.outer.iter().product::<usize>());
        let (patch, places, channels) = (self.patch(), self.places(), self.outer[0]);
        if inner * outer * self.images == 0 {
            return out.fill(0.0);
        }
        if self.kind == Kind::Weight {
            let bench = &mut benches[0];
            for i in 0..self.images {
                self.spread(&a[i * inner..][..inner], &mut bench.columns);
                let columns = Matrix { data: &bench.columns, step: [1, places] };
                let dy = Matrix { data: &b[i * outer..], step: [places, 1] };
                product(out, [channels, patch, places], dy, columns, i > 0, &mut bench.packs);
            }
            return;
        }
        // Some images a core.
        let (from, to) = if self.kind == Kind::Forward { (inner, outer) } else { (outer, inner) };
        let each = self.images.div_ceil(cores);
        let work: Vec<_> = out[..self.images * to].chunks_mut(each * to).zip(a.chunks(each * from)).zip(benches).collect();
        threads::each(work, |((out, a), bench)| {
            for (x, y) in a.chunks_exact(from).zip(out.chunks_exact_mut(to)) {
                if self.kind == Kind::Forward {
                    self.spread(x, &mut bench.columns);
                    let columns = Matrix { data: &bench.columns, step: [places, 1] };
                    product(y, [channels, places, patch], Matrix { data: b, step: [patch, 1] }, columns, false, &mut bench.packs);
                } else {
                    room(&mut bench.columns, patch * places);
                    let x = Matrix { data: x, step: [places, 1] };
                    let w = Matrix { data: b, step: [1, patch] };
                    product(&mut bench.columns, [patch, places, channels], w, x, false, &mut bench.packs);
                    self.gather(&bench.columns, y);
                }
            }
        });
    }

    /// Places along an axis that the kernel's tap at `k` sees inside an image of `n`: the first and one behind the last of `m`.
    #[inline(always)]
    fn inside(&self, axis: usize, k: usize, n: usize, m: usize) -> (usize, usize) {
        let (stride, off) = (self.conv.stride[axis], k * self.conv.dilation[axis]);
        let pad = self.conv.padding[axis];
        let first = pad.saturating_sub(off).div_ceil(stride);
        let behind = if n + pad > off { (n + pad - off).div_ceil(stride) } else { 0 };
        let behind = behind.min(m);
        (first.min(behind), behind)
    }

    /// The patches of an image: `out[channel, tap][place]`, zero beyond its edges.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn spread(&self, x: &[f32], out: &mut Vec<f32>) {
        let [channels, h, w] = self.inner;
        let [kh, kw] = self.kernel;
        let [_, oh, ow] = self.outer;
        room(out, self.patch() * self.places());
        let mut rows = out.chunks_exact_mut(oh * ow);
        for channel in x.chunks_exact(h * w).take(channels) {
            for ky in 0..kh {
                let (top, bottom) = self.inside(0, ky, h, oh);
                for kx in 0..kw {
                    let (left, right) = self.inside(1, kx, w, ow);
                    let Some(out) = rows.next() else { return };
                    out[..top * ow].fill(0.0);
                    out[bottom * ow..].fill(0.0);
                    for (oy, out) in out.chunks_exact_mut(ow).enumerate().take(bottom).skip(top) {
                        let y = oy * self.conv.stride[0] + ky * self.conv.dilation[0] - self.conv.padding[0];
                        out[..left].fill(0.0);
                        out[right..].fill(0.0);
                        if left == right {
                            continue;
                        }
                        let first = left * self.conv.stride[1] + kx * self.conv.dilation[1] - self.conv.padding[1];
                        let x = &channel[y * w + first..];
                        match self.conv.stride[1] {
                            1 => out[left..right].copy_from_slice(&x[..right - left]),
                            stride => out[left..right].iter_mut().zip(x.iter().step_by(stride)).for_each(|(o, x)| *o = *x),
                        }
                    }
                }
            }
        }
    }

    /// The adjoint of [`Self::spread`]: adds what was computed for each tap and place where it belongs.
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    fn gather(&self, columns: &[f32], out: &mut [f32]) {
        let [_, h, w] = self.inner;
        let [kh, kw] = self.kernel;
        let [_, oh, ow] = self.outer;
        out.fill(0.0);
        let mut rows = columns.chunks_exact(oh * ow);
        for channel in out.chunks_exact_mut(h * w) {
            for ky in 0..kh {
                let (top, bottom) = self.inside(0, ky, h, oh);
                for kx in 0..kw {
                    let (left, right) = self.inside(1, kx, w, ow);
                    let Some(from) = rows.next() else { return };
                    if left == right {
                        continue;
                    }
                    for (oy, from) in from.chunks_exact(ow).enumerate().take(bottom).skip(top) {
                        let y = oy * self.conv.stride[0] + ky * self.conv.dilation[0] - self.conv.padding[0];
                        let first = left * self.conv.stride[1] + kx * self.conv.dilation[1] - self.conv.padding[1];
                        let (to, from) = (&mut channel[y * w + first..], &from[left..right]);
                        match self.conv.stride[1] {
                            1 => to.iter_mut().zip(from).for_each(|(o, x)| *o += x),
                            stride => to.iter_mut().step_by(stride).zip(from).for_each(|(o, x)| *o += x),
                        }
                    }
                }
            }
        }
    }
}

fn room(out: &mut Vec<f32>, floats: usize) {
    if out.len() < floats {
        out.resize(floats, 0.0);
    }
}
