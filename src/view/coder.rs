//! What answers are made of: a trained model, wherever it runs, and what it is shown.

use std::borrow::Cow;
use std::ops::Range;

use latent_vocabulary::code::{CodeGroup, CodeKind, FeatureGrid, decodes};
use latent_vocabulary::drawn::drawn;
use latent_vocabulary::shape::{Beside, SampleShape};

/// Size of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub width: u32,
    pub height: u32,
    pub channels: u32,
}

impl Size {
    /// That of a picture of such a shape.
    pub fn of(shape: SampleShape) -> Self {
        Self { width: shape.width as u32, height: shape.height as u32, channels: shape.channels as u32 }
    }

    /// Values of a picture.
    pub fn len(self) -> usize {
        (self.width * self.height * self.channels) as usize
    }

    /// Whether there is nothing to see.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// How a code is written in tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alphabet {
    /// Tokens of an image, and places of their grid: each may have several.
    pub tokens: usize,
    pub places: usize,
    /// Kinds of tokens.
    pub codes: usize,
    /// New ones can be drawn from a learnt prior.
    pub drawn: bool,
}

impl Alphabet {
    /// Tokens of a place.
    pub fn levels(self) -> usize {
        self.tokens / self.places.max(1)
    }
}

/// What questions depend on of a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// What it reads and decodes.
    pub sample: SampleShape,
    /// The picture by which that is shown.
    pub size: Size,
    /// Numbers in a code.
    pub latent: usize,
    /// Tokens and features, where the code has any.
    pub alphabet: Option<Alphabet>,
    pub features: Option<FeatureGrid>,
    /// New codes are carried from noise, step by step.
    pub flows: bool,
    /// Images become codes, and nothing makes an image of a code.
    pub undrawn: bool,
}

impl Frame {
    /// That of a model of such samples whose codes are `code`.
    pub fn of(sample: SampleShape, code: &[CodeGroup]) -> Self {
        let alphabet = |group: &CodeGroup| match group.kind {
            CodeKind::Grid { codes, height, width, drawn, .. } => {
                Some(Alphabet { tokens: group.places()? as usize, places: (height * width) as usize, codes: codes as usize, drawn })
            }
            _ => None,
        };
        Self {
            sample,
            size: Size::of(sample.picture()),
            latent: code.iter().map(|group| group.count as usize).sum(),
            alphabet: code.iter().find_map(alphabet),
            features: code.iter().find_map(CodeGroup::features),
            flows: code.iter().any(|group| group.kind == CodeKind::Flow),
            undrawn: !decodes(code),
        }
    }

    /// # Errors
    /// If the code is not written in tokens.
    pub fn alphabet(&self) -> Result<Alphabet, String> {
        self.alphabet.ok_or_else(|| "the method's code has no tokens".into())
    }

    /// # Errors
    /// If the code has no features.
    pub fn features(&self) -> Result<FeatureGrid, String> {
        self.features.ok_or_else(|| "the method's code has no features".into())
    }
}

/// All test samples, kept as their shape says, and their labels.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tests<'a> {
    pub shape: SampleShape,
    pub images: &'a [u8],
    pub labels: &'a [u8],
    /// Values of their factors, row-major `[images, factors]`; empty where none are known.
    pub factors: &'a [u8],
    /// What lies beside them, if anything may.
    pub beside: Option<&'a Beside>,
}

impl<'a> Tests<'a> {
    pub fn len(self) -> usize {
        self.labels.len()
    }

    pub fn is_empty(self) -> bool {
        self.labels.is_empty()
    }

    /// The numbers `from .. from + count`, of those that there are.
    pub fn range(self, from: u32, count: u32) -> Vec<u32> {
        let end = from.saturating_add(count).min(self.len() as u32);
        (from.min(end)..end).collect()
    }

    /// Those of the numbers that there are.
    pub fn known(self, at: &[u32]) -> Vec<u32> {
        at.iter().copied().filter(|i| (*i as usize) < self.len()).collect()
    }

    /// The bytes of image `i`.
    fn image(self, i: u32) -> &'a [u8] {
        let len = self.images.len() / self.len().max(1);
        &self.images[i as usize * len..][..len]
    }

    /// The bytes of images.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn images(self, at: &[u32]) -> Vec<u8> {
        at.iter().flat_map(|i| self.image(*i)).copied().collect()
    }

    /// Their numbers.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn values(self, at: &[u32]) -> Vec<f32> {
        self.shape.floats(&self.images(at))
    }

    /// The pictures by which they are shown, one byte a value.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn pictures(self, at: &[u32]) -> Vec<u8> {
        if self.shape.is_picture() { self.images(at) } else { drawn(self.shape, &self.values(at)) }
    }

    /// And their labels.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn labels(self, at: &[u32]) -> Vec<u8> {
        at.iter().map(|i| self.labels[*i as usize]).collect()
    }

    /// And the values of their factors.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn factors(self, at: &[u32]) -> Vec<u8> {
        let k = self.factors.len() / self.len().max(1);
        at.iter().flat_map(|i| &self.factors[*i as usize * k..][..k]).copied().collect()
    }
}

/// What a model is run on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rows<'a> {
    /// Row-major values: images in `[0, 1]`, codes or tokens. None where `tests` has them.
    pub values: &'a [f32],
    /// Class of each row; missing ones are zero.
    pub labels: &'a [u8],
    /// Values of the factors of each row, one after the other; missing ones are zero.
    pub factors: &'a [u8],
    /// The rows' numbers among the test images, if they are some: whoever has those at hand needs no values.
    pub at: Option<&'a [u32]>,
    /// All test images, where rows are told by their numbers alone.
    tests: Tests<'a>,
}

impl<'a> Rows<'a> {
    /// Rows without labels.
    pub fn of(values: &'a [f32]) -> Self {
        Self { values, ..Self::default() }
    }

    /// Rows with labels.
    pub fn labelled(values: &'a [f32], labels: &'a [u8]) -> Self {
        Self { values, labels, ..Self::default() }
    }

    /// The same, whose factors have these values, as many for each row.
    #[must_use]
    pub fn told(self, factors: &'a [u8]) -> Self {
        Self { factors, ..self }
    }

    /// The test images of these numbers, all of which there are.
    pub fn tests(tests: Tests<'a>, at: &'a [u32]) -> Self {
        Self { at: Some(at), tests, ..Self::default() }
    }

    /// The same, of which it is known which test images they are.
    #[must_use]
    pub fn numbered(self, at: &'a [u32]) -> Self {
        Self { at: Some(at), ..self }
    }

    /// How many rows of `width` values these are.
    ///
    /// # Errors
    /// If the last one is not whole.
    pub fn count(self, width: usize) -> Result<usize, String> {
        if let Some(at) = self.at {
            return Ok(at.len());
        }
        if !self.values.len().is_multiple_of(width) {
            return Err(format!("{} values are not rows of {width}", self.values.len()));
        }
        Ok(self.values.len() / width)
    }

    /// Some of the rows of `width` values, with those of their labels that there are.
    #[must_use]
    pub fn some(self, width: usize, range: Range<usize>) -> Self {
        fn part<T>(all: &[T], from: usize, to: usize) -> &[T] {
            &all[from.min(all.len())..to.min(all.len())]
        }
        let each = self.factors.len() / self.count(width).unwrap_or(0).max(1);
        Self {
            values: part(self.values, range.start * width, range.end * width),
            labels: part(self.labels, range.start, range.end),
            factors: part(self.factors, range.start * each, range.end * each),
            at: self.at.map(|at| &at[range]),
            tests: self.tests,
        }
    }

    /// Their values, wherever they lie.
    pub fn floats(self) -> Cow<'a, [f32]> {
        match self.at {
            Some(at) if self.values.is_empty() => self.tests.values(at).into(),
            _ => self.values.into(),
        }
    }

    /// Their labels, wherever they lie; missing ones are left out.
    pub fn classes(self) -> Cow<'a, [u8]> {
        match self.at {
            Some(at) if self.values.is_empty() => self.tests.labels(at).into(),
            _ => self.labels.into(),
        }
    }

    /// The values of their factors, wherever they lie; missing ones are left out.
    pub fn factors(self) -> Cow<'a, [u8]> {
        match self.at {
            Some(at) if self.values.is_empty() => self.tests.factors(at).into(),
            _ => self.factors.into(),
        }
    }
}

/// A trained model that can be asked, wherever it runs. What it does not have is an error, which says so.
#[allow(async_fn_in_trait, reason = "page and worker have one thread each: no future needs to be `Send`")]
pub trait Coder {
    fn frame(&self) -> Frame;

    /// Mean and log-variance of the codes of images, each row-major `[n, latent]`; the latter is empty where codes are points.
    async fn encode(&mut self, images: Rows<'_>) -> Result<(Vec<f32>, Vec<f32>), String>;

    /// Mean samples of the codes `z_nd`, row-major `[n, values]`; those of pictures lie in `[0, 1]`.
    async fn decode(&mut self, z_nd: &[f32]) -> Result<Vec<f32>, String>;

    /// The pictures by which they are shown, as bytes.
    async fn pictures(&mut self, z_nd: &[f32]) -> Result<Vec<u8>, String> {
        let x = self.decode(z_nd).await?;
        Ok(self.bytes(&x))
    }

    /// The pictures by which samples are shown, as bytes.
    fn bytes(&self, x: &[f32]) -> Vec<u8> {
        drawn(self.frame().sample, x)
    }

    /// Images as the model is trained to repair them; `None` where it is not.
    async fn damaged(&mut self, _: Rows<'_>) -> Result<Option<Vec<f32>>, String> {
        Ok(None)
    }

    /// Codes a step further from noise, row-major `[n, latent]`, of rows as in [`step_rows`](crate::step_rows).
    async fn step(&mut self, row_nw: &[f32]) -> Result<Vec<f32>, String>;

    /// Tokens of images, row-major `[n, tokens]`.
    async fn tokens(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String>;

    /// Codes that tokens stand for, row-major `[n, latent]`.
    #[allow(clippy::wrong_self_convention, reason = "named after `tokens`, of the same network")]
    async fn from_tokens(&mut self, token_bn: &[f32]) -> Result<Vec<f32>, String>;

    /// Steps since each code was last chosen, below zero if it never was.
    async fn code_ages(&mut self) -> Result<Vec<f32>, String>;

    /// `n` token grids from the learnt prior, row-major `[n, tokens]`; the same seed gives the same ones.
    async fn draw_tokens(&mut self, n: usize, temperature: f32, seed: u32) -> Result<Vec<f32>, String>;

    /// What each feature of a dictionary adds to an input, row-major `[features, inputs]`.
    async fn atoms(&mut self) -> Result<Vec<f32>, String>;

    /// The programs that it is run by, as files of weights have them.
    async fn programs(&mut self) -> Result<Vec<u8>, String>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use latent_vocabulary::shape::unit_values;

    #[test]
    fn test_images_are_the_same_however_they_are_told() {
        let (images, labels): (Vec<u8>, Vec<u8>) = ((0..12).map(|i| 20 * i).collect(), (0..6).collect());
        let shape = SampleShape { channels: 1, height: 1, width: 2 };
        let factors: Vec<u8> = (20..32).collect();
        let tests = Tests { shape, images: &images, labels: &labels, factors: &factors, beside: None };
        let at = tests.known(&[4, 9, 0, 5]);
        assert_eq!((at.as_slice(), tests.range(4, 7)), (&[4, 0, 5][..], vec![4, 5]));
        assert_eq!((tests.range(7, 2), tests.range(3, u32::MAX)), (vec![], vec![3, 4, 5]));
        let told = Rows::tests(tests, &at);
        let values = unit_values(&[160, 180, 0, 20, 200, 220]);
        let given = Rows::labelled(&values, &[4, 0, 5]).told(&[28, 29, 20, 21, 30, 31]);
        for range in [0..3, 1..2, 2..3] {
            let (told, given) = (told.some(2, range.clone()), given.some(2, range));
            assert_eq!((told.floats(), told.classes(), told.factors()), (given.floats(), given.classes(), given.factors()));
            assert_eq!(told.count(2), given.count(2));
        }
        let numbered = given.numbered(&at).some(2, 1..3);
        assert_eq!((numbered.at, numbered.floats().len()), (Some(&[0, 5][..]), 4));
        assert!(Rows::of(&values).count(4).is_err());
    }
}
