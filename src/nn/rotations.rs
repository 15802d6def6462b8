//! A linear system whose state turns and shrinks in planes, and what is known of it from what single moments say.
//!
//! In each plane z_t = r·R(θ)·z_{t−1} + √(1 − r²)·ε_t with ε_t from N(0, I), so that z_t is N(0, I) at all times and its covariance over a lag τ
//! is r^τ·R(θ)^τ: a Gaussian process that is Markovian (Zhu, Rodas & Li 2022, section 3). Any diagonalisable real system is such a one but
//! for a change of basis, and r·e^{±iθ} are its eigenvalues.
//!
//! A moment says N(z_t; m_t, 1/λ_t), with one precision for a plane. Multiplied with the prior this gives the posterior exactly (Zhao & Linderman
//! 2023, equation 4): a rotation changes no precision that is the same both ways, so messages need one number and one vector a plane. A missing
//! moment has the precision 0.
//!
//! States are kept as their departures ε_t, whose prior is N(0, I) each.

use burn::module::{Module, Param};
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor};

use super::constant::floats;

/// How far the planes turn a moment at first: evenly from nothing to this, in radians. What hardly turns is found soon, as it needs no phase.
const TURN: f32 = 0.4;
/// And the logit of r.
const STAY: f32 = 3.0;

/// Both numbers of each plane, each of shape `[batch, planes]`.
pub type Planes = [Tensor<2>; 2];

/// What a moment says: precision `[batch, planes]`, and the mean times it.
#[derive(Clone, Debug)]
pub struct Said {
    pub precision_bk: Tensor<2>,
    pub weighed: Planes,
}

/// The posterior of a departure, given the state before: the mean, and the logarithm of the variance that both its numbers have.
#[derive(Clone, Debug)]
pub struct Departure {
    pub mean: Planes,
    pub logvar_bk: Tensor<2>,
}

/// The system.
#[derive(Module, Debug)]
pub struct Rotations {
    /// Logits of r, shape `[planes]`.
    stay_k: Param<Tensor<1>>,
    /// θ in radians, shape `[planes]`.
    turn_k: Param<Tensor<1>>,
}

/// r·R(θ), and the variance 1 − r² of what is new, all of shape `[1, planes]`.
struct Step {
    cos_1k: Tensor<2>,
    sin_1k: Tensor<2>,
    stay2_1k: Tensor<2>,
    new_1k: Tensor<2>,
}

fn each(z: &Planes, of: impl Fn(&Tensor<2>) -> Tensor<2>) -> Planes {
    [of(&z[0]), of(&z[1])]
}

fn both(a: Planes, b: Planes, of: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<2>) -> Planes {
    let ([a, c], [b, d]) = (a, b);
    [of(a, b), of(c, d)]
}

impl Step {
    /// A state one moment on, if nothing new came.
    fn on(&self, [x, y]: &Planes) -> Planes {
        [
            x.clone() * self.cos_1k.clone() - y.clone() * self.sin_1k.clone(),
            x.clone() * self.sin_1k.clone() + y.clone() * self.cos_1k.clone(),
        ]
    }

    /// What the transposed map makes of something.
    fn back(&self, [x, y]: &Planes) -> Planes {
        [
            x.clone() * self.cos_1k.clone() + y.clone() * self.sin_1k.clone(),
            y.clone() * self.cos_1k.clone() - x.clone() * self.sin_1k.clone(),
        ]
    }
}

impl Rotations {
    pub fn new(planes: usize, device: &Device) -> Self {
        let turns: Vec<f32> = (0..planes).map(|k| TURN * k as f32 / planes as f32).collect();
        Self {
            stay_k: Param::from_tensor(Tensor::full([planes], STAY, device)),
            turn_k: Param::from_tensor(floats(turns, [planes], device)),
        }
    }

    fn step(&self) -> Step {
        let row = |t_k: Tensor<1>| t_k.unsqueeze::<2>();
        let (stay_1k, turn_1k) = (row(sigmoid(self.stay_k.val())), row(self.turn_k.val()));
        // 1 − r² = (1 − r)(1 + r), and 1 − r is the sigmoid of the negative: near r = 1 nothing is lost.
        let new_1k = row(sigmoid(self.stay_k.val().neg())) * (stay_1k.clone() + 1.0);
        Step {
            cos_1k: stay_1k.clone() * turn_1k.clone().cos(),
            sin_1k: stay_1k.clone() * turn_1k.sin(),
            stay2_1k: stay_1k.square(),
            new_1k,
        }
    }

    /// What each moment and all later ones say together of its state: messages from the last to the first.
    fn gathered(step: &Step, said: Vec<Said>) -> Vec<Said> {
        let mut all: Vec<Said> = vec![];
        for own in said.into_iter().rev() {
            let with = match all.last() {
                None => own,
                Some(later) => {
                    // Through the noise between two moments a precision P becomes P / (1 + (1 − r²)P), and a mean times it likewise.
                    let less_bk = (later.precision_bk.clone() * step.new_1k.clone() + 1.0).recip();
                    let back = each(&step.back(&later.weighed), |h| h.clone() * less_bk.clone());
                    Said {
                        precision_bk: own.precision_bk + later.precision_bk.clone() * step.stay2_1k.clone() * less_bk,
                        weighed: both(own.weighed, back, |a, b| a + b),
                    }
                }
            };
            all.push(with);
        }
        all.reverse();
        all
    }

    /// The posterior of each departure in turn, and the states that come of it: of moment `t`, `choose` says which departure it is to be.
    pub fn follow(&self, said: Vec<Said>, mut choose: impl FnMut(usize, &Departure) -> Planes) -> (Vec<Departure>, Vec<Planes>) {
        let step = self.step();
        let (mut departures, mut states): (Vec<Departure>, Vec<Planes>) = (vec![], vec![]);
        for (t, all) in Self::gathered(&step, said).into_iter().enumerate() {
            let departure = match states.last() {
                None => first(all),
                Some(before) => {
                    let expected = step.on(before);
                    let known_bk = all.precision_bk.clone() * step.new_1k.clone() + 1.0;
                    let scale_bk = step.new_1k.clone().sqrt().expand(known_bk.dims()) / known_bk.clone();
                    let more = both(all.weighed, expected, |h, e| h - e * all.precision_bk.clone());
                    Departure { mean: each(&more, |m| m.clone() * scale_bk.clone()), logvar_bk: known_bk.log().neg() }
                }
            };
            let chosen = choose(t, &departure);
            let state = next(&step, states.last(), chosen);
            states.push(state);
            departures.push(departure);
        }
        (departures, states)
    }

    /// The states that departures lead to.
    pub fn states(&self, departures: Vec<Planes>) -> Vec<Planes> {
        let step = self.step();
        let mut states: Vec<Planes> = vec![];
        for departure in departures {
            let state = next(&step, states.last(), departure);
            states.push(state);
        }
        states
    }
}

/// The state that a departure leads to.
fn next(step: &Step, before: Option<&Planes>, departure: Planes) -> Planes {
    match before {
        None => departure,
        Some(before) => both(step.on(before), departure, |e, new| e + new * step.new_1k.clone().sqrt()),
    }
}

/// The posterior of a state of which nothing is known beforehand, under the prior N(0, I).
pub fn first(said: Said) -> Departure {
    let known_bk = said.precision_bk + 1.0;
    Departure { mean: each(&said.weighed, |h| h.clone() / known_bk.clone()), logvar_bk: known_bk.log().neg() }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Distribution;

    use super::*;
    use crate::drawn::values;

    const MOMENTS: usize = 5;
    const PLANES: usize = 3;

    fn system(device: &Device) -> (Rotations, Vec<Said>) {
        device.seed(7);
        let normal = |spread: f64| Tensor::<2>::random([1, PLANES], Distribution::Normal(0.0, spread), device);
        let mut rotations = Rotations::new(PLANES, device);
        rotations.stay_k = Param::from_tensor(normal(1.5).reshape([PLANES]));
        rotations.turn_k = Param::from_tensor(normal(1.0).reshape([PLANES]));
        let said = |t: usize| {
            // The third moment is missing.
            let precision_bk = normal(1.0).exp() * if t == 2 { 0.0 } else { 1.0 };
            let weighed = [normal(1.0) * precision_bk.clone(), normal(1.0) * precision_bk.clone()];
            Said { precision_bk, weighed }
        };
        (rotations, (0..MOMENTS).map(said).collect())
    }

    /// Gauss-Jordan elimination, in 64 bits.
    fn solved(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
        let n = b.len();
        for i in 0..n {
            let row = a[i].clone();
            for j in (0..n).filter(|j| *j != i) {
                let f = a[j][i] / row[i];
                a[j].iter_mut().zip(&row).for_each(|(to, from)| *to -= f * from);
                b[j] -= f * b[i];
            }
        }
        (0..n).map(|i| b[i] / a[i][i]).collect()
    }

    /// The mean path of the posterior is that of one large Gaussian: prior precision by its covariance r^|τ| R^τ, what moments say added.
    #[test]
    fn messages_give_the_posterior_of_the_whole() {
        let device = Device::flex();
        let (rotations, said) = system(&device);
        let (departures, states) = rotations.follow(said.clone(), |_, d| d.mean.clone());
        let [stay, turn] = [&rotations.stay_k, &rotations.turn_k].map(|p| values(p.val().unsqueeze::<2>()));
        for k in 0..PLANES {
            let (r, angle) = (f64::from(1.0 / (1.0 + (-stay[k]).exp())), f64::from(turn[k]));
            let n = 2 * MOMENTS;
            let covariance = |i: usize, j: usize| {
                let lag = (i / 2) as i32 - (j / 2) as i32;
                let (size, by) = (r.powi(lag.abs()), angle * f64::from(lag));
                size * match (i % 2, j % 2) {
                    (0, 0) | (1, 1) => by.cos(),
                    (0, _) => -by.sin(),
                    _ => by.sin(),
                }
            };
            let all = || (0..n).map(|a| (0..n).map(|b| covariance(a, b)).collect()).collect();
            let column = |j: usize| solved(all(), (0..n).map(|i| f64::from(u8::from(i == j))).collect());
            let mut precision: Vec<Vec<f64>> = (0..n).map(column).collect();
            let mut weighed = vec![0.0; n];
            for (t, said) in said.iter().enumerate() {
                for half in 0..2 {
                    precision[2 * t + half][2 * t + half] += f64::from(values(said.precision_bk.clone())[k]);
                    weighed[2 * t + half] = f64::from(values(said.weighed[half].clone())[k]);
                }
            }
            let mean = solved(precision, weighed);
            for (t, state) in states.iter().enumerate() {
                for half in 0..2 {
                    let got = f64::from(values(state[half].clone())[k]);
                    assert!((got - mean[2 * t + half]).abs() < 1e-4, "plane {k}, moment {t}: {got}, not {}", mean[2 * t + half]);
                }
            }
        }
        assert!(departures.iter().all(|d| values(d.logvar_bk.clone()).iter().all(|v| *v < 0.0)), "something is known of each");
    }

    #[test]
    fn departures_lead_back_to_the_states() {
        let device = Device::flex();
        let (rotations, said) = system(&device);
        let mut chosen = vec![];
        let (_, states) = rotations.follow(said, |_, d| {
            chosen.push(d.mean.clone());
            d.mean.clone()
        });
        for (a, b) in rotations.states(chosen).into_iter().flatten().zip(states.into_iter().flatten()) {
            assert_eq!(values(a), values(b));
        }
    }

    /// Where nothing is said, a path of the posterior is one of the prior.
    #[test]
    fn what_is_missing_is_the_priors() {
        let device = Device::flex();
        let (rotations, said) = system(&device);
        let nothing = said.into_iter().map(|s| Said { precision_bk: s.precision_bk * 0.0, weighed: s.weighed.map(|h| h * 0.0) });
        let (departures, _) = rotations.follow(nothing.collect(), |_, d| d.mean.clone());
        for d in departures {
            assert!(values(d.logvar_bk).into_iter().chain(d.mean.into_iter().flat_map(values)).all(|v| v.abs() < 1e-6));
        }
    }
}
