//! What quantisers share whose tokens are the nearest vectors of one codebook.

/// The answers of a quantiser that has all of them from its fields `codebook` and `usage`.
macro_rules! answers_of_codebook {
    () => {
        fn alphabet(&self) -> latent_nn::token_autoencoder::Alphabet {
            self.codebook.alphabet(1)
        }

        fn usage(&self) -> &Usage {
            &self.usage
        }

        fn tokens(&self, z_nd: Tensor<2>) -> Tensor<2> {
            self.codebook.nearest(z_nd)
        }

        fn vectors(&self, token_n1: Tensor<2>) -> Tensor<2> {
            self.codebook.lookup(token_n1)
        }
    };
}
pub(super) use answers_of_codebook;
