//! Numbers and words as bytes: small numbers take one.

/// Longest name.
const WORD: usize = 256;

/// Writes.
#[derive(Default)]
pub(super) struct Writer(pub Vec<u8>);

impl Writer {
    /// Seven bits a byte, the lowest first.
    pub fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    pub fn count(&mut self, n: usize) {
        self.number(n as u64);
    }

    pub fn word(&mut self, word: &str) {
        self.count(word.len());
        self.0.extend_from_slice(word.as_bytes());
    }
}

/// Reads what nobody vouches for.
pub(super) struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or("a model's programs are cut off")?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn number(&mut self) -> Result<u64, String> {
        let mut n = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.take(1)?[0];
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err("a number in a model's programs is too large".into())
    }

    /// A number of things, each of which takes at least `bytes` bytes. So nothing is made room for that cannot be there.
    pub fn count(&mut self, bytes: usize) -> Result<usize, String> {
        let n = self.number()?;
        match usize::try_from(n) {
            Ok(n) if n.checked_mul(bytes).is_some_and(|n| n <= self.0.len()) => Ok(n),
            _ => Err(format!("a model's programs are cut off: {n} things are announced")),
        }
    }

    /// A whole number that must be below `end`.
    pub fn below(&mut self, end: usize) -> Result<usize, String> {
        let n = self.number()?;
        match usize::try_from(n) {
            Ok(n) if n < end => Ok(n),
            _ => Err(format!("a model's programs name number {n} of {end}")),
        }
    }

    pub fn word(&mut self) -> Result<String, String> {
        let n = self.count(1)?;
        if n > WORD {
            return Err(format!("a name in a model's programs has {n} bytes: at most {WORD} are known"));
        }
        let bytes = self.take(n)?;
        String::from_utf8(bytes.to_vec()).map_err(|_| "a name in a model's programs is no text".into())
    }

    pub fn floats(&mut self) -> Result<Vec<f32>, String> {
        let n = self.count(4)?;
        let floats: Vec<f32> = self.take(4 * n)?.chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
        Ok(floats)
    }
}
