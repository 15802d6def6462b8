//! Networks that trail another one: state that follows what is trained.

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

use super::params::PathStack;
use super::{Ctx, Terms, stop_gradient};

/// Parameters by name, flat, as constants to differentiation.
#[derive(Default)]
struct Flat {
    path: PathStack,
    all: Vec<(String, Tensor<1>)>,
}

impl ModuleVisitor for Flat {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = stop_gradient(param.val());
        let n = value.dims().iter().product::<usize>();
        self.all.push((self.path.name(), value.reshape([n])));
    }
}

fn flat<M: Module>(module: &M) -> Vec<(String, Tensor<1>)> {
    let mut visitor = Flat::default();
    module.visit(&mut visitor);
    visitor.all
}

/// After the step, every parameter of `behind`, the method's field of that `name`, has come nearer to its twin in `ahead`: their average
/// over about `memory` steps, `[1]`, a plain one over the first.
pub fn trail<M: Module>(terms: Terms, name: &str, behind: &M, ahead: &M, memory: Tensor<1>, ctx: &Ctx) -> Terms {
    // min(step + 1, memory), by a difference that a recording knows.
    let steps = ctx.step.clone() + 1.0;
    let rate = (memory.clone() - (memory - steps).clamp_min(0.0)).recip();
    let twins = flat(behind).into_iter().zip(flat(ahead));
    twins.fold(terms, |terms, ((own, old), (_, new))| {
        let n = old.dims()[0];
        terms.set(format!("{name}.{own}"), old.clone() + (new - old) * rate.clone().expand([n]))
    })
}
