//! The player asked as an engine is, a few images at a time.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;

use latent_compile::rng;
use latent_view::{Coder, Frame, Rows, draw};

use super::net::SLICE;
use super::player::Player;

/// A model on the CPU that rests now and then: whoever waits for the answer has the thread to itself in between, and asks again
/// when it likes.
pub struct Asked(pub Rc<Player>);

impl Asked {
    /// What becomes of rows of `width` values, some at a time.
    async fn some<'a, T>(
        &self,
        rows: Rows<'a>,
        width: usize,
        of: impl Fn(Rows<'a>) -> Result<T, String>,
    ) -> Result<Vec<T>, String> {
        let n = rows.count(width)?;
        let mut out = Vec::with_capacity(n.div_ceil(SLICE));
        for from in (0..n).step_by(SLICE) {
            if from > 0 {
                rest().await;
            }
            out.push(of(rows.some(width, from..n.min(from + SLICE)))?);
        }
        Ok(out)
    }
}

/// Waits for the next time that somebody asks.
async fn rest() {
    let mut rested = false;
    poll_fn(|_| if std::mem::replace(&mut rested, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

impl Coder for Asked {
    fn frame(&self) -> Frame {
        Frame::of(self.0.sample(), self.0.code())
    }

    async fn encode(&mut self, images: Rows<'_>) -> Result<(Vec<f32>, Vec<f32>), String> {
        let codes = self.some(images, self.0.pixels(), |rows| self.0.encode(rows)).await?;
        let (mean, logvar): (Vec<_>, Vec<_>) = codes.into_iter().unzip();
        Ok((mean.concat(), logvar.concat()))
    }

    async fn decode(&mut self, z_nd: &[f32]) -> Result<Vec<f32>, String> {
        Ok(self.some(Rows::of(z_nd), self.0.latent(), |rows| self.0.decode(rows.values)).await?.concat())
    }

    fn bytes(&self, x: &[f32]) -> Vec<u8> {
        self.0.pictures_of(x)
    }

    async fn damaged(&mut self, images: Rows<'_>) -> Result<Option<Vec<f32>>, String> {
        if !self.0.has("Damaged") {
            return Ok(None);
        }
        let pixels = self.0.pixels();
        Ok(Some(self.some(images, pixels, |rows| self.0.table("Damaged", "images", rows, pixels, pixels)).await?.concat()))
    }

    async fn step(&mut self, row_nw: &[f32]) -> Result<Vec<f32>, String> {
        Ok(self.some(Rows::of(row_nw), self.0.latent() + 2, |rows| self.0.step(rows.values)).await?.concat())
    }

    async fn tokens(&mut self, images: Rows<'_>) -> Result<Vec<f32>, String> {
        Ok(self.some(images, self.0.pixels(), |rows| self.0.tokens(rows)).await?.concat())
    }

    async fn from_tokens(&mut self, token_bn: &[f32]) -> Result<Vec<f32>, String> {
        Ok(self.some(Rows::of(token_bn), self.0.places(), |rows| self.0.from_tokens(rows.values)).await?.concat())
    }

    async fn code_ages(&mut self) -> Result<Vec<f32>, String> {
        self.0.whole("CodeAges", "ages")
    }

    async fn draw_tokens(&mut self, n: usize, temperature: f32, seed: u32) -> Result<Vec<f32>, String> {
        let alphabet = self.frame().alphabet()?;
        let (places, codes) = (alphabet.tokens, alphabet.codes);
        let mut token_np = vec![0.0; n * places];
        for place in 0..places {
            let logits = |rows| self.0.table("TokenLogits", "logits", rows, places, places * codes);
            let logit_npk = self.some(Rows::of(&token_np), places, logits).await?.concat();
            for i in 0..n {
                let from = (i * places + place) * codes;
                let u = rng::uniform(i as u32, place as u32, 0, seed);
                token_np[i * places + place] = draw(&logit_npk[from..from + codes], temperature, u) as f32;
            }
            rest().await;
        }
        Ok(token_np)
    }

    async fn atoms(&mut self) -> Result<Vec<f32>, String> {
        self.0.whole("Atoms", "atoms")
    }

    async fn programs(&mut self) -> Result<Vec<u8>, String> {
        Ok(self.0.programs.clone())
    }
}
