//! Where the codes of an autoencoder without a prior lie: a Gaussian fitted as it trains, to draw samples from.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use super::gaussian::mean_rows;
use super::moments::{covariance, identity};
use super::newton_schulz::square_root;
use super::schedule::averaging;
use super::{Ctx, Terms, stop_gradient};

/// Steps that the averages look back.
const MEMORY: f64 = 100.0;

/// Moving averages of the codes' mean and covariance. A method keeps one in a field called `cloud`.
#[derive(Module, Debug)]
pub struct Cloud {
    mean_d: Param<Tensor<1>>,
    covariance_dd: Param<Tensor<2>>,
}

impl Cloud {
    pub fn new(latent: usize, device: &Device) -> Self {
        Self {
            mean_d: Param::from_tensor(Tensor::zeros([latent], device)),
            covariance_dd: Param::from_tensor(identity(latent, device)),
        }
    }

    /// Takes in the codes of a batch, shape `[batch, latent]`: a plain average over the first steps, a moving one later.
    pub fn observe(&self, terms: Terms, z_bd: Tensor<2>, ctx: &Ctx) -> Terms {
        let z_bd = stop_gradient(z_bd);
        let rate = averaging(ctx, MEMORY);
        let (mean_d, c_dd) = (stop_gradient(self.mean_d.val()), stop_gradient(self.covariance_dd.val()));
        let to_mean_d = mean_rows(z_bd.clone()) - mean_d.clone();
        let to_c_dd = covariance(z_bd) - c_dd.clone();
        terms
            .set("cloud.mean_d", mean_d + to_mean_d * rate.clone())
            .set("cloud.covariance_dd", c_dd + to_c_dd * rate.reshape([1, 1]))
    }

    /// Codes drawn from the Gaussian, shape `[n, latent]`.
    pub fn draw(&self, n: usize, ctx: &mut Ctx) -> Tensor<2> {
        let [latent] = self.mean_d.dims();
        let eps_nd = ctx.normal([n, latent]);
        eps_nd.matmul(square_root(self.covariance_dd.val())) + self.mean_d.val().reshape([1, latent])
    }
}
