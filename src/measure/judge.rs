//! A judge of pictures: a small network that tells what they show. It is trained by itself on images and what is known of them, and so says
//! what was made of a code without knowing the model that made it.

use std::ops::Range;

use super::Rows;
use super::pause::Pause;
use super::rng::Rng;

/// Numbers of its hidden layer, images of a step, rounds over all images, and the step's length (Adam, Kingma & Ba 2015).
pub const HIDDEN: usize = 48;
const BATCH: usize = 32;
const ROUNDS: usize = 15;
const RATE: f32 = 2e-3;
const DECAY: [f32; 2] = [0.9, 0.999];

/// Inputs to hidden numbers with ReLU, and from them a choice for each question.
pub struct Judge {
    mean_p: Vec<f32>,
    /// Shapes `[hidden, inputs]`, `[hidden]`, `[answers, hidden]` and `[answers]`, one after the other.
    weights: Vec<f32>,
    /// The answers of each question.
    answers: Vec<Range<usize>>,
}

/// What a judge makes of a picture on the way to its answers.
struct Seen {
    centred_p: Vec<f32>,
    hidden_h: Vec<f32>,
    /// The probability of each answer.
    said_a: Vec<f32>,
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

impl Judge {
    /// Learns to answer, of `x_np`, as many questions as there are `sizes`: question k has `sizes[k]` answers, and `value_nk` is the right
    /// one of each row.
    ///
    /// # Panics
    /// If there are not as many values, or one is no answer.
    pub async fn train(x_np: Rows<'_>, value_nk: Rows<'_, u8>, sizes: &[usize], seed: u64, pause: &Pause) -> Self {
        assert_eq!((x_np.len(), value_nk.width()), (value_nk.len(), sizes.len()), "not a value for each question");
        let (n, p, total) = (x_np.len(), x_np.width(), sizes.iter().sum::<usize>());
        let mut mean_p = vec![0.0; p];
        x_np.iter().for_each(|x| mean_p.iter_mut().zip(x).for_each(|(m, v)| *m += v / n as f32));
        let mut rng = Rng::new(seed);
        let mut drawn = |count: usize, inputs: usize| {
            let scale = (2.0 / inputs as f32).sqrt();
            (0..count * inputs).map(|_| scale * rng.normal()).collect::<Vec<f32>>()
        };
        let weights = [drawn(HIDDEN, p), vec![0.0; HIDDEN], drawn(total, HIDDEN), vec![0.0; total]].concat();
        let mut from = 0;
        let answers = sizes.iter().map(|size| {
            from += size;
            from - size..from
        });
        let mut judge = Self { mean_p, answers: answers.collect(), weights };
        let mut moments = [vec![0.0; judge.weights.len()], vec![0.0; judge.weights.len()]];
        let (mut slope, mut step) = (vec![0.0; judge.weights.len()], 0);
        for _ in 0..ROUNDS {
            for rows in rng.permutation(n).chunks(BATCH) {
                pause.point().await;
                slope.fill(0.0);
                rows.iter().for_each(|i| judge.learn(x_np.row(*i), value_nk.row(*i), 1.0 / rows.len() as f32, &mut slope));
                step += 1;
                judge.follow(&slope, &mut moments, step);
            }
        }
        judge
    }

    /// The weights' parts.
    fn parts(&self) -> [Range<usize>; 4] {
        let (p, total) = (self.mean_p.len(), self.answers.last().map_or(0, |last| last.end));
        let ends = [HIDDEN * p, HIDDEN, total * HIDDEN, total];
        let mut from = 0;
        ends.map(|count| {
            from += count;
            from - count..from
        })
    }

    fn see(&self, x_p: &[f32]) -> Seen {
        let [w1, b1, w2, b2] = self.parts().map(|part| &self.weights[part]);
        let centred_p: Vec<f32> = x_p.iter().zip(&self.mean_p).map(|(v, m)| v - m).collect();
        let hidden_h: Vec<f32> = w1.chunks_exact(centred_p.len()).zip(b1).map(|(w, b)| (dot(w, &centred_p) + b).max(0.0)).collect();
        let mut said_a: Vec<f32> = w2.chunks_exact(HIDDEN).zip(b2).map(|(w, b)| dot(w, &hidden_h) + b).collect();
        for of in &self.answers {
            let said = &mut said_a[of.clone()];
            let most = said.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            said.iter_mut().for_each(|v| *v = (*v - most).exp());
            let sum: f32 = said.iter().sum();
            said.iter_mut().for_each(|v| *v /= sum);
        }
        Seen { centred_p, hidden_h, said_a }
    }

    /// Adds the slope of the cross-entropy of one picture, times its share.
    fn learn(&self, x_p: &[f32], value_k: &[u8], share: f32, slope: &mut [f32]) {
        let Seen { centred_p, hidden_h, mut said_a } = self.see(x_p);
        for (of, value) in self.answers.iter().zip(value_k) {
            assert!(usize::from(*value) < of.len(), "answer {value} of {}", of.len());
            said_a[of.start + usize::from(*value)] -= 1.0;
        }
        let [w1, b1, w2, b2] = self.parts();
        let mut back_h = vec![0.0; HIDDEN];
        for (a, d) in said_a.iter().map(|d| d * share).enumerate() {
            slope[b2.start + a] += d;
            let row = a * HIDDEN..(a + 1) * HIDDEN;
            slope[w2.clone()][row.clone()].iter_mut().zip(&hidden_h).for_each(|(s, h)| *s += d * h);
            back_h.iter_mut().zip(&self.weights[w2.clone()][row]).for_each(|(b, w)| *b += d * w);
        }
        let p = centred_p.len();
        for (h, d) in back_h.into_iter().enumerate().filter(|(h, _)| hidden_h[*h] > 0.0) {
            slope[b1.start + h] += d;
            slope[w1.clone()][h * p..(h + 1) * p].iter_mut().zip(&centred_p).for_each(|(s, x)| *s += d * x);
        }
    }

    fn follow(&mut self, slope: &[f32], [first, second]: &mut [Vec<f32>; 2], step: i32) {
        let [one, two] = DECAY.map(|decay| 1.0 - decay.powi(step));
        for (i, s) in slope.iter().enumerate() {
            first[i] += (1.0 - DECAY[0]) * (s - first[i]);
            second[i] += (1.0 - DECAY[1]) * (s * s - second[i]);
            self.weights[i] -= RATE * (first[i] / one) / ((second[i] / two).sqrt() + 1e-8);
        }
    }

    /// Where among all answers those of each question are.
    pub fn answers(&self) -> &[Range<usize>] {
        &self.answers
    }

    /// How probable each answer is, those of a question adding up to one, shape `[answers]`.
    pub fn probabilities(&self, x_p: &[f32]) -> Vec<f32> {
        self.see(x_p).said_a
    }

    /// What it has made of inputs when it decides, shape `[n, HIDDEN]`.
    pub fn hidden(&self, x_np: Rows<'_>) -> Vec<f32> {
        x_np.iter().flat_map(|x| self.see(x).hidden_h).collect()
    }

    /// Gradient of `−ln p(answer)` of a question with respect to the input, shape `[inputs]`.
    ///
    /// # Panics
    /// If there is no such question or answer.
    pub fn slope(&self, x_p: &[f32], question: usize, answer: usize) -> Vec<f32> {
        let Seen { centred_p, hidden_h, said_a } = self.see(x_p);
        let of = self.answers[question].clone();
        assert!(answer < of.len(), "answer {answer} of {}", of.len());
        let [w1, _, w2, _] = self.parts().map(|part| &self.weights[part]);
        let mut back_h = vec![0.0; HIDDEN];
        for a in of.clone() {
            let d = said_a[a] - f32::from(u8::from(a == of.start + answer));
            back_h.iter_mut().zip(&w2[a * HIDDEN..(a + 1) * HIDDEN]).for_each(|(b, w)| *b += d * w);
        }
        let mut slope_p = vec![0.0; centred_p.len()];
        for (h, d) in back_h.into_iter().enumerate().filter(|(h, _)| hidden_h[*h] > 0.0) {
            slope_p.iter_mut().zip(&w1[h * centred_p.len()..][..centred_p.len()]).for_each(|(s, w)| *s += d * w);
        }
        slope_p
    }

    /// The answers, row-major `[n, questions]`.
    pub fn verdicts(&self, x_np: Rows<'_>) -> Vec<u8> {
        let largest = |said: &[f32]| (1..said.len()).fold(0, |best, i| if said[i] > said[best] { i } else { best }) as u8;
        let one = |x: &[f32]| {
            let seen = self.see(x);
            self.answers.iter().map(|of| largest(&seen.said_a[of.clone()])).collect::<Vec<u8>>()
        };
        x_np.iter().flat_map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::pause::at_once;
    use super::*;

    /// Pictures of two numbers and some noise: which quarter of the plane they lie in, and whether the two have one sign.
    fn pictures(n: usize, seed: u64) -> (Vec<f32>, Vec<u8>) {
        let mut rng = Rng::new(seed);
        let (mut x, mut known) = (vec![], vec![]);
        for _ in 0..n {
            let row: Vec<f32> = (0..6).map(|_| rng.normal()).collect();
            let [a, b] = [0, 1].map(|i| u8::from(row[i] > 0.0));
            known.extend([2 * a + b, u8::from(a == b)]);
            x.extend(row);
        }
        (x, known)
    }

    #[test]
    fn it_learns_what_no_line_divides() {
        let (x, known) = pictures(1500, 1);
        let judge = at_once(Judge::train(Rows::new(&x, 6), Rows::new(&known, 2), &[4, 2], 3, &Pause::never()));
        let (x, known) = pictures(500, 2);
        let said = judge.verdicts(Rows::new(&x, 6));
        for question in 0..2 {
            let right = said.iter().zip(&known).skip(question).step_by(2).filter(|(a, b)| a == b).count();
            assert!(right > 450, "{right} of 500 answers to question {question}");
        }
        let said = judge.see(&x[..6]).said_a;
        assert!(judge.answers.iter().all(|of| (said[of.clone()].iter().sum::<f32>() - 1.0).abs() < 1e-5), "{said:?}");
    }

    #[test]
    fn its_slope_is_that_of_the_cross_entropy() {
        let (x, known) = pictures(200, 5);
        let mut judge = at_once(Judge::train(Rows::new(&x, 6), Rows::new(&known, 2), &[4, 2], 3, &Pause::never()));
        let loss = |judge: &Judge| {
            let said = judge.see(&x[6..12]).said_a;
            (0..2).map(|k| -f64::from(said[judge.answers[k].start + usize::from(known[2 + k])]).ln()).sum::<f64>()
        };
        let mut slope = vec![0.0; judge.weights.len()];
        judge.learn(&x[6..12], &known[2..4], 1.0, &mut slope);
        for at in judge.parts().map(|part| part.start + part.len() / 2) {
            let weight = judge.weights[at];
            judge.weights[at] = weight + 1e-2;
            let above = loss(&judge);
            judge.weights[at] = weight - 1e-2;
            let below = loss(&judge);
            judge.weights[at] = weight;
            let found = (above - below) / 2e-2;
            assert!((found - f64::from(slope[at])).abs() < 2e-3 * (1.0 + found.abs()), "{found} and {}", slope[at]);
        }
    }

    #[test]
    fn its_slope_along_the_input_is_that_of_one_answer() {
        let (x, known) = pictures(200, 6);
        let judge = at_once(Judge::train(Rows::new(&x, 6), Rows::new(&known, 2), &[4, 2], 3, &Pause::never()));
        let loss = |x: &[f32]| -f64::from(judge.probabilities(x)[judge.answers()[0].start + 2]).ln();
        let slope = judge.slope(&x[..6], 0, 2);
        for at in 0..6 {
            let moved = |by: f32| {
                let mut x = x[..6].to_vec();
                x[at] += by;
                loss(&x)
            };
            let found = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((found - f64::from(slope[at])).abs() < 5e-3 * (1.0 + found.abs()), "{found} and {}", slope[at]);
        }
    }
}
