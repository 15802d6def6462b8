//! The player asked as an engine is, a few images at a time.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use super::player::{Model, Player, to_bytes};
use latent_view::{Coder, Frame, Rows, Size};

/// Images between two rests: a millisecond or, for convolutions, ten.
const SLICE: usize = 10;

/// A model on the CPU that rests now and then: whoever waits for the answer has the thread to itself in between, and asks again
/// when it likes.
pub struct Asked(pub Rc<Player>);

impl Asked {
    /// What each of `n` rows becomes.
    async fn each<T>(&self, n: usize, row: impl Fn(usize) -> T) -> Vec<T> {
        let mut out = Vec::with_capacity(n);
        for i in 0..n {
            if i > 0 && i % SLICE == 0 {
                rest().await;
            }
            out.push(row(i));
        }
        out
    }

    /// Image `i` of some rows.
    fn image(&self, rows: Rows<'_>, i: usize) -> Vec<f32> {
        rows.some(self.0.pixels(), i..i + 1).floats().into_owned()
    }
}

/// Waits for the next time that somebody asks.
async fn rest() {
    let mut rested = false;
    poll_fn(|_| if std::mem::replace(&mut rested, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

impl Coder for Asked {
    fn frame(&self) -> Frame {
        let [channels, height, width] = self.0.image.map(|n| n as u32);
        Frame::of(Size { width, height, channels }, &self.0.code())
    }

    async fn encode(&mut self, images: Rows<'_>) -> Result<(Vec<f32>, Vec<f32>), String> {
        let n = images.count(self.0.pixels())?;
        let codes = self.each(n, |i| self.0.encode(&self.image(images, i))).await;
        let (mean, logvar): (Vec<_>, Vec<_>) = codes.into_iter().unzip();
        Ok((mean.concat(), logvar.concat()))
    }

    async fn decode(&mut self, z_nd: &[f32]) -> Result<Vec<f32>, String> {
        let latent = self.0.latent();
        let n = Rows::of(z_nd).count(latent)?;
        Ok(self.each(n, |i| self.0.decode(&z_nd[i * latent..][..latent])).await.concat())
    }

    fn bytes(&self, x: &[f32]) -> Vec<u8> {
        to_bytes(x).collect()
    }

    async fn tokens(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        let Model::Tokens(model) = &self.0.model else { return Err(lacks("codebook")) };
        let n = images.count(self.0.pixels())?;
        let tokens = self.each(n, |i| model.tokens(&self.image(images, i)).into_iter().map(|t| t as f32).collect::<Vec<_>>());
        Ok(tokens.await.concat())
    }

    async fn from_tokens(&mut self, token_bn: &[f32]) -> Result<Vec<f32>, String> {
        let Model::Tokens(model) = &self.0.model else { return Err(lacks("codebook")) };
        Ok(model.code(&token_bn.iter().map(|t| *t as usize).collect::<Vec<_>>()))
    }

    async fn code_ages(&mut self) -> Result<Vec<f32>, String> {
        Err(lacks("age of each code"))
    }

    async fn draw_tokens(&mut self, _: usize, _: f32, _: u32) -> Result<Vec<f32>, String> {
        Err(lacks("learnt prior over its tokens"))
    }

    async fn atoms(&mut self) -> Result<Vec<f32>, String> {
        let Model::Features(model) = &self.0.model else { return Err(lacks("dictionary of features")) };
        Ok((0..model.features).flat_map(|f| model.atom(f)).copied().collect())
    }
}

fn lacks(what: &str) -> String {
    format!("there is no {what} in the model's file")
}
