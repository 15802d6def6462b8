//! Ways of drawing codes: from the prior, in parts of it, or from what is fitted to the codes of images.

use super::manifold::nearest;
use super::pause::{Pause, at_once};
use super::rng::Rng;
use super::sparse::orthonormal;
use super::{Rows, cluster, squared_distance};

/// How codes are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// From the prior.
    Prior,
    /// From the prior, those nearest to its middle: the truncation trick (Brock et al. 2019, section 3.1).
    Truncated,
    /// From the prior, those that are most often among the nearest of others: hubs (Liang et al. 2022, "Exploring and Exploiting
    /// Hubness Priors for High-Quality GAN Latent Sampling").
    Hubs,
    /// From the prior, those at which the decoder changes least (Issenhuth et al. 2023, "Unveiling the Latent Space Geometry of
    /// Push-Forward Generative Models").
    Steady,
    /// From a Gaussian fitted to codes.
    Gaussian,
    /// From a mixture of Gaussians fitted to codes (Ghosh et al. 2020, "From Variational to Deterministic Autoencoders", section 4).
    Mixture,
    /// From a kernel density of codes: one of them, moved.
    Kernel,
    /// From the aggregate posterior: the posterior of an image.
    Aggregate,
    /// From the law that is uniform in the geometry of the posteriors (Chadebec & Allassonnière 2022, "A Geometric Perspective on
    /// Variational Autoencoders"), see [`Metric`].
    Riemannian,
    /// By particles that flow to the codes along random lines, without a network (Du et al. 2023, "Nonparametric Generative Modeling
    /// with Conditional Sliced-Wasserstein Flows"), see [`flowed`].
    Flow,
}

/// Candidates drawn from the prior for each code that is taken, where not all are.
const SURPLUS: usize = 4;
/// Neighbours whose hubs are counted.
const NEIGHBOURS: usize = 5;
/// Components of a mixture, and rounds of its fit.
pub const COMPONENTS: usize = 10;
const ROUNDS: usize = 60;
/// Rows between two places to rest.
const AT_ONCE: usize = 64;
/// Added to variances, in parts of the mean variance: a mixture could else fall upon one code.
const RIDGE: f64 = 1e-3;

impl How {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 10] = [
        Self::Prior,
        Self::Truncated,
        Self::Hubs,
        Self::Steady,
        Self::Gaussian,
        Self::Mixture,
        Self::Kernel,
        Self::Aggregate,
        Self::Riemannian,
        Self::Flow,
    ];

    /// What messages and measures call it.
    pub fn id(self) -> &'static str {
        match self {
            Self::Prior => "prior",
            Self::Truncated => "truncated",
            Self::Hubs => "hubs",
            Self::Steady => "steady",
            Self::Gaussian => "gaussian",
            Self::Mixture => "mixture",
            Self::Kernel => "kernel",
            Self::Aggregate => "aggregate",
            Self::Riemannian => "riemannian",
            Self::Flow => "flow",
        }
    }

    /// The one that is called so.
    pub fn named(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|how| how.id() == id)
    }

    /// Whether it chooses among draws from the prior; the others are fitted to codes.
    pub fn of_prior(self) -> bool {
        matches!(self, Self::Prior | Self::Truncated | Self::Hubs | Self::Steady)
    }

    /// Draws from the prior that it takes for `n` codes.
    pub fn candidates(self, n: usize) -> usize {
        match self {
            Self::Prior => n,
            Self::Truncated | Self::Hubs | Self::Steady => n * SURPLUS,
            _ => 0,
        }
    }
}

/// Random directions along which a decoder's slope is taken, and how far.
const NUDGES: usize = 4;
const NUDGE: f64 = 0.05;

/// The same codes moved a little along random directions: all of them once for each of [`NUDGES`].
fn nudged(z_nd: &[f32], seed: u64) -> Vec<f32> {
    let mut rng = Rng::new(seed);
    (0..NUDGES).flat_map(|_| z_nd).map(|v| v + NUDGE as f32 * rng.normal()).collect()
}

/// How much a decoder changes at each of `n` codes: an estimate of the squared Frobenius norm of its Jacobian from what it makes of the
/// codes and then of all of them [`nudged`] (Hutchinson 1990).
fn slopes(decoded: &[f32], n: usize) -> Vec<f64> {
    assert!(n > 0 && decoded.len().is_multiple_of(n * (1 + NUDGES)), "no whole rows");
    let (here, there) = decoded.split_at(decoded.len() / (1 + NUDGES));
    let width = here.len() / n;
    let moved = |i: usize, t: usize| squared_distance(&here[i * width..][..width], &there[(t * n + i) * width..][..width]);
    (0..n).map(|i| (0..NUDGES).map(|t| moved(i, t)).sum::<f64>() / (NUDGES as f64 * NUDGE * NUDGE)).collect()
}

/// The `n` rows with the least of these numbers, in their order.
fn least(rows: Rows<'_>, cost_n: &[f64], n: usize) -> Vec<f32> {
    let mut at: Vec<usize> = (0..rows.len()).collect();
    at.sort_by(|a, b| cost_n[*a].total_cmp(&cost_n[*b]).then(a.cmp(b)));
    at.truncate(n);
    at.sort_unstable();
    at.into_iter().flat_map(|i| rows.row(i)).copied().collect()
}

/// How often each row is among the [`NEIGHBOURS`] nearest of another: its k-occurrence (Radovanović et al. 2010, "Hubs in Space").
async fn occurrences(rows: Rows<'_>, pause: &Pause) -> Vec<usize> {
    let n = rows.len();
    let mut count = vec![0; n];
    for i in 0..n {
        pause.point().await;
        nearest(rows, i, NEIGHBOURS).into_iter().for_each(|j| count[j] += 1);
    }
    count
}

/// Chooses `n` of these draws from the prior. `decode` says what samples codes become, for [`How::Steady`]; `seed` decides where that looks.
///
/// # Errors
/// If `decode` fails.
///
/// # Panics
/// If there are fewer draws.
pub async fn chosen(
    how: How,
    n: usize,
    prior: Rows<'_>,
    seed: u64,
    decode: impl AsyncFnOnce(&[f32]) -> Result<Vec<f32>, String>,
    pause: &Pause,
) -> Result<Vec<f32>, String> {
    assert!(prior.len() >= n, "{} draws for {n} codes", prior.len());
    Ok(match how {
        How::Truncated => {
            let origin = vec![0.0; prior.width()];
            let cost: Vec<f64> = prior.iter().map(|z| squared_distance(z, &origin)).collect();
            least(prior, &cost, n)
        }
        How::Hubs => {
            let cost: Vec<f64> = occurrences(prior, pause).await.into_iter().map(|count| -(count as f64)).collect();
            least(prior, &cost, n)
        }
        How::Steady => {
            let decoded = decode(&[prior.values(), &nudged(prior.values(), seed)].concat()).await?;
            least(prior, &slopes(&decoded, prior.len()), n)
        }
        _ => prior.values()[..n * prior.width()].to_vec(),
    })
}

/// Draws `n` codes from what is fitted to the means of images' codes, or from their posteriors; `logvar` is empty where codes are points.
///
/// # Panics
/// If there are fewer than two codes.
pub async fn fitted(how: How, n: usize, mean: Rows<'_>, logvar: &[f32], seed: u64, pause: &Pause) -> Vec<f32> {
    assert!(mean.len() > 1, "{} codes have no variance", mean.len());
    let mut rng = Rng::new(seed);
    match how {
        How::Riemannian => walked(n, mean, logvar, seed, pause).await.0,
        How::Mixture => Mixture::fit_in_slices(mean, COMPONENTS, seed, pause).await.draw(n, &mut rng),
        How::Flow => flowed(n, mean, &mut rng, pause).await,
        How::Kernel => {
            let (count, d) = (mean.len() as f64, mean.width() as f64);
            // Silverman's rule (1986), for a kernel of the codes' own covariance.
            let width = (4.0 / ((d + 2.0) * count)).powf(1.0 / (d + 4.0));
            let kernel = Normal::fit(mean, &vec![1.0; mean.len()], 0.0);
            let one = |rng: &mut Rng| kernel.around(mean.row(rng.below(mean.len())), width, rng);
            (0..n).flat_map(|_| one(&mut rng)).collect()
        }
        How::Aggregate => {
            let one = |rng: &mut Rng| {
                let i = rng.below(mean.len());
                let at = i * mean.width();
                let noise = |k: usize, rng: &mut Rng| logvar.get(at + k).map_or(0.0, |l| (0.5 * l).exp() * rng.normal());
                mean.row(i).iter().enumerate().map(|(k, m)| m + noise(k, rng)).collect::<Vec<f32>>()
            };
            (0..n).flat_map(|_| one(&mut rng)).collect()
        }
        _ => {
            let normal = Normal::fit(mean, &vec![1.0; mean.len()], 0.0);
            (0..n).flat_map(|_| normal.draw(&mut rng)).collect()
        }
    }
}

/// Rounds of a flow, each of as many lines as codes have numbers, at right angles to each other.
const FLOW_ROUNDS: usize = 60;

/// `n` particles, normal at first, each moved along random lines to where as many of the codes lie before it as of the particles: after each round
/// their shadows on these lines are those of the codes. The paper's steps are small and go on; a round of whole ones is the transport of Pitié,
/// Kokaram & Dahyot 2007 ("Automated colour grading using colour distribution transfer").
async fn flowed(n: usize, code: Rows<'_>, rng: &mut Rng, pause: &Pause) -> Vec<f32> {
    let d = code.width();
    let begin = Normal::fit(code, &vec![1.0; code.len()], 0.0);
    let mut z_nd: Vec<f32> = (0..n).flat_map(|_| begin.draw(rng)).collect();
    let shadow = |rows: Rows<'_>, line: &[f64]| -> Vec<f64> {
        rows.iter().map(|z| z.iter().zip(line).map(|(z, l)| f64::from(*z) * l).sum()).collect()
    };
    for _ in 0..FLOW_ROUNDS {
        let mut lines: Vec<Vec<f64>> = (0..d).map(|_| (0..d).map(|_| f64::from(rng.normal())).collect()).collect();
        orthonormal(&mut lines);
        for line in &lines {
            pause.point().await;
            let mut to = shadow(code, line);
            to.sort_unstable_by(f64::total_cmp);
            let from = shadow(Rows::new(&z_nd, d), line);
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|a, b| from[*a].total_cmp(&from[*b]));
            for (rank, i) in order.into_iter().enumerate() {
                // Between the two codes that enclose its share of the way.
                let at = ((rank as f64 + 0.5) / n as f64 * to.len() as f64 - 0.5).clamp(0.0, (to.len() - 1) as f64);
                let (low, part) = (at.floor() as usize, at.fract());
                let goal = to[low] + part * (to[(low + 1).min(to.len() - 1)] - to[low]);
                let by = goal - from[i];
                z_nd[i * d..][..d].iter_mut().zip(line).for_each(|(z, l)| *z += (by * l) as f32);
            }
        }
    }
    z_nd
}

/// The geometry that posteriors give the space of codes (Chadebec & Allassonnière 2022, section 3): at a code z, lengths are measured by
/// `G(z) = Σᵢ diag(σᵢ⁻²) exp(−‖z − μᵢ‖²/ρ²) + λ exp(−τ‖z‖²) I`. Where many images are told apart sharply there is much room, and
/// the law that is uniform in it, with the density `√det G`, draws most there.
struct Metric<'a> {
    /// Means μᵢ of posteriors, and 1/σᵢ² of each, row-major `[centres, latent]`.
    centre_cd: Rows<'a>,
    precision_cd: Vec<f64>,
    /// ρ².
    reach: f64,
}

/// Posteriors that make the metric at most.
const CENTRES: usize = 200;
/// λ and τ: what is left of the metric far from all of them, and how soon that ends.
const FLOOR: f64 = 1e-3;
const FADE: f64 = 1e-2;
/// Rounds of the walk that ends in a code, leaps of each, and how far one leads, in parts of ρ.
const WALK: usize = 20;
const LEAPS: usize = 5;
const LEAP: f64 = 0.15;

impl Metric<'_> {
    /// ln √det G at a code, and its gradient.
    fn ln_volume(&self, z_d: &[f64]) -> (f64, Vec<f64>) {
        let d = z_d.len();
        let floor = FLOOR * (-FADE * z_d.iter().map(|v| v * v).sum::<f64>()).exp();
        let mut g_d = vec![floor; d];
        let near: Vec<(usize, f64)> = (0..self.centre_cd.len())
            .filter_map(|i| {
                let away = self.centre_cd.row(i).iter().zip(z_d).map(|(c, v)| (v - f64::from(*c)).powi(2)).sum::<f64>();
                let weight = (-away / self.reach).exp();
                (weight > 1e-12).then_some((i, weight))
            })
            .collect();
        for (i, weight) in &near {
            g_d.iter_mut().zip(&self.precision_cd[i * d..]).for_each(|(g, p)| *g += weight * p);
        }
        // ∂/∂z ½ Σ ln g_k: each centre pulls by the share that it has of the metric, summed over the directions.
        let mut gradient_d: Vec<f64> = z_d.iter().map(|v| -FADE * v * g_d.iter().map(|g| floor / g).sum::<f64>()).collect();
        for (i, weight) in &near {
            let share: f64 = g_d.iter().zip(&self.precision_cd[i * d..]).map(|(g, p)| weight * p / g).sum();
            for ((to, v), c) in gradient_d.iter_mut().zip(z_d).zip(self.centre_cd.row(*i)) {
                *to -= share * (v - f64::from(*c)) / self.reach;
            }
        }
        (0.5 * g_d.iter().map(|g| g.ln()).sum::<f64>(), gradient_d)
    }

    /// A code from around `from`, by Hamiltonian Monte Carlo (Neal 2011, figure 2), and how many of the [`WALK`] rounds led on.
    fn walk(&self, from: &[f32], rng: &mut Rng) -> (Vec<f32>, usize) {
        let leap = LEAP * self.reach.sqrt();
        let mut z: Vec<f64> = from.iter().map(|v| f64::from(*v)).collect();
        let (mut ln, mut gradient) = self.ln_volume(&z);
        let mut taken = 0;
        for _ in 0..WALK {
            let mut speed: Vec<f64> = z.iter().map(|_| f64::from(rng.normal())).collect();
            let energy = |ln: f64, speed: &[f64]| 0.5 * speed.iter().map(|v| v * v).sum::<f64>() - ln;
            let before = energy(ln, &speed);
            let (mut to, mut to_ln, mut to_gradient) = (z.clone(), ln, gradient.clone());
            for _ in 0..LEAPS {
                speed.iter_mut().zip(&to_gradient).for_each(|(v, g)| *v += 0.5 * leap * g);
                to.iter_mut().zip(&speed).for_each(|(x, v)| *x += leap * v);
                (to_ln, to_gradient) = self.ln_volume(&to);
                speed.iter_mut().zip(&to_gradient).for_each(|(v, g)| *v += 0.5 * leap * g);
            }
            if rng.unit() < (before - energy(to_ln, &speed)).exp() {
                (z, ln, gradient) = (to, to_ln, to_gradient);
                taken += 1;
            }
        }
        (z.into_iter().map(|v| v as f32).collect(), taken)
    }
}

/// `n` codes of [`How::Riemannian`], each at the end of a walk of its own from one of the posteriors' means, and the share of the walks'
/// rounds that led on. Codes without a posterior count as sharp by one everywhere.
///
/// # Panics
/// If there are fewer than two codes.
pub async fn walked(n: usize, mean: Rows<'_>, logvar: &[f32], seed: u64, pause: &Pause) -> (Vec<f32>, f64) {
    let (d, mut rng) = (mean.width(), Rng::new(seed));
    let mut at = rng.permutation(mean.len());
    at.truncate(CENTRES);
    let centres: Vec<f32> = at.iter().flat_map(|i| mean.row(*i)).copied().collect();
    let centre_cd = Rows::new(&centres, d);
    let precision = |i: &usize| (0..d).map(|k| logvar.get(i * d + k).map_or(1.0, |l| f64::from(-*l).exp())).collect::<Vec<f64>>();
    let mut reach = f64::MIN_POSITIVE;
    for i in 0..at.len() {
        pause.point().await;
        let others = (0..at.len()).filter(|j| *j != i);
        reach = others.map(|j| squared_distance(centre_cd.row(i), centre_cd.row(j))).fold(f64::INFINITY, f64::min).max(reach);
    }
    let metric = Metric { centre_cd, precision_cd: at.iter().flat_map(precision).collect(), reach };
    let (mut z_nd, mut taken) = (Vec::with_capacity(n * d), 0);
    for _ in 0..n {
        pause.point().await;
        let (z, rounds) = metric.walk(centre_cd.row(rng.below(at.len())), &mut rng);
        z_nd.extend(z);
        taken += rounds;
    }
    (z_nd, taken as f64 / (n * WALK).max(1) as f64)
}

/// A Gaussian with all its covariances.
struct Normal {
    mean_d: Vec<f64>,
    /// The Cholesky factor of the covariance, row-major, lower.
    factor_dd: Vec<f64>,
}

/// Cholesky's factor of a symmetric matrix that is not negative, row-major, lower. Directions without variance have none.
fn cholesky(a_dd: &[f64], d: usize) -> Vec<f64> {
    let mut l = vec![0.0; d * d];
    for i in 0..d {
        for j in 0..=i {
            let rest = a_dd[i * d + j] - (0..j).map(|k| l[i * d + k] * l[j * d + k]).sum::<f64>();
            l[i * d + j] = if i == j {
                rest.max(0.0).sqrt()
            } else if l[j * d + j] > 0.0 {
                rest / l[j * d + j]
            } else {
                0.0
            };
        }
    }
    l
}

impl Normal {
    /// Of rows with weights, with `ridge` more variance in every direction.
    fn fit(rows: Rows<'_>, weight_n: &[f64], ridge: f64) -> Self {
        let d = rows.width();
        let total = weight_n.iter().sum::<f64>().max(f64::MIN_POSITIVE);
        let mut mean_d = vec![0.0; d];
        for (row, w) in rows.iter().zip(weight_n) {
            mean_d.iter_mut().zip(row).for_each(|(m, v)| *m += w * f64::from(*v) / total);
        }
        let mut covariance_dd = vec![0.0; d * d];
        for (row, w) in rows.iter().zip(weight_n).filter(|(_, w)| **w > 0.0) {
            let centred: Vec<f64> = row.iter().zip(&mean_d).map(|(v, m)| f64::from(*v) - m).collect();
            for (a, to) in centred.iter().zip(covariance_dd.chunks_exact_mut(d)) {
                to.iter_mut().zip(&centred).for_each(|(t, b)| *t += w * a * b / total);
            }
        }
        (0..d).for_each(|i| covariance_dd[i * (d + 1)] += ridge);
        let factor_dd = cholesky(&covariance_dd, d);
        Self { mean_d, factor_dd }
    }

    /// `width` times a draw around zero, added to a code.
    fn around(&self, from: &[f32], width: f64, rng: &mut Rng) -> Vec<f32> {
        let d = self.mean_d.len();
        let noise: Vec<f64> = (0..d).map(|_| f64::from(rng.normal())).collect();
        let moved = |i: usize| (0..=i).map(|k| self.factor_dd[i * d + k] * noise[k]).sum::<f64>();
        from.iter().enumerate().map(|(i, v)| (f64::from(*v) + width * moved(i)) as f32).collect()
    }

    fn draw(&self, rng: &mut Rng) -> Vec<f32> {
        let mean: Vec<f32> = self.mean_d.iter().map(|v| *v as f32).collect();
        self.around(&mean, 1.0, rng)
    }

    /// ln of the density at a code; there must be variance in every direction.
    fn ln(&self, z_d: &[f32]) -> f64 {
        let d = self.mean_d.len();
        let (mut y, mut square, mut volume) = (vec![0.0; d], 0.0, 0.0);
        for i in 0..d {
            let rest = f64::from(z_d[i]) - self.mean_d[i] - (0..i).map(|k| self.factor_dd[i * d + k] * y[k]).sum::<f64>();
            y[i] = rest / self.factor_dd[i * d + i];
            square += y[i] * y[i];
            volume += self.factor_dd[i * d + i].ln();
        }
        -0.5 * (square + d as f64 * std::f64::consts::TAU.ln()) - volume
    }
}

/// Several Gaussians, each with its share.
pub struct Mixture {
    parts: Vec<(f64, Normal)>,
}

impl Mixture {
    /// Fits `k` components to rows: from groups around spread-out rows ([`cluster::spread_out`]), expectation and maximisation (Dempster,
    /// Laird & Rubin 1977) until the likelihood stands still.
    pub fn fit(rows: Rows<'_>, k: usize, seed: u64) -> Self {
        at_once(Self::fit_in_slices(rows, k, seed, &Pause::never()))
    }

    /// [`Self::fit`], with places to rest.
    pub async fn fit_in_slices(rows: Rows<'_>, k: usize, seed: u64, pause: &Pause) -> Self {
        let beginning = cluster::spread_out(rows, k, &mut Rng::new(seed));
        let (group_n, _) = cluster::settle_in_slices(rows, beginning, pause).await;
        let k = group_n.iter().max().map_or(1, |most| usize::from(*most) + 1);
        let share_nk =
            group_n.iter().flat_map(|group| (0..k).map(move |c| f64::from(u8::from(usize::from(*group) == c)))).collect();
        Self::of_shares_in_slices(rows, share_nk, ROUNDS, pause).await
    }

    /// Fits by `rounds` of maximisation and expectation at most, from the share that each of `k` components has of each row, `[n, k]`.
    pub fn of_shares(rows: Rows<'_>, share_nk: Vec<f64>, rounds: usize) -> Self {
        at_once(Self::of_shares_in_slices(rows, share_nk, rounds, &Pause::never()))
    }

    /// [`Self::of_shares`], with a place to rest at each component and at every [`AT_ONCE`] rows.
    async fn of_shares_in_slices(rows: Rows<'_>, mut share_nk: Vec<f64>, rounds: usize, pause: &Pause) -> Self {
        let n = rows.len();
        let k = share_nk.len() / n;
        let all = Normal::fit(rows, &vec![1.0; n], 0.0);
        let d = rows.width();
        let variance = (0..d).map(|i| all.factor_dd[i * d..=i * d + i].iter().map(|v| v * v).sum::<f64>()).sum::<f64>() / d as f64;
        let ridge = RIDGE * variance.max(f64::MIN_POSITIVE);
        let mut last = f64::NEG_INFINITY;
        let mut mixture = Self { parts: vec![] };
        for _ in 0..rounds {
            let mut parts = Vec::with_capacity(k);
            for c in 0..k {
                pause.point().await;
                let weight_n: Vec<f64> = share_nk.iter().skip(c).step_by(k).copied().collect();
                parts.push((weight_n.iter().sum::<f64>() / n as f64, Normal::fit(rows, &weight_n, ridge)));
            }
            mixture.parts = parts;
            let mut likelihood = 0.0;
            for (i, (z, shares)) in rows.iter().zip(share_nk.chunks_exact_mut(k)).enumerate() {
                if i % AT_ONCE == 0 {
                    pause.point().await;
                }
                let (ln, total) = mixture.ln_parts(z);
                likelihood += total / n as f64;
                shares.iter_mut().zip(ln).for_each(|(share, ln)| *share = (ln - total).exp());
            }
            if likelihood - last < 1e-4 {
                break;
            }
            last = likelihood;
        }
        mixture
    }

    /// ln of each component's part of the density at a code, and of the whole.
    fn ln_parts(&self, z_d: &[f32]) -> (Vec<f64>, f64) {
        let ln: Vec<f64> = self.parts.iter().map(|(share, normal)| share.ln() + normal.ln(z_d)).collect();
        let most = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total = most + ln.iter().map(|l| (l - most).exp()).sum::<f64>().ln();
        (ln, total)
    }

    /// The component that each row most probably comes from.
    pub fn groups(&self, rows: Rows<'_>) -> Vec<u8> {
        let most = |z: &[f32]| {
            let (ln, _) = self.ln_parts(z);
            (1..ln.len()).fold(0, |best, i| if ln[i] > ln[best] { i } else { best }) as u8
        };
        rows.iter().map(most).collect()
    }

    /// Mean of ln of the density over rows.
    pub fn likelihood(&self, rows: Rows<'_>) -> f64 {
        rows.iter().map(|z| self.ln_parts(z).1).sum::<f64>() / rows.len() as f64
    }

    /// `n` draws, row-major.
    pub fn draw(&self, n: usize, rng: &mut Rng) -> Vec<f32> {
        let one = |rng: &mut Rng| {
            let mut left = rng.unit();
            let at = self.parts.iter().position(|(share, _)| {
                left -= share;
                left < 0.0
            });
            self.parts[at.unwrap_or(self.parts.len() - 1)].1.draw(rng)
        };
        (0..n).flat_map(|_| one(rng)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clouds, one three times as large as the other.
    fn clouds() -> Vec<f32> {
        let mut rng = Rng::new(5);
        let mut one = |x: f32, y: f32, s: f32| [x + s * rng.normal(), y + s * rng.normal()];
        (0..800).flat_map(|i| if i % 4 == 0 { one(6.0, 0.0, 0.5) } else { one(-2.0, 3.0, 1.0) }).collect()
    }

    #[test]
    fn a_mixture_finds_what_was_planted() {
        let z = clouds();
        let found = Mixture::fit(Rows::new(&z, 2), 2, 1);
        let mut parts: Vec<(f64, Vec<f64>)> = found.parts.iter().map(|(share, normal)| (*share, normal.mean_d.clone())).collect();
        parts.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert!((parts[0].0 - 0.25).abs() < 0.01 && (parts[0].1[0] - 6.0).abs() < 0.15, "{parts:?}");
        assert!((parts[1].1[0] + 2.0).abs() < 0.15 && (parts[1].1[1] - 3.0).abs() < 0.15, "{parts:?}");
        // It is likelier than one Gaussian, and so are its draws.
        let single = Mixture::fit(Rows::new(&z, 2), 1, 1);
        assert!(found.likelihood(Rows::new(&z, 2)) > single.likelihood(Rows::new(&z, 2)) + 0.3);
        let drawn = found.draw(2000, &mut Rng::new(2));
        let right = drawn.chunks_exact(2).filter(|z| z[0] > 3.0).count();
        assert!((420..580).contains(&right), "{right} of 2000 from the quarter");
    }

    #[test]
    fn particles_flow_to_where_codes_are() {
        let z = clouds();
        let drawn = at_once(fitted(How::Flow, 1000, Rows::new(&z, 2), &[], 2, &Pause::never()));
        let near = |z: &[f32], x: f32, y: f32, reach: f32| (z[0] - x).hypot(z[1] - y) < reach;
        let small = drawn.chunks_exact(2).filter(|z| near(z, 6.0, 0.0, 2.0)).count();
        let large = drawn.chunks_exact(2).filter(|z| near(z, -2.0, 3.0, 4.0)).count();
        assert!((220..280).contains(&small) && small + large > 980, "{small} and {large} of 1000");
    }

    #[test]
    fn a_gaussian_has_the_moments_of_its_codes() {
        let z: Vec<f32> = clouds().chunks_exact(2).flat_map(|z| [z[0], z[1] + 0.5 * z[0]]).collect();
        let drawn = at_once(fitted(How::Gaussian, 20_000, Rows::new(&z, 2), &[], 3, &Pause::never()));
        let moment = |rows: &[f32], f: fn(&[f32]) -> f32| {
            rows.chunks_exact(2).map(|z| f64::from(f(z))).sum::<f64>() / (rows.len() / 2) as f64
        };
        for f in [|z: &[f32]| z[0], |z: &[f32]| z[1], |z: &[f32]| z[0] * z[1], |z: &[f32]| z[1] * z[1]] {
            let [a, b] = [&z, &drawn].map(|rows| moment(rows, f));
            assert!((a - b).abs() < 0.05 * a.abs().max(2.0), "{a} and {b}");
        }
    }

    #[test]
    fn what_is_drawn_from_codes_stays_near_them() {
        let z = clouds();
        let rows = Rows::new(&z, 2);
        let nearest = |z: &[f32]| rows.iter().map(|other| squared_distance(z, other)).fold(f64::INFINITY, f64::min).sqrt();
        let drawn = |how, logvar: &[f32]| at_once(fitted(how, 300, rows, logvar, 7, &Pause::never()));
        let worst = |how, logvar: &[f32]| drawn(how, logvar).chunks_exact(2).map(nearest).fold(0.0, f64::max);
        assert_eq!(worst(How::Aggregate, &[]), 0.0, "without a variance it is the codes themselves");
        assert!((0.01..0.5).contains(&worst(How::Aggregate, &vec![-6.0; z.len()])));
        let far = |how| drawn(how, &[]).chunks_exact(2).map(nearest).filter(|d| *d > 1.0).count();
        assert!(far(How::Kernel) + 20 < far(How::Gaussian), "{} and {}", far(How::Kernel), far(How::Gaussian));
    }

    #[test]
    fn a_volume_has_its_gradient() {
        let (centres, mut rng) = ([0.5, -1.0, 2.0, 0.0, 0.3, 0.7], Rng::new(4));
        let precision_cd = vec![3.0, 1.0, 0.5, 8.0, 2.0, 2.0];
        let metric = Metric { centre_cd: Rows::new(&centres, 2), precision_cd, reach: 1.7 };
        for _ in 0..20 {
            let z = [0, 1].map(|_| 3.0 * f64::from(rng.normal()));
            let (_, gradient) = metric.ln_volume(&z);
            for k in 0..2 {
                let at = |by: f64| {
                    let mut z = z;
                    z[k] += by;
                    metric.ln_volume(&z).0
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((slope - gradient[k]).abs() < 1e-6 * (1.0 + slope.abs()), "{slope} and {}", gradient[k]);
            }
        }
    }

    #[test]
    fn a_walk_has_the_law_that_is_uniform_in_its_geometry() {
        // Of one centre in the plane, √det G = p exp(−r²/ρ²) + …: a Gaussian with the variance ρ²/2, for the floor is far below.
        let metric = Metric { centre_cd: Rows::new(&[1.0, -2.0], 2), precision_cd: vec![1e6, 1e6], reach: 2.0 };
        let (mut rng, mut taken, mut square) = (Rng::new(9), 0, [0.0; 2]);
        for _ in 0..3000 {
            let (z, rounds) = metric.walk(&[1.0, -2.0], &mut rng);
            taken += rounds;
            square.iter_mut().zip([z[0] - 1.0, z[1] + 2.0]).for_each(|(s, v)| *s += f64::from(v * v) / 3000.0);
        }
        assert!(taken > 3000 * WALK * 9 / 10, "{taken}");
        assert!(square.iter().all(|s| (s - 1.0).abs() < 0.1), "{square:?}");
    }

    #[test]
    fn a_slope_is_the_norm_of_the_jacobian() {
        // x = (3 z₀, 4 z₁, 0): ‖J‖² = 25 everywhere.
        let decode = |z: &[f32]| z.chunks_exact(2).flat_map(|z| [3.0 * z[0], 4.0 * z[1], 0.0]).collect::<Vec<f32>>();
        let z: Vec<f32> = (0..2000).map(|i| (i % 17) as f32).collect();
        let slope = slopes(&[decode(&z), decode(&nudged(&z, 4))].concat(), 1000);
        let mean = slope.iter().sum::<f64>() / 1000.0;
        assert!((mean - 25.0).abs() < 1.0, "{mean}");
    }

    #[test]
    fn of_the_prior_the_wanted_part_is_taken() {
        let mut rng = Rng::new(1);
        let z: Vec<f32> = (0..400 * 3).map(|_| rng.normal()).collect();
        let prior = Rows::new(&z, 3);
        let mean = |z: &[f32]| z.chunks_exact(3).map(|z| squared_distance(z, &[0.0; 3])).sum::<f64>() / (z.len() / 3) as f64;
        // A decoder that is steep where the first number is large.
        let decode = async |z: &[f32]| Ok(z.chunks_exact(3).map(|z| z[0].exp()).collect());
        let chosen = |how, n| at_once(chosen(how, n, prior, 3, decode, &Pause::never())).unwrap();
        let all = mean(&z);
        assert!(mean(&chosen(How::Truncated, 100)) < 0.4 * all);
        assert!(mean(&chosen(How::Hubs, 100)) < 0.9 * all, "hubs lie nearer to the middle");
        let steady = chosen(How::Steady, 100);
        assert!(steady.iter().step_by(3).filter(|x| **x < 0.0).count() > 90, "{steady:?}");
        assert_eq!(chosen(How::Prior, 5), z[..15]);
        // Each of n rows gives away as many places as it has neighbours.
        assert_eq!(at_once(occurrences(prior, &Pause::never())).iter().sum::<usize>(), 400 * NEIGHBOURS);
        for how in How::ALL {
            assert_eq!(How::named(how.id()), Some(how));
            assert_eq!(how.of_prior(), how.candidates(1) > 0);
        }
    }
}
