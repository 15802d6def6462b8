//! Sparse autoencoders: images, or their patches, as sums of few features from a dictionary.

use super::file::File;
use super::layers::{add_rows, relu};
use latent_experiment::Setup;
use latent_vocabulary::card::{Figure, Firing};

/// Which features may fire.
enum Choice {
    /// All that are above zero.
    Positive,
    /// The k largest above zero.
    Largest(usize),
    /// Those above zero that are not below a number of their own.
    From(Vec<f32>),
}

/// Image to features and back. What one input shows is the whole image, or a square of it.
pub struct Features {
    /// Size of the dictionary.
    pub features: usize,
    /// Height and width of what one input shows.
    pub patch: [usize; 2],
    /// Share of inputs on which each feature fires, shape `[features]`.
    pub density_f: Vec<f32>,
    /// Shape `[inputs, features]`.
    w_enc: Vec<f32>,
    b_enc: Vec<f32>,
    /// Rows of length one, shape `[features, inputs]`.
    atoms_fa: Vec<f32>,
    b_dec: Vec<f32>,
    choice: Choice,
    image: [usize; 3],
}

impl Features {
    /// Reads a dictionary for images of `[channels, height, width]`.
    pub fn read(file: &File, setup: &Setup, image: [usize; 3]) -> Result<Self, String> {
        let [channels, height, width] = image;
        let [features, inputs] = file.shape("sae.dictionary.w_dec")?;
        let patch = if inputs == channels * height * width {
            [height, width]
        } else {
            let side = (inputs / channels).isqrt();
            [side, side]
        };
        let [ph, pw] = patch;
        if inputs == 0 || channels * ph * pw != inputs || height % ph != 0 || width % pw != 0 {
            return Err(format!(
                "sae.dictionary.w_dec has {inputs} inputs: expected an image or a patch of {channels}×{height}×{width}"
            ));
        }
        let choice = match setup.card().map_err(|e| e.to_string())?.figure {
            Figure::Features(Firing::Positive) => Choice::Positive,
            Figure::Features(Firing::Largest) => Choice::Largest(file.values("k", &[1])?[0] as usize),
            Figure::Features(Firing::From(name)) => Choice::From(file.values(name, &[features])?),
            Figure::Features(Firing::FromLogarithm(name)) => {
                Choice::From(file.values(name, &[features])?.into_iter().map(|v| (10.0 * v).exp()).collect())
            }
            _ => return Err(format!("figures do not know how {} chooses its features", setup.method)),
        };
        let mut atoms_fa = file.values("sae.dictionary.w_dec", &[features, inputs])?;
        for row in atoms_fa.chunks_exact_mut(inputs) {
            let length = row.iter().map(|v| v * v).sum::<f32>().sqrt();
            row.iter_mut().for_each(|v| *v /= length);
        }
        let w_enc = if file.has("sae.dictionary.w_enc") {
            file.values("sae.dictionary.w_enc", &[inputs, features])?
        } else {
            (0..inputs * features).map(|i| atoms_fa[i % features * inputs + i / features]).collect()
        };
        Ok(Self {
            features,
            patch,
            density_f: file.values("sae.density_f", &[features])?,
            w_enc,
            b_enc: file.values("sae.dictionary.b_enc", &[features])?,
            b_dec: file.values("sae.dictionary.b_dec", &[inputs])?,
            atoms_fa,
            choice,
            image,
        })
    }

    fn inputs(&self) -> usize {
        self.b_dec.len()
    }

    /// Inputs of an image.
    pub fn places(&self) -> usize {
        self.image.iter().product::<usize>() / self.inputs()
    }

    /// Where the numbers of input `place` lie in an image.
    fn pixels(&self, place: usize) -> impl Iterator<Item = usize> + use<> {
        let ([channels, height, width], [ph, pw]) = (self.image, self.patch);
        let (top, left) = (place / (width / pw) * ph, place % (width / pw) * pw);
        (0..channels * ph * pw).map(move |i| {
            let (c, y, x) = (i / (ph * pw), i / pw % ph, i % pw);
            (c * height + top + y) * width + left + x
        })
    }

    /// Strength of each feature on each input, `[places, features]`.
    pub fn encode(&self, x_p: &[f32]) -> Vec<f32> {
        (0..self.places())
            .flat_map(|place| self.fire(self.pixels(place).zip(&self.b_dec).map(|(p, b)| x_p[p] - b).collect()))
            .collect()
    }

    /// Features of one input that was moved by −b_dec.
    fn fire(&self, centred_a: Vec<f32>) -> Vec<f32> {
        let mut pre_f = self.b_enc.clone();
        add_rows(&mut pre_f, &centred_a, &self.w_enc);
        let mut f = relu(pre_f);
        match &self.choice {
            Choice::Positive => {}
            Choice::Largest(k) => {
                // Equals of the k-th fire as well, as in training.
                let least = kth_largest(&f, *k);
                f.iter_mut().filter(|v| **v < least).for_each(|v| *v = 0.0);
            }
            Choice::From(least_f) => f.iter_mut().zip(least_f).filter(|(v, least)| **v < **least).for_each(|(v, _)| *v = 0.0),
        }
        f
    }

    /// The image that features stand for, values in `[0, 1]`.
    pub fn decode(&self, f_nf: &[f32]) -> Vec<f32> {
        let mut x_p = vec![0.0; self.image.iter().product()];
        for (place, f) in f_nf.chunks_exact(self.features).enumerate() {
            let mut y_a = self.b_dec.clone();
            add_rows(&mut y_a, f, &self.atoms_fa);
            self.pixels(place).zip(y_a).for_each(|(p, y)| x_p[p] = y.clamp(0.0, 1.0));
        }
        x_p
    }

    /// What a feature adds to an input where it fires, length one, `[channels, patch height, patch width]`.
    pub fn atom(&self, feature: usize) -> &[f32] {
        &self.atoms_fa[feature * self.inputs()..][..self.inputs()]
    }
}
/// The k-th largest of numbers none of which is negative, 0 if there are fewer. Bit by bit, since the bits of such numbers are
/// in their order (a zero may be a negative one): a sort of another kind of element would be three kilobytes of download.
fn kth_largest(values: &[f32], k: usize) -> f32 {
    let at_least = |bits: u32| values.iter().filter(|v| (*v + 0.0).to_bits() >= bits).count() >= k.max(1);
    f32::from_bits((0..31).rev().map(|bit| 1u32 << bit).fold(0, |bits, bit| if at_least(bits | bit) { bits | bit } else { bits }))
}

#[cfg(test)]
mod tests {
    use super::kth_largest;

    #[test]
    fn the_kth_largest_is_found_among_equals() {
        let values = [0.5, 0.0, 3.25, 0.5, 1e-20];
        assert_eq!([1, 2, 3, 4, 5, 6].map(|k| kth_largest(&values, k)), [3.25, 0.5, 0.5, 1e-20, 0.0, 0.0]);
    }
}
