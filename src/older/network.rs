//! The networks that figures knew before files had programs, as graphs.

use latent_compile::graph::{Binary, Conv, Graph, Id, Unary};
use latent_compile::stored::given::INPUT;
use latent_compile::stored::{BATCHES, Program, Recorded};
use latent_experiment::Setup;
use latent_player::File;
use latent_vocabulary::LIKELIHOODS;
use latent_vocabulary::code::{CodeGroup, CodeKind};

/// Places of the fully connected network of tokens: they see the whole image, and are places in name only.
const MLP_PLACES: [usize; 2] = [2, 4];
/// Every convolution between images halves or doubles the side; those at one size see their neighbours, or none.
const HALVE: Conv = Conv { stride: [2, 2], padding: [1, 1], dilation: [1, 1] };

const CODEBOOK: &str = "quantiser.codebook.vectors_kd";
const ATOMS: &str = "sae.dictionary.w_dec";

/// What a file's code is, and its programs.
type Older = (Vec<CodeGroup>, Vec<Program>);

/// What a file of before has.
///
/// # Errors
/// If figures did not know its method, or a tensor is missing or does not fit.
pub(super) fn programs(file: &File, setup: &Setup, image: [usize; 3]) -> Result<Older, String> {
    let card = setup.card().map_err(|e| e.to_string())?;
    // Inputs had no unit then.
    let before = !card.factors && !NEVER.contains(&setup.method.as_str()) && !file.has("sae.source.unit");
    let known = setup.hosted().is_none() && before;
    if !known || (card.param("levels").is_some() && setup.usize("levels") > 1) {
        return Err(format!(
            "this file of a {} is of before networks were saved with their weights: open it in the page and save it again",
            card.label
        ));
    }
    let continuous = card.param("likelihood").is_some() && LIKELIHOODS[setup.usize("likelihood")] == "continuous-bernoulli";
    let older = Writer { file, image, continuous };
    if file.has(ATOMS) {
        older.features(&setup.method)
    } else if file.has(CODEBOOK) {
        older.tokens()
    } else {
        older.vector()
    }
}

/// Methods that figures did not know when programs were not saved yet.
const NEVER: [&str; 13] = [
    "aligned-sae",
    "archetypal-sae",
    "bsq",
    "cvae",
    "fsq",
    "gated-sae",
    "joint-vae",
    "k-sparse",
    "p-annealing",
    "scope-sae",
    "specialised-sae",
    "top-afa",
    "variational-sae",
];

struct Writer<'a> {
    file: &'a File<'a>,
    image: [usize; 3],
    continuous: bool,
}

/// A program that is being written.
struct Draft<'a> {
    g: Graph,
    file: &'a File<'a>,
    names: &'a [String],
    leaves: Vec<Id>,
}

impl Draft<'_> {
    /// A weight, whose name is known.
    fn weight(&self, name: &str) -> Result<Id, String> {
        let at = self.names.iter().position(|own| own == name);
        at.map(|at| self.leaves[at]).ok_or_else(|| format!("the model has no tensor called {name}"))
    }

    /// What is not as it must be, where it is not.
    fn fit(&self, name: &str, got: usize, want: usize) -> Result<(), String> {
        if got == want { Ok(()) } else { Err(format!("{name} has size {got}: expected {want}")) }
    }

    /// A weight of so many numbers.
    fn vector(&mut self, name: &str, len: usize) -> Result<Id, String> {
        let w = self.weight(name)?;
        self.fit(name, self.g.shape(w).iter().product(), len)?;
        Ok(self.g.reshape(w, &[len]))
    }

    /// `x · W`
    fn product(&mut self, name: &str, x: Id) -> Result<Id, String> {
        let w = self.weight(name)?;
        let [inputs, _] = self.file.shape(name)?;
        self.fit(name, inputs, self.g.shape(x)[1])?;
        self.g.matmul(x, w).map_err(|e| e.to_string())
    }

    /// `x · W + b`
    fn dense(&mut self, name: &str, x: Id) -> Result<Id, String> {
        let y = self.product(&format!("{name}.weight"), x)?;
        let b = self.vector(&format!("{name}.bias"), self.g.shape(y)[1])?;
        Ok(self.g.add(y, b))
    }

    fn relu(&mut self, x: Id) -> Id {
        self.g.unary(Unary::Relu, x)
    }

    /// A convolution, or the transposed one that doubles the side.
    fn conv(&mut self, name: &str, x: Id, geometry: Conv, up: bool) -> Result<Id, String> {
        let w = self.weight(&format!("{name}.weight"))?;
        let [first, second, kernel, across] = self.file.shape(&format!("{name}.weight"))?;
        let (inputs, outputs) = if up { (first, second) } else { (second, first) };
        let &[_, channels, height, width] = self.g.shape(x) else { return Err(format!("{name} is given no image")) };
        self.fit(name, inputs, channels)?;
        let b = self.vector(&format!("{name}.bias"), outputs)?;
        let edge = 2 * geometry.padding[0];
        let room = |side: usize| side > 0 && side + edge >= kernel;
        if kernel != across || kernel <= edge || !room(height) || !room(width) {
            return Err(format!("{name} has a kernel of {kernel} × {across}, which does not fit"));
        }
        let size = |side: usize| (side - 1) * geometry.stride[0] + kernel - edge;
        let y =
            if up { self.g.conv_transpose2d(x, w, geometry, [size(height), size(width)]) } else { self.g.conv2d(x, w, geometry) };
        let b = self.g.reshape(b, &[1, outputs, 1, 1]);
        Ok(self.g.add(y, b))
    }

    /// All of `x` but its first dimension as one.
    fn flat(&mut self, x: Id) -> Id {
        let n = self.g.shape(x)[0];
        let rest = self.g.shape(x)[1..].iter().product();
        self.g.reshape(x, &[n, rest])
    }

    /// As many convolutions as there are of that name, each with what is done before and behind it.
    fn convs(&mut self, name: &str, mut x: Id, up: bool) -> Result<Id, String> {
        for i in (0..).take_while(|i| self.file.has(&format!("{name}.{i}.weight"))) {
            x = if up { self.relu(x) } else { x };
            x = self.conv(&format!("{name}.{i}"), x, HALVE, up)?;
            x = if up { x } else { self.relu(x) };
        }
        Ok(x)
    }

    /// Which row of `table_kd` is nearest to each of `x_nd`, as a column.
    fn nearest(&mut self, x_nd: Id, table_kd: Id) -> Result<Id, String> {
        let turned = self.g.swap(table_kd, 0, 1);
        let dot = self.g.matmul(x_nd, turned).map_err(|e| e.to_string())?;
        let square = self.g.mul(table_kd, table_kd);
        let length = self.g.sum(square, &[1]);
        let length = self.g.swap(length, 0, 1);
        let twice = self.g.scale(dot, -2.0);
        let far = self.g.add(twice, length);
        Ok(self.g.arg_reduce(false, far, 1))
    }

    /// A quantised latent takes the nearest of its values, also where somebody has moved it between two of them.
    fn snap(&mut self, z_nd: Id) -> Result<Id, String> {
        if !self.file.has("values_dk") {
            return Ok(z_nd);
        }
        let (n, d) = (self.g.shape(z_nd)[0], self.g.shape(z_nd)[1]);
        let [own, k] = self.file.shape("values_dk")?;
        self.fit("values_dk", own, d)?;
        let values = self.weight("values_dk")?;
        let values = self.g.reshape(values, &[1, d, k]);
        let values = self.g.broadcast(values, &[n, d, k]);
        let z = self.g.reshape(z_nd, &[n, d, 1]);
        let apart = self.g.sub(values, z);
        let apart = self.g.unary(Unary::Abs, apart);
        let at = self.g.arg_reduce(false, apart, 2);
        let z = self.g.gather(values, at, 2);
        Ok(self.g.reshape(z, &[n, d]))
    }

    /// Mean of the pixels of these logits: of the continuous Bernoulli distribution `σ(l)/tanh(l/2) − 1/l` (Loaiza-Ganem & Cunningham 2019,
    /// section 3), by its series near zero.
    fn mean(&mut self, logits: Id, continuous: bool) -> Id {
        let y = self.g.unary(Unary::Sigmoid, logits);
        if !continuous {
            return y;
        }
        let half = self.g.scale(logits, 0.5);
        let slope = self.g.unary(Unary::Tanh, half);
        let (far, one) = (self.g.div(y, slope), self.g.unary(Unary::Recip, logits));
        let far = self.g.sub(far, one);
        let (linear, square) = (self.g.scale(logits, 1.0 / 12.0), self.g.mul(logits, logits));
        let cubic = self.g.mul(square, logits);
        let cubic = self.g.scale(cubic, 1.0 / 720.0);
        let near = self.g.sub(linear, cubic);
        let near = self.g.with_scalar(Binary::Add, near, 0.5);
        let size = self.g.unary(Unary::Abs, logits);
        let small = self.g.with_scalar(Binary::Lt, size, 0.1);
        self.g.where_(small, near, far)
    }
}

impl Writer<'_> {
    /// A program on rows of `width` values: its outputs, from the input.
    fn program(
        &self,
        name: &str,
        width: usize,
        of: impl Fn(&mut Draft<'_>, Id) -> Result<Vec<(&'static str, Id)>, String>,
    ) -> Result<Program, String> {
        let tensors = self.file.tensors();
        let mut names: Vec<String> = tensors.iter().map(|(name, _)| name.clone()).collect();
        names.push(INPUT.into());
        let make = |n: usize| {
            let mut draft = Draft { g: Graph::default(), file: self.file, names: &names, leaves: vec![] };
            for (_, shape) in &tensors {
                let leaf = draft.g.leaf(shape);
                draft.leaves.push(leaf);
            }
            let input = draft.g.leaf(&[n, width]);
            let outputs = of(&mut draft, input)?;
            Ok::<_, String>((draft.g, outputs))
        };
        let [few, more] = BATCHES[0];
        let [(a, outputs), (b, others)] = [make(few)?, make(more)?];
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let a = Recorded { graph: &a, outputs: &outputs, batch: few };
        let b = Recorded { graph: &b, outputs: &others, batch: more };
        Program::between(name, &names, a, b)?.ok_or_else(|| "the model's tensors do not fit each other".into())
    }

    fn pixels(&self) -> usize {
        self.image.iter().product()
    }

    fn images(&self, d: &mut Draft<'_>, x: Id) -> Id {
        let [c, h, w] = self.image;
        let n = d.g.shape(x)[0];
        d.g.reshape(x, &[n, c, h, w])
    }

    /// Autoencoders whose code is one vector: variational, plain, denoising; fully connected or convolutional.
    fn vector(&self) -> Result<Older, String> {
        let [_, latent] = self.file.shape("encoder.mean.weight")?;
        let cloud = self.file.has("encoder.logvar.weight");
        let encode = self.program("Encode", self.pixels(), |d, x| {
            let x = self.images(d, x);
            let x = d.convs("encoder.convs", x, false)?;
            let x = d.flat(x);
            let h = d.dense("encoder.hidden", x)?;
            let h = d.relu(h);
            let mut mean = d.dense("encoder.mean", h)?;
            // The low-rank autoencoder has a matrix of its own behind the encoder.
            if self.file.has("map.weight") {
                mean = d.product("map.weight", mean)?;
                d.fit("map.weight", d.g.shape(mean)[1], latent)?;
            }
            let mut out = vec![("mean", d.snap(mean)?)];
            if cloud {
                out.push(("logvar", d.dense("encoder.logvar", h)?));
            }
            Ok(out)
        })?;
        let decode = self.program("Decode", latent, |d, z| {
            let z = d.snap(z)?;
            let h = d.dense("decoder.hidden", z)?;
            let h = d.relu(h);
            let logits = if self.file.has("decoder.convs.0.weight") {
                let [c, height, width] = self.innermost()?;
                let x = d.dense("decoder.spread", h)?;
                d.fit("decoder.spread", d.g.shape(x)[1], c * height * width)?;
                let n = d.g.shape(x)[0];
                let x = d.g.reshape(x, &[n, c, height, width]);
                let x = d.convs("decoder.convs", x, true)?;
                d.flat(x)
            } else {
                d.dense("decoder.out", h)?
            };
            d.fit("decoder", d.g.shape(logits)[1], self.pixels())?;
            Ok(vec![("images", d.mean(logits, self.continuous))])
        })?;
        let kind = if cloud { CodeKind::Gaussian } else { CodeKind::Point };
        Ok((vec![CodeGroup { kind, count: latent as u32 }], vec![encode, decode]))
    }

    /// Maps behind the encoder's convolutions.
    fn innermost(&self) -> Result<[usize; 3], String> {
        let names = (0..).map(|i| format!("encoder.convs.{i}.weight")).take_while(|name| self.file.has(name));
        names.into_iter().try_fold(self.image, |[_, h, w], name| {
            let [outputs, _, kernel, _] = self.file.shape(&name)?;
            let side = |n: usize| (n + 2).checked_sub(kernel).map(|n| n / 2 + 1).ok_or("a kernel is larger than its image");
            Ok([outputs, side(h)?, side(w)?])
        })
    }

    /// Autoencoders whose code is a grid of tokens from one codebook.
    fn tokens(&self) -> Result<Older, String> {
        let one = Conv { stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
        let [codes, dim] = self.file.shape(CODEBOOK)?;
        let conv = self.file.has("encoder.net.out.weight") && !self.file.has("encoder.net.hidden.weight");
        let grid = if conv {
            let names = (0..).map(|i| format!("encoder.net.convs.{i}.weight")).take_while(|name| self.file.has(name));
            let halvings = names.count() as u32;
            [self.image[1], self.image[2]].map(|side| side >> halvings.min(31))
        } else {
            MLP_PLACES
        };
        let places = grid[0] * grid[1];
        if places * dim == 0 {
            return Err("the model's images are smaller than its grid of tokens".into());
        }
        // What the encoder says at each place, `[n · places, dim]`.
        let vectors = |d: &mut Draft<'_>, x: Id| {
            let n = d.g.shape(x)[0];
            let z = if conv {
                let x = self.images(d, x);
                let x = d.convs("encoder.net.convs", x, false)?;
                let x = d.conv("encoder.net.out", x, one, false)?;
                d.g.permute(x, &[0, 2, 3, 1])
            } else {
                let h = d.dense("encoder.net.hidden", x)?;
                let h = d.relu(h);
                d.dense("encoder.net.out", h)?
            };
            d.fit("encoder.net.out", d.g.shape(z).iter().product(), n * places * dim)?;
            Ok::<_, String>(d.g.reshape(z, &[n * places, dim]))
        };
        // Rows of the codebook, `[n, places · dim]`, at a column of tokens.
        let code = |d: &mut Draft<'_>, at: Id| {
            let rows = d.g.shape(at)[0];
            let at = d.g.broadcast(at, &[rows, dim]);
            let table = d.weight(CODEBOOK)?;
            let z = d.g.gather(table, at, 0);
            Ok::<_, String>(d.g.reshape(z, &[rows / places, places * dim]))
        };
        let tokens = |d: &mut Draft<'_>, x: Id| {
            let (z, table) = (vectors(d, x)?, d.weight(CODEBOOK)?);
            d.nearest(z, table)
        };
        let encode = self.program("Encode", self.pixels(), |d, x| {
            let at = tokens(d, x)?;
            Ok(vec![("mean", code(d, at)?)])
        })?;
        let kinds = self.program("Tokens", self.pixels(), |d, x| {
            let (n, at) = (d.g.shape(x)[0], tokens(d, x)?);
            Ok(vec![("tokens", d.g.reshape(at, &[n, places]))])
        })?;
        let from = self.program("FromTokens", places, |d, at| {
            let n = d.g.shape(at)[0];
            let at = d.g.reshape(at, &[n * places, 1]);
            Ok(vec![("z", code(d, at)?)])
        })?;
        let decode = self.program("Decode", places * dim, |d, z| {
            let logits = if conv {
                let n = d.g.shape(z)[0];
                let z = d.g.reshape(z, &[n, grid[0], grid[1], dim]);
                let z = d.g.permute(z, &[0, 3, 1, 2]);
                let x = d.conv("decoder.net.mix", z, Conv { padding: [1, 1], ..one }, false)?;
                let x = d.convs("decoder.net.convs", x, true)?;
                d.flat(x)
            } else {
                let h = d.dense("decoder.net.hidden", z)?;
                let h = d.relu(h);
                d.dense("decoder.net.out", h)?
            };
            d.fit("decoder.net", d.g.shape(logits)[1], self.pixels())?;
            Ok(vec![("images", d.mean(logits, self.continuous))])
        })?;
        let [height, width] = grid.map(|n| n as u32);
        // Its prior, if it has learnt one, has no program here.
        let kind = CodeKind::Grid { height, width, levels: 1, codes: codes as u32, drawn: false, bits: false };
        Ok((vec![CodeGroup { kind, count: (places * dim) as u32 }], vec![encode, decode, kinds, from]))
    }

    /// Sparse autoencoders: images, or their patches, as sums of few features from a dictionary.
    fn features(&self, method: &str) -> Result<Older, String> {
        let [channels, height, width] = self.image;
        let [features, inputs] = self.file.shape(ATOMS)?;
        let side = (inputs / channels.max(1)).isqrt();
        let [ph, pw] = if inputs == self.pixels() { [height, width] } else { [side, side] };
        if inputs == 0 || features == 0 || channels * ph * pw != inputs || height % ph != 0 || width % pw != 0 {
            return Err(format!("{ATOMS} has {inputs} inputs: expected an image or a patch of {channels}×{height}×{width}"));
        }
        let grid = [height / ph, width / pw];
        let places = grid[0] * grid[1];
        // Rows of length one.
        let atoms = |d: &mut Draft<'_>| {
            let w = d.weight(ATOMS)?;
            let square = d.g.mul(w, w);
            let length = d.g.sum(square, &[1]);
            let length = d.g.unary(Unary::Sqrt, length);
            Ok::<_, String>(d.g.div(w, length))
        };
        let encode = self.program("Encode", self.pixels(), |d, x| {
            let n = d.g.shape(x)[0];
            let x = d.g.reshape(x, &[n, channels, grid[0], ph, grid[1], pw]);
            let x = d.g.permute(x, &[0, 2, 4, 1, 3, 5]);
            let x = d.g.reshape(x, &[n * places, inputs]);
            let (b_enc, b_dec) = (d.vector("sae.dictionary.b_enc", features)?, d.vector("sae.dictionary.b_dec", inputs)?);
            let x = d.g.sub(x, b_dec);
            let pre = if self.file.has("sae.dictionary.w_enc") {
                d.product("sae.dictionary.w_enc", x)?
            } else {
                let own = atoms(d)?;
                let w = d.g.swap(own, 0, 1);
                d.g.matmul(x, w).map_err(|e| e.to_string())?
            };
            d.fit("sae.dictionary.w_enc", d.g.shape(pre)[1], features)?;
            let pre = d.g.add(pre, b_enc);
            let f = d.relu(pre);
            // Equals of the k-th fire as well, as in training.
            let least = match method {
                "topk-sae" | "matryoshka" => {
                    let k = d.vector("k", 1)?;
                    Some(d.g.kth_largest(f, k))
                }
                "batch-topk" => Some(d.vector("threshold_f", features)?),
                "jump-relu" => {
                    let log = d.vector("log_threshold", features)?;
                    let log = d.g.scale(log, 10.0);
                    Some(d.g.unary(Unary::Exp, log))
                }
                _ => None,
            };
            let f = match least {
                Some(least) => {
                    let fires = d.g.binary(Binary::Ge, f, least);
                    d.g.mul(f, fires)
                }
                None => f,
            };
            Ok(vec![("mean", d.g.reshape(f, &[n, places * features]))])
        })?;
        let decode = self.program("Decode", places * features, |d, f| {
            let n = d.g.shape(f)[0];
            let f = d.g.reshape(f, &[n * places, features]);
            let (own, b_dec) = (atoms(d)?, d.vector("sae.dictionary.b_dec", inputs)?);
            let y = d.g.matmul(f, own).map_err(|e| e.to_string())?;
            let y = d.g.add(y, b_dec);
            let y = d.g.with_scalar(Binary::Max, y, 0.0);
            let y = d.g.with_scalar(Binary::Min, y, 1.0);
            let y = d.g.reshape(y, &[n, grid[0], grid[1], channels, ph, pw]);
            let y = d.g.permute(y, &[0, 3, 1, 4, 2, 5]);
            Ok(vec![("images", d.g.reshape(y, &[n, self.pixels()]))])
        })?;
        let all = self.program("Atoms", 1, |d, _| {
            let own = atoms(d)?;
            Ok(vec![("atoms", d.g.reshape(own, &[1, features * inputs]))])
        })?;
        let kind = CodeKind::Features { height: grid[0] as u32, width: grid[1] as u32, layers: false };
        Ok((vec![CodeGroup { kind, count: (places * features) as u32 }], vec![encode, decode, all]))
    }
}
