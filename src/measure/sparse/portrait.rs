//! One feature by itself: how often, how strongly and on what it is active.

/// What the activations of one feature tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Portrait {
    /// Share of the inputs on which it is active.
    pub density: f64,
    /// Mean activation over those, and the largest in magnitude; 0 if there are none.
    pub mean: f64,
    pub max: f64,
    /// The class that most of its activation goes to, and the share of it that does; 0 if it is never active.
    pub label: u8,
    pub purity: f64,
    /// Inputs on which it is active, strongest first; equal ones keep their order.
    pub ranked: Vec<usize>,
}

impl Portrait {
    /// The portrait of the activations `act_n` on inputs of the classes `label_n`. Strength is magnitude: some dictionaries
    /// have features of both signs.
    ///
    /// # Panics
    /// If there is not one label an input.
    pub fn new(act_n: &[f32], label_n: &[u8]) -> Self {
        assert_eq!(act_n.len(), label_n.len(), "not one label an input");
        let mut ranked: Vec<usize> = (0..act_n.len()).filter(|i| act_n[*i] != 0.0).collect();
        ranked.sort_by(|a, b| act_n[*b].abs().total_cmp(&act_n[*a].abs()));
        let Some(first) = ranked.first() else { return Self::default() };
        let mut mass_c = [0.0f64; 1 << u8::BITS];
        for i in &ranked {
            mass_c[usize::from(label_n[*i])] += f64::from(act_n[*i].abs());
        }
        let (label, most) = (0..=u8::MAX).zip(mass_c).fold((0, 0.0), |best, c| if c.1 > best.1 { c } else { best });
        let active = ranked.len() as f64;
        Self {
            density: active / act_n.len() as f64,
            mean: ranked.iter().map(|i| f64::from(act_n[*i])).sum::<f64>() / active,
            max: f64::from(act_n[*first]),
            label,
            purity: most / mass_c.iter().sum::<f64>(),
            ranked,
        }
    }

    /// `top` of the strongest inputs, then `each` from every quarter of the active ones, evenly spaced, strongest quarter
    /// first. `None` where there are not so many.
    pub fn examples(&self, top: usize, each: usize) -> Vec<Option<usize>> {
        let n = self.ranked.len();
        let strongest = (0..top).map(|k| self.ranked.get(k).copied());
        let quarters = (0..4).flat_map(|q| {
            let (from, to) = (q * n / 4, (q + 1) * n / 4);
            // In the middle of equal parts; in a quarter of fewer inputs than examples each occurs once.
            (0..each)
                .map(move |k| if to - from < each { from + k } else { from + (2 * k + 1) * (to - from) / (2 * each) })
                .map(move |at| (at, to))
        });
        strongest.chain(quarters.map(|(at, to)| (at < to).then(|| self.ranked[at]))).collect()
    }
}

/// How many of the activations other than zero fall in each of `bins` equal bins from 0 to `max`, the last closed.
///
/// # Panics
/// If there is no bin.
pub fn histogram(act_n: &[f32], max: f64, bins: usize) -> Vec<usize> {
    assert!(bins > 0, "a histogram needs a bin");
    let mut count_b = vec![0; bins];
    for a in act_n.iter().filter(|a| **a != 0.0) {
        let at = f64::from(*a) / max * bins as f64;
        count_b[(at.max(0.0) as usize).min(bins - 1)] += 1;
    }
    count_b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_of_one_class() {
        let act_n = [0.0, 2.0, 0.0, 4.0, 1.0, 1.0, 0.0, 0.0];
        let p = Portrait::new(&act_n, &[0, 7, 7, 7, 3, 7, 0, 0]);
        assert_eq!((p.density, p.mean, p.max), (0.5, 2.0, 4.0));
        assert_eq!((p.label, p.purity), (7, 7.0 / 8.0));
        assert_eq!(p.ranked, [3, 1, 4, 5]);
        assert_eq!(p.examples(3, 1), [Some(3), Some(1), Some(4), Some(3), Some(1), Some(4), Some(5)]);
        assert_eq!(p.examples(0, 2)[..2], [Some(3), None], "no input stands in two quarters");
        assert_eq!(histogram(&act_n, p.max, 4), [0, 2, 1, 1]);
        assert_eq!(Portrait::new(&[0.0; 2], &[1, 2]), Portrait::default());
    }

    #[test]
    fn examples_are_spread_over_their_quarter() {
        let act_n: Vec<f32> = (1..=80).map(|v| v as f32).collect();
        let p = Portrait::new(&act_n, &[0; 80]);
        let strength: Vec<f32> = p.examples(2, 2).into_iter().map(|i| act_n[i.unwrap()]).collect();
        assert_eq!(strength, [80.0, 79.0, 75.0, 65.0, 55.0, 45.0, 35.0, 25.0, 15.0, 5.0]);
    }

    #[test]
    fn strength_is_magnitude() {
        let p = Portrait::new(&[-3.0, 1.0], &[5, 6]);
        assert_eq!((p.max, p.label, p.mean), (-3.0, 5, -1.0));
        assert_eq!(histogram(&[-3.0, 1.0], p.max, 2), [1, 1], "what has the other sign is far from the maximum");
    }
}
