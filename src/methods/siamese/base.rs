//! What encoders share that learn from views: how images are seen, and what they become.

use burn::module::Module;
use burn::tensor::activation::silu;
use burn::tensor::{Device, Tensor};

use latent_nn::Ctx;
use latent_nn::net::{self, Encoder, Ends};
use latent_nn::siamese::Head;
use latent_nn::views::view;
use latent_vocabulary::Params;
use latent_vocabulary::code::{CodeGroup, CodeKind};
use latent_vocabulary::shape::{DataShape, SampleShape};

/// The encoder, and what views are compared through.
#[derive(Module, Debug)]
pub struct Base {
    encoder: Encoder,
    projector: Head,
    #[module(skip)]
    latent: usize,
    #[module(skip)]
    shape: SampleShape,
}

impl Base {
    /// That of a card with `latent` and `projection`.
    pub fn new(params: &Params, data: DataShape, device: &Device) -> Self {
        let latent = params.usize("latent");
        Self {
            encoder: net::encoder(params, data.image, Ends { side: 0, mean: latent, logvar: None }, device),
            projector: Head::projector(latent, params.usize("projection"), device),
            latent,
            shape: data.image,
        }
    }

    /// [`latent_nn::Method::code`].
    pub fn code(&self) -> Vec<CodeGroup> {
        vec![CodeGroup { kind: CodeKind::Embedding, count: self.latent as u32 }]
    }

    /// A view of each image, `[batch, pixels]`; the card has the live parameter `views`.
    pub fn view(&self, x_bp: Tensor<2>, ctx: &mut Ctx) -> Tensor<2> {
        let far = ctx.live("views");
        view(x_bp, self.shape, far, ctx)
    }

    /// Codes, `[batch, pixels]` to `[batch, latent]`.
    pub fn point(&self, x_bp: Tensor<2>) -> Tensor<2> {
        self.encoder.heads(x_bp, None).0
    }

    /// What views are compared by, `[batch, pixels]` to `[batch, projection]`.
    pub fn project(&self, x_bp: Tensor<2>) -> Tensor<2> {
        self.projector.forward(silu(self.point(x_bp)))
    }
}

/// The answers of a method that has all of them from its field `base`.
macro_rules! answers_of_base {
    () => {
        fn code(&self) -> Vec<latent_vocabulary::code::CodeGroup> {
            self.base.code()
        }

        fn encode(&self, batch: Batch) -> latent_nn::Code {
            latent_nn::Code { mean_bd: self.base.point(batch.x_bp), logvar_bd: None }
        }

        fn damaged(&self, batch: Batch, ctx: &mut Ctx) -> Option<Tensor<2>> {
            Some(self.base.view(batch.x_bp, ctx))
        }
    };
}
pub(super) use answers_of_base;
