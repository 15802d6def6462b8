//! Elements put where they belong: tensors laid into zeros or side by side, and elements found by their index.

use crate::view::{Dim, View, runs};

/// Where a view's elements go in a result.
#[derive(Clone, Debug)]
pub(crate) struct Laid {
    pub from: View,
    pub to: View,
}

impl Laid {
    #[cfg_attr(target_arch = "wasm32", target_feature(enable = "simd128"))]
    pub fn run(&self, x: &[f32], out: &mut [f32]) {
        let inner = |view: &View| view.dims.last().map_or(0, |d| d.step);
        let (from, to) = (inner(&self.from), inner(&self.to));
        let mut places = vec![];
        runs(&self.to.dims, 0, self.to.len(), |offset, _, _| places.push(self.to.at.wrapping_add_signed(offset)));
        let mut places = places.into_iter();
        runs(&self.from.dims, 0, self.from.len(), |offset, _, n| {
            let (first, Some(place)) = (self.from.at.wrapping_add_signed(offset), places.next()) else { return };
            if from == 1 && to == 1 {
                return out[place..place + n].copy_from_slice(&x[first..first + n]);
            }
            for i in 0..n as isize {
                out[place.wrapping_add_signed(to * i)] = x[first.wrapping_add_signed(from * i)];
            }
        });
    }
}

/// `out[.., i, ..] = x[.., index[.., i, ..], ..]`
#[derive(Clone, Debug)]
pub(crate) struct Gather {
    /// The shape of the index and of the result, with the steps of `x` in those dimensions.
    pub dims: Vec<Dim>,
    pub axis: usize,
    /// Places of `x` along the axis.
    pub n: usize,
}

impl Gather {
    pub fn run(&self, x: &[f32], index: &[f32], out: &mut [f32]) {
        let step = self.dims[self.axis].step;
        // The axis itself is where the index says.
        let dims: Vec<Dim> =
            self.dims.iter().enumerate().map(|(i, d)| if i == self.axis { Dim { step: 0, ..*d } } else { *d }).collect();
        let inner = dims.last().map_or(0, |d| d.step);
        let mut at = 0;
        runs(&dims, 0, dims.iter().map(|d| d.n).product(), |offset, _, n| {
            for i in 0..n {
                // What is no place is the nearest one: nothing may be read beyond the tensor.
                let place = (index[at + i] as usize).min(self.n - 1);
                out[at + i] = x[(offset + inner * i as isize + step * place as isize) as usize];
            }
            at += n;
        });
    }
}
