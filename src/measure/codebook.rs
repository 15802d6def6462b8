//! Which codes of a codebook are used.

/// How often each code was chosen, over as many batches as are added: an epoch, to tell dead codes from rare ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage {
    count_k: Vec<u64>,
}

impl Usage {
    /// Of a codebook of `codes` codes, none chosen yet.
    pub fn new(codes: usize) -> Self {
        Self { count_k: vec![0; codes] }
    }

    /// Counts the codes of some places, in any order.
    ///
    /// # Errors
    /// Names the first index that the codebook does not have; nothing is counted then.
    pub fn add(&mut self, indices: &[u32]) -> Result<(), String> {
        if let Some(at) = indices.iter().position(|k| *k as usize >= self.count_k.len()) {
            return Err(format!("place {at} has code {}, the codebook has {}", indices[at], self.count_k.len()));
        }
        for k in indices {
            self.count_k[*k as usize] += 1;
        }
        Ok(())
    }

    /// How often each code was chosen, shape `[codes]`.
    pub fn count_k(&self) -> &[u64] {
        &self.count_k
    }

    /// `exp(−Σ p ln p)` of the shares `p`: the number of equally used codes that would be as surprising (van den Oord et
    /// al. 2017, "Neural Discrete Representation Learning"). Between 1 and the number of codes; NaN before anything was
    /// counted.
    pub fn perplexity(&self) -> f64 {
        let total = self.count_k.iter().sum::<u64>() as f64;
        if total == 0.0 {
            return f64::NAN;
        }
        let p = self.count_k.iter().filter(|c| **c > 0).map(|c| *c as f64 / total);
        (-p.map(|p| p * p.ln()).sum::<f64>()).exp()
    }

    /// `−Σ p log₂ p` of the shares `p`: the bits that a token costs on average in a code made for those shares. NaN before anything was
    /// counted.
    pub fn bits(&self) -> f64 {
        self.perplexity().log2()
    }

    /// Codes chosen at least once.
    pub fn used(&self) -> usize {
        self.count_k.iter().filter(|c| **c > 0).count()
    }

    /// Codes never chosen.
    pub fn dead(&self) -> usize {
        self.count_k.len() - self.used()
    }

    /// Shares of all places, largest first, shape `[codes]`: the usage histogram. NaN before anything was counted.
    pub fn sorted_shares(&self) -> Vec<f64> {
        let total = self.count_k.iter().sum::<u64>() as f64;
        let mut shares: Vec<f64> = self.count_k.iter().map(|c| *c as f64 / total).collect();
        shares.sort_by(|a, b| b.total_cmp(a));
        shares
    }
}

/// Bits in which the tokens of a sample can be written, see [`rate`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Every code as likely as any other: `tokens · log₂ codes`.
    pub plain: f64,
    /// Each level of a place in a code made for how often its codes are chosen, all places together: `places · Σ_levels H(level)`. What neighbours
    /// tell of each other, which a learnt prior knows, is not counted.
    pub used: f64,
}

/// What samples cost in tokens of a codebook.
///
/// # Shapes
/// - `token_bn`: `[samples, places · levels]`, the levels of a place side by side
///
/// # Errors
/// If the codebook has no such token.
pub fn rate(token_bn: &[u32], [places, levels, codes]: [usize; 3]) -> Result<Rate, String> {
    let mut used = 0.0;
    for level in 0..levels {
        let mut usage = Usage::new(codes);
        usage.add(&token_bn.iter().copied().skip(level).step_by(levels).collect::<Vec<u32>>())?;
        used += places as f64 * usage.bits();
    }
    Ok(Rate { plain: (places * levels) as f64 * (codes as f64).log2(), used })
}
