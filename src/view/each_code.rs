//! What each code of a codebook would make of a place.

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::answer::Images;
use super::coder::{Coder, Frame, Tests};
use super::question::Question;
use super::untokenise::{of_codebook, untokenise};
use latent_vocabulary::numbers::bytes_f32;

/// The image that the tokens `token_n` stand for, with each of `codes` in turn in all the places `at`: [`Images`], one for
/// each code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EachCode {
    pub token_n: ByteBuf,
    pub at: Vec<u32>,
    pub codes: Vec<u32>,
}

impl Question for EachCode {
    type Answer = Images;

    fn fits(&self, frame: &Frame) -> bool {
        frame.alphabet.is_some_and(|alphabet| {
            of_codebook(&self.token_n, alphabet) && self.codes.iter().all(|code| (*code as usize) < alphabet.codes)
        })
    }

    async fn answer(&self, coder: &mut impl Coder, _: Tests<'_>) -> Result<Images, String> {
        let token_n = bytes_f32(&self.token_n);
        if let Some(bad) = self.at.iter().find(|place| **place as usize >= token_n.len()) {
            return Err(format!("there is no place {bad} among {} tokens", token_n.len()));
        }
        let with = |code: &u32| {
            let mut token_n = token_n.clone();
            self.at.iter().for_each(|place| token_n[*place as usize] = *code as f32);
            token_n
        };
        let all: Vec<f32> = self.codes.iter().flat_map(with).collect();
        Ok(Images::of(coder.frame().size, untokenise(coder, &all).await?))
    }
}
