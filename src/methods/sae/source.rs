//! What a sparse autoencoder takes apart, and the way back to images.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

use crate::host::{Host, Onward, Start, root_mean_square};
use latent_nn::{Batch, Code, Named, stop_gradient};
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::shape::{DataShape, SampleShape};
use latent_vocabulary::{INPUTS, Params, SCALES};

/// Sides of a patch, the first that divides the image.
const PATCH_SIDES: [usize; 4] = [8, 7, 6, 5];

/// Images seen as inputs: one each, one for each place of a grid, or what a trained autoencoder makes of them.
///
/// Inputs are divided by one number, such that their mean squared length is their width: penalties, thresholds and learning rates then mean the same for every
/// source (Rajamanoharan et al. 2024, "Jumping Ahead", normalise by the mean squared norm once, as Templeton et al. 2024 do). Images of earlier setups are not.
#[derive(Module, Debug)]
pub struct Source {
    host: Option<Host>,
    /// Root of the mean square of pixels, shape `[1]`; `None` where a host has its own, or inputs are as they come.
    unit: Option<Param<Tensor<1>>>,
    #[module(skip)]
    image: SampleShape,
    /// Height and width of what one input shows.
    #[module(skip)]
    patch: [usize; 2],
}

impl Source {
    /// What `source` names, one of [`latent_vocabulary::SOURCES`].
    pub fn new(source: &str, params: &Params, data: DataShape, device: &Device) -> Self {
        let image = data.image;
        let SampleShape { height, width, .. } = image;
        let side = PATCH_SIDES.into_iter().find(|s| height % s == 0 && width % s == 0);
        let patch = match side {
            Some(side) if source == "patches" => [side, side],
            _ => [height, width],
        };
        let host = params.host.as_deref().map(|host| Host::new(host, source, data, device));
        let in_units = host.is_none() && SCALES[params.usize(INPUTS.key)] == "unit";
        let unit = in_units.then(|| Param::from_tensor(Tensor::ones([1], device)));
        Self { host, unit, image, patch }
    }

    /// Numbers in an input.
    pub fn inputs(&self) -> usize {
        match &self.host {
            Some(host) => host.width(),
            None => self.image.channels * self.patch[0] * self.patch[1],
        }
    }

    /// Inputs of an image: places of it, or layers of a network that reads it.
    fn places(&self) -> usize {
        let places = self.image.len() / (self.image.channels * self.patch[0] * self.patch[1]);
        places * self.host.as_ref().map_or(1, Host::layers)
    }

    /// The code of an image: the features of its inputs, one input after the other.
    pub fn code(&self, features: usize) -> Vec<CodeGroup> {
        let ([ph, pw], SampleShape { height, width, .. }) = (self.patch, self.image);
        let kind = match self.host.as_ref().map_or(1, Host::layers) {
            1 => CodeKind::Features { height: (height / ph) as u32, width: (width / pw) as u32, layers: false },
            layers => CodeKind::Features { height: layers as u32, width: 1, layers: true },
        };
        vec![CodeGroup { kind, count: (self.places() * features) as u32 }]
    }

    /// What has to be known of the data before there are inputs; the inputs, and their unit where they are still to be divided by it: all of
    /// them at once would take the room of a second copy.
    pub fn start(&self, batch: Batch) -> (Vec<Named>, Tensor<2>, Option<Tensor<1>>) {
        match &self.host {
            Some(host) => {
                let Start { scale, centre, x_na } = host.start(batch.x_bp);
                let centre = centre.map(|centre| ("sae.source.host.centre", centre));
                ([("sae.source.host.scale", scale)].into_iter().chain(centre).collect(), x_na, None)
            }
            None => {
                let x_na = self.cut_na(batch);
                let unit = self.unit.as_ref().map(|_| root_mean_square(x_na.clone()));
                (unit.iter().map(|unit| ("sae.source.unit", unit.clone())).collect(), x_na, unit)
            }
        }
    }

    /// The scale of inputs of such a shape.
    fn unit_like(&self, shape: [usize; 2]) -> Option<Tensor<2>> {
        self.unit.as_ref().map(|unit| stop_gradient(unit.val()).unsqueeze::<2>().expand(shape))
    }

    /// The features that layers of a stream would have if each were what the layer before it becomes by one block; those of the first as they are. `None` where no
    /// stream is taken apart. `decode` and `encode` are those of the dictionary, `[n, features]` to `[n, inputs]` and back.
    pub fn one_on(
        &self,
        f_nf: Tensor<2>,
        decode: impl Fn(Tensor<2>) -> Tensor<2>,
        encode: impl Fn(Tensor<2>) -> Tensor<2>,
    ) -> Option<Tensor<2>> {
        let ([n, features], places) = (f_nf.dims(), self.places());
        let next_nf = encode(self.host.as_ref()?.one_on(decode(f_nf.clone()))?);
        let of_image = |f_nf: Tensor<2>| f_nf.reshape([n / places, places * features]);
        let first = of_image(f_nf).narrow(1, 0, features);
        let rest = of_image(next_nf).narrow(1, features, (places - 1) * features);
        Some(Tensor::cat(vec![first, rest], 1).reshape([n, features]))
    }

    /// Inputs of a batch, shape `[batch * places, inputs]`.
    pub fn inputs_na(&self, batch: Batch) -> Tensor<2> {
        if let Some(host) = &self.host {
            return host.inputs_na(batch.x_bp);
        }
        let x_na = self.cut_na(batch);
        match self.unit_like(x_na.dims()) {
            Some(unit_na) => x_na / unit_na,
            None => x_na,
        }
    }

    /// The pixels of each place, shape `[batch * places, inputs]`.
    fn cut_na(&self, batch: Batch) -> Tensor<2> {
        let (n, x_bp) = (batch.len(), batch.x_bp);
        if self.places() == 1 {
            return x_bp;
        }
        let ([ph, pw], SampleShape { channels, height, width }) = (self.patch, self.image);
        let x: Tensor<6> = x_bp.reshape([n, channels, height / ph, ph, width / pw, pw]);
        x.permute([0, 2, 4, 1, 3, 5]).reshape([n * self.places(), self.inputs()])
    }

    /// The code whose features are `f_nf`, shape `[batch, places * features]`.
    pub fn to_code(&self, f_nf: Tensor<2>) -> Code {
        let [n, features] = f_nf.dims();
        Code { mean_bd: f_nf.reshape([n / self.places(), self.places() * features]), logvar_bd: None }
    }

    /// The features of codes, shape `[batch * places, features]`: the inverse of [`Self::to_code`].
    pub fn features_nf(&self, z_bd: Tensor<2>, features: usize) -> Tensor<2> {
        let [n, _] = z_bd.dims();
        z_bd.reshape([n * self.places(), features])
    }

    /// The network that is taken apart, where it is not images.
    pub fn host(&self) -> Option<&Host> {
        self.host.as_ref()
    }

    /// What the network that is taken apart makes of inputs, layer by layer; `None` where images are taken apart.
    pub fn onward(&self, x_na: Tensor<2>) -> Option<Onward> {
        self.host.as_ref().map(|host| host.onward(x_na))
    }

    /// What the network that is taken apart makes of a batch, then of a layer of zeros, and last of its mean `mean_a`, shape `[batch + 2, pixels]`; `None`
    /// where images are taken apart.
    pub fn host_images(&self, batch: Batch, mean_a: Tensor<1>) -> Option<Tensor<2>> {
        let host = self.host.as_ref()?;
        let x_na = host.inputs_na(batch.x_bp);
        let mean_la = mean_a.unsqueeze::<2>().expand([host.layers(), host.width()]);
        Some(host.images(Tensor::cat(vec![x_na, host.zeros_la(), mean_la], 0)))
    }

    /// The images that inputs are of, shape `[batch, pixels]`.
    pub fn to_images(&self, x_na: Tensor<2>) -> Tensor<2> {
        if let Some(host) = &self.host {
            return host.images(x_na);
        }
        let x_na = match self.unit_like(x_na.dims()) {
            Some(unit_na) => x_na * unit_na,
            None => x_na,
        };
        // Numbers of other samples have no bounds.
        let x_na = if self.image.is_picture() { x_na.clamp(0.0, 1.0) } else { x_na };
        if self.places() == 1 {
            return x_na;
        }
        let n = x_na.dims()[0] / self.places();
        let ([ph, pw], SampleShape { channels, height, width }) = (self.patch, self.image);
        let x: Tensor<6> = x_na.reshape([n, height / ph, width / pw, channels, ph, pw]);
        x.permute([0, 3, 1, 4, 2, 5]).reshape([n, self.image.len()])
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, Int};

    use super::*;
    use latent_vocabulary::Params;

    /// In units, inputs have a mean square of 1, and images come back with the grey values that they had.
    #[test]
    fn inputs_in_units_have_a_mean_square_of_one() {
        let device = Device::flex();
        for (name, unit) in [("unit", true), ("raw", false)] {
            let params = Params::new(&crate::sae::topk::CARD).with("inputs", name).unwrap();
            let mut source = Source::new("patches", &params, DataShape::MNIST, &device);
            let len = SampleShape::MNIST.len();
            let x_bp = Tensor::<1, Int>::arange(0..2 * len as i64, &device).float().reshape([2, len]) / (2 * len) as f64;
            let batch = || Batch { x_bp: x_bp.clone(), label_b: Tensor::zeros([2], &device), factor_bk: None };
            let (mut named, cut_na, of) = source.start(batch());
            assert_eq!(named.pop().map(|(name, _)| name), unit.then_some("sae.source.unit"));
            let started_na = match of {
                Some(of) => cut_na.clone() / of.unsqueeze::<2>().expand(cut_na.dims()),
                None => cut_na,
            };
            let values = |t: Tensor<2>| t.into_data().try_into_vec::<f32>().unwrap();
            let mean_square = values(started_na.clone().square().mean().unsqueeze::<2>())[0];
            // Evenly from 0 to 1, its mean square is a third.
            let want = if unit { 1.0 } else { 1.0 / 3.0 };
            assert!((mean_square - want).abs() < 2e-3, "{name}: {mean_square}");
            if unit {
                source.unit = Some(Param::from_tensor(root_mean_square(x_bp.clone())));
            }
            let mut inputs = values(source.inputs_na(batch())).into_iter().zip(values(started_na.clone()));
            assert!(inputs.all(|(now, then)| (now - then).abs() < 1e-6), "{name}: other inputs than at the start");
            for (got, want) in values(source.to_images(started_na)).into_iter().zip(values(x_bp.clone())) {
                assert!((got - want).abs() < 1e-6, "{name}: {got}, not {want}");
            }
        }
    }

    #[test]
    fn images_survive_being_cut_into_patches() {
        let params = Params::new(&crate::sae::topk::CARD);
        let device = Device::flex();
        // The scale of a network that has not begun is 1.
        for (image, side) in [(SampleShape::MNIST, 7), (SampleShape { channels: 3, height: 64, width: 64 }, 8)] {
            let source = Source::new("patches", &params, DataShape { image, ..DataShape::MNIST }, &device);
            let n = 2 * image.len();
            let x_bp = Tensor::<1, Int>::arange(0..n as i64, &device).float().reshape([2, image.len()]) / n as f64;
            let x_na = source.inputs_na(Batch { x_bp: x_bp.clone(), label_b: Tensor::zeros([2], &device), factor_bk: None });
            let grid = image.height / side;
            assert_eq!(x_na.dims(), [2 * grid * grid, image.channels * side * side]);
            // The second patch starts one side further to the right.
            let values = |t: Tensor<2>| t.into_data().try_into_vec::<f32>().unwrap();
            assert_eq!(values(x_na.clone())[source.inputs()], values(x_bp.clone())[side]);
            assert_eq!(values(source.to_images(x_na)), values(x_bp));
        }
    }
}
