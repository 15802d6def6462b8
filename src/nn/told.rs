//! Factors of the data set as an encoder is told them: amounts from 0 to 1, kinds as zeros with a one.

use burn::tensor::Tensor;

use super::constant::ints;
use super::digits::row;
use latent_vocabulary::factors::FactorList;

/// The values of factors as the numbers by which they are told.
///
/// # Shapes
/// - `factor_bk`: `[batch, factors]`, whole numbers; output: `[batch, numbers]`, see [`FactorList::numbers`]
pub fn told(factor_bk: Tensor<2>, factors: &FactorList) -> Tensor<2> {
    let (device, batch, numbers) = (factor_bk.device(), factor_bk.dims()[0], factors.numbers());
    let each = || factors.iter().flat_map(|factor| (0..factor.numbers()).map(move |kind| (factor, kind)));
    let of: Vec<i32> = each().map(|(factor, _)| factor.index as i32).collect();
    let value_bn = factor_bk.select(1, ints(&of, &device));
    // An amount is scaled and is no kind; a kind is there or not and has no scale.
    let scale_1n = row(each().map(|(factor, _)| if factor.kinds { 0.0 } else { factor.scale() }), &device);
    let kind_1n = row(each().map(|(factor, kind)| if factor.kinds { kind as f32 } else { -1.0 }), &device);
    let is_kind_bn = value_bn.clone().equal(kind_1n.expand([batch, numbers])).float();
    value_bn * scale_1n + is_kind_bn
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn values_become_numbers() {
        let factors = FactorList::of([(3, false), (5, true), (2, false)]);
        let factor_bk = Tensor::<2>::from_floats([[2.0, 4.0, 1.0], [0.0, 1.0, 0.0]], &Device::flex());
        let told = told(factor_bk, &factors).into_data().try_to_vec::<f32>().unwrap();
        assert_eq!(told, [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.25, 0.0]);
    }
}
