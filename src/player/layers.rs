//! Layers of one image at a time, row-major, without batches.

use super::file::File;

/// A fully connected layer, `y = x · W + b`.
pub struct Dense {
    pub inputs: usize,
    pub outputs: usize,
    /// Shape `[inputs, outputs]`.
    weight_io: Vec<f32>,
    bias_o: Vec<f32>,
}

impl Dense {
    pub fn read(file: &File, name: &str) -> Result<Self, String> {
        let weight = format!("{name}.weight");
        let [inputs, outputs] = file.shape(&weight)?;
        Ok(Self {
            inputs,
            outputs,
            weight_io: file.values(&weight, &[inputs, outputs])?,
            bias_o: file.values(&format!("{name}.bias"), &[outputs])?,
        })
    }

    /// [`Self::read`], with as many inputs and outputs as its neighbours have.
    pub fn read_sized(file: &File, name: &str, inputs: usize, outputs: usize) -> Result<Self, String> {
        let layer = Self::read(file, name)?;
        match [(layer.inputs, inputs), (layer.outputs, outputs)].iter().find(|(got, want)| got != want) {
            Some((got, want)) => Err(format!("{name} has size {got}: expected {want}")),
            None => Ok(layer),
        }
    }

    pub fn apply(&self, x_i: &[f32]) -> Vec<f32> {
        let mut y_o = self.bias_o.clone();
        add_rows(&mut y_o, x_i, &self.weight_io);
        y_o
    }
}

/// `y += x · W`, with `weight_io` of shape `[inputs, outputs]`.
///
/// Walks the weights row by row, so that the zeros of a digit's background and of a ReLU cost nothing.
pub fn add_rows(y_o: &mut [f32], x_i: &[f32], weight_io: &[f32]) {
    for (x, row) in x_i.iter().zip(weight_io.chunks_exact(y_o.len())) {
        if *x != 0.0 {
            for (y, w) in y_o.iter_mut().zip(row) {
                *y += x * w;
            }
        }
    }
}

/// A picture of several channels, `[channels, height, width]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Maps {
    pub channels: usize,
    pub height: usize,
    pub width: usize,
    pub x_chw: Vec<f32>,
}

/// Which way a convolution goes: from a large picture to a small one, or back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Down,
    /// The transposed convolution.
    Up,
}

/// A convolution of square kernel, or its transpose.
pub struct Conv {
    way: Way,
    pub inputs: usize,
    pub outputs: usize,
    kernel: usize,
    stride: usize,
    pad: usize,
    /// `[outputs, inputs, kernel, kernel]` on the way down, `[inputs, outputs, kernel, kernel]` on the way up.
    weight: Vec<f32>,
    bias_o: Vec<f32>,
}

impl Conv {
    pub fn read(file: &File, name: &str, way: Way, stride: usize, pad: usize) -> Result<Self, String> {
        let weight = format!("{name}.weight");
        let shape: [usize; 4] = file.shape(&weight)?;
        let [a, b, kernel, across] = shape;
        if kernel != across {
            return Err(format!("{weight} has shape {shape:?}: expected a square kernel"));
        }
        let (inputs, outputs) = if way == Way::Down { (b, a) } else { (a, b) };
        let bias_o = file.values(&format!("{name}.bias"), &[outputs])?;
        Ok(Self { way, inputs, outputs, kernel, stride, pad, weight: file.values(&weight, &shape)?, bias_o })
    }

    /// Side of the output for that of the input.
    pub fn side(&self, input: usize) -> usize {
        match self.way {
            Way::Down => (input + 2 * self.pad).saturating_sub(self.kernel) / self.stride + 1,
            Way::Up => ((input.max(1) - 1) * self.stride + self.kernel).saturating_sub(2 * self.pad),
        }
    }

    pub fn apply(&self, x: &Maps) -> Maps {
        let (height, width) = (self.side(x.height), self.side(x.width));
        let plane = height * width;
        let mut y_ohw: Vec<f32> = self.bias_o.iter().flat_map(|b| std::iter::repeat_n(*b, plane)).collect();
        for o in 0..self.outputs {
            for i in 0..self.inputs {
                let pair = if self.way == Way::Down { o * self.inputs + i } else { i * self.outputs + o };
                let kernel = &self.weight[pair * self.kernel * self.kernel..][..self.kernel * self.kernel];
                let x_hw = &x.x_chw[i * x.height * x.width..][..x.height * x.width];
                let y_hw = &mut y_ohw[o * plane..][..plane];
                match self.way {
                    Way::Down => self
                        .correlate(kernel, (height, width), (x.height, x.width), |small, large, w| y_hw[small] += w * x_hw[large]),
                    Way::Up => self
                        .correlate(kernel, (x.height, x.width), (height, width), |small, large, w| y_hw[large] += w * x_hw[small]),
                }
            }
        }
        Maps { channels: self.outputs, height, width, x_chw: y_ohw }
    }

    /// Visits each pair of pixels that the kernel joins, with its weight: one of the small picture, one of the large.
    fn correlate(&self, kernel: &[f32], small: (usize, usize), large: (usize, usize), mut join: impl FnMut(usize, usize, f32)) {
        for (k, w) in kernel.iter().enumerate() {
            let (ky, kx) = (k / self.kernel, k % self.kernel);
            for y in 0..small.0 {
                // Before the edge it wraps around to a number that is beyond the other edge.
                let ly = (y * self.stride + ky).wrapping_sub(self.pad);
                if ly >= large.0 {
                    continue;
                }
                for x in 0..small.1 {
                    let lx = (x * self.stride + kx).wrapping_sub(self.pad);
                    if lx < large.1 {
                        join(y * small.1 + x, ly * large.1 + lx, *w);
                    }
                }
            }
        }
    }
}

pub fn relu(mut x: Vec<f32>) -> Vec<f32> {
    x.iter_mut().for_each(|v| *v = v.max(0.0));
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dense_layer_is_x_times_w_plus_b() {
        let layer = Dense { inputs: 2, outputs: 3, weight_io: vec![1., 2., 3., 4., 5., 6.], bias_o: vec![0.5, 0., -1.] };
        assert_eq!(layer.apply(&[2.0, -1.0]), vec![-1.5, -1.0, -1.0]);
        assert_eq!(layer.apply(&[0.0, 1.0]), vec![4.5, 5.0, 5.0]);
    }

    #[test]
    fn a_convolution_halves_and_its_transpose_doubles() {
        let conv =
            |way, weight: Vec<f32>| Conv { way, inputs: 1, outputs: 1, kernel: 4, stride: 2, pad: 1, weight, bias_o: vec![0.5] };
        let maps = |side: usize, x_chw: Vec<f32>| Maps { channels: 1, height: side, width: side, x_chw };
        // A kernel with one weight at (1, 1) picks every second pixel: with padding 1 it lies on the pixel itself.
        let mut one = vec![0.0; 16];
        one[5] = 2.0;
        let x = maps(4, (0..16).map(|v| v as f32).collect());
        let down = conv(Way::Down, one.clone()).apply(&x);
        assert_eq!(down, maps(2, vec![0.5, 4.5, 16.5, 20.5]));
        let up = conv(Way::Up, one).apply(&maps(2, vec![1.0, 2.0, 3.0, 4.0]));
        assert_eq!((up.height, up.width), (4, 4));
        assert_eq!([up.x_chw[0], up.x_chw[2], up.x_chw[8], up.x_chw[10]], [2.5, 4.5, 6.5, 8.5]);
        assert!(up.x_chw[1] == 0.5 && up.x_chw[15] == 0.5, "between them there is nothing but the bias");
        // At the edges a kernel of ones sees nine of its sixteen pixels.
        assert_eq!(conv(Way::Down, vec![1.0; 16]).apply(&maps(4, vec![1.0; 16])).x_chw, vec![9.5; 4]);
    }
}
