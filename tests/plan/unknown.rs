//! A method with an operation that the step compiler lacks.

use super::*;

/// A method with an operation that the step compiler lacks.
mod cumulative {
    use burn::module::Module;
    use burn::nn::{Linear, LinearConfig};
    use burn::tensor::{Device, Tensor, activation::sigmoid};
    use latent_nn::{Batch, Code, Ctx, Method, Terms};
    use latent_vocabulary::Card;
    use latent_vocabulary::Params;
    use latent_vocabulary::code::{CodeGroup, CodeKind};
    use latent_vocabulary::shape::DataShape;

    #[derive(Module, Debug)]
    pub struct Cumulative {
        down: Linear,
        up: Linear,
    }

    /// The same with weights on a device of its own choice: that cannot even be recorded.
    #[derive(Module, Debug)]
    pub struct Apart {
        inner: Cumulative,
    }

    impl Method for Apart {
        const CARD: &'static Card = Cumulative::CARD;

        fn init(params: &Params, data: DataShape, _: &Device) -> Self {
            Self { inner: Cumulative::init(params, data, &Device::flex().autodiff()) }
        }

        fn code(&self) -> Vec<CodeGroup> {
            self.inner.code()
        }

        fn terms(&self, batch: Batch, ctx: &mut Ctx) -> Terms {
            self.inner.terms(batch, ctx)
        }

        fn encode(&self, batch: Batch) -> Code {
            self.inner.encode(batch)
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            self.inner.decode(z_bd)
        }
    }

    impl Method for Cumulative {
        const CARD: &'static Card = &latent_methods::vae::vae::CARD;

        fn init(_: &Params, data: DataShape, device: &Device) -> Self {
            let pixels = data.image.len();
            Self { down: LinearConfig::new(pixels, 3).init(device), up: LinearConfig::new(3, pixels).init(device) }
        }

        fn code(&self) -> Vec<CodeGroup> {
            vec![CodeGroup { kind: CodeKind::Point, count: 3 }]
        }

        fn terms(&self, batch: Batch, _: &mut Ctx) -> Terms {
            let y_bp = sigmoid(self.up.forward(self.down.forward(batch.x_bp.clone()).cumprod(1)));
            Terms::new((y_bp - batch.x_bp).powi_scalar(2).mean())
        }

        fn encode(&self, batch: Batch) -> Code {
            Code { mean_bd: self.down.forward(batch.x_bp), logvar_bd: None }
        }

        fn decode(&self, z_bd: Tensor<2>) -> Option<Tensor<2>> {
            Some(sigmoid(self.up.forward(z_bd)))
        }
    }
}

#[test]
fn what_does_not_compile_names_the_operation_and_runs_eagerly() {
    static CUMULATIVE: Of<cumulative::Cumulative> = Of::NEW;
    static APART: Of<cumulative::Apart> = Of::NEW;
    refused_but_eager(&CUMULATIVE, "CumProd");
    refused_but_eager(&APART, "not a captured tensor");
}

fn refused_but_eager(method: &'static dyn Entry, why: &str) {
    let (gpu, data) = (gpu(), stripes(20));
    let mut setup = Setup::new("mnist", "vae");
    for (key, value) in [("batch", 10.0), ("lr", 1e-2)] {
        setup.set(key, value).unwrap();
    }
    let uploaded = Data::upload(&gpu, &data.train_images, &data.train_labels, &data.factors.train_nk).unwrap();
    let refused = pollster::block_on(PlanEngine::new(gpu, method, &setup.params().unwrap(), data.data_shape(), &uploaded)).err();
    assert!(matches!(&refused, Some(BuildError::NotCompiled(message)) if message.contains(why)), "{refused:?}");

    let mut burn = method.eager(&setup.params().unwrap(), Device::flex(), data);
    burn.run_steps(20).unwrap();
    let rows = pollster::block_on(burn.metrics()).unwrap();
    assert!(rows[19].terms[0] < rows[0].terms[0], "the loss falls from {} to {}", rows[0].terms[0], rows[19].terms[0]);
}
