//! p(tokens): a gated PixelCNN over the code grid (van den Oord et al. 2016, "Conditional Image Generation with PixelCNN
//! Decoders", sections 2.1–2.2), so that codes can be drawn.
//!
//! Tokens come in raster order. Two stacks of convolutions see the places before the current one and none other: the
//! vertical stack all rows above, the horizontal one the places to the left. Where a place has several tokens, one a level,
//! each also sees the levels before it, as in the depth network of Lee et al. 2022 ("Autoregressive Image Generation using
//! Residual Quantization", section 3.2).

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::nn::conv::Conv2d;
use burn::tensor::activation::{log_softmax, relu, sigmoid};
use burn::tensor::{Device, Distribution, Tensor};

use super::constant;
use super::grid::{Grid, maps, rows};
use super::layers::{conv, linear};

const LAYERS: usize = 3;
/// Spread of fresh embeddings.
const SPREAD: f64 = 0.1;

/// The network.
#[derive(Module, Debug)]
pub struct TokenPrior {
    /// What a token at a level stands for, shape `[levels * codes, width]`.
    embedding: Param<Tensor<2>>,
    /// What is known of a place before any token, shape `[places, width]`.
    position: Param<Tensor<2>>,
    layers: Vec<Layer>,
    /// Tells the levels apart, shape `[levels, width]`; `None` with a single one.
    level: Option<Param<Tensor<2>>>,
    out: Linear,
    #[module(skip)]
    grid: Grid,
    #[module(skip)]
    levels: usize,
    #[module(skip)]
    codes: usize,
}

/// One layer of both stacks, with the gate `tanh(a) ⊙ σ(b)`, or `relu(a)` in its place as in van den Oord et al. 2016 ("Pixel Recurrent Neural
/// Networks").
#[derive(Module, Debug)]
struct Layer {
    vertical: Conv2d,
    horizontal: Conv2d,
    /// From the vertical stack to the horizontal one.
    link: Conv2d,
    out: Conv2d,
    #[module(skip)]
    gated: bool,
}

impl TokenPrior {
    /// Of so many channels, with gates or without.
    pub fn new(grid: Grid, levels: usize, codes: usize, width: usize, gated: bool, device: &Device) -> Self {
        let table = |rows| Param::from_tensor(Tensor::random([rows, width], Distribution::Normal(0.0, SPREAD), device));
        Self {
            embedding: table(levels * codes),
            position: table(grid.places()),
            layers: (0..LAYERS).map(|_| Layer::new(width, gated, device)).collect(),
            level: (levels > 1).then(|| table(levels)),
            out: linear(width, codes, device),
            grid,
            levels,
            codes,
        }
    }

    /// Logits of each token given those before it.
    ///
    /// # Shapes
    /// - `token_bn`: `[batch, places * levels]`, the levels of a place side by side
    /// - output: `[batch * places * levels, codes]`
    pub fn logits(&self, token_bn: Tensor<2>) -> Tensor<2> {
        let ([batch, n], [_, width]) = (token_bn.dims(), self.embedding.dims());
        let (places, levels) = (self.grid.places(), self.levels);
        let mut row_bn = token_bn;
        if levels > 1 {
            let first_l = constant::places(levels, &row_bn.device()) * self.codes as f64;
            let first_bn = first_l.reshape([1, 1, levels]).expand([batch, places, levels]).reshape([batch, n]);
            row_bn = row_bn + first_bn;
        }
        let token_plw = self.embedding.val().select(0, row_bn.reshape([batch * n]).int()).reshape([batch * places, levels, width]);
        let place_pw = token_plw.clone().sum_dim(1).reshape([batch * places, width]);
        let seen_pw = self.places_before(place_pw);
        let mut h_plw = seen_pw.reshape([batch * places, 1, width]).expand([batch * places, levels, width]);
        if let Some(level) = &self.level {
            let before_plw = shift(token_plw, 1).cumsum(1);
            h_plw = h_plw + before_plw + level.val().reshape([1, levels, width]);
        }
        self.out.forward(relu(h_plw.reshape([batch * n, width])))
    }

    /// −ln p(tokens) of a batch in nats, mean over the images, shape `[1]`.
    ///
    /// # Shapes
    /// - `token_bn`: `[batch, places * levels]`
    pub fn nll(&self, token_bn: Tensor<2>) -> Tensor<1> {
        let [batch, n] = token_bn.dims();
        let log_p_tk = log_softmax(self.logits(token_bn.clone()), 1);
        -log_p_tk.gather(1, token_bn.int().reshape([batch * n, 1])).sum() / batch as f64
    }

    /// A summary of the places before each, from what is at each. Both `[batch * places, width]`.
    fn places_before(&self, place_pw: Tensor<2>) -> Tensor<2> {
        let [_, width] = place_pw.dims();
        let here_bwhw = maps(place_pw, self.grid);
        let batch = here_bwhw.dims()[0];
        let shape = [batch, width, self.grid.height, self.grid.width];
        let mut vertical = shift(here_bwhw.clone(), 2);
        let mut horizontal = shift(here_bwhw, 3) + maps(self.position.val(), self.grid).expand(shape);
        for layer in &self.layers {
            let v = layer.vertical.forward(vertical);
            let h = layer.horizontal.forward(horizontal.clone()) + layer.link.forward(v.clone());
            vertical = layer.act(v);
            horizontal = horizontal + layer.out.forward(layer.act(h));
        }
        rows(horizontal)
    }
}

impl Layer {
    fn new(width: usize, gated: bool, device: &Device) -> Self {
        // A gate takes half of the channels.
        let inner = if gated { 2 * width } else { width };
        let layer = |inputs, outputs, kernel, padding| conv([inputs, outputs], kernel, [1, 1], padding, device);
        Self {
            // The current row and the one above; what they hold was shifted down by one before.
            vertical: layer(width, inner, [2, 5], [1, 2, 0, 2]),
            horizontal: layer(width, inner, [1, 3], [0, 2, 0, 0]),
            link: layer(inner, inner, [1, 1], [0; 4]),
            out: layer(width, width, [1, 1], [0; 4]),
            gated,
        }
    }

    fn act(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        if self.gated { gate(x_bchw) } else { relu(x_bchw) }
    }
}

/// Moves everything one place along an axis; zeros come in.
fn shift<const D: usize>(x: Tensor<D>, axis: usize) -> Tensor<D> {
    let n = x.dims()[axis];
    let first = x.clone().narrow(axis, 0, 1).zeros_like();
    Tensor::cat(vec![first, x.narrow(axis, 0, n - 1)], axis)
}

/// `tanh` of the first half of the channels times `σ` of the second.
fn gate(x_bchw: Tensor<4>) -> Tensor<4> {
    let half = x_bchw.dims()[1] / 2;
    x_bchw.clone().narrow(1, 0, half).tanh() * sigmoid(x_bchw.narrow(1, half, half))
}
