//! Codes by their likeness to those of a few images, the anchors: cosines, which turns and stretches of the space of codes leave alone
//! (Moschella et al. 2023, "Relative representations enable zero-shot latent space communication", equation 2).

use latent_geometry::linear::solve;

use super::pause::Pause;
use super::{Rows, unit};

/// Added to the squares of anchors, in parts of them: fewer anchors than numbers of a code leave directions open.
const RIDGE: f64 = 1e-6;

/// The cosine of each row to each anchor, row-major `[n, anchors]`.
pub fn relative(z_nd: Rows<'_>, anchor_ad: Rows<'_>) -> Vec<f32> {
    assert_eq!(z_nd.width(), anchor_ad.width(), "codes and anchors differ in width");
    let anchors: Vec<Vec<f64>> = anchor_ad.iter().map(unit).collect();
    let to_all = |z: &[f32]| {
        let z = unit(z);
        anchors.iter().map(|a| a.iter().zip(&z).map(|(a, z)| a * z).sum::<f64>() as f32).collect::<Vec<f32>>()
    };
    z_nd.iter().flat_map(to_all).collect()
}

/// Share of the rows of `a` whose nearest among those of `b`, by the cosine, has the same number: of two spaces in which the same images
/// lie at the same places it is 1.
///
/// # Panics
/// If there are not as many of both, or they differ in width.
pub async fn found(a_nd: Rows<'_>, b_nd: Rows<'_>, pause: &Pause) -> f64 {
    super::assert_alike(a_nd, b_nd);
    let others: Vec<Vec<f64>> = b_nd.iter().map(unit).collect();
    let mut right = 0;
    for (i, row) in a_nd.iter().enumerate() {
        pause.point().await;
        let row = unit(row);
        let cosine = |j: usize| row.iter().zip(&others[j]).map(|(a, b)| a * b).sum::<f64>();
        let own = cosine(i);
        right += usize::from((0..others.len()).all(|j| j == i || cosine(j) < own));
    }
    right as f64 / a_nd.len() as f64
}

/// Codes carried from one space to another in which the same anchors lie: in the direction that has, as nearly as can be, the same
/// cosines there (least squares), and as long as before beside the anchors' mean length.
///
/// # Panics
/// If there are not as many anchors of both.
pub fn carried(z_nd: Rows<'_>, from_ad: Rows<'_>, to_ae: Rows<'_>) -> Vec<f32> {
    assert_eq!(from_ad.len(), to_ae.len(), "not the same anchors");
    let length = |row: &[f32]| row.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    let mean = |rows: Rows<'_>| rows.iter().map(length).sum::<f64>() / rows.len() as f64;
    let (e, ratio) = (to_ae.width(), mean(to_ae) / mean(from_ad));
    let anchors: Vec<Vec<f64>> = to_ae.iter().map(unit).collect();
    let square = |i: usize, j: usize| anchors.iter().map(|a| a[i] * a[j]).sum::<f64>();
    let ridge = RIDGE * anchors.len() as f64 / e as f64;
    let mut square_ee: Vec<f64> =
        (0..e * e).map(|at| square(at / e, at % e) + if at / e == at % e { ridge } else { 0.0 }).collect();
    let cosine_na = relative(z_nd, from_ad);
    let n = z_nd.len();
    // What every code's cosines come to along the axes, a column a code.
    let mut axis_en = vec![0.0; e * n];
    for (c, cosine_a) in cosine_na.chunks_exact(anchors.len()).enumerate() {
        for (a, cosine) in anchors.iter().zip(cosine_a) {
            (0..e).for_each(|i| axis_en[i * n + c] += a[i] * f64::from(*cosine));
        }
    }
    assert!(solve(&mut square_ee, &mut axis_en, e), "a ridge makes it definite");
    let one = |c: usize| {
        let direction: Vec<f32> = (0..e).map(|i| axis_en[i * n + c] as f32).collect();
        let far = (length(z_nd.row(c)) * ratio) as f32;
        unit(&direction).into_iter().map(move |v| v as f32 * far).collect::<Vec<f32>>()
    };
    (0..n).flat_map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::super::pause::at_once;
    use super::super::rng::Rng;
    use super::*;

    #[test]
    fn a_turned_and_stretched_space_is_the_same_by_its_anchors() {
        let mut rng = Rng::new(3);
        let z: Vec<f32> = (0..60 * 3).map(|_| rng.normal()).collect();
        // Turned by a third of a circle in one plane, mirrored in the other direction, and twice as long.
        let (s, c) = (120f32.to_radians().sin(), 120f32.to_radians().cos());
        let turned: Vec<f32> =
            z.chunks_exact(3).flat_map(|z| [2.0 * (c * z[0] - s * z[1]), 2.0 * (s * z[0] + c * z[1]), -2.0 * z[2]]).collect();
        let [a, b] = [&z, &turned].map(|z| Rows::new(z, 3));
        let anchors = |rows: Rows<'_>| rows.values()[..10 * 3].to_vec();
        let [anchor_a, anchor_b] = [a, b].map(anchors);
        let [anchor_a, anchor_b] = [&anchor_a, &anchor_b].map(|z| Rows::new(z, 3));
        let [of_a, of_b] = [relative(a, anchor_a), relative(b, anchor_b)];
        assert!(of_a.iter().zip(&of_b).all(|(a, b)| (a - b).abs() < 1e-5));
        let found = |a: Rows<'_>, b: Rows<'_>| at_once(found(a, b, &Pause::never()));
        assert_eq!(found(Rows::new(&of_a, 10), Rows::new(&of_b, 10)), 1.0);
        assert!(found(a, b) < 0.2, "{}", found(a, b));
        let there = carried(a, anchor_a, anchor_b);
        assert!(there.iter().zip(&turned).all(|(a, b)| (a - b).abs() < 1e-3), "{:?} {:?}", &there[..6], &turned[..6]);
    }
}
