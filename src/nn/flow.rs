//! A velocity field over codes, which carries noise to where codes lie (Liu, Gong & Liu 2022; Lipman et al. 2022).

use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor};

use super::Ctx;
use super::gaussian::mean_rows;
use super::layers::linear;

/// Waves by which the network is told the time: cos πkt for k up to this, besides t itself.
const WAVES: usize = 4;

/// Two hidden layers, of a code and a time.
#[derive(Module, Debug)]
pub struct Velocity {
    first: Linear,
    second: Linear,
    out: Linear,
}

impl Velocity {
    /// Over codes of `latent` numbers.
    pub fn new(latent: usize, hidden: usize, device: &Device) -> Self {
        Self {
            first: linear(latent + 1 + WAVES, hidden, device),
            second: linear(hidden, hidden, device),
            out: linear(hidden, latent, device),
        }
    }

    /// # Shapes
    /// - `z_bd`: `[batch, latent]`; `t_b1`: `[batch, 1]`, 0 for noise and 1 for codes; output as `z_bd`
    pub fn at(&self, z_bd: Tensor<2>, t_b1: Tensor<2>) -> Tensor<2> {
        let waves = (1..=WAVES).map(|k| (t_b1.clone() * (std::f64::consts::PI * k as f64)).cos());
        let told = [z_bd, t_b1.clone()].into_iter().chain(waves).collect();
        let h_bh = relu(self.second.forward(relu(self.first.forward(Tensor::cat(told, 1)))));
        self.out.forward(h_bh)
    }

    /// E|v(z_t, t) − (z − ε)|² with z_t = t·z + (1 − t)·ε on the straight line between noise ε and a code z, at a time t drawn evenly (Liu et
    /// al., equation 1): one draw a code, sum over the numbers of a code, mean over the batch, shape `[1]`.
    pub fn loss(&self, z_bd: Tensor<2>, ctx: &mut Ctx) -> Tensor<1> {
        let [batch, latent] = z_bd.dims();
        let (eps_bd, t_b1) = (ctx.normal([batch, latent]), ctx.uniform([batch, 1]));
        let t_bd = t_b1.clone().expand([batch, latent]);
        let way_bd = z_bd - eps_bd.clone();
        let on_bd = eps_bd + t_bd * way_bd.clone();
        mean_rows((self.at(on_bd, t_b1) - way_bd).square()).sum()
    }
}
