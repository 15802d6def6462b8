//! A trained network on which another method stands: its activations are taken apart, or its codes learnt.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor};

use latent_nn::autoencoder::Autoencoder;
use latent_nn::method::latent;
use latent_nn::sparse::squared_error;
use latent_nn::{Batch, Method, stop_gradient};
use latent_vocabulary::Params;
use latent_vocabulary::shape::DataShape;

/// Where in the network the activations are.
#[derive(Clone, Copy, Debug)]
enum Layer {
    /// The last hidden layer of the encoder.
    Encoder,
    /// The code: the means, where it is a posterior.
    Code,
    /// The first hidden layer of the decoder.
    Decoder,
    /// All three, side by side: what is learnt of them is a crosscoder (Lindsey et al. 2024, "Sparse Crosscoders for Cross-Layer Features and Model Diffing").
    All,
}

/// Declares the networks on whose code others can stand: the plain ones, and those of methods whose card says `hosts_code`, a line each.
macro_rules! networks {
    ($($name:ident: $method:ty),+ $(,)?) => {
        #[derive(Module, Debug)]
        #[allow(clippy::large_enum_variant, reason = "there is one of it in a model, and Burn's `Module` is not derived through a box")]
        enum Network {
            Plain(Autoencoder),
            $($name($method)),+
        }

        impl Network {
            fn new(params: &Params, data: DataShape, device: &Device) -> Self {
                $(
                    if params.card.id == <$method>::CARD.id {
                        return Self::$name(<$method>::init(params, data, device));
                    }
                )+
                // A head for variances would be loaded in vain.
                Self::Plain(Autoencoder::deterministic(params, data.image, device))
            }

            /// Numbers in a code.
            fn latent(&self) -> usize {
                match self {
                    Self::Plain(network) => network.latent,
                    $(Self::$name(network) => latent(network)),+
                }
            }

            /// The code of images: the means, where it is a posterior.
            fn point(&self, x_bp: Tensor<2>) -> Tensor<2> {
                match self {
                    Self::Plain(network) => network.point(x_bp),
                    // None of them is told labels.
                    $(Self::$name(network) => {
                        let label_b = Tensor::zeros([x_bp.dims()[0]], &x_bp.device());
                        network.encode(Batch { x_bp, label_b, factor_bk: None }).mean_bd
                    })+
                }
            }

            fn decode(&self, z_bd: Tensor<2>) -> Tensor<2> {
                match self {
                    Self::Plain(network) => network.decode(z_bd),
                    $(Self::$name(network) => network.decode(z_bd).expect("a host has a decoder")),+
                }
            }
        }

        #[cfg(test)]
        const OWN: &[&latent_vocabulary::Card] = &[$(<$method>::CARD),+];
    };
}

networks! {
    LowRank: crate::ae::lowrank::LowRank,
    Qlae: crate::ae::qlae::Qlae,
    LadderVae: crate::vae::ladder_vae::LadderVae,
    MgpVae: crate::vae::mgp_vae::MgpVae,
    Mvae: crate::vae::mvae::Mvae,
}

impl Network {
    /// The layer that `source` names, and how wide it is; of a network that is not a plain one always the code.
    fn layer(&self, source: &str) -> (Layer, usize) {
        match (self, source) {
            (Self::Plain(network), "encoder") => (Layer::Encoder, network.encoder.hidden_width()),
            (Self::Plain(network), "decoder") => (Layer::Decoder, network.decoder.hidden_width()),
            (Self::Plain(network), "layers") => {
                (Layer::All, network.encoder.hidden_width() + network.latent + network.decoder.hidden_width())
            }
            _ => (Layer::Code, self.latent()),
        }
    }

    /// Activations of images, constants to differentiation, shape `[batch, the layer's width]`.
    fn activations(&self, layer: Layer, x_bp: Tensor<2>) -> Tensor<2> {
        stop_gradient(match (self, layer) {
            (Self::Plain(network), Layer::Encoder) => network.encoder.hidden(x_bp, None),
            (Self::Plain(network), Layer::Decoder) => network.decoder.hidden(network.point(x_bp)),
            (Self::Plain(network), Layer::All) => {
                let hidden = network.encoder.hidden(x_bp, None);
                let code_bd = network.encoder.heads_of(hidden.clone()).0;
                Tensor::cat(vec![hidden, code_bd.clone(), network.decoder.hidden(code_bd)], 1)
            }
            _ => self.point(x_bp),
        })
    }

    /// The parts of a layer that have a scale of their own: where each begins, and where the last ends.
    fn parts(&self, layer: Layer, width: usize) -> Vec<usize> {
        match (self, layer) {
            (Self::Plain(network), Layer::All) => {
                vec![0, network.encoder.hidden_width(), width - network.decoder.hidden_width(), width]
            }
            _ => vec![0, width],
        }
    }
}

/// The network, and how large its activations are. Its weights are loaded, and no gradient reaches them.
///
/// Inputs are activations divided by one number, such that their mean squared length is their width: penalties and
/// learning rates then mean the same for every layer (Templeton et al. 2024, "Scaling Monosemanticity", on the input's
/// normalisation).
#[derive(Module, Debug)]
pub struct Host {
    base: Network,
    /// Root of the activations' mean square, shape `[1]`; of several layers that of each, as often as it has numbers, shape `[width]`.
    scale: Param<Tensor<1>>,
    #[module(skip)]
    layer: Layer,
    #[module(skip)]
    width: usize,
}

/// Makes a network whose weights are constants to differentiation.
struct Held;

impl ModuleMapper for Held {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(stop_gradient)
    }
}

/// The number by which inputs are divided to have a mean square of 1, shape `[1]`.
pub fn root_mean_square(x_na: Tensor<2>) -> Tensor<1> {
    x_na.square().mean().sqrt().clamp_min(f64::from(f32::MIN_POSITIVE))
}

/// ‖a − b‖² in units of a's mean square, mean over the rows, shapes `[batch, width]` to `[1]`; what `a` measures is a constant.
pub fn relative_error(a_nw: Tensor<2>, b_nw: Tensor<2>) -> Tensor<1> {
    let unit = stop_gradient(a_nw.clone()).square().mean().clamp_min(f64::from(f32::MIN_POSITIVE));
    squared_error(a_nw, b_nw) / unit
}

/// What is behind the layer.
pub struct Onward {
    /// Activations of the layers behind it, in order, each of shape `[batch, its width]`.
    pub layers: Vec<Tensor<2>>,
    /// Shape `[batch, pixels]`.
    pub image_bp: Tensor<2>,
}

impl Host {
    /// The network of `setup`, and the layer that `source` names; of a network that is not a plain one always the code.
    pub fn new(params: &Params, source: &str, data: DataShape, device: &Device) -> Self {
        let base = Network::new(params, data, device);
        let (layer, width) = base.layer(source);
        let scales = if base.parts(layer, width).len() > 2 { width } else { 1 };
        Self { base, scale: Param::from_tensor(Tensor::ones([scales], device)), layer, width }
    }

    /// Numbers in an activation of the layer that `source` names.
    pub fn width_of(&self, source: &str) -> usize {
        self.base.layer(source).1
    }

    /// Activations of that layer as they are, shape `[batch, its width]`.
    pub fn raw(&self, source: &str, x_bp: Tensor<2>) -> Tensor<2> {
        self.base.activations(self.base.layer(source).0, x_bp)
    }

    /// Numbers in an activation.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Activations of images, shape `[batch, width]`.
    fn activations(&self, x_bp: Tensor<2>) -> Tensor<2> {
        self.base.activations(self.layer, x_bp)
    }

    /// The scale of the activations of these images, as it is kept, and the inputs under that scale.
    pub fn start(&self, x_bp: Tensor<2>) -> (Tensor<1>, Tensor<2>) {
        let a_na = self.activations(x_bp);
        let parts = self.base.parts(self.layer, self.width);
        let of = |pair: &[usize]| root_mean_square(a_na.clone().narrow(1, pair[0], pair[1] - pair[0]));
        let scale = match &parts[..] {
            [_, _] => of(&parts),
            _ => Tensor::cat(parts.windows(2).map(|pair| of(pair).expand([pair[1] - pair[0]])).collect(), 0),
        };
        (scale.clone(), a_na.clone() / scale.unsqueeze::<2>().expand(a_na.dims()))
    }

    /// Inputs of a batch, shape `[batch, width]`.
    pub fn inputs_na(&self, x_bp: Tensor<2>) -> Tensor<2> {
        let a_na = self.activations(x_bp);
        a_na.clone() / self.scale_like(a_na.dims())
    }

    /// What the rest of the network makes of inputs, shape `[batch, pixels]`.
    pub fn images(&self, x_na: Tensor<2>) -> Tensor<2> {
        self.by(&self.base, x_na).image_bp
    }

    /// What the rest of the network makes of inputs, layer by layer; gradients reach the inputs, but no weight. Only the layers of a plain
    /// network are known one by one.
    pub fn onward(&self, x_na: Tensor<2>) -> Onward {
        self.by(&self.base.clone().map(&mut Held), x_na)
    }

    /// What the network sees in images, layer by layer: a plain one in its hidden layer and its code, another in its code. Gradients reach the
    /// images, but no weight. Shapes `[batch, pixels]` to `[batch, the layer's width]`.
    pub fn seen(&self, x_bp: Tensor<2>) -> Vec<Tensor<2>> {
        match self.base.clone().map(&mut Held) {
            Network::Plain(network) => {
                let hidden_bh = network.encoder.hidden(x_bp, None);
                vec![hidden_bh.clone(), network.encoder.heads_of(hidden_bh).0]
            }
            other => vec![other.point(x_bp)],
        }
    }

    /// How badly what the rest of the network makes of inputs explains images, pixel by pixel: its own likelihood, with the standard deviation of a Gaussian at one;
    /// of a network that is not a plain one the squared error. Gradients reach the inputs, but no weight.
    ///
    /// # Shapes
    /// - `x_na`: `[batch, width]`; `x_bp` and the output: `[batch, pixels]`
    pub fn loss_bp(&self, x_na: Tensor<2>, x_bp: Tensor<2>) -> Tensor<2> {
        let a_na = x_na.clone() * self.scale_like(x_na.dims());
        match self.base.clone().map(&mut Held) {
            Network::Plain(base) => base.likelihood.plain_bp(x_bp, self.logits(&base, a_na).1),
            other => (other.decode(a_na) - x_bp).square(),
        }
    }

    /// What is behind the layer in `base`, which is this host's network.
    fn by(&self, base: &Network, x_na: Tensor<2>) -> Onward {
        let a_na = x_na.clone() * self.scale_like(x_na.dims());
        let Network::Plain(base) = base else { return Onward { layers: vec![], image_bp: base.decode(a_na) } };
        let (layers, logits_bp) = self.logits(base, a_na);
        Onward { layers, image_bp: base.likelihood.mean(logits_bp) }
    }

    /// The layers behind this one, and the logits of the image, of activations as they are in the network.
    fn logits(&self, base: &Autoencoder, mut a_na: Tensor<2>) -> (Vec<Tensor<2>>, Tensor<2>) {
        let mut layers = vec![];
        if matches!(self.layer, Layer::All) {
            let last = base.decoder.hidden_width();
            a_na = a_na.narrow(1, self.width - last, last);
        }
        if matches!(self.layer, Layer::Encoder) {
            a_na = base.encoder.heads_of(a_na).0;
            layers.push(a_na.clone());
        }
        if matches!(self.layer, Layer::Encoder | Layer::Code) {
            a_na = base.decoder.hidden(a_na);
            layers.push(a_na.clone());
        }
        (layers, base.decoder.logits_of(a_na))
    }

    fn scale_like(&self, shape: [usize; 2]) -> Tensor<2> {
        stop_gradient(self.scale.val()).unsqueeze::<2>().expand(shape)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;
    use latent_vocabulary::SOURCES;
    use latent_vocabulary::shape::SampleShape;

    #[test]
    fn cards_say_whose_codes_can_be_stood_on() {
        for card in [crate::vae::CARDS, crate::ae::CARDS, crate::siamese::CARDS, crate::vq::CARDS, crate::sae::CARDS].concat() {
            assert_eq!(card.hosts_code, OWN.iter().any(|own| own.id == card.id), "{}", card.id);
            // One that is told factors, or stands on another itself, has no code of its own to stand on.
            assert!(!card.hosts_code || !(card.hosts || card.hosted || card.factors), "{}", card.id);
        }
    }

    #[test]
    fn what_is_not_changed_is_drawn_as_the_host_draws_it() {
        let device = Device::flex();
        let values = |t: Tensor<2>| t.into_data().try_into_vec::<f32>().unwrap();
        for net in ["mlp", "conv"] {
            let params = Params::new(&crate::vae::vae::CARD).with("net", net).unwrap();
            let x_bp = Tensor::random([3, SampleShape::MNIST.len()], Distribution::Uniform(0.0, 1.0), &device);
            for source in &SOURCES[latent_vocabulary::FIRST_HOSTED..] {
                let mut host = Host::new(&params, source, DataShape::MNIST, &device);
                let (scale, x_na) = host.start(x_bp.clone());
                assert_eq!(x_na.dims(), [3, host.width()]);
                host.scale = Param::from_tensor(scale);
                assert_eq!(values(host.inputs_na(x_bp.clone())), values(x_na.clone()));
                let mean_square = values(x_na.clone().square().mean().unsqueeze::<2>())[0];
                assert!((mean_square - 1.0).abs() < 1e-4, "{net} {source}: {mean_square}");
                let onward = host.onward(x_na.clone());
                let layers = match host.layer {
                    Layer::Encoder => 2,
                    Layer::Code => 1,
                    Layer::Decoder | Layer::All => 0,
                };
                assert_eq!(onward.layers.len(), layers, "{net} {source}");
                assert_eq!(values(onward.image_bp), values(host.images(x_na.clone())), "{net} {source}");
                let want = values(host.base.decode(host.base.point(x_bp.clone())));
                for (got, want) in values(host.images(x_na)).into_iter().zip(want) {
                    assert!((got - want).abs() < 1e-5, "{net} {source}: {got}, not {want}");
                }
            }
        }
    }
}
