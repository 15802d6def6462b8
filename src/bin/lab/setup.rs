//! Experiments from arguments.

use latent_lab::catalog;
use latent_lab::spec::{Card, Setup, SetupError};

use crate::Failure;

/// The card of the method called `id`.
pub fn card(id: &str) -> Result<&'static Card, Failure> {
    catalog::card(id).ok_or_else(|| SetupError::UnknownMethod(id.to_owned()).to_string())
}

/// The method on a data set, with `pairs` of KEY=VALUE.
pub fn setup(card: &'static Card, data: &str, pairs: &[String]) -> Result<Setup, Failure> {
    let mut setup = Setup::new(data, card.id);
    for pair in pairs {
        setup.set_pair(pair).map_err(|error| format!("--set {error}"))?;
    }
    Ok(setup)
}
