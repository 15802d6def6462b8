//! A trained network on which another method stands: its activations are taken apart, or its codes learnt.

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor};

use crate::ae::residual::Residual;
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
    /// The layers of a residual stream, each an activation of its own.
    Stream,
}

/// What names [`Layer::Stream`].
pub const STREAM: &str = "stream";

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
    Residual: Residual,
    VqVae: crate::vq::vq_vae::VqVae,
    Cvq: crate::vq::cvq::Cvq,
    Rvq: crate::vq::rvq::Rvq,
    Fsq: crate::vq::fsq::Fsq,
    Bsq: crate::vq::bsq::Bsq,
    SoftVq: crate::vq::soft_vq::SoftVq,
    VqWae: crate::vq::vq_wae::VqWae,
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
            (Self::Residual(network), STREAM) => (Layer::Stream, network.width()),
            _ => (Layer::Code, self.latent()),
        }
    }

    /// The network whose layers are a stream, where they are taken apart.
    fn stream(&self, layer: Layer) -> Option<&Residual> {
        match (self, layer) {
            (Self::Residual(network), Layer::Stream) => Some(network),
            _ => None,
        }
    }

    /// Activations of images, constants to differentiation, shape `[batch * activations of an image, the layer's width]`.
    fn activations(&self, layer: Layer, x_bp: Tensor<2>) -> Tensor<2> {
        stop_gradient(match (self, layer) {
            (Self::Residual(network), Layer::Stream) => {
                let ([batch, _], layers) = (x_bp.dims(), network.layers());
                Tensor::cat(network.stream(x_bp), 1).reshape([batch * layers, network.width()])
            }
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

    /// The parts of all activations of an image, side by side, that have a scale of their own: where each begins, and where the last ends.
    fn parts(&self, layer: Layer, width: usize) -> Vec<usize> {
        match (self, layer) {
            (Self::Residual(network), Layer::Stream) => (0..=network.layers()).map(|l| l * width).collect(),
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
/// normalisation). Of a residual stream each layer is centred before: what all of its activations have in common is not what they say, and one
/// dictionary has one origin.
#[derive(Module, Debug)]
pub struct Host {
    base: Network,
    /// Root of the activations' mean square, shape `[1]`; of several layers that of each, as often as it has numbers, shape `[width]`, of a stream
    /// `[layers * width]`.
    scale: Param<Tensor<1>>,
    /// The mean of each layer of a stream, shape `[layers * width]`.
    centre: Option<Param<Tensor<1>>>,
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

/// What is known of activations before there are inputs.
pub struct Start {
    /// See [`Host`].
    pub scale: Tensor<1>,
    pub centre: Option<Tensor<1>>,
    /// The inputs, shape `[batch * inputs of an image, width]`.
    pub x_na: Tensor<2>,
}

impl Host {
    /// The network of `setup`, and the layer that `source` names; of a network that is not a plain one always the code.
    pub fn new(params: &Params, source: &str, data: DataShape, device: &Device) -> Self {
        let base = Network::new(params, data, device);
        let (layer, width) = base.layer(source);
        let parts = base.parts(layer, width);
        let scales = if parts.len() > 2 { parts[parts.len() - 1] } else { 1 };
        let centre = base.stream(layer).map(|_| Param::from_tensor(Tensor::zeros([scales], device)));
        Self { base, scale: Param::from_tensor(Tensor::ones([scales], device)), centre, layer, width }
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

    /// Activations of an image: the layers of a stream, or one.
    pub fn layers(&self) -> usize {
        self.base.stream(self.layer).map_or(1, Residual::layers)
    }

    /// Activations of images, shape `[batch * layers, width]`.
    fn activations(&self, x_bp: Tensor<2>) -> Tensor<2> {
        self.base.activations(self.layer, x_bp)
    }

    /// The scale of the activations of these images, as it is kept, and the inputs under that scale.
    pub fn start(&self, x_bp: Tensor<2>) -> Start {
        let mut a_nc = self.beside(self.activations(x_bp));
        let centre = self.centre.as_ref().map(|_| a_nc.clone().mean_dim(0));
        if let Some(mean_1c) = &centre {
            a_nc = a_nc.clone() - mean_1c.clone().expand(a_nc.dims());
        }
        let parts = self.base.parts(self.layer, self.width);
        let of = |pair: &[usize]| root_mean_square(a_nc.clone().narrow(1, pair[0], pair[1] - pair[0]));
        let scale = match &parts[..] {
            [_, _] => of(&parts),
            _ => Tensor::cat(parts.windows(2).map(|pair| of(pair).expand([pair[1] - pair[0]])).collect(), 0),
        };
        let x_nc = a_nc.clone() / scale.clone().unsqueeze::<2>().expand(a_nc.dims());
        let centre = centre.map(|mean_1c| mean_1c.flatten(0, 1));
        Start { scale, centre, x_na: self.below(x_nc) }
    }

    /// All activations of an image in one row, shape `[batch, layers * width]`.
    fn beside(&self, a_na: Tensor<2>) -> Tensor<2> {
        let ([n, width], layers) = (a_na.dims(), self.layers());
        if layers == 1 { a_na } else { a_na.reshape([n / layers, layers * width]) }
    }

    /// Each activation in a row of its own, shape `[batch * layers, width]`.
    fn below(&self, a_nc: Tensor<2>) -> Tensor<2> {
        let ([n, _], layers) = (a_nc.dims(), self.layers());
        if layers == 1 { a_nc } else { a_nc.reshape([n * layers, self.width]) }
    }

    /// The layers of images, as they are and as inputs, all of one image in a row, shapes `[batch, layers * width]`.
    pub fn side_by_side(&self, x_bp: Tensor<2>) -> [Tensor<2>; 2] {
        let raw_nc = self.beside(self.activations(x_bp));
        [raw_nc.clone(), self.beside(self.scaled(raw_nc))]
    }

    /// Inputs of a batch, shape `[batch * layers, width]`.
    pub fn inputs_na(&self, x_bp: Tensor<2>) -> Tensor<2> {
        self.scaled(self.beside(self.activations(x_bp)))
    }

    /// Activations as inputs, `[batch, layers * width]` to `[batch * layers, width]`.
    fn scaled(&self, a_nc: Tensor<2>) -> Tensor<2> {
        let shape = a_nc.dims();
        let a_nc = match &self.centre {
            Some(centre) => a_nc - stop_gradient(centre.val()).unsqueeze::<2>().expand(shape),
            None => a_nc,
        };
        self.below(a_nc / self.scale_like(shape))
    }

    /// Activations of zeros as inputs, shape `[layers, width]`.
    pub fn zeros_la(&self) -> Tensor<2> {
        let zeros = Tensor::zeros([1, self.layers() * self.width], &self.scale.device());
        if self.centre.is_none() { zeros } else { self.scaled(zeros) }
    }

    /// Inputs as activations: the inverse of [`Self::scaled`].
    fn unscaled(&self, x_na: Tensor<2>) -> Tensor<2> {
        let x_nc = self.beside(x_na);
        let shape = x_nc.dims();
        let a_nc = x_nc * self.scale_like(shape);
        match &self.centre {
            Some(centre) => a_nc + stop_gradient(centre.val()).unsqueeze::<2>().expand(shape),
            None => a_nc,
        }
    }

    /// The inputs of which each is what the layer before it becomes by one block; the first layer stays as it is. `None` where no stream is taken apart.
    ///
    /// # Shapes
    /// - `x_na` and the output: `[batch * layers, width]`
    pub fn one_on(&self, x_na: Tensor<2>) -> Option<Tensor<2>> {
        let network = self.base.stream(self.layer)?;
        let a_nc = self.unscaled(x_na);
        let of = |layer: usize| a_nc.clone().narrow(1, layer * self.width, self.width);
        let next = (1..self.layers()).map(|layer| network.behind(layer, of(layer - 1)));
        Some(self.scaled(Tensor::cat([of(0)].into_iter().chain(next).collect(), 1)))
    }

    /// Logits of the image when one layer of a stream is replaced, mean over the layers.
    ///
    /// # Shapes
    /// - `a_nc`: `[batch, layers * width]`; output: `[batch, pixels]`
    fn replaced(&self, network: &Residual, a_nc: Tensor<2>) -> Tensor<2> {
        let ([n, _], layers) = (a_nc.dims(), network.layers());
        let of = |layer: usize| a_nc.clone().narrow(1, layer * self.width, self.width);
        // Those that were replaced before go on together, and the next joins them.
        let all = (1..layers).fold(of(0), |before, layer| Tensor::cat(vec![network.behind(layer, before), of(layer)], 0));
        let logits_mp = network.logits(network.code_of(all));
        let [_, pixels] = logits_mp.dims();
        logits_mp.reshape([layers, n * pixels]).mean_dim(0).reshape([n, pixels])
    }

    /// What the rest of the network makes of inputs, shape `[batch, pixels]`; of a stream's, what it makes of one layer, mean over the layers.
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
        let a_na = self.unscaled(x_na);
        match self.base.clone().map(&mut Held) {
            Network::Plain(base) => base.likelihood.plain_bp(x_bp, self.logits(&base, a_na).1),
            other => (other.decode(a_na) - x_bp).square(),
        }
    }

    /// What is behind the layer in `base`, which is this host's network.
    fn by(&self, base: &Network, x_na: Tensor<2>) -> Onward {
        let a_na = self.unscaled(x_na);
        if let Some(network) = base.stream(self.layer) {
            return Onward { layers: vec![], image_bp: network.image(self.replaced(network, a_na)) };
        }
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
                let Start { scale, x_na, .. } = host.start(x_bp.clone());
                assert_eq!(x_na.dims(), [3, host.width()]);
                host.scale = Param::from_tensor(scale);
                assert_eq!(values(host.inputs_na(x_bp.clone())), values(x_na.clone()));
                let mean_square = values(x_na.clone().square().mean().unsqueeze::<2>())[0];
                assert!((mean_square - 1.0).abs() < 1e-4, "{net} {source}: {mean_square}");
                let onward = host.onward(x_na.clone());
                let layers = match host.layer {
                    Layer::Encoder => 2,
                    Layer::Code => 1,
                    Layer::Decoder | Layer::All | Layer::Stream => 0,
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

    #[test]
    fn each_layer_of_a_stream_can_be_put_in_the_place_of_the_network() {
        let device = Device::flex();
        let values = |t: Tensor<2>| t.into_data().try_into_vec::<f32>().unwrap();
        let params = Params::new(&crate::ae::residual::CARD).with("width", "12").unwrap().with("blocks", "3").unwrap();
        let mut host = Host::new(&params, STREAM, DataShape::MNIST, &device);
        let x_bp = Tensor::random([5, SampleShape::MNIST.len()], Distribution::Uniform(0.0, 1.0), &device);
        let Start { scale, centre, x_na } = host.start(x_bp.clone());
        assert_eq!((x_na.dims(), host.layers(), scale.dims()), ([15, 12], 3, [36]));
        host.scale = Param::from_tensor(scale);
        host.centre = centre.map(Param::from_tensor);
        let close = |got: Tensor<2>, want: Tensor<2>, what: &str| {
            for (got, want) in values(got).into_iter().zip(values(want)) {
                assert!((got - want).abs() < 1e-4, "{what}: {got}, not {want}");
            }
        };
        close(host.inputs_na(x_bp.clone()), x_na.clone(), "inputs at the start");
        // Each layer is centred and has a mean square of 1.
        let x_nc = x_na.clone().reshape([5, 36]);
        close(x_nc.clone().mean_dim(0), Tensor::zeros([1, 36], &device), "mean");
        let square = x_nc.square().reshape([5, 3, 12]).mean_dim(0).reshape([3, 12]).mean_dim(1);
        close(square, Tensor::ones([3, 1], &device), "mean square");
        // Whatever layer is put in, the network draws what it draws; and every layer is what the one before it becomes.
        close(host.images(x_na.clone()), host.base.decode(host.base.point(x_bp)), "pictures");
        close(host.one_on(x_na.clone()).unwrap(), x_na, "one block on");
    }
}
