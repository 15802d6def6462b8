//! Sorting, wherever the tensors are.
//!
//! Recorded, it is Burn's operation. Eagerly, ranks are counted: Burn's own sort reads the numbers back, which a browser
//! does not let it do.

use burn::backend::Capture;
use burn::tensor::{Device, Int, Tensor};

use super::constant::places;

/// The rows of the smallest, the next, … number of each column; of equal ones the first comes first. Shapes `[n, columns]`
/// to `[n, columns]`.
pub fn argsort(x_nc: Tensor<2>) -> Tensor<2, Int> {
    if recorded(&x_nc) { x_nc.argsort(0) } else { by_counting(x_nc.detach()) }
}

/// The numbers of each column in rising order, with a gradient. Shapes `[n, columns]` to `[n, columns]`.
pub fn sort(x_nc: Tensor<2>) -> Tensor<2> {
    if recorded(&x_nc) {
        return x_nc.sort(0);
    }
    let order_nc = by_counting(x_nc.clone().detach());
    x_nc.gather(0, order_nc)
}

fn recorded(x_nc: &Tensor<2>) -> bool {
    x_nc.clone().try_into_primitive::<Capture>().is_ok()
}

fn by_counting(x_nc: Tensor<2>) -> Tensor<2, Int> {
    let ([n, columns], device) = (x_nc.dims(), x_nc.device());
    let cube = |x: Tensor<2>, shape: [usize; 3]| x.reshape(shape).expand([n, n, columns]);
    // How many of the rows along the second axis come before the row along the first.
    let (here, other) = (cube(x_nc.clone(), [n, 1, columns]), cube(x_nc, [1, n, columns]));
    let row_n1 = rows(n, &device);
    let earlier = row_n1.clone().reshape([1, n]).expand([n, n]).lower(row_n1.clone().expand([n, n]));
    let earlier = cube(earlier.float().reshape([n * n, 1]).expand([n * n, columns]), [n, n, columns]);
    let before = other.clone().lower(here.clone()).float() + other.equal(here).float() * earlier;
    let rank_nc = before.sum_dim(1).reshape([n, columns]);
    // The row that has the rank along the first axis.
    let rank = cube(row_n1.clone().expand([n, columns]), [n, 1, columns]);
    let has = cube(rank_nc, [1, n, columns]).equal(rank).float();
    (has * cube(row_n1.expand([n, columns]), [1, n, columns])).sum_dim(1).reshape([n, columns]).int()
}

/// 0, 1, … in a column, shape `[n, 1]`.
fn rows(n: usize, device: &Device) -> Tensor<2> {
    places(n, device).reshape([n, 1])
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;

    #[test]
    fn counting_sorts_as_burn_does() {
        let device = Device::flex();
        let values: Vec<f32> = (0..7 * 5).map(|i| ((i * 37 + i / 3) % 11) as f32 - 4.5).collect();
        let x_nc = Tensor::<2>::from_data(TensorData::new(values, [7, 5]), &device);
        let sorted = sort(x_nc.clone()).into_data();
        assert_eq!(sorted, x_nc.clone().sort(0).into_data());
        let order_nc = argsort(x_nc.clone());
        assert_eq!(x_nc.clone().gather(0, order_nc.clone()).into_data(), sorted);
        // Equal numbers keep their order, as in the plan.
        let (order, x) = (order_nc.into_data().convert::<i32>(), x_nc.into_data());
        let (order, x) = (order.as_slice::<i32>().unwrap(), x.as_slice::<f32>().unwrap());
        for (a, b) in order.iter().zip(&order[5..]).enumerate().map(|(i, (a, b))| ((*a as usize, i % 5), (*b as usize, i % 5))) {
            assert!(x[a.0 * 5 + a.1] < x[b.0 * 5 + b.1] || a.0 < b.0, "{a:?} before {b:?}");
        }
    }
}
