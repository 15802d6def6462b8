//! What was told of parts of codes.

use latent_view::View;

/// The numbers of an answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Told {
    pub images: u32,
    pub length_n: Vec<u32>,
    pub cost_n: Vec<f32>,
    pub error_n: Vec<f32>,
    pub fvu_n: Vec<f32>,
}

impl Told {
    pub fn of(view: &View) -> Option<Self> {
        let View::Shortened(s) = view else { return None };
        let all = s.lengths();
        let column = |i: usize| all.iter().map(|row| row[i]).collect::<Vec<f32>>();
        let length_n = column(0).into_iter().map(|n| n as u32).collect();
        Some(Self { images: s.images, length_n, cost_n: column(1), error_n: column(2), fvu_n: column(3) })
    }
}
