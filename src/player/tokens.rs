//! Autoencoders whose code is a grid of tokens from one codebook.

use super::file::File;
use super::layers::{Conv, Dense, Maps, Way, relu};
use super::vector::{chain, convs};

/// Places of the fully connected network: they see the whole image, and are places in name only.
const MLP_PLACES: [usize; 2] = [2, 4];

/// Image to tokens and tokens to image.
pub struct Tokens {
    /// Height and width of the grid.
    pub grid: [usize; 2],
    /// Kinds of tokens.
    pub codes: usize,
    /// Numbers of a code vector.
    pub dim: usize,
    /// Shape `[codes, dim]`.
    vectors_kd: Vec<f32>,
    net: Net,
    image: [usize; 3],
}

enum Net {
    /// Two layers each way.
    Mlp([Dense; 4]),
    Conv {
        downs: Vec<Conv>,
        out: Conv,
        mix: Conv,
        ups: Vec<Conv>,
    },
}

impl Tokens {
    /// Reads a network for images of `[channels, height, width]`.
    pub fn read(file: &File, image: [usize; 3]) -> Result<Self, String> {
        const CODEBOOK: &str = "quantiser.codebook.vectors_kd";
        let [codes, dim] = file.shape(CODEBOOK)?;
        let vectors_kd = file.values(CODEBOOK, &[codes, dim])?;
        let (net, grid) = if file.has("encoder.net.out.weight") && !file.has("encoder.net.hidden.weight") {
            let downs = convs(file, "encoder.net.convs", Way::Down)?;
            let out = Conv::read(file, "encoder.net.out", Way::Down, 1, 0)?;
            let mix = Conv::read(file, "decoder.net.mix", Way::Down, 1, 1)?;
            let ups = convs(file, "decoder.net.convs", Way::Up)?;
            let grid = downs.iter().fold([image[1], image[2]], |[h, w], conv| [conv.side(h), conv.side(w)]);
            let joints = [
                ("encoder.net.out", out.inputs, chain(&downs, image[0])),
                ("encoder.net.out", out.outputs, dim),
                ("decoder.net.mix", mix.inputs, dim),
                ("decoder.net.convs", chain(&ups, mix.outputs), image[0]),
                ("decoder.net.convs", ups.len(), downs.len()),
            ];
            if let Some((name, got, want)) = joints.into_iter().find(|(_, got, want)| got != want) {
                return Err(format!("{name} has size {got}: expected {want}"));
            }
            (Net::Conv { downs, out, mix, ups }, grid)
        } else {
            let (pixels, code) = (image.iter().product(), MLP_PLACES[0] * MLP_PLACES[1] * dim);
            let hidden = Dense::read(file, "encoder.net.hidden")?.outputs;
            let sized = |name, inputs, outputs| Dense::read_sized(file, name, inputs, outputs);
            let encoder = [sized("encoder.net.hidden", pixels, hidden)?, sized("encoder.net.out", hidden, code)?];
            let [first, last] = encoder;
            let layers = [first, last, sized("decoder.net.hidden", code, hidden)?, sized("decoder.net.out", hidden, pixels)?];
            (Net::Mlp(layers), MLP_PLACES)
        };
        Ok(Self { grid, codes, dim, vectors_kd, net, image })
    }

    pub fn places(&self) -> usize {
        self.grid[0] * self.grid[1]
    }

    /// Token of each place, in raster order.
    pub fn tokens(&self, x_p: &[f32]) -> Vec<usize> {
        self.vectors(x_p).chunks_exact(self.dim).map(|z_d| self.nearest(z_d)).collect()
    }

    /// The code of tokens, `[places, dim]`. Tokens that the codebook does not have count as its first.
    pub fn code(&self, tokens: &[usize]) -> Vec<f32> {
        tokens.iter().flat_map(|t| self.vector(if *t < self.codes { *t } else { 0 }).to_vec()).collect()
    }

    fn vector(&self, token: usize) -> &[f32] {
        &self.vectors_kd[token * self.dim..][..self.dim]
    }

    fn nearest(&self, z_d: &[f32]) -> usize {
        let distance = |k: usize| self.vector(k).iter().zip(z_d).map(|(e, z)| (e - z) * (e - z)).sum::<f32>();
        (0..self.codes).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or(0)
    }

    /// What the encoder says at each place, `[places, dim]`.
    fn vectors(&self, x_p: &[f32]) -> Vec<f32> {
        match &self.net {
            Net::Mlp([hidden, out, ..]) => out.apply(&relu(hidden.apply(x_p))),
            Net::Conv { downs, out, .. } => {
                let [channels, height, width] = self.image;
                let x = Maps { channels, height, width, x_chw: x_p.to_vec() };
                let x = downs.iter().fold(x, |x, conv| {
                    let y = conv.apply(&x);
                    Maps { x_chw: relu(y.x_chw), ..y }
                });
                transpose(&out.apply(&x).x_chw, self.dim)
            }
        }
    }

    /// Logits of the pixels, from a code `[places, dim]`.
    pub fn decode(&self, z_nd: &[f32]) -> Vec<f32> {
        match &self.net {
            Net::Mlp([.., hidden, out]) => out.apply(&relu(hidden.apply(z_nd))),
            Net::Conv { mix, ups, .. } => {
                let [height, width] = self.grid;
                let x = mix.apply(&Maps { channels: self.dim, height, width, x_chw: transpose(z_nd, self.places()) });
                ups.iter().fold(x, |x, conv| conv.apply(&Maps { x_chw: relu(x.x_chw), ..x })).x_chw
            }
        }
    }
}

/// `[rows, columns]` to `[columns, rows]`.
fn transpose(x: &[f32], rows: usize) -> Vec<f32> {
    let columns = x.len() / rows.max(1);
    (0..columns).flat_map(|c| (0..rows).map(move |r| x[r * columns + c])).collect()
}
