//! A dictionary as all formats mean it, and as it is here.

/// What decides which features fire, and how strongly.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// `max(z, 0)`.
    Relu,
    /// The k largest of an input, where these are above zero; `None` where no file says k.
    TopK(Option<usize>),
    /// What is above zero and its feature's threshold, shape `[features]`.
    Jump(Vec<f32>),
    /// What reaches a threshold that all features share, as a budget for whole batches leaves it; with the mean number of features, where a
    /// file says it.
    Batch(f32, Option<usize>),
    /// A gate `z > 0`, and a strength `max(exp(r) ⊙ (x − b) W + m, 0)` of its own.
    Gated {
        /// r, shape `[features]`.
        log_scale_f: Vec<f32>,
        /// m, shape `[features]`.
        bias_f: Vec<f32>,
    },
}

/// `z = (x − b) W + b′`, features by the rule, `x̂ = f D + b`.
#[derive(Clone, Debug, PartialEq)]
pub struct Dictionary {
    /// Numbers of an input.
    pub inputs: usize,
    /// How many features there are.
    pub features: usize,
    /// W, shape `[inputs, features]`.
    pub encoder_af: Vec<f32>,
    /// b′, shape `[features]`.
    pub bias_f: Vec<f32>,
    /// D, shape `[features, inputs]`.
    pub decoder_fa: Vec<f32>,
    /// b, shape `[inputs]`.
    pub origin_a: Vec<f32>,
    /// g.
    pub rule: Rule,
}

/// Lengths that differ by no more than this share are rounding, of 16 bits.
const ROUNDING: f64 = 0.01;

impl Dictionary {
    /// Makes `x W + b′` of a file mean `(x − b) W + b″`, for files whose encoder does not take `b` away.
    pub fn take_origin_away(&mut self) {
        let shift_f: Vec<f64> = {
            let mut sum = vec![0.0f64; self.features];
            for (row, b) in self.encoder_af.chunks_exact(self.features).zip(&self.origin_a) {
                sum.iter_mut().zip(row).for_each(|(s, w)| *s += f64::from(*w) * f64::from(*b));
            }
            sum
        };
        let add = |to: &mut [f32], by: &dyn Fn(usize) -> f64| {
            to.iter_mut().enumerate().for_each(|(f, v)| *v = (f64::from(*v) + by(f)) as f32);
        };
        add(&mut self.bias_f, &|f| shift_f[f]);
        if let Rule::Gated { log_scale_f, bias_f } = &mut self.rule {
            add(bias_f, &|f| shift_f[f] * f64::from(log_scale_f[f]).exp());
        }
    }

    /// Gives the rows of D length one, and what they had to the features. `scaled`: which features fire is chosen by how long they are with
    /// their row, so that it stays the same.
    ///
    /// # Errors
    /// If the largest are chosen without the rows' lengths, and these differ: then others would be chosen.
    pub fn fold_lengths(&mut self, scaled: bool) -> Result<(), String> {
        let length = |row: &[f32]| row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
        let length_f: Vec<f64> = self.decoder_fa.chunks_exact(self.inputs).map(length).collect();
        let living = || length_f.iter().copied().filter(|l| *l > 0.0);
        let (least, most) = (living().fold(f64::INFINITY, f64::min), living().fold(0.0, f64::max));
        if matches!(self.rule, Rule::TopK(_)) && !scaled && most - least > ROUNDING * most {
            return Err(format!(
                "its k features are chosen before the lengths of their directions count, and these go from {least:.3} to {most:.3}: \
                 here directions have length one, so others would be chosen"
            ));
        }
        for (row, l) in self.decoder_fa.chunks_exact_mut(self.inputs).zip(&length_f) {
            if *l > 0.0 {
                row.iter_mut().for_each(|v| *v = (f64::from(*v) / l) as f32);
            } else {
                // It adds nothing whatever it is: with no strength, any direction does.
                row[0] = 1.0;
            }
        }
        // Thresholds of scaled features are in their units already.
        let of_pre = |l: f64| if scaled { 1.0 } else { l };
        let times = |to: &mut [f32], by: &dyn Fn(f64) -> f64| {
            to.iter_mut().zip(&length_f).for_each(|(v, l)| *v = (f64::from(*v) * by(*l)) as f32);
        };
        self.encoder_af.chunks_exact_mut(self.features).for_each(|row| times(row, &|l| l));
        times(&mut self.bias_f, &|l| l);
        match &mut self.rule {
            Rule::Relu | Rule::TopK(_) => {}
            Rule::Jump(threshold_f) => times(threshold_f, &of_pre),
            Rule::Batch(threshold, _) => {
                if !scaled {
                    let mut threshold_f = vec![*threshold; self.features];
                    times(&mut threshold_f, &|l| l);
                    let same = most - least <= f64::from(f32::EPSILON) * 16.0 * most;
                    self.rule = match self.rule {
                        Rule::Batch(_, k) if same => Rule::Batch(threshold_f[0], k),
                        _ => Rule::Jump(threshold_f),
                    };
                }
            }
            Rule::Gated { bias_f, .. } => times(bias_f, &|l| l),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(rule: Rule) -> Dictionary {
        Dictionary {
            inputs: 2,
            features: 3,
            encoder_af: vec![1.0, -0.5, 0.25, 0.5, 1.0, -1.0],
            bias_f: vec![0.1, -0.2, 0.3],
            decoder_fa: vec![3.0, 4.0, 0.6, 0.8, 0.0, 2.0],
            origin_a: vec![0.5, -1.0],
            rule,
        }
    }

    /// Features and what they stand for, written out.
    fn run(d: &Dictionary, x: [f32; 2], subtract: bool) -> (Vec<f32>, Vec<f32>) {
        let at = |a: usize| x[a] - if subtract { d.origin_a[a] } else { 0.0 };
        let p = |f: usize| at(0) * d.encoder_af[f] + at(1) * d.encoder_af[d.features + f];
        let fire = |f: usize| {
            let z = p(f) + d.bias_f[f];
            match &d.rule {
                Rule::Relu | Rule::TopK(_) => z.max(0.0),
                Rule::Jump(t) => {
                    if z > t[f] {
                        z.max(0.0)
                    } else {
                        0.0
                    }
                }
                Rule::Batch(t, _) => {
                    if z >= *t {
                        z.max(0.0)
                    } else {
                        0.0
                    }
                }
                Rule::Gated { log_scale_f, bias_f } => {
                    if z > 0.0 {
                        (p(f) * log_scale_f[f].exp() + bias_f[f]).max(0.0)
                    } else {
                        0.0
                    }
                }
            }
        };
        let f: Vec<f32> = (0..d.features).map(fire).collect();
        let y = (0..2).map(|a| (0..d.features).map(|i| f[i] * d.decoder_fa[i * 2 + a]).sum::<f32>() + d.origin_a[a]).collect();
        (f, y)
    }

    #[test]
    fn what_a_dictionary_stands_for_stays_the_same() {
        let rules = [
            Rule::Relu,
            Rule::Jump(vec![0.4, -1.0, 0.3]),
            Rule::Batch(0.4, Some(2)),
            Rule::Gated { log_scale_f: vec![0.3, -0.2, 0.0], bias_f: vec![0.2, 0.1, -0.1] },
        ];
        for rule in rules {
            let theirs = dictionary(rule);
            let mut ours = theirs.clone();
            ours.take_origin_away();
            ours.fold_lengths(false).unwrap();
            for x in [[1.0, 2.0], [-1.0, 0.5], [0.3, -2.0], [2.0, -0.1]] {
                let ((f, y), (g, z)) = (run(&theirs, x, false), run(&ours, x, true));
                let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
                assert!(close(&y, &z), "{:?} at {x:?}: {y:?}, {z:?}", theirs.rule);
                let lengths = [5.0, 1.0, 2.0];
                let scaled: Vec<f32> = f.iter().zip(lengths).map(|(f, l)| f * l).collect();
                assert!(close(&scaled, &g), "{:?} at {x:?}: {scaled:?}, {g:?}", theirs.rule);
            }
            assert!(ours.decoder_fa.chunks_exact(2).all(|r| (r[0] * r[0] + r[1] * r[1] - 1.0).abs() < 1e-6));
        }
    }

    #[test]
    fn what_would_choose_others_is_refused() {
        let why = dictionary(Rule::TopK(Some(2))).fold_lengths(false).unwrap_err();
        assert!(why.contains("1.000 to 5.000"), "{why}");
        dictionary(Rule::TopK(Some(2))).fold_lengths(true).unwrap();
        // A direction of nothing stays nothing.
        let mut dead = dictionary(Rule::Relu);
        dead.decoder_fa[2..4].fill(0.0);
        dead.fold_lengths(false).unwrap();
        assert_eq!(run(&dead, [1.0, 2.0], true).0[1], 0.0);
    }
}
