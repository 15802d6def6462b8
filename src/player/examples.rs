//! What a figure shows its model: a few test images, and where the codes of many lie.

use super::file::File;

/// What stands before the names of examples that lie among the weights.
const WITHIN: &str = "examples.";

/// Test images of a model's data, and codes that the model gave more of them.
pub struct Examples {
    /// `[images, channels, height, width]`
    pub images_np: Vec<u8>,
    /// Label of each image; empty where there are none.
    pub labels_n: Vec<u8>,
    /// Values of their factors, `[images, factors]`; empty where there are none.
    pub factors_nk: Vec<u8>,
    /// Codes of the first test images, `[codes, latent]`; empty where a code is not a vector.
    pub codes_nd: Vec<f32>,
    /// Label of each code.
    pub code_labels_n: Vec<u8>,
}

impl Examples {
    /// Reads the file that lies beside a model of `pixels` values an image and `latent` numbers a code.
    ///
    /// # Errors
    /// A sentence that names what is missing or does not fit.
    pub fn load(bytes: &[u8], pixels: usize, latent: usize) -> Result<Self, String> {
        Self::read(&File::open(bytes)?, "", pixels, latent)
    }

    /// The examples that lie among the weights themselves, if any do.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub(super) fn within(file: &File, pixels: usize, latent: usize) -> Result<Option<Self>, String> {
        let any = file.has(&format!("{WITHIN}images"));
        let examples = any.then(|| Self::read(file, WITHIN, pixels, latent)).transpose()?;
        Ok(examples.filter(|examples| !examples.images_np.is_empty()))
    }

    fn read(file: &File, prefix: &str, pixels: usize, latent: usize) -> Result<Self, String> {
        let name = |part: &str| format!("{prefix}{part}");
        let ([n, c, h, w], images_np) = file.bytes::<4>(&name("images"))?;
        let ([labels], labels_n) = file.bytes::<1>(&name("labels"))?;
        if c * h * w != pixels || labels != n {
            return Err(format!(
                "the examples have {n} images of {} values and {labels} labels: expected {pixels} values each",
                c * h * w
            ));
        }
        let mut factors_nk = Vec::new();
        if file.has(&name("factors")) {
            let ([rows, _], bytes) = file.bytes::<2>(&name("factors"))?;
            if rows != n {
                return Err(format!("the examples have {n} images and factors of {rows}"));
            }
            factors_nk = bytes;
        }
        let (mut codes_nd, mut code_labels_n) = (Vec::new(), Vec::new());
        if file.has(&name("codes")) {
            let [codes, _] = file.shape(&name("codes"))?;
            codes_nd = file.values(&name("codes"), &[codes, latent])?;
            let ([labels], bytes) = file.bytes::<1>(&name("code_labels"))?;
            if labels != codes {
                return Err(format!("the examples have {codes} codes and {labels} labels for them"));
            }
            code_labels_n = bytes;
        }
        Ok(Self { images_np, labels_n, factors_nk, codes_nd, code_labels_n })
    }
}
