//! Operations of the compiler's own, which Burn does not have: a recording holds them under their names.

use burn::backend::Capture;
use burn::tensor::Tensor;
use burn_ir::{CustomOpIr, OperationIr, TensorIr};
use burn_router::RouterClient;

/// Records the operation `name` of one tensor, which makes another of such a shape. `None` where the tensor holds numbers, and
/// nothing is recorded.
pub(crate) fn unary<const A: usize, const D: usize>(name: &'static str, x: &Tensor<A>, shape: [usize; D]) -> Option<Tensor<D>> {
    operation(name, x, None::<&Tensor<1>>, shape)
}

/// [`unary`] of two tensors.
pub(crate) fn binary<const A: usize, const B: usize, const D: usize>(
    name: &'static str,
    x: &Tensor<A>,
    y: &Tensor<B>,
    shape: [usize; D],
) -> Option<Tensor<D>> {
    operation(name, x, Some(y), shape)
}

fn operation<const A: usize, const B: usize, const D: usize>(
    name: &'static str,
    x: &Tensor<A>,
    y: Option<&Tensor<B>>,
    shape: [usize; D],
) -> Option<Tensor<D>> {
    let x = x.clone().try_into_primitive::<Capture>().ok()?;
    let y = y.map(|y| y.clone().try_into_primitive::<Capture>()).transpose().ok()?;
    let client = x.client.clone();
    let inputs: Vec<TensorIr> = [x.into_ir()].into_iter().chain(y.map(|y| y.into_ir())).collect();
    let out = TensorIr::uninit(client.create_empty_handle(), shape.into(), inputs[0].dtype);
    let mut made = client.register(OperationIr::Custom(CustomOpIr::new(name, &inputs, &[out])));
    Some(Tensor::from_primitive::<Capture>(made.remove(0)))
}
