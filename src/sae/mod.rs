//! Sparse autoencoders: inputs as sums of a few features out of many. One file a method, one line in the registry below.

mod params;
#[cfg(feature = "engine")]
mod source;

crate::registry::methods! {
    topk::TopK,
}
