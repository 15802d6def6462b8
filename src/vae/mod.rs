//! Autoencoders with a continuous code, variational and plain. One file a method, one line in the registry below.

crate::registry::methods! {
    vae::Vae,
}
