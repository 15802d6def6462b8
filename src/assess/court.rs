//! The judge of a set: a network trained in passing on the images and what is known of them, which has nothing to do with the model that is measured.

use super::eye::Eye;
use super::images::Images;
use latent_measure::Rows;
use latent_measure::judge::{HIDDEN, Judge};
use latent_measure::pause::Pause;
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::factors::Told;

/// Squares that a picture's shorter side has for the judge at least.
const GRID: usize = 14;

/// A question about pictures: the class, or an attribute; of an amount, whether there is much of it.
#[derive(Clone, Copy)]
pub enum Asked {
    Class(usize),
    Attribute(Told),
}

impl Asked {
    pub fn answers(self) -> usize {
        match self {
            Self::Class(classes) => classes,
            Self::Attribute(told) if told.kinds => told.size.into(),
            Self::Attribute(_) => 2,
        }
    }

    /// The answer that a value is.
    fn answer(self, value: u8) -> u8 {
        match self {
            Self::Attribute(told) if !told.kinds => u8::from(value >= told.size.div_ceil(2)),
            _ => value,
        }
    }

    /// The value that is meant by an answer: of an amount none, or all.
    pub fn value(self, answer: u8) -> usize {
        match self {
            Self::Attribute(told) if !told.kinds => usize::from(answer) * (usize::from(told.size) - 1),
            _ => answer.into(),
        }
    }

    /// Where a code says it, and of how many values; nothing where it does not.
    pub fn place(self, code: &[CodeGroup]) -> Option<(usize, usize, usize)> {
        let mut at = 0;
        code.iter().find_map(|group| {
            let count = group.count as usize;
            at += count;
            let size = match (self, group.kind) {
                (Self::Class(classes), CodeKind::Choice { given: true }) => classes,
                (Self::Attribute(told), CodeKind::Factor { index, size, .. }) if told.index == index as usize => size as usize,
                _ => return None,
            };
            Some((at - count, count, size))
        })
    }
}

/// A judge of images, and the questions that it answers: the class where there are several, then each attribute that is known.
pub struct Court {
    judge: Judge,
    pub asked: Vec<Asked>,
    /// The right answers, row-major `[images, questions]`, of both parts of the images.
    pub fitted_nk: Vec<u8>,
    pub test_nk: Vec<u8>,
    eye: Eye,
    /// Share of test images of which it answers a question right.
    pub accuracy_k: Vec<f64>,
}

impl Court {
    /// Trained on the images for what is fitted.
    pub async fn of(images: &Images, seed: u64, pause: &Pause) -> Self {
        let (factors, classes) = (images.shape.factors, images.classes());
        let known = !images.fitted.factor_nk.is_empty() && !factors.is_empty();
        let class = (classes > 1 || !known).then_some(Asked::Class(classes));
        let attributes = factors.iter().filter(|_| known).map(Asked::Attribute);
        let asked: Vec<Asked> = class.into_iter().chain(attributes).collect();
        let [fitted_nk, test_nk] = [&images.fitted, &images.test].map(|part| {
            let k = part.factor_nk.len() / part.labels.len();
            let one = |i: usize| {
                let value = move |asked: &Asked| match asked {
                    Asked::Class(_) => part.labels[i],
                    Asked::Attribute(told) => asked.answer(part.factor_nk[i * k + told.index]),
                };
                asked.iter().map(value).collect::<Vec<u8>>()
            };
            (0..part.labels.len()).flat_map(one).collect::<Vec<u8>>()
        });
        let eye = Eye::new(images.shape.image, GRID);
        let x_np = eye.see(&images.fitted.x);
        let sizes: Vec<usize> = asked.iter().map(|asked| asked.answers()).collect();
        let judge = Judge::train(Rows::new(&x_np, eye.inputs()), Rows::new(&fitted_nk, asked.len()), &sizes, seed, pause).await;
        let mut court = Self { judge, asked, fitted_nk, test_nk, eye, accuracy_k: vec![] };
        let said = court.verdicts(&images.test.x);
        court.accuracy_k = (0..court.asked.len()).map(|k| court.agreement(&said, &court.test_nk, k)).collect();
        court
    }

    /// The question about the class, where there are several.
    pub fn class(&self) -> Option<usize> {
        self.asked.iter().position(|asked| matches!(asked, Asked::Class(classes) if *classes > 1))
    }

    /// Questions about attributes, or where none are known about the class.
    pub fn subjects(&self) -> Vec<usize> {
        let attributes: Vec<usize> = (0..self.asked.len()).filter(|k| matches!(self.asked[*k], Asked::Attribute(_))).collect();
        if attributes.is_empty() { self.class().into_iter().collect() } else { attributes }
    }

    /// Share of pictures of which two rows of answers agree about a question.
    pub fn agreement(&self, a_nk: &[u8], b_nk: &[u8], k: usize) -> f64 {
        let of = |all: &[u8]| all.iter().skip(k).step_by(self.asked.len()).copied().collect::<Vec<u8>>();
        let (a, b) = (of(a_nk), of(b_nk));
        a.iter().zip(&b).filter(|(a, b)| a == b).count() as f64 / a.len() as f64
    }

    /// The answers about pictures, row-major `[n, questions]`.
    pub fn verdicts(&self, x: &[f32]) -> Vec<u8> {
        self.judge.verdicts(Rows::new(&self.eye.see(x), self.eye.inputs()))
    }

    /// How probable each answer to a question is, of each picture.
    pub fn probabilities(&self, x: &[f32], k: usize) -> Vec<Vec<f64>> {
        let of = self.judge.answers()[k].clone();
        let one = |x: &[f32]| self.judge.probabilities(x)[of.clone()].iter().map(|p| f64::from(*p)).collect();
        self.eye.see(x).chunks_exact(self.eye.inputs()).map(one).collect()
    }

    /// Gradient of `−ln p(answer)` of a question with respect to a picture's pixels.
    pub fn slope(&self, x: &[f32], k: usize, answer: usize) -> Vec<f32> {
        self.eye.back(&self.judge.slope(&self.eye.see(x), k, answer))
    }

    /// Pictures as it sees them, and how many numbers that are of each.
    pub fn seen(&self, x: &[f32]) -> (Vec<f32>, usize) {
        (self.eye.see(x), self.eye.inputs())
    }

    /// What it has made of pictures when it decides, and how many numbers that are of each.
    pub fn features(&self, x: &[f32]) -> (Vec<f32>, usize) {
        (self.judge.hidden(Rows::new(&self.eye.see(x), self.eye.inputs())), HIDDEN)
    }

    /// What it sees, for protocols.
    pub fn sees(&self) -> String {
        self.eye.what()
    }

    /// Who judges, for protocols.
    pub fn said(&self) -> String {
        format!(
            "the judge: a network with {HIDDEN} hidden numbers on {}, trained on {} images that the model has nothing to do with",
            self.eye.what(),
            self.fitted_nk.len() / self.asked.len()
        )
    }

    /// [`Self::said`], and how good it is at the class.
    pub fn said_of_classes(&self, k: usize) -> String {
        let n = self.test_nk.len() / self.asked.len();
        format!("{}, right about {:.1} % of {n} test images", self.said(), 100.0 * self.accuracy_k[k])
    }
}
